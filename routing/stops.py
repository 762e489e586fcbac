"""The places to collect from, the order some of them are pinned in, and what may not travel together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.fields import (
    DAY_S,
    FEN_MAX,
    HORIZON_S,
    ProblemError,
    amounts,
    flag,
    loads,
    names,
    set_fields,
    text,
    texts,
    whole,
    windows,
)

CONFLICT_KINDS = ("never", "unless_separated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place to collect from, once, by one vehicle.

    `load`: load class -> dimension -> amount. `windows`: (open_s, close_s) for the start of service.
    `service_by_vehicle_s`: vehicle id -> seconds, instead of `service_s` (Vehicle.service_permille does
    not apply to it). `release_s`: the trip that visits it may not leave the depot before; for a vehicle
    under way, the place where it is. None in `allowed_*` means any.
    `penalty_fen`: what leaving it out costs. A stop that is not `optional` is served whenever it can be,
    and the penalty only ranks such stops against each other; an optional one is left out whenever that
    is cheaper. `due_rank` is carried along for readers.
    """

    id: str
    location: int
    load: Mapping[str, Mapping[str, int]]
    windows: tuple[tuple[int, int], ...] = ((0, DAY_S),)
    service_s: int = 0
    allowed_depots: frozenset[str] | None = None
    allowed_vehicles: frozenset[str] | None = None
    penalty_fen: int = 0
    due_rank: int = 0
    service_by_vehicle_s: Mapping[str, int] = field(default_factory=dict)
    release_s: int = 0
    optional: bool = False

    def __post_init__(self) -> None:
        at = f"stops[{text('stops[].id', self.id)}]"
        depots, vehicles = self.allowed_depots, self.allowed_vehicles
        set_fields(
            self,
            location=whole(f"{at}.location", self.location),
            load=loads(f"{at}.load", self.load),
            windows=windows(f"{at}.windows", self.windows),
            service_s=whole(f"{at}.service_s", self.service_s, 0, HORIZON_S),
            allowed_depots=None if depots is None else names(f"{at}.allowed_depots", depots),
            allowed_vehicles=None if vehicles is None else names(f"{at}.allowed_vehicles", vehicles),
            penalty_fen=whole(f"{at}.penalty_fen", self.penalty_fen, 0, FEN_MAX),
            due_rank=whole(f"{at}.due_rank", self.due_rank, -(10**9), 10**9),
            service_by_vehicle_s=amounts(f"{at}.service_by_vehicle_s", self.service_by_vehicle_s, HORIZON_S),
            release_s=whole(f"{at}.release_s", self.release_s, 0, HORIZON_S),
            optional=flag(f"{at}.optional", self.optional),
        )
        if not self.load:
            raise ProblemError(f"{at}.load", "must name at least one load class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Stops pinned to a vehicle, in this relative order within its day; others may come between.

    It binds those of the stops that are planned. `fixed`: they are the first stops of the day as well,
    in this order, on the first trip, with nothing before or between them.
    """

    vehicle: str
    stops: tuple[str, ...]
    fixed: bool = False

    def __post_init__(self) -> None:
        at = f"orders[{text('orders[].vehicle', self.vehicle)}]"
        stops = texts(f"{at}.stops", self.stops)
        if not stops:
            raise ProblemError(f"{at}.stops", "must name at least one stop")
        set_fields(self, stops=stops, fixed=flag(f"{at}.fixed", self.fixed))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two load classes that never share a trip. With a == b: never from two different stops.

    `kind`: "never", or "unless_separated": a vehicle that separates may carry both.
    """

    a: str
    b: str
    kind: str = "never"

    def __post_init__(self) -> None:
        text("conflicts[].a", self.a)
        text("conflicts[].b", self.b)
        if self.kind not in CONFLICT_KINDS:
            known = " or ".join(repr(kind) for kind in CONFLICT_KINDS)
            raise ProblemError(f"conflicts[{self.a},{self.b}].kind", f"must be {known}, not {self.kind!r}")
