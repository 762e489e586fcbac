"""The day under way planned again over HTTP: asked for, reviewed, published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...services import dispatch, planning
from ...services.planning import Incident
from ..acting import Act, acting, viewing
from ..pages.dispatcher import queue_after_commit
from .route_plans import PlanVersionSchema, RunSchema

api = Blueprint("api_round_revisions", __name__, description="The day under way / 任务调整")


class IncidentSchema(Schema):
    kind = fields.String(
        required=True, validate=validate.OneOf(["breakdown", "crew_out", "delay", "no_show"])
    )
    minutes = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 480))


class RevisionSchema(Schema):
    id = fields.UUID()
    revision_no = fields.String()
    service_on = fields.Date()
    state = fields.String(validate=validate.OneOf(["draft", "published", "discarded"]))
    version = fields.Integer()
    incident = fields.Dict()
    changes = fields.Dict(
        metadata={"description": "by plate the requests added, removed and reordered; those left out"}
    )
    drafted_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)


@api.route("/rounds/<uuid:round_id>/revisions", methods=["POST"])
@api.arguments(IncidentSchema)
@api.response(201, RunSchema)
@acting("round.rearrange", schema=RunSchema, status=201)
def order_revision(act: Act, body: dict[str, Any], round_id: UUID) -> Any:
    """Something happened to a round: plan what its platform has not done that day. The run ends with a
    draft revision (`revision_id`).
    """
    incident = Incident(body["kind"], round_id, body["minutes"])
    run = planning.request_revision(act.session, actor=act.actor, incident=incident, now=act.now)
    queue_after_commit(run.id)
    return run


@api.route("/round-revisions/<uuid:revision_id>", methods=["GET"])
@api.response(200, RevisionSchema)
@viewing("round.rearrange")
def read_revision(act: Act, revision_id: UUID) -> Response:
    """What would change for which crew."""
    row = dispatch.revision_board(act.session, actor=act.actor, revision_id=revision_id)
    return jsonify(RevisionSchema().dump(row))


@api.route("/round-revisions/<uuid:revision_id>/publish", methods=["POST"])
@api.arguments(PlanVersionSchema)
@api.response(200, RevisionSchema)
@acting("round.rearrange", schema=RevisionSchema)
def publish_revision(act: Act, body: dict[str, int], revision_id: UUID) -> Any:
    """Let the rounds go on as the revision says."""
    return dispatch.publish_revision(
        act.session, actor=act.actor, revision_id=revision_id, version=body["version"], now=act.now
    )


@api.route("/round-revisions/<uuid:revision_id>/discard", methods=["POST"])
@api.arguments(PlanVersionSchema)
@api.response(200, RevisionSchema)
@acting("round.rearrange", schema=RevisionSchema)
def discard_revision(act: Act, body: dict[str, int], revision_id: UUID) -> Any:
    """Put the revision aside."""
    return dispatch.discard_revision(
        act.session, actor=act.actor, revision_id=revision_id, version=body["version"], now=act.now
    )
