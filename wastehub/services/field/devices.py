"""Phones of crews: registered by who uses them, renewed by a sign of life, revoked by office or driver."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, select, true
from sqlalchemy.orm import Session, joinedload

from ... import ledger
from ...domain import devices, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models import field as rows
from ...models.field import Device, DeviceUser
from ...models.organisations import Organisation
from .signatures import Key, key_of


def register(
    session: Session, *, actor: Actor, text: str, sig: str, hours: int, most: int, now: datetime
) -> Device:
    """A person begins to use a phone; the phone signs that it has the key. Twice is harmless.

    The first person brings the key; a colleague of the same unit may join on the phone. `hours`: how long the
    key counts without a sign of life; `most`: phones of one person at a time.
    Raises Forbidden, InvalidInput (event.*, device.*), Conflict (device.id_taken, device.key_taken,
    device.revoked, device.too_many).
    """
    actor.require("device.register")
    said = devices.parse_registration(text)
    if said.by != actor.user_id or actor.organisation_id is None:
        raise InvalidInput("device.other_person", field="by")
    if not Key(said.algorithm, said.public_key).signed(text, sig):
        raise InvalidInput("device.proof_wrong", field="sig")
    row = rows.device_by_id(session, said.device, lock=True)
    if row is None:
        row = _add(session, actor, said, most=most, now=now)
    elif row.key_id != devices.key_id(said.public_key) or row.organisation_id != actor.organisation_id:
        raise Conflict("device.id_taken", field="device")
    elif row.revoked_at is not None:
        raise Conflict("device.revoked", revoked_at=row.revoked_at)
    _seen(row, now, hours)
    if actor.user_id not in {person.user_id for person in row.people}:
        person = DeviceUser(device_id=row.id, user_id=actor.user_id, added_at=now, text=text, sig=sig)
        row.people.append(person)
        session.flush()
        _log(session, row, "device.registered", actor, now)
    session.flush()
    return row


def _add(session: Session, actor: Actor, said: devices.Registration, *, most: int, now: datetime) -> Device:
    _require_room(session, actor, most=most, now=now)
    key = devices.key_id(said.public_key)
    if session.scalar(select(Device.id).where(Device.key_id == key)) is not None:
        raise Conflict("device.key_taken", field="public_key")
    assert actor.user_id is not None and actor.organisation_id is not None
    row = Device(
        id=said.device,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        algorithm=said.algorithm,
        public_key=base64.b64encode(said.public_key).decode(),
        key_id=key,
        name=said.name,
        registered_at=now,
        expires_at=now,
        last_seen_at=now,
        skew_s=0,
        last_seq=0,
        head="",
        claimed_seq=0,
        reported_seq=0,
        people=[],
    )
    session.add(row)
    session.flush()
    return row


def _require_room(session: Session, actor: Actor, *, most: int, now: datetime) -> None:
    """Raises Conflict("device.too_many")."""
    query = select(func.count()).select_from(Device).where(Device.user_id == actor.user_id)
    query = query.where(Device.revoked_at.is_(None), Device.expires_at > now)
    if (session.scalar(query) or 0) >= most:
        raise Conflict("device.too_many", most=most)


def _seen(row: Device, now: datetime, hours: int) -> None:
    row.last_seen_at = now
    row.expires_at = devices.renewed(now, hours=hours)


def renew(
    session: Session, *, actor: Actor, device_id: UUID, text: str, sig: str, hours: int, now: datetime
) -> Device:
    """A sign of life, signed: the key counts on, and the office sees how much the phone still has to send.

    Raises Forbidden, NotFound, InvalidInput (event.*, device.proof_wrong), Conflict("device.revoked").
    """
    actor.require("device.register")
    row = mine(session, actor=actor, device_id=device_id, lock=True)
    if row.revoked_at is not None:
        raise Conflict("device.revoked", revoked_at=row.revoked_at)
    said = devices.parse_renewal(text)
    if said.device != row.id or said.by != actor.user_id:
        raise InvalidInput("device.other_person", field="by")
    if not key_of(row.algorithm, row.public_key).signed(text, sig):
        raise InvalidInput("device.proof_wrong", field="sig")
    row.claimed_seq = max(row.claimed_seq, said.seq)
    _seen(row, now, hours)
    session.flush()
    return row


def revoke(session: Session, *, actor: Actor, device_id: UUID, reason: str, now: datetime) -> Device:
    """The key counts no more, and the phone empties itself as soon as it asks: by its driver or the office.

    Revoking again changes nothing. Raises Forbidden, NotFound("device.unknown"), InvalidInput(text.*).
    """
    actor.require("device.revoke")
    row = _visible_one(session, actor, device_id, lock=True)
    why = texts.clean(reason, field="reason", longest=devices.REASON_LONGEST, required=True)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by, row.revoke_reason = now, actor.author, why
        session.flush()
        _log(session, row, "device.revoked", actor, now, reason=why)
    return row


def mine(session: Session, *, actor: Actor, device_id: UUID, lock: bool = False) -> Device:
    """A phone that the actor is registered on. Raises NotFound("device.unknown")."""
    row = rows.device_by_id(session, device_id, lock=lock)
    if row is None or actor.user_id not in {person.user_id for person in row.people}:
        raise NotFound("device.unknown")
    return row


def detail(session: Session, *, actor: Actor, device_id: UUID) -> Device:
    """A phone with its people, for whoever may see it. Raises Forbidden, NotFound("device.unknown")."""
    actor.require("device.view")
    return _visible_one(session, actor, device_id)


def _visible_one(session: Session, actor: Actor, device_id: UUID, *, lock: bool = False) -> Device:
    seen = session.scalar(select(Device.id).where(Device.id == device_id, _visible(actor)))
    row = rows.device_by_id(session, seen, lock=lock) if seen else None
    if row is None:
        raise NotFound("device.unknown")
    return row


def device_list(session: Session, *, actor: Actor, limit: int = 500) -> list[Device]:
    """One's own phones, those of one's platform, or all: in use before revoked, then the last seen first."""
    actor.require("device.view")
    query = (
        select(Device)
        .where(_visible(actor))
        .options(
            joinedload(Device.user),
            joinedload(Device.organisation),
            joinedload(Device.people).joinedload(DeviceUser.user),
        )
        .order_by(Device.revoked_at.is_not(None), Device.last_seen_at.desc())
        .limit(limit)
    )
    return list(session.scalars(query).unique())


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.role == "admin" or (actor.role == "regulator" and not actor.county_code):
        return true()
    if actor.role == "regulator":
        return Device.organisation_id.in_(units_of_county(actor))
    if actor.role == "driver":
        own = select(DeviceUser.device_id).where(DeviceUser.user_id == actor.user_id)
        return Device.id.in_(own)
    if actor.organisation_id is None:
        return false()
    return Device.organisation_id == actor.organisation_id


def units_of_county(actor: Actor) -> Select[Any]:
    """The platforms that a county's office supervises: those that stand in it."""
    return select(Organisation.id).where(Organisation.county_code == actor.county_code)


def _log(session: Session, row: Device, kind: str, actor: Actor, now: datetime, **personal: str) -> None:
    """Which key counts from when, and for whom: an auditor reads it from the log alone."""
    unit = session.get_one(Organisation, row.organisation_id)
    event = ledger.Event(
        type=kind,
        author=actor.author,
        site=unit.site,
        at=now,
        subject=str(row.id),
        facts={"key": row.key_id, "algorithm": row.algorithm, "public_key": row.public_key},
        personal=personal,
    )
    ledger.append(session, [event], now=now)
