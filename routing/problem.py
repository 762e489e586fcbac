"""What has to be planned: depots, vehicles, stops, travel, and the rules between load classes.

Every object validates itself on construction and raises ProblemError with the path of the bad field.
The rules, as solver and checker both understand them:

* A vehicle starts and ends its day at its own depot and may make several trips; after each trip it
  unloads there. A day lasts from the first departure to the end of the last unloading.
* Capacity and class conflicts hold per trip; shift, span, distance and rest hold per vehicle and day.
* Service at a stop starts inside one of its windows (it may end later).
* Rest: after at most `max_driving_s` of driving without a rest, a rest of `break_s` is due. Only a planned
  rest counts (before or after service at a stop, or at the depot between two trips); waiting and
  unloading by themselves do not.
* Storage: what all trips of a day unload at a depot stays within what is left there, per class and in total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

MASS = "mass_g"
DAY_S = 24 * 3600
HORIZON_S = 2 * DAY_S
TRAVEL_MAX = 10_000_000
QUANTITY_MAX = 10**15
CONFLICT_KINDS = ("never", "unless_separated")

IntMatrix = npt.NDArray[np.int64]


class ProblemError(ValueError):
    """The input cannot be planned as it stands. `path` names the field, `reason` says what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


def whole(path: str, value: object, low: int = 0, high: int = QUANTITY_MAX) -> int:
    """The value as an int between low and high. Raises ProblemError naming `path`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ProblemError(path, f"must be a whole number, not {value!r}")
    if not low <= int(value) <= high:
        raise ProblemError(path, f"must be between {low} and {high}, not {value}")
    return int(value)


def text(path: str, value: object) -> str:
    """The value as a non-empty text. Raises ProblemError naming `path`."""
    if not isinstance(value, str) or not value:
        raise ProblemError(path, f"must be a non-empty text, not {value!r}")
    return value


def amounts(path: str, value: object) -> dict[str, int]:
    """A mapping of names to amounts of zero or more. Raises ProblemError naming `path`."""
    if not isinstance(value, Mapping):
        raise ProblemError(path, "must be a mapping of names to whole numbers")
    return {text(f"{path} key", key): whole(f"{path}.{key}", amount) for key, amount in value.items()}


def names(path: str, value: object) -> frozenset[str]:
    """A set of non-empty texts. Raises ProblemError naming `path`."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ProblemError(path, "must be a set of texts")
    return frozenset(text(path, item) for item in value)


