"""Batches, containers and labels over HTTP. Masses are whole grams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import label_codes
from ...services import batches, labels, stock
from .. import label_sealing
from ..acting import Act, acting, viewing

api = Blueprint("api_batches", __name__, description="Batches, containers, labels / 产生批次、容器、标签")

BATCHES_MAX = 500


class ContainerDraftSchema(Schema):
    container_type = fields.String(required=True)
    mass_g = fields.Integer(strict=True, required=True, metadata={"description": "net mass, whole grams"})


class BatchDraftSchema(Schema):
    waste_code = fields.String(required=True, metadata={"example": "900-249-08"})
    form = fields.String(required=True, validate=validate.OneOf(batches.FORMS))
    produced_on = fields.Date(required=True)
    containers = fields.List(fields.Nested(ContainerDraftSchema), required=True)
    internal_name = fields.String(load_default="")
    basis = fields.String(load_default="estimated", validate=validate.OneOf(batches.BASES))
    main_components = fields.String(load_default="")
    harmful_components = fields.String(load_default="")
    note = fields.String(load_default="")
    hazards = fields.String(load_default=None, allow_none=True)


class BatchListDraftSchema(Schema):
    batches = fields.List(
        fields.Nested(BatchDraftSchema), required=True, validate=validate.Length(1, BATCHES_MAX)
    )


class BatchContainerSchema(Schema):
    id = fields.UUID()
    running = fields.Integer()
    label_code = fields.String()
    container_type = fields.String()
    state = fields.String()
    declared_g = fields.Integer()
    measured_g = fields.Integer(allow_none=True)
    mass_g = fields.Integer()
    prints = fields.Integer()
    request_id = fields.UUID(allow_none=True)
    version = fields.Integer()


class BatchSchema(Schema):
    id = fields.UUID()
    batch_no = fields.String()
    waste_code = fields.String()
    internal_name = fields.String()
    form = fields.String()
    hazards = fields.String()
    basis = fields.String()
    produced_on = fields.Date()
    catalogue_edition = fields.String()
    registered_at = fields.AwareDateTime()
    version = fields.Integer()
    containers = fields.List(fields.Nested(BatchContainerSchema))


class BatchFateSchema(Schema):
    kind = fields.String(metadata={"description": "STOCK, TRANS, DONE, TOL, SUSP, LOSS, SPILL"})
    place = fields.String()
    mass_g = fields.Integer()


class BatchViewSchema(Schema):
    batch = fields.Nested(BatchSchema)
    fate = fields.List(fields.Nested(BatchFateSchema))
    due_on = fields.Date()


class BatchFateRowSchema(Schema):
    id = fields.UUID()
    batch_no = fields.String()
    waste_code = fields.String()
    waste_name = fields.String()
    produced_on = fields.Date()
    containers = fields.Integer()
    declared_g = fields.Integer()
    kept_g = fields.Integer()
    moving_g = fields.Integer()
    platform_g = fields.Integer()
    plant_g = fields.Integer()
    treated_g = fields.Integer()
    difference_g = fields.Integer()


class BatchPageSchema(Schema):
    items = fields.List(fields.Nested(BatchFateRowSchema))
    count = fields.Integer()


class BatchQuerySchema(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))
    where = fields.String(
        load_default="", validate=validate.OneOf(["", "kept", "moving", "platform", "plant", "treated"])
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class ContainerAmendSchema(Schema):
    mass_g = fields.Integer(strict=True, required=True)
    reason = fields.String(required=True)
    version = fields.Integer(strict=True, required=True)


class ContainerVoidSchema(Schema):
    reason = fields.String(required=True)
    version = fields.Integer(strict=True, required=True)


class ChosenContainersSchema(Schema):
    container_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, labels.PRINT_MAX))
    reason = fields.String(load_default="", metadata={"description": "of labels printed before: why again"})


class ContainerLabelSchema(Schema):
    container_id = fields.UUID()
    label_code = fields.String()
    waste_name = fields.String()
    category_code = fields.String()
    waste_code = fields.String()
    form = fields.String()
    hazards = fields.List(fields.String())
    main_components = fields.String()
    harmful_components = fields.String()
    precautions = fields.String()
    unit_name = fields.String()
    contact = fields.String()
    produced_on = fields.Date()
    mass_g = fields.Integer()
    batch_no = fields.String()
    note = fields.String()
    side_mm = fields.Integer()
    copies = fields.Integer()
    short_code = fields.Function(lambda row: label_codes.human_code(row.short_no))
    qr_payload = fields.Function(lambda row: label_sealing.payload(row.label_code))


@api.route("/batches", methods=["POST"])
@api.arguments(BatchListDraftSchema)
@api.response(201, BatchSchema(many=True))
@acting("batch.register", schema=BatchSchema(many=True), status=201)
def register(act: Act, payload: dict[str, Any]) -> Any:
    """Register batches of one's own firm: all of them, or none."""
    enterprise_id = act.actor.organisation_id
    assert enterprise_id is not None, "an enterprise's user without a firm"
    drafts = [
        batches.BatchDraft(
            actor=act.actor,
            enterprise_id=enterprise_id,
            containers=tuple(batches.ContainerDraft(**each) for each in draft.pop("containers")),
            **draft,
        )
        for draft in payload["batches"]
    ]
    return batches.register(act.session, drafts=drafts, now=act.now)


