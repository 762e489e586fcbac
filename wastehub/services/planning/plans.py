"""Plan a day: short read, solve, check, short write."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import routing
from routing import Problem, Progress, Solution, StopRule, greedy

from ... import ledger
from ...db import Database, new_id
from ...domain.actors import Actor
from ...models.batches import Batch, Container, batch_key
from ...models.numbers import take_numbers
from ...models.requests import PickupRequest, RequestWindow
from ...models.route_plans import RoutePlan
from . import facts, load_classes, pins
from .facts import DayFacts
from .load_classes import Cargo
from .origins import Origin
from .problem import Excluded, from_facts
from .remedies import Remedies, remedies_of
from .storing import store

Engine = Literal["ortools", "greedy"]


class PlanBreaksRules(RuntimeError):
    """The checker refused what the solver made: a fault of ours, the plan is not stored."""


class Finish(Protocol):
    """Called inside the writing transaction: the holder of a run may still refuse the plan."""

    def __call__(self, session: Session, plan: RoutePlan) -> None: ...


def _workers(stop: routing.StopRule) -> int:
    """Two processes when the clock stops the run; one when a count does, so that it can be repeated."""
    return 2 if stop.iterations is None and (os.cpu_count() or 1) > 1 else 1


def plan_day(
    database: Database,
    *,
    actor: Actor,
    service_on: date,
    seed: int,
    stop: StopRule,
    now: Callable[[], datetime],
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    engine: Engine = "ortools",
    finish: Finish | None = None,
    origin: Origin | None = None,
    put_off: Mapping[UUID, date] | None = None,
) -> UUID:
    """Plan a day for all platforms together and keep the draft; its id.

    `origin`: a draft to start from; what is pinned in it stays, and its wishes (one vehicle less) count.
    `put_off`: requests that stay for a later day, with the day.
    Every plan is judged by the checker, which shares no code with the solver; one with a violation is
    never stored. The database is free while the solver works.
    Raises Conflict (plan.nothing_to_plan, plan.no_vehicles, plan.no_platforms, plan.pin_vehicle_gone),
    PlanBreaksRules.
    """
    actor.require("plan.run")
    day = _read(database, actor=actor, service_on=service_on, now=now)
    if origin is not None:
        day.leave_out(origin.without)
    later = day.put_off(put_off or {})
    problem, keys = from_facts(day)
    keys = replace(
        keys,
        excluded=(*keys.excluded, *(Excluded(key, "later", {"on": on.isoformat()}) for key, on in later)),
    )
    if origin is not None:
        problem = pins.hold(problem, origin.pins, origin.solution)
    remedies: Remedies = {}
    if engine == "greedy":
        solution = greedy.solve(problem)
    else:
        solution = routing.solve(
            problem,
            stop=stop,
            seed=seed,
            progress=progress,
            cancelled=cancelled,
            initial=None if origin is None else origin.solution,
            workers=_workers(stop),
        )
        if origin is not None:
            solution = pins.as_locked(problem, origin.pins, origin.solution, solution)
        remedies = remedies_of(problem, solution)
    require_lawful(problem, solution)
    with database.transaction() as session:
        plan = store(
            session,
            actor=actor,
            service_on=service_on,
            seed=seed,
            problem=problem,
            keys=keys,
            solution=solution,
            remedies=remedies,
            origin=origin,
            now=now(),
        )
        if finish is not None:
            finish(session, plan)
        return plan.id


def require_lawful(problem: Problem, solution: Solution) -> None:
    """The last word of the checker. Raises PlanBreaksRules."""
    violations = routing.check(problem, solution)
    if violations:
        raise PlanBreaksRules(f"{len(violations)} violations, the first: {violations[0]}")


def _read(database: Database, *, actor: Actor, service_on: date, now: Callable[[], datetime]) -> DayFacts:
    with database.reading() as session:
        day = facts.read(session, service_on)
        session.expunge_all()  # the rows outlive their session: they are only looked at
    if not _mixed(day):
        return day
    with database.transaction() as session:
        day = facts.read(session, service_on)
        _split(session, actor=actor, day=day, now=now())
        day = facts.read(session, service_on)
        session.expunge_all()
        return day


def _mixed(day: DayFacts) -> dict[UUID, list[list[Cargo]]]:
    """Requests whose containers no single trip may carry, cut into parts that may."""
    found = {
        row.id: load_classes.parts(
            day.cargo.get(row.id, []), day.matrix, partitioned=day.partitioned_for(row)
        )
        for row in day.requests
    }
    return {key: parts for key, parts in found.items() if len(parts) > 1}


def _split(session: Session, *, actor: Actor, day: DayFacts, now: datetime) -> None:
    """Give every further part of a mixed request a request of its own, due on the same day.

    One request is one stop: what may not ride together needs two. Source: Solid Waste Law Art. 81.
    """
    rows = {row.id: row for row in day.requests}
    events: list[ledger.Event] = []
    for request_id, parts in _mixed(day).items():
        origin = rows[request_id]
        base = origin.request_no.split("-")[0]
        taken = take_numbers(session, {f"request-part/{base}": len(parts) - 1})[f"request-part/{base}"]
        for number, part in zip(taken, parts[1:], strict=True):
            sibling = _sibling(session, origin, f"{base}-{number + 1}", now)
            events.append(_move_part(session, actor, sibling, origin, part, now))
    ledger.append(session, events, now=now)


def _sibling(session: Session, origin: PickupRequest, number: str, now: datetime) -> PickupRequest:
    sibling = PickupRequest(
        id=new_id(session, now),
        request_no=number,
        enterprise_id=origin.enterprise_id,
        platform_id=origin.platform_id,
        contract_id=origin.contract_id,
        state="open",
        ready_on=origin.ready_on,
        due_on=origin.due_on,
        urgent=origin.urgent,
        attempts=0,
        note=origin.note,
        placed_by=origin.placed_by,
        placed_at=origin.placed_at,
    )
    session.add(sibling)
    session.flush()
    session.add_all(
        RequestWindow(request_id=sibling.id, open_s=w.open_s, close_s=w.close_s) for w in origin.windows
    )
    return sibling


def _move_part(
    session: Session,
    actor: Actor,
    sibling: PickupRequest,
    origin: PickupRequest,
    part: list[Cargo],
    now: datetime,
) -> ledger.Event:
    ids = [item.container_id for item in part]
    query = select(Container, Batch).join(Batch, Batch.id == Container.batch_id).where(Container.id.in_(ids))
    lines = []
    for container, batch in session.execute(query.order_by(Container.label_code)):
        container.request_id = sibling.id
        lines.append(
            ledger.Line(
                label=container.label_code,
                batch=batch_key(origin.enterprise, batch),
                code=batch.waste_code,
                mass_g=container.mass_g,
                basis="recorded",
            )
        )
    return ledger.Event(
        type="request.placed",
        author=actor.author,
        site=origin.enterprise.site,
        at=now,
        subject=sibling.request_no,
        lines=tuple(lines),
        facts={"split_from": origin.request_no, "due_on": origin.due_on.isoformat()},
    )
