"""Weighing differences beyond the tolerance: who has to explain which grams, and how they are settled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, reasons, receiving, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models.batches import Batch, Container
from ...models.organisations import Organisation
from ...models.route_plans import Round
from ...models.scans import Scan

NOTE_LONGEST = 300


@dataclass(frozen=True)
class CaseRow:
    """An open weighing difference with what people call the things it is about. `unit`: who weighed."""

    case: ledger.OpenCase
    unit: Organisation
    origin: Organisation
    container: Container
    batch_no: str
    batch_id: UUID
    opened_on: date

    @property
    def due_on(self) -> date:
        """When it is to be explained; differences found while loading name no day of their own."""
        return self.case.due_on or self.opened_on + timedelta(days=receiving.CASE_DUE_DAYS)


def open_cases(session: Session, *, actor: Actor) -> list[CaseRow]:
    """Differences beyond tolerance that are still open: one's own, or one's county's."""
    actor.require("case.view")
    rows = case_rows(session, actor.county_code if actor.role == "regulator" else None)
    if actor.role in ("regulator", "admin"):
        return rows
    return [row for row in rows if actor.organisation_id in (row.unit.id, row.origin.id)]


def case_rows(session: Session, county_code: str | None) -> list[CaseRow]:
    """Open differences of waste from one county, or of all."""
    found = ledger.open_cases(session)
    sites = {case.place for case in found} | {case.batch.partition("/")[0] for case in found}
    units = units_by_site(session, sites)
    labels = [case.label for case in found]
    about: dict[str, tuple[Container, Batch]] = {}
    for start in range(0, len(labels), 500):
        query = (
            select(Container, Batch)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.label_code.in_(labels[start : start + 500]))
        )
        about.update(
            {container.label_code: (container, batch) for container, batch in session.execute(query)}
        )
    at_gates = [case.label for case in found if case.place.startswith("ent:")]
    loaded_by = _platforms_that_loaded(session, at_gates)
    opened = ledger.recorded_at(session, [case.opened_idx for case in found])
    rows = []
    for case in found:
        origin = units[case.batch.partition("/")[0]]
        if county_code in (None, origin.county_code):
            container, batch = about[case.label]
            opened_on = calendar.on_date(opened[case.opened_idx])
            unit = loaded_by.get(case.label) or units[case.place]
            rows.append(CaseRow(case, unit, origin, container, batch.batch_no, batch.id, opened_on))
    return rows


def _platforms_that_loaded(session: Session, labels: list[str]) -> dict[str, Organisation]:
    """Whose vehicle weighed a container at its generator's gate: that platform explains the difference."""
    found: dict[str, Organisation] = {}
    for start in range(0, len(labels), 500):
        query = (
            select(Scan.label_code, Organisation)
            .join(Round, Round.id == Scan.round_id)
            .join(Organisation, Organisation.id == Round.platform_id)
            .where(
                Scan.label_code.in_(labels[start : start + 500]),
                Scan.kind == "load",
                Scan.outcome == "accepted",
            )
            .order_by(Scan.received_at)
        )
        found.update({label: unit for label, unit in session.execute(query)})
    return found


def units_by_site(session: Session, sites: Collection[str]) -> dict[str, Organisation]:
    """The units behind some sites of the ledger."""
    codes = sorted({site.partition(":")[2] for site in sites})
    found: dict[str, Organisation] = {}
    for start in range(0, len(codes), 500):
        query = select(Organisation).where(Organisation.code.in_(codes[start : start + 500]))
        found.update({unit.site: unit for unit in session.scalars(query)})
    return found


RESOLVED_INTO: dict[str, str] = {"loss": "LOSS", "spill": "SPILL"}


@dataclass(frozen=True)
class Resolution:
    """Who closes which difference, and why."""

    actor: Actor
    case_key: str
    reason: str
    note: str = ""


def resolve_case(
    session: Session, *, actor: Actor, case_key: str, reason: str, note: str, now: datetime
) -> None:
    """Close a difference with a reason of reasons.RESOLUTION: the grams leave suspense.

    Raises NotFound, InvalidInput (reason.*, case.surplus_is_no_loss). Source: Order 23, Art. 18.
    """
    resolve_cases(session, resolutions=[Resolution(actor, case_key, reason, note)], now=now)


def resolve_cases(session: Session, *, resolutions: Sequence[Resolution], now: datetime) -> None:
    """Close several differences at once. Raises as `resolve_case`; then none is closed."""
    if ledger.posting_stopped(session) is not None:
        raise Conflict("books.stopped")
    rows = {row.case.key: row for row in case_rows(session, None)}
    events = [_resolved(one, rows.get(one.case_key), now) for one in resolutions]
    for receipt in ledger.append(session, events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"


def _resolved(one: Resolution, row: CaseRow | None, now: datetime) -> ledger.Event:
    one.actor.require("case.resolve")
    if row is None:
        raise NotFound("object.not_found")
    one.actor.require_own(row.unit.id)
    why = texts.clean(one.note, field="note", longest=NOTE_LONGEST)
    reasons.require("resolution", one.reason, note=why, photos=1)
    into = RESOLVED_INTO.get(one.reason, "TOL")
    if row.case.mass_g < 0 and into != "TOL":
        raise InvalidInput("case.surplus_is_no_loss", field="reason")
    return ledger.Event(
        type="case.resolved",
        author=one.actor.author,
        site=row.unit.site,
        at=now,
        subject=one.case_key,
        lines=(ledger.Line(label=row.case.label, batch=row.case.batch, code=row.case.code),),
        facts={
            "case": one.case_key,
            "to": into,
            "reason": one.reason,
            "note": why,
            "mass_g": abs(row.case.mass_g),
        },
    )
