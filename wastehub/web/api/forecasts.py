"""The week ahead over HTTP: make a forecast, read it, ask which day a firm could get."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services.planning import forecasts
from ..acting import Act, acting, viewing
from ..left_out import sentence
from ..pages.dispatcher import queue_after_commit
from ..slot_words import hint, why_not
from .requests import RequestWindowSchema
from .route_plans import RunSchema

api = Blueprint("api_forecasts", __name__, description="The days ahead / 预排")


class ForecastOrderSchema(Schema):
    days = fields.Integer(
        strict=True, load_default=forecasts.DAYS, validate=validate.Range(1, forecasts.DAYS_MAX)
    )
    budget_s = fields.Integer(
        strict=True, load_default=60, validate=validate.Range(1, forecasts.BUDGET_MAX_S)
    )
    seed = fields.Integer(strict=True, load_default=1, validate=validate.Range(0, 2**31 - 1))


class DayOrderSchema(Schema):
    service_on = fields.Date(required=True, metadata={"description": "service day, Asia/Shanghai"})
    budget_s = fields.Integer(
        strict=True, load_default=30, validate=validate.Range(1, forecasts.BUDGET_MAX_S)
    )
    seed = fields.Integer(strict=True, load_default=1, validate=validate.Range(0, 2**31 - 1))


class PlatformDaySchema(Schema):
    platform_id = fields.UUID()
    requests = fields.Integer()
    mass_g = fields.Integer()
    vehicles = fields.Integer()
    vehicles_used = fields.Integer()
    fill_permille = fields.Integer()
    distance_m = fields.Integer()
    cost_fen = fields.Integer()
    store_g = fields.Integer()
    store_max_g = fields.Integer(allow_none=True)


class ForecastDaySchema(Schema):
    service_on = fields.Date(attribute="on")
    requests = fields.Integer()
    mass_g = fields.Integer()
    platforms = fields.Function(
        lambda day: PlatformDaySchema(many=True).dump(
            sorted(day.by_platform.values(), key=lambda row: row.platform_id)
        )
    )


class TransferSchema(Schema):
    service_on = fields.Date()
    plate = fields.String()
    platform = fields.Function(lambda row: row.platform.code)
    plant = fields.Function(lambda row: row.plant.code)
    load_g = fields.Dict(attribute="load", metadata={"description": "waste code -> grams"})
    mass_g = fields.Integer()
    distance_m = fields.Integer()
    cost_fen = fields.Integer()


class ForecastLeftSchema(Schema):
    request_id = fields.UUID()
    request_no = fields.Function(lambda row: row.request.request_no)
    reason = fields.String()
    numbers = fields.Dict()
    explanation = fields.Function(lambda row: sentence(row.reason, row.numbers))


class ForecastSchema(Schema):
    id = fields.UUID()
    first_on = fields.Date()
    last_on = fields.Date()
    made_at = fields.AwareDateTime()
    requests_placed = fields.Integer()
    requests_left = fields.Integer()
    distance_m = fields.Integer()
    cost_fen = fields.Integer()


class PassingSchema(Schema):
    service_on = fields.Date()
    distance_m = fields.Integer()
    at_s = fields.Integer()
    enterprise_id = fields.UUID()
    free_g = fields.Integer()
    containers = fields.Integer()


class WeekSchema(Schema):
    forecast = fields.Nested(ForecastSchema, allow_none=True)
    days = fields.List(fields.Nested(ForecastDaySchema))
    transfers = fields.List(fields.Nested(TransferSchema))
    left = fields.List(fields.Nested(ForecastLeftSchema))
    later = fields.List(fields.Nested(ForecastLeftSchema))
    passings = fields.List(fields.Nested(PassingSchema))


class SlotOrderSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 60))
    ready_on = fields.Date(required=True)
    windows = fields.List(
        fields.Nested(RequestWindowSchema), load_default=list, validate=validate.Length(max=4)
    )


class DaySlotSchema(Schema):
    service_on = fields.Date(attribute="on")
    possible = fields.Boolean()
    shared = fields.Boolean()
    from_s = fields.Integer()
    until_s = fields.Integer()
    reason = fields.String()
    explanation = fields.Function(lambda slot: "" if slot.possible else why_not(slot))


class SoonerSchema(Schema):
    kind = fields.String()
    service_on = fields.Date(attribute="on")
    explanation = fields.Function(hint)


class SlotsSchema(Schema):
    known = fields.Boolean(metadata={"description": "false: there is no forecast to answer from"})
    made_at = fields.AwareDateTime()
    soonest_on = fields.Date(allow_none=True)
    planned_on = fields.Date(allow_none=True)
    days = fields.List(fields.Nested(DaySlotSchema))
    sooner = fields.List(fields.Nested(SoonerSchema))


class PassingsSchema(Schema):
    items = fields.List(fields.Nested(PassingSchema))


def _answer(slots: forecasts.Slots | None) -> Response:
    if slots is None:
        return jsonify({"known": False, "days": [], "sooner": []})
    return jsonify({"known": True, **SlotsSchema().dump(slots)})


@api.route("/forecasts", methods=["POST"])
@api.arguments(ForecastOrderSchema)
@api.response(201, RunSchema)
@acting("plan.run", schema=RunSchema, status=201)
def order_forecast(act: Act, order: dict[str, Any]) -> Any:
    """Plan the next service days together: the run is queued like that of a day."""
    run = forecasts.request_forecast(act.session, actor=act.actor, now=act.now, **order)
    queue_after_commit(run.id)
    return run


@api.route("/forecasts/current", methods=["GET"])
@api.response(200, WeekSchema)
@viewing("plan.run")
def read_current(act: Act) -> Response:
    """The newest forecast, day by day; `forecast` is null where there is none."""
    return jsonify(WeekSchema().dump(forecasts.week(act.session, actor=act.actor, now=act.now)))


@api.route("/forecasts/day-runs", methods=["POST"])
@api.arguments(DayOrderSchema)
@api.response(201, RunSchema)
@acting("plan.run", schema=RunSchema, status=201)
def order_day(act: Act, order: dict[str, Any]) -> Any:
    """Plan one day alone with what the newest forecast gave to it."""
    run = forecasts.request_day(act.session, actor=act.actor, now=act.now, **order)
    queue_after_commit(run.id)
    return run


@api.route("/slots", methods=["POST"])
@api.arguments(SlotOrderSchema)
@api.response(200, SlotsSchema)
@viewing("stock.view")
def read_slots(act: Act, order: dict[str, Any]) -> Response:
    """On which days the firm's containers could be fetched, why not sooner, what would help."""
    windows = tuple((window["open_s"], window["close_s"]) for window in order.pop("windows"))
    slots = forecasts.for_containers(act.session, actor=act.actor, windows=windows, now=act.now, **order)
    return _answer(slots)


@api.route("/requests/<uuid:request_id>/slots", methods=["GET"])
@api.response(200, SlotsSchema)
@viewing("request.place")
def read_request_slots(act: Act, request_id: UUID) -> Response:
    """The same for a request that waits."""
    return _answer(forecasts.for_request(act.session, actor=act.actor, request_id=request_id, now=act.now))


@api.route("/passings", methods=["GET"])
@api.response(200, PassingsSchema)
@viewing("stock.view")
def list_passings(act: Act) -> Response:
    """The days on which a vehicle comes near the firm."""
    rows = forecasts.for_firm(act.session, actor=act.actor, now=act.now)
    return jsonify(PassingsSchema().dump({"items": rows}))
