"""Declarations 申报: pre-filled from the ledger, filed as an act, receipted afterwards.

Source: HJ 1259-2022, clause 7 and Annex C. What was filed is never edited: a correction is the next edition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...domain.statutory import periods
from ...domain.statutory.balance import BalanceRow, unbalanced
from ...domain.statutory.periods import DUTIES, Period
from ...domain.statutory.sheets import Sheet
from ...models import reference
from ...models.filings import Declaration, newest_declarations
from ...models.organisations import Organisation
from ...models.versioned import require_version
from . import access
from .content import content_of, written
from .lines import Watch, book_of
from .points import Point, points_of_period


@dataclass(frozen=True)
class Draft:
    """A declaration as the ledger gives it now. `newest`: the edition filed last, if any."""

    unit: Organisation
    period: Period
    due_on: date
    sheets: tuple[Sheet, ...]
    balance: Sequence[BalanceRow]
    points: Sequence[Point]
    newest: Declaration | None
    sha256: str
    size: int
    over: bool

    @property
    def changed(self) -> bool:
        """Whether the ledger tells something else than what was filed."""
        return self.newest is not None and self.newest.content_sha256 != self.sha256

    @property
    def note_needed(self) -> bool:
        return any(point.tone == "bad" for point in self.points)


@dataclass(frozen=True)
class PeriodRow:
    """A period that the unit has to declare. `state`: filed, receipted, due, soon, late."""

    period: Period
    due_on: date
    state: str
    newest: Declaration | None


def prepare(
    session: Session,
    *,
    actor: Actor,
    period: str,
    now: datetime,
    organisation_id: UUID | None = None,
    watch: Watch | None = None,
) -> Draft:
    """The declaration of a period, pre-filled, with what is missing or odd.

    Raises Forbidden, NotFound, InvalidInput (declaration.period_unknown, declaration.not_due_for_class).
    """
    unit = access.unit(session, actor, "declaration.view", organisation_id)
    return draft_of(session, unit, _due(unit, period), now=now, watch=watch)


def _due(unit: Organisation, key: str) -> Period:
    period = periods.parse(key)
    if period.kind not in DUTIES[access.class_of(unit)]:
        raise InvalidInput("declaration.not_due_for_class", field="period", period=period.key)
    return period


def draft_of(
    session: Session, unit: Organisation, period: Period, *, now: datetime, watch: Watch | None = None
) -> Draft:
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    book = book_of(session, unit, watch=watch)
    sheets, rows = content_of(session, book, period)
    newest = newest_declarations(session, organisation_ids=[unit.id], periods=[period.key])
    return Draft(
        unit=unit,
        period=period,
        due_on=period.due_on(limits),
        sheets=sheets,
        balance=rows,
        points=points_of_period(session, book, period, rows, limits=limits, today=today),
        newest=newest.get((unit.id, period.key)),
        sha256=_digest(written(sheets)),
        size=book.size,
        over=period.end_on < today,
    )


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file(
    session: Session,
    *,
    actor: Actor,
    period: str,
    seen_sha256: str,
    now: datetime,
    note: str = "",
    organisation_id: UUID | None = None,
) -> Declaration:
    """File the declaration of a period, or a corrected edition of it, as the ledger gives it now.

    `seen_sha256`: what the person has seen; if the ledger has grown since, they look again first.
    Raises Forbidden, NotFound, InvalidInput (declaration.period_unknown, declaration.not_due_for_class,
    declaration.note_needed), Conflict (declaration.period_open, declaration.ledger_moved,
    declaration.unbalanced, declaration.unchanged).
    """
    unit = access.unit(session, actor, "declaration.file", organisation_id)
    # One edition at a time: two clerks file one after the other.
    session.get(Organisation, unit.id, with_for_update={"key_share": True}, populate_existing=True)
    draft = draft_of(session, unit, _due(unit, period), now=now)
    if seen_sha256 != draft.sha256:
        raise Conflict("declaration.ledger_moved", field="seen_sha256")
    return _file(session, actor, draft, note, now)


def file_draft(session: Session, *, actor: Actor, draft: Draft, note: str, now: datetime) -> Declaration:
    """File a declaration that was prepared in this very transaction: for whoever files many, one by one.

    Raises as `file`; Conflict(declaration.ledger_moved) when anything was written since it was prepared.
    """
    unit = access.unit(session, actor, "declaration.file", draft.unit.id)
    session.get(Organisation, unit.id, with_for_update={"key_share": True}, populate_existing=True)
    if ledger.size(session) != draft.size:
        raise Conflict("declaration.ledger_moved", field="seen_sha256")
    return _file(session, actor, draft, note, now)


def _file(session: Session, actor: Actor, draft: Draft, note: str, now: datetime) -> Declaration:
    _require_fit(draft)
    unit = draft.unit
    told = texts.clean(note, field="note", longest=300)
    if not told and (draft.note_needed or draft.newest):
        raise InvalidInput("declaration.note_needed", field="note")
    row = Declaration(
        id=new_id(session, now),
        organisation_id=unit.id,
        period=draft.period.key,
        edition=draft.newest.edition + 1 if draft.newest else 1,
        management_class=access.class_of(unit),
        content=written(draft.sheets),
        content_sha256=draft.sha256,
        ledger_size=draft.size,
        note=told,
        filed_by=actor.author,
        delegate_id=actor.organisation_id if actor.organisation_id != unit.id else None,
        filed_at=now,
        due_on=draft.due_on,
    )
    session.add(row)
    session.flush()
    _log(session, actor, unit, row, "declaration.filed", _filed_facts(row, draft.balance), now)
    return row


def _require_fit(draft: Draft) -> None:
    if not draft.over:
        raise Conflict("declaration.period_open", field="period", end_on=draft.period.end_on)
    if off := unbalanced(draft.balance):
        raise Conflict("declaration.unbalanced", codes="、".join(sorted(off)))
    if draft.newest and not draft.changed:
        raise Conflict("declaration.unchanged", edition=draft.newest.edition, filed_at=draft.newest.filed_at)


def _filed_facts(row: Declaration, rows: Sequence[BalanceRow]) -> dict[str, Any]:
    return {
        "period": row.period,
        "edition": row.edition,
        "class": row.management_class,
        "sha256": row.content_sha256,
        "log_size": row.ledger_size,
        "generated_g": sum(each.generated_g for each in rows),
        "outsourced_g": sum(each.outsourced_g for each in rows),
        "closing_g": sum(each.closing_g for each in rows),
    }


def _log(
    session: Session,
    actor: Actor,
    unit: Organisation,
    row: Declaration,
    kind: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    subject = f"{row.period}/{row.edition}"
    event = ledger.Event(type=kind, author=actor.author, site=unit.site, at=now, subject=subject, facts=facts)
    ledger.append(session, [event], now=now)


def enter_receipt(
    session: Session,
    *,
    actor: Actor,
    declaration_id: UUID,
    receipt_no: str,
    version: int | None,
    now: datetime,
) -> Declaration:
    """Note the number under which the authority received a declaration 申报回执编号.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput(text.*), Conflict(declaration.receipted).
    """
    row = session.get(Declaration, declaration_id)
    if row is None:
        raise NotFound("object.not_found")
    unit = access.unit(session, actor, "declaration.file", row.organisation_id)
    require_version(row, version)
    if row.receipt_no:
        raise Conflict("declaration.receipted", field="receipt_no", receipt_no=row.receipt_no)
    row.receipt_no = texts.clean(receipt_no, field="receipt_no", longest=60, required=True)
    row.receipt_by, row.receipt_at = actor.author, now
    session.flush()
    facts = {"period": row.period, "edition": row.edition, "receipt_no": row.receipt_no}
    _log(session, actor, unit, row, "declaration.receipted", facts, now)
    return row


def declaration(session: Session, *, actor: Actor, declaration_id: UUID) -> tuple[Organisation, Declaration]:
    """One edition as it was filed. Raises Forbidden, NotFound."""
    actor.require("declaration.view")
    row = session.get(Declaration, declaration_id)
    if row is None:
        raise NotFound("object.not_found")
    return access.unit(session, actor, "declaration.view", row.organisation_id), row


def editions(session: Session, *, unit: Organisation, period: str) -> list[Declaration]:
    """All editions of a period, the newest first."""
    query = select(Declaration).where(Declaration.organisation_id == unit.id, Declaration.period == period)
    return list(session.scalars(query.order_by(Declaration.edition.desc())))


def period_rows(
    session: Session, *, actor: Actor, now: datetime, organisation_id: UUID | None = None
) -> tuple[Organisation, list[PeriodRow]]:
    """What a unit has declared and still has to declare, the newest period first; the last three years.

    Raises Forbidden, NotFound.
    """
    unit = access.unit(session, actor, "declaration.view", organisation_id)
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    since = max(calendar.on_date(unit.enrolled_at), date(today.year - 2, 1, 1))
    due = list(periods.ended(access.class_of(unit), since_on=since, today=today))
    filed = newest_declarations(session, organisation_ids=[unit.id])
    return unit, [period_row(unit.id, each, filed, limits, today) for each in due]


def period_row(
    unit_id: UUID,
    period: Period,
    filed: Mapping[tuple[UUID, str], Declaration],
    limits: Mapping[str, int],
    today: date,
) -> PeriodRow:
    due_on = period.due_on(limits)
    newest = filed.get((unit_id, period.key))
    if newest is not None:
        return PeriodRow(period, due_on, "receipted" if newest.receipt_no else "filed", newest)
    if due_on < today:
        return PeriodRow(period, due_on, "late", None)
    soon = (due_on - today).days <= limits["declaration_warn_days"]
    return PeriodRow(period, due_on, "soon" if soon else "due", None)
