"""For administrators: sizes and colours of zone and facility signs, decided from a day on."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain import calendar, signs
from ...domain.errors import InvalidInput, RuleViolation
from ...papers import signs as paper
from ...services import sign_templates
from .. import words
from ..acting import Act, acting, viewing
from ..context import current_actor, database
from ..form_states import blank, refused
from ..forms import FormState
from .firm_codes import pdf

pages = Blueprint("sign_templates", __name__, url_prefix="/admin/sign-template")

KEYS = tuple(signs.current({}))
SPECIMEN = (
    paper.ZoneBox("A1", "示例分区甲", ("矿物油", "900-249-08"), here=True),
    paper.ZoneBox("A2", "示例分区乙", ("沾染物", "900-041-49")),
)


@pages.get("/")
@viewing("reference.manage")
def template(act: Act) -> str:
    today = calendar.on_date(act.now)
    values = signs.shown(sign_templates.in_force(act.session, on=today))
    return _page(act, blank(values | {"valid_from": today.isoformat()}), values)


def _page(act: Act, form: FormState, seen: Mapping[str, str]) -> str:
    """`seen`: what the fields show, sent along so that only what the person changes is saved."""
    today = calendar.on_date(act.now)
    return render_template(
        "sign_templates/template.html",
        form=form,
        seen=seen,
        planned=sign_templates.planned(act.session, after=today),
        sizes=(*signs.ZONE.values(), *signs.FACILITY.values()),
        zones=len(signs.ZONE),
        colours=signs.COLOURS,
        decisions=sign_templates.decisions(act.session, actor=act.actor),
        shown=lambda row: signs.hex_colour(row.value_int) if row.unit == "rgb" else f"{row.value_int} mm",
        least=signs.SIDE_MM_MIN,
        most=signs.SIDE_MM_MAX,
        today=today,
        in_language=words.in_language,
    )


def _again(violation: RuleViolation) -> str:
    """The form once more: what was typed, and beside it the values of the day it is to hold from."""
    with database().reading() as session:
        act = Act(session, current_actor(), clock.now_utc())
        fresh = signs.shown(sign_templates.in_force(session, on=_day_or_today(act)))
        changed = signs.touched(_given(), _seen())
        untouched = {key: value for key, value in fresh.items() if key not in changed}
        return _page(act, refused(request.form.to_dict() | untouched, violation), fresh)


def _day_or_today(act: Act) -> date:
    today = calendar.on_date(act.now)
    try:
        return max(today, date.fromisoformat(request.form.get("valid_from", "")))
    except ValueError:
        return today


def _given() -> dict[str, str]:
    return {key: request.form[key] for key in KEYS if key in request.form}


def _seen() -> dict[str, str]:
    return {key: request.form[f"seen_{key}"] for key in KEYS if f"seen_{key}" in request.form}


@pages.post("/")
@acting("reference.manage", on_violation=_again)
def decide(act: Act) -> Any:
    made = sign_templates.decide(
        act.session,
        actor=act.actor,
        values=_given(),
        seen=_seen(),
        valid_from=_day(request.form.get("valid_from", "")),
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    on = made[0].effective_from_on.isoformat()
    flash(_("新标志尺寸和颜色自 %(on)s 起使用，已记入账本。", on=on), "good")
    return redirect(url_for("sign_templates.template"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("input.invalid", field="valid_from") from wrong


@pages.get("/specimen.pdf")
@viewing("reference.manage")
def specimen(act: Act) -> Response:
    """A zone sign of an invented store as it is drawn on a day."""
    given = request.args.get("on", "")
    values = sign_templates.in_force(act.session, on=_day(given) if given else calendar.on_date(act.now))
    size = signs.size_mm(signs.ZONE, request.args.get("size", "zone_near"), values)
    sign = paper.ZoneSign(
        "示例单位",
        SPECIMEN,
        ground=signs.colour(signs.GROUND, values),
        field=signs.colour(signs.FIELD, values),
    )
    file = io.BytesIO()
    paper.write_zone_sign(file, sign, size)
    return pdf(file, "sign-specimen.pdf")
