"""What was put before somebody, seen by those before whom it was put, and what they answer (F87)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from ... import ledger
from ...db import new_id
from ...domain import calendar, open_loops, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import reference
from ...models.open_loops import LoopAnswer, LoopEscalation, answers_to, escalations_of
from .escalating import SERVICE, batch_keys, lines_about
from .loop_desk import OverdueRow
from .open_loops import all_loops

NOTE_LONGEST = 300
# More responsible units than this are not named one by one in a query.
UNITS_MAX = 400


@dataclass(frozen=True)
class Escalated:
    """A loop with everybody before whom it was put, and every answer. `loop` None: it is closed by now."""

    loop: OverdueRow | None
    steps: list[LoopEscalation]
    answers: list[LoopAnswer]

    @property
    def newest(self) -> LoopEscalation:
        return self.steps[-1]

    @property
    def promised_on(self) -> date | None:
        """The day that was promised last."""
        return next((row.promised_on for row in reversed(self.answers) if row.promised_on), None)


def addressed(session: Session, *, actor: Actor, now: datetime) -> list[Escalated]:
    """The loops that were put before the actor and are still open, the longest open first."""
    actor.require("loop.view")
    mine = list(session.scalars(_of(actor).where(LoopEscalation.closed_at.is_(None))))
    return _told(session, {row.loop_key: row for row in mine}, now) if mine else []


def _of(actor: Actor) -> Select[LoopEscalation]:
    query = select(LoopEscalation)
    if actor.role == "regulator":
        county = LoopEscalation.county_code
        nobody = LoopEscalation.organisation_id.is_(None)
        if actor.county_code:
            return query.where(nobody, county == actor.county_code)
        return query.where(nobody, county.is_(None))
    return query.where(LoopEscalation.organisation_id == actor.organisation_id)


def _told(session: Session, mine: dict[str, LoopEscalation], now: datetime) -> list[Escalated]:
    """The loops behind some escalations, as they are now: closed ones are left out."""
    units = {row.unit_id for row in mine.values() if row.unit_id is not None}
    nameless = any(row.unit_id is None for row in mine.values())
    loops = all_loops(
        session,
        today=calendar.on_date(now),
        unit_ids=None if nameless or len(units) > UNITS_MAX else units,
    )
    still = {row.key: row for row in loops if row.key in mine}
    steps, answers = escalations_of(session, list(still)), answers_to(session, list(still))
    found = [Escalated(row, steps[key], answers.get(key, [])) for key, row in still.items()]
    return sorted(found, key=lambda each: each.steps[0].own_due_on)


def escalation(session: Session, *, actor: Actor, escalation_id: UUID, now: datetime) -> Escalated:
    """One loop, with whom it was put before and what they answered. Raises NotFound for strangers."""
    actor.require("loop.view")
    row = session.get(LoopEscalation, escalation_id, options=[joinedload(LoopEscalation.unit)])
    if row is None:
        raise NotFound("object.not_found")
    key = row.loop_key
    steps = _steps_with_names(session, key)
    if not _may_see(session, actor, row, steps):
        raise NotFound("object.not_found")
    loops = all_loops(
        session, today=calendar.on_date(now), unit_ids=None if row.unit_id is None else [row.unit_id]
    )
    loop = next((each for each in loops if each.key == key), None)
    return Escalated(loop, steps, _answers_with_names(session, key))


def _steps_with_names(session: Session, key: str) -> list[LoopEscalation]:
    query = select(LoopEscalation).where(LoopEscalation.loop_key == key).order_by(LoopEscalation.step)
    names = (joinedload(LoopEscalation.unit), joinedload(LoopEscalation.organisation))
    return list(session.scalars(query.options(*names)))


def _answers_with_names(session: Session, key: str) -> list[LoopAnswer]:
    query = select(LoopAnswer).where(LoopAnswer.loop_key == key).options(joinedload(LoopAnswer.organisation))
    return list(session.scalars(query.order_by(LoopAnswer.answered_at)))


def _may_see(session: Session, actor: Actor, row: LoopEscalation, steps: Sequence[LoopEscalation]) -> bool:
    """Those before whom it was put, the unit it is about, and whoever supervises the unit."""
    if actor.role == "regulator":
        counties = {row.unit.county_code if row.unit else None, *(each.county_code for each in steps)}
        return actor.county_code is None or actor.county_code in counties
    own = actor.organisation_id
    return own is not None and own in {row.unit_id, *(each.organisation_id for each in steps)}


def answer_loop(
    session: Session,
    *,
    actor: Actor,
    escalation_id: UUID,
    answer: str,
    note: str,
    promised_on: date | None,
    now: datetime,
) -> LoopAnswer:
    """Say why a loop is open and by when it will be closed; or, of a held fact, why nothing is to be done.

    A promise moves the next steps to after its day, never past the law's limit. Raises NotFound,
    Conflict(loop.closed), InvalidInput (loop.*, text.*).
    """
    actor.require("loop.answer")
    found = escalation(session, actor=actor, escalation_id=escalation_id, now=now)
    row, today = found.newest, calendar.on_date(now)
    if found.loop is None:
        raise Conflict("loop.closed")
    why = texts.clean(note, field="note", longest=NOTE_LONGEST)
    limit = reference.legal_limit(session, open_loops.PROMISE_MAX_KEY, today)
    open_loops.require_answer(
        kind=row.kind, answer=answer, note=why, promised_on=promised_on, today=today, promise_max_days=limit
    )
    made = LoopAnswer(
        id=new_id(session, now),
        loop_key=row.loop_key,
        step=row.step,
        answer=answer,
        note=why,
        promised_on=promised_on if answer == "promise" else None,
        organisation_id=actor.organisation_id,
        answered_by=actor.author,
        answered_at=now,
    )
    session.add(made)
    session.flush()
    batches = batch_keys(session, [row.batch_id] if row.batch_id else [])
    ledger.append(session, [_answered_event(found.loop, made, actor, batches)], now=now)
    return made


def _answered_event(
    row: OverdueRow, made: LoopAnswer, actor: Actor, batches: Mapping[UUID, str]
) -> ledger.Event:
    facts: dict[str, Any] = {"kind": row.kind, "step": made.step, "answer": made.answer, "note": made.note}
    if made.promised_on is not None:
        facts["promised_on"] = made.promised_on.isoformat()
    return ledger.Event(
        type="loop.answered",
        author=actor.author,
        site=row.unit.site if row.unit else SERVICE,
        at=made.answered_at,
        id=made.id,
        subject=row.subject,
        lines=lines_about(row, batches),
        facts=facts,
    )
