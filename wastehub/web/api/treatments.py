"""Utilisation and disposal over HTTP. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import calendar
from ...services import treatment_boards, treatments
from ...services.treatments import TreatmentRun
from ..acting import Act, acting, viewing

api = Blueprint("api_treatments", __name__, description="Utilisation and disposal / 利用处置")


class TreatmentSchema(Schema):
    id = fields.UUID()
    treatment_no = fields.String()
    method_code = fields.String()
    mass_g = fields.Integer()
    containers = fields.Integer()
    treated_at = fields.AwareDateTime()
    note = fields.String()


class TreatmentPageSchema(Schema):
    items = fields.List(fields.Nested(TreatmentSchema))
    count = fields.Integer()


class TreatmentQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    method = fields.String(load_default="", validate=validate.Length(max=4))
    from_on = fields.Date(load_default=None)
    until_on = fields.Date(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class TreatedContainerSchema(Schema):
    container_id = fields.Function(lambda row: str(row[1].id))
    label_code = fields.Function(lambda row: row[1].label_code)
    batch_no = fields.Function(lambda row: row[1].batch.batch_no)
    firm = fields.Function(lambda row: row[1].batch.enterprise.name)
    mass_g = fields.Function(lambda row: row[0].mass_g)


class TreatmentViewSchema(Schema):
    treatment = fields.Nested(TreatmentSchema)
    containers = fields.List(fields.Nested(TreatedContainerSchema), attribute="rows")


class TreatmentRunSchema(Schema):
    method_code = fields.String(required=True, validate=validate.Length(max=10))
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=2_000))
    note = fields.String(load_default="")


class TreatableQuerySchema(Schema):
    waste_code = fields.String(required=True, validate=validate.Length(max=10))


class TreatableSchema(Schema):
    id = fields.UUID()
    label_code = fields.String()
    firm = fields.String()
    batch_no = fields.String()
    lot_no = fields.String()
    waste_code = fields.String()
    mass_g = fields.Integer()
    since_on = fields.Date(allow_none=True)


@api.route("/treatments", methods=["GET"])
@api.arguments(TreatmentQuerySchema, location="query")
@api.response(200, TreatmentPageSchema)
@viewing("treatment.record")
def list_treatments(act: Act, query: dict[str, Any]) -> Any:
    """What the caller's plant treated, the newest first."""
    rows, count, _sums = treatment_boards.treatments(
        act.session, actor=act.actor, text=query.pop("q"), **query
    )
    return {"items": rows, "count": count}


@api.route("/treatments/waiting", methods=["GET"])
@api.arguments(TreatableQuerySchema, location="query")
@api.response(200, TreatableSchema(many=True))
@viewing("treatment.record")
def list_waiting(act: Act, query: dict[str, Any]) -> Any:
    """The containers of a waste that stand at the caller's plant."""
    on = calendar.on_date(act.now)
    return treatment_boards.treatable(act.session, actor=act.actor, waste_code=query["waste_code"], today=on)


@api.route("/treatments", methods=["POST"])
@api.arguments(TreatmentRunSchema)
@api.response(201, TreatmentSchema)
@acting("treatment.record", schema=TreatmentSchema, status=201)
def treat(act: Act, payload: dict[str, Any]) -> Any:
    """Utilise or dispose of containers by one method: here their kilograms end."""
    assert act.actor.organisation_id is not None, "a plant's user without a plant"
    run = TreatmentRun(
        act.actor,
        act.actor.organisation_id,
        payload["method_code"],
        tuple(payload["container_ids"]),
        payload["note"],
    )
    [made] = treatments.treat(act.session, runs=[run], now=act.now)
    return made


@api.route("/treatments/<uuid:treatment_id>", methods=["GET"])
@api.response(200, TreatmentViewSchema)
@viewing("treatment.view")
def read_treatment(act: Act, treatment_id: UUID) -> Any:
    """One run with the containers that ended in it, as far as the caller may see them."""
    return treatment_boards.treatment_board(act.session, actor=act.actor, treatment_id=treatment_id)
