"""Small planning problems on a straight road: one kilometre and one minute from each place to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from routing import BreakRule, Depot, Problem, Solution, Stop, StopRule, Travel, Vehicle, solve

MINUTE = 60
HOUR = 3600
CLASSES = frozenset({"oil", "acid", "lab"})


def road(places: int, metres: int = 1000, seconds: int = MINUTE) -> Travel:
    gap = np.abs(np.subtract.outer(np.arange(places), np.arange(places)))
    return Travel(gap * metres, gap * seconds)


def depot(**changes: Any) -> Depot:
    values: dict[str, Any] = {"id": "D", "location": 0, "accepts": CLASSES}
    return Depot(**values | changes)


def vehicle(name: str = "V", **changes: Any) -> Vehicle:
    values: dict[str, Any] = {
        "id": name,
        "depot": "D",
        "capacity": {"mass_g": 1000},
        "licences": CLASSES,
        "shift_start_s": 8 * HOUR,
        "shift_end_s": 17 * HOUR,
        "cost_per_km_fen": 100,
        "fixed_cost_fen": 1000,
    }
    return Vehicle(**values | changes)


def stop(name: str, location: int, mass_g: int = 100, load_class: str = "oil", **changes: Any) -> Stop:
    values: dict[str, Any] = {
        "id": name,
        "location": location,
        "load": {load_class: {"mass_g": mass_g}},
        "windows": ((8 * HOUR, 17 * HOUR),),
        "service_s": 10 * MINUTE,
        "penalty_fen": 100_000,
    }
    return Stop(**values | changes)


def problem(*stops: Stop, **changes: Any) -> Problem:
    values: dict[str, Any] = {
        "depots": (depot(),),
        "vehicles": (vehicle(),),
        "stops": stops,
        "travel": road(10),
        "break_rule": BreakRule(),
    }
    return Problem(**values | changes)


def planned(case: Problem, iterations: int = 20, seed: int = 1) -> Solution:
    return solve(case, stop=StopRule(iterations=iterations), seed=seed)


def reasons(solution: Solution) -> dict[str, str]:
    return {item.stop_id: item.reason for item in solution.unassigned}


def trips(solution: Solution) -> dict[str, list[list[str]]]:
    return {
        route.vehicle_id: [[visit.stop_id for visit in trip.visits] for trip in route.trips]
        for route in solution.routes
    }
