"""What is left of a day under way, planned anew: a draft that the dispatcher reviews and publishes (F46)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

import routing
from routing import Progress, Solution, StopRule, json_io
from routing.explain import compare, judge

from ...db import Database, new_id
from ...domain.actors import Actor
from ...domain.errors import Conflict
from ...models.numbers import take_numbers
from ...models.organisations import Organisation
from ...models.route_plans import PlanningRun, Round, RoundRevision, full_round
from . import live_rounds
from .asking import REST_BUDGET_S, queued
from .incidents import Incident
from .live_rounds import LiveDay
from .plans import require_lawful

KIND = "under_way"
# A crew is told of new times from this difference on.
TOLD_FROM_S = 15 * 60


class Finish(Protocol):
    """Called inside the writing transaction: the holder of the run may still refuse the revision."""

    def __call__(self, session: Session, revision: RoundRevision, solution: Solution) -> None: ...


def request_revision(
    session: Session,
    *,
    actor: Actor,
    incident: Incident,
    now: datetime,
    budget_s: int = REST_BUDGET_S,
    seed: int = 1,
) -> PlanningRun:
    """Ask for a new plan of what the platform's rounds of that day have not done.

    Raises NotFound, Conflict(round.not_changeable) and what request_run raises.
    """
    actor.require("round.rearrange")
    row = full_round(session, incident.round_id)
    actor.require_own(row.platform_id)
    if row.state not in live_rounds.LIVE:
        raise Conflict("round.not_changeable", round_no=row.round_no, state=row.state)
    run = queued(session, actor=actor, service_on=row.service_on, seed=seed, budget_s=budget_s, now=now)
    run.kind, run.options = KIND, incident.written()
    session.flush()
    return run


def replan(
    database: Database,
    *,
    actor: Actor,
    incident: Incident,
    seed: int,
    stop: StopRule,
    now: Callable[[], datetime],
    progress: Callable[[Progress], None] | None,
    cancelled: Callable[[], bool] | None,
    finish: Finish,
) -> UUID:
    """Plan the rest of the day and keep it as a draft revision; its id. The database is free meanwhile.

    Raises NotFound, Conflict: revision.nothing_left, revision.no_vehicles; PlanBreaksRules.
    """
    with database.reading() as session:
        row = full_round(session, incident.round_id)
        platform, on = row.platform, row.service_on
        day = live_rounds.read(session, platform=platform, on=on, incident=incident, now=now())
        seen = live_rounds.watched(day.rows)
        session.expunge_all()
    before = judge(day.problem, day.orders).solution
    solution = routing.solve(
        day.problem, stop=stop, seed=seed, initial=before, progress=progress, cancelled=cancelled
    )
    require_lawful(day.problem, solution)
    with database.transaction() as session:
        revision = _stored(session, actor, platform, row, incident, day, seen, before, solution, now())
        finish(session, revision, solution)
        return revision.id


def _stored(
    session: Session,
    actor: Actor,
    platform: Organisation,
    row: Round,
    incident: Incident,
    day: LiveDay,
    seen: Mapping[str, int],
    before: Solution,
    solution: Solution,
    at: datetime,
) -> RoundRevision:
    series = f"revision/{row.service_on:%Y%m%d}"
    [number] = take_numbers(session, {series: 1})[series]
    revision = RoundRevision(
        id=new_id(session, at),
        revision_no=f"TZ{row.service_on:%Y%m%d}-{number}",
        platform_id=platform.id,
        service_on=row.service_on,
        state="draft",
        incident=incident.written() | {"stuck": sorted(day.stuck), "round_no": row.round_no},
        watched={"versions": dict(seen), "crews": {k: [str(i) for i in v] for k, v in day.crews.items()}},
        changes=_changes(day, before, solution),
        problem=json_io.problem_to_dict(day.problem),
        before=json_io.solution_to_dict(before),
        solution=json_io.solution_to_dict(solution),
        drafted_by=actor.author,
        drafted_at=at,
    )
    session.add(revision)
    session.flush()
    return revision


def _changes(day: LiveDay, before: Solution, solution: Solution) -> dict[str, Any]:
    """Totals, the stops left out, and by plate what the crew has to know: taken on, given away, moved."""
    was = {
        stop.request.request_no: row.vehicle.plate
        for row in day.rows
        for stop in live_rounds.planned_stops(row)
    }
    crews: dict[str, dict[str, list[str]]] = {}

    def tell(plate: str, what: str, request_no: str) -> None:
        crews.setdefault(plate, {"added": [], "removed": [], "reordered": []})[what].append(request_no)

    now_with = {
        v.stop_id: route.vehicle_id for route in solution.routes for trip in route.trips for v in trip.visits
    }
    for request_no, plate in was.items():
        if request_no not in day.stuck and now_with.get(request_no) != plate:
            tell(plate, "removed", request_no)
            if request_no in now_with:
                tell(now_with[request_no], "added", request_no)
    reached = {
        stop.request.request_no: stop.service_start_s
        for row in day.rows
        for stop in live_rounds.planned_stops(row)
    }
    for route in solution.routes:
        visits = [visit for trip in route.trips for visit in trip.visits]
        if any(abs(v.start_s - reached[v.stop_id]) >= TOLD_FROM_S for v in visits):
            crews.setdefault(route.vehicle_id, {"added": [], "removed": [], "reordered": []})
    found = compare(before, solution)
    for each in found.moved:
        if each.how == "reordered" and each.after is not None:
            tell(each.after.vehicle_id, "reordered", each.stop_id)
    return {
        "crews": crews,
        "left_out": [item.stop_id for item in solution.unassigned],
        "extra_m": found.extra_m,
        "extra_cost_fen": found.extra_cost_fen,
    }
