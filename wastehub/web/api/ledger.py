"""The regulator's questions over HTTP: entries, traces, counties, open loops, differences, corrections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ... import ledger
from ...models.corrections import Correction
from ...services import audits, corrections
from ..acting import Act, acting, viewing

api = Blueprint("api_ledger", __name__, description="Ledger and supervision / 闭环账本与监管")

ENTRIES_MAX = 200


class EntryQuerySchema(Schema):
    text = fields.String(
        load_default="", metadata={"description": "site, subject, label or event type, whole"}
    )
    before_idx = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, ENTRIES_MAX))


class EntryLineSchema(Schema):
    label = fields.String()
    batch = fields.String()
    code = fields.String()
    mass_g = fields.Integer()
    place = fields.String()
    to_place = fields.String()


class EntrySchema(Schema):
    idx = fields.Integer()
    type = fields.String(attribute="event.type")
    site = fields.String(attribute="event.site")
    author = fields.String(attribute="event.author", metadata={"description": "pseudonym"})
    subject = fields.String(attribute="event.subject")
    at = fields.AwareDateTime(attribute="event.at")
    recorded_at = fields.AwareDateTime()
    lines = fields.List(fields.Nested(EntryLineSchema), attribute="event.lines")
    facts = fields.Dict(attribute="event.facts")
    leaf_hash = fields.Function(lambda entry: entry.leaf_hash.hex(), metadata={"type": "string"})
    held_reason = fields.String(allow_none=True)


class EntryListSchema(Schema):
    entries = fields.List(fields.Nested(EntrySchema))
    next_before_idx = fields.Integer(allow_none=True)


class FateSchema(Schema):
    generated_g = fields.Integer()
    enterprise_g = fields.Integer()
    road_g = fields.Integer()
    platform_g = fields.Integer()
    plant_g = fields.Integer()
    treated_g = fields.Integer()
    lost_g = fields.Integer()
    tolerance_g = fields.Integer()
    open_cases_g = fields.Integer()
    unexplained_g = fields.Integer()


class CountySchema(Schema):
    code = fields.String(attribute="area.code")
    name_zh = fields.String(attribute="area.name_zh")
    name_en = fields.String(attribute="area.name_en")
    firms = fields.Integer()
    fate = fields.Nested(FateSchema)


class CountyListSchema(Schema):
    counties = fields.List(fields.Nested(CountySchema))


class TraceSchema(Schema):
    batch_no = fields.String(attribute="batch.batch_no")
    enterprise = fields.String(attribute="enterprise.code")
    waste_code = fields.String(attribute="batch.waste_code")
    fate = fields.Nested(FateSchema)
    entries = fields.List(fields.Nested(EntrySchema))
    manifests = fields.List(fields.String(), attribute="manifest_numbers")


class OverdueSchema(Schema):
    kind = fields.String()
    subject = fields.String()
    unit = fields.String(attribute="unit.code")
    since_on = fields.Date()
    due_on = fields.Date()
    mass_g = fields.Integer(allow_none=True)
    late = fields.Boolean()
    key = fields.String(metadata={"description": "names the loop for good"})
    own_due_on = fields.Date(attribute="starts_on", metadata={"description": "the installation's own limit"})
    law_due_on = fields.Date(allow_none=True)
    is_break = fields.Boolean(metadata={"description": "the next link of the chain is missing"})


class OverdueListSchema(Schema):
    rows = fields.List(fields.Nested(OverdueSchema))


class CaseSchema(Schema):
    key = fields.String(attribute="case.key")
    label = fields.String(attribute="case.label")
    batch_no = fields.String()
    origin = fields.String(attribute="origin.code")
    unit = fields.String(attribute="unit.code")
    mass_g = fields.Integer(
        attribute="case.mass_g", metadata={"description": "> 0 missing, < 0 surplus, whole grams"}
    )
    due_on = fields.Date()


class CaseListSchema(Schema):
    cases = fields.List(fields.Nested(CaseSchema))


class ResolutionSchema(Schema):
    case = fields.String(required=True)
    reason = fields.String(required=True)
    note = fields.String(load_default="")


class DoneSchema(Schema):
    done = fields.Boolean()


class ProposalSchema(Schema):
    proposed_g = fields.Integer(strict=True, required=True)
    reason = fields.String(required=True)


class VersionSchema(Schema):
    version = fields.Integer(strict=True, required=True)


class CorrectionSchema(Schema):
    id = fields.UUID()
    container_id = fields.UUID()
    state = fields.String()
    present_g = fields.Integer()
    proposed_g = fields.Integer()
    reason = fields.String()
    version = fields.Integer()


class CorrectionListSchema(Schema):
    corrections = fields.List(fields.Nested(CorrectionSchema))


class LedgerVerdictSchema(Schema):
    ok = fields.Boolean()
    entries = fields.Integer()
    signatures = fields.Integer()
    root = fields.String()
    problems = fields.List(fields.Dict())


@api.route("/ledger/entries")
@api.arguments(EntryQuerySchema, location="query")
@api.response(200, EntryListSchema)
@viewing("ledger.view")
def list_entries(act: Act, query: dict[str, Any]) -> dict[str, Any]:
    """The newest entries first; go on with `next_before_idx`."""
    entries = audits.ledger_page(act.session, actor=act.actor, **query)
    more = entries[-1].idx if len(entries) == query["limit"] else None
    return {"entries": entries, "next_before_idx": more}


@api.route("/ledger/entries/<int:idx>")
@api.response(200, EntrySchema)
@viewing("ledger.view")
def read_entry(act: Act, idx: int) -> ledger.Entry:
    return audits.ledger_entry(act.session, actor=act.actor, idx=idx)


@api.route("/ledger/verify", methods=["POST"])
@api.response(200, LedgerVerdictSchema)
@viewing("ledger.verify")
def verify(act: Act) -> dict[str, Any]:
    """Walk the whole log and re-derive the books; every tenth signature is checked."""
    report = audits.verify_ledger(act.session, actor=act.actor, signature_every=10)
    problems = [{"idx": p.idx, "kind": p.kind, "detail": p.detail} for p in report.problems]
    return {
        "ok": report.ok,
        "entries": report.entries,
        "signatures": report.signatures,
        "root": report.root.hex(),
        "problems": problems,
    }


@api.route("/batches/<uuid:batch_id>/trace")
@api.response(200, TraceSchema)
@viewing("audit.trace")
def trace(act: Act, batch_id: UUID) -> dict[str, Any]:
    """The chain of a batch and where each of its grams is."""
    found = audits.trace(act.session, actor=act.actor, batch_id=batch_id)
    numbers = [paper.number for paper in found.manifests]
    return {
        "batch": found.batch,
        "enterprise": found.enterprise,
        "fate": found.fate,
        "entries": found.entries,
        "manifest_numbers": numbers,
    }


@api.route("/counties")
@api.response(200, CountyListSchema)
@viewing("county.view")
def counties(act: Act) -> dict[str, Any]:
    """Kilograms by county of origin, from the books."""
    return {"counties": audits.county_balances(act.session, actor=act.actor)}


@api.route("/open-loops")
@api.response(200, OverdueListSchema)
@viewing("county.view")
def open_loops(act: Act) -> dict[str, Any]:
    """What is late or will be soon, the most pressing first."""
    return {"rows": audits.overdue(act.session, actor=act.actor, now=act.now)}


@api.route("/cases")
@api.response(200, CaseListSchema)
@viewing("case.view")
def list_cases(act: Act) -> dict[str, Any]:
    return {"cases": audits.open_cases(act.session, actor=act.actor)}


@api.route("/cases/resolve", methods=["POST"])
@api.arguments(ResolutionSchema)
@api.response(200, DoneSchema)
@acting("case.resolve", schema=DoneSchema)
def resolve_case(act: Act, payload: dict[str, Any]) -> dict[str, bool]:
    """Close a difference with a reason; the grams leave suspense."""
    audits.resolve_case(
        act.session,
        actor=act.actor,
        case_key=payload["case"],
        reason=payload["reason"],
        note=payload["note"],
        now=act.now,
    )
    return {"done": True}


@api.route("/corrections")
@api.response(200, CorrectionListSchema)
@viewing("correction.propose")
def list_corrections(act: Act) -> dict[str, Any]:
    rows = corrections.corrections_of(act.session, actor=act.actor)
    return {"corrections": [row.correction for row in rows]}


@api.route("/containers/<uuid:container_id>/corrections", methods=["POST"])
@api.arguments(ProposalSchema)
@api.response(201, CorrectionSchema)
@acting("correction.propose", schema=CorrectionSchema, status=201)
def propose(act: Act, payload: dict[str, Any], container_id: UUID) -> Correction:
    """Say that the mass on record is wrong; nothing changes until the other side agrees."""
    return corrections.propose(
        act.session, actor=act.actor, container_id=container_id, now=act.now, **payload
    )


@api.route("/corrections/<uuid:correction_id>/agree", methods=["POST"])
@api.arguments(VersionSchema)
@api.response(200, CorrectionSchema)
@acting("correction.agree", schema=CorrectionSchema)
def agree(act: Act, payload: dict[str, Any], correction_id: UUID) -> Correction:
    return corrections.agree(
        act.session, actor=act.actor, correction_id=correction_id, version=payload["version"], now=act.now
    )


@api.route("/corrections/<uuid:correction_id>/decline", methods=["POST"])
@api.arguments(VersionSchema)
@api.response(200, CorrectionSchema)
@acting("correction.agree", schema=CorrectionSchema)
def decline(act: Act, payload: dict[str, Any], correction_id: UUID) -> Correction:
    return corrections.decline(
        act.session, actor=act.actor, correction_id=correction_id, version=payload["version"], now=act.now
    )
