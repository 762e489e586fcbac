"""The register of firms over HTTP: who takes part, with which particulars."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...models.organisations import Organisation
from ...services import enrolment
from ..acting import Act, acting, viewing

api = Blueprint("api_enterprises", __name__, description="The register of firms / 产废单位名录")

LIST_MAX = 500


class ParticularsSchema(Schema):
    name = fields.String(required=True)
    county_code = fields.String(required=True)
    town_code = fields.String(load_default=None, allow_none=True)
    short_name = fields.String(load_default="")
    address = fields.String(load_default="")
    lon_e6 = fields.Integer(strict=True, load_default=0, metadata={"description": "micro-degrees, WGS-84"})
    lat_e6 = fields.Integer(strict=True, load_default=0)
    industry = fields.String(load_default="")
    industry_zh = fields.String(load_default="")
    management_class = fields.String(load_default="registration")
    storage_kind = fields.String(load_default="point")
    contact_name = fields.String(load_default="")
    contact_phone = fields.String(load_default="")
    emergency_phone = fields.String(load_default="")
    open_s = fields.Integer(
        strict=True, load_default=8 * 3600, metadata={"description": "seconds from local midnight"}
    )
    close_s = fields.Integer(strict=True, load_default=17 * 3600)


class FirmDraftSchema(ParticularsSchema):
    credit_code = fields.String(required=True)


class FirmListDraftSchema(Schema):
    enterprises = fields.List(
        fields.Nested(FirmDraftSchema), required=True, validate=validate.Length(1, LIST_MAX)
    )


class FirmAmendmentSchema(ParticularsSchema):
    version = fields.Integer(strict=True, required=True)


class ActiveSchema(Schema):
    active = fields.Boolean(required=True)
    version = fields.Integer(strict=True, required=True)


class FirmSchema(ParticularsSchema):
    id = fields.UUID()
    code = fields.String(metadata={"description": "统一社会信用代码"})
    active = fields.Boolean()
    enrolled_at = fields.AwareDateTime()
    version = fields.Integer()


class FirmListSchema(Schema):
    enterprises = fields.List(fields.Nested(FirmSchema))


class FirmInBriefSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    code = fields.String()
    county_code = fields.String()
    town_code = fields.String(allow_none=True)
    active = fields.Boolean()


class FirmRowSchema(Schema):
    firm = fields.Nested(FirmInBriefSchema)
    platforms = fields.List(
        fields.String(), metadata={"description": "codes of platforms with a contract in force"}
    )
    planned = fields.Boolean(metadata={"description": "has a management plan this year"})


class FirmPageSchema(Schema):
    items = fields.List(fields.Nested(FirmRowSchema))
    count = fields.Integer()


class FirmQuerySchema(Schema):
    text = fields.String(load_default="", data_key="q", validate=validate.Length(max=60))
    county = fields.String(load_default="", validate=validate.Length(max=12))
    town = fields.String(load_default="", validate=validate.Length(max=12))
    platform = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"description": "a code, or none"}
    )
    state = fields.String(load_default="", validate=validate.OneOf(["", "active", "inactive"]))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


@api.route("/enterprises", methods=["POST"])
@api.arguments(FirmListDraftSchema)
@api.response(201, FirmListSchema)
@acting("organisation.manage", schema=FirmListSchema, status=201)
def enrol(act: Act, payload: dict[str, Any]) -> dict[str, Any]:
    """Enrol firms as generators 产废单位入网."""
    drafts = [enrolment.FirmDraft(**firm) for firm in payload["enterprises"]]
    return {"enterprises": enrolment.enrol(act.session, actor=act.actor, firms=drafts, now=act.now)}


@api.route("/enterprises", methods=["GET"])
@api.arguments(FirmQuerySchema, location="query")
@api.response(200, FirmPageSchema)
@viewing("contract.view")
def list_enterprises(act: Act, query: dict[str, Any]) -> dict[str, Any]:
    """Firms that one may know, by name."""
    on = calendar.on_date(act.now)
    rows, count, _sums = enrolment.enterprises(
        act.session, actor=act.actor, on=on, **query, sort="name", descending=False
    )
    items = [
        {"firm": row.firm, "platforms": [each.code for each in row.platforms], "planned": row.planned}
        for row in rows
    ]
    return {"items": items, "count": count}


@api.route("/enterprises/<uuid:organisation_id>", methods=["GET"])
@api.response(200, FirmSchema)
@viewing("contract.view")
def show(act: Act, organisation_id: UUID) -> Organisation:
    """The particulars of one firm."""
    return enrolment.enterprise(act.session, actor=act.actor, organisation_id=organisation_id)


@api.route("/enterprises/<uuid:organisation_id>", methods=["PUT"])
@api.arguments(FirmAmendmentSchema)
@api.response(200, FirmSchema)
@acting("organisation.manage", schema=FirmSchema)
def amend(act: Act, payload: dict[str, Any], organisation_id: UUID) -> Organisation:
    """Change a firm's particulars, all of them; its credit code stays."""
    version = payload.pop("version")
    return enrolment.amend(
        act.session,
        actor=act.actor,
        organisation_id=organisation_id,
        draft=enrolment.FirmDraft(**payload, credit_code=""),
        version=version,
        now=act.now,
    )


@api.route("/enterprises/<uuid:organisation_id>/active", methods=["PUT"])
@api.arguments(ActiveSchema)
@api.response(200, FirmSchema)
@acting("organisation.manage", schema=FirmSchema)
def set_active(act: Act, payload: dict[str, Any], organisation_id: UUID) -> Organisation:
    """Let a firm start new business, or no longer 停用与恢复."""
    return enrolment.set_active(
        act.session, actor=act.actor, organisation_id=organisation_id, now=act.now, **payload
    )
