"""A Problem as plain lists and bit masks, for the solver's inner loops.

Nodes: depots are 0 .. depots-1, stops follow in the order of the problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.costs import arc_factors_fen, penalty_fen
from routing.problem import MASS, Problem, Stop, Vehicle

Windows = tuple[tuple[int, int], ...]
Matrix = list[list[int]]


@dataclass(slots=True)
class Car:
    """A vehicle as the inner loops need it. `start_s`/`end_s`: shift cut to the depot's hours."""

    vehicle: Vehicle
    node: int
    capacity: tuple[int, ...]
    licences: int
    start_s: int
    end_s: int
    max_shift_s: int
    max_distance_m: int
    max_trips: int
    fen_per_m: float
    fen_per_s: float
    fen_fixed: float
    drive_s: Matrix
    avoid: list[int]  # by node: the classes this vehicle may not carry on one trip with the stop
    kind: int


class Compiled:
    """Everything the search asks of a problem, by index."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.depot_count = len(problem.depots)
        self.stop_nodes = range(self.depot_count, self.depot_count + len(problem.stops))
        self.node_of = {stop.id: self.depot_count + i for i, stop in enumerate(problem.stops)}
        self._travel()
        self._classes()
        self._stops()
        self._cars()
        self._choices()
        self._neighbours()

    def stop(self, node: int) -> Stop:
        return self.problem.stops[node - self.depot_count]

    def _travel(self) -> None:
        places = [depot.location for depot in self.problem.depots]
        places += [stop.location for stop in self.problem.stops]
        index = np.ix_(places, places)
        self.distance_np = self.problem.travel.distance_m[index]
        self.duration_np = self.problem.travel.duration_s[index]
        self.distance: Matrix = self.distance_np.tolist()
        self._drive_by_speed: dict[int, Matrix] = {}

    def _drive(self, speed_permille: int) -> Matrix:
        known = self._drive_by_speed.get(speed_permille)
        if known is None:
            known = (-(-self.duration_np * 1000 // speed_permille)).tolist()
            self._drive_by_speed[speed_permille] = known
        return known

    def _classes(self) -> None:
        problem = self.problem
        names = sorted({name for stop in problem.stops for name in stop.load})
        self.class_index = {name: i for i, name in enumerate(names)}
        everything = (1 << len(names)) - 1
        self.against = self._against(everything, separated=False)
        self.against_separated = self._against(everything, separated=True)

    def _against(self, everything: int, *, separated: bool) -> list[int]:
        """By class: the classes it may not meet on one trip of a vehicle that separates, or does not."""
        problem = self.problem
        against = [0] * len(self.class_index)
        for pair in problem.conflicts:
            a, b = self.class_index.get(pair.a), self.class_index.get(pair.b)
            if a is not None and b is not None and not (separated and pair.kind == "unless_separated"):
                against[a] |= 1 << b
                against[b] |= 1 << a
        for name, i in self.class_index.items():
            shunned = everything if name in problem.solo else 0
            if name in problem.alone:
                shunned |= everything & ~(1 << i)
            against[i] |= shunned
            for j in range(len(against)):
                if shunned >> j & 1:
                    against[j] |= 1 << i
        return against

    def mask(self, names: frozenset[str]) -> int:
        return sum(1 << self.class_index[name] for name in names if name in self.class_index)

    def _stops(self) -> None:
        problem, empty = self.problem, self.depot_count
        self.dimensions = sorted(
            {dim for stop in problem.stops for load in stop.load.values() for dim in load}
            | {depot.unload_dimension for depot in problem.depots}
        )
        self.dimension_index = {name: i for i, name in enumerate(self.dimensions)}
        self.windows: list[Windows] = [()] * empty
        self.service: list[int] = [0] * empty
        self.load: list[tuple[int, ...]] = [()] * empty
        self.classes: list[int] = [0] * empty
        self.avoid: list[int] = [0] * empty
        self.avoid_separated: list[int] = [0] * empty
        self.mass_by_class: list[tuple[tuple[int, int], ...]] = [()] * empty
        self.mass: list[int] = [0] * empty
        for stop in problem.stops:
            self._add_stop(stop)
        self.several_windows = [len(windows) > 1 for windows in self.windows]
        self.penalty: list[float] = [0.0] * empty + [
            float(penalty_fen(stop, problem.weights)) for stop in problem.stops
        ]

    def _add_stop(self, stop: Stop) -> None:
        self.windows.append(stop.windows)
        self.service.append(stop.service_s)
        totals = [0] * len(self.dimensions)
        for load in stop.load.values():
            for dimension, amount in load.items():
                totals[self.dimension_index[dimension]] += amount
        self.load.append(tuple(totals))
        classes = sorted(self.class_index[name] for name in stop.load)
        self.classes.append(sum(1 << i for i in classes))
        avoid = avoid_separated = 0
        for i in classes:
            avoid |= self.against[i]
            avoid_separated |= self.against_separated[i]
        self.avoid.append(avoid)
        self.avoid_separated.append(avoid_separated)
        masses = tuple((self.class_index[name], load.get(MASS, 0)) for name, load in stop.load.items())
        self.mass_by_class.append(masses)
        self.mass.append(sum(mass for _, mass in masses))

    def quarrels_with_itself(self, node: int, car: Car) -> bool:
        """Whether one stop alone carries classes that may not share a trip of this vehicle."""
        mask = self.classes[node]
        against = self.against_separated if car.vehicle.separates else self.against
        return any(mask >> i & 1 and against[i] & mask & ~(1 << i) for i in range(len(against)))

    def _cars(self) -> None:
        problem = self.problem
        depot_index = {depot.id: i for i, depot in enumerate(problem.depots)}
        self.depot_open = [depot.open_s for depot in problem.depots]
        self.unloading = [
            (d.unload_fixed_s, d.unload_per_unit_s, self.dimension_index[d.unload_dimension], d.unload_unit)
            for d in problem.depots
        ]
        self.accepts = [self.mask(depot.accepts) for depot in problem.depots]
        self.storage_left = [
            {
                self.class_index[name]: left
                for name, left in depot.storage_left.items()
                if name in self.class_index
            }
            for depot in problem.depots
        ]
        self.storage_total = [depot.storage_total_left_g for depot in problem.depots]
        kinds: dict[tuple[object, ...], int] = {}
        self.cars: list[Car] = []
        for vehicle in problem.vehicles:
            self.cars.append(self._car(vehicle, depot_index[vehicle.depot], kinds))

    def _car(self, v: Vehicle, node: int, kinds: dict[tuple[object, ...], int]) -> Car:
        depot = self.problem.depots[node]
        capacity = tuple(v.capacity.get(name, 2**62) for name in self.dimensions)
        chosen_by = frozenset(
            stop.id for stop in self.problem.stops if v.id in (stop.allowed_vehicles or frozenset())
        )
        same = (
            node, capacity, self.mask(v.licences), v.shift_start_s, v.shift_end_s, v.max_shift_s,
            v.max_distance_m, v.max_trips, v.fixed_cost_fen, v.cost_per_km_fen, v.cost_per_h_fen,
            v.speed_permille, v.separates, chosen_by,
        )  # fmt: skip
        per_m, per_s, fixed = arc_factors_fen(v, self.problem.weights)
        return Car(
            vehicle=v,
            node=node,
            capacity=capacity,
            licences=self.mask(v.licences),
            start_s=max(v.shift_start_s, depot.open_s),
            end_s=min(v.shift_end_s, depot.close_s),
            max_shift_s=v.max_shift_s,
            max_distance_m=2**62 if v.max_distance_m is None else v.max_distance_m,
            max_trips=v.max_trips,
            fen_per_m=per_m,
            fen_per_s=per_s,
            fen_fixed=fixed,
            drive_s=self._drive(v.speed_permille),
            avoid=self.avoid_separated if v.separates else self.avoid,
            kind=kinds.setdefault(same, len(kinds)),
        )

    def _choices(self) -> None:
        """Which vehicles could carry each stop, leaving time, storage and the other stops aside."""
        self.choices: list[list[int]] = [[] for _ in range(self.depot_count)]
        for node in self.stop_nodes:
            stop = self.stop(node)
            fit = [k for k, car in enumerate(self.cars) if self._may_carry(stop, node, car)]
            self.choices.append([k for k in fit if not self.quarrels_with_itself(node, self.cars[k])])
        reach = max((max(row) for row in self.distance), default=0)
        dearest = max(
            (car.fen_fixed + 2 * reach * car.fen_per_m + 86_400 * car.fen_per_s for car in self.cars),
            default=0.0,
        )
        self.absence = [2 * dearest + penalty + 1.0 for penalty in self.penalty]

    def _may_carry(self, stop: Stop, node: int, car: Car) -> bool:
        return (
            (stop.allowed_depots is None or car.vehicle.depot in stop.allowed_depots)
            and (stop.allowed_vehicles is None or car.vehicle.id in stop.allowed_vehicles)
            and not self.classes[node] & ~car.licences
            and not self.classes[node] & ~self.accepts[car.node]
            and all(a <= b for a, b in zip(self.load[node], car.capacity, strict=True))
        )

    def _neighbours(self, keep: int = 40) -> None:
        first = self.depot_count
        near = (self.distance_np + self.distance_np.T)[first:, first:]
        order = np.argsort(near, axis=1, kind="stable")[:, : keep + 1] + first
        self.near: list[list[int]] = [[] for _ in range(first)]
        self.near += [
            [node, *[other for other in row if other != node][:keep]]
            for node, row in zip(self.stop_nodes, order.tolist(), strict=True)
        ]