def _set(target: object, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(target, name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """Where vehicles live and unload.

    Unloading a trip takes `unload_fixed_s` plus `unload_per_unit_s` for each `unload_unit` of
    `unload_dimension` (rounded up over the whole trip). `accepts`: load classes it is licensed for.
    `storage_left`: grams left per load class (a class not named has no limit of its own).
    """

    id: str
    location: int
    accepts: frozenset[str]
    open_s: int = 0
    close_s: int = DAY_S
    unload_fixed_s: int = 0
    unload_per_unit_s: int = 0
    unload_dimension: str = MASS
    unload_unit: int = 1_000_000
    storage_left: Mapping[str, int] = field(default_factory=dict)
    storage_total_left_g: int | None = None

    def __post_init__(self) -> None:
        at = f"depots[{text('depots[].id', self.id)}]"
        open_s = whole(f"{at}.open_s", self.open_s, 0, HORIZON_S)
        total = self.storage_total_left_g
        _set(
            self,
            location=whole(f"{at}.location", self.location),
            open_s=open_s,
            close_s=whole(f"{at}.close_s", self.close_s, open_s, HORIZON_S),
            unload_fixed_s=whole(f"{at}.unload_fixed_s", self.unload_fixed_s, 0, DAY_S),
            unload_per_unit_s=whole(f"{at}.unload_per_unit_s", self.unload_per_unit_s, 0, DAY_S),
            unload_dimension=text(f"{at}.unload_dimension", self.unload_dimension),
            unload_unit=whole(f"{at}.unload_unit", self.unload_unit, 1),
            storage_left=amounts(f"{at}.storage_left", self.storage_left),
            storage_total_left_g=None if total is None else whole(f"{at}.storage_total_left_g", total),
            accepts=names(f"{at}.accepts", self.accepts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle with its crew for the day.

    `capacity`: every dimension that any stop uses must be named. `licences`: load classes it may carry.
    `speed_permille`: 1000 drives as the matrix says, 800 needs a quarter more time (rounded up per leg).
    Costs: `fixed_cost_fen` once if it is used, per km driven, per hour from departure to last unloading.
    `separates`: it has compartments, so conflicts of the kind "unless_separated" do not bind it.
    """

    id: str
    depot: str
    capacity: Mapping[str, int]
    licences: frozenset[str]
    shift_start_s: int
    shift_end_s: int
    max_shift_s: int = DAY_S
    max_distance_m: int | None = None
    max_trips: int = 1
    fixed_cost_fen: int = 0
    cost_per_km_fen: int = 0
    cost_per_h_fen: int = 0
    speed_permille: int = 1000
    separates: bool = False

    def __post_init__(self) -> None:
        at = f"vehicles[{text('vehicles[].id', self.id)}]"
        start_s = whole(f"{at}.shift_start_s", self.shift_start_s, 0, HORIZON_S)
        far = self.max_distance_m
        _set(
            self,
            depot=text(f"{at}.depot", self.depot),
            capacity=amounts(f"{at}.capacity", self.capacity),
            licences=names(f"{at}.licences", self.licences),
            shift_start_s=start_s,
            shift_end_s=whole(f"{at}.shift_end_s", self.shift_end_s, start_s, HORIZON_S),
            max_shift_s=whole(f"{at}.max_shift_s", self.max_shift_s, 0, HORIZON_S),
            max_distance_m=None if far is None else whole(f"{at}.max_distance_m", far),
            max_trips=whole(f"{at}.max_trips", self.max_trips, 1, 50),
            fixed_cost_fen=whole(f"{at}.fixed_cost_fen", self.fixed_cost_fen, 0, 10**12),
            cost_per_km_fen=whole(f"{at}.cost_per_km_fen", self.cost_per_km_fen, 0, 10**9),
            cost_per_h_fen=whole(f"{at}.cost_per_h_fen", self.cost_per_h_fen, 0, 10**9),
            speed_permille=whole(f"{at}.speed_permille", self.speed_permille, 1, 100_000),
        )
        if not isinstance(self.separates, bool):
            raise ProblemError(f"{at}.separates", f"must be true or false, not {self.separates!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place to collect from, once, by one vehicle.

    `load`: load class -> dimension -> amount. `windows`: (open_s, close_s) for the start of service.
    `penalty_fen`: what leaving it out costs; it ranks stops against each other, but a stop that can be
    served is always served. `due_rank` is carried along for readers. None in `allowed_*` means any.
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

    def __post_init__(self) -> None:
        at = f"stops[{text('stops[].id', self.id)}]"
        depots, vehicles = self.allowed_depots, self.allowed_vehicles
        _set(
            self,
            location=whole(f"{at}.location", self.location),
            load=_load(f"{at}.load", self.load),
            windows=_windows(f"{at}.windows", self.windows),
            service_s=whole(f"{at}.service_s", self.service_s, 0, DAY_S),
            allowed_depots=None if depots is None else names(f"{at}.allowed_depots", depots),
            allowed_vehicles=None if vehicles is None else names(f"{at}.allowed_vehicles", vehicles),
            penalty_fen=whole(f"{at}.penalty_fen", self.penalty_fen, 0, 10**12),
            due_rank=whole(f"{at}.due_rank", self.due_rank, -(10**9), 10**9),
        )


def _load(path: str, value: object) -> dict[str, dict[str, int]]:
    if not isinstance(value, Mapping) or not value:
        raise ProblemError(path, "must be a mapping of at least one load class to its amounts")
    return {text(f"{path} key", name): amounts(f"{path}.{name}", dims) for name, dims in value.items()}


def _windows(path: str, value: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ProblemError(path, "must be a list of at least one (open_s, close_s)")
    found: list[tuple[int, int]] = []
    for number, window in enumerate(value):
        if not isinstance(window, Sequence) or len(window) != 2:
            raise ProblemError(f"{path}[{number}]", "must be (open_s, close_s)")
        open_s = whole(f"{path}[{number}].open_s", window[0], 0, HORIZON_S)
        close_s = whole(f"{path}[{number}].close_s", window[1], 0, HORIZON_S)
        if close_s < open_s:
            raise ProblemError(f"{path}[{number}]", f"closes at {close_s} before it opens at {open_s}")
        if found and open_s <= found[-1][1]:
            raise ProblemError(f"{path}[{number}]", "windows must be in order and must not overlap")
        found.append((open_s, close_s))
    return tuple(found)


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


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A rest of `break_s` after at most `max_driving_s` of driving."""

    max_driving_s: int = 4 * 3600
    break_s: int = 20 * 60

    def __post_init__(self) -> None:
        whole("break_rule.max_driving_s", self.max_driving_s, 1, HORIZON_S)
        whole("break_rule.break_s", self.break_s, 1, DAY_S)


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


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Metres and seconds from each location (row) to each (column): shape (n, n), may be asymmetric."""

    distance_m: IntMatrix
    duration_s: IntMatrix

    def __post_init__(self) -> None:
        distance_m = _matrix("travel.distance_m", self.distance_m)
        duration_s = _matrix("travel.duration_s", self.duration_s)
        if distance_m.shape != duration_s.shape:
            raise ProblemError(
                "travel.duration_s", f"has shape {duration_s.shape}, distance_m has {distance_m.shape}"
            )
        _set(self, distance_m=distance_m, duration_s=duration_s)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Travel):
            return NotImplemented
        return bool(
            np.array_equal(self.distance_m, other.distance_m)
            and np.array_equal(self.duration_s, other.duration_s)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def size(self) -> int:
        return int(self.distance_m.shape[0])


def _matrix(path: str, value: object) -> IntMatrix:
    try:
        raw = np.asarray(value)
    except ValueError:
        raise ProblemError(path, "rows are of different length") from None
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or raw.shape[0] == 0:
        raise ProblemError(path, f"must be square, not of shape {raw.shape}")
    if raw.dtype.kind not in "iu":
        raise ProblemError(path, f"must hold whole numbers, not {raw.dtype}")
    bad = np.argwhere((raw < 0) | (raw > TRAVEL_MAX))
    if len(bad):
        row, column = int(bad[0][0]), int(bad[0][1])
        raise ProblemError(
            f"{path}[{row}][{column}]",
            f"must be between 0 and {TRAVEL_MAX}, not {raw[row, column]} (negative or unreachable)",
        )
    matrix: IntMatrix = np.array(raw, dtype=np.int64)
    matrix.setflags(write=False)
    return matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One day to plan.

    `alone`: load classes that share a trip only with stops of exactly the same class.
    `solo`: load classes whose stop is the only stop of its trip.
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

    def __post_init__(self) -> None:
        _set(
            self,
            depots=tuple(self.depots),
            vehicles=tuple(self.vehicles),
            stops=tuple(self.stops),
            conflicts=tuple(self.conflicts),
            alone=names("alone", self.alone),
            solo=names("solo", self.solo),
        )
        if not self.depots:
            raise ProblemError("depots", "must not be empty")
        if not self.vehicles:
            raise ProblemError("vehicles", "must not be empty")
        for group in ("depots", "vehicles", "stops"):
            _unique(group, [item.id for item in getattr(self, group)])
        self._check_references()
        self._check_dimensions()

    def _check_references(self) -> None:
        size = self.travel.size
        depot_ids = {depot.id for depot in self.depots}
        vehicle_ids = {vehicle.id for vehicle in self.vehicles}
        for depot in self.depots:
            whole(f"depots[{depot.id}].location", depot.location, 0, size - 1)
        for vehicle in self.vehicles:
            if vehicle.depot not in depot_ids:
                raise ProblemError(f"vehicles[{vehicle.id}].depot", f"no depot {vehicle.depot!r}")
        for stop in self.stops:
            at = f"stops[{stop.id}]"
            whole(f"{at}.location", stop.location, 0, size - 1)
            for unknown in sorted((stop.allowed_depots or frozenset()) - depot_ids):
                raise ProblemError(f"{at}.allowed_depots", f"no depot {unknown!r}")
            for unknown in sorted((stop.allowed_vehicles or frozenset()) - vehicle_ids):
                raise ProblemError(f"{at}.allowed_vehicles", f"no vehicle {unknown!r}")

    def _check_dimensions(self) -> None:
        used = {dimension for stop in self.stops for dims in stop.load.values() for dimension in dims}
        for vehicle in self.vehicles:
            for missing in sorted(used - set(vehicle.capacity)):
                raise ProblemError(f"vehicles[{vehicle.id}].capacity", f"does not say its {missing}")
        for depot in self.depots:
            limited = bool(depot.storage_left) or depot.storage_total_left_g is not None
            if limited and used and MASS not in used:
                raise ProblemError(f"depots[{depot.id}].storage_left", f"no stop states its {MASS}")


def _unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for item in ids:
        if item in seen:
            raise ProblemError(f"{path}[{item}].id", "is used twice")
        seen.add(item)
