"""Open loops in words: what is open, which limit is behind us, before whom it was put."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain import calendar, roles
from ..domain.open_loops import STEPS
from ..models.open_loops import LoopAnswer, LoopEscalation
from ..services import audits
from ..services.audits import Escalated, OverdueRow
from . import chain_words, formatting
from .acting import Act

CLOCKS: Mapping[str, tuple[str, Any]] = {
    "ok": ("warn", _l("临近期限")),
    "own": ("warn", _l("超过内部期限")),
    "law": ("bad", _l("超过法定期限")),
}
STEP_NAMES: Mapping[str, Any] = {
    "unit": _l("提醒责任单位"),
    "platform": _l("提醒收集平台"),
    "county": _l("上报县级监管"),
    "city": _l("上报市级监管"),
}
CERTAINTIES: Mapping[str, Any] = {
    "P": _l("已核对原文"),
    "S": _l("二手来源"),
    "N": _l("本系统默认值，可调整"),
}


def step_name(number: int) -> Any:
    """What the n-th step does."""
    return STEP_NAMES[next(step.to for step in STEPS if step.number == number)]


def status_of(row: OverdueRow, today: date) -> tuple[str, Any]:
    """Tone and word: a missing link is said first, then which limit is behind us."""
    clock = row.clock(today)
    if row.is_break and clock != "law":
        return "bad", _("链条中断")
    if clock == "own" and row.late:
        return "bad", _("已超期")
    return CLOCKS[clock]


def href_of(row: OverdueRow, escalation: LoopEscalation | None = None) -> str:
    """Where the loop is dealt with: before whom it was put, else the thing itself."""
    if escalation is not None:
        return url_for("open_loops.loop", escalation_id=escalation.id)
    return thing_href(row)


def thing_href(row: OverdueRow) -> str:
    """The batch, the paper, the entry that a loop is about."""
    if row.batch_id is not None:
        return url_for("regulator.batch", batch_id=row.batch_id)
    if row.manifest_id is not None:
        return url_for("manifests.manifest", manifest_id=row.manifest_id)
    if row.lot_id is not None:
        return url_for("facility.lot", lot_id=row.lot_id)
    if row.entry_idx is not None:
        return url_for("regulator.entry", idx=row.entry_idx)
    if row.unit is not None and row.unit.kind == "enterprise":
        return url_for("regulator.enterprise", organisation_id=row.unit.id)
    return url_for("regulator.overdue")


def days_open(row: OverdueRow, today: date) -> str:
    """How long a loop has been open."""
    return _("已 %(count)s 天", count=formatting.number((today - row.since_on).days))


def todo(act: Act) -> list[Escalated]:
    """What was put before the person, for the home page; nothing for who is never asked."""
    if not roles.may(act.actor.role, "loop.view"):
        return []
    return audits.addressed(act.session, actor=act.actor, now=act.now)


def history(found: Escalated, responsible: str) -> list[dict[str, Any]]:
    """Every step and every answer as a time line, oldest first."""
    told = [_step(row, responsible) for row in found.steps] + [_answer(row) for row in found.answers]
    return sorted(told, key=lambda each: each["at"])


def _step(row: LoopEscalation, responsible: str) -> dict[str, Any]:
    if row.organisation is not None:
        who = row.organisation.name
    else:
        who = _("县级生态环境部门") if row.county_code else _("市级生态环境部门")
    limit = row.own_due_on.isoformat()
    return {
        "at": row.raised_at,
        "title": _("第 %(number)s 步：%(what)s", number=row.step, what=step_name(row.step)),
        "who": who,
        "text": _("内部期限 %(on)s，责任单位：%(unit)s", on=limit, unit=responsible),
        "tone": "warn" if row.step < 3 else "bad",
        "icon": "bell",
    }


def _answer(row: LoopAnswer) -> dict[str, Any]:
    promised = _("承诺 %(on)s 前闭环", on=row.promised_on.isoformat()) if row.promised_on else _("已说明")
    return {
        "at": row.answered_at,
        "title": _("答复：%(promise)s", promise=promised),
        "who": row.organisation.name if row.organisation else _("生态环境部门"),
        "text": row.note,
        "tone": "good",
        "icon": "note",
    }


def kind_name(kind: str) -> Any:
    """What is open."""
    return chain_words.OVERDUE[kind]


def limit_text(limit: Any) -> str:
    """A limit as people read it: number, unit and how sure it is."""
    if limit is None:
        return "—"
    if limit.unit == "working_d":
        return str(_("%(count)s 个工作日", count=limit.value_int))
    return str(_("%(count)s 天", count=limit.value_int))


def today_of(act: Act) -> date:
    return calendar.on_date(act.now)
