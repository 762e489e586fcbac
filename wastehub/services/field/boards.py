"""What people look at: conflicts, one of them with both versions, events of a phone, missing photos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from ...domain import field_conflicts
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import batches
from ...models import field as rows
from ...models.batches import Container
from ...models.field import Device, DeviceEvent, FieldConflict
from ...models.paging import page_of
from ...models.problems import Problem
from ...models.route_plans import Round
from ...models.scans import photos_known
from ...models.users import User
from .devices import units_of_county


@dataclass(frozen=True, slots=True)
class ConflictBoard:
    """`names`: who stands behind authors; `photos`: those of both sides that have arrived."""

    conflict: FieldConflict
    event: DeviceEvent
    device: Device
    container: Container | None
    round: Round | None
    names: dict[str, str]
    photos: set[str]
    choices: tuple[str, ...]
    problem: Problem | None


def _seen_by(actor: Actor) -> Select[Any]:
    query = select(FieldConflict).options(joinedload(FieldConflict.event))
    if actor.role == "regulator":
        own = FieldConflict.platform_id.in_(units_of_county(actor))
        return query.where(own) if actor.county_code else query
    return query.where(FieldConflict.platform_id == actor.organisation_id)


def conflict_list(
    session: Session, *, actor: Actor, state: str = "open", **page: Any
) -> tuple[list[FieldConflict], int, dict[str, int]]:
    """Conflicts of one's platform, or all for supervision. `state`: open, decided, all."""
    actor.require("conflict.view")
    query = _seen_by(actor)
    if state == "decided":
        query = query.where(FieldConflict.state != "open")
    elif state != "all":
        query = query.where(FieldConflict.state == "open")
    order = {
        "conflict_no": FieldConflict.conflict_no,
        "opened_at": FieldConflict.opened_at,
        "kind": FieldConflict.kind,
    }
    return page_of(session, query, order=order, **page)


def waiting(session: Session, *, actor: Actor) -> int:
    """How many wait for the actor's office."""
    actor.require("conflict.view")
    return rows.open_conflicts(session, actor.organisation_id)


def conflict_board(session: Session, *, actor: Actor, conflict_id: UUID) -> ConflictBoard:
    """One conflict with both versions. Raises Forbidden, NotFound."""
    actor.require("conflict.view")
    row = session.scalars(_seen_by(actor).where(FieldConflict.id == conflict_id)).one_or_none()
    if row is None:
        raise NotFound("object.not_found")
    container = None
    if row.container_id is not None:
        container = batches.containers_by_id(session, [row.container_id]).get(row.container_id)
    loaded = row.ours.get("loaded", {})
    pictures = {row.event.photo_sha256, loaded.get("photo_sha256", "")} - {""}
    return ConflictBoard(
        conflict=row,
        event=row.event,
        device=session.get_one(Device, row.event.device_id),
        container=container,
        round=session.get(Round, row.round_id) if row.round_id else None,
        names=names_of(session, [row.event.author, loaded.get("author", ""), row.decided_by]),
        photos=photos_known(session, pictures),
        choices=field_conflicts.KINDS[row.kind] if row.state == "open" else (),
        problem=session.get(Problem, row.id) if row.choice == "raise_problem" else None,
    )


def names_of(session: Session, authors: Iterable[str]) -> dict[str, str]:
    """The names behind authors, as far as they are people of this installation."""
    ids: dict[UUID, str] = {}
    for author in set(authors):
        try:
            ids[UUID(author.removeprefix("user:"))] = author
        except ValueError:
            continue
    found = session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {ids[key]: name for key, name in found}


def events_of_device(session: Session, *, device_id: UUID, limit: int = 200) -> Sequence[DeviceEvent]:
    """The newest events of a phone, the last number first."""
    query = select(DeviceEvent).where(DeviceEvent.device_id == device_id)
    return session.scalars(query.order_by(DeviceEvent.seq.desc()).limit(limit)).all()


def photos_arrived(session: Session, events: Iterable[DeviceEvent]) -> set[str]:
    """Of the pictures that events name those that are here."""
    return photos_known(session, {row.photo_sha256 for row in events} - {""})


def photos_missing(session: Session, *, round_id: UUID) -> list[DeviceEvent]:
    """Events of a round whose picture has not arrived: flagged, never waited for."""
    query = select(DeviceEvent).where(DeviceEvent.round_id == round_id, DeviceEvent.photo_sha256 != "")
    found = session.scalars(query.order_by(DeviceEvent.acted_at)).all()
    known = photos_arrived(session, found)
    return [row for row in found if row.photo_sha256 not in known]


def rejected(session: Session, device_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How much of what phones sent was kept apart: by device."""
    table = rows.DeviceReject
    query = select(table.device_id, func.count()).where(table.device_id.in_(list(device_ids)))
    return {key: int(count) for key, count in session.execute(query.group_by(table.device_id))}
