"""The platform's gate and store over HTTP: weigh in trips, send refused containers home, put away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...services import gate_boards, reception, storage, store_boards
from ...services.reception import Decision, TripReception
from ...services.storage import Move
from ..acting import Act, acting, viewing
from ..explanations import explain

api = Blueprint("api_receptions", __name__, description="Gate and store / 入库接收、贮存分区")

DECISIONS_MAX = 1_000
MOVES_MAX = 1_000


class GateDecisionSchema(Schema):
    container_id = fields.UUID(required=True)
    weighed_g = fields.Integer(
        strict=True, load_default=None, allow_none=True, metadata={"description": "null: refused unweighed"}
    )
    decision = fields.String(load_default="accepted", validate=validate.Length(max=20))
    reason = fields.String(load_default="", validate=validate.Length(max=40))
    note = fields.String(load_default="")


class TripReceptionSchema(Schema):
    decisions = fields.List(
        fields.Nested(GateDecisionSchema), load_default=list, validate=validate.Length(max=DECISIONS_MAX)
    )
    gross_g = fields.Integer(strict=True, load_default=None, allow_none=True)
    tare_g = fields.Integer(strict=True, load_default=None, allow_none=True)
    close = fields.Boolean(load_default=True, metadata={"description": "false: more of this trip follows"})
    scale_id = fields.UUID(load_default=None, allow_none=True)


class ReceptionSchema(Schema):
    id = fields.UUID()
    reception_no = fields.String()
    trip_id = fields.UUID(allow_none=True)
    lot_id = fields.UUID(allow_none=True)
    state = fields.String()
    gross_g = fields.Integer(allow_none=True)
    tare_g = fields.Integer(allow_none=True)
    arrived_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class GateTripSchema(Schema):
    id = fields.UUID()
    round_no = fields.String()
    seq = fields.Integer()
    state = fields.String()
    service_on = fields.Date()
    plate = fields.String()
    expected_at = fields.AwareDateTime()
    arrived_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    reception_no = fields.String()
    containers = fields.Integer()
    decided = fields.Integer()
    mass_g = fields.Integer()
    refused = fields.Integer()
    outside = fields.Integer()


class GateTripPageSchema(Schema):
    items = fields.List(fields.Nested(GateTripSchema))
    count = fields.Integer()


class GateTripQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    state = fields.String(
        load_default="coming",
        validate=validate.OneOf(["coming", "planned", "under_way", "arrived", "received", "all"]),
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class GateContainerSchema(Schema):
    container_id = fields.Function(lambda row: str(row.container.id))
    label_code = fields.Function(lambda row: row.container.label_code)
    waste_code = fields.Function(lambda row: row.waste.code)
    expected_g = fields.Integer()
    allowed_g = fields.Integer()
    weighed_g = fields.Function(lambda row: row.line.weighed_g if row.line else None)
    difference_g = fields.Function(lambda row: row.line.difference_g if row.line else None)
    within = fields.Function(lambda row: row.line.within if row.line else None)
    decision = fields.Function(lambda row: row.line.decision if row.line else None)
    reason = fields.Function(lambda row: row.line.reason if row.line else None)


class GateFirmSchema(Schema):
    firm = fields.Function(lambda row: row.firm.name)
    manifest = fields.Function(lambda row: row.paper.number if row.paper else None)
    containers = fields.List(fields.Nested(GateContainerSchema), attribute="items")


class GateBoardSchema(Schema):
    trip_id = fields.Function(lambda row: str(row.trip.id))
    state = fields.Function(lambda row: row.trip.state)
    round_no = fields.Function(lambda row: row.round.round_no)
    plate = fields.Function(lambda row: row.round.vehicle.plate)
    reception = fields.Nested(ReceptionSchema, allow_none=True)
    firms = fields.List(fields.Nested(GateFirmSchema))


class RefusedSchema(Schema):
    id = fields.UUID()
    label_code = fields.String()
    firm = fields.String()
    waste_code = fields.String()
    mass_g = fields.Integer()
    reason = fields.String()
    note = fields.String()
    refused_at = fields.AwareDateTime()
    trip_id = fields.UUID()


class RefusedIdsSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=500))


class StoredContainerSchema(Schema):
    id = fields.UUID()
    label_code = fields.String()
    state = fields.String()
    mass_g = fields.Integer()
    zone_id = fields.UUID(allow_none=True)
    lot_id = fields.UUID(allow_none=True)
    version = fields.Integer()


class ZoneKindSchema(Schema):
    waste_code = fields.Function(lambda row: row.waste.code)
    containers = fields.Integer()
    mass_g = fields.Integer()


class ZoneSchema(Schema):
    id = fields.Function(lambda row: str(row.zone.id))
    code = fields.Function(lambda row: row.zone.code)
    name_zh = fields.Function(lambda row: row.zone.name_zh)
    name_en = fields.Function(lambda row: row.zone.name_en)
    groups = fields.Function(lambda row: [group.code for group in row.groups])
    capacity_g = fields.Function(lambda row: row.zone.capacity_g)
    stock_g = fields.Integer()
    containers = fields.Integer()
    kinds = fields.List(fields.Nested(ZoneKindSchema))
    neighbours = fields.List(fields.String())


class StoreSchema(Schema):
    zones = fields.List(fields.Nested(ZoneSchema))
    stock_g = fields.Integer()
    waiting = fields.Integer(metadata={"description": "containers that stand in no zone yet"})
    waiting_g = fields.Integer()


class ZoneMoveSchema(Schema):
    container_id = fields.UUID(required=True)
    zone_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "null: as suggested"})


class ZoneMovesSchema(Schema):
    moves = fields.List(fields.Nested(ZoneMoveSchema), required=True, validate=validate.Length(1, MOVES_MAX))


class PlaceSchema(Schema):
    zone_id = fields.Function(lambda row: str(row.zone.id))
    zone = fields.Function(lambda row: row.zone.code)
    allowed = fields.Function(lambda row: row.refusal is None)
    code = fields.Function(lambda row: row.refusal.code if row.refusal else None)
    why = fields.Function(lambda row: explain(row.refusal).message if row.refusal else "")


class PlacesSchema(Schema):
    suggested = fields.Function(lambda row: row.suggested.code if row.suggested else None)
    choices = fields.List(fields.Nested(PlaceSchema))


@api.route("/receptions/trips", methods=["GET"])
@api.arguments(GateTripQuerySchema, location="query")
@api.response(200, GateTripPageSchema)
@viewing("reception.record")
def list_trips(act: Act, query: dict[str, Any]) -> Any:
    """Trips on their way to the caller's platform, waiting at its gate, or received."""
    rows, count, _sums = gate_boards.trips(
        act.session,
        actor=act.actor,
        today=calendar.on_date(act.now),
        text=query["q"],
        state=query["state"],
        sort="expected_at",
        descending=False,
        limit=query["limit"],
        offset=query["offset"],
    )
    return {"items": rows, "count": count}


