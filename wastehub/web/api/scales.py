"""Scales and their drift over HTTP. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...services import weighing
from ...services.weighing import ScaleDraft
from ..acting import Act, acting, viewing

api = Blueprint("api_scales", __name__, description="Scales and how they drift / 计量器具与称重偏移")


class ScaleSchema(Schema):
    id = fields.UUID()
    code = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    scale_class = fields.String()
    division_g = fields.Integer(allow_none=True)
    verified_until_on = fields.Date(allow_none=True)
    standard = fields.Boolean()
    active = fields.Boolean()
    version = fields.Integer()


class ScaleDraftSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(max=60))
    name_zh = fields.String(required=True, validate=validate.Length(max=200))
    name_en = fields.String(load_default="", validate=validate.Length(max=200))
    scale_class = fields.String(load_default="bench", validate=validate.Length(max=20))
    division_g = fields.Integer(load_default=None, allow_none=True, strict=True)
    verified_until_on = fields.Date(load_default=None, allow_none=True)
    standard = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=True)


class ScaleChangeSchema(ScaleDraftSchema):
    version = fields.Integer(load_default=None, allow_none=True, strict=True)


class DriftMonthSchema(Schema):
    month = fields.Function(lambda row: f"{row.month.first_on:%Y-%m}")
    weighings = fields.Function(lambda row: row.month.weighings)
    sum_g = fields.Function(lambda row: row.month.sum_g)
    sigma_g = fields.Function(lambda row: row.month.sigma_g)
    less = fields.Function(lambda row: row.month.less)
    more = fields.Function(lambda row: row.month.more)
    state = fields.String()


class DriftNameSchema(Schema):
    by = fields.String()
    key = fields.UUID()
    code = fields.String()
    name_zh = fields.String()
    organisation = fields.Function(lambda row: row.unit.code)


class DriftSeriesSchema(DriftNameSchema):
    months = fields.List(fields.Nested(DriftMonthSchema))


class DriftSchema(Schema):
    sigma = fields.Integer()
    weighings_min = fields.Integer()
    scales = fields.List(fields.Nested(DriftSeriesSchema))
    crews = fields.List(fields.Nested(DriftSeriesSchema))


class DriftWeighingSchema(Schema):
    label_code = fields.String()
    batch_no = fields.String()
    expected_g = fields.Integer()
    weighed_g = fields.Integer()
    difference_g = fields.Integer()
    allowed_g = fields.Integer()
    decided_at = fields.AwareDateTime()
    reception_no = fields.String()
    scale_code = fields.String()


class DriftMonthViewSchema(Schema):
    series = fields.Nested(DriftNameSchema)
    month = fields.Nested(DriftMonthSchema, attribute="row")
    weighings = fields.List(fields.Nested(DriftWeighingSchema))


@api.route("/scales", methods=["GET"])
@api.response(200, ScaleSchema(many=True))
@viewing("scale.manage")
def list_scales(act: Act) -> Any:
    """The scales of the caller's unit, the standard one first."""
    return weighing.own_scales(act.session, actor=act.actor)


@api.route("/scales", methods=["POST"])
@api.arguments(ScaleDraftSchema)
@api.response(201, ScaleSchema)
@acting("scale.manage", schema=ScaleSchema, status=201)
def register_scale(act: Act, payload: dict[str, Any]) -> Any:
    """Enter a scale of the caller's unit."""
    return weighing.register_scale(act.session, actor=act.actor, draft=ScaleDraft(**payload), now=act.now)


@api.route("/scales/<uuid:scale_id>", methods=["PUT"])
@api.arguments(ScaleChangeSchema)
@api.response(200, ScaleSchema)
@acting("scale.manage", schema=ScaleSchema)
def change_scale(act: Act, payload: dict[str, Any], scale_id: UUID) -> Any:
    """Change what is known of a scale."""
    version = payload.pop("version")
    return weighing.change_scale(
        act.session, actor=act.actor, scale_id=scale_id, draft=ScaleDraft(**payload), version=version
    )


@api.route("/scales/drift", methods=["GET"])
@api.response(200, DriftSchema)
@viewing("scale.view")
def read_drift(act: Act) -> Any:
    """Sums of the differences within tolerance by month, for every scale and driver the caller may see."""
    return weighing.drift_board(act.session, actor=act.actor, today=calendar.on_date(act.now))


@api.route("/scales/drift/<by>/<uuid:key>/<month>", methods=["GET"])
@api.response(200, DriftMonthViewSchema)
@viewing("scale.view")
def read_month(act: Act, by: str, key: UUID, month: str) -> Any:
    """The weighings behind one sum."""
    today = calendar.on_date(act.now)
    return weighing.month_board(act.session, actor=act.actor, by=by, key=key, month=month, today=today)
