"""Where phones on duty are: unsigned, bounded, kept for some days, never in the ledger (F51).

A phone sends what it has gathered, late and twice if it must. Outside of duty nothing is kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import positions as rules
from ...domain.positions import Fix
from ...services import duty
from ..acting import Act, acting, viewing

api = Blueprint("api_positions", __name__, description="Positions on duty / 出车期间位置")


class PositionFixSchema(Schema):
    at = fields.AwareDateTime(required=True)
    lon_e6 = fields.Integer(strict=True, required=True, validate=validate.Range(-180_000_000, 180_000_000))
    lat_e6 = fields.Integer(strict=True, required=True, validate=validate.Range(-90_000_000, 90_000_000))
    accuracy_m = fields.Integer(strict=True, required=True, validate=validate.Range(0, 1_000_000))


class RoundPositionsSchema(Schema):
    round_id = fields.UUID(required=True)
    positions = fields.List(
        fields.Nested(PositionFixSchema), required=True, validate=validate.Length(1, rules.BATCH_MAX)
    )


class KeptPositionsSchema(Schema):
    kept = fields.Integer()
    dropped = fields.Dict(
        keys=fields.String(),
        metadata={"description": "how many by reason: off_duty, in_future, too_old, inexact"},
    )
    on_duty = fields.Boolean(metadata={"description": "false: stop sending"})
    every_s = fields.Integer(metadata={"description": "seconds between two positions"})
    unread = fields.Integer(metadata={"description": "changes of the round not confirmed by this person"})


class RoundTrackSchema(Schema):
    positions = fields.List(fields.Nested(PositionFixSchema))


@api.route("/positions", methods=["POST"])
@api.arguments(RoundPositionsSchema)
@api.response(200, KeptPositionsSchema)
@acting("position.report", schema=KeptPositionsSchema)
def keep_positions(act: Act, payload: dict[str, Any]) -> Any:
    """Keep the positions of a round under way; firms ahead hear of a new time at once."""
    fixes = [Fix(**each) for each in payload["positions"]]
    report = duty.FixReport(act.actor, payload["round_id"], fixes)
    kept = duty.keep_positions(act.session, report=report, now=act.now)
    if kept.kept:
        duty.update_arrivals(act.session, now=act.now, round_id=payload["round_id"])
    return kept


@api.route("/rounds/<uuid:round_id>/track", methods=["GET"])
@api.response(200, RoundTrackSchema)
@viewing("position.view")
def read_track(act: Act, round_id: UUID) -> Any:
    """The positions of a round of one's own platform, in the order of time."""
    return {"positions": duty.track(act.session, actor=act.actor, round_id=round_id)}
