"""Supervision over HTTP: open loops and their answers, balances, verifications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain.open_loops import ANSWERS
from ...services import audits
from ..acting import Act, acting, viewing
from ..pages.balances import scope_of
from ..pages.verifications import queue_after_commit

api = Blueprint("api_supervision", __name__, description="Open loops, balances, verifications / 监管")


class AddressedLoopSchema(Schema):
    """A loop that was put before the asker; `step` 1 the unit, 2 its platform, 3 the county, 4 the city."""

    escalation_id = fields.UUID(attribute="newest.id")
    step = fields.Integer(attribute="newest.step")
    kind = fields.String(attribute="loop.kind")
    subject = fields.String(attribute="loop.subject")
    mass_g = fields.Integer(attribute="loop.mass_g", allow_none=True)
    since_on = fields.Date(attribute="loop.since_on")
    own_due_on = fields.Date(attribute="loop.starts_on")
    law_due_on = fields.Date(attribute="loop.law_due_on", allow_none=True)
    is_break = fields.Boolean(attribute="loop.is_break")
    batch_id = fields.UUID(attribute="loop.batch_id", allow_none=True)
    promised_on = fields.Date(allow_none=True)


class AddressedListSchema(Schema):
    open_loops = fields.List(fields.Nested(AddressedLoopSchema))


class LoopAnswerSchema(Schema):
    answer = fields.String(load_default="promise", validate=validate.OneOf(ANSWERS))
    note = fields.String(required=True)
    promised_on = fields.Date(load_default=None, allow_none=True)
    loop_key = fields.String(dump_only=True)


class BalanceQuerySchema(Schema):
    scope = fields.String(
        load_default="", metadata={"description": "county:CODE, platform:CODE, firm:CODE; empty: all"}
    )
    month = fields.String(load_default="", metadata={"description": "month of generation, YYYY-MM"})


class BalanceSchema(Schema):
    """Grams: `parts.generated` equals the sum of all other parts."""

    parts = fields.Dict(keys=fields.String(), values=fields.Integer())


class VerificationSchema(Schema):
    """`findings`: [entry or -1, kind, detail] of the first problems."""

    id = fields.UUID()
    state = fields.String()
    done = fields.Integer()
    total = fields.Integer()
    size = fields.Integer(allow_none=True)
    root = fields.String()
    log_ok = fields.Boolean(allow_none=True)
    books_ok = fields.Boolean(allow_none=True)
    problems = fields.Integer()
    findings = fields.List(fields.List(fields.Raw()))
    requested_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)


@api.route("/open-loops/addressed")
@api.response(200, AddressedListSchema)
@viewing("loop.view")
def list_addressed_loops(act: Act) -> dict[str, Any]:
    """The open loops that were put before the asker's unit or office, the longest open first."""
    return {"open_loops": audits.addressed(act.session, actor=act.actor, now=act.now)}


@api.route("/open-loops/<uuid:escalation_id>/answers", methods=["POST"])
@api.arguments(LoopAnswerSchema)
@api.response(201, LoopAnswerSchema)
@acting("loop.answer", schema=LoopAnswerSchema, status=201)
def answer_loop(act: Act, answer: dict[str, Any], escalation_id: UUID) -> Any:
    """Say why a loop is open and by when it will be closed."""
    return audits.answer_loop(
        act.session, actor=act.actor, escalation_id=escalation_id, now=act.now, **answer
    )  # fmt: skip


@api.route("/balance")
@api.arguments(BalanceQuerySchema, location="query")
@api.response(200, BalanceSchema)
@viewing("county.view")
def read_balance(act: Act, query: dict[str, Any]) -> Any:
    """Where the kilograms of a city, county, platform or firm are, to the gram."""
    return audits.balance(act.session, actor=act.actor, scope=scope_of(query))


@api.route("/ledger/verifications", methods=["POST"])
@api.response(202, VerificationSchema)
@acting("ledger.verify", schema=VerificationSchema, status=202)
def start_verification(act: Act) -> Any:
    """Verify the whole log in the background, however long it is."""
    run = audits.request_verification(act.session, actor=act.actor, now=act.now)
    queue_after_commit(run.id)
    return run


@api.route("/ledger/verifications/<uuid:run_id>")
@api.response(200, VerificationSchema)
@viewing("ledger.verify")
def read_verification(act: Act, run_id: UUID) -> Any:
    """How far a verification is, and what it found."""
    return audits.verification(act.session, actor=act.actor, run_id=run_id)


@api.route("/ledger/verifications/<uuid:run_id>/cancel", methods=["POST"])
@api.response(200, VerificationSchema)
@acting("ledger.verify", schema=VerificationSchema)
def cancel_verification(act: Act, run_id: UUID) -> Any:
    return audits.cancel_verification(act.session, actor=act.actor, run_id=run_id, now=act.now)
