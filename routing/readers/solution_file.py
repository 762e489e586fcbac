"""Solutions as VRPLIB .sol files: `Route #k: 5 3 8`, locations counted from 0; a depot there is a reload."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from routing.problem import Problem, ProblemError, Vehicle
from routing.readers.instance import Instance
from routing.readers.lines import Line
from routing.solution import Solution

Trips = tuple[tuple[str, ...], ...]
ROUTE = re.compile(r"\s*Route\s*#?\s*(\d+)\s*:?(.*)", re.IGNORECASE)


def routes_of_sol(instance: Instance, text: str) -> dict[str, Trips]:
    """The trips of each vehicle that a .sol file names. Raises ProblemError naming the line."""
    problem = instance.problem
    depots, size = len(problem.depots), problem.travel.size
    found: dict[str, Trips] = {}
    for number, content in enumerate(text.splitlines(), start=1):
        match = ROUTE.match(content)
        if match is None:
            continue
        line = Line(f"line {number}", tuple(match[2].split()))
        places = [line.count(at, 0, size - 1) for at in range(len(line.words))]
        trips = tuple(
            tuple(str(place) for place in part)
            for is_depot, part in itertools.groupby(places, lambda place: place < depots)
            if not is_depot
        )
        if not trips:
            continue
        vehicle = match[1] if instance.numbered else str(len(found) + 1)
        if vehicle in found or not 1 <= int(vehicle) <= len(problem.vehicles):
            raise line.refuse(f"route {match[1]} has no vehicle of its own")
        found[vehicle] = trips
    if not found:
        raise ProblemError("Route", "the file names no route")
    return found


def best_known(instance: Instance, path: Path) -> int:
    """The cost of the routes in this file, in the unit of the instance.

    The cost that the file states is not looked at: its unit differs from set to set. Raises ProblemError.
    """
    try:
        routes = routes_of_sol(instance, path.read_text(encoding="utf-8"))
        return cost_of(instance.problem, routes)
    except (OSError, UnicodeDecodeError):
        raise ProblemError(str(path), "cannot be read") from None
    except ProblemError as error:
        raise ProblemError(f"{path}: {error.path}", error.reason) from None


def cost_of(problem: Problem, routes: dict[str, Trips]) -> int:
    """Fixed cost and distance of these routes. Raises ProblemError if they do not visit each stop once."""
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    seen = sorted(stop for trips in routes.values() for trip in trips for stop in trip)
    if seen != sorted(stop.id for stop in problem.stops):
        raise ProblemError("Route", "the routes do not visit each customer exactly once")
    return sum(_route_cost(problem, vehicles[name], trips) for name, trips in routes.items())


def _route_cost(problem: Problem, vehicle: Vehicle, trips: Trips) -> int:
    home = next(depot.location for depot in problem.depots if depot.id == vehicle.depot)
    metres = 0
    for trip in trips:
        # A stop of a benchmark instance is named by its location.
        places = [home, *map(int, trip), home]
        metres += sum(int(problem.travel.distance_m[a, b]) for a, b in itertools.pairwise(places))
    return vehicle.fixed_cost_fen + (vehicle.cost_per_km_fen * metres + 500) // 1000


def sol_text(instance: Instance, solution: Solution) -> str:
    """The solution as a .sol file: one line per vehicle where vehicles differ, otherwise per route."""
    homes = {depot.id: depot.location for depot in instance.problem.depots}
    trips_of = {
        route.vehicle_id: [[visit.stop_id for visit in trip.visits] for trip in route.trips]
        for route in solution.routes
    }
    lines: list[str] = []
    for vehicle in instance.problem.vehicles:
        trips = trips_of.get(vehicle.id, [])
        if trips or instance.numbered:
            lines.append(f"Route #{len(lines) + 1}: {_stops(trips, homes[vehicle.depot])}".rstrip())
    return "\n".join([*lines, f"Cost: {solution.cost_fen}", ""])


def _stops(trips: Sequence[Sequence[str]], home: int) -> str:
    return f" {home} ".join(" ".join(trip) for trip in trips)
