"""What the phone in the cab reports: leaving, scans, gates left, arrivals, the end of the day.

Every act may be sent again until it is answered: scans carry their own ids, the others an Idempotency-Key.
Instants are the phone's; masses are grams.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import label_seals
from ...domain import waybills as waybill_rules
from ...domain.errors import InvalidInput
from ...services import rounds, scans, waybills
from .. import label_sealing
from ..acting import Act, acting
from ..explanations import explain_code

api = Blueprint("api_scans", __name__, description="Scans and crew acts / 扫码与出车记录")

INT32 = 2**31 - 1
MASS_G_MAX = 10**12
SCANS_MAX = 200


class ScanReportSchema(Schema):
    scan_id = fields.UUID(required=True, metadata={"description": "made on the phone"})
    device_id = fields.String(required=True, validate=validate.Length(1, 60))
    device_seq = fields.Integer(strict=True, required=True, validate=validate.Range(0, INT32))
    round_id = fields.UUID(required=True)
    stop_id = fields.UUID(load_default=None, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(["load", "refuse", "unload_back"]))
    label_code = fields.String(
        required=True,
        validate=validate.Length(1, 500),
        metadata={"description": "37 characters, or the address in the QR code"},
    )
    measured_g = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(-MASS_G_MAX, MASS_G_MAX)
    )
    reason = fields.String(load_default="", validate=validate.Length(max=40))
    note = fields.String(load_default="", validate=validate.Length(max=1000))
    photo_sha256 = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"^[0-9a-f]{64}$")
    )
    seal = fields.String(
        load_default="",
        validate=validate.OneOf(["", *label_seals.JUDGEMENTS]),
        metadata={
            "description": "what the label's seal proved to the phone; we judge again what came with its seal"
        },
    )
    lon_e6 = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(-180_000_000, 180_000_000)
    )
    lat_e6 = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(-90_000_000, 90_000_000)
    )
    accuracy_m = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, INT32)
    )
    scanned_at = fields.AwareDateTime(required=True)


class ScansSchema(Schema):
    scans = fields.List(
        fields.Nested(ScanReportSchema), required=True, validate=validate.Length(1, SCANS_MAX)
    )


class NoticeSchema(Schema):
    code = fields.String()
    message = fields.Function(lambda notice: explain_code(notice.code, notice.params).message)


class VerdictSchema(Schema):
    scan_id = fields.UUID()
    outcome = fields.String(validate=validate.OneOf(["accepted", "duplicate", "refused"]))
    code = fields.String(metadata={"description": "empty when accepted"})
    params = fields.Dict(keys=fields.String())
    message = fields.Function(
        lambda verdict: explain_code(verdict.code, verdict.params).message if verdict.code else ""
    )
    warnings = fields.List(fields.Nested(NoticeSchema))


class VerdictsSchema(Schema):
    verdicts = fields.List(fields.Nested(VerdictSchema))


class MomentSchema(Schema):
    at = fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        metadata={"description": "when it happened, if it is reported later; at most 3 days"},
    )


def _outcome() -> fields.String:
    return fields.String(load_default="", validate=validate.OneOf(["", *waybill_rules.OUTCOMES]))


class DepartureSchema(MomentSchema):
    """The five checks may come with the departure: what a phone without a network has to say at once."""

    check_vehicle = _outcome()
    check_crew = _outcome()
    check_inspection = _outcome()
    check_goods = _outcome()
    check_filling = _outcome()
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class StopClosingSchema(MomentSchema):
    outcome = fields.String(required=True, validate=validate.OneOf(["done", "missed"]))
    reason = fields.String(load_default="", validate=validate.Length(max=40))
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class CrewRoundSchema(Schema):
    id = fields.UUID()
    round_no = fields.String()
    state = fields.String()
    started_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)


class ClosedStopSchema(Schema):
    id = fields.UUID()
    seq = fields.Integer()
    state = fields.String()
    closed_at = fields.AwareDateTime(allow_none=True)


class CrewTripSchema(Schema):
    id = fields.UUID()
    seq = fields.Integer()
    state = fields.String()
    arrived_at = fields.AwareDateTime(allow_none=True)


@api.route("/scans", methods=["POST"])
@api.arguments(ScansSchema)
@api.response(200, VerdictsSchema)
@acting("scan.record", schema=VerdictsSchema)
def record_scans(act: Act, payload: dict[str, Any]) -> Any:
    """Report scans in the order in which they happened; a verdict for each, in the same order."""
    told = [each | {"seal": _judged(act, each)} for each in payload["scans"]]
    reports = [scans.ScanReport(actor=act.actor, **each) for each in told]
    return {"verdicts": scans.record_scans(act.session, reports=reports, now=act.now)}


def _judged(act: Act, told: dict[str, Any]) -> str:
    """What the seal proves: by our keys where the text came with it, else in the phone's own word."""
    try:
        if label_seals.read(told["label_code"]).seal:
            return label_sealing.verdict_on(act.session, told["label_code"], request.host)
    except InvalidInput:
        pass  # no label at all: the scan is refused for that
    return str(told["seal"])


