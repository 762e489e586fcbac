"""Vehicles as the solver's inner loops need them, grouped in kinds of equal ones."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.costs import arc_factors_fen, overtime_factor_fen
from routing.problem import UnderWay, Vehicle
from routing.ways import Matrix

if TYPE_CHECKING:
    from routing.compiled import Compiled

WITHOUT_LIMIT = 2**62


@dataclass(slots=True)
class Pinned:
    """An order that binds a vehicle: the rank of each of its stops by node."""

    rank: dict[int, int]
    fixed: bool


@dataclass(slots=True)
class Car:
    """A vehicle with its limits and costs.

    `start_s`/`end_s`: shift cut to the depot's hours. `max_shift_s` is without overtime, `max_span_s` with
    it. `avoid`, by node: the classes this vehicle may not carry on one trip with the stop, among them
    `Compiled.every_trip` if it may not serve the stop at all. `first_capacity` holds for the first trip.

    A vehicle under way goes on at `start_s` from the node `origin`; it has `began_s`, `driven_s` since its
    last rest and `distance_m` behind it, and `aboard` in it (`holds`: anything at all). Its limits are
    never tighter than what coming straight home takes. Any other vehicle starts with all that empty.
    """

    vehicle: Vehicle
    node: int
    capacity: tuple[int, ...]
    first_capacity: tuple[int, ...]
    licences: int
    start_s: int
    end_s: int
    max_shift_s: int
    max_span_s: int
    max_distance_m: int
    max_trips: int
    fen_per_m: float
    fen_per_s: float
    fen_per_overtime_s: float
    fen_fixed: float
    metres: Matrix
    drive_s: Matrix
    service: list[int]
    avoid: list[int]
    kind: int
    orders: tuple[Pinned, ...]
    origin: int
    aboard: tuple[int, ...]
    aboard_mask: int
    holds: bool = False
    under_way: bool = False
    began_s: int = 0
    driven_s: int = 0
    distance_m: int = 0


class Garage:
    """Builds the cars of a problem. Vehicles that differ in nothing but their name share a kind."""

    def __init__(self, c: Compiled) -> None:
        self.c = c
        self.chosen: dict[str, list[int]] = defaultdict(list)  # stops that name the vehicle, by its id
        self.own_service: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for node in c.stop_nodes:
            stop = c.stop(node)
            for vehicle_id in stop.allowed_vehicles or ():
                self.chosen[vehicle_id].append(node)
            for vehicle_id, seconds in stop.service_by_vehicle_s.items():
                self.own_service[vehicle_id].append((node, seconds))
        self.orders: dict[str, list[Pinned]] = defaultdict(list)
        for order in c.problem.orders:
            rank = {c.node_of[stop_id]: i for i, stop_id in enumerate(order.stops)}
            self.orders[order.vehicle].append(Pinned(rank, order.fixed))
        self.kinds: dict[tuple[object, ...], int] = {}
        self.service: dict[tuple[int, tuple[tuple[int, int], ...]], list[int]] = {}
        self.fits: list[list[bool]] = []  # by kind: may it serve the node?
        self.avoid: list[list[int]] = []  # by kind

    def car(self, v: Vehicle, node: int) -> Car:
        """The vehicle of the depot at this node, with nothing of its day behind it but what has happened."""
        c, depot = self.c, self.c.problem.depots[node]
        capacity = tuple(v.capacity.get(name, WITHOUT_LIMIT) for name in c.dimensions)
        kind = self._kind(v, node, capacity)
        per_m, per_s, fixed = arc_factors_fen(v, c.problem.weights)
        car = Car(
            vehicle=v,
            node=node,
            capacity=capacity,
            first_capacity=capacity,
            licences=c.mask(v.licences),
            start_s=max(v.shift_start_s, depot.open_s),
            end_s=min(v.shift_end_s, depot.close_s),
            max_shift_s=v.max_shift_s,
            max_span_s=v.max_shift_s + v.overtime_s,
            max_distance_m=WITHOUT_LIMIT if v.max_distance_m is None else v.max_distance_m,
            max_trips=v.max_trips,
            fen_per_m=per_m,
            fen_per_s=per_s,
            fen_per_overtime_s=overtime_factor_fen(v, c.problem.weights),
            fen_fixed=fixed,
            metres=c.ways.metres(v),
            drive_s=c.ways.seconds(v),
            service=self._service(v),
            avoid=self.avoid[kind],
            kind=kind,
            orders=tuple(self.orders[v.id]),
            origin=node,
            aboard=c.nothing,
            aboard_mask=c.every_trip,
        )
        if v.under_way is not None:
            _set_out(c, car, v.under_way)
        return car

    def _kind(self, v: Vehicle, node: int, capacity: tuple[int, ...]) -> int:
        licences = self.c.mask(v.licences)
        same = (
            node, capacity, licences, v.shift_start_s, v.shift_end_s, v.max_shift_s, v.max_distance_m,
            v.max_trips, v.fixed_cost_fen, v.cost_per_km_fen, v.cost_per_h_fen, v.speed_permille, v.separates,
            v.travel, v.overtime_s, v.overtime_per_h_fen, v.service_permille,
            tuple(self.chosen[v.id]), tuple(self.own_service[v.id]),
            v.id if v.under_way is not None or self.orders[v.id] else "",
        )  # fmt: skip
        kind = self.kinds.setdefault(same, len(self.kinds))
        if kind == len(self.fits):
            fits = [self._may_serve(s, v, node, capacity, licences) for s in self.c.stop_nodes]
            self.fits.append([False] * self.c.depot_count + fits)
            avoid = self.c.avoid_separated if v.separates else self.c.avoid
            self.avoid.append(
                [
                    mask if fit else mask | self.c.every_trip
                    for mask, fit in zip(avoid, self.fits[-1], strict=True)
                ]
            )
        return kind

    def _may_serve(self, s: int, v: Vehicle, node: int, capacity: tuple[int, ...], licences: int) -> bool:
        """Whether the vehicle could serve this stop, leaving time, storage and the other stops aside."""
        c, stop, order = self.c, self.c.stop(s), self.c.order_of.get(s)
        return (
            not c.classes[s] & ~(licences & c.accepts[node])
            and (stop.allowed_depots is None or v.depot in stop.allowed_depots)
            and (stop.allowed_vehicles is None or v.id in stop.allowed_vehicles)
            and (order is None or order.vehicle == v.id)
            and all(a <= b for a, b in zip(c.load[s], capacity, strict=True))
            and not c.quarrels_with_itself(s, separated=v.separates)
        )

    def _service(self, v: Vehicle) -> list[int]:
        own = tuple(self.own_service[v.id])
        if v.service_permille == 1000 and not own:
            return self.c.service
        key = (v.service_permille, own)
        if key not in self.service:
            seconds = [-(-plain * v.service_permille // 1000) for plain in self.c.service]
            for node, exactly in own:
                seconds[node] = exactly
            self.service[key] = seconds
        return self.service[key]


def _set_out(c: Compiled, car: Car, way: UnderWay) -> None:
    """Put a vehicle where it is, and widen its limits to what coming straight home takes."""
    car.under_way, car.holds = True, bool(way.aboard)
    car.origin = c.origin_of[car.vehicle.id]
    car.start_s, car.began_s = way.at_s, way.started_s
    car.driven_s, car.distance_m = way.driven_since_rest_s, way.distance_m
    car.aboard = c.totals(way.aboard.values())
    car.aboard_mask = c.every_trip | c.mask(frozenset(way.aboard))
    car.first_capacity = tuple(max(pair) for pair in zip(car.capacity, car.aboard, strict=True))
    leg_s = car.drive_s[car.origin][car.node]
    home_s = way.at_s + leg_s
    rule = c.problem.break_rule
    if rule is not None:
        car.driven_s = min(car.driven_s, rule.max_driving_s)
        if car.driven_s + leg_s > rule.max_driving_s:
            home_s += rule.break_s
    home_s = max(home_s, c.depot_open[car.node])
    if car.holds:
        home_s += c.unload_s(car.node, car.aboard)
    car.end_s = max(car.end_s, home_s)
    car.max_span_s = max(car.max_span_s, home_s - way.started_s)
    car.max_distance_m = max(car.max_distance_m, car.distance_m + car.metres[car.origin][car.node])
    car.max_trips = max(car.max_trips - way.trips_done, 1)
