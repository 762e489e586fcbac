"""For supervision: the sealed log, or a part of it, as one file that can be checked without us."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import IO, Any

from flask import Blueprint, render_template, request, send_file
from flask_babel import lazy_gettext as _l

from ...domain.errors import RuleViolation
from ...ledger.exports import FORMS
from ...services import audits
from ..acting import Act, viewing
from ..context import database
from ..explanations import explain
from ..forms import FormState
from ..writing import held

pages = Blueprint("evidence_bundles", __name__, url_prefix="/evidence")

SCOPES = (
    {"value": "all", "title": _l("全部账册"), "text": _l("每一克的去向都能重算")},
    {"value": "firm", "title": _l("产废单位"), "text": _l("该单位的废物从产生到处置")},
    {"value": "site", "title": _l("地点"), "text": _l("在一处发生的全部记录，序号无缺")},
    {"value": "batch", "title": _l("批次"), "text": _l("一批废物的全程")},
    {"value": "period", "title": _l("期间"), "text": _l("起止日期之间的全部记录")},
)
FORM_NAMES = {
    "bundle": _l("证据包（含核验程序，zip）"),
    "hj1259": _l("HJ 1259 台账表 B.1–B.5（zip）"),
    "epcis": _l("EPCIS 2.0（JSON-LD）"),
    "csv": _l("明细表（CSV）"),
}
# Held in memory up to here, then in a temporary file.
SPOOLED_BYTES = 4 << 20
TYPES = {"zip": "application/zip", "csv": "text/csv", "jsonld": "application/ld+json"}


@pages.get("/")
@viewing("evidence.export")
def index(act: Act) -> Any:
    asked = request.args.get("scope", "")
    kind, _, name = asked.partition(":")
    return _page(FormState({"kind": kind or "all", "name": name, "form": "bundle"}))


def _page(form: FormState) -> str:
    return render_template(
        "evidence_bundles/index.html",
        form=form,
        scopes=SCOPES,
        forms=FORM_NAMES.items(),
        policy=held().policy_text(),
    )


@pages.get("/file")
@viewing("evidence.export")
def file(act: Act) -> Any:
    """The file itself; with what is wrong in place of it, the form again."""
    given = request.args
    values = {name: given.get(name, "").strip() for name in ("kind", "name", "since", "until", "form")}
    try:
        return answer(act, scope_of(values), values["form"] or "bundle")
    except RuleViolation as refused:
        return _page(FormState(values, {refused.field: explain(refused).message})), refused.status


def scope_of(values: Mapping[str, str]) -> str:
    """The scope that the inputs name."""
    if values["kind"] in ("", "all"):
        return "all"
    if values["kind"] == "period":
        return f"period:{values['since']}..{values['until']}"
    return f"{values['kind']}:{values['name']}"


def answer(act: Act, scope: str, form: str) -> Any:
    """A download. A session of its own: the file shows one state of the database."""
    out: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115  (closed with the answer)
    try:
        with database().reading() as session:
            name = audits.export_evidence(
                session, out, actor=act.actor, scope=scope, form=form, policy=held().policy_text()
            )
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return send_file(out, mimetype=TYPES[FORMS[form]], as_attachment=True, download_name=name)
