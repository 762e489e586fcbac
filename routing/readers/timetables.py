"""Routes without times (a .sol file, another solver's answer) as a Solution that the checker can judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from routing.compiled import Compiled
from routing.costs import penalty_fen
from routing.day import make_day, route_of
from routing.problem import Problem, ProblemError, Travel, Vehicle
from routing.solution import Route, Solution, Stats, Unassigned


def timed_solution(
    problem: Problem, routes: Mapping[str, Sequence[Sequence[str]]], engine: str = "read"
) -> Solution:
    """The trips of each vehicle (stop ids by vehicle id) with the shortest day of each.

    For vehicles that start the day fresh at their depot. Raises ProblemError if no timetable holds the rules.
    """
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    timed = tuple(_timed(problem, vehicles[name], trips) for name, trips in routes.items() if any(trips))
    planned = {visit.stop_id for route in timed for trip in route.trips for visit in trip.visits}
    left_out = [stop for stop in problem.stops if stop.id not in planned]
    cost = sum(route.cost_fen for route in timed)
    return Solution(
        routes=timed,
        unassigned=tuple(Unassigned(stop_id=stop.id, reason="open") for stop in left_out),
        cost_fen=cost + sum(penalty_fen(stop, problem.weights) for stop in left_out),
        stats=Stats(engine=engine, engine_version="", seed=0, iterations=0, seconds=0.0),
    )


def _timed(problem: Problem, vehicle: Vehicle, trips: Sequence[Sequence[str]]) -> Route:
    c = Compiled(_alone(problem, vehicle, {stop_id for trip in trips for stop_id in trip}))
    day = make_day(c, 0, tuple(tuple(c.node_of[stop_id] for stop_id in trip) for trip in trips if trip))
    if day is None:
        raise ProblemError(f"vehicles[{vehicle.id}]", f"no timetable lets it drive {list(map(list, trips))}")
    return route_of(c, day)


def _alone(problem: Problem, vehicle: Vehicle, wanted: set[str]) -> Problem:
    """The problem of one vehicle and its stops: compiling a whole large one would cost much memory."""
    stops = [stop for stop in problem.stops if stop.id in wanted]
    depot = next(depot for depot in problem.depots if depot.id == vehicle.depot)
    places = np.array([depot.location, *(stop.location for stop in stops)])
    index = np.ix_(places, places)
    travel = problem.travels[vehicle.travel] if vehicle.travel else problem.travel
    return replace(
        problem,
        depots=(replace(depot, location=0),),
        vehicles=(replace(vehicle, travel=""),),
        stops=tuple(
            replace(stop, location=number, allowed_depots=None, allowed_vehicles=None)
            for number, stop in enumerate(stops, start=1)
        ),
        travel=Travel(travel.distance_m[index], travel.duration_s[index]),
        travels={},
        orders=(),
    )
