"""A plan in pieces: what each vehicle does, and one vehicle's day cut out as a problem of its own.

The day of one vehicle touches the others only through the storage of its depot. So a question about one
vehicle is asked of a problem with that vehicle alone, its depot keeping the room the others leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from routing.problem import MASS, Depot, Order, Problem, Stop, Vehicle
from routing.solution import Solution

Orders = Mapping[str, Sequence[Sequence[str]]]  # vehicle -> trips -> stop ids


def orders_of(solution: Solution) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Who visits what in which order: vehicle id -> trips -> stop ids."""
    return {
        route.vehicle_id: tuple(tuple(visit.stop_id for visit in trip.visits) for trip in route.trips)
        for route in solution.routes
    }


@dataclass(slots=True)
class Pieces:
    """A problem and who visits what, by id."""

    problem: Problem
    orders: Orders
    vehicles: dict[str, Vehicle] = field(init=False)
    depots: dict[str, Depot] = field(init=False)
    stops: dict[str, Stop] = field(init=False)
    pins: dict[str, Order] = field(init=False)
    brought_g: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.vehicles = {vehicle.id: vehicle for vehicle in self.problem.vehicles}
        self.depots = {depot.id: depot for depot in self.problem.depots}
        self.stops = {stop.id: stop for stop in self.problem.stops}
        self.pins = {stop_id: order for order in self.problem.orders for stop_id in order.stops}
        for name in self.vehicles:
            if name not in self.brought_g:
                self.brought_g[name] = self._brought_by(name)

    def under(self, problem: Problem) -> Pieces:
        """The same visits in a problem with other limits."""
        return Pieces(problem, self.orders, dict(self.brought_g))

    def trips(self, vehicle_id: str) -> tuple[tuple[str, ...], ...]:
        """What a vehicle does. One under way with nothing before it still has its trip home."""
        trips = tuple(tuple(trip) for trip in self.orders.get(vehicle_id, ()))
        if not trips and self.vehicles[vehicle_id].under_way is not None:
            return ((),)
        return trips

    def _brought_by(self, vehicle_id: str) -> Counter[str]:
        """Grams by load class that one vehicle unloads in the day, what it has aboard already included."""
        total: Counter[str] = Counter()
        under_way = self.vehicles[vehicle_id].under_way
        if under_way is not None:
            _add(total, under_way.aboard)
        for trip in self.trips(vehicle_id):
            for stop_id in trip:
                _add(total, self.stops[stop_id].load)
        return total

    def held_g(self, depot_id: str) -> Counter[str]:
        """Grams by load class that all vehicles of a depot unload there in the day."""
        total: Counter[str] = Counter()
        for vehicle in self.problem.vehicles:
            if vehicle.depot == depot_id:
                total.update(self.brought_g[vehicle.id])
        return total

    def depot_left(self, vehicle_id: str) -> Depot:
        """The vehicle's depot with the storage that the other vehicles leave."""
        depot = self.depots[self.vehicles[vehicle_id].depot]
        others = self.held_g(depot.id)
        others.subtract(self.brought_g[vehicle_id])
        total = depot.storage_total_left_g
        return replace(
            depot,
            storage_left={name: max(left - others[name], 0) for name, left in depot.storage_left.items()},
            storage_total_left_g=None if total is None else max(total - others.total(), 0),
        )

    def alone(self, vehicle_id: str, also: str | None = None) -> Problem:
        """The day of this vehicle as a problem of its own; `also`: a further stop to think about."""
        vehicle = self.vehicles[vehicle_id]
        ids = [stop_id for trip in self.trips(vehicle_id) for stop_id in trip]
        if also is not None:
            ids.append(also)
        return replace(
            self.problem,
            depots=(self.depot_left(vehicle_id),),
            vehicles=(vehicle,),
            stops=tuple(self._for(self.stops[stop_id], vehicle) for stop_id in ids),
            orders=self._orders_among(vehicle_id, set(ids)),
        )

    def _orders_among(self, vehicle_id: str, ids: set[str]) -> tuple[Order, ...]:
        """Pins of these stops to this vehicle. A stop pinned to another one is barred from it by `_for`."""
        found = []
        for order in self.problem.orders:
            kept = tuple(stop_id for stop_id in order.stops if stop_id in ids)
            if kept and order.vehicle == vehicle_id:
                found.append(replace(order, stops=kept))
        return tuple(found)

    def _for(self, stop: Stop, vehicle: Vehicle) -> Stop:
        """The stop with everybody else struck off what it allows: a problem may not name who is not in it."""
        depots, vehicles, service = stop.allowed_depots, stop.allowed_vehicles, stop.service_by_vehicle_s
        pin = self.pins.get(stop.id)
        if pin is not None and pin.vehicle != vehicle.id:
            vehicles = frozenset()
        if depots is None and vehicles is None and not service:
            return stop
        return replace(
            stop,
            allowed_depots=None if depots is None else depots & {vehicle.depot},
            allowed_vehicles=None if vehicles is None else vehicles & {vehicle.id},
            service_by_vehicle_s={k: v for k, v in service.items() if k == vehicle.id},
        )


def _add(total: Counter[str], load: Mapping[str, Mapping[str, int]]) -> None:
    for name, amounts in load.items():
        total[name] += amounts.get(MASS, 0)
