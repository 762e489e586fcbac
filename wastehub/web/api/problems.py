"""Problems 问题清单 over HTTP, and the state behind a firm's code."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import problems
from ...services import firm_states
from ...services import problems as service
from .. import firm_words
from ..acting import Act, acting, viewing

api = Blueprint("api_problems", __name__, description="Problems, firm codes / 问题清单、企业码")

PAGE_MAX = 200


class ProblemQuerySchema(Schema):
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "all", *problems.STATES]))
    county = fields.String(load_default="", validate=validate.Length(max=12))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_MAX))
    offset = fields.Integer(load_default=0, validate=validate.Range(0))


class ProblemRowSchema(Schema):
    id = fields.UUID()
    problem_no = fields.String()
    kind = fields.String()
    source = fields.String()
    state = fields.String()
    label_code = fields.String()
    enterprise_id = fields.UUID()
    county_code = fields.String()
    place = fields.String()
    lon_e6 = fields.Integer()
    lat_e6 = fields.Integer()
    found_at = fields.AwareDateTime()
    assigned_to_id = fields.UUID()
    due_on = fields.Date()
    closed_at = fields.AwareDateTime()
    version = fields.Integer()


class ProblemStepSchema(Schema):
    seq = fields.Integer()
    act = fields.String()
    state = fields.String()
    note = fields.String()
    photo_sha256 = fields.String()
    acted_at = fields.AwareDateTime()


class ProblemDetailSchema(ProblemRowSchema):
    note = fields.String()
    photo_sha256 = fields.String()
    steps = fields.List(fields.Nested(ProblemStepSchema))


def _photo_sent_before() -> fields.String:
    """What POST /photos answered: there size and kind are judged, place and device left out."""
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[0-9a-f]{64}$"),
        metadata={"description": "of a photo sent before to POST /photos"},
    )


class FindingSchema(Schema):
    """`problem_id`: made by the caller, so that sending twice is one problem."""

    problem_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(problems.KINDS)))
    unit_code = fields.String(required=True, validate=validate.Length(1, 40))
    note = fields.String(required=True, validate=validate.Length(1, 300))
    place = fields.String(load_default="", validate=validate.Length(max=200))
    due_on = fields.Date(load_default=None)
    photo_sha256 = _photo_sent_before()


class ProblemMoveSchema(Schema):
    act = fields.String(
        required=True,
        validate=validate.OneOf(["assign", "return", "accept", "close", "dismiss"]),
    )
    note = fields.String(load_default="", validate=validate.Length(max=300))
    unit_id = fields.UUID(load_default=None)
    due_on = fields.Date(load_default=None)
    version = fields.Integer(load_default=None)


class RectificationSchema(Schema):
    note = fields.String(required=True, validate=validate.Length(1, 300))
    photo_sha256 = _photo_sent_before()
    version = fields.Integer(load_default=None)


class FirmReasonSchema(Schema):
    colour = fields.String()
    code = fields.String()


class FirmStateSchema(Schema):
    enterprise_id = fields.Function(lambda state: str(state.firm.id))
    colour = fields.String(metadata={"description": "green, yellow or red"})
    reasons = fields.List(fields.Nested(FirmReasonSchema))
    sentences = fields.Function(lambda state: [text for _tone, text in firm_words.in_words(state.reasons)])


@api.route("/problems", methods=["GET"])
@api.arguments(ProblemQuerySchema, location="query")
@api.response(200, ProblemRowSchema(many=True))
@viewing("problem.view")
def list_problems(act: Act, query: dict[str, Any]) -> Any:
    """Problems that the caller may see, the newest first."""
    rows, _count, _sums = service.problem_list(
        act.session, actor=act.actor, sort="found_at", descending=True, **query
    )
    return rows


@api.route("/problems", methods=["POST"])
@api.arguments(FindingSchema)
@api.response(201, ProblemDetailSchema)
@acting("problem.manage", schema=ProblemDetailSchema, status=201)
def enter_problem(act: Act, payload: dict[str, Any]) -> Any:
    """What the office has found itself; the unit has it to put right from now on."""
    photo = payload.pop("photo_sha256")
    finding = service.Finding(**payload)
    row = service.enter(act.session, actor=act.actor, finding=finding, photo_sha256=photo, now=act.now)
    return service.detail(act.session, actor=act.actor, problem_id=row.id, lock=True)


@api.route("/problems/<uuid:problem_id>", methods=["GET"])
@api.response(200, ProblemDetailSchema)
@viewing("problem.view")
def read_problem(act: Act, problem_id: UUID) -> Any:
    """A problem with every step; who reported it is on the office's page only."""
    return service.detail(act.session, actor=act.actor, problem_id=problem_id)


@api.route("/problems/<uuid:problem_id>/steps", methods=["POST"])
@api.arguments(ProblemMoveSchema)
@api.response(200, ProblemDetailSchema)
@acting("problem.manage", schema=ProblemDetailSchema)
def move_problem(act: Act, payload: dict[str, Any], problem_id: UUID) -> Any:
    """The office brings a problem one step further: assign, return, accept, close, dismiss."""
    return _moved(act, problem_id, payload.pop("version"), service.Move(**payload))


@api.route("/problems/<uuid:problem_id>/rectifications", methods=["POST"])
@api.arguments(RectificationSchema)
@api.response(200, ProblemDetailSchema)
@acting("problem.rectify", schema=ProblemDetailSchema)
def rectify_problem(act: Act, payload: dict[str, Any], problem_id: UUID) -> Any:
    """The unit in charge reports what it put right; `photo_sha256`: of a photo sent before."""
    return _moved(act, problem_id, payload.pop("version"), service.Move(act="rectify", **payload))


def _moved(act: Act, problem_id: UUID, version: int | None, step: service.Move) -> Any:
    service.move(act.session, actor=act.actor, problem_id=problem_id, move=step, version=version, now=act.now)
    return service.detail(act.session, actor=act.actor, problem_id=problem_id, lock=True)


@api.route("/enterprises/<uuid:organisation_id>/state", methods=["GET"])
@api.response(200, FirmStateSchema)
@viewing("firm_state.view")
def read_firm_state(act: Act, organisation_id: UUID) -> Any:
    """Green, yellow or red with the reasons, for the firm, its county's office and its platform."""
    return firm_states.state_of(act.session, actor=act.actor, organisation_id=organisation_id, now=act.now)
