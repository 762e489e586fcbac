"""A dispatcher's own order: every rule it breaks, and what it costs against the plan before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from routing.checker import Violation, check
from routing.compiled import Compiled
from routing.costs import penalty_fen
from routing.day import make_day
from routing.day import route_of as exact_route_of
from routing.explain.changes import Numbers
from routing.explain.comparison import Comparison, compare
from routing.explain.pieces import Orders, Pieces, orders_of
from routing.explain.timing import Ground, route_of
from routing.problem import Problem, ProblemError
from routing.solution import Route, Solution, Stats, Unassigned


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the order breaks: the checker's code, where, and its numbers. `trip` counts from 0."""

    code: str
    vehicle_id: str | None
    trip: int | None
    stop_id: str | None
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Judgement:
    """The order with its times, the rules it breaks, and how it differs from the plan before.

    With no breach `solution` is a plan like any other. With some it is timed as well as can be: no stop
    is later than the order makes it.
    """

    solution: Solution
    breaches: tuple[Breach, ...]
    comparison: Comparison | None


def moved(
    orders: Orders, stop_id: str, *, vehicle_id: str, trip: int, position: int
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The orders with one stop moved, or taken in, to before `position` of that trip.

    Counted after it was taken out of where it was; a trip that this empties is gone. `trip` may be one
    past the last: a new trip. Raises ProblemError for a place that does not exist.
    """
    result: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name, trips in orders.items():
        kept = [tuple(one for one in each if one != stop_id) for each in trips]
        result[name] = tuple(new for old, new in zip(trips, kept, strict=True) if new or not old)
    trips_then = list(result.get(vehicle_id, ()))
    if trip == len(trips_then):
        trips_then.append(())
    if not 0 <= trip < len(trips_then) or not 0 <= position <= len(trips_then[trip]):
        raise ProblemError(f"routes[{vehicle_id}].trips[{trip}]", f"has no position {position}")
    there = trips_then[trip]
    trips_then[trip] = (*there[:position], stop_id, *there[position:])
    result[vehicle_id] = tuple(trips_then)
    return result


def judge(problem: Problem, order: Solution | Orders, before: Solution | None = None) -> Judgement:
    """Every rule an order of visits breaks, and its costs beside those of the plan before.

    `order`: vehicle id -> trips -> stop ids (or a plan, of which only the order counts). Stops not named
    are left out. Raises ProblemError for an unknown vehicle or stop.
    """
    orders = orders_of(order) if isinstance(order, Solution) else order
    pieces = _pieces(problem, orders)
    c = Compiled(problem)
    routes = [route for name in pieces.vehicles if (route := _route(c, pieces, name)) is not None]
    solution = _solution(pieces, routes, before)
    breaches = tuple(_breaches(solution, check(problem, solution)))
    return Judgement(solution, breaches, None if before is None else compare(before, solution))


def _pieces(problem: Problem, orders: Orders) -> Pieces:
    stops = {stop.id for stop in problem.stops}
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    for name, trips in orders.items():
        if name not in vehicles:
            raise ProblemError(f"routes[{name}]", "no such vehicle")
        for stop_id in (stop_id for trip in trips for stop_id in trip):
            if stop_id not in stops:
                raise ProblemError(f"routes[{name}]", f"no stop {stop_id!r}")
    return Pieces(problem, {name: _without_empty(problem, name, trips) for name, trips in orders.items()})


def _without_empty(problem: Problem, name: str, trips: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Trips with stops; the trip under way of a vehicle that is on the road may have none."""
    away = any(vehicle.id == name and vehicle.under_way is not None for vehicle in problem.vehicles)
    return [trip for number, trip in enumerate(trips) if trip or (away and number == 0)]


def _route(c: Compiled, pieces: Pieces, name: str) -> Route | None:
    """The vehicle's day: exact where the rules allow it, else timed as well as can be."""
    trips = pieces.trips(name)
    if not trips:
        return None
    k = next(k for k, car in enumerate(c.cars) if car.vehicle.id == name)
    day = make_day(c, k, tuple(tuple(c.node_of[stop_id] for stop_id in trip) for trip in trips))
    if day is not None:
        return exact_route_of(c, day)
    vehicle = pieces.vehicles[name]
    named = dict.fromkeys(stop_id for trip in trips for stop_id in trip)
    ground = Ground(c.problem, vehicle, pieces.depots[vehicle.depot], [pieces.stops[one] for one in named])
    return route_of(ground, [[ground.place[stop_id] for stop_id in trip] for trip in trips])


def _solution(pieces: Pieces, routes: list[Route], before: Solution | None) -> Solution:
    problem = pieces.problem
    planned = {visit.stop_id for route in routes for trip in route.trips for visit in trip.visits}
    known = {} if before is None else {item.stop_id: item for item in before.unassigned}
    left = tuple(
        known.get(stop.id, Unassigned(stop_id=stop.id, reason="set_aside"))
        for stop in problem.stops
        if stop.id not in planned
    )
    penalties = sum(penalty_fen(pieces.stops[item.stop_id], problem.weights) for item in left)
    return Solution(
        routes=tuple(routes),
        unassigned=left,
        cost_fen=penalties + sum(route.cost_fen for route in routes),
        stats=Stats(engine="manual", engine_version="", seed=0, iterations=0, seconds=0.0),
    )


def _breaches(solution: Solution, violations: list[Violation]) -> Iterator[Breach]:
    places = _places(solution)
    for one in violations:
        vehicle_id, trip, stop_id = places.get(one.where, (None, None, None))
        yield Breach(one.code, vehicle_id, trip, stop_id, dict(one.detail))


def _places(solution: Solution) -> Mapping[str, tuple[str | None, int | None, str | None]]:
    """The checker's names of places -> vehicle, trip, stop."""
    found: dict[str, tuple[str | None, int | None, str | None]] = {}
    for item in solution.unassigned:
        found[f"stops[{item.stop_id}]"] = (None, None, item.stop_id)
    for route in solution.routes:
        vehicle = f"routes[{route.vehicle_id}]"
        found[vehicle] = (route.vehicle_id, None, None)
        for number, trip in enumerate(route.trips):
            spot = f"{vehicle}.trips[{number}]"
            found[spot] = found[f"{spot}.return"] = (route.vehicle_id, number, None)
            for visit in trip.visits:
                found[f"{spot}.stops[{visit.stop_id}]"] = (route.vehicle_id, number, visit.stop_id)
                found[f"stops[{visit.stop_id}]"] = (route.vehicle_id, number, visit.stop_id)
    return found
