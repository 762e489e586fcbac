"""The week ahead 本周预排, and the days that a firm could get from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ...domain import calendar
from ...domain.errors import InvalidInput, RuleViolation
from ...services import requests
from ...services.planning import forecasts
from ...services.planning.forecasts import Slots
from ..acting import Act, acting, viewing
from ..explanations import explain
from ..form_states import blank, refused
from ..left_out import sentence
from ..slot_words import hint, weekday, why_not
from .dispatcher import queue_after_commit
from .enterprise.forms import clock_s, one_id

pages = Blueprint("forecasts", __name__, url_prefix="/forecasts")

BUDGETS_S = (30, 60, 120, 300)
DAY_BUDGET_S = 30
# A store this full, per mille, is marked.
NEARLY_FULL, FULL = 850, 1000


@pages.get("")
@viewing("plan.run")
def week(act: Act, violation: RuleViolation | None = None) -> str:
    form = blank({"days": str(forecasts.DAYS), "budget_s": "60"}, dialog="renew")
    if violation is not None:
        form = refused(request.form, violation, dialog="renew" if violation.field else "")
    return render_template(
        "forecasts/week.html",
        board=forecasts.week(act.session, actor=act.actor, now=act.now),
        form=form,
        fresh=blank,
        own_unit=act.actor.organisation_id,
        sentence=sentence,
        store_tone=store_tone,
        weekday=weekday,
        day_choices=[(str(n), _("%(count)s 个收运日", count=n)) for n in range(2, forecasts.DAYS_MAX + 1)],
        budgets=[(str(s), _("%(count)s 秒", count=s)) for s in BUDGETS_S],
        on=calendar.on_date(act.now),
    )


def store_tone(store_g: int, store_max_g: int | None) -> str:
    """How a store's level is marked."""
    if not store_max_g:
        return ""
    full = store_g * 1000 // store_max_g
    return "bad" if full > FULL else "warn" if full >= NEARLY_FULL else ""


@pages.post("/runs")
@acting("plan.run", on_violation=week)
def start_run(act: Act) -> Any:
    run = forecasts.request_forecast(
        act.session,
        actor=act.actor,
        days=_whole("days"),
        seed=act.now.microsecond + 1,
        budget_s=_whole("budget_s"),
        now=act.now,
    )
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


@pages.post("/day-runs")
@acting("plan.run", on_violation=week)
def plan_day(act: Act) -> Any:
    """Plan one day alone, with what the forecast gave to it."""
    run = forecasts.request_day(
        act.session,
        actor=act.actor,
        service_on=_day(request.form.get("service_on", ""), "service_on"),
        seed=act.now.microsecond + 1,
        budget_s=DAY_BUDGET_S,
        now=act.now,
    )
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


def _whole(field: str) -> int:
    """A whole number of the form; 0, which nothing accepts, for anything else."""
    text = request.form.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _day(text: str, field: str) -> date:
    """Raises InvalidInput("day.malformed")."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field=field, given=text[:20]) from wrong


# --- the days for a firm ----------------------------------------------------------------------------


@pages.get("/days")
@viewing("stock.view")
def days(act: Act) -> Response:
    """A part of the request form, asked for again whenever containers or hours change."""
    try:
        slots = forecasts.for_containers(
            act.session,
            actor=act.actor,
            container_ids=[one_id(text, "container_ids") for text in request.args.getlist("container_ids")],
            ready_on=_day(request.args.get("ready_on", ""), "ready_on"),
            windows=_windows(),
            now=act.now,
        )
    except InvalidInput as unfinished:
        return _part(None, trouble=explain(unfinished).message)
    return _part(slots, chosen=request.args.get("wish_on", ""))


@pages.get("/requests/<uuid:request_id>/days")
@viewing("request.place")
def request_days(act: Act, request_id: UUID) -> Response:
    """The same for a request that waits; a day is chosen by moving the request to it."""
    slots = forecasts.for_request(act.session, actor=act.actor, request_id=request_id, now=act.now)
    row = requests.view(act.session, actor=act.actor, request_id=request_id).row
    return _part(slots, row=row, form=blank(version=row.version))


def _windows() -> tuple[tuple[int, int], ...]:
    """Raises InvalidInput("window.malformed")."""
    found = []
    for name in ("window", "window2"):
        opens, closes = request.args.get(f"{name}_from", ""), request.args.get(f"{name}_to", "")
        if opens or closes:
            found.append((clock_s(opens, name), clock_s(closes, name)))
    return tuple(found)


def _part(slots: Slots | None, **values: Any) -> Response:
    text = render_template(
        "forecasts/_days.html",
        slots=slots,
        reasons=_reasons(slots) if slots else [],
        hints=[hint(one) for one in slots.sooner] if slots else [],
        weekday=weekday,
        **values,
    )
    return make_response(text)


def _reasons(slots: Slots) -> Sequence[tuple[str, list[date]]]:
    """Why not sooner: each reason with its days."""
    found: dict[str, list[date]] = {}
    for day in slots.why_not_sooner:
        found.setdefault(why_not(day), []).append(day.on)
    return list(found.items())
