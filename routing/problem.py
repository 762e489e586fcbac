"""What has to be planned: depots, vehicles, stops, travel, and the rules between load classes.

Every object validates itself on construction and raises ProblemError with the path of the bad field.
The rules, as solver and checker both understand them:

* A vehicle starts and ends its day at its own depot and may make several trips; after each trip it
  unloads there. A day lasts from the first departure to the end of the last unloading. A vehicle under
  way goes on from where it is, and its day began when it began.
* Capacity and class conflicts hold per trip; shift, span, distance and rest hold per vehicle and day.
* Service at a stop starts inside one of its windows (it may end later).
* Rest: after at most `max_driving_s` of driving without a rest, a rest of `break_s` is due. Only a planned
  rest counts (before or after service at a stop, at the depot between two trips, or where a vehicle under
  way stands before it goes on); waiting and unloading by themselves do not.
* Storage: what all trips of a day unload at a depot stays within what is left there, per class and in total.
* Orders: pinned stops, as far as they are planned, are on their vehicle and in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.fields import (
    DAY_S,
    HORIZON_S,
    MASS,
    QUANTITY_MAX,
    ProblemError,
    amounts,
    names,
    set_fields,
    text,
    whole,
)
from routing.fleet import Depot, UnderWay, Vehicle
from routing.matrix import TRAVEL_MAX, UNREACHABLE, IntMatrix, Travel
from routing.stops import CONFLICT_KINDS, Conflict, Order, Stop

__all__ = [
    "CONFLICT_KINDS",
    "DAY_S",
    "HORIZON_S",
    "MASS",
    "QUANTITY_MAX",
    "TRAVEL_MAX",
    "UNREACHABLE",
    "BreakRule",
    "Conflict",
    "Depot",
    "IntMatrix",
    "Order",
    "Problem",
    "ProblemError",
    "Stop",
    "Travel",
    "UnderWay",
    "Vehicle",
    "Weights",
    "amounts",
    "names",
    "text",
    "whole",
]


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A rest of `break_s` after at most `max_driving_s` of driving."""

    max_driving_s: int = 4 * 3600
    break_s: int = 20 * 60

    def __post_init__(self) -> None:
        whole("break_rule.max_driving_s", self.max_driving_s, 1, HORIZON_S)
        whole("break_rule.break_s", self.break_s, 1, HORIZON_S)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each term of the cost counts, in thousandths."""

    fixed_permille: int = 1000
    distance_permille: int = 1000
    time_permille: int = 1000
    penalty_permille: int = 1000

    def __post_init__(self) -> None:
        for name in ("fixed_permille", "distance_permille", "time_permille", "penalty_permille"):
            whole(f"weights.{name}", getattr(self, name), 0, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One day to plan.

    `travels`: further matrices by name, of the size of `travel`, for vehicles that name one.
    `alone`: load classes that share a trip only with stops of exactly the same class.
    `solo`: load classes whose stop is the only stop of its trip.
    `orders`: pinned stops; a stop is in at most one order, a vehicle has at most one fixed order.
    """

    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...]
    travel: Travel
    conflicts: tuple[Conflict, ...] = ()
    alone: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()
    break_rule: BreakRule | None = field(default_factory=BreakRule)
    weights: Weights = field(default_factory=Weights)
    name: str = ""
    travels: Mapping[str, Travel] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()

    def __post_init__(self) -> None:
        set_fields(
            self,
            depots=tuple(self.depots),
            vehicles=tuple(self.vehicles),
            stops=tuple(self.stops),
            conflicts=tuple(self.conflicts),
            alone=names("alone", self.alone),
            solo=names("solo", self.solo),
            travels={text("travels key", name): travel for name, travel in self.travels.items()},
            orders=tuple(self.orders),
        )
        if not isinstance(self.name, str):
            raise ProblemError("name", f"must be a text, not {self.name!r}")
        if not self.depots:
            raise ProblemError("depots", "must not be empty")
        if not self.vehicles:
            raise ProblemError("vehicles", "must not be empty")
        for group in ("depots", "vehicles", "stops"):
            _unique(group, [item.id for item in getattr(self, group)])
        self._check_travels()
        self._check_depots_and_vehicles()
        self._check_stops()
        self._check_dimensions()
        self._check_orders()

    def travel_of(self, vehicle: Vehicle) -> Travel:
        """The matrix this vehicle drives by."""
        return self.travels[vehicle.travel] if vehicle.travel else self.travel

    def _check_travels(self) -> None:
        for name, travel in self.travels.items():
            if travel.size != self.travel.size:
                raise ProblemError(
                    f"travels.{name}", f"has {travel.size} locations, travel has {self.travel.size}"
                )
        for vehicle in self.vehicles:
            if vehicle.travel and vehicle.travel not in self.travels:
                raise ProblemError(f"vehicles[{vehicle.id}].travel", f"no matrix {vehicle.travel!r}")

    def _check_depots_and_vehicles(self) -> None:
        last = self.travel.size - 1
        depots = {depot.id: depot for depot in self.depots}
        for depot in self.depots:
            whole(f"depots[{depot.id}].location", depot.location, 0, last)
        for vehicle in self.vehicles:
            if vehicle.depot not in depots:
                raise ProblemError(f"vehicles[{vehicle.id}].depot", f"no depot {vehicle.depot!r}")
            if vehicle.under_way is not None:
                at = f"vehicles[{vehicle.id}].under_way.location"
                whole(at, vehicle.under_way.location, 0, last)
                self._check_way_home(at, vehicle, vehicle.under_way, depots[vehicle.depot])

    def _check_way_home(self, at: str, vehicle: Vehicle, way: UnderWay, depot: Depot) -> None:
        drive_s = int(self.travel_of(vehicle).duration_s[way.location, depot.location])
        drive_s = -(-drive_s * 1000 // vehicle.speed_permille)
        if self.break_rule is not None and drive_s > self.break_rule.max_driving_s:
            most = self.break_rule.max_driving_s
            raise ProblemError(at, f"is {drive_s} s from home, more than the {most} s between two rests")

    def _check_stops(self) -> None:
        last = self.travel.size - 1
        depots = {depot.id for depot in self.depots}
        vehicles = {vehicle.id for vehicle in self.vehicles}
        for stop in self.stops:
            at = f"stops[{stop.id}]"
            whole(f"{at}.location", stop.location, 0, last)
            for unknown in sorted((stop.allowed_depots or frozenset()) - depots):
                raise ProblemError(f"{at}.allowed_depots", f"no depot {unknown!r}")
            for unknown in sorted((stop.allowed_vehicles or frozenset()) - vehicles):
                raise ProblemError(f"{at}.allowed_vehicles", f"no vehicle {unknown!r}")
            for unknown in sorted(stop.service_by_vehicle_s.keys() - vehicles):
                raise ProblemError(f"{at}.service_by_vehicle_s", f"no vehicle {unknown!r}")

    def _check_dimensions(self) -> None:
        used = {dimension for dims in self._every_load() for dimension in dims}
        for vehicle in self.vehicles:
            for missing in sorted(used - set(vehicle.capacity)):
                raise ProblemError(f"vehicles[{vehicle.id}].capacity", f"does not say its {missing}")
        for depot in self.depots:
            limited = bool(depot.storage_left) or depot.storage_total_left_g is not None
            if limited and used and MASS not in used:
                raise ProblemError(f"depots[{depot.id}].storage_left", f"no stop states its {MASS}")

    def _every_load(self) -> Iterator[Mapping[str, int]]:
        for stop in self.stops:
            yield from stop.load.values()
        for vehicle in self.vehicles:
            if vehicle.under_way is not None:
                yield from vehicle.under_way.aboard.values()

    def _check_orders(self) -> None:
        vehicles = {vehicle.id for vehicle in self.vehicles}
        stops = {stop.id for stop in self.stops}
        named: Counter[str] = Counter()
        fixed: Counter[str] = Counter()
        for number, order in enumerate(self.orders):
            at = f"orders[{number}]"
            named.update(order.stops)
            fixed[order.vehicle] += order.fixed
            if order.vehicle not in vehicles:
                raise ProblemError(f"{at}.vehicle", f"no vehicle {order.vehicle!r}")
            if fixed[order.vehicle] > 1:
                raise ProblemError(f"{at}.fixed", f"vehicle {order.vehicle!r} has a fixed order already")
            for stop_id in order.stops:
                if stop_id not in stops:
                    raise ProblemError(f"{at}.stops", f"no stop {stop_id!r}")
                if named[stop_id] > 1:
                    raise ProblemError(f"{at}.stops", f"stop {stop_id!r} is pinned twice")


def _unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for item in ids:
        if item in seen:
            raise ProblemError(f"{path}[{item}].id", "is used twice")
        seen.add(item)
