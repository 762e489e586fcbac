"""Runs of the planner: asked for, watched, cancelled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, request, url_for
from flask_babel import gettext as _

from ....domain import calendar
from ....models.route_plans import PlanningRun
from ....services import planning
from ....services.dispatch import boards
from ....services.planning import forecasts
from ...acting import Act, acting, viewing
from ...explanations import explain_code
from .blueprint import RUN_STATES, day_of, next_service_day, pages, queue_after_commit, show
from .plans import plans


@pages.post("/plans/runs")
@acting("plan.run", on_violation=lambda violation: plans(violation))
def start_run(act: Act) -> Any:
    budget = request.form.get("budget_s", "")
    run = planning.request_run(
        act.session,
        actor=act.actor,
        service_on=day_of(request.form.get("service_on", ""), next_service_day(calendar.on_date(act.now))),
        seed=act.now.microsecond + 1,
        budget_s=int(budget) if budget.isascii() and budget.isdigit() else 0,
        now=act.now,
    )
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


@pages.get("/runs/<uuid:run_id>")
@viewing("plan.run")
def run(act: Act, run_id: UUID) -> Any:
    row = boards.run_board(act.session, actor=act.actor, run_id=run_id)
    if row.state == "done" and row.plan_id is not None:
        return redirect(url_for("dispatcher.plan", plan_id=row.plan_id))
    if row.state == "done" and row.revision_id is not None:
        return redirect(url_for("dispatcher.revision", revision_id=row.revision_id))
    if row.state == "done" and row.kind == forecasts.KIND:
        return redirect(url_for("forecasts.week"))
    return show("dispatcher/run.html", run=row, progress=run_progress(row, act.now))


@pages.get("/runs/<uuid:run_id>/progress")
@viewing("plan.run")
def run_fragment(act: Act, run_id: UUID) -> Response:
    """The progress panel alone, asked for each second; an ended run makes the page load its result."""
    row = boards.run_board(act.session, actor=act.actor, run_id=run_id)
    answer = make_response(show("dispatcher/run_fragment.html", run=row, progress=run_progress(row, act.now)))
    if row.state not in ("queued", "running"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def run_progress(row: PlanningRun, now: Any) -> dict[str, Any]:
    """A run as the progress macro wants it."""
    state = RUN_STATES[row.state]
    if row.cancel_requested and row.state == "running":
        state = "cancelling"
    left = None
    if row.state == "running" and row.budget_s:
        left = max(row.budget_s - row.budget_s * row.progress_permille // 1000, 0)
    title = _("%(day)s 收运计划", day=row.service_on.isoformat())
    if row.kind == forecasts.KIND:
        title = _("%(day)s 起的预排", day=row.service_on.isoformat())
    return {
        "title": title,
        "state": state,
        "done": row.progress_permille // 10,
        "total": 100,
        "text": _run_text(row),
        "seconds_left": left,
    }


def _run_text(row: PlanningRun) -> str:
    if row.failure:
        told = (row.options or {}).get("failure", {})
        return explain_code(row.failure.split(" ", 1)[0], {"on": row.service_on, **told}).message
    if row.progress_total:
        return _(
            "已排入 %(assigned)s / %(total)s 个申请",
            assigned=row.progress_assigned,
            total=row.progress_total,
        )
    return _("等待后台计算") if row.state == "queued" else _("正在建立第一版计划")


@pages.post("/runs/<uuid:run_id>/cancel")
@acting("plan.run")
def cancel_run(act: Act, run_id: UUID) -> Any:
    planning.cancel_run(act.session, actor=act.actor, run_id=run_id, now=act.now)
    return redirect(url_for("dispatcher.run", run_id=run_id))
