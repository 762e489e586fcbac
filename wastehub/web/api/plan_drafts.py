"""Drafts changed by hand over HTTP: judged, pinned, planned again in part, compared."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import planning
from ...services.planning import Desk, Move, Pins
from ..acting import Act, acting, viewing
from ..breaches import breach_text
from ..pages.dispatcher import queue_after_commit
from .route_plans import PlanSummarySchema, PlanVersionSchema, RunSchema

api = Blueprint("api_plan_drafts", __name__, description="Drafts changed by hand / 手工调整")


def names(description: str) -> fields.List:
    """A list of request numbers or plates, empty when it is not sent."""
    return fields.List(
        fields.String(),
        load_default=list,
        validate=validate.Length(max=5000),
        metadata={"description": description},
    )


class PinsSchema(Schema):
    stops = names("requests that keep their vehicle")
    orders = names("plates that keep their order")
    rounds = names("plates that keep their day")


class HoldSchema(PlanVersionSchema, PinsSchema):
    pass


class RestSchema(Schema):
    budget_s = fields.Integer(strict=True, load_default=2, validate=validate.Range(1, 1800))
    seed = fields.Integer(strict=True, load_default=1, validate=validate.Range(0, 2**31 - 1))


class WhatIfSchema(RestSchema):
    without = names("plates that stay in the yard")


class StopMoveSchema(Schema):
    request_no = fields.String(required=True, validate=validate.Length(1, 40))
    plate = fields.String(load_default="", metadata={"description": "empty: taken off the plan"})
    trip = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 50))
    position = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 5000))


class StopMovesSchema(Schema):
    moves = fields.List(
        fields.Nested(StopMoveSchema), required=True, validate=validate.Length(max=planning.by_hand.MOVES_MAX)
    )


class ManualOrderSchema(PlanVersionSchema, StopMovesSchema):
    pass


class BreachSchema(Schema):
    code = fields.String()
    plate = fields.String(attribute="vehicle_id", allow_none=True)
    trip = fields.Function(lambda one: None if one.trip is None else one.trip + 1)
    request_no = fields.String(attribute="stop_id", allow_none=True)
    numbers = fields.Dict()
    explanation = fields.Function(lambda one: breach_text(one, {}))


class PlanTotalsSchema(Schema):
    stops = fields.Integer()
    left_out = fields.Integer()
    vehicles = fields.Integer()
    trips = fields.Integer()
    distance_m = fields.Integer()
    drive_s = fields.Integer()
    duration_s = fields.Integer()
    cost_fen = fields.Integer()


class PlannedPlaceSchema(Schema):
    plate = fields.String(attribute="vehicle_id")
    trip = fields.Function(lambda where: where.trip + 1)
    position = fields.Function(lambda where: where.position + 1)
    start_s = fields.Integer()


class MovedStopSchema(Schema):
    request_no = fields.String(attribute="stop_id")
    how = fields.String(validate=validate.OneOf(["to_other_vehicle", "reordered", "added", "left_out"]))
    before = fields.Nested(PlannedPlaceSchema, allow_none=True)
    after = fields.Nested(PlannedPlaceSchema, allow_none=True)


class PlanComparisonSchema(Schema):
    before = fields.Nested(PlanTotalsSchema)
    after = fields.Nested(PlanTotalsSchema)
    extra_cost_fen = fields.Integer()
    extra_m = fields.Integer()
    extra_s = fields.Integer()
    moved = fields.List(fields.Nested(MovedStopSchema))


class JudgementSchema(Schema):
    lawful = fields.Boolean()
    breaches = fields.List(fields.Nested(BreachSchema), attribute="judgement.breaches")
    comparison = fields.Nested(PlanComparisonSchema, attribute="judgement.comparison")


class PlanCompareQuerySchema(Schema):
    other_id = fields.UUID(
        required=True, data_key="with", metadata={"description": "the plan to compare with, of the same day"}
    )


def _moves(body: dict[str, Any]) -> list[Move]:
    return [
        Move(one["request_no"], one["plate"], one["trip"] - 1, one["position"] - 1) for one in body["moves"]
    ]


@api.route("/route-plans/<uuid:plan_id>/judgement", methods=["POST"])
@api.arguments(StopMovesSchema)
@api.response(200, JudgementSchema)
@viewing("plan.run")
def judge_order(act: Act, body: dict[str, Any], plan_id: UUID) -> Response:
    """A draft under some moves: every rule they break and what they cost. Stores nothing."""
    desk: Desk = planning.desk(act.session, actor=act.actor, plan_id=plan_id, moves=_moves(body))
    return jsonify(JudgementSchema().dump(desk))


@api.route("/route-plans/<uuid:plan_id>/orders", methods=["POST"])
@api.arguments(ManualOrderSchema)
@api.response(201, PlanSummarySchema)
@acting("plan.run", schema=PlanSummarySchema, status=201)
def keep_order(act: Act, body: dict[str, Any], plan_id: UUID) -> Any:
    """Keep the moves as a new draft; refused while they break a rule."""
    return planning.save_order(
        act.session,
        actor=act.actor,
        plan_id=plan_id,
        moves=_moves(body),
        version=body["version"],
        now=act.now,
    )


@api.route("/route-plans/<uuid:plan_id>/pins", methods=["PUT"])
@api.arguments(HoldSchema)
@api.response(200, PinsSchema)
@acting("plan.run", schema=PinsSchema)
def hold_fast(act: Act, body: dict[str, Any], plan_id: UUID) -> Any:
    """Pin stops to their vehicles, keep the order of a round, lock a round."""
    pins = Pins(*(frozenset(body[name]) for name in ("stops", "orders", "rounds")))
    plan = planning.hold_fast(
        act.session, actor=act.actor, plan_id=plan_id, pins=pins, version=body["version"]
    )
    return plan.pins


@api.route("/route-plans/<uuid:plan_id>/rest", methods=["POST"])
@api.arguments(RestSchema)
@api.response(201, RunSchema)
@acting("plan.run", schema=RunSchema, status=201)
def order_rest(act: Act, body: dict[str, Any], plan_id: UUID) -> Any:
    """Plan anew what is not pinned; the run ends with a new draft that names this one."""
    run = planning.request_rest(
        act.session, actor=act.actor, plan_id=plan_id, version=None, now=act.now, **body
    )
    queue_after_commit(run.id)
    return run


@api.route("/route-plans/<uuid:plan_id>/what-if", methods=["POST"])
@api.arguments(WhatIfSchema)
@api.response(201, RunSchema)
@acting("plan.run", schema=RunSchema, status=201)
def order_what_if(act: Act, body: dict[str, Any], plan_id: UUID) -> Any:
    """Plan the day once more under other conditions; the run ends with a draft to compare."""
    without = frozenset(body.pop("without"))
    run = planning.request_what_if(
        act.session, actor=act.actor, plan_id=plan_id, without=without, now=act.now, **body
    )
    queue_after_commit(run.id)
    return run


@api.route("/route-plans/<uuid:plan_id>/comparison", methods=["GET"])
@api.arguments(PlanCompareQuerySchema, location="query")
@api.response(200, PlanComparisonSchema)
@viewing("plan.view")
def compare(act: Act, query: dict[str, UUID], plan_id: UUID) -> Response:
    """What changes from another plan of the day to this one."""
    both = planning.compare_plans(act.session, actor=act.actor, plan_id=query["other_id"], other_id=plan_id)
    return jsonify(PlanComparisonSchema().dump(both.found))
