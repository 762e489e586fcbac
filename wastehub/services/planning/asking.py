"""Ask for planning runs: of a day, of the rest of a draft, of the same day under other conditions.

The caller puts the id of the run into the queue after the commit; services/planning/runs does the work.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...db import new_id
from ...domain import calendar
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models.leases import WAITING
from ...models.route_plans import PlanningRun, RoutePlan
from ...models.versioned import require_version
from .origins import plan_with_solution, require_draft, solution_of
from .pins import Pins

BUDGET_MAX_S = 1800
# Only a part moves: the plan is near its best at once, and a person waits for it.
REST_BUDGET_S = 2


def request_run(
    session: Session, *, actor: Actor, service_on: date, seed: int, budget_s: int, now: datetime
) -> PlanningRun:
    """Ask for a plan of a day. The caller puts the run's id into the queue after the commit.

    Raises InvalidInput (plan.budget_out_of_range, plan.day_over), Conflict(plan.run_under_way).
    """
    actor.require("plan.run")
    return queued(session, actor=actor, service_on=service_on, seed=seed, budget_s=budget_s, now=now)


def request_rest(
    session: Session,
    *,
    actor: Actor,
    plan_id: UUID,
    pins: Pins | None = None,
    version: int | None,
    now: datetime,
    budget_s: int = REST_BUDGET_S,
    seed: int = 1,
) -> PlanningRun:
    """Plan anew what is not held fast in a draft; `pins` are kept with it first. The result is a new draft.

    Raises NotFound, StaleVersion, Conflict(plan.not_draft) and what request_run raises.
    """
    if pins is not None:
        hold_fast(session, actor=actor, plan_id=plan_id, pins=pins, version=version)
        version = None
    return _from_draft(
        session,
        actor=actor,
        plan_id=plan_id,
        kind="rest",
        version=version,
        now=now,
        budget_s=budget_s,
        seed=seed,
    )


def request_what_if(
    session: Session,
    *,
    actor: Actor,
    plan_id: UUID,
    without: frozenset[str],
    seed: int,
    budget_s: int,
    now: datetime,
) -> PlanningRun:
    """Plan the day of a draft once more under other conditions; the result is a draft to compare.

    `without`: plates that stay in the yard. Raises NotFound, Conflict(plan.not_draft) and what
    request_run raises.
    """
    return _from_draft(
        session,
        actor=actor,
        plan_id=plan_id,
        kind="what_if",
        version=None,
        now=now,
        budget_s=budget_s,
        seed=seed,
        options={"without": sorted(without)} if without else None,
    )


def hold_fast(session: Session, *, actor: Actor, plan_id: UUID, pins: Pins, version: int | None) -> RoutePlan:
    """Keep what a dispatcher pins and locks in a draft.

    Raises NotFound, StaleVersion, Conflict(plan.not_draft).
    """
    actor.require("plan.run")
    plan = plan_with_solution(session, plan_id)
    require_version(plan, version)
    require_draft(plan)
    plan.pins = pins.within(solution_of(plan)).written()
    session.flush()
    return plan


def _from_draft(
    session: Session,
    *,
    actor: Actor,
    plan_id: UUID,
    kind: str,
    version: int | None,
    now: datetime,
    budget_s: int,
    seed: int,
    options: dict[str, Any] | None = None,
) -> PlanningRun:
    actor.require("plan.run")
    plan = plan_with_solution(session, plan_id)
    require_version(plan, version)
    require_draft(plan)
    run = queued(session, actor=actor, service_on=plan.service_on, seed=seed, budget_s=budget_s, now=now)
    run.kind, run.origin_id, run.options = kind, plan.id, options
    session.flush()
    return run


def queued(
    session: Session, *, actor: Actor, service_on: date, seed: int, budget_s: int, now: datetime
) -> PlanningRun:
    """A run in the queue. Raises as request_run does; whether the actor may ask is asked before."""
    if not 1 <= budget_s <= BUDGET_MAX_S:
        raise InvalidInput("plan.budget_out_of_range", field="budget_s", given=budget_s, most=BUDGET_MAX_S)
    today = calendar.on_date(now)
    if service_on < today:
        raise InvalidInput("plan.day_over", field="service_on", on=service_on, today=today)
    query = select(PlanningRun.id).where(
        PlanningRun.service_on == service_on, PlanningRun.state.in_(WAITING), PlanningRun.kind != "forecast"
    )
    if session.scalars(query).first() is not None:
        raise Conflict("plan.run_under_way", on=service_on)
    run = PlanningRun(
        id=new_id(session, now),
        service_on=service_on,
        state="queued",
        seed=seed,
        budget_s=budget_s,
        requested_by=actor.author,
        requested_at=now,
        attempt=0,
        cancel_requested=False,
    )
    session.add(run)
    session.flush()
    return run


def cancel_run(session: Session, *, actor: Actor, run_id: UUID, now: datetime) -> PlanningRun:
    """Stop a run: one that waits ends at once, one that works ends at its next look at this flag.

    Raises NotFound, Conflict(plan.run_over).
    """
    actor.require("plan.run")
    run = _get(session, run_id)
    if run.state not in WAITING:
        raise Conflict("plan.run_over", state=run.state)
    run.cancel_requested = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", now
    session.flush()
    return run


def _get(session: Session, run_id: UUID) -> PlanningRun:
    run = session.get(PlanningRun, run_id)
    if run is None:
        raise NotFound("object.not_found")
    return run