@api.route("/batches", methods=["GET"])
@api.arguments(BatchQuerySchema, location="query")
@api.response(200, BatchPageSchema)
@viewing("stock.view")
def list_batches(act: Act, query: dict[str, Any]) -> Any:
    """The firm's batches, the newest first, and where their grams are."""
    rows, count, _sums = stock.fate_list(act.session, actor=act.actor, **query)
    return {"items": rows, "count": count}


@api.route("/batches/<uuid:batch_id>", methods=["GET"])
@api.response(200, BatchViewSchema)
@viewing("stock.view")
def show(act: Act, batch_id: UUID) -> Any:
    """One batch with its containers and where each gram is by the books."""
    view = stock.batch_view(act.session, actor=act.actor, batch_id=batch_id, now=act.now)
    fate = [{"kind": kind, "place": place, "mass_g": grams} for kind, place, grams in view.fate]
    return {"batch": view.batch, "fate": fate, "due_on": view.due_on}


@api.route("/containers/<uuid:container_id>/amend", methods=["POST"])
@api.arguments(ContainerAmendSchema)
@api.response(200, BatchContainerSchema)
@acting("batch.amend", schema=BatchContainerSchema)
def amend(act: Act, payload: dict[str, Any], container_id: UUID) -> Any:
    """Correct the mass of a container that has not left yet; its label has to be printed again."""
    return batches.amend_mass(act.session, actor=act.actor, container_id=container_id, now=act.now, **payload)


@api.route("/containers/<uuid:container_id>/void", methods=["POST"])
@api.arguments(ContainerVoidSchema)
@api.response(200, BatchContainerSchema)
@acting("batch.void", schema=BatchContainerSchema)
def void(act: Act, payload: dict[str, Any], container_id: UUID) -> Any:
    """Void a container that was registered by mistake."""
    return batches.void_container(
        act.session, actor=act.actor, container_id=container_id, now=act.now, **payload
    )


@api.route("/labels", methods=["POST"])
@api.arguments(ChosenContainersSchema)
@api.response(200, ContainerLabelSchema(many=True))
@acting("label.print", schema=ContainerLabelSchema(many=True))
def print_labels(act: Act, payload: dict[str, Any]) -> Any:
    """Count labels as printed and get all that stands on them."""
    ids = payload["container_ids"]
    label_sealing.announce(act.session, act.now)
    labels.print_labels(act.session, jobs=[(act.actor, ids)], reason=payload["reason"], now=act.now)
    return labels.label_sheet(act.session, actor=act.actor, container_ids=ids)
