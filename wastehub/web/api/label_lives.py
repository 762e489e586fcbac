"""What became of a label, a new code for an old fill, rolls of numbers printed beforehand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import roll_codes
from ...services import label_lives
from .. import label_words
from ..acting import Act, acting, viewing

api = Blueprint("api_label_lives", __name__, description="Lives of labels / 标签状态、更换、预印标签卷")

TEXT_LONGEST = 500


class LabelTextSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(1, TEXT_LONGEST))


class LabelLifeSchema(Schema):
    state = fields.String(
        metadata={"description": "draft, printed, reprinted, replaced, void, roll_free, roll_void"}
    )
    label_code = fields.String(attribute="code")
    successor = fields.String()
    roll_no = fields.String()
    message = fields.Function(label_words.sentence)


class ReplacementSchema(Schema):
    reason = fields.String(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=300))
    version = fields.Integer(load_default=None)


class RetiredLabelSchema(Schema):
    label_code = fields.String(attribute="code")
    successor = fields.String()
    prints = fields.Integer()
    reason = fields.String()
    retired_at = fields.AwareDateTime()


class BindingSchema(Schema):
    roll_code = fields.String(required=True, validate=validate.Length(1, TEXT_LONGEST))
    container_id = fields.UUID(required=True)


class RollLabelSchema(Schema):
    roll_code = fields.Function(lambda row: roll_codes.grouped(row.code))
    serial = fields.Integer()
    state = fields.String()
    container_id = fields.UUID()
    bound_at = fields.AwareDateTime()


class RollOrderSchema(Schema):
    enterprise_id = fields.UUID(required=True)
    labels_wanted = fields.Integer(required=True)


class RollEndingSchema(Schema):
    outcome = fields.String(required=True, metadata={"description": "returned or lost"})
    note = fields.String(load_default="", validate=validate.Length(max=300))
    version = fields.Integer(load_default=None)


class RollSchema(Schema):
    id = fields.UUID()
    roll_no = fields.String()
    enterprise_id = fields.UUID()
    first_serial = fields.Integer()
    last_serial = fields.Integer()
    state = fields.String()
    handed_out_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime()
    version = fields.Integer()


class RollDetailSchema(RollSchema):
    labels = fields.List(fields.Nested(RollLabelSchema))


@api.route("/label-lives", methods=["GET"])
@api.arguments(LabelTextSchema, location="query")
@api.response(200, LabelLifeSchema)
@viewing("label.view")
def look_up(act: Act, query: dict[str, Any]) -> Any:
    """Whether a scanned or typed label counts, and which one counts instead of it."""
    return label_lives.life_of(act.session, text=query["text"])


@api.route("/containers/<uuid:container_id>/label-replacements", methods=["POST"])
@api.arguments(ReplacementSchema)
@api.response(201, RetiredLabelSchema)
@acting("label.replace", schema=RetiredLabelSchema, status=201)
def replace(act: Act, payload: dict[str, Any], container_id: UUID) -> Any:
    """Give a fill a new code; the old one is dead and names its successor."""
    return label_lives.replace_label(
        act.session, actor=act.actor, container_id=container_id, now=act.now, **payload
    )


@api.route("/roll-bindings", methods=["POST"])
@api.arguments(BindingSchema)
@api.response(201, RollLabelSchema)
@acting("roll.bind", schema=RollLabelSchema, status=201)
def bind(act: Act, payload: dict[str, Any]) -> Any:
    """Tie a number of a roll to the container it is stuck on: the firm's own, or one at the crew's stop."""
    return label_lives.bind(act.session, actor=act.actor, now=act.now, **payload)


@api.route("/label-rolls", methods=["GET"])
@api.response(200, RollSchema(many=True))
@viewing("roll.view")
def list_rolls(act: Act) -> Any:
    """The register of rolls, the newest first."""
    return [row.roll for row in label_lives.rolls(act.session, actor=act.actor)]


@api.route("/label-rolls", methods=["POST"])
@api.arguments(RollOrderSchema)
@api.response(201, RollSchema)
@acting("roll.hand_out", schema=RollSchema, status=201)
def hand_out(act: Act, payload: dict[str, Any]) -> Any:
    """Enter a roll that a firm is given."""
    return label_lives.hand_out(act.session, actor=act.actor, now=act.now, **payload)


@api.route("/label-rolls/<uuid:roll_id>", methods=["GET"])
@api.response(200, RollDetailSchema)
@viewing("roll.view")
def read_roll(act: Act, roll_id: UUID) -> Any:
    """A roll with its labels and where they are."""
    return label_lives.roll_detail(act.session, actor=act.actor, roll_id=roll_id)


@api.route("/label-rolls/<uuid:roll_id>/ending", methods=["POST"])
@api.arguments(RollEndingSchema)
@api.response(200, RollSchema)
@acting("roll.hand_out", schema=RollSchema)
def end_roll(act: Act, payload: dict[str, Any], roll_id: UUID) -> Any:
    """The roll came back or is lost: its free labels are void."""
    return label_lives.end_roll(act.session, actor=act.actor, roll_id=roll_id, now=act.now, **payload)
