"""Links with which an officer reads the papers of a load for half an hour, over HTTP (F22)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from ...services import roadside
from ..acting import Act, acting, viewing
from ..roadside_tokens import address_of

api = Blueprint("api_roadside_passes", __name__, description="Roadside links / 路检二维码")


class PassSchema(Schema):
    id = fields.UUID()
    round_id = fields.UUID(allow_none=True)
    lot_id = fields.UUID(allow_none=True)
    shown_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)
    address = fields.Function(
        lambda row: address_of(row.id),
        metadata={"type": "string", "description": "opens without sign-in; stands in the code"},
    )


class ShownSchema(Schema):
    link = fields.Nested(PassSchema, attribute="made")
    openings = fields.Integer(metadata={"description": "how often it was opened"})


class ShownListSchema(Schema):
    items = fields.List(fields.Nested(ShownSchema))


@api.route("/rounds/<uuid:round_id>/roadside-passes", methods=["GET"])
@api.response(200, ShownListSchema)
@viewing("roadside.show")
def list_of_round(act: Act, round_id: UUID) -> Any:
    """The links of a round that open now."""
    _row, found = roadside.alive(act.session, actor=act.actor, round_id=round_id, now=act.now)
    return {"items": found}


@api.route("/rounds/<uuid:round_id>/roadside-passes", methods=["POST"])
@api.response(201, PassSchema)
@acting("roadside.show", schema=PassSchema, status=201)
def show_round(act: Act, round_id: UUID) -> Any:
    """A new link to the papers of a round that is under way."""
    return roadside.show(act.session, actor=act.actor, round_id=round_id, now=act.now)


@api.route("/lots/<uuid:lot_id>/roadside-passes", methods=["GET"])
@api.response(200, ShownListSchema)
@viewing("roadside.show_lot")
def list_of_lot(act: Act, lot_id: UUID) -> Any:
    """The links of a lot that open now."""
    return {"items": roadside.alive_of_lot(act.session, actor=act.actor, lot_id=lot_id, now=act.now)}


@api.route("/lots/<uuid:lot_id>/roadside-passes", methods=["POST"])
@api.response(201, PassSchema)
@acting("roadside.show_lot", schema=PassSchema, status=201)
def show_lot(act: Act, lot_id: UUID) -> Any:
    """A new link to the papers of a lot on its way to a plant."""
    return roadside.show_lot(act.session, actor=act.actor, lot_id=lot_id, now=act.now)


@api.route("/roadside-passes/<uuid:pass_id>/renewal", methods=["POST"])
@api.response(200, PassSchema)
@acting("roadside.show_lot", schema=PassSchema)
def renew(act: Act, pass_id: UUID) -> Any:
    """Half an hour more, from now."""
    return roadside.renew(act.session, actor=act.actor, pass_id=pass_id, now=act.now)


@api.route("/roadside-passes/<uuid:pass_id>/withdrawal", methods=["POST"])
@api.response(200, PassSchema)
@acting("roadside.show_lot", schema=PassSchema)
def revoke(act: Act, pass_id: UUID) -> Any:
    """The link opens no more."""
    return roadside.revoke(act.session, actor=act.actor, pass_id=pass_id, now=act.now)
