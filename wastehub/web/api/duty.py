"""What happens on a round beside its custody: driving clock, rests, relays, alarms, expected arrivals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from ...services import duty
from ..acting import Act, acting, viewing

api = Blueprint("api_duty", __name__, description="Rounds on the road / 出车情况")


class DrivingCountSchema(Schema):
    state = fields.String(metadata={"description": "off, driving, standing, resting"})
    since_rest_s = fields.Integer()
    left_s = fields.Integer()
    driven_s = fields.Integer()
    rest_s = fields.Integer()
    rest_left_s = fields.Integer()
    worst_s = fields.Integer()
    level = fields.String(metadata={"description": "ok, soon, over"})
    day_level = fields.String()


class DutyRestSchema(Schema):
    began_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class DutyAlarmSchema(Schema):
    kind = fields.String()
    since_at = fields.AwareDateTime()
    numbers = fields.Dict(keys=fields.String())


class RelaySchema(Schema):
    id = fields.UUID()
    state = fields.String(metadata={"description": "offered, taken, done, withdrawn"})
    from_round_id = fields.UUID()
    to_round_id = fields.UUID()
    place = fields.String()
    given_at = fields.AwareDateTime(allow_none=True)
    taken_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class ExpectedArrivalSchema(Schema):
    stop_id = fields.UUID(attribute="id")
    expected_at = fields.AwareDateTime(attribute="at")
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()


class RoundDutySchema(Schema):
    driving = fields.Nested(DrivingCountSchema, attribute="count")
    rests = fields.List(fields.Nested(DutyRestSchema))
    alarms = fields.List(fields.Nested(DutyAlarmSchema))
    relays = fields.List(fields.Nested(RelaySchema))
    expected = fields.Function(
        lambda board: [ExpectedArrivalSchema().dump(each) for each in board.expected.values()]
    )


class ArrivalNoticeSchema(Schema):
    made_at = fields.AwareDateTime()
    expected_at = fields.AwareDateTime()
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()


class ArrivalSchema(Schema):
    notices = fields.List(fields.Nested(ArrivalNoticeSchema), metadata={"description": "the newest first"})


class RelayWithdrawalSchema(Schema):
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


@api.route("/rounds/<uuid:round_id>/duty", methods=["GET"])
@api.response(200, RoundDutySchema)
@viewing("round.rearrange")
def read_duty(act: Act, round_id: UUID) -> Any:
    """The driving clock, alarms and half-done relays of a round of one's own platform."""
    board = duty.round_duty(act.session, actor=act.actor, round_id=round_id, now=act.now)
    act.actor.require_own(board.round.platform_id)
    return board


@api.route("/requests/<uuid:request_id>/arrival", methods=["GET"])
@api.response(200, ArrivalSchema)
@viewing("request.view")
def read_arrival(act: Act, request_id: UUID) -> Any:
    """When the vehicle is expected today, with everything that was told before."""
    found = duty.firm_arrivals(act.session, actor=act.actor, now=act.now, request_id=request_id)
    return {"notices": found[0].notices if found else []}


@api.route("/relays/<uuid:relay_id>/withdraw", methods=["POST"])
@api.arguments(RelayWithdrawalSchema)
@api.response(200, RelaySchema)
@acting("round.rearrange", schema=RelaySchema)
def withdraw_relay(act: Act, payload: dict[str, Any], relay_id: UUID) -> Any:
    """End a relay of which one half is missing; nothing has moved."""
    return duty.withdraw(
        act.session, actor=act.actor, relay_id=relay_id, version=payload["version"], now=act.now
    )
