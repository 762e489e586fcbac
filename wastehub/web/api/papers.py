"""What a pickup rests on, over HTTP: enrolled firms, contracts, management plans."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...domain.errors import NotFound
from ...services import enrolment, stock
from ..acting import Act, acting, viewing

api = Blueprint("api_papers", __name__, description="Enrolment, contracts, plans / 入网、合同、管理计划")

LIST_MAX = 500


class FirmDraftSchema(Schema):
    name = fields.String(required=True)
    credit_code = fields.String(required=True)
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


class FirmListDraftSchema(Schema):
    enterprises = fields.List(
        fields.Nested(FirmDraftSchema), required=True, validate=validate.Length(1, LIST_MAX)
    )


class FirmSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    code = fields.String()
    county_code = fields.String()
    enrolled_at = fields.AwareDateTime()


class FirmListSchema(Schema):
    enterprises = fields.List(fields.Nested(FirmSchema))


class ContractDraftSchema(Schema):
    enterprise_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "an enterprise leaves it out: its own"}
    )
    platform_id = fields.UUID(required=True)
    number = fields.String(required=True)
    valid_from_on = fields.Date(required=True)
    valid_until_on = fields.Date(required=True)


class ContractSchema(Schema):
    id = fields.UUID()
    enterprise_id = fields.UUID()
    platform_id = fields.UUID()
    number = fields.String()
    valid_from_on = fields.Date()
    valid_until_on = fields.Date()


class PaperPlanLineSchema(Schema):
    waste_code = fields.String(required=True)
    planned_g = fields.Integer(strict=True, required=True)
    internal_name = fields.String(load_default="")


class ManagementPlanDraftSchema(Schema):
    enterprise_id = fields.UUID(load_default=None, allow_none=True)
    year = fields.Integer(strict=True, required=True)
    filing_no = fields.String(required=True, metadata={"description": "备案编号"})
    lines = fields.List(fields.Nested(PaperPlanLineSchema), required=True, validate=validate.Length(1, 100))


class ManagementPlanSchema(Schema):
    id = fields.UUID()
    enterprise_id = fields.UUID()
    year = fields.Integer()
    filing_no = fields.String()
    registered_at = fields.AwareDateTime()


class ManagementPlanWithLinesSchema(ManagementPlanSchema):
    lines = fields.List(fields.Nested(PaperPlanLineSchema))


class PapersSchema(Schema):
    contracts = fields.List(fields.Nested(ContractSchema))
    plan = fields.Nested(ManagementPlanWithLinesSchema, allow_none=True)


class PapersQuerySchema(Schema):
    year = fields.Integer(load_default=None, allow_none=True)


@api.route("/enterprises", methods=["POST"])
@api.arguments(FirmListDraftSchema)
@api.response(201, FirmListSchema)
@acting("organisation.manage", schema=FirmListSchema, status=201)
def enrol(act: Act, payload: dict[str, Any]) -> dict[str, Any]:
    """Enrol firms as generators 产废单位入网."""
    drafts = [enrolment.FirmDraft(**firm) for firm in payload["enterprises"]]
    return {"enterprises": enrolment.enrol(act.session, actor=act.actor, firms=drafts, now=act.now)}


@api.route("/contracts", methods=["POST"])
@api.arguments(ContractDraftSchema)
@api.response(201, ContractSchema)
@acting("contract.sign", schema=ContractSchema, status=201)
def sign_contract(act: Act, payload: dict[str, Any]) -> Any:
    """Enter a collection contract 收集合同 (Order 23, Art. 10)."""
    draft = enrolment.ContractDraft(**payload | {"enterprise_id": _firm(act, payload)})
    return enrolment.sign_contracts(act.session, actor=act.actor, drafts=[draft], now=act.now)[0]


@api.route("/management-plans", methods=["POST"])
@api.arguments(ManagementPlanDraftSchema)
@api.response(201, ManagementPlanSchema)
@acting("plan_line.register", schema=ManagementPlanSchema, status=201)
def register_plan(act: Act, payload: dict[str, Any]) -> Any:
    """Enter a registered management plan 危险废物管理计划, or add lines to it (Order 23, Art. 14)."""
    lines = tuple((line["waste_code"], line["planned_g"], line["internal_name"]) for line in payload["lines"])
    draft = enrolment.PlanDraft(_firm(act, payload), payload["year"], payload["filing_no"], lines)
    return enrolment.register_plans(act.session, actor=act.actor, drafts=[draft], now=act.now)[0]


@api.route("/papers")
@api.arguments(PapersQuerySchema, location="query")
@api.response(200, PapersSchema)
@viewing("stock.view")
def papers(act: Act, query: dict[str, Any]) -> dict[str, Any]:
    """One's own contracts and the plan of a year, this year by default."""
    year = query["year"] or calendar.on_date(act.now).year
    found = stock.papers(act.session, actor=act.actor, year=year, now=act.now)
    return {"contracts": [contract for contract, _platform in found.contracts], "plan": found.plan}


def _firm(act: Act, payload: dict[str, Any]) -> UUID:
    """The enterprise meant: the one named, or the actor's own."""
    named: UUID | None = payload["enterprise_id"] or act.actor.organisation_id
    if named is None:
        raise NotFound("object.not_found", field="enterprise_id")
    return named
