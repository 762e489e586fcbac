"""VROOM at its highest exploration level, one thread.

It has no limit on the length of a day that counts waiting and service, no second trip and no release time:
problems with these are not given to it. Its time limit is wall time and does not hold for its construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import vroom

from bench.routing_peers.answers import Answer, Elapsed, Routes, Runner
from bench.routing_peers.kinds import amounts, dimensions, priced
from routing import Problem, Stop, Vehicle
from routing.readers import timed_solution

LEVEL = 5
LATEST_S = 40_000_000  # its times are 32 bits of hundredths


def models(problem: Problem) -> bool:
    """Whether VROOM can hold every rule of this problem."""
    hours = {depot.id: (depot.open_s, depot.close_s) for depot in problem.depots}
    return all(
        vehicle.max_trips == 1
        and vehicle.max_shift_s
        >= min(vehicle.shift_end_s, hours[vehicle.depot][1])
        - max(vehicle.shift_start_s, hours[vehicle.depot][0])
        for vehicle in problem.vehicles
    ) and not any(stop.release_s for stop in problem.stops)


def prepare(problem: Problem, seed: int) -> Runner:
    """The model; only `run` is on the clock. VROOM has no seed."""
    model = _input(problem)

    def run(budgets_s: Sequence[float], elapsed: Elapsed) -> list[Answer]:
        limit = timedelta(seconds=max(budgets_s))
        found = model.solve(exploration_level=LEVEL, nb_threads=1, timeout=limit)
        cpu_s = elapsed()
        routes = _routes(problem, found)
        return [Answer(cpu_s, lambda: timed_solution(problem, routes, "vroom"))]

    return run


def _input(problem: Problem) -> vroom.Input:
    model = vroom.Input()
    metres = problem.travel.distance_m.astype(np.uint32)
    model.set_durations_matrix("car", problem.travel.duration_s.astype(np.uint32))
    model.set_distances_matrix("car", metres)
    if not priced(problem):
        model.set_costs_matrix("car", metres)
    names = dimensions(problem)
    for number, vehicle in enumerate(problem.vehicles):
        model.add_vehicle(_vehicle(problem, number, vehicle, names))
    for number, stop in enumerate(problem.stops):
        model.add_job(_job(number, stop, names))
    return model


def _vehicle(problem: Problem, number: int, vehicle: Vehicle, names: list[str]) -> vroom.Vehicle:
    depot = next(depot for depot in problem.depots if depot.id == vehicle.depot)
    costs = vroom.VehicleCosts()
    if priced(problem):
        costs = vroom.VehicleCosts(fixed=vehicle.fixed_cost_fen, per_hour=0, per_km=vehicle.cost_per_km_fen)
    limits = {} if vehicle.max_distance_m is None else {"max_distance": vehicle.max_distance_m}
    opens, closes = max(vehicle.shift_start_s, depot.open_s), min(vehicle.shift_end_s, depot.close_s)
    return vroom.Vehicle(
        number,
        start=depot.location,
        end=depot.location,
        capacity=[vehicle.capacity[name] for name in names],
        time_window=(opens, min(closes, LATEST_S)),
        costs=costs,
        **limits,
    )


def _job(number: int, stop: Stop, names: list[str]) -> vroom.Job:
    return vroom.Job(
        number,
        location=stop.location,
        pickup=amounts(stop.load.values(), names),
        default_service=stop.service_s,
        time_windows=[(opens, min(closes, LATEST_S)) for opens, closes in stop.windows],
    )


def _routes(problem: Problem, found: vroom.Solution) -> Routes:
    table = found.routes
    routes: dict[str, list[list[str]]] = {}
    for vehicle, kind, job in zip(table["vehicle_id"], table["type"], table["id"], strict=True):
        if kind == "job":
            route = routes.setdefault(problem.vehicles[int(vehicle)].id, [[]])
            route[0].append(problem.stops[int(job)].id)
    return routes