@api.route("/trips/<uuid:trip_id>/reception", methods=["GET"])
@api.response(200, GateBoardSchema)
@viewing("reception.view")
def read_trip(act: Act, trip_id: UUID) -> Any:
    """What a trip brings, by firm, and what the gate has decided of it."""
    on = calendar.on_date(act.now)
    return gate_boards.trip_board(act.session, actor=act.actor, trip_id=trip_id, on=on)


@api.route("/trips/<uuid:trip_id>/reception", methods=["POST"])
@api.arguments(TripReceptionSchema)
@api.response(201, ReceptionSchema)
@acting("reception.record", schema=ReceptionSchema, status=201)
def receive(act: Act, payload: dict[str, Any], trip_id: UUID) -> Any:
    """Book the weigh-in of a trip or of a part of it."""
    decisions = tuple(Decision(**each) for each in payload.pop("decisions"))
    order = TripReception(act.actor, trip_id, decisions, **payload)
    [row] = reception.receive_trips(act.session, receptions=[order], now=act.now)
    return row


@api.route("/receptions/refused", methods=["GET"])
@api.response(200, RefusedSchema(many=True))
@viewing("reception.record")
def list_refused(act: Act) -> Any:
    """Refused containers that still have to go home."""
    rows, _count, _sums = gate_boards.refused(act.session, actor=act.actor)
    return rows


@api.route("/receptions/refused/return", methods=["POST"])
@api.arguments(RefusedIdsSchema)
@api.response(200, StoredContainerSchema(many=True))
@acting("reception.record", schema=StoredContainerSchema(many=True))
def return_refused(act: Act, payload: dict[str, Any]) -> Any:
    """Record that refused containers are back at their firms."""
    return reception.return_refused(
        act.session, actor=act.actor, container_ids=payload["container_ids"], now=act.now
    )


@api.route("/zones", methods=["GET"])
@api.response(200, StoreSchema)
@viewing("zone.put_away")
def read_zones(act: Act) -> Any:
    """The caller's store, zone by zone."""
    return store_boards.store(act.session, actor=act.actor)


@api.route("/zones/moves", methods=["POST"])
@api.arguments(ZoneMovesSchema)
@api.response(200, StoredContainerSchema(many=True))
@acting("zone.put_away", schema=StoredContainerSchema(many=True))
def put_away(act: Act, payload: dict[str, Any]) -> Any:
    """Stand containers in zones: all of them, or none."""
    moves = [Move(act.actor, **each) for each in payload["moves"]]
    return storage.put_away(act.session, moves=moves, now=act.now)


@api.route("/containers/<uuid:container_id>/places", methods=["GET"])
@api.response(200, PlacesSchema)
@viewing("zone.put_away")
def read_places(act: Act, container_id: UUID) -> Any:
    """Where a container may stand, and why not elsewhere."""
    return store_boards.places(act.session, actor=act.actor, container_id=container_id)
