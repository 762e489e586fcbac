"""Outbound lots over HTTP: pack, ship, and receive at the plant. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar, waybills
from ...services import lot_boards, lots, treatments
from ...services.lots import LotDraft, Shipment
from ...services.treatments import LotDecision, LotReception
from ..acting import Act, acting, viewing
from .receptions import GateDecisionSchema, ReceptionSchema

api = Blueprint("api_lots", __name__, description="Outbound lots / 出库批次")


class LotSchema(Schema):
    id = fields.UUID()
    lot_no = fields.String()
    waste_code = fields.String()
    planned_method = fields.String()
    state = fields.String()
    platform_id = fields.UUID()
    plant_id = fields.UUID()
    opened_at = fields.AwareDateTime()
    shipped_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class LotRowSchema(Schema):
    id = fields.UUID()
    lot_no = fields.String()
    waste_code = fields.String()
    platform = fields.String()
    plant = fields.String()
    method = fields.String()
    state = fields.String()
    containers = fields.Integer()
    mass_g = fields.Integer()
    opened_at = fields.AwareDateTime()
    shipped_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)


class LotPageSchema(Schema):
    items = fields.List(fields.Nested(LotRowSchema))
    count = fields.Integer()


class LotQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    state = fields.String(
        load_default="", validate=validate.OneOf(["", "open", "shipped", "received", "cancelled"])
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class LotItemSchema(Schema):
    container_id = fields.Function(lambda row: str(row.container.id))
    label_code = fields.Function(lambda row: row.container.label_code)
    batch_no = fields.Function(lambda row: row.container.batch.batch_no)
    firm = fields.Function(lambda row: row.container.batch.enterprise.name)
    mass_g = fields.Integer()
    weighed_g = fields.Function(lambda row: row.line.weighed_g if row.line else None)
    decision = fields.Function(lambda row: row.line.decision if row.line else None)


class LotViewSchema(Schema):
    lot = fields.Nested(LotSchema)
    items = fields.List(fields.Nested(LotItemSchema))
    mass_g = fields.Integer()
    manifest = fields.Function(lambda row: row.paper.number if row.paper else None)


class LotDraftSchema(Schema):
    plant_id = fields.UUID(required=True)
    waste_code = fields.String(required=True, validate=validate.Length(max=10))
    planned_method = fields.String(load_default="", validate=validate.Length(max=4))
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=1_000))


class LotContentsSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=1_000))
    version = fields.Integer(strict=True, required=True)


class LotVersionSchema(Schema):
    version = fields.Integer(strict=True, required=True)


class LotShipmentSchema(Schema):
    vehicle_id = fields.UUID(required=True)
    driver_id = fields.UUID(required=True)
    escort_id = fields.UUID(required=True)
    check_vehicle = fields.String(load_default="", validate=validate.Length(max=20))
    check_crew = fields.String(load_default="", validate=validate.Length(max=20))
    check_inspection = fields.String(load_default="", validate=validate.Length(max=20))
    check_goods = fields.String(load_default="", validate=validate.Length(max=20))
    check_filling = fields.String(load_default="", validate=validate.Length(max=20))
    note = fields.String(load_default="", validate=validate.Length(max=1000))
    on_paper = fields.String(
        load_default="",
        validate=validate.Length(max=1000),
        metadata={"description": "why the manifest is run on paper (Order 23, Art. 20); empty: it is not"},
    )


class LotReceptionSchema(Schema):
    decisions = fields.List(
        fields.Nested(GateDecisionSchema), load_default=list, validate=validate.Length(max=1_000)
    )
    scale_id = fields.UUID(load_default=None, allow_none=True)
    total_g = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "weighbridge: shared over what is accepted"},
    )


class LotOfferQuerySchema(Schema):
    waste_code = fields.String(required=True, validate=validate.Length(max=10))


class LotOfferSchema(Schema):
    plant_id = fields.Function(lambda row: str(row.plant.id))
    plant = fields.Function(lambda row: row.plant.name)
    methods = fields.Function(lambda row: [method.code for method in row.methods])


@api.route("/lots", methods=["GET"])
@api.arguments(LotQuerySchema, location="query")
@api.response(200, LotPageSchema)
@viewing("lot.view")
def list_lots(act: Act, query: dict[str, Any]) -> Any:
    """The lots of the caller's platform, or those sent to its plant."""
    rows, count, _sums = lot_boards.lots(act.session, actor=act.actor, text=query.pop("q"), **query)
    return {"items": rows, "count": count}


