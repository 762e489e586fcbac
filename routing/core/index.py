"""Which number stands for which stop, vehicle, depot and load class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from routing.core.tables import Array
from routing.problem import Problem, Vehicle


class Index:
    """Numbers for everything in a problem. `leaders[k]`: one vehicle of kind k; `vehicles_of[k]`: all ids."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.depot_at = {depot.id: i for i, depot in enumerate(problem.depots)}
        self._classes()
        used = {d for stop in problem.stops for load in stop.load.values() for d in load}
        self.dimensions = sorted(used | {depot.unload_dimension for depot in problem.depots})
        self._kinds()
        starts = [v.under_way.location for v in self.leaders if v.under_way is not None]
        places = [depot.location for depot in problem.depots] + starts
        self.first = len(places)
        self.places = np.array(places + [stop.location for stop in problem.stops])
        self.nodes = len(self.places)
        self.node_of = {stop.id: self.first + i for i, stop in enumerate(problem.stops)}

    def amounts(self, load: Mapping[str, Mapping[str, int]]) -> list[int]:
        """The sum of a load over its classes, by dimension."""
        return [sum(part.get(name, 0) for part in load.values()) for name in self.dimensions]

    def per_stop(self, values: Iterable[object], dtype: type = np.int64) -> Array:
        """A value for each node: those given for the stops, zero for the others."""
        column: Array = np.zeros(self.nodes, dtype)
        column[self.first :] = list(values)
        return column

    # ------------------------------------------------------------ load classes

    def _classes(self) -> None:
        problem = self.problem
        names = {name for stop in problem.stops for name in stop.load}
        for vehicle in problem.vehicles:
            if vehicle.under_way is not None:
                names |= set(vehicle.under_way.aboard)
        self.class_at = {name: i for i, name in enumerate(sorted(names))}
        bound = bool(problem.conflicts or problem.alone or problem.solo)
        self.words = -(-len(names) // 64) if bound else 0
        self.against = [self._against(separated) for separated in (False, True)]

    def _against(self, separated: bool) -> list[int]:
        """By class, as bits: the classes it may not meet on a trip of such a vehicle."""
        problem, index = self.problem, self.class_at
        against = [0] * len(index)
        for pair in problem.conflicts:
            binds = not (separated and pair.kind == "unless_separated")
            if binds and pair.a in index and pair.b in index:
                against[index[pair.a]] |= 1 << index[pair.b]
                against[index[pair.b]] |= 1 << index[pair.a]
        for name, i in index.items():
            shunned = (1 << len(index)) - 1 if name in problem.solo else 0
            if name in problem.alone:
                shunned |= ((1 << len(index)) - 1) & ~(1 << i)
            against[i] |= shunned
            for j in range(len(index)):
                against[j] |= (shunned >> j & 1) << i
        return against

    def mask(self, names: Iterable[str]) -> int:
        """These classes as bits, as far as anything to plan carries them."""
        return sum(1 << self.class_at[name] for name in set(names) if name in self.class_at)

    def words_of(self, masks: list[int]) -> Array:
        """u8[mask, word]."""
        low = (1 << 64) - 1
        rows = [[mask >> (64 * w) & low for w in range(self.words)] for mask in masks]
        return np.array(rows, np.uint64).reshape(len(masks), self.words)

    # ------------------------------------------------------------ kinds of vehicles

    def _kinds(self) -> None:
        """Vehicles by kind: those that no rule, cost or stop tells apart."""
        named = self._named()
        ordered = {order.vehicle for order in self.problem.orders}
        self.vehicles_of: list[list[str]] = []
        self.leaders: list[Vehicle] = []
        known: dict[object, int] = {}
        for v in self.problem.vehicles:
            unique = v.under_way is not None or v.id in ordered
            k = known.setdefault(v.id if unique else self._likeness(v, named), len(self.leaders))
            if k == len(self.leaders):
                self.leaders.append(v)
                self.vehicles_of.append([])
            self.vehicles_of[k].append(v.id)

    def _named(self) -> dict[str, list[tuple[str, int]]]:
        """By vehicle: the stops that name it, with the service time they give it (-1: none)."""
        named: dict[str, list[tuple[str, int]]] = {}
        for stop in self.problem.stops:
            for vehicle_id in stop.allowed_vehicles or ():
                named.setdefault(vehicle_id, []).append((stop.id, -1))
            for vehicle_id, seconds in stop.service_by_vehicle_s.items():
                named.setdefault(vehicle_id, []).append((stop.id, seconds))
        return named

    def _likeness(self, v: Vehicle, named: dict[str, list[tuple[str, int]]]) -> object:
        """Equal for vehicles that are interchangeable."""
        return (
            v.depot, self.mask(v.licences), tuple(v.capacity.get(d, 0) for d in self.dimensions),
            v.shift_start_s, v.shift_end_s, v.max_shift_s, v.max_distance_m, v.max_trips, v.fixed_cost_fen,
            v.cost_per_km_fen, v.cost_per_h_fen, v.speed_permille, v.separates, v.travel, v.overtime_s,
            v.overtime_per_h_fen, v.service_permille, tuple(named.get(v.id, ())),
        )  # fmt: skip
