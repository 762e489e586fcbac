"""Pickup requests over HTTP. Times of day are seconds from local midnight."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import requests
from ..acting import Act, acting, viewing

api = Blueprint("api_requests", __name__, description="Pickup requests / 收运申请")


class RequestWindowSchema(Schema):
    open_s = fields.Integer(strict=True, required=True)
    close_s = fields.Integer(strict=True, required=True)


class RequestOrderSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True)
    ready_on = fields.Date(required=True)
    windows = fields.List(fields.Nested(RequestWindowSchema), load_default=list)
    urgent = fields.Boolean(load_default=False)
    note = fields.String(load_default="")
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "only for a platform that orders for its customer"}
    )


class RequestSchema(Schema):
    id = fields.UUID()
    request_no = fields.String()
    state = fields.String()
    enterprise_id = fields.UUID()
    platform_id = fields.UUID()
    ready_on = fields.Date()
    due_on = fields.Date()
    urgent = fields.Boolean()
    attempts = fields.Integer()
    note = fields.String()
    windows = fields.List(fields.Nested(RequestWindowSchema))
    placed_at = fields.AwareDateTime()
    version = fields.Integer()


class RequestRowSchema(Schema):
    id = fields.UUID()
    request_no = fields.String()
    enterprise = fields.String()
    platform = fields.String()
    state = fields.String()
    ready_on = fields.Date()
    due_on = fields.Date()
    urgent = fields.Boolean()
    containers = fields.Integer()
    mass_g = fields.Integer()
    placed_at = fields.AwareDateTime()
    service_on = fields.Date(allow_none=True)
    arrive_s = fields.Integer(allow_none=True)
    plate = fields.String(allow_none=True)


class RequestPageSchema(Schema):
    items = fields.List(fields.Nested(RequestRowSchema))
    count = fields.Integer()


class RequestQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    state = fields.String(load_default="", validate=validate.Length(max=20))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class RequestCancelSchema(Schema):
    reason = fields.String(required=True)
    note = fields.String(load_default="")
    version = fields.Integer(strict=True, required=True)


class RequestRescheduleSchema(Schema):
    ready_on = fields.Date(required=True)
    windows = fields.List(fields.Nested(RequestWindowSchema), load_default=list)
    version = fields.Integer(strict=True, required=True)


def _windows(payload: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    return tuple((window["open_s"], window["close_s"]) for window in payload["windows"])


@api.route("/requests", methods=["POST"])
@api.arguments(RequestOrderSchema)
@api.response(201, RequestSchema)
@acting("request.place", schema=RequestSchema, status=201)
def place(act: Act, payload: dict[str, Any]) -> Any:
    """Ask for containers to be fetched."""
    enterprise_id = payload["enterprise_id"] or act.actor.organisation_id
    assert enterprise_id is not None, "a user who may order belongs to a unit"
    order = requests.RequestOrder(
        actor=act.actor,
        enterprise_id=enterprise_id,
        container_ids=tuple(payload["container_ids"]),
        ready_on=payload["ready_on"],
        windows=_windows(payload),
        urgent=payload["urgent"],
        note=payload["note"],
    )
    return requests.place(act.session, orders=[order], now=act.now)[0]


@api.route("/requests", methods=["GET"])
@api.arguments(RequestQuerySchema, location="query")
@api.response(200, RequestPageSchema)
@viewing("request.view")
def list_requests(act: Act, query: dict[str, Any]) -> Any:
    """The requests one may see, the newest first."""
    rows, count, _sums = requests.list_requests(act.session, actor=act.actor, **query)
    return {"items": rows, "count": count}


@api.route("/requests/<uuid:request_id>", methods=["GET"])
@api.response(200, RequestSchema)
@viewing("request.view")
def show(act: Act, request_id: UUID) -> Any:
    """One request."""
    return requests.view(act.session, actor=act.actor, request_id=request_id).row


@api.route("/requests/<uuid:request_id>/cancel", methods=["POST"])
@api.arguments(RequestCancelSchema)
@api.response(200, RequestSchema)
@acting("request.cancel", schema=RequestSchema)
def cancel(act: Act, payload: dict[str, Any], request_id: UUID) -> Any:
    """Withdraw an open request."""
    return requests.cancel(act.session, actor=act.actor, request_id=request_id, now=act.now, **payload)


@api.route("/requests/<uuid:request_id>/reschedule", methods=["POST"])
@api.arguments(RequestRescheduleSchema)
@api.response(200, RequestSchema)
@acting("request.place", schema=RequestSchema)
def reschedule(act: Act, payload: dict[str, Any], request_id: UUID) -> Any:
    """Another day and other windows for an open request; its due date stays."""
    return requests.reschedule(
        act.session,
        actor=act.actor,
        request_id=request_id,
        ready_on=payload["ready_on"],
        windows=_windows(payload),
        version=payload["version"],
        now=act.now,
    )
