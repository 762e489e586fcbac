"""The routing library of OR-Tools with guided local search, modelled as its guide does.

With all rules on it holds licences, allowed and accepting platforms, several windows, distance, one optional
return to unload per truck, and class conflicts (for all trips of a truck together, and as if no truck had
compartments). It is excused from rests, from the room at the platforms and from the time that unloading
takes: with these it hardly finds a first plan. Its answer is judged without them (see `excused`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from bench.routing_peers.answers import Answer, Elapsed, Routes, Runner
from bench.routing_peers.kinds import amounts, dimensions, timed
from routing import Depot, Problem, Stop, Vehicle
from routing.readers import timed_solution

MILLI = 1000
FAR = 2**40


def models(problem: Problem) -> bool:
    """Whether this model holds the rules of the problem (but for those it is excused from)."""
    hourly = any(vehicle.cost_per_h_fen for vehicle in problem.vehicles)
    return not hourly and not any(stop.release_s for stop in problem.stops)


def excused(problem: Problem) -> Problem:
    """The problem that an answer of this solver is judged by."""
    easy = {"storage_left": {}, "storage_total_left_g": None, "unload_fixed_s": 0, "unload_per_unit_s": 0}
    return replace(problem, depots=tuple(replace(d, **easy) for d in problem.depots), break_rule=None)


def prepare(problem: Problem, seed: int) -> Runner:
    """The model; only `run` is on the clock. Guided local search has no seed."""
    model = _Model(excused(problem))

    def run(budgets_s: Sequence[float], elapsed: Elapsed) -> list[Answer]:
        routes = model.solve(max(budgets_s), elapsed)
        if routes is None:
            return []
        return [Answer(elapsed(), lambda: timed_solution(model.problem, routes, "ortools"))]

    return run


class _Model:
    """Nodes: depots in use, stops, then a reload for each truck that may make several trips."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        homes = {vehicle.depot for vehicle in problem.vehicles}
        # A depot that no vehicle uses would be a place to visit.
        self.depots = [depot for depot in problem.depots if depot.id in homes]
        self.home = {depot.id: node for node, depot in enumerate(self.depots)}
        self.first = len(self.depots)
        self.first_reload = self.first + len(problem.stops)
        self.reloading = [v for v, vehicle in enumerate(problem.vehicles) if vehicle.max_trips > 1]
        self._places()
        ends = [self.home[vehicle.depot] for vehicle in problem.vehicles]
        self.manager = pywrapcp.RoutingIndexManager(len(self.metres), len(ends), ends, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._reloads()
        self._costs()
        self._loads()
        self._distances()
        if timed(problem):
            self._times()
        if problem.conflicts or problem.alone or problem.solo:
            self._conflicts()
        self._choices()

    def _places(self) -> None:
        reloads = [self.depots[self.home[self.problem.vehicles[v].depot]] for v in self.reloading]
        places = np.array([p.location for p in (*self.depots, *self.problem.stops, *reloads)])
        index = np.ix_(places, places)
        self.metres = self.problem.travel.distance_m[index]
        self.seconds = self.problem.travel.duration_s[index]

    def _stops(self) -> list[tuple[Stop, int]]:
        """Each stop with its OR-Tools index."""
        return [(stop, self.manager.NodeToIndex(n)) for n, stop in enumerate(self.problem.stops, self.first)]

    def _reloads(self) -> None:
        for node, v in enumerate(self.reloading, self.first_reload):
            index = self.manager.NodeToIndex(node)
            self.routing.AddDisjunction([index], 0)
            self.routing.VehicleVar(index).SetValues([-1, v])

    def _vector(self, by_stop: Sequence[int], reload: int = 0) -> int:
        values = [0] * self.first + list(by_stop) + [reload] * len(self.reloading)
        return int(self.routing.RegisterUnaryTransitVector(values))

    def _costs(self) -> None:
        known: dict[int, int] = {}
        for v, vehicle in enumerate(self.problem.vehicles):
            price = vehicle.cost_per_km_fen
            if price not in known:
                known[price] = self.routing.RegisterTransitMatrix((self.metres * price).tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(known[price], v)
            self.routing.SetFixedCostOfVehicle(MILLI * vehicle.fixed_cost_fen, v)

    def _loads(self) -> None:
        """What is aboard never goes below nothing: a reload takes off as much as may be, or less."""
        names = dimensions(self.problem)
        table = [amounts(stop.load.values(), names) for stop in self.problem.stops]
        for d, name in enumerate(names):
            limits = [vehicle.capacity[name] for vehicle in self.problem.vehicles]
            most = max(limits) if self.reloading else 0
            evaluator = self._vector([row[d] for row in table], reload=-most)
            self.routing.AddDimensionWithVehicleCapacity(evaluator, most, limits, True, f"load {name}")
            slack = self.routing.GetDimensionOrDie(f"load {name}").SlackVar
            for _, index in self._stops() if self.reloading else ():
                slack(index).SetValue(0)

    def _distances(self) -> None:
        limits = [FAR if v.max_distance_m is None else v.max_distance_m for v in self.problem.vehicles]
        if min(limits) < FAR:
            evaluator = self.routing.RegisterTransitMatrix(self.metres.tolist())
            self.routing.AddDimensionWithVehicleCapacity(evaluator, 0, limits, True, "distance")

    def _times(self) -> None:
        service = np.zeros(len(self.metres), dtype=np.int64)
        service[self.first : self.first_reload] = [stop.service_s for stop in self.problem.stops]
        horizon = max(vehicle.shift_end_s for vehicle in self.problem.vehicles)
        evaluator = self.routing.RegisterTransitMatrix((self.seconds + service[:, None]).tolist())
        self.routing.AddDimension(evaluator, horizon, horizon, False, "time")
        time = self.routing.GetDimensionOrDie("time")
        for stop, index in self._stops():
            cumul = time.CumulVar(index)
            cumul.SetRange(stop.windows[0][0], min(stop.windows[-1][1], horizon))
            for (_, closes), (opens, _) in itertools.pairwise(stop.windows):
                cumul.RemoveInterval(closes + 1, opens - 1)
        for v, vehicle in enumerate(self.problem.vehicles):
            depot = self.depots[self.home[vehicle.depot]]
            low, high = max(vehicle.shift_start_s, depot.open_s), min(vehicle.shift_end_s, depot.close_s)
            time.CumulVar(self.routing.Start(v)).SetRange(low, high)
            time.CumulVar(self.routing.End(v)).SetRange(low, high)
            if vehicle.max_shift_s < high - low:
                time.SetSpanUpperBoundForVehicle(vehicle.max_shift_s, v)

    def _conflicts(self) -> None:
        """Stops with the same classes are one visit type; types that quarrel never share a truck."""
        problem, stops = self.problem, self._stops()
        kinds = sorted({tuple(sorted(stop.load)) for stop in problem.stops})
        for stop, index in stops:
            kind = kinds.index(tuple(sorted(stop.load)))
            self.routing.SetVisitType(index, kind, pywrapcp.RoutingModel.TYPE_ADDED_TO_VEHICLE)
        pairs = {frozenset((pair.a, pair.b)) for pair in problem.conflicts}
        for i, a in enumerate(kinds):
            for j, b in enumerate(kinds[:i]):
                if any(self._quarrel(pairs, x, y) for x in a for y in b):
                    self.routing.AddHardTypeIncompatibility(i, j)
            if problem.solo & set(a) or any(frozenset((x,)) in pairs for x in a):
                ones = self._vector([int(tuple(sorted(stop.load)) == a) for stop in problem.stops])
                self.routing.AddDimension(ones, 0, 1, True, f"only one {i}")

    def _quarrel(self, pairs: set[frozenset[str]], a: str, b: str) -> bool:
        apart = self.problem.alone | self.problem.solo
        return frozenset((a, b)) in pairs or (a != b and bool({a, b} & apart))

    def _choices(self) -> None:
        """Licences and platforms; a stop may be left out for its penalty, where it has one."""
        vehicles = self.problem.vehicles
        for stop, index in self._stops():
            if stop.penalty_fen:
                self.routing.AddDisjunction([index], MILLI * stop.penalty_fen)
            fit = [v for v, car in enumerate(vehicles) if _may(stop, car, self.depots[self.home[car.depot]])]
            if len(fit) < len(vehicles):
                self.routing.VehicleVar(index).SetValues([-1, *fit])

    def solve(self, budget_s: float, elapsed: Elapsed) -> Routes | None:
        """The routes after so many CPU seconds; without any solution up to three times as many."""
        found: list[float] = []
        limit = self.routing.solver().CustomLimit(lambda: elapsed() > budget_s * (1 if found else 2.9))
        self.routing.AddSearchMonitor(limit)
        self.routing.AddAtSolutionCallback(lambda: found.append(elapsed()) if not found else None)
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        strategies = routing_enums_pb2.FirstSolutionStrategy
        parameters.first_solution_strategy = strategies.PARALLEL_CHEAPEST_INSERTION
        heuristics = routing_enums_pb2.LocalSearchMetaheuristic
        parameters.local_search_metaheuristic = heuristics.GUIDED_LOCAL_SEARCH
        # Guided local search wants a limit of its own; the one by CPU comes first unless the machine is busy.
        parameters.time_limit.FromSeconds(int(20 * budget_s) + 60)
        assignment = self.routing.SolveWithParameters(parameters)
        return None if assignment is None else self._routes(assignment)

    def _routes(self, assignment: Any) -> Routes:
        routes: dict[str, list[list[str]]] = {}
        for v, vehicle in enumerate(self.problem.vehicles):
            trips: list[list[str]] = [[]]
            index = assignment.Value(self.routing.NextVar(self.routing.Start(v)))
            while not self.routing.IsEnd(index):
                node = self.manager.IndexToNode(index)
                if node >= self.first_reload:
                    trips.append([])
                else:
                    trips[-1].append(self.problem.stops[node - self.first].id)
                index = assignment.Value(self.routing.NextVar(index))
            if any(trips):
                routes[vehicle.id] = [trip for trip in trips if trip]
        return routes


def _may(stop: Stop, vehicle: Vehicle, depot: Depot) -> bool:
    classes = set(stop.load)
    return (
        classes <= vehicle.licences
        and classes <= depot.accepts
        and (stop.allowed_depots is None or vehicle.depot in stop.allowed_depots)
        and (stop.allowed_vehicles is None or vehicle.id in stop.allowed_vehicles)
    )
