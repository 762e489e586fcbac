"""Many firms from one file: checked line by line, shown, and enrolled all together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ....domain.actors import Actor
from ....domain.errors import InvalidInput, RuleViolation
from ....services import enrolment
from ...acting import Act, acting, viewing
from ...context import current_actor, database
from ...explanations import explain
from ...form_states import blank, refused
from ...forms import FormState
from ...listing import Column
from . import drafts, files
from .blueprint import pages

REFUSED_SHOWN = 200
REFUSED_COLUMNS = (
    Column("number", _l("行"), "number"),
    Column("name", _l("单位名称")),
    Column("label", _l("栏目")),
    Column("message", _l("原因和处理办法"), "prose"),
)


@dataclass(frozen=True)
class Refused:
    """A line of the file that cannot be enrolled, in words."""

    number: int
    name: str
    label: str
    message: str


@dataclass(frozen=True)
class Checked:
    """What a file holds: its firms, or why they cannot be enrolled. `text` is sent again to confirm."""

    text: str
    lines: list[files.Line]
    refused: list[Refused]


def _page(form: FormState, checked: Checked | None = None) -> str:
    return render_template(
        "enterprises/upload.html",
        form=form,
        checked=checked,
        columns=REFUSED_COLUMNS,
        shown=REFUSED_SHOWN,
        most=files.LINES_MAX,
        labels=" · ".join(files.heading(name) for name in drafts.LABELS),
    )


@pages.get("/upload")
@viewing("organisation.manage")
def upload(act: Act) -> str:
    return _page(blank())


@pages.get("/upload/template.csv")
@viewing("organisation.manage")
def upload_template(act: Act) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="enterprises-template.csv"'}
    return Response(files.template(act.session), mimetype="text/csv; charset=utf-8", headers=headers)


@pages.post("/upload/check")
@viewing("organisation.manage")
def check_upload(act: Act) -> Any:
    """Read the file and judge each line; nothing is enrolled yet."""
    given = request.files.get("file")
    try:
        checked = _check(act.session, act.actor, files.text_of(given.read() if given else b""))
    except RuleViolation as violation:
        return _page(refused(request.form, violation)), violation.status
    return _page(blank(), checked), 422 if checked.refused else 200


def _check(session: Session, actor: Actor, text: str) -> Checked:
    lines = files.lines_of(session, text)
    found = {line.number: line.violation for line in lines if line.violation}
    sound = [line for line in lines if line.draft]
    for refusal in enrolment.refusals(session, actor=actor, firms=_drafts(sound)):
        found[sound[refusal.position].number] = refusal.violation
    named = [Refused(*_in_words(line, found[line.number])) for line in lines if line.number in found]
    return Checked(text, lines, named)


def _drafts(lines: Sequence[files.Line]) -> list[enrolment.FirmDraft]:
    return [line.draft for line in lines if line.draft]


def _in_words(line: files.Line, violation: RuleViolation) -> tuple[int, str, str, str]:
    name = drafts.at_inputs(violation).field
    label = drafts.LABELS.get("open_from" if name == "open" else name, "")
    return line.number, line.name, str(label), explain(violation).message


def _upload_refused(violation: RuleViolation) -> str:
    """The list as it stands now: somebody may have enrolled one of the firms meanwhile."""
    text = request.form.get("text", "")
    with database().reading() as session:
        try:
            checked = _check(session, current_actor(), text)
        except InvalidInput as unreadable:
            return _page(refused(request.form, unreadable))
    return _page(blank(), checked)


@pages.post("/upload")
@acting("organisation.manage", on_violation=_upload_refused)
def upload_submit(act: Act) -> Any:
    lines = files.lines_of(act.session, request.form.get("text", ""))
    for line in lines:
        if line.violation:
            raise line.violation
    made = enrolment.enrol(act.session, actor=act.actor, firms=_drafts(lines), now=act.now)
    flash(_("%(count)s 家单位已入网。", count=len(made)), "good")
    return redirect(url_for("enterprises.index", sort="-enrolled_at"))
