"""What mover-out and crew confirmed and changed at the gate, for the parties of a manifest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from ...services import handing_over, manifests
from ..acting import Act, viewing

api = Blueprint("api_hand_overs", __name__, description="Handing over at the gate / 现场交接")


class ConfirmationSchema(Schema):
    id = fields.UUID()
    way = fields.String(metadata={"description": "glass (signature), code, standing (consent)"})
    person_name = fields.String()
    photo_sha256 = fields.String(allow_none=True)
    containers = fields.Integer()
    mass_g = fields.Integer()
    confirmed_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    lon_e6 = fields.Integer(allow_none=True)
    lat_e6 = fields.Integer(allow_none=True)
    accuracy_m = fields.Integer(allow_none=True)


class AgreedChangeSchema(Schema):
    id = fields.UUID()
    label_code = fields.String(attribute="container.label_code")
    what = fields.String(metadata={"description": "amount, packaging"})
    before_g = fields.Integer(allow_none=True)
    after_g = fields.Integer(allow_none=True)
    before_type = fields.String(allow_none=True)
    after_type = fields.String(allow_none=True)
    reason = fields.String()
    note = fields.String()
    firm_name = fields.String()
    firm_role = fields.String()
    crew_name = fields.String()
    photo_sha256 = fields.String(allow_none=True)
    agreed_at = fields.AwareDateTime()


class HandOverSchema(Schema):
    confirmations = fields.List(fields.Nested(ConfirmationSchema))
    changes = fields.List(fields.Nested(AgreedChangeSchema))


@api.route("/manifests/<uuid:manifest_id>/hand-over", methods=["GET"])
@api.response(200, HandOverSchema)
@viewing("manifest.view")
def read_hand_over(act: Act, manifest_id: UUID) -> Response:
    """How the mover-out confirmed, and what both changed at the gate; empty for a manifest without a stop."""
    form = manifests.manifest_view(act.session, actor=act.actor, manifest_id=manifest_id)
    found: Any = {"confirmations": [], "changes": []}
    if form.manifest.stop_id is not None:
        [found] = handing_over.at_stops(act.session, [form.manifest.stop_id]).values()
    return jsonify(HandOverSchema().dump(found))
