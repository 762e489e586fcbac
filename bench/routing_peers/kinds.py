"""A problem as solvers want it that ask for kinds of vehicles, and how many there are of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from routing import Problem, Vehicle


def kinds(problem: Problem) -> list[list[Vehicle]]:
    """The vehicles of the problem, those alike in one list."""
    found: dict[tuple[object, ...], list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        alike = replace(vehicle, id="any")
        key = (
            alike.depot,
            tuple(sorted(alike.capacity.items())),
            alike.licences,
            *(getattr(alike, name) for name in _OTHERS),
        )
        found.setdefault(key, []).append(vehicle)
    return list(found.values())


_OTHERS = (
    "shift_start_s",
    "shift_end_s",
    "max_shift_s",
    "max_distance_m",
    "max_trips",
    "fixed_cost_fen",
    "cost_per_km_fen",
    "cost_per_h_fen",
    "speed_permille",
    "separates",
)


def dimensions(problem: Problem) -> list[str]:
    """The dimensions of capacity that any stop uses, in a fixed order."""
    return sorted({name for stop in problem.stops for load in stop.load.values() for name in load})


def amounts(load: Iterable[dict[str, int]], names: list[str]) -> list[int]:
    """What a stop takes of each dimension, all its load classes together."""
    loads = list(load)
    return [sum(part.get(name, 0) for part in loads) for name in names]


def timed(problem: Problem) -> bool:
    """Whether anything depends on time."""
    return bool(problem.travel.duration_s.any()) or any(stop.service_s for stop in problem.stops)


def priced(problem: Problem) -> bool:
    """Whether cost is anything else than the distance driven."""
    return any(v.fixed_cost_fen or v.cost_per_km_fen != 1000 for v in problem.vehicles)
