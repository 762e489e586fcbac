"""Open today's count of a place, bring its list up to date, drop it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...db import new_id
from ...domain import calendar
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models.batches import Container
from ...models.numbers import take_numbers
from ...models.organisations import organisations_by_id
from ...models.scales import scale_for
from ...models.stock_counts import StockCount, StockCountLine
from ...models.zones import zones_of
from .finding import own_count, places_holding, standing


def open_count(
    session: Session,
    *,
    actor: Actor,
    zone_id: UUID | None = None,
    scale_id: UUID | None = None,
    now: datetime,
) -> StockCount:
    """Begin today's count of a zone (None: what stands in no zone) with what the books have there.

    Raises NotFound, InvalidInput(scale.unknown), Conflict(count.open_already: somebody is counting there).
    """
    actor.require("count.record")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    # The unit's row first: two people who open the same place at once wait for each other here.
    unit = organisations_by_id(session, [actor.organisation_id], lock=True)[actor.organisation_id]
    if zone_id is not None and zone_id not in {zone.id for zone in zones_of(session, [unit.id])[unit.id]}:
        raise NotFound("object.not_found", field="zone_id")
    _require_free(session, unit.id, zone_id)
    scale = scale_for(session, unit.id, scale_id)
    if scale is None and scale_id is not None:
        raise InvalidInput("scale.unknown", field="scale_id")
    on = calendar.on_date(now)
    [number] = take_numbers(session, {f"PD/{on:%Y%m%d}": 1})[f"PD/{on:%Y%m%d}"]
    rows = standing(session, unit.id, zone_id)
    made = StockCount(
        id=new_id(session, now),
        count_no=f"PD{on:%Y%m%d}{number:05d}",
        organisation_id=unit.id,
        zone_id=zone_id,
        scale_id=scale.id if scale else None,
        counted_on=on,
        state="open",
        places_due=len(places_holding(session, [unit.id])[unit.id]),
        opened_by=actor.author,
        opened_at=now,
        counted_by="",
        signed_by="",
        note="",
        expected=len(rows),
        expected_g=sum(row.mass_g for row in rows),
        differing=0,
        difference_g=0,
    )
    made.lines = [_line(row) for row in rows]
    session.add(made)
    session.flush()
    return made


def _require_free(session: Session, organisation_id: UUID, zone_id: UUID | None) -> None:
    place = StockCount.zone_id.is_(None) if zone_id is None else StockCount.zone_id == zone_id
    query = select(StockCount).where(
        StockCount.organisation_id == organisation_id, StockCount.state == "open", place
    )
    running = session.scalars(query.limit(1)).first()
    if running is not None:
        raise Conflict("count.open_already", count_no=running.count_no, count_id=str(running.id))


def _line(row: Container) -> StockCountLine:
    return StockCountLine(
        label_code=row.label_code,
        container_id=row.id,
        waste_code=row.batch.waste_code,
        expected_g=row.mass_g,
        seen_by="",
        source="",
        finding="",
        difference_g=0,
        books_at="",
    )


def refresh(
    session: Session, *, actor: Actor, count_id: UUID, version: int | None, now: datetime
) -> StockCount:
    """Read the books anew for an open count; what was marked stays. Raises as `own_count`."""
    row = own_count(session, actor=actor, count_id=count_id, version=version)
    present = {each.label_code: each for each in standing(session, row.organisation_id, row.zone_id)}
    for line in list(row.lines):
        container = present.pop(line.label_code, None)
        if container is not None:
            line.expected_g, line.container_id = container.mass_g, container.id
        elif line.seen_at is None:
            row.lines.remove(line)
        else:
            line.expected_g = None
    row.lines.extend(_line(container) for container in present.values())
    expected = [line.expected_g for line in row.lines if line.expected_g is not None]
    row.expected, row.expected_g, row.opened_at = len(expected), sum(expected), now
    row.places_due = len(places_holding(session, [row.organisation_id])[row.organisation_id])
    session.flush()
    return row


def drop(session: Session, *, actor: Actor, count_id: UUID, version: int | None, now: datetime) -> StockCount:
    """Give up an open count: nothing of it was entered in the ledger."""
    row = own_count(session, actor=actor, count_id=count_id, version=version)
    row.state, row.counted_by, row.counted_at = "dropped", actor.author, now
    session.flush()
    return row
