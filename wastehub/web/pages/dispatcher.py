"""The dispatcher: what waits, tomorrow's plan, the rounds on the road."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import calendar, reasons
from ...domain.calendar import CalendarYearUnknown
from ...domain.errors import InvalidInput, RuleViolation
from ...models.route_plans import PlanningRun, Round, RoutePlan
from ...services import dispatch, photos, planning
from ...services.dispatch import boards
from .. import evidence, words
from ..acting import Act, acting, viewing
from ..context import current_actor, settings
from ..explanations import explain_code
from ..form_states import blank, refused, version_of
from ..label_drawing import qr_svg
from ..left_out import remedies, sentence
from ..listing import Column, read_query
from ..locale import select_locale
from ..navigation import home_of
from ..round_maps import region_map, round_map

pages = Blueprint("dispatcher", __name__, url_prefix="/dispatcher")

BUDGETS_S = (10, 30, 60, 120, 300)

REQUEST_STATES = {
    "open": ("waiting", _l("待排计划")),
    "scheduled": ("active", _l("已排入车次")),
    "collected": ("good", _l("已收运")),
    "partly_collected": ("warn", _l("部分收运")),
    "cancelled": ("neutral", _l("已取消")),
}
PLAN_STATES = {
    "draft": ("waiting", _l("草案")),
    "published": ("good", _l("已发布")),
    "discarded": ("neutral", _l("已作废")),
}
ROUND_STATES = {
    "planned": ("waiting", _l("草案")),
    "published": ("waiting", _l("待出车")),
    "under_way": ("active", _l("执行中")),
    "finished": ("good", _l("已完成")),
    "cancelled": ("neutral", _l("已取消")),
}
STOP_STATES = {
    "planned": ("waiting", _l("待收运")),
    "done": ("good", _l("已收运")),
    "partly_done": ("warn", _l("部分收运")),
    "missed": ("bad", _l("未收成")),
    "cancelled": ("neutral", _l("已退回")),
}
RUN_STATES = {
    "queued": "queued",
    "running": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


def named(row: Any) -> str:
    """The name of a code-table row in the reader's language."""
    return str(row.name_en if select_locale() == "en" else row.name_zh)


def next_service_day(today: date) -> date:
    """The working day after today; plain tomorrow where the holiday notice is not installed yet."""
    try:
        return calendar.next_working_day(today + timedelta(days=1))
    except CalendarYearUnknown:
        return today + timedelta(days=1)


def day_of(text: str, default: date) -> date:
    """The date an address asks for. Raises InvalidInput(plan.date_malformed)."""
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("plan.date_malformed", field="service_on", given=text[:20]) from None


def show(template: str, **values: Any) -> str:
    return render_template(
        template,
        request_states=REQUEST_STATES,
        plan_states=PLAN_STATES,
        round_states=ROUND_STATES,
        stop_states=STOP_STATES,
        named=named,
        reason_name=words.reason,
        own_unit=current_actor().organisation_id,
        **values,
    )


def cancellation_reasons() -> list[tuple[str, str]]:
    return [(row.code, named(row)) for row in reasons.CATALOGUES["cancellation"].values()]


# --- home and pool -------------------------------------------------------------------------------


@pages.get("")
@viewing("plan.run")
def home(act: Act) -> str:
    today = calendar.on_date(act.now)
    board = boards.home(act.session, actor=act.actor, today=today, next_on=next_service_day(today))
    return show(
        "dispatcher/home.html",
        board=board,
        day=today,
        sentence=sentence,
        remedies=remedies,
        progress={row.id: _round_progress(row) for row in board.rounds},
    )


def _round_progress(row: Round) -> dict[str, int]:
    stops = [stop for trip in row.trips for stop in trip.stops if stop.state != "cancelled"]
    return {
        "done": sum(1 for stop in stops if stop.state != "planned"),
        "stops": len(stops),
        "missed": sum(1 for stop in stops if stop.state == "missed"),
        "planned_g": sum(stop.planned_g for stop in stops),
    }


POOL_COLUMNS = (
    Column("request_no", _l("申请"), "code"),
    Column("firm", _l("产废单位")),
    Column("codes", _l("废物代码"), value=lambda row: words.joined(row.codes), sortable=False, priority=2),
    Column("containers", _l("容器"), "number", total=True),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("ready_on", _l("可收运"), "on", priority=2),
    Column("due_on", _l("应收运"), "on", custom=True),
    Column("platform", _l("平台"), priority=3),
    Column("state", _l("状态"), "status", value=lambda row: REQUEST_STATES[row.state], sortable=False),
)


