"""Contradictions between what phones recorded and what the platform knows, for the office that decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import field_conflicts as rules
from ...services.field import boards, deciding
from .. import label_sealing
from ..acting import Act, acting, viewing
from ..explanations import explain_code

api = Blueprint("api_field_conflicts", __name__, description="Conflicts of the field / 现场冲突")

PAGE_MAX = 200


class ConflictQuerySchema(Schema):
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "decided", "all"]))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_MAX))
    offset = fields.Integer(load_default=0, validate=validate.Range(0))


class ConflictSchema(Schema):
    id = fields.UUID()
    conflict_no = fields.String()
    kind = fields.String(validate=validate.OneOf(list(rules.KINDS)))
    state = fields.String(validate=validate.OneOf(["open", "resolved", "dismissed"]))
    code = fields.String()
    message = fields.Function(lambda row: explain_code(row.code, row.params).message)
    event_id = fields.UUID()
    round_id = fields.UUID(allow_none=True)
    stop_id = fields.UUID(allow_none=True)
    container_id = fields.UUID(allow_none=True)
    ours = fields.Dict(metadata={"description": "what the platform knew"})
    theirs = fields.Dict(metadata={"description": "what the phone recorded"})
    choices = fields.Function(lambda row: list(rules.KINDS[row.kind]) if row.state == "open" else [])
    opened_at = fields.AwareDateTime()
    choice = fields.String()
    reason = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
    result = fields.Dict(allow_none=True)
    version = fields.Integer()


class ConflictDetailSchema(ConflictSchema):
    text = fields.Function(lambda row: row.event.text, metadata={"description": "as the phone signed it"})
    sig = fields.Function(lambda row: row.event.sig)
    sha256 = fields.Function(lambda row: row.event.sha256)


class DecisionSchema(Schema):
    choice = fields.String(required=True, validate=validate.OneOf(list(rules.CHOICES)))
    reason = fields.String(required=True, validate=validate.Length(1, deciding.REASON_LONGEST))
    version = fields.Integer(load_default=None)


@api.route("/field-conflicts", methods=["GET"])
@api.arguments(ConflictQuerySchema, location="query")
@api.response(200, ConflictSchema(many=True))
@viewing("conflict.view")
def index(act: Act, query: dict[str, Any]) -> Any:
    """Conflicts of one's platform, the newest first."""
    rows, _count, _sums = boards.conflict_list(
        act.session, actor=act.actor, sort="opened_at", descending=True, **query
    )
    return rows


@api.route("/field-conflicts/<uuid:conflict_id>", methods=["GET"])
@api.response(200, ConflictDetailSchema)
@viewing("conflict.view")
def detail(act: Act, conflict_id: UUID) -> Any:
    """Both versions, and the text that the phone signed."""
    return boards.conflict_board(act.session, actor=act.actor, conflict_id=conflict_id).conflict


@api.route("/field-conflicts/<uuid:conflict_id>/decide", methods=["POST"])
@api.arguments(DecisionSchema)
@api.response(200, ConflictDetailSchema)
@acting("conflict.decide", schema=ConflictDetailSchema)
def decide(act: Act, payload: dict[str, Any], conflict_id: UUID) -> Any:
    """Settle it: carry_out, keep, or raise_problem, with a reason."""
    return deciding.decide(
        act.session,
        actor=act.actor,
        conflict_id=conflict_id,
        decision=deciding.Decision(**payload),
        seals=label_sealing.seals(request.host),
        now=act.now,
    )
