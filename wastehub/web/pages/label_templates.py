"""For administrators: what the standard leaves open about the label, decided from a day on."""

from __future__ import annotations

from collections.abc import Mapping
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


FIELDS = tuple(each for each in rules.FIELDS if not each.worded)  # the others have no input
NAMES = tuple(f"caption_{each.key}" for each in FIELDS) + tuple(f"ground_{key}" for key in rules.SYMBOLS)


@pages.get("/")
@viewing("reference.manage")
def template(act: Act) -> str:
    today = calendar.on_date(act.now)
    values = rules.shown(label_templates.in_force(act.session, on=today))
    return _page(act, blank(values | {"valid_from": today.isoformat()}), values)


def _page(act: Act, form: FormState, seen: Mapping[str, str]) -> str:
    """`seen`: what the fields show, sent along so that only what the person changes is saved."""
    today = calendar.on_date(act.now)
    return render_template(
        "label_templates/template.html",
        form=form,
        seen=seen,
        planned=label_templates.planned(act.session, after=today),
        fields=rules.FIELDS,
        symbols=SYMBOL_NAMES,
        decisions=label_templates.decisions(act.session, actor=act.actor),
        today=today,
        in_language=words.in_language,
    )


def _again(violation: RuleViolation) -> str:
    """The form once more: what was typed, and beside it the values of the day it is to hold from."""
    with database().reading() as session:
        act = Act(session, current_actor(), clock.now_utc())
        fresh = rules.shown(label_templates.in_force(session, on=_day_or_today(act)))
        changed = rules.touched(_given(), _seen())
        untouched = {name: text for name, text in fresh.items() if name not in changed}
        return _page(act, refused(request.form.to_dict() | untouched, violation), fresh)


def _day_or_today(act: Act) -> date:
    today = calendar.on_date(act.now)
    try:
        return max(today, date.fromisoformat(request.form.get("valid_from", "")))
    except ValueError:
        return today


def _given() -> dict[str, str]:
    return {name: request.form[name] for name in NAMES if name in request.form}


def _seen() -> dict[str, str]:
    return {name: request.form[f"seen_{name}"] for name in NAMES if f"seen_{name}" in request.form}


@pages.post("/")
@acting("reference.manage", on_violation=_again)
def decide(act: Act) -> Any:
    made = label_templates.decide(
        act.session,
        actor=act.actor,
        values=_given(),
        seen=_seen(),
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