@pages.get("/requests")
@viewing("round.rearrange")
def request_pool(act: Act) -> Any:
    today = calendar.on_date(act.now)
    platforms = boards.platforms(act.session)
    own = next((row.code for row in platforms if row.id == act.actor.organisation_id), "")
    query = read_query(request.args, POOL_COLUMNS, filters=("q", "platform", "due", "state"), sort="due_on")
    wanted = query.filters["platform"] or own
    rows, count, sums = boards.request_pool(
        act.session,
        actor=act.actor,
        today=today,
        text=query.filters["q"],
        platform="" if wanted == "all" else wanted,
        due=query.filters["due"],
        state=query.filters["state"] or "open",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("requests")
    return show("dispatcher/request_pool.html", listing=listing, platforms=platforms, own=own, day=today)


@pages.get("/requests/<uuid:request_id>")
@viewing("round.rearrange")
def request_detail(act: Act, request_id: UUID, violation: RuleViolation | None = None) -> str:
    board = boards.request_board(act.session, actor=act.actor, request_id=request_id)
    form = (
        blank(version=board.request.version)
        if violation is None
        else refused(request.form, violation, dialog="send-back")
    )
    return show(
        "dispatcher/request_detail.html",
        board=board,
        form=form,
        day=calendar.on_date(act.now),
        reasons=cancellation_reasons(),
    )


@pages.post("/requests/<uuid:request_id>/send-back")
@acting("round.rearrange", on_violation=lambda violation, request_id: request_detail(request_id, violation))
def send_back(act: Act, request_id: UUID) -> Any:
    row = dispatch.send_back(
        act.session,
        actor=act.actor,
        request_id=request_id,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("申请 %(number)s 已退回待排，到期日不变，联单已作废。", number=row.request_no), "good")
    return redirect(url_for("dispatcher.request_detail", request_id=request_id))


# --- plans and runs ------------------------------------------------------------------------------


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


def queue_after_commit(run_id: UUID) -> None:
    """Tell the worker once the transaction is through; a lost message is made up for each minute."""
    enqueue: Callable[[UUID], None] = current_app.extensions["wastehub.enqueue_planning"]

    @after_this_request
    def tell_worker(response: Response) -> Response:
        if response.status_code < 400:
            enqueue(run_id)
        return response


@pages.get("/runs/<uuid:run_id>")
@viewing("plan.run")
def run(act: Act, run_id: UUID) -> Any:
    row = boards.run_board(act.session, actor=act.actor, run_id=run_id)
    if row.state == "done" and row.plan_id is not None:
        return redirect(url_for("dispatcher.plan", plan_id=row.plan_id))
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
    return {
        "title": _("%(day)s 收运计划", day=row.service_on.isoformat()),
        "state": state,
        "done": row.progress_permille // 10,
        "total": 100,
        "text": _run_text(row),
        "seconds_left": left,
    }


def _run_text(row: PlanningRun) -> str:
    if row.failure:
        return explain_code(row.failure.split(" ", 1)[0], {"on": row.service_on}).message
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


@pages.get("/plans/<uuid:plan_id>")
@viewing("plan.run")
def plan(act: Act, plan_id: UUID, violation: RuleViolation | None = None) -> str:
    row = boards.plan_board(act.session, actor=act.actor, plan_id=plan_id)
    form = blank(version=row.version) if violation is None else refused(request.form, violation)
    return show(
        "dispatcher/plan.html",
        plan=row,
        form=form,
        by_platform=_by_platform(row),
        drawing=region_map(settings().region, row.rounds, [u.request.enterprise for u in row.unassigned]),
        sentence=sentence,
        remedies=remedies,
        totals=_plan_totals(row),
        sums_of=_round_progress,
        stops_of=lambda rounds: sum(_stops(each) for each in rounds),
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


# --- rounds --------------------------------------------------------------------------------------


ROUND_COLUMNS = (
    Column("round_no", _l("车次"), "code", sortable=False),
    Column("state", _l("状态"), "status", value=lambda row: ROUND_STATES[row.state], sortable=False),
    Column("plate", _l("车辆"), value=lambda row: row.vehicle.plate, sortable=False),
    Column("crew", _l("驾驶员 / 押运员"), value=lambda row: crew_text(row), sortable=False, priority=2),
    Column("platform", _l("平台"), value=lambda row: row.platform.short_name, sortable=False, priority=2),
    Column("start_s", _l("出车时段"), custom=True, sortable=False, value=lambda row: row.start_s),
    Column("trips", _l("趟次"), "number", sortable=False, value=lambda row: len(row.trips), priority=2),
    Column("stops", _l("站点"), "number", sortable=False, total=True, value=lambda row: _stops(row)),
    Column("planned_g", _l("计划重量"), "mass", sortable=False, total=True, value=lambda row: _mass(row)),
    Column("distance_m", _l("里程"), "distance", sortable=False, total=True, priority=2),
)


def crew_text(row: Round) -> str:
    return " / ".join(person.name if person else "—" for person in (row.driver, row.escort))


def _stops(row: Round) -> int:
    return sum(1 for trip in row.trips for stop in trip.stops if stop.state != "cancelled")


def _mass(row: Round) -> int:
    return sum(s.planned_g for trip in row.trips for s in trip.stops if s.state != "cancelled")


@pages.get("/rounds")
@viewing("round.rearrange")
def rounds(act: Act) -> Any:
    today = calendar.on_date(act.now)
    platforms = boards.platforms(act.session)
    own = next((row.code for row in platforms if row.id == act.actor.organisation_id), "")
    query = read_query(request.args, ROUND_COLUMNS, filters=("service_on", "platform"), sort="round_no")
    wanted = query.filters["platform"] or own
    on = day_of(query.filters["service_on"], today)
    rows = boards.day_rounds(act.session, actor=act.actor, on=on, platform="" if wanted == "all" else wanted)
    sums = {
        "stops": sum(_stops(row) for row in rows),
        "planned_g": sum(_mass(row) for row in rows),
        "distance_m": sum(row.distance_m for row in rows),
    }
    listing = query.show(rows, count=len(rows), sums=sums)
    if query.export:
        return listing.export("rounds")
    live = [row for row in rows if row.state != "cancelled"]
    return show(
        "dispatcher/rounds.html",
        listing=listing,
        platforms=platforms,
        own=own,
        day=on,
        drawing=region_map(settings().region, live) if live else None,
    )


@pages.get("/rounds/<uuid:round_id>")
@viewing("round.rearrange")
def round_detail(act: Act, round_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    board = boards.round_board(act.session, actor=act.actor, round_id=round_id)
    row = board.round
    present = {"driver_id": str(row.driver_id or ""), "escort_id": str(row.escort_id or "")}
    form = (
        blank(present, version=row.version)
        if violation is None
        else refused(request.form, violation, dialog=dialog)
    )
    return show(
        "dispatcher/round_detail.html",
        board=board,
        round=row,
        form=form,
        own=act.actor.role == "admin" or row.platform_id == act.actor.organisation_id,
        drawing=round_map(settings().region, row),
        reasons=cancellation_reasons(),
        people={
            "drivers": [(str(p.id), f"{p.name} · {p.certificate_no}") for p in board.drivers],
            "escorts": [(str(p.id), f"{p.name} · {p.certificate_no}") for p in board.escorts],
        },
        done=_round_progress(row),
        photos=evidence.shown(photos.taken(act.session, actor=act.actor, round_id=round_id)),
    )


@pages.get("/rounds/<uuid:round_id>/sheet")
@viewing("round.view")
def round_sheet(act: Act, round_id: UUID) -> str:
    """The crew's paper. Its QR code opens it again, so that whoever holds it finds the round."""
    board = boards.round_board(act.session, actor=act.actor, round_id=round_id)
    address = settings().base_url.rstrip("/") + request.path
    return show(
        "dispatcher/round_sheet.html",
        board=board,
        round=board.round,
        printed_at=act.now,
        qr=qr_svg(address, side_mm=24, label=board.round.round_no),
        back_href=_desk_of(act.actor.role, round_id),
    )


def _desk_of(role: str, round_id: UUID) -> str:
    """Where a person of this role sees the round."""
    if role == "driver":
        return url_for("driver.round_detail", round_id=round_id)
    return url_for("dispatcher.round_detail", round_id=round_id) if role == "dispatcher" else home_of(role)


def _crew_again(violation: RuleViolation, round_id: UUID) -> str:
    return str(round_detail(round_id, violation, "crew"))


def _cancel_again(violation: RuleViolation, round_id: UUID) -> str:
    return str(round_detail(round_id, violation, "cancel-round"))


@pages.post("/rounds/<uuid:round_id>/crew")
@acting("round.rearrange", on_violation=_crew_again)
def assign_crew(act: Act, round_id: UUID) -> Any:
    row = dispatch.assign_crew(
        act.session,
        actor=act.actor,
        round_id=round_id,
        driver_id=_uuid("driver_id"),
        escort_id=_uuid("escort_id"),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("车次 %(number)s 的班组已更新，联单同步更改。", number=row.round_no), "good")
    return redirect(url_for("dispatcher.round_detail", round_id=round_id))


def _uuid(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise InvalidInput("round.person_not_chosen", field=name) from None


@pages.post("/rounds/<uuid:round_id>/cancel")
@acting("round.rearrange", on_violation=_cancel_again)
def cancel_round(act: Act, round_id: UUID) -> Any:
    row = dispatch.cancel_round(
        act.session,
        actor=act.actor,
        round_id=round_id,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("车次 %(number)s 已取消，申请全部退回待排。", number=row.round_no), "good")
    return redirect(url_for("dispatcher.round_detail", round_id=round_id))
