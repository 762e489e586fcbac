"""Checkpoints and receipts over HTTP, for programs; their public text forms stand below /ledger."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain.errors import Conflict
from ...ledger import integrating, transparency
from ...ledger.checkpoints import in_base64, short_form
from ...ledger.notes import VerifierKey
from ...services import audits
from ..acting import Act, viewing
from ..writing import held

api = Blueprint("api_transparency", __name__, description="Checkpoints and receipts / 封存与凭证")

CHECKPOINTS_MAX = 200


class CheckpointQuerySchema(Schema):
    below_size = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, CHECKPOINTS_MAX))


class CosignatureSchema(Schema):
    witness = fields.String(metadata={"description": "verifier key (C2SP signed note)"})
    at = fields.AwareDateTime()
    line = fields.String()


class CheckpointSchema(Schema):
    size = fields.Integer(metadata={"description": "number of entries covered"})
    root = fields.String(metadata={"description": "base64"})
    short = fields.String(metadata={"description": "as printed on papers"})
    at = fields.AwareDateTime()
    note = fields.String(metadata={"description": "C2SP checkpoint, signed by the log"})
    cosignatures = fields.List(fields.Nested(CosignatureSchema))
    quorum_reached = fields.Boolean()


class CheckpointListSchema(Schema):
    checkpoints = fields.List(fields.Nested(CheckpointSchema))
    next_below_size = fields.Integer(allow_none=True)


class ReceiptSchema(Schema):
    idx = fields.Integer()
    leaf = fields.String(metadata={"description": "the entry's canonical bytes, as text"})
    proof = fields.List(fields.String(), metadata={"description": "base64, from the leaf's sibling upwards"})
    checkpoint = fields.String(metadata={"description": "C2SP checkpoint with all signatures"})
    tlog_proof = fields.String(metadata={"description": "the receipt as a C2SP tlog-proof"})


@api.route("/ledger/checkpoints")
@api.arguments(CheckpointQuerySchema, location="query", as_kwargs=True)
@api.response(200, CheckpointListSchema)
@viewing("ledger.view")
def checkpoints(act: Act, below_size: int | None, limit: int) -> dict[str, Any]:
    """Checkpoints, newest first, with who cosigned them."""
    up_to = None if below_size is None else below_size - 1
    found = integrating.history(act.session, limit=limit, up_to=up_to)
    lines = integrating.cosignatures(act.session, [each.size for each in found])
    rows = [_row(each, [line for line in lines if line.size == each.size]) for each in found]
    return {"checkpoints": rows, "next_below_size": found[-1].size if len(found) == limit else None}


def _row(found: integrating.Checkpoint, lines: list[integrating.Cosignature]) -> dict[str, Any]:
    return {
        "size": found.size,
        "root": in_base64(found.root),
        "short": short_form(found.size, found.root),
        "at": found.at,
        "note": found.note,
        "cosignatures": lines,
        "quorum_reached": held().policy.reached({VerifierKey.parse(line.witness) for line in lines}),
    }


@api.route("/ledger/entries/<int:idx>/receipt")
@api.response(200, ReceiptSchema)
@viewing("ledger.view")
def receipt(act: Act, idx: int) -> dict[str, Any]:
    """The entry's bytes and the proof that they stand in the log."""
    audits.ledger_entry(act.session, actor=act.actor, idx=idx)
    try:
        made = transparency.receipt(act.session, idx, held().policy)
    except transparency.NotSealedYet as waiting:
        raise Conflict("ledger.not_sealed_yet") from waiting
    return {
        "idx": idx,
        "leaf": transparency.leaf_of(act.session, idx).decode(),
        "proof": [in_base64(each) for each in made.proof],
        "checkpoint": made.note,
        "tlog_proof": made.text(),
    }
