"""Open loops put before people: the unit itself, its platform, the county, the city (F87).

The worker does it each day. What was put before somebody once is not put before him again, so a job that
runs twice, or after a week's rest, does the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, open_loops
from ...domain.open_loops import Step
from ...models.batches import Batch, batch_key
from ...models.open_loops import LoopAnswer, LoopEscalation, answers_to, escalations_of
from ...models.organisations import Organisation, PlatformCounty
from .loop_desk import OverdueRow
from .open_loops import all_loops, step_days

SERVICE = "service"


@dataclass(frozen=True)
class LoopState:
    """Before whom a loop was put so far, and what was answered."""

    steps: list[LoopEscalation]
    answers: list[LoopAnswer]

    @property
    def newest(self) -> LoopEscalation | None:
        return self.steps[-1] if self.steps else None

    @property
    def promised_on(self) -> date | None:
        """The day that was promised last."""
        return next((row.promised_on for row in reversed(self.answers) if row.promised_on), None)


def loop_states(session: Session, keys: list[str]) -> dict[str, LoopState]:
    """The state of each loop that was put before somebody, by its key."""
    steps, answers = escalations_of(session, keys), answers_to(session, keys)
    return {key: LoopState(found, answers.get(key, [])) for key, found in steps.items()}


def escalate(session: Session, *, now: datetime) -> list[LoopEscalation]:
    """Put before the next person what is open beyond the own limit; close what is open no longer.

    Harmless to repeat. Every step is an entry of the log, about the batch where there is one.
    """
    today = calendar.on_date(now)
    loops = {row.key: row for row in all_loops(session, today=today)}
    _close(session, loops.keys(), now)
    late = [row for row in loops.values() if today > row.starts_on]
    if not late:
        return []
    keys = [row.key for row in late]
    known, answers = escalations_of(session, keys), answers_to(session, keys)
    desk = _Addresses(session, step_days(session, today=today))
    batches = batch_keys(session, [row.batch_id for row in late if row.batch_id])
    made: list[LoopEscalation] = []
    events: list[ledger.Event] = []
    for row in late:
        earlier = known.get(row.key, [])
        for step in desk.steps_of(row, earlier, answers.get(row.key, []), today):
            raised = desk.raised(row, step, now)
            if raised is not None:
                # One step a day: whoever is asked first gets his chance, also after a rest of the worker.
                made.append(raised)
                events.append(_raised_event(row, raised, desk.name_of(raised), batches, now))
                break
    session.add_all(made)
    session.flush()
    if events:
        ledger.append(session, events, now=now)
    return made


def _close(session: Session, open_keys: Collection[str], now: datetime) -> None:
    query = select(LoopEscalation).where(LoopEscalation.closed_at.is_(None))
    for row in session.scalars(query):
        if row.loop_key not in open_keys:
            row.closed_at = now


class _Addresses:
    """Who stands behind each step, for any loop."""

    def __init__(self, session: Session, days: dict[str, int]) -> None:
        self._session, self._days = session, days
        query = select(PlatformCounty.county_code, Organisation).join(
            Organisation, Organisation.id == PlatformCounty.platform_id
        )
        rows = session.execute(query.where(Organisation.active).order_by(PlatformCounty.rank.desc()))
        # The last one written is the county's own: rank 0.
        self._platforms = {county: platform for county, platform in rows}

    def steps_of(
        self, row: OverdueRow, earlier: Sequence[LoopEscalation], answers: Sequence[LoopAnswer], today: date
    ) -> list[Step]:
        """The steps whose day has come and that were not taken yet."""
        promised = [each.promised_on for each in answers if each.promised_on]
        starts_on = open_loops.clock_starts_on(
            own_due_on=min([row.starts_on, *(each.own_due_on for each in earlier)]),
            law_due_on=row.law_due_on,
            promised_on=promised[-1] if promised else None,
        )
        if any(calendar.on_date(each.raised_at) >= today for each in earlier):
            return []
        taken = {each.step for each in earlier}
        due = open_loops.steps_due(starts_on, today, self._days)
        return [step for step in due if step.number not in taken]

    def raised(self, row: OverdueRow, step: Step, now: datetime) -> LoopEscalation | None:
        """The row of a step; None where nobody stands behind it (a unit without a county has no county)."""
        to = self._to(row.unit, step.to)
        if to is None:
            return None
        return LoopEscalation(
            id=new_id(self._session, now),
            loop_key=row.key,
            step=step.number,
            kind=row.kind,
            subject=row.subject,
            unit_id=row.unit.id if row.unit else None,
            organisation_id=to[0],
            county_code=to[1],
            batch_id=row.batch_id,
            manifest_id=row.manifest_id,
            mass_g=row.mass_g,
            since_on=row.since_on,
            own_due_on=row.starts_on,
            law_due_on=row.law_due_on,
            raised_at=now,
        )

    def _to(self, unit: Organisation | None, to: str) -> tuple[UUID | None, str | None] | None:
        if to == "city":
            return None, None
        if unit is None:
            return None
        if to == "county":
            return (None, unit.county_code) if unit.county_code else None
        if to == "unit":
            return unit.id, None
        platform = unit if unit.kind == "platform" else self._platforms.get(unit.county_code or "")
        return (platform.id, None) if platform is not None and platform.id != unit.id else None

    def name_of(self, raised: LoopEscalation) -> str:
        """What the log calls the addressee: a site, or the office of an area."""
        if raised.organisation_id is not None:
            return self._session.get_one(Organisation, raised.organisation_id).site
        return f"county:{raised.county_code}" if raised.county_code else "city"


def batch_keys(session: Session, batch_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of some batches in the ledger."""
    found: dict[UUID, str] = {}
    for start in range(0, len(batch_ids), 500):
        query = (
            select(Batch, Organisation)
            .join(Organisation, Organisation.id == Batch.enterprise_id)
            .where(Batch.id.in_(batch_ids[start : start + 500]))
        )
        found.update({batch.id: batch_key(firm, batch) for batch, firm in session.execute(query)})
    return found


def lines_about(row: OverdueRow, batches: Mapping[UUID, str]) -> tuple[ledger.Line, ...]:
    key = batches.get(row.batch_id, row.batch) if row.batch_id else row.batch
    return (ledger.Line(batch=key),) if key else ()


def _raised_event(
    row: OverdueRow, raised: LoopEscalation, to: str, batches: Mapping[UUID, str], now: datetime
) -> ledger.Event:
    facts: dict[str, Any] = {
        "kind": row.kind,
        "step": raised.step,
        "to": to,
        "since_on": row.since_on.isoformat(),
        "own_due_on": row.starts_on.isoformat(),
    }
    if row.law_due_on is not None:
        facts["law_due_on"] = row.law_due_on.isoformat()
    return ledger.Event(
        type="loop.escalated",
        author=SERVICE,
        site=row.unit.site if row.unit else SERVICE,
        at=now,
        id=uuid5(NAMESPACE_URL, f"wastehub:loop:{row.key}:{raised.step}"),
        subject=row.subject,
        lines=lines_about(row, batches),
        facts=facts,
    )
