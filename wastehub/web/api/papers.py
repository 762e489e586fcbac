"""What a pickup rests on, over HTTP: contracts and management plans."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...domain.errors import NotFound
from ...services import enrolment, stock
from ..acting import Act, acting, viewing

api = Blueprint("api_papers", __name__, description="Contracts, plans / 合同、管理计划")


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
    ended_on = fields.Date(allow_none=True, metadata={"description": "first day on which it no longer holds"})
    version = fields.Integer()


class ContractEndSchema(Schema):
    ended_on = fields.Date(required=True)
    reason = fields.String(required=True)
    version = fields.Integer(strict=True, required=True)


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


@api.route("/contracts", methods=["POST"])
@api.arguments(ContractDraftSchema)
@api.response(201, ContractSchema)
@acting("contract.sign", schema=ContractSchema, status=201)
def sign_contract(act: Act, payload: dict[str, Any]) -> Any:
    """Enter a collection contract 收集合同 (Order 23, Art. 10)."""
    draft = enrolment.ContractDraft(**payload | {"enterprise_id": _firm(act, payload)})
    return enrolment.sign_contracts(act.session, actor=act.actor, drafts=[draft], now=act.now)[0]


@api.route("/contracts/<uuid:contract_id>/end", methods=["POST"])
@api.arguments(ContractEndSchema)
@api.response(200, ContractSchema)
@acting("contract.sign", schema=ContractSchema)
def end_contract(act: Act, payload: dict[str, Any], contract_id: UUID) -> Any:
    """End a contract before its time 终止合同."""
    return enrolment.end_contract(
        act.session, actor=act.actor, contract_id=contract_id, now=act.now, **payload
    )


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
