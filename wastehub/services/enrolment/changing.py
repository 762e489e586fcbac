"""An enrolled firm's particulars change, it leaves, it comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models.batches import Batch, Container
from ...models.organisations import Organisation
from ...models.versioned import require_version
from .checking import FirmDraft, lists_for, particulars

PERSONAL = ("contact_name", "contact_phone", "emergency_phone")
# What stands on manifests and in totals: the ledger keeps the new value, of the rest only its name.
RECORDED = ("name", "county_code", "management_class")


def amend(
    session: Session,
    *,
    actor: Actor,
    organisation_id: UUID,
    draft: FirmDraft,
    version: int | None,
    now: datetime,
) -> Organisation:
    """Change a firm's particulars; its credit code is its identity and stays, whatever the draft says.

    A firm with registered waste stays in its county: kilograms of the past would move with it.
    Raises NotFound, StaleVersion, InvalidInput as `enrol`, Conflict("organisation.county_fixed").
    """
    actor.require("organisation.manage")
    row = _enterprise(session, organisation_id)
    require_version(row, version)
    draft = replace(draft, credit_code=row.code)
    columns = particulars(draft, lists_for(session, [draft]))
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    if "county_code" in changed and _has_batches(session, row.id):
        raise Conflict("organisation.county_fixed", field="county_code", name=row.short_name)
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    session.flush()
    facts = {"changed": sorted(changed)} | {name: columns[name] for name in RECORDED if name in changed}
    personal = {name: columns[name] for name in PERSONAL if changed.get(name)}
    _record(session, actor, row, facts, now, personal)
    return row


def set_active(
    session: Session, *, actor: Actor, organisation_id: UUID, active: bool, version: int | None, now: datetime
) -> Organisation:
    """Let a firm start new business, or no longer.

    Raises NotFound, StaleVersion, Conflict("organisation.still_holds_waste"): without new requests
    nobody would fetch it.
    """
    actor.require("organisation.manage")
    row = _enterprise(session, organisation_id)
    require_version(row, version)
    held = 0 if active else _containers_held(session, row.id)
    if held:
        raise Conflict("organisation.still_holds_waste", name=row.short_name, count=held)
    if row.active == active:
        return row
    row.active = active
    session.flush()
    _record(session, actor, row, {"changed": ["active"], "active": active}, now)
    return row


def _enterprise(session: Session, organisation_id: UUID) -> Organisation:
    row = session.get(Organisation, organisation_id)
    if row is None or row.kind != "enterprise":
        raise NotFound("object.not_found", field="organisation_id")
    return row


def _has_batches(session: Session, enterprise_id: UUID) -> bool:
    query = select(Batch.id).where(Batch.enterprise_id == enterprise_id).limit(1)
    return session.scalar(query) is not None


def _containers_held(session: Session, enterprise_id: UUID) -> int:
    """Containers with the firm, or on the road from where they may come back to it."""
    near = batch_lifecycle.AT_ENTERPRISE | {"loaded", "refused_on_arrival"}
    query = select(func.count()).select_from(Container).join(Batch, Batch.id == Container.batch_id)
    query = query.where(Batch.enterprise_id == enterprise_id, Container.state.in_(sorted(near)))
    return int(session.scalar(query) or 0)


def _record(
    session: Session,
    actor: Actor,
    row: Organisation,
    facts: dict[str, Any],
    now: datetime,
    personal: dict[str, str] | None = None,
) -> None:
    event = ledger.Event(
        type="organisation.changed",
        author=actor.author,
        site=row.site,
        at=now,
        subject=row.code,
        facts=facts,
        personal=personal or {},
    )
    ledger.append(session, [event], now=now)
