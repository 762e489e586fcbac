"""A phone says that it no longer holds numbers which it gave: kept in their place, put before the office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain import field_events, lost_records
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...domain.lost_records import KIND, Lost
from ...models.field import Device, DeviceEvent, DeviceUser, FieldConflict
from .acts import Act, Done, Handler, NeedsDecision


def records_lost(act: Act) -> Done | None:
    """{device, first, last, round_id | trip_id | stop_id}: of this phone, or of one whose key is gone.

    One conflict for each gap; the further numbers of the same gap are only filled.
    """
    lost = lost_records.read(act.body)
    begins = lost_records.require_place(lost, device=act.device_id, seq=act.seq)
    if lost.device != act.device_id:
        _require_missing(act, lost)
    if act.decided or (not begins and _begun(act, lost)):
        return None
    raise NeedsDecision(KIND, "event.records_lost", {"numbers": lost.numbers})


def _begun(act: Act, lost: Lost) -> bool:
    """Whether the gap was told with its first number: else nobody would see it."""
    query = select(DeviceEvent.text).where(
        DeviceEvent.device_id == act.device_id, DeviceEvent.seq == lost.first, DeviceEvent.kind == KIND
    )
    text = act.session.scalar(query)
    return text is not None and _read(text) == lost


def _require_missing(act: Act, lost: Lost) -> None:
    """Raises NotFound("device.unknown"), Conflict("event.records_here")."""
    query = (
        select(Device.last_seq)
        .join(DeviceUser, DeviceUser.device_id == Device.id)
        .where(Device.id == lost.device, DeviceUser.user_id == act.actor.user_id)
    )
    last_seq = act.session.scalar(query)
    if last_seq is None:
        raise NotFound("device.unknown", field="device")
    if lost.first <= last_seq:
        raise Conflict("event.records_here", last_seq=last_seq)


def _read(text: str) -> Lost | None:
    try:
        return lost_records.read(field_events.parse(text).body)
    except InvalidInput:
        return None


def lost_by(session: Session, device_ids: Iterable[UUID]) -> dict[UUID, list[Lost]]:
    """The gaps that phones told of, by the phone that lost the records; the lowest numbers first."""
    wanted = set(device_ids)
    platforms = select(Device.organisation_id).where(Device.id.in_(wanted))
    query = select(DeviceEvent.text).join(FieldConflict, FieldConflict.event_id == DeviceEvent.id)
    query = query.where(FieldConflict.platform_id.in_(platforms), DeviceEvent.kind == KIND)
    told = {lost for text in session.scalars(query) if (lost := _read(text)) and lost.device in wanted}
    made: dict[UUID, list[Lost]] = {}
    for lost in sorted(told, key=lambda each: each.first):
        made.setdefault(lost.device, []).append(lost)
    return made


def undecided(session: Session, device_id: UUID) -> bool:
    """Whether a gap of this phone waits for the office."""
    query = select(FieldConflict.id).join(DeviceEvent, DeviceEvent.id == FieldConflict.event_id)
    query = query.where(
        DeviceEvent.device_id == device_id, DeviceEvent.kind == KIND, FieldConflict.state == "open"
    )
    return session.scalar(query.limit(1)) is not None


HANDLERS: Mapping[str, Handler] = {KIND: records_lost}
