"""Crews' phones, the signed events that they sent, and what people have to decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, BigKey
from ..domain.field_events import Chain, Known
from .organisations import Organisation
from .users import User
from .versioned import Versioned


class Device(Versioned, Base):
    """A phone with its key. The id was made on the phone; the key never changes: a new key is a new device.

    `expires_at`: the last sign of life plus a shift and the nights around it; what it says it did later waits
    for a person. `last_seq`, `head`: number and hash of the last event that was kept. `claimed_seq`: the
    highest number the phone ever spoke of; the difference has not arrived. `reported_seq`: up to here the
    ledger has the phone's uploads. `skew_s`: how far its clock was behind ours at its last upload.
    """

    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("key_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    algorithm: Mapped[str] = mapped_column(String(20))
    public_key: Mapped[str] = mapped_column(String(120))
    key_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(60))
    registered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(60), default="")
    revoke_reason: Mapped[str] = mapped_column(String(300), default="")
    last_seen_at: Mapped[datetime]
    skew_s: Mapped[int] = mapped_column(BigInteger, default=0)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    claimed_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    reported_seq: Mapped[int] = mapped_column(BigInteger, default=0)

    user: Mapped[User] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    people: Mapped[list[DeviceUser]] = relationship(lazy="raise", order_by="DeviceUser.added_at")

    @property
    def chain(self) -> Chain:
        return Chain(self.last_seq, self.head)

    @property
    def unsent(self) -> int:
        """Events that the phone has spoken of and that have not arrived."""
        return max(0, self.claimed_seq - self.last_seq)


class DeviceUser(Base):
    """A person who uses a phone, with the text that the phone's key signed when this began."""

    __tablename__ = "device_users"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    added_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    sig: Mapped[str] = mapped_column(String(120))

    user: Mapped[User] = relationship(lazy="raise")


class DeviceEvent(Base):
    """One event as it was signed, with the answer that it got. Never changed: the first text wins.

    `said_at`: the phone's clock; `acted_at`: put right by `skew_s`, never later than `received_at`.
    `outcome`: accepted, refused, conflict. `chained`: whether it named the event before it.
    """

    __tablename__ = "device_events"
    __table_args__ = (
        UniqueConstraint("device_id", "seq"),
        Index("ix_device_events_round_id_acted_at", "round_id", "acted_at"),
        Index("ix_device_events_photo_sha256", "photo_sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    sig: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(30))
    author: Mapped[str] = mapped_column(String(60))
    sent_by: Mapped[str] = mapped_column(String(60))
    said_at: Mapped[datetime]
    acted_at: Mapped[datetime]
    received_at: Mapped[datetime]
    skew_s: Mapped[int] = mapped_column(BigInteger)
    chained: Mapped[bool] = mapped_column(Boolean)
    outcome: Mapped[str] = mapped_column(String(10))
    outcome_code: Mapped[str] = mapped_column(String(60), default="")
    verdict: Mapped[dict[str, Any]] = mapped_column(JSON)
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("rounds.id"))
    photo_sha256: Mapped[str] = mapped_column(String(64), default="")

    device: Mapped[Device] = relationship(lazy="raise")


class DeviceReject(Base):
    """What a phone sent that did not get a place in its chain: kept as evidence, never carried out.

    `why`: id_reused, sequence_reused, signature_wrong, unreadable, other_device.
    """

    __tablename__ = "device_rejects"
    __table_args__ = (UniqueConstraint("device_id", "sha256", "why"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id"))
    why: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    sig: Mapped[str] = mapped_column(String(200))
    sent_by: Mapped[str] = mapped_column(String(60))
    received_at: Mapped[datetime]


class FieldConflict(Versioned, Base):
    """Two records that contradict each other. `state`: open, resolved (something was done), dismissed.

    `ours`: what the platform knew; `theirs`: what the phone says; both as plain data, as they were then.
    """

    __tablename__ = "field_conflicts"
    __table_args__ = (
        UniqueConstraint("conflict_no"),
        UniqueConstraint("event_id"),
        Index("ix_field_conflicts_platform_id_state", "platform_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conflict_no: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("device_events.id"))
    code: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    stop_id: Mapped[UUID | None] = mapped_column(ForeignKey("stops.id"))
    container_id: Mapped[UUID | None] = mapped_column(ForeignKey("containers.id"), index=True)
    ours: Mapped[dict[str, Any]] = mapped_column(JSON)
    theirs: Mapped[dict[str, Any]] = mapped_column(JSON)
    opened_at: Mapped[datetime]
    choice: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    event: Mapped[DeviceEvent] = relationship(lazy="raise")


def device_by_id(session: Session, device_id: UUID, *, lock: bool = False) -> Device | None:
    """A phone with the people who use it."""
    query = (
        select(Device)
        .where(Device.id == device_id)
        .options(joinedload(Device.people))
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Device)
    return session.scalars(query).unique().one_or_none()


def known_events(
    session: Session, device_id: UUID, ids: Sequence[UUID], seqs: Sequence[int]
) -> list[DeviceEvent]:
    """What is kept under some ids, and under some numbers of a device."""
    wanted = DeviceEvent.id.in_(ids) | ((DeviceEvent.device_id == device_id) & DeviceEvent.seq.in_(seqs))
    return list(session.scalars(select(DeviceEvent).where(wanted)))


def as_known(row: DeviceEvent) -> Known:
    return Known(row.id, row.device_id, row.seq, row.sha256)


def open_conflicts(session: Session, platform_id: UUID | None) -> int:
    """How many contradictions wait for a platform's office."""
    query = select(func.count()).select_from(FieldConflict)
    query = query.where(FieldConflict.platform_id == platform_id, FieldConflict.state == "open")
    return int(session.scalar(query) or 0)
