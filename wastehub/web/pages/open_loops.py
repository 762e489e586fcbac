"""What is open too long and was put before somebody: the list, one loop with its clock, the answer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ...domain import open_loops, roles
from ...domain.errors import InvalidInput, NotFound, RuleViolation
from ...services import audits
from ...services.audits import Escalated, OverdueRow
from .. import chain_words, clocks, loop_words, words
from ..acting import Act, acting, viewing
from ..form_states import blank, refused

pages = Blueprint("open_loops", __name__, url_prefix="/loops")
pages.record_once(lambda state: words.register(state.app))
pages.record_once(lambda state: state.app.jinja_env.globals.update(loop_kinds=chain_words.OVERDUE))


@pages.get("/")
@viewing("loop.view")
def index(act: Act) -> str:
    return render_template(
        "open_loops/index.html",
        loops=loop_words.todo(act),
        today_on=loop_words.today_of(act),
        loop_words=loop_words,
        supervises=roles.may(act.actor.role, "county.view"),
    )


@pages.get("/<uuid:escalation_id>")
@viewing("loop.view")
def loop(act: Act, escalation_id: UUID, violation: RuleViolation | None = None) -> str:
    found = audits.escalation(act.session, actor=act.actor, escalation_id=escalation_id, now=act.now)
    row, today = found.newest, loop_words.today_of(act)
    responsible = row.unit.name if row.unit else "—"
    return render_template(
        "open_loops/loop.html",
        found=found,
        row=row,
        escalation_id=escalation_id,
        form=blank() if violation is None else refused(request.form, violation),
        kind=loop_words.kind_name(row.kind),
        responsible=responsible,
        status=loop_words.status_of(found.loop, today) if found.loop else ("good", _("已闭环")),
        clock=_clock(found, today),
        events=loop_words.history(found, responsible),
        steps=_chain(act, row.batch_id),
        thing_href=loop_words.thing_href(found.loop or _closed(found)),
        answers=_answers(row.kind),
        today_on=today,
    )


def _clock(found: Escalated, today: date) -> Markup:
    row = found.newest
    return clocks.clock_svg(
        since_on=row.since_on,
        own_on=row.own_due_on,
        law_on=row.law_due_on,
        promised_on=found.promised_on,
        today=today if found.loop else None,
        words=clocks.Words(_("开始"), _("内部期限"), _("法定期限"), _("承诺"), _("今天")),
        title=_("期限"),
    )


def _closed(found: Escalated) -> OverdueRow:
    """A closed loop as the row that it once was, for its links."""
    row = found.newest
    return OverdueRow(
        row.kind, row.subject, row.unit, row.since_on, row.own_due_on, row.mass_g, False,
        batch_id=row.batch_id, manifest_id=row.manifest_id,
    )  # fmt: skip


def _chain(act: Act, batch_id: UUID | None) -> list[dict[str, Any]]:
    """Where the batch stands, for those who may see its chain."""
    if batch_id is None:
        return []
    try:
        return chain_words.steps_of(audits.trace(act.session, actor=act.actor, batch_id=batch_id))
    except NotFound:
        return []


def _answers(kind: str) -> list[dict[str, Any]]:
    made = [{"value": "promise", "title": _("承诺完成日期"), "text": _("到期仍未闭环，继续逐级上报")}]
    if kind in open_loops.ENDED_BY_WORDS:
        made.append({"value": "explained", "title": _("说明原因，无需再办"), "text": _("事项随说明结束")})
    return made


@pages.post("/<uuid:escalation_id>/answers")
@acting("loop.answer", on_violation=lambda violation, escalation_id: loop(escalation_id, violation))
def answer(act: Act, escalation_id: UUID) -> Any:
    audits.answer_loop(
        act.session,
        actor=act.actor,
        escalation_id=escalation_id,
        answer=request.form.get("answer", "promise"),
        note=request.form.get("note", ""),
        promised_on=_day(request.form.get("promised_on", "")),
        now=act.now,
    )
    flash(_("答复已记入账本。"), "good")
    return redirect(url_for("open_loops.loop", escalation_id=escalation_id))


def _day(text: str) -> date | None:
    """A day of the form; empty is none. Raises InvalidInput(day.malformed)."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field="promised_on", given=text) from wrong
