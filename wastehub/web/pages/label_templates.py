"""For administrators: what the standard leaves open about the label, decided from a day on."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ... import clock
from ...domain import calendar
from ...domain import label_templates as rules
from ...domain.errors import InvalidInput, RuleViolation
from ...papers import labels as papers
from ...services import label_templates
from .. import label_papers, words
from ..acting import Act, acting, viewing
from ..context import current_actor, database
from ..form_states import blank, refused
from ..forms import FormState

pages = Blueprint("label_templates", __name__, url_prefix="/admin/label-template")

SYMBOL_NAMES = {"C": _l("腐蚀性"), "T": _l("毒性"), "I": _l("易燃性"), "R": _l("反应性")}


@pages.get("/")
@viewing("reference.manage")
def template(act: Act) -> str:
    return _page(act, None)


def _page(act: Act, form: FormState | None) -> str:
    today = calendar.on_date(act.now)
    now = label_templates.in_force(act.session, on=today)
    values = {f"caption_{key}": caption for key, caption in now.captions.items()}
    values |= {f"ground_{letter}": rules.hex_colour(colour) for letter, colour in now.grounds.items()}
    return render_template(
        "label_templates/template.html",
        form=form or blank(values | {"valid_from": today.isoformat()}),
        fields=rules.FIELDS,
        symbols=SYMBOL_NAMES,
        decisions=label_templates.decisions(act.session, actor=act.actor),
        today=today,
        in_language=words.in_language,
    )


def _again(violation: RuleViolation) -> str:
    with database().reading() as session:
        return _page(Act(session, current_actor(), clock.now_utc()), refused(request.form, violation))


@pages.post("/")
@acting("reference.manage", on_violation=_again)
def decide(act: Act) -> Any:
    made = label_templates.decide(
        act.session,
        actor=act.actor,
        content={
            "captions": {each.key: request.form.get(f"caption_{each.key}", "") for each in rules.FIELDS},
            "grounds": {letter: request.form.get(f"ground_{letter}", "") for letter in rules.SYMBOLS},
        },
        valid_from=_day(request.form.get("valid_from", "")),
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    flash(_("新标签模板自 %(on)s 起使用，已记入账本。", on=made.valid_from.isoformat()), "good")
    return redirect(url_for("label_templates.template"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("input.invalid", field="valid_from") from wrong


@pages.get("/specimen.pdf")
@viewing("reference.manage")
def specimen(act: Act) -> Response:
    """A label of an invented firm under the template of a day: its QR code is no genuine one."""
    given = request.args.get("on", "")
    on = _day(given) if given else calendar.on_date(act.now)
    template = label_templates.in_force(act.session, on=on)
    file = BytesIO()
    papers.write(file, [label_papers.specimen(template)])
    answer = Response(file.getvalue(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="label-specimen.pdf"'
    return answer
