"""Phones of crews and their keys: what a phone signs to be registered or renewed; how long its key counts.

The key never leaves the phone. What it signs beside events has the form of events (domain/field_events):
canonical JSON whose "purpose" says what it is, so that no signature can be used for anything else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from wastehub.domain import field_events, texts
from wastehub.domain.errors import InvalidInput

ED25519, P256 = "ed25519", "ecdsa-p256-sha256"
# Bytes of a public key: 32 of RFC 8032; 65 of an uncompressed point.
KEY_BYTES = {ED25519: 32, P256: 65}
SIGNATURE_BYTES = 64
NAME_LONGEST = 60
REASON_LONGEST = 300

State = Literal["active", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a phone says when a person begins to use it. `public_key`: raw bytes."""

    device: UUID
    by: UUID
    at: datetime
    algorithm: str
    public_key: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """A sign of life: `seq` and `head`, number and hash of the newest event that the phone has signed."""

    device: UUID
    by: UUID
    at: datetime
    seq: int
    head: str


def parse_registration(text: str) -> Registration:
    """Raises InvalidInput: event.*, device.algorithm_unknown, device.key_malformed, text.*."""
    fields = ("algorithm", "at", "by", "device", "name", "public_key", "purpose", "v")
    value = field_events.read_canonical(text, required=fields)
    _require_purpose(value, "register")
    body = field_events.Body(value)
    algorithm = body.text("algorithm", longest=40)
    if algorithm not in KEY_BYTES:
        raise InvalidInput("device.algorithm_unknown", field="algorithm", given=algorithm)
    key = decoded(body.text("public_key", longest=120), field="public_key")
    if len(key) != KEY_BYTES[algorithm] or (algorithm == P256 and key[0] != 4):
        raise InvalidInput("device.key_malformed", field="public_key", expected=KEY_BYTES[algorithm])
    name = texts.clean(body.text("name", longest=200), field="name", longest=NAME_LONGEST, required=True)
    return Registration(body.uuid("device"), body.uuid("by"), body.instant("at"), algorithm, key, name)


def parse_renewal(text: str) -> Renewal:
    """Raises InvalidInput: event.*."""
    value = field_events.read_canonical(text, required=("at", "by", "device", "head", "purpose", "seq", "v"))
    _require_purpose(value, "renew")
    body = field_events.Body(value)
    head = body.sha256_or_none("head") if value["head"] else ""
    return Renewal(body.uuid("device"), body.uuid("by"), body.instant("at"), body.whole("seq"), head or "")


def _require_purpose(value: dict[str, Any], purpose: str) -> None:
    if value["purpose"] != purpose:
        raise InvalidInput("event.field_wrong", field="purpose", name="purpose", expected=purpose)


def decoded(text: str, *, field: str) -> bytes:
    """The bytes of standard base64. Raises InvalidInput("device.not_base64")."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as wrong:
        raise InvalidInput("device.not_base64", field=field) from wrong


def key_id(public_key: bytes) -> str:
    """The short name of a key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def state(*, expires_at: datetime, revoked_at: datetime | None, now: datetime) -> State:
    """What a key is worth now."""
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at <= now else "active"


def counts(acted_at: datetime, *, expires_at: datetime, revoked_at: datetime | None) -> str:
    """ "" when a key may speak for an act of that time; else why a person has to decide about it."""
    if revoked_at is not None:
        return "device_revoked"
    return "device_expired" if acted_at > expires_at else ""


def renewed(now: datetime, *, hours: int) -> datetime:
    """Until when a key counts after a sign of life."""
    return now + timedelta(hours=hours)