@api.route("/rounds/<uuid:round_id>/start", methods=["POST"])
@api.arguments(DepartureSchema)
@api.response(200, CrewRoundSchema)
@acting("round.drive", schema=CrewRoundSchema)
def start_round(act: Act, payload: dict[str, Any], round_id: UUID) -> Any:
    """The crew leaves the platform; refused until the five checks have been made and passed."""
    starts = [(act.actor, round_id)]
    if answers := answers_of(payload):
        trips = waybills.planned_trips(act.session, actor=act.actor, round_id=round_id)
        _check(act, trips, answers, payload)
    return rounds.start_rounds(act.session, starts=starts, now=act.now, at=payload["at"])[0]


def answers_of(payload: dict[str, Any]) -> dict[str, str]:
    """What was said of the five checks; empty when nothing was."""
    said = {key: payload.get(f"check_{key}", "") for key in waybill_rules.CHECKS}
    return {key: outcome for key, outcome in said.items() if outcome}


def _check(act: Act, trips: list[UUID], answers: dict[str, str], payload: dict[str, Any]) -> None:
    walks = [waybills.Checking(act.actor, key, answers, payload["note"]) for key in trips]
    waybills.record_checks(act.session, checkings=walks, now=act.now, at=payload["at"])


@api.route("/trips/<uuid:trip_id>/start", methods=["POST"])
@api.arguments(DepartureSchema)
@api.response(200, CrewTripSchema)
@acting("round.drive", schema=CrewTripSchema)
def start_trip(act: Act, payload: dict[str, Any], trip_id: UUID) -> Any:
    """A later trip leaves that did not follow by itself, because it was not checked in the morning."""
    if answers := answers_of(payload):
        _check(act, [trip_id], answers, payload)
    starts = [(act.actor, trip_id)]
    return rounds.start_trips(act.session, starts=starts, now=act.now, at=payload["at"])[0]


@api.route("/stops/<uuid:stop_id>/close", methods=["POST"])
@api.arguments(StopClosingSchema)
@api.response(200, ClosedStopSchema)
@acting("round.drive", schema=ClosedStopSchema)
def close_stop(act: Act, payload: dict[str, Any], stop_id: UUID) -> Any:
    """The crew leaves a gate: done, or missed with a reason."""
    closing = rounds.StopClosing(act.actor, stop_id, payload["outcome"], payload["reason"], payload["note"])
    return rounds.close_stops(act.session, closings=[closing], now=act.now, at=payload["at"])[0]


@api.route("/trips/<uuid:trip_id>/arrive", methods=["POST"])
@api.arguments(MomentSchema)
@api.response(200, CrewTripSchema)
@acting("round.drive", schema=CrewTripSchema)
def arrive(act: Act, payload: dict[str, Any], trip_id: UUID) -> Any:
    """A trip is back at the platform."""
    arrivals = [(act.actor, trip_id)]
    return rounds.arrive(act.session, arrivals=arrivals, now=act.now, at=payload["at"])[0]


@api.route("/rounds/<uuid:round_id>/finish", methods=["POST"])
@api.arguments(MomentSchema)
@api.response(200, CrewRoundSchema)
@acting("round.drive", schema=CrewRoundSchema)
def finish_round(act: Act, payload: dict[str, Any], round_id: UUID) -> Any:
    """The crew ends its day."""
    finishes = [(act.actor, round_id)]
    return rounds.finish_rounds(act.session, finishes=finishes, now=act.now, at=payload["at"])[0]
