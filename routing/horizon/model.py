"""Several days to plan together: requests with a first and a last day, and stores that fill and empty.

The rules beyond those of a single day:

* A request is collected on one day, not before its `ready_day` and not after its `due_day`.
* What a depot takes in stays in its store until a transfer takes it on to a plant.
* A day's transfers are loaded before the day's first collection comes in: they take only what was there
  the evening before, and what they take makes room for the same day.
* A store never holds more than its capacity, per load class and in total.
* Every run of a transfer vehicle goes from one depot to one plant and back, within its capacity, its
  licences, what the plant accepts, and what may ride together. Plants take no more than their daily limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routing.problem import (
    BreakRule,
    Conflict,
    Depot,
    ProblemError,
    Stop,
    Travel,
    Vehicle,
    Weights,
    amounts,
    names,
    text,
    whole,
)

DAY_MAX = 10**6


def _set(target: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(target, name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A stop with the days on which it may be visited. Days are counted from any day 0."""

    stop: Stop
    ready_day: int
    due_day: int

    def __post_init__(self) -> None:
        at = f"requests[{self.stop.id}]"
        ready = whole(f"{at}.ready_day", self.ready_day, -DAY_MAX, DAY_MAX)
        whole(f"{at}.due_day", self.due_day, ready, DAY_MAX)

    @property
    def id(self) -> str:
        return self.stop.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDay:
    """A day on which vehicles drive.

    `depots`: their hours and licences of that day; a `storage_left` of a depot limits what it may take in
    on this day, over and above its store.
    """

    day: int
    vehicles: tuple[Vehicle, ...]
    depots: tuple[Depot, ...]

    def __post_init__(self) -> None:
        at = f"days[{whole('days[].day', self.day, -DAY_MAX, DAY_MAX)}]"
        if not self.vehicles:
            raise ProblemError(f"{at}.vehicles", "must not be empty: without vehicles it is no service day")
        known = {depot.id for depot in self.depots}
        for vehicle in self.vehicles:
            if vehicle.depot not in known:
                raise ProblemError(f"{at}.vehicles[{vehicle.id}].depot", f"no depot {vehicle.depot!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What a depot can hold and holds before the first day, in grams by load class.

    A class not named in `capacity_g` has no limit of its own.
    """

    depot: str
    capacity_g: Mapping[str, int] = field(default_factory=dict)
    total_g: int | None = None
    stock_g: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = f"stores[{text('stores[].depot', self.depot)}]"
        _set(
            self,
            capacity_g=amounts(f"{at}.capacity_g", self.capacity_g),
            total_g=None if self.total_g is None else whole(f"{at}.total_g", self.total_g),
            stock_g=amounts(f"{at}.stock_g", self.stock_g),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Where stores are emptied to. `day_limit_g` by load class and `day_total_g` hold for each day."""

    id: str
    location: int
    accepts: frozenset[str]
    day_limit_g: Mapping[str, int] = field(default_factory=dict)
    day_total_g: int | None = None

    def __post_init__(self) -> None:
        at = f"plants[{text('plants[].id', self.id)}]"
        total = self.day_total_g
        _set(
            self,
            location=whole(f"{at}.location", self.location),
            accepts=names(f"{at}.accepts", self.accepts),
            day_limit_g=amounts(f"{at}.day_limit_g", self.day_limit_g),
            day_total_g=None if total is None else whole(f"{at}.day_total_g", total),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A large vehicle for transfers. None in `depots` and `days` means any.

    A run costs `cost_per_run_fen` and `cost_per_km_fen` for the way to the plant and back.
    """

    id: str
    capacity_g: int
    licences: frozenset[str]
    runs_per_day: int = 1
    cost_per_run_fen: int = 0
    cost_per_km_fen: int = 0
    separates: bool = False
    depots: frozenset[str] | None = None
    days: frozenset[int] | None = None

    def __post_init__(self) -> None:
        at = f"carriers[{text('carriers[].id', self.id)}]"
        _set(
            self,
            capacity_g=whole(f"{at}.capacity_g", self.capacity_g, 1),
            licences=names(f"{at}.licences", self.licences),
            runs_per_day=whole(f"{at}.runs_per_day", self.runs_per_day, 0, 20),
            cost_per_run_fen=whole(f"{at}.cost_per_run_fen", self.cost_per_run_fen, 0, 10**12),
            cost_per_km_fen=whole(f"{at}.cost_per_km_fen", self.cost_per_km_fen, 0, 10**9),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Days in order, the requests, and what lies behind the depots. Locations count in `travel`.

    Conflicts, `alone` and `solo` bind a run of a carrier as they bind a trip; there `solo` is as `alone`.
    """

    days: tuple[ServiceDay, ...]
    requests: tuple[Request, ...]
    travel: Travel
    travels: Mapping[str, Travel] = field(default_factory=dict)
    stores: tuple[Store, ...] = ()
    plants: tuple[Plant, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    alone: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()
    break_rule: BreakRule | None = field(default_factory=BreakRule)
    weights: Weights = field(default_factory=Weights)
    name: str = ""

    def __post_init__(self) -> None:
        if not self.days:
            raise ProblemError("days", "must not be empty")
        numbers = [day.day for day in self.days]
        if numbers != sorted(set(numbers)):
            raise ProblemError("days", f"must be in order, each once, not {numbers}")
        _unique("requests", (request.id for request in self.requests))
        _unique("stores", (store.depot for store in self.stores))
        _unique("plants", (plant.id for plant in self.plants))
        _unique("carriers", (carrier.id for carrier in self.carriers))
        self._check_places()

    def _check_places(self) -> None:
        last = self.travel.size - 1
        for request in self.requests:
            whole(f"requests[{request.id}].stop.location", request.stop.location, 0, last)
        for plant in self.plants:
            whole(f"plants[{plant.id}].location", plant.location, 0, last)
        depots = self.depots
        for day in self.days:
            for depot in day.depots:
                whole(f"days[{day.day}].depots[{depot.id}].location", depot.location, 0, last)
                if depot.location != depots[depot.id].location:
                    raise ProblemError(f"days[{day.day}].depots[{depot.id}].location", "moves between days")
        for store in self.stores:
            if store.depot not in depots:
                raise ProblemError(f"stores[{store.depot}]", "no such depot on any day")
        for name, travel in self.travels.items():
            if travel.size != self.travel.size:
                raise ProblemError(f"travels[{name}]", f"has {travel.size} places, not {self.travel.size}")

    @property
    def depots(self) -> dict[str, Depot]:
        """Every depot as the first day that has it knows it."""
        found: dict[str, Depot] = {}
        for day in self.days:
            for depot in day.depots:
                found.setdefault(depot.id, depot)
        return found

    def conflicting(self, *, separated: bool) -> set[frozenset[str]]:
        """Pairs of load classes that may not share a run of a carrier that separates, or does not."""
        hard = {frozenset((one.a, one.b)) for one in self.conflicts if one.kind == "never" or not separated}
        return {pair for pair in hard if len(pair) == 2}


def _unique(path: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for item in ids:
        if item in seen:
            raise ProblemError(f"{path}[{item}]", "is used twice")
        seen.add(item)
