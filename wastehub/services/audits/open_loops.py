"""What is open too long: storage, manifests, requests, differences, each with its day (S6, F87)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from ...domain import batch_lifecycle, calendar
from ...domain.actors import Actor
from ...models import reference
from ...models.batches import Batch, Container
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from .differences import case_rows

REQUEST_WARN_DAYS = 3


@dataclass(frozen=True)
class OverdueRow:
    """One open loop. `kind`: enterprise_storage, platform_storage, manifest, request, case."""

    kind: str
    subject: str
    unit: Organisation | None
    since_on: date
    due_on: date
    mass_g: int | None
    late: bool
    batch_id: UUID | None = None
    manifest_id: UUID | None = None
    request_id: UUID | None = None


@dataclass
class _Deadlines:
    session: Session
    today: date
    limits: dict[str, int]
    county_code: str | None
    rows: list[OverdueRow] = field(default_factory=list)

    def scoped(self, query: Any, unit: Any) -> Any:
        return query.where(unit.county_code == self.county_code) if self.county_code else query


def overdue(session: Session, *, actor: Actor, now: datetime) -> list[OverdueRow]:
    """Open loops that are late or will be soon, the most pressing first (S6, F87)."""
    actor.require("county.view")
    today = calendar.on_date(now)
    desk = _Deadlines(session, today, reference.legal_limits(session, today), actor.county_code)
    for look in (_stored_too_long, _unconfirmed, _unfetched, _unresolved):
        look(desk)
    return sorted(desk.rows, key=lambda row: (row.due_on, row.subject))


def _stored_too_long(desk: _Deadlines) -> None:
    """Waste at enterprises and platforms from its warning day on, one row per batch and holder."""
    for kind, states, warn, limit in (
        ("enterprise_storage", batch_lifecycle.AT_ENTERPRISE, "enterprise_storage_warn_days",
         "enterprise_storage_limit_days"),
        ("platform_storage", batch_lifecycle.AT_PLATFORM, "platform_warn_days", "licensed_storage_max_days"),
    ):  # fmt: skip
        before = desk.today - timedelta(days=desk.limits[warn])
        query = (
            select(
                Batch.id, Batch.batch_no, Organisation, func.min(Container.stored_since_on),
                func.sum(Container.mass_g),
            )
            .join(Container, Container.batch_id == Batch.id)
            .join(Organisation, Organisation.id == Container.holder_id)
            .where(Container.state.in_(states), Container.stored_since_on <= before)
            .group_by(Batch.id, Organisation.id)
        )  # fmt: skip
        for batch_id, number, unit, since_on, mass_g in desk.session.execute(
            desk.scoped(query, Organisation)
        ):
            due_on = since_on + timedelta(days=desk.limits[limit])
            desk.rows.append(
                OverdueRow(kind, number, unit, since_on, due_on, int(mass_g), due_on < desk.today, batch_id)
            )


def _unconfirmed(desk: _Deadlines) -> None:
    """Manifests that arrived and wait for the acceptor (Order 23, Art. 18)."""
    query = (
        select(Manifest, Organisation)
        .join(Organisation, Organisation.id == Manifest.acceptor_id)
        .where(Manifest.state.in_(("arrived", "discrepancy")))
        .options(selectinload(Manifest.lines))
    )
    for paper, unit in desk.session.execute(desk.scoped(query, Organisation)):
        assert paper.arrived_at is not None
        due_on = paper.confirm_due_on or desk.today  # unknown holidays: shown at once
        mass_g = sum(line.loaded_g or 0 for line in paper.lines)
        since_on = calendar.on_date(paper.arrived_at)
        late = due_on < desk.today
        desk.rows.append(
            OverdueRow(
                "manifest", paper.number, unit, since_on, due_on, mass_g, late,
                manifest_id=paper.id,
            )
        )  # fmt: skip


def _unfetched(desk: _Deadlines) -> None:
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
            OverdueRow("request", row.request_no, unit, since_on, row.due_on, None, late, request_id=row.id)
        )


def _unresolved(desk: _Deadlines) -> None:
    """Weighing differences that nobody has explained yet."""
    for row in case_rows(desk.session, desk.county_code):
        desk.rows.append(
            OverdueRow(
                "case", row.batch_no, row.unit, row.opened_on, row.due_on, row.case.mass_g,
                row.due_on < desk.today, row.batch_id,
            )
        )  # fmt: skip
