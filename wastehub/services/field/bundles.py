"""The signed texts of a round as one file that anybody can check without the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain import field_events
from ...domain.errors import InvalidInput, NotFound
from ...models.field import Device, DeviceEvent, DeviceUser
from ...models.route_plans import Round
from .signatures import key_of

FORM = "wastehub-field-1"


def bundle(session: Session, round_no: str) -> dict[str, Any]:
    """Keys, registrations, and each phone's texts from its first to its last of the round, without a gap.

    Raises NotFound("object.not_found").
    """
    round_id = session.scalar(select(Round.id).where(Round.round_no == round_no))
    if round_id is None:
        raise NotFound("object.not_found")
    query = (
        select(DeviceEvent.device_id, func.min(DeviceEvent.seq), func.max(DeviceEvent.seq))
        .where(DeviceEvent.round_id == round_id)
        .group_by(DeviceEvent.device_id)
        .order_by(DeviceEvent.device_id)
    )
    phones = [_phone(session, *found) for found in session.execute(query).all()]
    return {"form": FORM, "round": round_no, "devices": phones}


def _phone(session: Session, device_id: UUID, first: int, last: int) -> dict[str, Any]:
    row = session.get_one(Device, device_id)
    people = session.scalars(select(DeviceUser).where(DeviceUser.device_id == device_id))
    events = session.scalars(
        select(DeviceEvent)
        .where(DeviceEvent.device_id == device_id, DeviceEvent.seq.between(first, last))
        .order_by(DeviceEvent.seq)
    )
    return {
        "device": str(row.id),
        "algorithm": row.algorithm,
        "public_key": row.public_key,
        "registrations": [{"text": each.text, "sig": each.sig} for each in people],
        "events": [{"text": e.text, "sig": e.sig, "outcome": e.outcome} for e in events],
    }


def check(data: Mapping[str, Any]) -> list[str]:
    """What is wrong with such a file; nothing when every text was signed and follows the one before it."""
    if data.get("form") != FORM:
        return [f"not a file of the form {FORM}"]
    return [finding for phone in data["devices"] for finding in _check_phone(phone)]


def _check_phone(phone: Mapping[str, Any]) -> list[str]:
    device = phone["device"]
    try:
        key = key_of(phone["algorithm"], phone["public_key"])
    except (InvalidInput, KeyError):
        return [f"{device}: its key cannot be read"]
    signed: Sequence[Mapping[str, str]] = [*phone["registrations"], *phone["events"]]
    wrong = [
        f"{device}: a text was not signed with its key: {each['text'][:60]}…"
        for each in signed
        if not key.signed(each["text"], each["sig"])
    ]
    before = None
    for each in phone["events"]:
        event = _read(each["text"])
        if event is None or str(event.device) != device:
            wrong.append(f"{device}: a text is no event of this phone")
            continue
        if before is not None and (event.seq, event.prev) != (before.seq + 1, before.sha256):
            wrong.append(f"{device} number {event.seq}: it does not follow the event before it")
        before = event
    return wrong


def _read(text: str) -> field_events.FieldEvent | None:
    try:
        return field_events.parse(text)
    except InvalidInput as fault:
        return field_events.skeleton(text, fault)
