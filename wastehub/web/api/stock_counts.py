"""Daily counts over HTTP. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...services import counts
from ...services.counts import Mark
from ..acting import Act, acting, viewing

api = Blueprint("api_stock_counts", __name__, description="Daily counts of a store / 日盘点")


class StockCountSchema(Schema):
    id = fields.UUID()
    count_no = fields.String()
    organisation_id = fields.UUID()
    zone_id = fields.UUID(allow_none=True)
    counted_on = fields.Date()
    state = fields.String()
    expected = fields.Integer()
    expected_g = fields.Integer()
    differing = fields.Integer()
    difference_g = fields.Integer()
    opened_at = fields.AwareDateTime()
    counted_at = fields.AwareDateTime(allow_none=True)
    signed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class CountLineSchema(Schema):
    label_code = fields.String()
    waste_code = fields.String()
    expected_g = fields.Integer(allow_none=True)
    seen_at = fields.AwareDateTime(allow_none=True)
    weighed_g = fields.Integer(allow_none=True)
    source = fields.String()
    finding = fields.String()
    difference_g = fields.Integer()
    books_at = fields.String()


class StockCountViewSchema(Schema):
    count = fields.Nested(StockCountSchema)
    lines = fields.Function(lambda board: CountLineSchema(many=True).dump([row.line for row in board.rows]))


class CountPlaceSchema(Schema):
    zone_id = fields.Function(lambda place: str(place.zone.id) if place.zone else None)
    zone = fields.Function(lambda place: place.zone.code if place.zone else None)
    containers = fields.Integer()
    due = fields.Boolean()
    count = fields.Nested(StockCountSchema, allow_none=True)


class CountSiteSchema(Schema):
    organisation = fields.Function(lambda row: row.unit.code)
    name = fields.Function(lambda row: row.unit.name)
    containers = fields.Integer()
    missing = fields.Integer()
    days = fields.Function(lambda row: [{"on": on.isoformat(), "state": state} for on, state in row.days])


class CountOpenSchema(Schema):
    zone_id = fields.UUID(load_default=None, allow_none=True)
    scale_id = fields.UUID(load_default=None, allow_none=True)


class CountMarkSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 500))
    seen = fields.Boolean(load_default=True)
    weighed_g = fields.Integer(load_default=None, allow_none=True, strict=True)
    source = fields.String(load_default="scan", validate=validate.Length(max=20))


class CountMarksSchema(Schema):
    marks = fields.List(fields.Nested(CountMarkSchema), required=True, validate=validate.Length(1, 500))


class CountVersionSchema(Schema):
    version = fields.Integer(load_default=None, allow_none=True, strict=True)


class CountSignSchema(CountVersionSchema):
    note = fields.String(load_default="", validate=validate.Length(max=300))


@api.route("/stock-counts/today", methods=["GET"])
@api.response(200, CountPlaceSchema(many=True))
@viewing("count.record")
def list_places(act: Act) -> Any:
    """The places of the caller's store with today's count of each."""
    return counts.today_board(act.session, actor=act.actor, today=calendar.on_date(act.now)).places


@api.route("/stock-counts/sites", methods=["GET"])
@api.response(200, CountSiteSchema(many=True))
@viewing("count.view")
def list_sites(act: Act) -> Any:
    """How far every store that the caller may see got with its counts of the last days."""
    return counts.site_days(act.session, actor=act.actor, today=calendar.on_date(act.now))


@api.route("/stock-counts", methods=["POST"])
@api.arguments(CountOpenSchema)
@api.response(201, StockCountSchema)
@acting("count.record", schema=StockCountSchema, status=201)
def open_count(act: Act, payload: dict[str, Any]) -> Any:
    """Begin today's count of a zone; without one, of what stands in no zone."""
    return counts.open_count(act.session, actor=act.actor, now=act.now, **payload)


@api.route("/stock-counts/<uuid:count_id>", methods=["GET"])
@api.response(200, StockCountViewSchema)
@viewing("count.view")
def read_count(act: Act, count_id: UUID) -> Any:
    """A count with its lines."""
    return counts.board(act.session, actor=act.actor, count_id=count_id)


@api.route("/stock-counts/<uuid:count_id>/marks", methods=["POST"])
@api.arguments(CountMarksSchema)
@api.response(200, CountLineSchema(many=True))
@acting("count.record", schema=CountLineSchema(many=True))
def mark(act: Act, payload: dict[str, Any], count_id: UUID) -> Any:
    """Note containers that were found. Sending a mark twice changes nothing."""
    marks = [Mark(**each) for each in payload["marks"]]
    return counts.mark(act.session, actor=act.actor, count_id=count_id, marks=marks, now=act.now)


@api.route("/stock-counts/<uuid:count_id>/refresh", methods=["POST"])
@api.arguments(CountVersionSchema)
@api.response(200, StockCountSchema)
@acting("count.record", schema=StockCountSchema)
def refresh_count(act: Act, payload: dict[str, Any], count_id: UUID) -> Any:
    """Read the books anew; what was marked stays."""
    return counts.refresh(act.session, actor=act.actor, count_id=count_id, now=act.now, **payload)


@api.route("/stock-counts/<uuid:count_id>/drop", methods=["POST"])
@api.arguments(CountVersionSchema)
@api.response(200, StockCountSchema)
@acting("count.record", schema=StockCountSchema)
def drop_count(act: Act, payload: dict[str, Any], count_id: UUID) -> Any:
    """Give up an open count."""
    return counts.drop(act.session, actor=act.actor, count_id=count_id, now=act.now, **payload)


@api.route("/stock-counts/<uuid:count_id>/close", methods=["POST"])
@api.arguments(CountVersionSchema)
@api.response(200, StockCountSchema)
@acting("count.record", schema=StockCountSchema)
def close_count(act: Act, payload: dict[str, Any], count_id: UUID) -> Any:
    """Everything that was not marked is missing; differences are entered in the ledger."""
    return counts.close(act.session, actor=act.actor, count_id=count_id, now=act.now, **payload)


@api.route("/stock-counts/<uuid:count_id>/sign", methods=["POST"])
@api.arguments(CountSignSchema)
@api.response(200, StockCountSchema)
@acting("count.sign", schema=StockCountSchema)
def sign_count(act: Act, payload: dict[str, Any], count_id: UUID) -> Any:
    """The signature of somebody who did not count."""
    return counts.sign(act.session, actor=act.actor, count_id=count_id, now=act.now, **payload)
