"""Evidence bundles over HTTP, for programs."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...ledger.exports import FORMS
from ..acting import Act, viewing
from ..pages.evidence_bundles import answer

api = Blueprint("api_evidence_bundles", __name__, description="Evidence bundles / 证据包")


class ExportQuerySchema(Schema):
    scope = fields.String(
        load_default="all",
        metadata={"description": "all, site:ID, firm:ID, batch:NO or period:FROM..TO (YYYY-MM-DD)"},
    )
    form = fields.String(load_default="bundle", validate=validate.OneOf(sorted(FORMS)))


@api.route("/ledger/export")
@api.arguments(ExportQuerySchema, location="query")
@api.response(200, content_type="application/octet-stream")
@viewing("evidence.export")
def export(act: Act, query: dict[str, Any]) -> Any:
    """A zip file that `wh_verify.py` checks without us, or the same entries as EPCIS, HJ 1259, CSV."""
    return answer(act, query["scope"], query["form"])
