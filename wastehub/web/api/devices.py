"""Phones of crews: registered with a key that never leaves them, renewed by a sign of life, revoked.

A phone proves that it has its key by signing a text, canonical JSON like that of events: to register
`{"algorithm","at","by","device","name","public_key","purpose":"register","v":1}`, to renew
`{"at","by","device","head","purpose":"renew","seq","v":1}`. Algorithms: ed25519, ecdsa-p256-sha256.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import devices as rules
from ...services.field import devices
from ..acting import Act, acting, viewing
from ..context import settings

api = Blueprint("api_devices", __name__, description="Phones of crews / 手机与设备")


class SignedTextSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 8192))
    sig = fields.String(required=True, validate=validate.Length(1, 200), metadata={"description": "base64"})


class DeviceSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    state = fields.String(metadata={"description": "active, expired, revoked"})
    algorithm = fields.String()
    public_key = fields.String()
    key_id = fields.String()
    registered_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)
    revoke_reason = fields.String()
    last_seen_at = fields.AwareDateTime()
    clock_skew_s = fields.Integer(attribute="skew_s")
    last_seq = fields.Integer(metadata={"description": "the last event that is kept"})
    head = fields.String(metadata={"description": "SHA-256 of its text"})
    unsent = fields.Integer(metadata={"description": "events it has spoken of that have not arrived"})


class RevocationSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, rules.REASON_LONGEST))


def shown(act: Act, row: Any) -> dict[str, Any]:
    """A phone with what its key is worth now."""
    made = {name: getattr(row, name) for name in _COLUMNS}
    state = rules.state(expires_at=row.expires_at, revoked_at=row.revoked_at, now=act.now)
    return made | {"state": state}


_COLUMNS = (
    "id", "name", "algorithm", "public_key", "key_id", "registered_at", "expires_at", "revoked_at",
    "revoke_reason", "last_seen_at", "skew_s", "last_seq", "head", "unsent",
)  # fmt: skip


@api.route("/devices", methods=["POST"])
@api.arguments(SignedTextSchema)
@api.response(201, DeviceSchema)
@acting("device.register", schema=DeviceSchema, status=201)
def register(act: Act, payload: dict[str, Any]) -> Any:
    """Begin to use a phone: it signs who uses it, with the key that it will sign events with."""
    row = devices.register(
        act.session,
        actor=act.actor,
        hours=settings().device_hours,
        most=settings().devices_per_person,
        now=act.now,
        **payload,
    )
    return shown(act, row)


@api.route("/devices", methods=["GET"])
@api.response(200, DeviceSchema(many=True))
@viewing("device.view")
def index(act: Act) -> Any:
    """One's own phones; the office's platform's."""
    return [shown(act, row) for row in devices.device_list(act.session, actor=act.actor)]


@api.route("/devices/<uuid:device_id>", methods=["GET"])
@api.response(200, DeviceSchema)
@viewing("device.view")
def detail(act: Act, device_id: UUID) -> Any:
    """The state of a phone: one that finds itself revoked empties itself."""
    return shown(act, devices.detail(act.session, actor=act.actor, device_id=device_id))


@api.route("/devices/<uuid:device_id>/renew", methods=["POST"])
@api.arguments(SignedTextSchema)
@api.response(200, DeviceSchema)
@acting("device.register", schema=DeviceSchema)
def renew(act: Act, payload: dict[str, Any], device_id: UUID) -> Any:
    """A signed sign of life: the key counts on, and the office sees how much is still to come."""
    row = devices.renew(
        act.session,
        actor=act.actor,
        device_id=device_id,
        hours=settings().device_hours,
        now=act.now,
        **payload,
    )
    return shown(act, row)


@api.route("/devices/<uuid:device_id>/revoke", methods=["POST"])
@api.arguments(RevocationSchema)
@api.response(200, DeviceSchema)
@acting("device.revoke", schema=DeviceSchema)
def revoke(act: Act, payload: dict[str, Any], device_id: UUID) -> Any:
    """The key counts no more: lost, stolen, handed back. By its driver or the office."""
    row = devices.revoke(act.session, actor=act.actor, device_id=device_id, now=act.now, **payload)
    return shown(act, row)