@api.route("/lots/offers", methods=["GET"])
@api.arguments(LotOfferQuerySchema, location="query")
@api.response(200, LotOfferSchema(many=True))
@viewing("lot.create")
def list_offers(act: Act, query: dict[str, Any]) -> Any:
    """The plants that may take a waste today, with their methods."""
    on = calendar.on_date(act.now)
    return lot_boards.new_lot(act.session, actor=act.actor, waste_code=query["waste_code"], on=on).offers


@api.route("/lots/<uuid:lot_id>", methods=["GET"])
@api.response(200, LotViewSchema)
@viewing("lot.view")
def read_lot(act: Act, lot_id: UUID) -> Any:
    """A lot with the containers it keeps as its parents."""
    return lot_boards.lot_board(act.session, actor=act.actor, lot_id=lot_id)


@api.route("/lots", methods=["POST"])
@api.arguments(LotDraftSchema)
@api.response(201, LotSchema)
@acting("lot.create", schema=LotSchema, status=201)
def open_lot(act: Act, payload: dict[str, Any]) -> Any:
    """Put stored containers of one code together for one plant."""
    assert act.actor.organisation_id is not None, "a dispatcher without a platform"
    ids = tuple(payload.pop("container_ids"))
    draft = LotDraft(act.actor, act.actor.organisation_id, container_ids=ids, **payload)
    [lot] = lots.open_lots(act.session, drafts=[draft], now=act.now)
    return lot


@api.route("/lots/<uuid:lot_id>/pack", methods=["POST"])
@api.arguments(LotContentsSchema)
@api.response(200, LotSchema)
@acting("lot.create", schema=LotSchema)
def pack_lot(act: Act, payload: dict[str, Any], lot_id: UUID) -> Any:
    """Add containers to an open lot."""
    return lots.pack(act.session, actor=act.actor, lot_id=lot_id, now=act.now, **payload)


@api.route("/lots/<uuid:lot_id>/unpack", methods=["POST"])
@api.arguments(LotContentsSchema)
@api.response(200, LotSchema)
@acting("lot.create", schema=LotSchema)
def unpack_lot(act: Act, payload: dict[str, Any], lot_id: UUID) -> Any:
    """Take containers out of an open lot."""
    return lots.unpack(act.session, actor=act.actor, lot_id=lot_id, now=act.now, **payload)


@api.route("/lots/<uuid:lot_id>/cancel", methods=["POST"])
@api.arguments(LotVersionSchema)
@api.response(200, LotSchema)
@acting("lot.create", schema=LotSchema)
def cancel_lot(act: Act, payload: dict[str, Any], lot_id: UUID) -> Any:
    """Dissolve an open lot."""
    return lots.cancel(act.session, actor=act.actor, lot_id=lot_id, now=act.now, **payload)


@api.route("/lots/<uuid:lot_id>/ship", methods=["POST"])
@api.arguments(LotShipmentSchema)
@api.response(200, LotSchema)
@acting("lot.ship", schema=LotSchema)
def ship_lot(act: Act, payload: dict[str, Any], lot_id: UUID) -> Any:
    """Send a lot off with vehicle, driver and escort once the five checks have passed; opens its manifest."""
    checks = {key: payload.pop(f"check_{key}") for key in waybills.CHECKS}
    checks = {key: outcome for key, outcome in checks.items() if outcome}
    note = payload.pop("note")
    shipment = Shipment(act.actor, lot_id, checks=checks, check_note=note, **payload)
    [lot] = lots.ship(act.session, shipments=[shipment], now=act.now)
    return lot


@api.route("/lots/<uuid:lot_id>/reception", methods=["POST"])
@api.arguments(LotReceptionSchema)
@api.response(201, ReceptionSchema)
@acting("lot.receive", schema=ReceptionSchema, status=201)
def receive_lot(act: Act, payload: dict[str, Any], lot_id: UUID) -> Any:
    """Book a lot that reached its plant."""
    decisions = tuple(LotDecision(**each) for each in payload["decisions"])
    order = LotReception(act.actor, lot_id, decisions, payload["total_g"], payload["scale_id"])
    [row] = treatments.receive_lots(act.session, receptions=[order], now=act.now)
    return row
