"""What waits: today's work, the pool of requests, one request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar
from ....domain.errors import RuleViolation
from ....services import dispatch, manifests
from ....services.dispatch import boards
from ... import duty_words, field_words, loop_words, problem_words, store_words, words
from ...acting import Act, acting, viewing
from ...form_states import blank, refused, version_of
from ...left_out import remedies, sentence
from ...listing import Column, read_query
from .blueprint import REQUEST_STATES, cancellation_reasons, next_service_day, pages, round_progress, show


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
        road=duty_words.todo(act, board.rounds),
        loops=loop_words.todo(act),
        problems=problem_words.todo(act),
        conflicts=field_words.todo(act),
        store=store_words.todo(act),
        papers=manifests.waiting(act.session, actor=act.actor, today=today),
        progress={row.id: round_progress(row) for row in board.rounds},
    )


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
