"""A few vehicle-days re-planned by the OR-Tools routing model. The only file that imports OR-Tools.

One OR-Tools vehicle stands for one trip of one vehicle-day; the trips of a day are chained in time.
Held in the model: windows, capacity, licences, class conflicts per trip, unloading, shift end and span,
distance per day, fixed cost per day. Not held (checked afterwards, the result is dropped if broken):
rests within long driving days and storage when stops change depots. Costs are in thousandths of a fen.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.compiled import Compiled
from routing.day import Day, make_day
from routing.plan import Plan

VERSION = "9"
TRIPS_AT_MOST = 4
HORIZON = 3 * 86_400
MILLI = 1000
LOOKS_PER_SOLUTION = 400
BACKSTOP_S = 20  # a count that is never reached must not hang the caller


@dataclass(slots=True, frozen=True)
class Budget:
    """Wall milliseconds for one sub-solve, or a number of solutions (then repeatable)."""

    milliseconds: int | None = None
    solutions: int | None = None


@dataclass(slots=True, frozen=True)
class Slot:
    """One OR-Tools vehicle: trip `number` of vehicle `car`."""

    car: int
    number: int


def replan(c: Compiled, plan: Plan, cars: list[int], extra: list[int], budget: Budget) -> list[Day] | None:
    """New days for these vehicles holding their stops (and, where possible, the extra ones), or None.

    The days returned are feasible one by one; the caller looks at storage and cost.
    """
    model = _Model(c, plan, cars, extra)
    routes = model.solve(budget)
    if routes is None:
        return None
    days: list[Day] = []
    for k in cars:
        trips = tuple(tuple(stops) for slot, stops in routes if slot.car == k and stops)
        day = make_day(c, k, trips)
        if day is None:
            return None
        days.append(day)
    return days


class _Model:
    def __init__(self, c: Compiled, plan: Plan, cars: list[int], extra: list[int]) -> None:
        self.c, self.plan, self.cars = c, plan, cars
        planned = [s for k in cars for trip in plan.days[k].trips for s in trip]
        depots = sorted({c.cars[k].node for k in cars})
        self.nodes = [*depots, *planned, *extra]
        self.first_stop = len(depots)
        self.slots = [Slot(k, number) for k in cars for number in range(self._slots_of(k))]
        self.at = {node: i for i, node in enumerate(self.nodes)}
        ends = [self.at[c.cars[slot.car].node] for slot in self.slots]
        self.manager = pywrapcp.RoutingIndexManager(len(self.nodes), len(self.slots), ends, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self._costs()
        self._loads()
        self._conflicts()
        self._times()
        self._distances()
        self._choices()

    def _slots_of(self, k: int) -> int:
        used = len(self.plan.days[k].trips)
        return min(self.c.cars[k].max_trips, max(used + 1, 2), max(used, TRIPS_AT_MOST))

    def _stop_indices(self) -> list[tuple[int, int]]:
        """(node, OR-Tools index) of every stop."""
        return [
            (node, self.manager.NodeToIndex(i)) for i, node in enumerate(self.nodes) if i >= self.first_stop
        ]

    def _matrix(self, entry: Any) -> int:
        return int(
            self.routing.RegisterTransitMatrix([[entry(p, q) for q in self.nodes] for p in self.nodes])
        )

    def _costs(self) -> None:
        c, known = self.c, {}
        for v, slot in enumerate(self.slots):
            car = c.cars[slot.car]
            key = (car.fen_per_m, car.fen_per_s, id(car.drive_s))
            if key not in known:
                drive = car.drive_s
                known[key] = self._matrix(
                    lambda p, q, car=car, drive=drive: round(
                        MILLI * (c.distance[p][q] * car.fen_per_m + drive[p][q] * car.fen_per_s)
                    )
                )
            self.routing.SetArcCostEvaluatorOfVehicle(known[key], v)
            if slot.number == 0:
                self.routing.SetFixedCostOfVehicle(round(MILLI * car.fen_fixed), v)

    def _loads(self) -> None:
        c = self.c
        for d, name in enumerate(c.dimensions):
            amounts = [c.load[node][d] if i >= self.first_stop else 0 for i, node in enumerate(self.nodes)]
            limits = [min(c.cars[slot.car].capacity[d], 2**50) for slot in self.slots]
            if any(amounts):
                evaluator = self.routing.RegisterUnaryTransitVector(amounts)
                self.routing.AddDimensionWithVehicleCapacity(evaluator, 0, limits, True, f"load {name}")

    def _conflicts(self) -> None:
        """Stops with the same classes are one visit type; types that quarrel never share a slot.

        Types hold for all slots: with a vehicle that separates among them only what quarrels even there is
        held, and `replan` turns away a day that another vehicle may not drive.
        """
        c = self.c
        separated = any(c.cars[slot.car].vehicle.separates for slot in self.slots)
        by_node = c.avoid_separated if separated else c.avoid
        stops = self._stop_indices()
        kinds = sorted({(c.classes[node], by_node[node]) for node, _ in stops})
        if not any(avoid & mask for _, avoid in kinds for mask, _ in kinds):
            return
        for node, index in stops:
            kind = kinds.index((c.classes[node], by_node[node]))
            self.routing.SetVisitType(index, kind, pywrapcp.RoutingModel.TYPE_ADDED_TO_VEHICLE)
        for a, (mask_a, avoid_a) in enumerate(kinds):
            for b, (mask_b, _) in enumerate(kinds[: a + 1]):
                if avoid_a & mask_b and a != b:
                    self.routing.AddHardTypeIncompatibility(a, b)
            if avoid_a & mask_a:
                self._at_most_one(a, mask_a)

    def _at_most_one(self, kind: int, mask: int) -> None:
        ones = [int(i >= self.first_stop and self.c.classes[n] == mask) for i, n in enumerate(self.nodes)]
        evaluator = self.routing.RegisterUnaryTransitVector(ones)
        self.routing.AddDimension(evaluator, 0, 1, True, f"only one {kind}")

    def _times(self) -> None:
        c, evaluators = self.c, {}
        per_slot = []
        for slot in self.slots:
            drive = c.cars[slot.car].drive_s
            if id(drive) not in evaluators:
                evaluators[id(drive)] = self._matrix(lambda p, q, drive=drive: drive[p][q] + c.service[p])
            per_slot.append(evaluators[id(drive)])
        self.routing.AddDimensionWithVehicleTransits(per_slot, HORIZON, HORIZON, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        for node, index in self._stop_indices():
            windows = c.windows[node]
            self.time.CumulVar(index).SetRange(windows[0][0], windows[-1][1])
            for (_, closes), (opens, _) in itertools.pairwise(windows):
                self.time.CumulVar(index).RemoveInterval(closes + 1, opens - 1)
        self._unloading()
        self._chain()

    def _unloading(self) -> None:
        """Seconds of unloading by stop, rounded up each: never less than the true unloading."""
        c = self.c
        self.unload: list[Any] = []
        seconds: dict[int, Any] = {}
        for v, slot in enumerate(self.slots):
            depot = c.cars[slot.car].node
            fixed, per_unit, dimension, unit = c.unloading[depot]
            if depot not in seconds:
                amounts = [
                    -(-c.load[node][dimension] * per_unit // unit) if i >= self.first_stop else 0
                    for i, node in enumerate(self.nodes)
                ]
                evaluator = self.routing.RegisterUnaryTransitVector(amounts)
                self.routing.AddDimension(evaluator, 0, HORIZON, True, f"unload {depot}")
                seconds[depot] = self.routing.GetDimensionOrDie(f"unload {depot}")
            end = seconds[depot].CumulVar(self.routing.End(v))
            self.unload.append(end + self.routing.ActiveVehicleVar(v) * fixed)

    def _chain(self) -> None:
        """Trips of one day follow each other, fit the shift, and fill from the first slot on."""
        routing, cumul = self.routing, self.time.CumulVar
        for k in self.cars:
            car = self.c.cars[k]
            mine = [v for v, slot in enumerate(self.slots) if slot.car == k]
            for v in mine:
                cumul(routing.Start(v)).SetRange(car.start_s, car.end_s)
                cumul(routing.End(v)).SetRange(car.start_s, car.end_s)
                self.solver.Add(cumul(routing.End(v)) + self.unload[v] <= car.end_s)
                routing.AddVariableMaximizedByFinalizer(cumul(routing.Start(v)))
            for a, b in itertools.pairwise(mine):
                self.solver.Add(cumul(routing.Start(b)) >= cumul(routing.End(a)) + self.unload[a])
                self.solver.Add(routing.ActiveVehicleVar(b) <= routing.ActiveVehicleVar(a))
            first, last = mine[0], mine[-1]
            if car.max_shift_s < car.end_s - car.start_s:
                span_end = cumul(routing.End(last)) + self.unload[last]
                self.solver.Add(span_end - cumul(routing.Start(first)) <= car.max_shift_s)

    def _distances(self) -> None:
        limits = [min(self.c.cars[slot.car].max_distance_m, 2**40) for slot in self.slots]
        if min(limits) >= 2**40:
            return
        evaluator = self._matrix(lambda p, q: self.c.distance[p][q])
        self.routing.AddDimensionWithVehicleCapacity(evaluator, 0, limits, True, "distance")
        distance = self.routing.GetDimensionOrDie("distance")
        for k in self.cars:
            mine = [v for v, slot in enumerate(self.slots) if slot.car == k]
            if len(mine) > 1 and limits[mine[0]] < 2**40:
                total = self.solver.Sum([distance.CumulVar(self.routing.End(v)) for v in mine])
                self.solver.Add(total <= limits[mine[0]])

    def _choices(self) -> None:
        for node, index in self._stop_indices():
            fit = set(self.c.choices[node])
            allowed = [v for v, slot in enumerate(self.slots) if slot.car in fit]
            self.routing.AddDisjunction([index], round(MILLI * self.c.absence[node]))
            self.routing.VehicleVar(index).SetValues([-1, *allowed])

    def solve(self, budget: Budget) -> list[tuple[Slot, list[int]]] | None:
        """Improve the present days; (slot, stops) for every slot, or None if the model finds nothing."""
        parameters = _parameters(budget)
        self.routing.CloseModelWithParameters(parameters)
        warm = self.routing.ReadAssignmentFromRoutes(self._present(), True)
        if warm is None:
            return None
        if budget.solutions is not None:
            self._limit_looks(budget.solutions * LOOKS_PER_SOLUTION)
        found = self.routing.SolveFromAssignmentWithParameters(warm, parameters)
        return None if found is None else self._read(found)

    def _limit_looks(self, most: int) -> None:
        """Stop after this many looks at the limit: a small model soon has no new solution to count."""
        looks = 0

        def enough() -> bool:
            nonlocal looks
            looks += 1
            return looks > most

        self.limit = self.solver.CustomLimit(enough)
        self.routing.AddSearchMonitor(self.limit)

    def _present(self) -> list[list[int]]:
        routes: list[list[int]] = []
        for slot in self.slots:
            trips = self.plan.days[slot.car].trips
            stops = trips[slot.number] if slot.number < len(trips) else ()
            routes.append([self.manager.NodeToIndex(self.at[s]) for s in stops])
        return routes

    def _read(self, found: Any) -> list[tuple[Slot, list[int]]]:
        routes: list[tuple[Slot, list[int]]] = []
        for v, slot in enumerate(self.slots):
            stops: list[int] = []
            index = found.Value(self.routing.NextVar(self.routing.Start(v)))
            while not self.routing.IsEnd(index):
                stops.append(self.nodes[self.manager.IndexToNode(index)])
                index = found.Value(self.routing.NextVar(index))
            routes.append((slot, stops))
        return routes


def _parameters(budget: Budget) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if budget.milliseconds is not None:
        parameters.time_limit.FromMilliseconds(budget.milliseconds)
    if budget.solutions is not None:
        parameters.solution_limit = budget.solutions
        parameters.lns_time_limit.FromSeconds(3600)
        parameters.time_limit.FromSeconds(BACKSTOP_S)
    return parameters
