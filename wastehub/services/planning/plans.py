"""Plan a day: short read, solve, check, short write."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import routing
from routing import Problem, Progress, Solution, StopRule, greedy, json_io
from routing.explain import explain

from ... import ledger
from ...db import Database, new_id
from ...domain.actors import Actor
from ...models.batches import Batch, Container, batch_key
from ...models.numbers import take_numbers
from ...models.requests import PickupRequest, RequestWindow
from ...models.route_plans import Round, RoutePlan, Trip, UnassignedStop
from ...models.route_plans import Stop as StopRow
from . import facts, load_classes
from .facts import DayFacts
from .load_classes import Cargo
from .problem import Keys, from_facts

# By stop left out: changes that would let it in, as the plan keeps them.
Remedies = dict[str, list[dict[str, Any]]]
EXPLAINED_MAX, REMEDIES_MAX = 40, 3

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
) -> UUID:
    """Plan a day for all platforms together and keep the draft; its id.

    Every plan is judged by the checker, which shares no code with the solver; one with a violation is
    never stored. The database is free while the solver works.
    Raises Conflict (plan.nothing_to_plan, plan.no_vehicles, plan.no_platforms), PlanBreaksRules.
    """
    actor.require("plan.run")
    day = _read(database, actor=actor, service_on=service_on, now=now)
    problem, keys = from_facts(day)
    remedies: Remedies = {}
    if engine == "greedy":
        solution = greedy.solve(problem)
    else:
        solution = routing.solve(
            problem, stop=stop, seed=seed, progress=progress, cancelled=cancelled, workers=_workers(stop)
        )
        remedies = _remedies(problem, solution)
    violations = routing.check(problem, solution)
    if violations:
        raise PlanBreaksRules(f"{len(violations)} violations, the first: {violations[0]}")
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
            now=now(),
        )
        if finish is not None:
            finish(session, plan)
        return plan.id


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


def store(
    session: Session,
    *,
    actor: Actor,
    service_on: date,
    seed: int,
    problem: Problem,
    keys: Keys,
    solution: Solution,
    remedies: Remedies,
    now: datetime,
) -> RoutePlan:
    """Write a checked solution as a draft plan with its rounds, stops and what it leaves out."""
    stamp = f"{service_on:%Y%m%d}"
    routes = sorted(solution.routes, key=lambda route: (_platform_code(keys, route), route.vehicle_id))
    series: dict[str, int] = {f"plan/{stamp}": 1}
    for route in routes:
        name = f"round/{_platform_code(keys, route)}/{stamp}"
        series[name] = series.get(name, 0) + 1
    numbers = {name: iter(taken) for name, taken in take_numbers(session, series).items()}
    written = json_io.problem_to_dict(problem)
    plan = RoutePlan(
        id=new_id(session, now),
        plan_no=f"JH{stamp}-{next(numbers[f'plan/{stamp}'])}",
        service_on=service_on,
        state="draft",
        seed=seed,
        engine=solution.stats.engine,
        engine_version=solution.stats.engine_version,
        problem_digest=json_io.digest_of(written),
        problem=written,
        solution=json_io.solution_to_dict(solution),
        stops_planned=solution.assigned,
        stops_unassigned=len(solution.unassigned) + len(keys.excluded),
        distance_m=solution.distance_m,
        drive_s=sum(route.drive_s for route in solution.routes),
        cost_fen=sum(route.cost_fen for route in solution.routes),
        drafted_by=actor.author,
        drafted_at=now,
    )
    session.add(plan)
    for route in routes:
        code = _platform_code(keys, route)
        number = next(numbers[f"round/{code}/{stamp}"])
        _add_round(session, plan, keys, route, f"SY{stamp}-{code.rsplit('-', 1)[-1]}-{number:02d}", now)
    session.add_all(_left_out(plan, keys, solution, remedies))
    session.flush()
    return plan


def _platform_code(keys: Keys, route: routing.Route) -> str:
    platform_id = keys.vehicle_platform[route.vehicle_id]
    return next(code for code, row in keys.platforms.items() if row.id == platform_id)


def _add_round(
    session: Session, plan: RoutePlan, keys: Keys, route: routing.Route, round_no: str, now: datetime
) -> None:
    driver_id, escort_id = keys.crews[route.vehicle_id]
    made = Round(
        id=new_id(session, now),
        round_no=round_no,
        plan_id=plan.id,
        platform_id=keys.vehicle_platform[route.vehicle_id],
        vehicle_id=keys.vehicles[route.vehicle_id],
        driver_id=driver_id,
        escort_id=escort_id,
        service_on=plan.service_on,
        state="planned",
        start_s=route.start_s,
        end_s=route.end_s,
        distance_m=route.distance_m,
        drive_s=route.drive_s,
        cost_fen=route.cost_fen,
    )
    session.add(made)
    for seq, trip in enumerate(route.trips, 1):
        row = Trip(
            id=new_id(session, now),
            round_id=made.id,
            seq=seq,
            state="planned",
            leave_s=trip.leave_s,
            return_s=trip.return_s,
            unloaded_s=trip.unload_end_s,
        )
        session.add(row)
        session.add_all(
            StopRow(
                id=new_id(session, now),
                trip_id=row.id,
                request_id=keys.requests[visit.stop_id].id,
                seq=at,
                state="planned",
                arrive_s=visit.arrive_s,
                service_start_s=visit.start_s,
                depart_s=visit.depart_s,
                rest_before_s=visit.rest_before_s,
                rest_after_s=visit.rest_after_s,
                containers_planned=len(keys.cargo[visit.stop_id]),
                planned_g=sum(item.mass_g for item in keys.cargo[visit.stop_id]),
            )
            for at, visit in enumerate(trip.visits, 1)
        )


def _left_out(plan: RoutePlan, keys: Keys, solution: Solution, remedies: Remedies) -> list[UnassignedStop]:
    found = [
        UnassignedStop(
            plan_id=plan.id,
            request_id=keys.requests[item.stop_id].id,
            reason=_reason(keys, item),
            numbers=dict(item.numbers) | {"remedies": remedies.get(item.stop_id, [])},
        )
        for item in solution.unassigned
    ]
    for one in keys.excluded:
        found.append(
            UnassignedStop(
                plan_id=plan.id, request_id=one.request_id, reason=one.reason, numbers=dict(one.numbers)
            )
        )
    return found


def _remedies(problem: Problem, solution: Solution) -> Remedies:
    """By stop left out: the easiest changes that would let it in, each tried on the very plan (F44)."""
    asked = [item.stop_id for item in solution.unassigned][:EXPLAINED_MAX]
    return {
        one.stop_id: [
            {
                "changes": [{"code": each.code, "of": each.of, **each.numbers} for each in remedy.changes],
                "vehicle": remedy.vehicle_id,
                "start_s": remedy.fit.start_s,
                "extra_m": remedy.fit.extra_m,
                "extra_cost_fen": remedy.fit.extra_cost_fen,
            }
            for remedy in one.remedies[:REMEDIES_MAX]
        ]
        for one in explain(problem, solution, asked)
    }


def _reason(keys: Keys, item: routing.Unassigned) -> str:
    """The solver knows one limit per depot; whether store or yearly quantity set it, only we know."""
    numbers: dict[str, Any] = dict(item.numbers)
    total = item.reason == "storage_full" and numbers.get("load_class") == "*"
    if total and keys.limited_by[str(numbers["depot"])] == "quota":
        return "quota_used_up"
    return item.reason
