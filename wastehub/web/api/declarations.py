"""Declarations of HJ 1259 over HTTP: what is due, the pre-filled tables, filing, receipts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from ...domain.statutory.sheets import Sheet, printed
from ...services import statutory
from ..acting import Act, acting, viewing

api = Blueprint("api_declarations", __name__, description="Declarations / 申报")


class DeclarationUnitQuerySchema(Schema):
    unit = fields.UUID(load_default=None, metadata={"description": "a unit other than one's own"})


class DeclarationSchema(Schema):
    id = fields.UUID()
    organisation_id = fields.UUID()
    period = fields.String(metadata={"description": "2026-03, 2026-Q1 or 2026"})
    edition = fields.Integer()
    management_class = fields.String()
    content_sha256 = fields.String()
    ledger_size = fields.Integer()
    note = fields.String()
    delegate_id = fields.UUID(allow_none=True)
    filed_at = fields.AwareDateTime()
    due_on = fields.Date()
    receipt_no = fields.String()
    version = fields.Integer()


class DeclarationTableSchema(Schema):
    header = fields.List(fields.String())
    rows = fields.List(fields.List(fields.String()))
    code = fields.String()
    title = fields.String()


class DeclarationWithTablesSchema(DeclarationSchema):
    tables = fields.List(fields.Nested(DeclarationTableSchema))


class DeclarationPeriodSchema(Schema):
    period = fields.String()
    due_on = fields.Date()
    state = fields.String(metadata={"description": "late, soon, due, filed, receipted"})
    declaration_id = fields.UUID(allow_none=True)


class DeclarationPointSchema(Schema):
    key = fields.String()
    tone = fields.String(metadata={"description": "bad, warn, good"})


class DraftDeclarationSchema(Schema):
    period = fields.String()
    due_on = fields.Date()
    over = fields.Boolean(metadata={"description": "the period has ended: it can be filed"})
    sha256 = fields.String(metadata={"description": "to be sent back as seen_sha256"})
    ledger_size = fields.Integer()
    points = fields.List(fields.Nested(DeclarationPointSchema))
    tables = fields.List(fields.Nested(DeclarationTableSchema))


class DeclarationFilingSchema(Schema):
    seen_sha256 = fields.String(required=True)
    note = fields.String(load_default="")


class DeclarationReceiptSchema(Schema):
    receipt_no = fields.String(required=True)
    version = fields.Integer(strict=True, required=True)


def _tables(sheets: tuple[Sheet, ...]) -> list[dict[str, Any]]:
    return [
        {
            "code": sheet.code,
            "title": sheet.title,
            "header": [column.title for column in sheet.columns],
            "rows": list(printed(sheet)),
        }
        for sheet in sheets
    ]


@api.route("/declarations")
@api.arguments(DeclarationUnitQuerySchema, location="query")
@api.response(200, DeclarationPeriodSchema(many=True))
@viewing("declaration.view")
def list_periods(act: Act, query: dict[str, Any]) -> Any:
    """What a unit has declared and still has to declare, the newest period first."""
    _unit, rows = statutory.period_rows(
        act.session, actor=act.actor, organisation_id=query["unit"], now=act.now
    )
    return [
        {
            "period": row.period.key,
            "due_on": row.due_on,
            "state": row.state,
            "declaration_id": row.newest.id if row.newest else None,
        }
        for row in rows
    ]


@api.route("/declarations/periods/<period>")
@api.arguments(DeclarationUnitQuerySchema, location="query")
@api.response(200, DraftDeclarationSchema)
@viewing("declaration.view")
def read_draft(act: Act, query: dict[str, Any], period: str) -> Any:
    """A declaration as the ledger gives it now, in tonnes, with what is missing or odd."""
    draft = statutory.prepare(
        act.session, actor=act.actor, period=period, organisation_id=query["unit"], now=act.now
    )
    return {
        "period": draft.period.key,
        "due_on": draft.due_on,
        "over": draft.over,
        "sha256": draft.sha256,
        "ledger_size": draft.size,
        "points": draft.points,
        "tables": _tables(draft.sheets),
    }


@api.route("/declarations/periods/<period>", methods=["POST"])
@api.arguments(DeclarationUnitQuerySchema, location="query")
@api.arguments(DeclarationFilingSchema)
@api.response(201, DeclarationSchema)
@acting("declaration.file", schema=DeclarationSchema, status=201)
def file_declaration(act: Act, query: dict[str, Any], payload: dict[str, Any], period: str) -> Any:
    """File a period, or a corrected edition of it."""
    return statutory.file(
        act.session, actor=act.actor, period=period, organisation_id=query["unit"], now=act.now, **payload
    )


@api.route("/declarations/<uuid:declaration_id>")
@api.response(200, DeclarationWithTablesSchema)
@viewing("declaration.view")
def read_declaration(act: Act, declaration_id: UUID) -> Any:
    """One edition as it was filed."""
    _unit, row = statutory.declaration(act.session, actor=act.actor, declaration_id=declaration_id)
    told = {name: getattr(row, name) for name in DeclarationSchema().fields}
    return told | {"tables": _tables(statutory.read(row.content))}


@api.route("/declarations/<uuid:declaration_id>/receipt", methods=["POST"])
@api.arguments(DeclarationReceiptSchema)
@api.response(200, DeclarationSchema)
@acting("declaration.file", schema=DeclarationSchema)
def enter_receipt(act: Act, payload: dict[str, Any], declaration_id: UUID) -> Any:
    """Note the authority's receipt number 回执编号."""
    return statutory.enter_receipt(
        act.session, actor=act.actor, declaration_id=declaration_id, now=act.now, **payload
    )
