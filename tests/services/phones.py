"""A crew's phone in the hands of a test: a key of its own, numbered and chained events, uploads."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.services.driving_world import Road, at
from wastehub.db import Database
from wastehub.domain import devices as rules
from wastehub.domain import field_events
from wastehub.domain.actors import Actor
from wastehub.models.field import Device
from wastehub.models.users import User
from wastehub.models.vehicles import CrewMember
from wastehub.services.field import devices, intake
from wastehub.services.field.seals import Seals

HOURS, MOST = 72, 3
SEALS = Seals("wastehub.example/ledger", frozenset({"wastehub.example"}))


def spoken(moment: datetime) -> str:
    """As JavaScript's toISOString writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def person(database: Database, on: Road, seat: str = "driver") -> Actor:
    """An account for somebody of the round's crew."""
    with database.transaction() as session:
        row = on.row(session)
        member = row.driver if seat == "driver" else row.escort
        assert member is not None
        user = User(
            id=uuid4(),
            login=f"{seat}-{uuid4().hex[:8]}",
            display_name=f"{seat} 示例",
            password_hash="-",
            role="driver",
            organisation_id=on.driver.organisation_id,
            created_at=at(0),
        )
        session.add(user)
        session.flush()
        session.get_one(CrewMember, member.id).user_id = user.id
        return Actor(user.author, "driver", user.id, user.organisation_id)


@dataclass
class Phone:
    """`skew`: how far its clock is behind ours."""

    database: Database
    actor: Actor
    device_id: UUID = field(default_factory=uuid4)
    algorithm: str = rules.ED25519
    skew: timedelta = timedelta()
    seq: int = 0
    head: str = ""
    outbox: list[intake.Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        ed25519 = self.algorithm == rules.ED25519
        self.key: Any = Ed25519PrivateKey.generate() if ed25519 else ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> bytes:
        if self.algorithm == rules.ED25519:
            return bytes(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        public = self.key.public_key()
        return bytes(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def sign(self, text: str) -> str:
        if self.algorithm == rules.ED25519:
            return base64.b64encode(self.key.sign(text.encode())).decode()
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()

    # -- registering --------------------------------------------------------------------------------------

    def registration(self, **changes: Any) -> str:
        said = {
            "v": 1,
            "purpose": "register",
            "device": str(self.device_id),
            "by": str(self.actor.user_id),
            "at": spoken(at(7) - self.skew),
            "algorithm": self.algorithm,
            "public_key": base64.b64encode(self.public_key).decode(),
            "name": "示例手机",
        }
        return field_events.canonical(said | changes)

    def register(self, hour: float = 7, sig: str = "", **changes: Any) -> Device:
        text = self.registration(**changes)
        with self.database.transaction() as session:
            return devices.register(
                session,
                actor=self.actor,
                text=text,
                sig=sig or self.sign(text),
                hours=HOURS,
                most=MOST,
                now=at(hour),
            )

    def used_by(self, other: Actor, hour: float = 7) -> Phone:
        """A colleague signs in on the same phone."""
        mine, self.actor = self.actor, other
        self.register(hour)
        self.actor = mine
        return self

    # -- acting ---------------------------------------------------------------------------------------------

    def text(self, kind: str, body: dict[str, Any], hour: float = 9, /, **changes: Any) -> str:
        said = {
            "v": 1,
            "id": str(uuid4()),
            "device": str(self.device_id),
            "seq": self.seq + 1,
            "prev": self.head,
            "kind": kind,
            "at": spoken(at(hour) - self.skew),
            "by": str(self.actor.user_id),
            "body": body,
        }
        return field_events.canonical({key: v for key, v in (said | changes).items() if v is not ...})

    def do(self, kind: str, body: dict[str, Any], hour: float = 9, /, **changes: Any) -> intake.Sent:
        """An act, signed, numbered, and kept in the outbox."""
        return self.put(self.text(kind, body, hour, **changes))

    def put(self, text: str, sig: str = "") -> intake.Sent:
        self.seq, self.head = self.seq + 1, field_events.sha256(text)
        sent = intake.Sent(text, sig or self.sign(text))
        self.outbox.append(sent)
        return sent

    def send(self, *events: intake.Sent, hour: float = 9, actor: Actor | None = None) -> list[intake.Verdict]:
        """Send some events, or all that were ever made."""
        return self.answer(events or self.outbox, hour=hour, actor=actor).verdicts

    def answer(
        self, events: Sequence[intake.Sent], *, hour: float = 9, actor: Actor | None = None
    ) -> intake.Answer:
        upload = intake.Upload(self.device_id, at(hour) - self.skew, list(events))
        return intake.take_in(
            self.database.reading,
            self.database.transaction,
            actor=actor or self.actor,
            upload=upload,
            seals=SEALS,
            hours=HOURS,
            now=at(hour),
        )

    def row(self) -> Device:
        with self.database.reading() as session:
            return session.get_one(Device, self.device_id)


def load(on: Road, label: str, **more: Any) -> dict[str, Any]:
    """The body of a loading."""
    return {"round_id": str(on.round_id), "label_code": label, "measured_g": 150_000} | more


def phone_of(on: Road, seat: str = "driver", **options: Any) -> Phone:
    """A registered phone of somebody of the crew."""
    made = Phone(on.database, person(on.database, on, seat), **options)
    made.register()
    return made
