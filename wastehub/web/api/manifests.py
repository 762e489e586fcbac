"""Transfer manifests over HTTP. Masses are grams; `null` until the signature that states them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...services import manifests
from ..acting import Act, acting, viewing

api = Blueprint("api_manifests", __name__, description="Transfer manifests / 转移联单")


class ManifestQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    state = fields.String(load_default="", validate=validate.Length(max=20))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class ManifestRowSchema(Schema):
    id = fields.UUID()
    number = fields.String()
    official = fields.Boolean()
    leg = fields.Integer()
    state = fields.String()
    mover_out = fields.String()
    acceptor = fields.String()
    plate = fields.String()
    mass_g = fields.Integer()
    opened_at = fields.AwareDateTime()
    arrived_at = fields.AwareDateTime(allow_none=True)
    confirm_due_on = fields.Date(allow_none=True)


class ManifestPageSchema(Schema):
    items = fields.List(fields.Nested(ManifestRowSchema))
    count = fields.Integer()
    mass_g = fields.Integer()


class PartySchema(Schema):
    code = fields.String()
    credit_code = fields.String(allow_none=True)
    name = fields.String()
    address = fields.String()
    contact_name = fields.String()
    contact_phone = fields.String()


class ManifestLineSchema(Schema):
    line_no = fields.Integer()
    waste_code = fields.String()
    waste_name = fields.String()
    hazards = fields.String()
    form = fields.String()
    packaging = fields.String()
    containers = fields.Integer()
    declared_g = fields.Integer()
    loaded_g = fields.Integer(allow_none=True)
    accepted_g = fields.Integer(allow_none=True)
    method_code = fields.String(allow_none=True)


class CarriageSchema(Schema):
    seq = fields.Integer()
    carrier_name = fields.String()
    carrier_permit_number = fields.String()
    vehicle_plate = fields.String()
    vehicle_certificate_number = fields.String()
    driver_name = fields.String()
    escort_name = fields.String()
    place = fields.String()
    handed_over_at = fields.AwareDateTime()


class ManifestSchema(Schema):
    id = fields.UUID()
    provisional_no = fields.String()
    official_no = fields.String(allow_none=True)
    leg = fields.Integer()
    state = fields.String()
    version = fields.Integer()
    mover_out = fields.Nested(PartySchema)
    carrier = fields.Nested(PartySchema)
    acceptor = fields.Nested(PartySchema)
    opened_at = fields.AwareDateTime()
    loaded_at = fields.AwareDateTime(allow_none=True)
    arrived_at = fields.AwareDateTime(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    confirm_due_on = fields.Date(allow_none=True)
    opinion = fields.String()
    opinion_note = fields.String()
    paper_no = fields.String(metadata={"description": "number on the paper, when it was run on paper"})
    paper_since_at = fields.AwareDateTime(allow_none=True)
    backfill_due_on = fields.Date(allow_none=True)
    backfilled_at = fields.AwareDateTime(allow_none=True)
    carriages = fields.List(fields.Nested(CarriageSchema))
    lines = fields.List(fields.Nested(ManifestLineSchema))


class NumberSchema(Schema):
    number = fields.String(required=True, validate=validate.Length(1, 60))
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


@api.route("/manifests", methods=["GET"])
@api.arguments(ManifestQuerySchema, location="query")
@api.response(200, ManifestPageSchema)
@viewing("manifest.view")
def list_manifests(act: Act, query: dict[str, Any]) -> Response:
    """The manifests one may see, the newest first."""
    rows, count, sums = manifests.list_manifests(
        act.session,
        actor=act.actor,
        today=calendar.on_date(act.now),
        text=query["q"],
        state=query["state"],
        limit=query["limit"],
        offset=query["offset"],
    )
    return jsonify(ManifestPageSchema().dump({"items": rows, "count": count, **sums}))


@api.route("/manifests/<uuid:manifest_id>", methods=["GET"])
@api.response(200, ManifestSchema)
@viewing("manifest.view")
def read_manifest(act: Act, manifest_id: UUID) -> Response:
    """One manifest with its lines."""
    form = manifests.manifest_view(act.session, actor=act.actor, manifest_id=manifest_id)
    return jsonify(ManifestSchema().dump(form.manifest))


@api.route("/manifests/<uuid:manifest_id>/official-number", methods=["PUT"])
@api.arguments(NumberSchema)
@api.response(200, ManifestSchema)
@acting("manifest.number", schema=ManifestSchema)
def record_official_number(act: Act, payload: dict[str, Any], manifest_id: UUID) -> Any:
    """Enter the 14 digits that the national system has issued."""
    return manifests.record_official_number(
        act.session, actor=act.actor, manifest_id=manifest_id, now=act.now, **payload
    )
