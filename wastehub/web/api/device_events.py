"""What a crew's phone has done, as signed and numbered events, once it has a network.

Each event is canonical JSON (sorted ASCII keys, no blanks, whole numbers, no null) in `text`, with its
signature in `sig`. `seq` starts at 1 and has no gaps; `prev` is the SHA-256 of the text before. Sending again
is harmless and gives the same verdicts. See docs/field-events.md.
"""

from __future__ import annotations

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain.field_events import EVENTS_MAX
from ...services.field import intake
from .. import label_sealing
from ..acting import Errand, in_parts
from ..context import settings
from ..explanations import explain_code
from ..gossip import compare_seen

api = Blueprint("api_device_events", __name__, description="Signed events of phones / 手机签名记录")

TEXT_LONGEST = 65_536


class SentSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(1, TEXT_LONGEST))
    sig = fields.String(required=True, validate=validate.Length(1, 200), metadata={"description": "base64"})


class UploadSchema(Schema):
    device = fields.UUID(required=True)
    sent_at = fields.AwareDateTime(required=True, metadata={"description": "by the phone's own clock"})
    events = fields.List(fields.Nested(SentSchema), required=True, validate=validate.Length(1, EVENTS_MAX))


class EventNoticeSchema(Schema):
    code = fields.String()
    message = fields.Function(lambda notice: explain_code(notice.code, notice.params).message)


class EventVerdictSchema(Schema):
    id = fields.UUID(allow_none=True)
    seq = fields.Integer(allow_none=True)
    outcome = fields.String(validate=validate.OneOf(["accepted", "refused", "conflict", "waiting"]))
    code = fields.String(metadata={"description": "empty when accepted"})
    field = fields.String(metadata={"description": "the field at fault, if one is"})
    params = fields.Dict(keys=fields.String())
    message = fields.Function(lambda verdict: _message(verdict))
    warnings = fields.List(fields.Nested(EventNoticeSchema))
    conflict_id = fields.UUID(allow_none=True)


class AnswerSchema(Schema):
    received_at = fields.AwareDateTime()
    clock_skew_s = fields.Integer(
        attribute="skew_s", metadata={"description": "how far the phone's clock is behind; negative: ahead"}
    )
    device_state = fields.String(metadata={"description": "active, expired, revoked"})
    verdicts = fields.List(fields.Nested(EventVerdictSchema))


def _message(verdict: intake.Verdict) -> str:
    """What the driver reads: the reason, and for a conflict who sees to it."""
    said = explain_code(verdict.code, verdict.params, verdict.field).message if verdict.code else ""
    if verdict.outcome != "conflict":
        return said
    return f"{explain_code('event.to_office', {}).message}{said}"


@api.route("/device-events", methods=["POST"])
@api.arguments(UploadSchema)
@api.response(200, AnswerSchema)
@in_parts("field_event.send")
def take(errand: Errand, payload: dict[str, Any]) -> Any:
    """Send events in the order of their numbers; a verdict for each, in the same order."""
    upload = intake.Upload(
        payload["device"], payload["sent_at"], [intake.Sent(**each) for each in payload["events"]]
    )
    database = errand.database
    answer = intake.take_in(
        database.reading,
        database.transaction,
        actor=errand.actor,
        upload=upload,
        seals=label_sealing.seals(request.host),
        hours=settings().device_hours,
        now=errand.now,
    )
    compare_seen(database, upload.device_id, answer.seen)
    return answer
