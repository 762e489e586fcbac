"""A Problem as plain lists and bit masks, for the solver's inner loops.

Nodes: depots are 0 .. depots-1, stops follow in the order of the problem, then one node for the place of
each vehicle that is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from routing.cars import Car, Garage, Pinned
from routing.costs import penalty_fen
from routing.problem import MASS, Problem, Stop
from routing.ways import Matrix, Ways

__all__ = ["Car", "Compiled", "Matrix", "Pinned", "Windows"]

Windows = tuple[tuple[int, int], ...]


class Compiled:
    """Everything the search asks of a problem, by index."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.depot_count = len(problem.depots)
        self.stop_nodes = range(self.depot_count, self.depot_count + len(problem.stops))
        self.node_of = {stop.id: self.depot_count + i for i, stop in enumerate(problem.stops)}
        self._places()
        self._classes()
        self._stops()
        self._depots()
        self._cars()
        self._prices()

    def stop(self, node: int) -> Stop:
        return self.problem.stops[node - self.depot_count]

    def _places(self) -> None:
        problem = self.problem
        places = [depot.location for depot in problem.depots]
        places += [stop.location for stop in problem.stops]
        self.origin_of: dict[str, int] = {}
        for vehicle in problem.vehicles:
            if vehicle.under_way is not None:
                self.origin_of[vehicle.id] = len(places)
                places.append(vehicle.under_way.location)
        self.ways = Ways(problem, places)
        self.distance_np, self.duration_np = self.ways.distance_np, self.ways.duration_np
        self.distance: Matrix = self.ways.metres()

    def _classes(self) -> None:
        names = {name for stop in self.problem.stops for name in stop.load}
        for vehicle in self.problem.vehicles:
            if vehicle.under_way is not None:
                names |= vehicle.under_way.aboard.keys()
        self.class_index = {name: i for i, name in enumerate(sorted(names))}
        # A class that every trip carries: a stop that a vehicle may not serve avoids it.
        self.every_trip = 1 << len(names)
        self._at_odds = {separated: self._classes_at_odds(separated) for separated in (False, True)}
        self.against = self._with_solo(self._at_odds[False])
        self.against_separated = self._with_solo(self._at_odds[True])
        self._quarrels: dict[tuple[int, bool], bool] = {}

    def _classes_at_odds(self, separated: bool) -> list[int]:
        """By class: the classes it may not meet on one trip of a vehicle that separates, or does not."""
        problem, everything = self.problem, self.every_trip - 1
        against = [0] * len(self.class_index)
        for pair in problem.conflicts:
            a, b = self.class_index.get(pair.a), self.class_index.get(pair.b)
            if a is not None and b is not None and not (separated and pair.kind == "unless_separated"):
                against[a] |= 1 << b
                against[b] |= 1 << a
        for name in problem.alone & self.class_index.keys():
            i = self.class_index[name]
            against[i] |= everything & ~(1 << i)
            for j in range(len(against)):
                against[j] |= 1 << i if j != i else 0
        return against

    def _with_solo(self, against: list[int]) -> list[int]:
        """The same between different stops: a solo class meets nothing of another stop."""
        solo = self.mask(self.problem.solo)
        everything = self.every_trip - 1
        return [everything if solo >> i & 1 else avoided | solo for i, avoided in enumerate(against)]

    def mask(self, names: Iterable[str]) -> int:
        """The bits of these load classes, as far as anything to plan carries them."""
        return sum(1 << self.class_index[name] for name in names if name in self.class_index)

    def _stops(self) -> None:
        problem, empty = self.problem, self.depot_count
        self.dimensions = self._dimensions()
        self.dimension_index = {name: i for i, name in enumerate(self.dimensions)}
        self.nothing = (0,) * len(self.dimensions)  # the load of an empty vehicle
        self.windows: list[Windows] = [()] * empty
        self.service: list[int] = [0] * empty  # as the stops say; a car has its own
        self.load: list[tuple[int, ...]] = [()] * empty
        self.classes: list[int] = [0] * empty
        self.avoid: list[int] = [0] * empty
        self.avoid_separated: list[int] = [0] * empty
        self.mass_by_class: list[tuple[tuple[int, int], ...]] = [()] * empty
        self.mass: list[int] = [0] * empty
        for stop in problem.stops:
            self._add_stop(stop)
        self.release = [0] * empty + [stop.release_s for stop in problem.stops]
        self.releases = any(self.release)
        self.optional = [False] * empty + [stop.optional for stop in problem.stops]
        self.several_windows = [len(windows) > 1 for windows in self.windows]
        self.penalty: list[float] = [0.0] * empty + [
            float(penalty_fen(stop, problem.weights)) for stop in problem.stops
        ]
        self.order_of = {self.node_of[stop_id]: order for order in problem.orders for stop_id in order.stops}

    def _dimensions(self) -> list[str]:
        problem = self.problem
        loads = [load for stop in problem.stops for load in stop.load.values()]
        for vehicle in problem.vehicles:
            loads += vehicle.under_way.aboard.values() if vehicle.under_way is not None else ()
        used = {dimension for load in loads for dimension in load}
        return sorted(used | {depot.unload_dimension for depot in problem.depots})

    def _add_stop(self, stop: Stop) -> None:
        self.windows.append(stop.windows)
        self.service.append(stop.service_s)
        self.load.append(self.totals(stop.load.values()))
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

    def totals(self, loads: Iterable[Mapping[str, int]]) -> tuple[int, ...]:
        """The sum of these loads in the order of `dimensions`."""
        totals = [0] * len(self.dimensions)
        for load in loads:
            for dimension, amount in load.items():
                totals[self.dimension_index[dimension]] += amount
        return tuple(totals)

    def quarrels_with_itself(self, node: int, *, separated: bool) -> bool:
        """Whether one stop alone carries classes that may not share a trip of such a vehicle."""
        mask = self.classes[node]
        if (mask, separated) not in self._quarrels:
            self._quarrels[mask, separated] = any(
                mask >> i & 1 and avoided & mask & ~(1 << i)
                for i, avoided in enumerate(self._at_odds[separated])
            )
        return self._quarrels[mask, separated]

    def _depots(self) -> None:
        problem = self.problem
        self.depot_open = [depot.open_s for depot in problem.depots]
        self.unloading = [
            (d.unload_fixed_s, d.unload_per_unit_s, self.dimension_index[d.unload_dimension], d.unload_unit)
            for d in problem.depots
        ]
        self.accepts = [self.mask(depot.accepts) for depot in problem.depots]
        self._storage()

    def _storage(self) -> None:
        """Room left by depot, never less than what is on its way there already (`incoming`)."""
        depots = self.problem.depots
        node_of = {depot.id: node for node, depot in enumerate(depots)}
        self.incoming = [[0] * len(self.class_index) for _ in depots]
        for vehicle in self.problem.vehicles:
            if vehicle.under_way is not None:
                for name, load in vehicle.under_way.aboard.items():
                    self.incoming[node_of[vehicle.depot]][self.class_index[name]] += load.get(MASS, 0)
        self.storage_left: list[dict[int, int]] = []
        self.storage_total: list[int | None] = []
        for depot, incoming in zip(depots, self.incoming, strict=True):
            known = {self.class_index[n]: g for n, g in depot.storage_left.items() if n in self.class_index}
            self.storage_left.append({i: max(left, incoming[i]) for i, left in known.items()})
            total = depot.storage_total_left_g
            self.storage_total.append(None if total is None else max(total, sum(incoming)))

    def unload_s(self, depot: int, load: Sequence[int]) -> int:
        """Seconds to unload this load at this depot."""
        fixed, per_unit, dimension, unit = self.unloading[depot]
        return fixed + -(-load[dimension] * per_unit // unit)

    def _cars(self) -> None:
        """The vehicles, and for each stop those that could serve it, leaving time and the rest aside."""
        node_of = {depot.id: node for node, depot in enumerate(self.problem.depots)}
        garage = Garage(self)
        self.cars = [garage.car(vehicle, node_of[vehicle.depot]) for vehicle in self.problem.vehicles]
        kinds = [car.kind for car in self.cars]
        self.choices: list[list[int]] = [[] for _ in range(self.depot_count)]
        for node in self.stop_nodes:
            fit = [fits[node] for fits in garage.fits]
            self.choices.append([k for k, kind in enumerate(kinds) if fit[kind]])

    def _prices(self) -> None:
        """What an absent stop counts: its penalty if it is optional, else more than any plan could save."""
        travels = [self.problem.travel, *self.problem.travels.values()]
        reach = max(int(travel.distance_m.max()) for travel in travels)
        dearest = max(
            car.fen_fixed
            + 2 * reach * car.fen_per_m
            + min(car.max_span_s, max(car.end_s - car.start_s, 0)) * (car.fen_per_s + car.fen_per_overtime_s)
            for car in self.cars
        )
        self.absence = [
            penalty if optional else 2 * dearest + penalty + 1.0
            for penalty, optional in zip(self.penalty, self.optional, strict=True)
        ]

    @cached_property
    def near(self) -> list[list[int]]:
        """By stop: itself and up to forty stops, the nearest (there and back) first."""
        keep, first, end = 40, self.stop_nodes.start, self.stop_nodes.stop
        near: list[list[int]] = [[] for _ in range(first)]
        for node in self.stop_nodes:
            both_ways = self.distance_np[node, first:end] + self.distance_np[first:end, node]
            order: list[int] = (np.argsort(both_ways, kind="stable")[: keep + 1] + first).tolist()
            near.append([node, *[other for other in order if other != node][:keep]])
        return near
