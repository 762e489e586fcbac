"""Depots, and the vehicles that live there, fresh in the morning or already under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.fields import (
    DAY_S,
    FEN_MAX,
    HORIZON_S,
    MASS,
    ProblemError,
    amounts,
    flag,
    loads,
    names,
    set_fields,
    text,
    whole,
)

TRIPS_MAX = 50


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
        set_fields(
            self,
            location=whole(f"{at}.location", self.location),
            open_s=open_s,
            close_s=whole(f"{at}.close_s", self.close_s, open_s, HORIZON_S),
            unload_fixed_s=whole(f"{at}.unload_fixed_s", self.unload_fixed_s, 0, HORIZON_S),
            unload_per_unit_s=whole(f"{at}.unload_per_unit_s", self.unload_per_unit_s, 0, HORIZON_S),
            unload_dimension=text(f"{at}.unload_dimension", self.unload_dimension),
            unload_unit=whole(f"{at}.unload_unit", self.unload_unit, 1),
            storage_left=amounts(f"{at}.storage_left", self.storage_left),
            storage_total_left_g=None if total is None else whole(f"{at}.storage_total_left_g", total),
            accepts=names(f"{at}.accepts", self.accepts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """The part of a vehicle's day that has happened and cannot be planned any more.

    It is ready to leave `location` at `at_s`; its day began at `started_s`, from which span, shift and
    hourly cost count. `driven_since_rest_s`: driving since its last rest. `distance_m`: metres so far,
    which count for the limit and the cost. `trips_done`: finished trips. `aboard`: load class ->
    dimension -> amount that the trip under way has collected so far.

    The vehicle's first planned trip goes on from `location` and may visit nothing; it then comes straight
    home, and unloads if anything is aboard. What has happened breaks no rule: where coming straight home
    already takes more than a limit allows (closing time, shift, overtime, distance, trips, capacity,
    storage), that much and no more is allowed.
    """

    location: int
    at_s: int
    started_s: int
    driven_since_rest_s: int = 0
    distance_m: int = 0
    trips_done: int = 0
    aboard: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = "under_way"
        at_s = whole(f"{at}.at_s", self.at_s, 0, HORIZON_S)
        set_fields(
            self,
            location=whole(f"{at}.location", self.location),
            at_s=at_s,
            started_s=whole(f"{at}.started_s", self.started_s, 0, at_s),
            driven_since_rest_s=whole(f"{at}.driven_since_rest_s", self.driven_since_rest_s, 0, HORIZON_S),
            distance_m=whole(f"{at}.distance_m", self.distance_m),
            trips_done=whole(f"{at}.trips_done", self.trips_done, 0, TRIPS_MAX),
            aboard=loads(f"{at}.aboard", self.aboard),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle with its crew for the day.

    `capacity`: every dimension that any stop uses must be named. `licences`: load classes it may carry.
    `travel`: name of its matrix in Problem.travels, "" for Problem.travel. `speed_permille`: 1000 drives
    as the matrix says, 800 needs a quarter more time (rounded up per leg). `service_permille`: 1000
    serves as the stop says, 1500 needs half as long again (rounded up per stop).
    Its day lasts at most `max_shift_s` and `overtime_s` more.
    Costs: `fixed_cost_fen` once if it is used, per km driven, per hour from departure to last unloading,
    and `overtime_per_h_fen` on top for each hour beyond `max_shift_s`.
    `separates`: it has compartments, so conflicts of the kind "unless_separated" do not bind it.
    `under_way`: its day has begun already; it is used, whatever is planned.
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
    travel: str = ""
    overtime_s: int = 0
    overtime_per_h_fen: int = 0
    service_permille: int = 1000
    under_way: UnderWay | None = None

    def __post_init__(self) -> None:
        at = f"vehicles[{text('vehicles[].id', self.id)}]"
        start_s = whole(f"{at}.shift_start_s", self.shift_start_s, 0, HORIZON_S)
        far = self.max_distance_m
        set_fields(
            self,
            depot=text(f"{at}.depot", self.depot),
            capacity=amounts(f"{at}.capacity", self.capacity),
            licences=names(f"{at}.licences", self.licences),
            shift_start_s=start_s,
            shift_end_s=whole(f"{at}.shift_end_s", self.shift_end_s, start_s, HORIZON_S),
            max_shift_s=whole(f"{at}.max_shift_s", self.max_shift_s, 0, HORIZON_S),
            max_distance_m=None if far is None else whole(f"{at}.max_distance_m", far),
            max_trips=whole(f"{at}.max_trips", self.max_trips, 1, TRIPS_MAX),
            fixed_cost_fen=whole(f"{at}.fixed_cost_fen", self.fixed_cost_fen, 0, FEN_MAX),
            cost_per_km_fen=whole(f"{at}.cost_per_km_fen", self.cost_per_km_fen, 0, 10**9),
            cost_per_h_fen=whole(f"{at}.cost_per_h_fen", self.cost_per_h_fen, 0, 10**9),
            speed_permille=whole(f"{at}.speed_permille", self.speed_permille, 1, 100_000),
            separates=flag(f"{at}.separates", self.separates),
            overtime_s=whole(f"{at}.overtime_s", self.overtime_s, 0, HORIZON_S),
            overtime_per_h_fen=whole(f"{at}.overtime_per_h_fen", self.overtime_per_h_fen, 0, 10**9),
            service_permille=whole(f"{at}.service_permille", self.service_permille, 1, 100_000),
        )
        if not isinstance(self.travel, str):
            raise ProblemError(f"{at}.travel", f"must be a text, not {self.travel!r}")
        if self.under_way is not None and not isinstance(self.under_way, UnderWay):
            raise ProblemError(f"{at}.under_way", f"must be an UnderWay or None, not {self.under_way!r}")
