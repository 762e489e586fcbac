"""Rounds over HTTP: read, crew, cancel, send one request back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import dispatch
from ...services.dispatch import boards
from ..acting import Act, acting, viewing
from .route_plans import PlanVersionSchema

api = Blueprint("api_rounds", __name__, description="Rounds / 收运任务")


class RoundDaySchema(Schema):
    service_on = fields.Date(required=True)
    platform = fields.String(load_default="", validate=validate.Length(max=32))


class CrewPersonSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    certificate_no = fields.String()


class RoundStopSchema(Schema):
    id = fields.UUID()
    seq = fields.Integer()
    state = fields.String()
    request_id = fields.UUID()
    request_no = fields.Function(lambda row: row.request.request_no)
    firm = fields.Function(lambda row: row.request.enterprise.name)
    arrive_s = fields.Integer()
    service_start_s = fields.Integer()
    depart_s = fields.Integer()
    rest_before_s = fields.Integer()
    rest_after_s = fields.Integer()
    containers_planned = fields.Integer()
    planned_g = fields.Integer()


class RoundTripSchema(Schema):
    id = fields.UUID()
    seq = fields.Integer()
    state = fields.String()
    leave_s = fields.Integer()
    return_s = fields.Integer()
    unloaded_s = fields.Integer()
    stops = fields.List(fields.Nested(RoundStopSchema))


class RoundSchema(Schema):
    id = fields.UUID()
    round_no = fields.String()
    service_on = fields.Date()
    state = fields.String(
        validate=validate.OneOf(["planned", "published", "under_way", "finished", "cancelled"])
    )
    version = fields.Integer()
    platform = fields.Function(lambda row: row.platform.code)
    plate = fields.Function(lambda row: row.vehicle.plate)
    driver = fields.Nested(CrewPersonSchema, allow_none=True)
    escort = fields.Nested(CrewPersonSchema, allow_none=True)
    start_s = fields.Integer()
    end_s = fields.Integer()
    distance_m = fields.Integer()
    drive_s = fields.Integer()
    trips = fields.List(fields.Nested(RoundTripSchema))


class RoundCrewSchema(PlanVersionSchema):
    driver_id = fields.UUID(required=True)
    escort_id = fields.UUID(required=True)


class SendBackSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(max=40))
    note = fields.String(load_default="", validate=validate.Length(max=300))


class CancelRoundSchema(SendBackSchema, PlanVersionSchema):
    pass


class SentBackSchema(Schema):
    id = fields.UUID()
    request_no = fields.String()
    state = fields.String()
    due_on = fields.Date()
    version = fields.Integer()


@api.route("/rounds", methods=["GET"])
@api.arguments(RoundDaySchema, location="query")
@api.response(200, RoundSchema(many=True))
@viewing("round.view")
def list_rounds(act: Act, day: dict[str, Any]) -> Response:
    """The rounds of a day, as far as the caller may see them."""
    rows = boards.day_rounds(act.session, actor=act.actor, on=day["service_on"], platform=day["platform"])
    return jsonify(RoundSchema(many=True).dump(rows))


@api.route("/rounds/<uuid:round_id>", methods=["GET"])
@api.response(200, RoundSchema)
@viewing("round.view")
def read_round(act: Act, round_id: UUID) -> Response:
    """A round with its trips and stops."""
    board = boards.round_board(act.session, actor=act.actor, round_id=round_id)
    return jsonify(RoundSchema().dump(board.round))


@api.route("/rounds/<uuid:round_id>/crew", methods=["PUT"])
@api.arguments(RoundCrewSchema)
@api.response(200, RoundSchema)
@acting("round.rearrange", schema=RoundSchema)
def assign_crew(act: Act, body: dict[str, Any], round_id: UUID) -> Any:
    """Name driver and escort; the manifests follow."""
    return dispatch.assign_crew(act.session, actor=act.actor, round_id=round_id, now=act.now, **body)


@api.route("/rounds/<uuid:round_id>/cancel", methods=["POST"])
@api.arguments(CancelRoundSchema)
@api.response(200, RoundSchema)
@acting("round.rearrange", schema=RoundSchema)
def cancel_round(act: Act, body: dict[str, Any], round_id: UUID) -> Any:
    """Cancel a round that has loaded nothing: every request returns to the pool."""
    return dispatch.cancel_round(act.session, actor=act.actor, round_id=round_id, now=act.now, **body)


@api.route("/requests/<uuid:request_id>/send-back", methods=["POST"])
@api.arguments(SendBackSchema)
@api.response(200, SentBackSchema)
@acting("round.rearrange", schema=SentBackSchema)
def send_back(act: Act, body: dict[str, Any], request_id: UUID) -> Any:
    """Take a scheduled request off its round: open again, due date kept, manifest void."""
    return dispatch.send_back(act.session, actor=act.actor, request_id=request_id, now=act.now, **body)
