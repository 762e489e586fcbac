"""What is open too long: storage, manifests, requests, differences, missing links (S6, F87)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from ...domain import batch_lifecycle, calendar, open_loops
from ...domain.actors import Actor
from ...models import reference
from ...models.batches import Batch, Container
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from ...models.reference import LegalLimit
from ...models.requests import PickupRequest
from .breaks import LOOKS
from .differences import case_rows
from .loop_desk import Desk, OverdueRow

REQUEST_WARN_DAYS = 3


def overdue(session: Session, *, actor: Actor, now: datetime) -> list[OverdueRow]:
    """Open loops that are late or will be soon, the most pressing first (S6, F87)."""
    actor.require("county.view")
    return all_loops(session, today=calendar.on_date(now), county_code=actor.county_code)


def all_loops(
    session: Session,
    *,
    today: date,
    county_code: str | None = None,
    unit_ids: Collection[UUID] | None = None,
) -> list[OverdueRow]:
    """The same for a county or for some responsible units; of everybody without either."""
    desk = Desk(session, today, reference.legal_limits(session, today), county_code, unit_ids)
    for look in (_stored_too_long, _unconfirmed, _unfetched, _unresolved, *LOOKS):
        look(desk)
    return sorted(desk.rows, key=lambda row: (row.due_on, row.subject))


def _stored_too_long(desk: Desk) -> None:
    """Waste at enterprises and platforms from its warning day on, one row per batch and holder."""
    for kind, states, limit in (
        ("enterprise_storage", batch_lifecycle.AT_ENTERPRISE, "enterprise_storage_limit_days"),
        ("platform_storage", batch_lifecycle.AT_PLATFORM, "licensed_storage_max_days"),
    ):
        stage = open_loops.STAGES[kind]
        own_days = desk.days(stage.own_key)
        query = (
            select(
                Batch.id, Batch.batch_no, Organisation, func.min(Container.stored_since_on),
                func.sum(Container.mass_g),
            )
            .join(Container, Container.batch_id == Batch.id)
            .join(Organisation, Organisation.id == Container.holder_id)
            .where(Container.state.in_(states), Container.stored_since_on <= desk.before(own_days))
            .group_by(Batch.id, Organisation.id)
        )  # fmt: skip
        for batch_id, number, unit, since_on, mass_g in desk.session.execute(
            desk.scoped(query, Organisation)
        ):
            due_on = since_on + timedelta(days=desk.days(limit))
            desk.rows.append(
                OverdueRow(
                    kind, number, unit, since_on, due_on, int(mass_g), due_on < desk.today, batch_id,
                    own_due_on=since_on + timedelta(days=own_days),
                    law_due_on=due_on if stage.law_key else None,
                    key=f"{kind}:{batch_id}:{unit.id}:{since_on}",
                )
            )  # fmt: skip


def _unconfirmed(desk: Desk) -> None:
    """Manifests that wait for the acceptor, or to be entered from paper (Order 23, Art. 18, 20)."""
    query = (
        select(Manifest, Organisation)
        .join(Organisation, Organisation.id == Manifest.acceptor_id)
        .where(
            Manifest.state.in_(("arrived", "discrepancy", "paper_pending")), Manifest.arrived_at.is_not(None)
        )
        .options(selectinload(Manifest.lines))
    )
    for paper, unit in desk.session.execute(desk.scoped(query, Organisation)):
        assert paper.arrived_at is not None
        due_on = paper.backfill_due_on if paper.state == "paper_pending" else paper.confirm_due_on
        due_on = due_on or desk.today  # unknown holidays: shown at once
        mass_g = sum(line.loaded_g or 0 for line in paper.lines)
        since_on = calendar.on_date(paper.arrived_at)
        late = due_on < desk.today
        desk.rows.append(
            OverdueRow(
                "manifest", paper.number, unit, since_on, due_on, mass_g, late,
                manifest_id=paper.id, law_due_on=due_on, key=f"manifest:{paper.id}",
            )
        )  # fmt: skip


def _unfetched(desk: Desk) -> None:
    """Pickup requests from three days before their due day on."""
    query = (
        select(PickupRequest, Organisation)
        .join(Organisation, Organisation.id == PickupRequest.enterprise_id)
        .where(
            PickupRequest.state.in_(("open", "scheduled")),
            PickupRequest.due_on <= desk.today + timedelta(days=REQUEST_WARN_DAYS),
        )
    )
    for row, unit in desk.session.execute(desk.scoped(query, Organisation)):
        since_on = calendar.on_date(row.placed_at)
        late = row.due_on < desk.today
        desk.rows.append(
            OverdueRow(
                "request", row.request_no, unit, since_on, row.due_on, None, late,
                request_id=row.id, key=f"request:{row.id}",
            )
        )  # fmt: skip


def _unresolved(desk: Desk) -> None:
    """Weighing differences that nobody has explained yet."""
    for row in case_rows(desk.session, desk.county_code):
        if desk.unit_ids is not None and row.unit.id not in desk.unit_ids:
            continue
        desk.rows.append(
            OverdueRow(
                "case", row.batch_no, row.unit, row.opened_on, row.due_on, row.case.mass_g,
                row.due_on < desk.today, row.batch_id, key=f"case:{row.case.key}",
            )
        )  # fmt: skip


@dataclass(frozen=True)
class StageLimits:
    """A link of the chain with the limits in force: the installation's own and the law's."""

    kind: str
    own: LegalLimit | None
    law: LegalLimit | None


def stage_limits(session: Session, *, today: date) -> list[StageLimits]:
    """The clocks of all links, as reference data has them today."""
    query = select(LegalLimit).where(reference.in_force(LegalLimit, today))
    rows = {row.key: row for row in session.scalars(query.order_by(LegalLimit.effective_from_on))}
    return [
        StageLimits(stage.kind, rows.get(stage.own_key), rows.get(stage.law_key))
        for stage in open_loops.STAGES.values()
    ]


def step_days(session: Session, *, today: date) -> dict[str, int]:
    """After how many days each step of escalation is due, by the step's key."""
    desk = Desk(session, today, reference.legal_limits(session, today))
    return {step.days_key: desk.days(step.days_key) for step in open_loops.STEPS}
