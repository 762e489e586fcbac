"""Does the OR-Tools routing model accept a plan? A second opinion, independent of engine and checker.

The model is built for the vehicles that the plan uses, one OR-Tools vehicle per trip; the trips of a day
are chained in time. It holds: windows, service, travel by vehicle, capacity, licences and allowed depots,
class conflicts per trip, unloading, opening hours, releases, shift with overtime, distance, storage, pinned
orders, what vehicles under way have behind them. The rests that the plan takes are held as time; whether
they are often enough is the checker's business.

For tests and on demand: OR-Tools builds its model in Python lists and is meant for up to about 200 stops.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import pywrapcp

from routing.cars import Car
from routing.compiled import Compiled
from routing.problem import MASS, Problem
from routing.solution import Route, Solution, Trip

FAR = 1 << 40


def accepts(problem: Problem, solution: Solution) -> bool:
    """Whether the OR-Tools model finds a timetable for exactly these routes that holds all its rules."""
    if not solution.routes:
        return True
    return _Model(Compiled(problem), solution).accepts()


@dataclass(slots=True, frozen=True)
class _Slot:
    """One OR-Tools vehicle: trip `number` of the day of vehicle `k`."""

    k: int
    number: int
    trip: Trip


class _Model:
    def __init__(self, c: Compiled, solution: Solution) -> None:
        self.c = c
        number = {car.vehicle.id: k for k, car in enumerate(c.cars)}
        self.days = {number[route.vehicle_id]: route for route in solution.routes}
        self.slots = [
            _Slot(k, i, trip) for k, route in self.days.items() for i, trip in enumerate(route.trips)
        ]
        planned = [c.node_of[visit.stop_id] for slot in self.slots for visit in slot.trip.visits]
        ends = sorted({self._start(slot) for slot in self.slots} | {c.cars[k].node for k in self.days})
        self.nodes = [*ends, *planned]
        self.at = {node: i for i, node in enumerate(self.nodes)}
        starts = [self.at[self._start(slot)] for slot in self.slots]
        homes = [self.at[self._car(slot).node] for slot in self.slots]
        self.manager = pywrapcp.RoutingIndexManager(len(self.nodes), len(self.slots), starts, homes)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self.stops = [(node, self.manager.NodeToIndex(self.at[node])) for node in planned]
        self._loads()
        self._times()
        self._distances()
        self._conflicts()
        self._storage()
        self._orders()
        for node, index in self.stops:
            fit = set(c.choices[node])
            allowed = [v for v, slot in enumerate(self.slots) if slot.k in fit]
            self.routing.VehicleVar(index).SetValues(allowed or [-1])

    def _car(self, slot: _Slot) -> Car:
        return self.c.cars[slot.k]

    def _start(self, slot: _Slot) -> int:
        """The node where the trip begins."""
        car = self._car(slot)
        return car.origin if slot.number == 0 else car.node

    def _is_stop(self, node: int) -> bool:
        return node in self.c.stop_nodes

    def _per_slot(self, entry: Any) -> list[int]:
        """Transit evaluators by slot, entry(car, from node, to node)."""
        known: dict[int, int] = {}
        for slot in self.slots:
            if slot.k not in known:
                car = self._car(slot)
                rows = [[int(entry(car, p, q)) for q in self.nodes] for p in self.nodes]
                known[slot.k] = self.routing.RegisterTransitMatrix(rows)
        return [known[slot.k] for slot in self.slots]

    def _loads(self) -> None:
        """What is aboard fits, in every dimension; a vehicle under way starts with what it has."""
        c = self.c
        for d, name in enumerate(c.dimensions):
            amounts = [c.load[node][d] if self._is_stop(node) else 0 for node in self.nodes]
            evaluator = self.routing.RegisterUnaryTransitVector(amounts)
            first = [slot.number == 0 for slot in self.slots]
            cars = [self._car(slot) for slot in self.slots]
            limits = [
                min((car.first_capacity if is_first else car.capacity)[d], FAR)
                for car, is_first in zip(cars, first, strict=True)
            ]
            self.routing.AddDimensionWithVehicleCapacity(evaluator, 0, limits, False, f"load {name}")
            dimension = self.routing.GetDimensionOrDie(f"load {name}")
            for v, (car, is_first) in enumerate(zip(cars, first, strict=True)):
                aboard = car.aboard[d] if is_first else 0
                dimension.CumulVar(self.routing.Start(v)).SetRange(aboard, aboard)

    def _times(self) -> None:
        """Windows, service, rests as planned, releases, unloading, the chain of trips, the span."""
        c, routing = self.c, self.routing
        rest = {
            c.node_of[visit.stop_id]: (visit.rest_before_s, visit.rest_after_s)
            for slot in self.slots
            for visit in slot.trip.visits
        }

        def entry(car: Car, p: int, q: int) -> int:
            leaving = car.service[p] + rest[p][1] if self._is_stop(p) else 0
            arriving = rest[q][0] if self._is_stop(q) else 0
            return leaving + car.drive_s[p][q] + arriving

        routing.AddDimensionWithVehicleTransits(self._per_slot(entry), FAR, FAR, False, "time")
        self.time = routing.GetDimensionOrDie("time")
        for node, index in self.stops:
            windows = c.windows[node]
            self.time.CumulVar(index).SetRange(windows[0][0], windows[-1][1])
            for (_, closes), (opens, _) in itertools.pairwise(windows):
                self.time.CumulVar(index).RemoveInterval(closes + 1, opens - 1)
        for k, route in self.days.items():
            self._day(self.c.cars[k], route, [v for v, slot in enumerate(self.slots) if slot.k == k])

    def _day(self, car: Car, route: Route, mine: Sequence[int]) -> None:
        """The trips of a day follow each other, with unloading and rests between them."""
        solver, cumul, routing = self.solver, self.time.CumulVar, self.routing
        free: Any = car.start_s
        for v, trip in zip(mine, route.trips, strict=True):
            released = max(
                (self.c.release[self.c.node_of[visit.stop_id]] for visit in trip.visits), default=0
            )
            start, end = cumul(routing.Start(v)), cumul(routing.End(v))
            solver.Add(start >= free + trip.rest_before_s)
            solver.Add(start >= released)
            opened = solver.Max(end, self.c.depot_open[car.node])
            free = opened + self._unload_s(car, v, trip)
        solver.Add(free <= car.end_s)
        began: Any = car.began_s if car.under_way else cumul(routing.Start(mine[0]))
        solver.Add(free - began <= min(car.max_span_s, FAR))

    def _unload_s(self, car: Car, v: int, trip: Trip) -> int:
        """Seconds to unload what this trip brings: of the plan, as the routes are given."""
        first = self.slots[v].number == 0
        if not trip.visits and not (first and car.holds):
            return 0
        load = list(car.aboard) if first else [0] * len(self.c.dimensions)
        for visit in trip.visits:
            load = [a + b for a, b in zip(load, self.c.load[self.c.node_of[visit.stop_id]], strict=True)]
        return self.c.unload_s(car.node, load)

    def _distances(self) -> None:
        """Metres of a day, those behind a vehicle under way included."""
        per_slot = self._per_slot(lambda car, p, q: car.metres[p][q])
        self.routing.AddDimensionWithVehicleTransits(per_slot, 0, FAR, True, "distance")
        distance = self.routing.GetDimensionOrDie("distance")
        for k in self.days:
            car = self.c.cars[k]
            ends = [
                distance.CumulVar(self.routing.End(v)) for v, slot in enumerate(self.slots) if slot.k == k
            ]
            self.solver.Add(self.solver.Sum(ends) + car.distance_m <= min(car.max_distance_m, FAR))

    def _conflicts(self) -> None:
        """Two stops that quarrel on a vehicle never share one of its trips."""
        for (a, at_a), (b, at_b) in itertools.combinations(self.stops, 2):
            for v, slot in enumerate(self.slots):
                if self._car(slot).avoid[a] & self.c.classes[b]:
                    rides = [self.routing.VehicleVar(index) for index in (at_a, at_b)]
                    both = [self.solver.IsEqualCstVar(ride, v) for ride in rides]
                    self.solver.Add(self.solver.Sum(both) <= 1)
        for v, slot in enumerate(self.slots):
            if slot.number == 0:
                for node, index in self.stops:
                    if self._car(slot).avoid[node] & self._car(slot).aboard_mask:
                        self.solver.Add(self.routing.VehicleVar(index) != v)

    def _storage(self) -> None:
        """What all trips unload at a depot fits there, per class and in total."""
        for depot, item in enumerate(self.c.problem.depots):
            limits: dict[str | None, int] = {}
            limits.update(item.storage_left)
            if item.storage_total_left_g is not None:
                limits[None] = item.storage_total_left_g
            for name, left in limits.items():
                self._storage_limit(depot, name, left)

    def _storage_limit(self, depot: int, name: str | None, left: int) -> None:
        def grams(node: int) -> int:
            load = self.c.stop(node).load if self._is_stop(node) else {}
            return sum(part.get(MASS, 0) for key, part in load.items() if name in (None, key))

        incoming = self.c.incoming[depot]
        known = sum(incoming) if name is None else 0
        if name is not None and name in self.c.class_index:
            known = incoming[self.c.class_index[name]]
        evaluator = self.routing.RegisterUnaryTransitVector([grams(node) for node in self.nodes])
        title = f"storage {depot} {name}"
        self.routing.AddDimension(evaluator, 0, FAR, True, title)
        dimension = self.routing.GetDimensionOrDie(title)
        mine = [v for v, slot in enumerate(self.slots) if self._car(slot).node == depot]
        if mine:
            brought = self.solver.Sum([dimension.CumulVar(self.routing.End(v)) for v in mine])
            self.solver.Add(brought <= max(left - known, 0))

    def _orders(self) -> None:
        """Pinned stops follow each other; those of a fixed order come straight after the start."""
        for order in self.c.problem.orders:
            planned = [(node, index) for node, index in self.stops if self.c.order_of.get(node) is order]
            planned.sort(key=lambda pair: order.stops.index(self.c.stop(pair[0]).id))
            for (_, a), (_, b) in itertools.pairwise(planned):
                if order.fixed:
                    self.solver.Add(self.routing.NextVar(a) == b)
                else:
                    self.solver.Add(self.time.CumulVar(a) <= self.time.CumulVar(b))
                    self.solver.Add(self.routing.VehicleVar(a) <= self.routing.VehicleVar(b))
            if order.fixed and planned:
                k = next(k for k, car in enumerate(self.c.cars) if car.vehicle.id == order.vehicle)
                firsts = [v for v, slot in enumerate(self.slots) if slot.k == k and slot.number == 0]
                for v in firsts:
                    self.solver.Add(self.routing.NextVar(self.routing.Start(v)) == planned[0][1])

    def accepts(self) -> bool:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        self.routing.CloseModelWithParameters(parameters)
        routes = [
            [self.manager.NodeToIndex(self.at[self.c.node_of[visit.stop_id]]) for visit in slot.trip.visits]
            for slot in self.slots
        ]
        return self.routing.ReadAssignmentFromRoutes(routes, False) is not None
