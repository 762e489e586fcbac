"""The catalogue, container types and limits over HTTP: what a client needs to fill a form."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...models import reference
from ..acting import Act, viewing

api = Blueprint("api_reference", __name__, description="Reference data / 名录与基础数据")


class WasteCodeQuerySchema(Schema):
    q = fields.String(
        required=True,
        validate=validate.Length(1, 60),
        metadata={"description": "digits, category, Chinese name or trade name, pinyin initials, English"},
    )
    limit = fields.Integer(strict=False, load_default=20, validate=validate.Range(1, 100))
    on = fields.Date(
        load_default=None, metadata={"description": "only rows in force that day; default today"}
    )


class WasteCodeSchema(Schema):
    code = fields.String()
    category_code = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    hazards = fields.String()
    typical_form = fields.String()
    edition = fields.String()
    effective_from_on = fields.Date()
    effective_until_on = fields.Date(allow_none=True)
    unverified_against_2025 = fields.Boolean()
    group_code = fields.String(allow_none=True)


class ReferenceDaySchema(Schema):
    on = fields.Date(load_default=None, metadata={"description": "Shanghai date; default today"})


class ContainerTypeSchema(Schema):
    code = fields.String()
    name_zh = fields.String()
    name_en = fields.String()
    volume_l = fields.Integer()
    tare_g = fields.Integer()
    payload_max_g = fields.Integer()
    takes_liquid = fields.Boolean()


def _on(act: Act, asked: date | None) -> date:
    return asked or calendar.on_date(act.now)


@api.route("/waste-codes", methods=["GET"])
@api.arguments(WasteCodeQuerySchema, location="query")
@api.response(200, WasteCodeSchema(many=True))
@viewing("reference.view")
def waste_codes(act: Act, query: dict[str, Any]) -> Any:
    """Search the national catalogue as one types, best hit first."""
    return reference.search_waste_codes(act.session, query["q"], query["limit"], on=_on(act, query["on"]))


@api.route("/waste-codes/<code>", methods=["GET"])
@api.response(200, WasteCodeSchema)
@viewing("reference.view")
def waste_code(act: Act, code: str) -> Any:
    """One code of the catalogue."""
    return reference.waste_code(act.session, code)


@api.route("/container-types", methods=["GET"])
@api.arguments(ReferenceDaySchema, location="query")
@api.response(200, ContainerTypeSchema(many=True))
@viewing("reference.view")
def container_types(act: Act, query: dict[str, Any]) -> Any:
    """Container types in force on a day, the smallest first."""
    return list(reference.container_types(act.session, _on(act, query["on"])).values())
