"""Fuel burnt and greenhouse gas emitted by a plan, and by the same stops without a plan.

The factors are the caller's: this file knows no vehicle and no fuel. A vehicle class burns
`full_ml_per_100km` with a full load and `empty_ml_per_100km` with none; in between in proportion to the
mass aboard. A litre of its fuel emits `g_co2e_per_l`. All results are whole millilitres and grams, each
route rounded once, half up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from routing.problem import MASS, Depot, Problem, ProblemError, Stop, Vehicle, text, whole
from routing.solution import Route, Solution

_METRES_PER_100KM = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """What a class of vehicles burns, and what a litre of it emits. `full_load_g`: its mass when full."""

    name: str
    empty_ml_per_100km: int
    full_ml_per_100km: int
    full_load_g: int
    g_co2e_per_l: int

    def __post_init__(self) -> None:
        at = f"burns[{text('burns[].name', self.name)}]"
        empty = whole(f"{at}.empty_ml_per_100km", self.empty_ml_per_100km, 0, 10**9)
        whole(f"{at}.full_ml_per_100km", self.full_ml_per_100km, empty, 10**9)
        whole(f"{at}.full_load_g", self.full_load_g, 1)
        whole(f"{at}.g_co2e_per_l", self.g_co2e_per_l, 0, 10**6)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Metres driven, gram-metres carried, fuel and emission."""

    distance_m: int
    carried_gm: int
    fuel_ml: int
    co2e_g: int

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(
            self.distance_m + other.distance_m,
            self.carried_gm + other.carried_gm,
            self.fuel_ml + other.fuel_ml,
            self.co2e_g + other.co2e_g,
        )


NOTHING = Footprint(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Saving:
    """A plan beside the baseline: every planned stop fetched alone, by the vehicle that serves it."""

    plan: Footprint
    baseline: Footprint

    @property
    def saved_m(self) -> int:
        return self.baseline.distance_m - self.plan.distance_m

    @property
    def saved_ml(self) -> int:
        return self.baseline.fuel_ml - self.plan.fuel_ml

    @property
    def saved_co2e_g(self) -> int:
        return self.baseline.co2e_g - self.plan.co2e_g


def burnt(burn: Burn, distance_m: int, carried_gm: int) -> Footprint:
    """Fuel and emission for this way, with this much carried over it."""
    more = burn.full_ml_per_100km - burn.empty_ml_per_100km
    scale = burn.full_load_g * _METRES_PER_100KM
    scaled = burn.empty_ml_per_100km * distance_m * burn.full_load_g + more * carried_gm
    emitted = scaled * burn.g_co2e_per_l
    return Footprint(distance_m, carried_gm, _half_up(scaled, scale), _half_up(emitted, scale * 1000))


def _half_up(amount: int, unit: int) -> int:
    return (2 * amount + unit) // (2 * unit)


def of_plan(problem: Problem, solution: Solution, burns: Mapping[str, Burn]) -> Footprint:
    """The footprint of a plan. `burns`: by vehicle id. Raises ProblemError for a vehicle without one."""
    return sum((of_route(problem, route, burns) for route in solution.routes), NOTHING)


def of_route(problem: Problem, route: Route, burns: Mapping[str, Burn]) -> Footprint:
    """The footprint of one vehicle's day; of one under way, of what is still before it."""
    trips = [[visit.stop_id for visit in trip.visits] for trip in route.trips]
    return _driven(problem, route.vehicle_id, trips, burns, alone=False)


def saving(problem: Problem, solution: Solution, burns: Mapping[str, Burn]) -> Saving:
    """The plan against a trip of its own for each of its stops, by the same vehicles.

    The baseline knows no rules but the way there and back: no shift, no capacity, no rests.
    """
    baseline = sum(
        (
            _driven(problem, route.vehicle_id, [[stop_id] for stop_id in _stops(route)], burns, alone=True)
            for route in solution.routes
        ),
        NOTHING,
    )
    return Saving(of_plan(problem, solution, burns), baseline)


def _stops(route: Route) -> Iterator[str]:
    for trip in route.trips:
        for visit in trip.visits:
            yield visit.stop_id


def _driven(
    problem: Problem, vehicle_id: str, trips: list[list[str]], burns: Mapping[str, Burn], *, alone: bool
) -> Footprint:
    """One vehicle's trips. `alone`: each from its depot, whether it is under way or not."""
    if vehicle_id not in burns:
        raise ProblemError(f"burns[{vehicle_id}]", "is missing")
    vehicle = next(one for one in problem.vehicles if one.id == vehicle_id)
    depot = next(one for one in problem.depots if one.id == vehicle.depot)
    stops = {stop.id: stop for stop in problem.stops}
    distance = carried = 0
    for number, trip in enumerate(trips):
        under_way = number == 0 and vehicle.under_way is not None and not alone
        legs = _legs(problem, vehicle, depot, [stops[name] for name in trip], under_way=under_way)
        for metres, aboard_g in legs:
            distance += metres
            carried += metres * aboard_g
    return burnt(burns[vehicle_id], distance, carried)


def _legs(
    problem: Problem, vehicle: Vehicle, depot: Depot, stops: list[Stop], *, under_way: bool
) -> Iterator[tuple[int, int]]:
    """(metres, grams aboard) of each leg of a trip."""
    metres = problem.travel_of(vehicle).distance_m
    start, aboard_g = depot.location, 0
    if under_way and vehicle.under_way is not None:
        start = vehicle.under_way.location
        aboard_g = sum(load.get(MASS, 0) for load in vehicle.under_way.aboard.values())
    places = [start, *(stop.location for stop in stops), depot.location]
    taken = [0, *(sum(load.get(MASS, 0) for load in stop.load.values()) for stop in stops)]
    for (here, there), grams in zip(pairwise(places), taken, strict=True):
        aboard_g += grams
        yield int(metres[here, there]), aboard_g
