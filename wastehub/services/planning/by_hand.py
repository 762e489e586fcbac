"""A dispatcher's own order: judged before anything is kept, kept only if it breaks no rule (F43).

The order is the draft's with some moves made one after another. Judging reads the problem as the draft
has it, without its pins: what a person does by hand is not bound by what the planner was told to leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import routing
from routing import Problem, ProblemError, Solution
from routing.explain import Judgement, judge, moved, orders_of

from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from ...models.route_plans import RoutePlan, UnassignedStop
from ...models.versioned import require_version
from . import facts, origins
from .origins import Origin, origin_of
from .pins import Pins, free
from .plans import require_lawful
from .problem import Keys, keys_of
from .remedies import Remedies, remedies_of
from .storing import store

MOVES_MAX = 40
# Stops whose way out of a breach is looked for: each costs a look at every place of the day.
HELPED_MAX = 3

Orders = Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """One stop to before `position` of a trip, both counted from 0; no vehicle: taken off the plan."""

    stop_id: str
    vehicle_id: str = ""
    trip: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Help:
    """The nearest way to have a stop on the plan: a lawful place, or changes that would make this one so."""

    stop_id: str
    place: routing.Insertion | None
    remedies: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft as a person works on it: what it was, what the moves make of it, what stands in the way."""

    plan: RoutePlan
    problem: Problem
    before: Solution
    orders: Orders
    judgement: Judgement
    helps: tuple[Help, ...] = ()

    @property
    def lawful(self) -> bool:
        return not self.judgement.breaches


def desk(session: Session, *, actor: Actor, plan_id: UUID, moves: Sequence[Move] = ()) -> Desk:
    """The draft under some moves, judged: every rule it breaks, what it costs, and what would help.

    Raises NotFound, Conflict(plan.not_draft), InvalidInput: plan.too_many_moves, plan.place_unknown.
    """
    actor.require("plan.run")
    plan = origins.plan_with_solution(session, plan_id, problem=True)
    origins.require_draft(plan)
    made = _judged(plan, moves)
    return made if made.lawful else replace(made, helps=tuple(_helps(made, moves)))


def best_place(made: Desk, move: Move) -> Move:
    """The same move at the position of its trip that breaks the fewest rules, then costs least.

    Raises InvalidInput(plan.place_unknown).
    """
    trips = made.orders.get(move.vehicle_id, ())
    stops = [s for s in trips[move.trip] if s != move.stop_id] if move.trip < len(trips) else []
    tried = [replace(move, position=position) for position in range(len(stops) + 1)]

    def burden(one: Move) -> tuple[int, int]:
        found = _try(made.problem, made.before, made.orders, [one])[1]
        assert found.comparison is not None
        return len(found.breaches), found.comparison.after.cost_fen

    return min(tried, key=burden)


def save_order(
    session: Session,
    *,
    actor: Actor,
    plan_id: UUID,
    moves: Sequence[Move],
    version: int | None,
    now: datetime,
) -> RoutePlan:
    """Keep the order as a draft of its own, made from this one; stops moved to a place are pinned to it.

    The draft names it, so that a second person at the same draft is refused instead of overlooked.
    Raises NotFound, StaleVersion, Conflict: plan.not_draft, plan.order_breaks_rules, plan.outdated;
    InvalidInput: plan.order_unchanged and what `desk` raises.
    """
    actor.require("plan.run")
    plan = origins.plan_with_solution(session, plan_id, problem=True)
    require_version(plan, version)
    origins.require_draft(plan)
    made = _judged(plan, moves)
    if made.orders == orders_of(made.before):
        raise InvalidInput("plan.order_unchanged", plan_no=plan.plan_no)
    if not made.lawful:
        raise Conflict("plan.order_breaks_rules", count=len(made.judgement.breaches))
    require_lawful(made.problem, made.judgement.solution)
    keys = keys_of(facts.read(session, plan.service_on))
    _require_current(made, keys, session)
    child = store(
        session,
        actor=actor,
        service_on=plan.service_on,
        seed=plan.seed,
        problem=made.problem,
        keys=keys,
        solution=made.judgement.solution,
        remedies=_kept_remedies(session, plan.id),
        origin=_pinned(origin_of(session, plan.id, kind="by_hand"), moves),
        now=now,
    )
    plan.continued_as = child.plan_no
    session.flush()
    return child


