"""Plans of a day: the list, one plan to review, to publish or to put aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar
from ....domain.errors import RuleViolation
from ....models.route_plans import Round, RoutePlan
from ....services import dispatch
from ....services.dispatch import boards, drafts
from ...acting import Act, acting, viewing
from ...context import settings
from ...form_states import blank, refused, version_of
from ...left_out import remedies, sentence
from ...listing import Column, read_query
from ...round_maps import region_map
from .blueprint import PLAN_STATES, next_service_day, pages, round_progress, show, stops_in

BUDGETS_S = (10, 30, 60, 120, 300)

ORIGIN_KINDS = {
    "rest": _l("保留钉住、重新优化其余"),
    "by_hand": _l("手工调整"),
    "what_if": _l("假设试算"),
}

PLAN_COLUMNS = (
    Column("plan_no", _l("计划"), "code", sortable=False),
    Column("service_on", _l("收运日期"), "on", sortable=False),
    Column("state", _l("状态"), "status", value=lambda row: PLAN_STATES[row.state], sortable=False),
    Column("stops_planned", _l("排入"), "number", sortable=False),
    Column("stops_unassigned", _l("未排入"), "number", sortable=False),
    Column("distance_m", _l("里程"), "distance", sortable=False, priority=2),
    Column("cost_fen", _l("费用"), "money", sortable=False, priority=2),
    Column("engine", _l("算法"), sortable=False, priority=3),
    Column("drafted_at", _l("生成时间"), "at", sortable=False, priority=3),
)


@pages.get("/plans")
@viewing("plan.run")
def plans(act: Act, violation: RuleViolation | None = None) -> str:
    today = calendar.on_date(act.now)
    query = read_query(request.args, PLAN_COLUMNS, sort="service_on")
    rows, count = boards.latest_plans(act.session, actor=act.actor, limit=query.limit, offset=query.offset)
    suggested = next_service_day(today)
    form = (
        blank({"service_on": suggested.isoformat(), "budget_s": "30"})
        if violation is None
        else refused(request.form, violation)
    )
    return show(
        "dispatcher/plans.html",
        listing=query.show(rows, count=count),
        runs=boards.open_runs(act.session, actor=act.actor),
        form=form,
        day=today,
        waiting=boards.pool_size(act.session, on=suggested),
        budgets=[(str(s), _("%(count)s 秒", count=s)) for s in BUDGETS_S],
    )


@pages.get("/plans/<uuid:plan_id>")
@viewing("plan.run")
def plan(act: Act, plan_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    row = boards.plan_board(act.session, actor=act.actor, plan_id=plan_id)
    form = (
        blank({"budget_s": "10", "seed": "1"}, version=row.version)
        if violation is None
        else refused(request.form, violation, dialog=dialog)
    )
    origin, others = drafts.family(act.session, actor=act.actor, plan=row)
    return show(
        "dispatcher/plan.html",
        plan=row,
        form=form,
        by_platform=_by_platform(row),
        drawing=region_map(settings().region, row.rounds, [u.request.enterprise for u in row.unassigned]),
        sentence=sentence,
        remedies=remedies,
        totals=_plan_totals(row),
        sums_of=round_progress,
        origin=origin,
        others=others,
        origin_kinds=ORIGIN_KINDS,
        saving=row.emissions,
        budgets=[(str(s), _("%(count)s 秒", count=s)) for s in BUDGETS_S],
        plates=[(each.vehicle.plate, each.vehicle.plate) for each in row.rounds],
        stops_of=lambda rounds: sum(stops_in(each) for each in rounds),
    )


def _by_platform(row: RoutePlan) -> list[tuple[Any, list[Round]]]:
    groups: dict[str, tuple[Any, list[Round]]] = {}
    for each in row.rounds:
        groups.setdefault(each.platform.code, (each.platform, []))[1].append(each)
    return [groups[code] for code in sorted(groups)]


def _plan_totals(row: RoutePlan) -> Mapping[str, int]:
    stops = [stop for each in row.rounds for trip in each.trips for stop in trip.stops]
    return {
        "vehicles": len(row.rounds),
        "trips": sum(len(each.trips) for each in row.rounds),
        "containers": sum(stop.containers_planned for stop in stops),
        "mass_g": sum(stop.planned_g for stop in stops),
    }


@pages.post("/plans/<uuid:plan_id>/publish")
@acting("plan.publish", on_violation=lambda violation, plan_id: plan(plan_id, violation))
def publish(act: Act, plan_id: UUID) -> Any:
    row = dispatch.publish(
        act.session, actor=act.actor, plan_id=plan_id, version=version_of(request.form), now=act.now
    )
    flash(_("计划 %(number)s 已发布：联单已开具，驾驶员可查看任务。", number=row.plan_no), "good")
    return redirect(url_for("dispatcher.plan", plan_id=plan_id))


@pages.post("/plans/<uuid:plan_id>/discard")
@acting("plan.publish", on_violation=lambda violation, plan_id: plan(plan_id, violation))
def discard(act: Act, plan_id: UUID) -> Any:
    row = dispatch.discard(
        act.session, actor=act.actor, plan_id=plan_id, version=version_of(request.form), now=act.now
    )
    flash(_("计划 %(number)s 已作废，申请仍在待排中。", number=row.plan_no), "info")
    return redirect(url_for("dispatcher.plans"))
