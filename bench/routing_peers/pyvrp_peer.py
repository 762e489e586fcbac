"""PyVRP, modelled as its documentation and its own reader do; what it cannot model is not given to it.

Where trucks differ in cost, each price per kilometre gets a profile with costs in place of distances, scaled
down: PyVRP's penalties are bounded, and against large costs they would be too small to bring it back to
feasible plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvrp
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams
from pyvrp.solve import SolveParams

from bench.routing_peers.answers import Answer, Elapsed, Routes, Runner
from bench.routing_peers.kinds import amounts, dimensions, kinds, priced, timed
from routing import Problem, Vehicle
from routing.readers import timed_solution


def prepare(problem: Problem, seed: int) -> Runner:
    """The model; only `run` is on the clock."""
    model = Model(problem)

    def run(budgets_s: Sequence[float], elapsed: Elapsed) -> list[Answer]:
        bests = _Bests(elapsed)
        params = SolveParams(ils=IteratedLocalSearchParams(callbacks=bests))
        stop = _CpuTime(max(budgets_s), elapsed, bests)
        result = pyvrp.solve(model.data, stop, seed=seed, collect_stats=False, display=False, params=params)
        if result.best.is_feasible():
            bests.on_best(result.best)
        return [
            Answer(cpu_s, lambda found=found: timed_solution(problem, model.routes(found), "pyvrp"))
            for cpu_s, found in bests.found
        ]

    return run


class _Bests(IteratedLocalSearchCallbacks):
    """The feasible solutions that were the best so far, and when."""

    def __init__(self, elapsed: Elapsed) -> None:
        self.elapsed = elapsed
        self.found: list[tuple[float, pyvrp.Solution]] = []

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        if ils.initial_solution.is_feasible():
            self.on_best(ils.initial_solution)

    def on_best(self, best: pyvrp.Solution) -> None:
        if best.is_feasible():
            self.found.append((self.elapsed(), best))


class _CpuTime:
    """Stops by the CPU time of this process; without a feasible solution it may use three times as much."""

    def __init__(self, budget_s: float, elapsed: Elapsed, bests: _Bests) -> None:
        self.budget_s, self.elapsed, self.bests = budget_s, elapsed, bests

    def __call__(self, best_cost: float) -> bool:
        used_s = self.elapsed()
        return used_s > self.budget_s * (1 if self.bests.found else 2.9)


@dataclass
class Model:
    """The problem as PyVRP's data, and the way back from its routes."""

    problem: Problem

    def __post_init__(self) -> None:
        problem = self.problem
        self.kinds = kinds(problem)
        self.names = dimensions(problem)
        self.priced, self.timed = priced(problem), timed(problem)
        self.prices = sorted({kind[0].cost_per_km_fen for kind in self.kinds}) if self.priced else [1000]
        self.scale = self._scale()
        self.depot_index = {depot.id: number for number, depot in enumerate(problem.depots)}
        distances = [self._distances(price) for price in self.prices]
        self.data = pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * problem.travel.size,
            clients=self._clients(),
            depots=[pyvrp.Depot(location=depot.location) for depot in problem.depots],
            vehicle_types=[self._vehicle_type(kind) for kind in self.kinds],
            distance_matrices=distances,
            duration_matrices=[problem.travel.duration_s] * len(distances),
        )

    def _scale(self) -> int:
        """A power of ten that brings the cost of a mean leg down to five digits."""
        mean_fen = int(self.problem.travel.distance_m.mean()) * max(self.prices) // 1000
        return 10 ** max(0, len(str(mean_fen)) - 5) if self.priced else 1

    def _distances(self, price: int) -> np.ndarray:
        metres = self.problem.travel.distance_m
        # Rounded up, so that a limit on the sum is never a little exceeded.
        return -(-metres * price // (1000 * self.scale)) if self.priced else metres

    def _clients(self) -> list[pyvrp.Client]:
        found = []
        for stop in self.problem.stops:
            (opens, closes), *others = stop.windows
            assert not others, "one window per stop"
            times = {
                "service_duration": stop.service_s,
                "tw_early": opens,
                "tw_late": closes,
                "release_time": stop.release_s,
            }
            load = amounts(stop.load.values(), self.names)
            found.append(
                pyvrp.Client(stop.location, delivery=load, name=stop.id, **(times if self.timed else {}))
            )
        return found

    def _vehicle_type(self, kind: list[Vehicle]) -> pyvrp.VehicleType:
        vehicle = kind[0]
        home = self.depot_index[vehicle.depot]
        depot = self.problem.depots[home]
        profile = self.prices.index(vehicle.cost_per_km_fen) if self.priced else 0
        limits: dict[str, object] = {}
        if self.timed:
            opens, closes = (
                max(vehicle.shift_start_s, depot.open_s),
                min(vehicle.shift_end_s, depot.close_s),
            )
            limits = {"tw_early": opens, "tw_late": closes}
            if vehicle.max_shift_s < closes - opens:
                limits["shift_duration"] = vehicle.max_shift_s
        if vehicle.max_distance_m is not None:
            price = self.prices[profile] if self.priced else 1000 * self.scale
            limits["max_distance"] = vehicle.max_distance_m * price // (1000 * self.scale)
        if vehicle.max_trips > 1:
            limits |= {"reload_depots": [home], "max_reloads": vehicle.max_trips - 1}
        return pyvrp.VehicleType(
            num_available=len(kind),
            capacity=[vehicle.capacity[name] for name in self.names],
            start_depot=home,
            end_depot=home,
            fixed_cost=vehicle.fixed_cost_fen // self.scale,
            profile=profile,
            **limits,
        )

    def routes(self, found: pyvrp.Solution) -> Routes:
        """Vehicle -> trips -> stops."""
        free = [list(kind) for kind in self.kinds]
        routes: dict[str, list[list[str]]] = {}
        for route in found.routes():
            trips: list[list[str]] = [[] for _ in range(route.num_trips())]
            for activity in route:
                if activity.is_client():
                    trips[activity.trip].append(self.problem.stops[activity.idx].id)
            routes[free[route.vehicle_type()].pop().id] = [trip for trip in trips if trip]
        return routes
