"""Planning runs and route plans over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import dispatch, planning
from ...services.dispatch import boards
from ..acting import Act, acting, viewing
from ..left_out import remedies, sentence
from ..pages.dispatcher import queue_after_commit

api = Blueprint("api_route_plans", __name__, description="Planning runs and route plans / 收运计划")

MAX_PAGE = 200


class RunOrderSchema(Schema):
    service_on = fields.Date(required=True, metadata={"description": "service day, Asia/Shanghai"})
    budget_s = fields.Integer(strict=True, load_default=30, validate=validate.Range(1, 1800))
    seed = fields.Integer(strict=True, load_default=1, validate=validate.Range(0, 2**31 - 1))


class RunSchema(Schema):
    id = fields.UUID()
    service_on = fields.Date()
    state = fields.String(validate=validate.OneOf(["queued", "running", "done", "failed", "cancelled"]))
    seed = fields.Integer()
    budget_s = fields.Integer(allow_none=True)
    attempt = fields.Integer()
    cancel_requested = fields.Boolean()
    progress_permille = fields.Integer()
    progress_assigned = fields.Integer()
    progress_total = fields.Integer()
    progress_cost_fen = fields.Integer(allow_none=True)
    failure = fields.String()
    plan_id = fields.UUID(allow_none=True)
    revision_id = fields.UUID(allow_none=True)


class PlanVersionSchema(Schema):
    version = fields.Integer(
        strict=True, required=True, metadata={"description": "the version of the object as it was read"}
    )


class PlanPageSchema(Schema):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class PlanSummarySchema(Schema):
    id = fields.UUID()
    plan_no = fields.String()
    service_on = fields.Date()
    state = fields.String(validate=validate.OneOf(["draft", "published", "discarded"]))
    version = fields.Integer()
    seed = fields.Integer()
    engine = fields.String()
    engine_version = fields.String()
    problem_digest = fields.String()
    stops_planned = fields.Integer()
    stops_unassigned = fields.Integer()
    distance_m = fields.Integer()
    drive_s = fields.Integer()
    cost_fen = fields.Integer()
    drafted_at = fields.AwareDateTime()
    origin_id = fields.UUID(allow_none=True, metadata={"description": "the plan this one was made from"})
    origin_kind = fields.String(validate=validate.OneOf(["", "rest", "by_hand", "what_if"]))


class PlanListSchema(Schema):
    items = fields.List(fields.Nested(PlanSummarySchema))
    count = fields.Integer()


class PlannedRoundSchema(Schema):
    id = fields.UUID()
    round_no = fields.String()
    state = fields.String()
    version = fields.Integer()
    platform = fields.Function(lambda row: row.platform.code)
    plate = fields.Function(lambda row: row.vehicle.plate)
    start_s = fields.Integer()
    end_s = fields.Integer()
    distance_m = fields.Integer()
    requests = fields.Function(
        lambda row: [stop.request.request_no for trip in row.trips for stop in trip.stops]
    )


class LeftOutSchema(Schema):
    request_id = fields.UUID()
    request_no = fields.Function(lambda row: row.request.request_no)
    reason = fields.String()
    numbers = fields.Dict()
    explanation = fields.Function(lambda row: sentence(row.reason, row.numbers))
    remedies = fields.Function(lambda row: remedies(row.numbers))


class PlanSchema(PlanSummarySchema):
    pins = fields.Dict(allow_none=True)
    emissions = fields.Dict(
        allow_none=True,
        metadata={"description": "fuel and CO2e beside one trip per firm; the factors are unconfirmed"},
    )
    rounds = fields.List(fields.Nested(PlannedRoundSchema))
    unassigned = fields.List(fields.Nested(LeftOutSchema))


@api.route("/planning-runs", methods=["POST"])
@api.arguments(RunOrderSchema)
@api.response(201, RunSchema)
@acting("plan.run", schema=RunSchema, status=201)
def order_run(act: Act, order: dict[str, Any]) -> Any:
    """Plan a day: the run is queued, its progress can be asked for."""
    run = planning.request_run(act.session, actor=act.actor, now=act.now, **order)
    queue_after_commit(run.id)
    return run


@api.route("/planning-runs/<uuid:run_id>", methods=["GET"])
@api.response(200, RunSchema)
@viewing("plan.view")
def read_run(act: Act, run_id: UUID) -> Response:
    """State and progress of a run."""
    return jsonify(RunSchema().dump(boards.run_board(act.session, actor=act.actor, run_id=run_id)))


@api.route("/planning-runs/<uuid:run_id>/cancel", methods=["POST"])
@api.response(200, RunSchema)
@acting("plan.run", schema=RunSchema)
def cancel_run(act: Act, run_id: UUID) -> Any:
    """Stop a run that waits or works."""
    return planning.cancel_run(act.session, actor=act.actor, run_id=run_id, now=act.now)


@api.route("/route-plans", methods=["GET"])
@api.arguments(PlanPageSchema, location="query")
@api.response(200, PlanListSchema)
@viewing("plan.view")
def list_plans(act: Act, page: dict[str, int]) -> Response:
    """Plans, the latest day first."""
    rows, count = boards.latest_plans(act.session, actor=act.actor, **page)
    return jsonify(PlanListSchema().dump({"items": rows, "count": count}))


@api.route("/route-plans/<uuid:plan_id>", methods=["GET"])
@api.response(200, PlanSchema)
@viewing("plan.view")
def read_plan(act: Act, plan_id: UUID) -> Response:
    """A plan with its rounds and what it leaves out, with reasons in words."""
    return jsonify(PlanSchema().dump(boards.plan_board(act.session, actor=act.actor, plan_id=plan_id)))


@api.route("/route-plans/<uuid:plan_id>/publish", methods=["POST"])
@api.arguments(PlanVersionSchema)
@api.response(200, PlanSummarySchema)
@acting("plan.publish", schema=PlanSummarySchema)
def publish_plan(act: Act, body: dict[str, int], plan_id: UUID) -> Any:
    """Bind a draft: requests scheduled, manifests opened."""
    return dispatch.publish(
        act.session, actor=act.actor, plan_id=plan_id, version=body["version"], now=act.now
    )


@api.route("/route-plans/<uuid:plan_id>/discard", methods=["POST"])
@api.arguments(PlanVersionSchema)
@api.response(200, PlanSummarySchema)
@acting("plan.publish", schema=PlanSummarySchema)
def discard_plan(act: Act, body: dict[str, int], plan_id: UUID) -> Any:
    """Put a draft aside."""
    return dispatch.discard(
        act.session, actor=act.actor, plan_id=plan_id, version=body["version"], now=act.now
    )
