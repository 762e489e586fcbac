"""What the counts share: which count, and what the books have in a place."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...domain.stock_counts import HERE
from ...models.batches import Batch, Container
from ...models.stock_counts import StockCount, count_by_id
from ...models.versioned import require_version

# What stands against an act, by the state that the count is in.
REFUSED = {
    "open": "count.not_counted",
    "counted": "count.closed_already",
    "signed": "count.already_signed",
    "dropped": "count.dropped",
}


def own_count(
    session: Session,
    *,
    actor: Actor,
    count_id: UUID,
    action: str = "count.record",
    states: Sequence[str] = ("open",),
    version: int | None = None,
) -> StockCount:
    """The count of the actor's own unit, locked. Raises NotFound, StaleVersion, Conflict (REFUSED)."""
    actor.require(action)
    row = count_by_id(session, count_id, lock=True)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.organisation_id)
    if row.state not in states:
        raise Conflict(REFUSED[row.state], count_no=row.count_no)
    require_version(row, version)
    return row


def standing(session: Session, organisation_id: UUID, zone_id: UUID | None) -> list[Container]:
    """The containers that the books have in a place of a store, by label."""
    place = Container.zone_id.is_(None) if zone_id is None else Container.zone_id == zone_id
    query = (
        select(Container)
        .where(Container.holder_id == organisation_id, Container.state.in_(HERE), place)
        .options(joinedload(Container.batch).selectinload(Batch.enterprise))
        .order_by(Container.label_code)
    )
    return list(session.scalars(query))


def places_holding(session: Session, organisation_ids: Sequence[UUID]) -> dict[UUID, dict[UUID | None, int]]:
    """Unit -> zone (None: no zone) -> containers; only places that hold something."""
    found: dict[UUID, dict[UUID | None, int]] = {key: {} for key in organisation_ids}
    query = (
        select(Container.holder_id, Container.zone_id, func.count())
        .where(Container.holder_id.in_(list(organisation_ids)), Container.state.in_(HERE))
        .group_by(Container.holder_id, Container.zone_id)
    )
    for holder, zone, containers in session.execute(query):
        assert holder is not None, "the query names holders"
        found[holder][zone] = containers
    return found


def with_batches(session: Session, label_codes: Sequence[str]) -> dict[str, Container]:
    """Containers by label with batch and enterprise, locked until the transaction ends."""
    found: dict[str, Container] = {}
    for start in range(0, len(label_codes), 500):
        query = (
            select(Container)
            .where(Container.label_code.in_(label_codes[start : start + 500]))
            .options(selectinload(Container.batch).selectinload(Batch.enterprise))
            .order_by(Container.id)
            .with_for_update(of=Container)
            .execution_options(populate_existing=True)
        )
        found.update({row.label_code: row for row in session.scalars(query)})
    return found
