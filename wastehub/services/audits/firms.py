"""One enterprise as an inspector sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models.batches import Batch
from ...models.organisations import Contract, Organisation
from .fates import Fate, fate_of_batches
from .loop_desk import OverdueRow
from .open_loops import overdue
from .records import search_batches


@dataclass(frozen=True)
class FirmView:
    """A firm as an inspector sees it: its kilograms, its batches, what is late."""

    firm: Organisation
    fate: Fate
    batches: list[Any]
    late: list[OverdueRow]
    contracts: list[Contract]


def firm_view(session: Session, *, actor: Actor, organisation_id: UUID, now: datetime) -> FirmView:
    """One enterprise of the regulator's area. Raises NotFound."""
    actor.require("county.view")
    firm = session.get(Organisation, organisation_id)
    if firm is None or firm.kind != "enterprise" or actor.county_code not in (None, firm.county_code):
        raise NotFound("object.not_found")
    numbers = session.scalars(select(Batch.batch_no).where(Batch.enterprise_id == firm.id))
    fate = fate_of_batches(session, [f"{firm.site}/{number}" for number in numbers])
    rows, _count, _sums = search_batches(
        session, actor=actor, text=firm.code, sort="produced_on", descending=True, limit=100, offset=0
    )
    late = [
        row
        for row in overdue(session, actor=actor, now=now)
        if row.unit is not None and row.unit.id == firm.id
    ]
    contracts = select(Contract).where(Contract.enterprise_id == firm.id).order_by(Contract.valid_from_on)
    return FirmView(firm, fate, rows, late, list(session.scalars(contracts)))
