"""Merging, splitting, repacking and declared losses over HTTP. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import repacking as acts
from ...services import write_offs
from ...services.repacking import OutputDraft, RepackDraft
from ...services.write_offs import LossDraft
from ..acting import Act, acting, viewing

api = Blueprint("api_repackings", __name__, description="Repacking and losses / 合并、分装与损耗")


class RepackingLineSchema(Schema):
    container_id = fields.UUID()
    label_code = fields.Function(lambda line: line.container.label_code)
    batch_no = fields.Function(lambda line: line.container.batch.batch_no)
    unit = fields.Function(lambda line: line.container.batch.enterprise.name)
    role = fields.String(metadata={"description": "in: emptied, out: filled; in the order of pouring"})
    mass_g = fields.Integer()


class RepackingSchema(Schema):
    id = fields.UUID()
    batch_no = fields.Function(lambda made: made.batch.batch_no)
    kind = fields.String()
    from_code = fields.String()
    waste_code = fields.Function(lambda made: made.batch.waste_code)
    left_g = fields.Integer()
    reason = fields.String()
    note = fields.String()
    done_at = fields.AwareDateTime()
    undone_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    lines = fields.List(fields.Nested(RepackingLineSchema))


class RepackingRowSchema(Schema):
    id = fields.UUID()
    batch_no = fields.String()
    kind = fields.String()
    waste_code = fields.String()
    inputs = fields.Integer()
    outputs = fields.Integer()
    from_mass_g = fields.Integer()
    mass_g = fields.Integer()
    left_g = fields.Integer()
    platform = fields.String()
    done_at = fields.AwareDateTime()
    undone_at = fields.AwareDateTime(allow_none=True)


class RepackingPageSchema(Schema):
    items = fields.List(fields.Nested(RepackingRowSchema))
    count = fields.Integer()


class RepackingQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class RepackOutputSchema(Schema):
    container_type = fields.String(required=True, validate=validate.Length(max=24))
    mass_g = fields.Integer(strict=True, required=True)


class RepackDraftSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=200))
    outputs = fields.List(fields.Nested(RepackOutputSchema), required=True, validate=validate.Length(max=200))
    reason = fields.String(load_default="", validate=validate.Length(max=24))
    note = fields.String(load_default="")
    zone_id = fields.UUID(load_default=None, allow_none=True)
    waste_code = fields.String(
        load_default="",
        validate=validate.Length(max=12),
        metadata={"description": "another waste code than before; empty: the same"},
    )


class RepackingUndoSchema(Schema):
    reason = fields.String(required=True)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class LossDraftSchema(Schema):
    container_id = fields.UUID(required=True)
    mass_g = fields.Integer(strict=True, required=True)
    reason = fields.String(required=True, validate=validate.Length(max=24))
    note = fields.String(load_default="")
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class LossReversalSchema(Schema):
    reason = fields.String(required=True)


class LossSchema(Schema):
    id = fields.UUID()
    container_id = fields.UUID()
    label_code = fields.Function(lambda made: made.container.label_code)
    kind = fields.String(metadata={"description": "loss or spill"})
    mass_g = fields.Integer()
    reason = fields.String()
    note = fields.String()
    declared_at = fields.AwareDateTime()
    reversed_at = fields.AwareDateTime(allow_none=True)


@api.route("/repackings", methods=["GET"])
@api.arguments(RepackingQuerySchema, location="query")
@api.response(200, RepackingPageSchema)
@viewing("repacking.view")
def list_repackings(act: Act, query: dict[str, Any]) -> Any:
    """What the caller's platform repacked, or the platforms of its county; the newest first."""
    rows, count, _sums = acts.repackings(act.session, actor=act.actor, text=query.pop("q"), **query)
    return {"items": rows, "count": count}


@api.route("/repackings", methods=["POST"])
@api.arguments(RepackDraftSchema)
@api.response(201, RepackingSchema)
@acting("container.repack", schema=RepackingSchema, status=201)
def repack(act: Act, payload: dict[str, Any]) -> Any:
    """Pour containers of the own store into new ones, in the given order."""
    draft = RepackDraft(
        actor=act.actor,
        container_ids=tuple(payload["container_ids"]),
        outputs=tuple(OutputDraft(**each) for each in payload["outputs"]),
        reason=payload["reason"],
        note=payload["note"],
        zone_id=payload["zone_id"],
        waste_code=payload["waste_code"],
    )
    made = acts.repack(act.session, draft=draft, now=act.now)
    return acts.repacking(act.session, actor=act.actor, repacking_id=made.id)


@api.route("/repackings/<uuid:repacking_id>", methods=["GET"])
@api.response(200, RepackingSchema)
@viewing("repacking.view")
def read_repacking(act: Act, repacking_id: UUID) -> Any:
    """One act with its containers."""
    return acts.repacking(act.session, actor=act.actor, repacking_id=repacking_id)


@api.route("/repackings/<uuid:repacking_id>/undo", methods=["POST"])
@api.arguments(RepackingUndoSchema)
@api.response(200, RepackingSchema)
@acting("container.repack", schema=RepackingSchema)
def undo_repacking(act: Act, payload: dict[str, Any], repacking_id: UUID) -> Any:
    """Take it back, while nothing rests on it."""
    return acts.undo(
        act.session,
        actor=act.actor,
        repacking_id=repacking_id,
        reason=payload["reason"],
        version=payload["version"],
        now=act.now,
    )


@api.route("/losses", methods=["GET"])
@api.response(200, LossSchema(many=True))
@viewing("loss.declare")
def list_losses(act: Act) -> Any:
    """What the caller's store has declared, the newest first, at most 200."""
    return write_offs.latest(act.session, actor=act.actor)


@api.route("/losses", methods=["POST"])
@api.arguments(LossDraftSchema)
@api.response(201, LossSchema)
@acting("loss.declare", schema=LossSchema, status=201)
def declare_loss(act: Act, payload: dict[str, Any]) -> Any:
    """Declare grams that left a container in the own store without being treated."""
    return write_offs.declare(act.session, draft=LossDraft(act.actor, **payload), now=act.now)


@api.route("/losses/<uuid:write_off_id>/reverse", methods=["POST"])
@api.arguments(LossReversalSchema)
@api.response(200, LossSchema)
@acting("loss.declare", schema=LossSchema)
def reverse_loss(act: Act, payload: dict[str, Any], write_off_id: UUID) -> Any:
    """Take a declaration back, while nothing rests on it."""
    return write_offs.reverse(
        act.session, actor=act.actor, write_off_id=write_off_id, reason=payload["reason"], now=act.now
    )
