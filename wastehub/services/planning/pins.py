"""What a dispatcher holds fast in a draft while the rest is planned again (F42).

Pins are said in the problem's own fields, so the checker judges them like every other rule: an order
names the vehicle (and where asked the sequence), and nobody else may use a vehicle whose day is locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from routing import Order, Problem, Route, Solution, Stop
from routing.explain import judge, orders_of

from ...domain.errors import Conflict

# A pinned stop is never the one that gives way when a store gets tight.
PENALTY_PINNED_FEN = 20_000_000


@dataclass(frozen=True, slots=True)
class Pins:
    """By the names the solver uses.

    `stops`: requests that stay with their vehicle. `orders`: vehicles whose stops stay theirs in their
    sequence; others may come between. `rounds`: vehicles whose day stays as it is, nothing added.
    """

    stops: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    rounds: frozenset[str] = frozenset()

    @classmethod
    def read(cls, kept: Mapping[str, Any] | None) -> Pins:
        """The pins as a plan keeps them."""
        kept = kept or {}
        return cls(*(frozenset(kept.get(name, ())) for name in ("stops", "orders", "rounds")))

    def written(self) -> dict[str, list[str]]:
        return {"stops": sorted(self.stops), "orders": sorted(self.orders), "rounds": sorted(self.rounds)}

    def __bool__(self) -> bool:
        return bool(self.stops or self.orders or self.rounds)

    def within(self, solution: Solution) -> Pins:
        """Those that still say something of this plan."""
        vehicles = {route.vehicle_id for route in solution.routes}
        return Pins(self.stops & set(_visited(solution)), self.orders & vehicles, self.rounds & vehicles)


def hold(problem: Problem, pins: Pins, draft: Solution) -> Problem:
    """The problem with what is held fast in the draft. Pins of requests that are gone say nothing.

    Raises Conflict(plan.pin_vehicle_gone) when a vehicle that is to keep stops does not go out.
    """
    known = {stop.id for stop in problem.stops}
    orders = tuple(order for route in draft.routes for order in _orders(route, pins, known))
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    for order in orders:
        if order.vehicle not in vehicles:
            kept = sum(len(each.stops) for each in orders if each.vehicle == order.vehicle)
            raise Conflict("plan.pin_vehicle_gone", plate=order.vehicle, stops=kept)
    held = {stop_id for order in orders for stop_id in order.stops}
    inside = {stop_id for order in orders if order.vehicle in pins.rounds for stop_id in order.stops}
    open_to = frozenset(vehicles - pins.rounds) if inside else None
    stops = tuple(
        _held(stop, pinned=stop.id in held, only=None if stop.id in inside else open_to)
        for stop in problem.stops
    )
    return replace(problem, orders=orders, stops=stops)


def free(problem: Problem) -> Problem:
    """The problem without anything held fast: what a person may do by hand, pins or not."""
    stops = tuple(replace(stop, allowed_vehicles=None) for stop in problem.stops)
    return replace(problem, orders=(), stops=stops)


def as_locked(problem: Problem, pins: Pins, draft: Solution, found: Solution) -> Solution:
    """The plan found, with each locked day in the very trips of the draft.

    The sequence of a locked day is a rule, where one trip ends is not: the solver may have joined two.
    """
    before, after = orders_of(draft), orders_of(found)
    known = {stop.id for stop in problem.stops}
    kept = {
        name: tuple(stops for trip in before[name] if (stops := tuple(s for s in trip if s in known)))
        for name in pins.rounds
        if name in before
    }
    if all(after.get(name, ()) == trips for name, trips in kept.items()):
        return found
    judged = judge(problem, {**after, **kept}, found)
    return found if judged.breaches else replace(judged.solution, stats=found.stats)


def _orders(route: Route, pins: Pins, known: set[str]) -> Iterator[Order]:
    sequence = tuple(v.stop_id for trip in route.trips for v in trip.visits if v.stop_id in known)
    if route.vehicle_id in pins.rounds | pins.orders:
        if sequence:
            yield Order(vehicle=route.vehicle_id, stops=sequence)
        return
    for stop_id in sequence:
        if stop_id in pins.stops:
            yield Order(vehicle=route.vehicle_id, stops=(stop_id,))


def _held(stop: Stop, *, pinned: bool, only: frozenset[str] | None) -> Stop:
    penalty_fen = stop.penalty_fen + (PENALTY_PINNED_FEN if pinned else 0)
    return replace(stop, allowed_vehicles=only, penalty_fen=penalty_fen)


def _visited(solution: Solution) -> Iterable[str]:
    return (visit.stop_id for route in solution.routes for trip in route.trips for visit in trip.visits)