def _judged(plan: RoutePlan, moves: Sequence[Move]) -> Desk:
    if len(moves) > MOVES_MAX:
        raise InvalidInput("plan.too_many_moves", field="moves", given=len(moves), most=MOVES_MAX)
    problem, before = free(origins.problem_of(plan)), origins.solution_of(plan)
    orders, judgement = _try(problem, before, orders_of(before), moves)
    return Desk(plan, problem, before, orders, judgement)


def _try(
    problem: Problem, before: Solution, orders: Orders, moves: Sequence[Move]
) -> tuple[Orders, Judgement]:
    try:
        for move in moves:
            orders = _after(orders, move)
        judgement = judge(problem, orders, before)
    except ProblemError as wrong:
        raise InvalidInput("plan.place_unknown", field="moves", at=wrong.path) from None
    return {name: trips for name, trips in orders.items() if trips}, judgement


def _after(orders: Orders, move: Move) -> Orders:
    if move.vehicle_id:
        return moved(orders, move.stop_id, vehicle_id=move.vehicle_id, trip=move.trip, position=move.position)
    return {
        name: tuple(kept for trip in trips if (kept := tuple(s for s in trip if s != move.stop_id)))
        for name, trips in orders.items()
    }


def _helps(made: Desk, moves: Sequence[Move]) -> Iterator[Help]:
    """For the stops last moved into a day that breaks a rule: where they could go instead."""
    wrong = {breach.vehicle_id for breach in made.judgement.breaches}
    at = {stop_id: name for name, trips in made.orders.items() for trip in trips for stop_id in trip}
    asked = [stop_id for stop_id in dict.fromkeys(move.stop_id for move in reversed(moves)) if stop_id in at]
    asked = [stop_id for stop_id in asked if at[stop_id] in wrong or None in wrong]
    for stop_id in asked[:HELPED_MAX]:
        without = judge(made.problem, _after(made.orders, Move(stop_id)), made.before)
        if without.breaches:
            continue  # taking this one away mends nothing
        place = routing.insertable(made.problem, without.solution, stop_id)
        ways = [] if place else remedies_of(made.problem, without.solution, [stop_id]).get(stop_id, [])
        yield Help(stop_id, place, ways)


def _pinned(origin: Origin, moves: Sequence[Move]) -> Origin:
    """Where a person put a stop it stays when the rest is planned again."""
    last = {move.stop_id: move for move in moves}
    placed = {stop_id for stop_id, move in last.items() if move.vehicle_id}
    pins = origin.pins
    return replace(origin, pins=Pins(pins.stops | placed, pins.orders, pins.rounds))


def _require_current(made: Desk, keys: Keys, session: Session) -> None:
    """Each stop must still be what the draft counted on. Raises Conflict(plan.outdated)."""
    stops = {stop.id: stop for stop in made.problem.stops}
    for stop_id in (stop_id for trips in made.orders.values() for trip in trips for stop_id in trip):
        planned_g = sum(amounts["mass_g"] for amounts in stops[stop_id].load.values())
        cargo = keys.cargo.get(stop_id, [])
        if not cargo or sum(item.mass_g for item in cargo) != planned_g:
            raise Conflict("plan.outdated", request_no=stop_id, firm=_firm(session, stop_id))
    for name in made.orders:
        if name not in keys.vehicles:
            count = sum(len(trip) for trip in made.orders[name])
            raise Conflict("plan.pin_vehicle_gone", plate=name, stops=count)


def _firm(session: Session, request_no: str) -> str:
    query = (
        select(Organisation.short_name)
        .join(PickupRequest, PickupRequest.enterprise_id == Organisation.id)
        .where(PickupRequest.request_no == request_no)
    )
    return session.scalar(query) or ""


def _kept_remedies(session: Session, plan_id: UUID) -> Remedies:
    """What the draft says would let its stops in, for those still left out."""
    query = (
        select(PickupRequest.request_no, UnassignedStop.numbers)
        .join(UnassignedStop, UnassignedStop.request_id == PickupRequest.id)
        .where(UnassignedStop.plan_id == plan_id)
    )
    return {request_no: numbers.get("remedies", []) for request_no, numbers in session.execute(query)}
