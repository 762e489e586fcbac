"""The dispatcher's pages hang here; the words and forms they share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, after_this_request, current_app, render_template
from flask_babel import lazy_gettext as _l

from ....domain import calendar, reasons
from ....domain.calendar import CalendarYearUnknown
from ....domain.errors import InvalidInput
from ....models.route_plans import Round
from ... import words
from ...context import current_actor
from ...locale import select_locale

pages = Blueprint("dispatcher", __name__, url_prefix="/dispatcher")

REQUEST_STATES = {
    "open": ("waiting", _l("待排计划")),
    "scheduled": ("active", _l("已排入车次")),
    "collected": ("good", _l("已收运")),
    "partly_collected": ("warn", _l("部分收运")),
    "cancelled": ("neutral", _l("已取消")),
}
PLAN_STATES = {
    "draft": ("waiting", _l("草案")),
    "published": ("good", _l("已发布")),
    "discarded": ("neutral", _l("已作废")),
}
ROUND_STATES = {
    "planned": ("waiting", _l("草案")),
    "published": ("waiting", _l("待出车")),
    "under_way": ("active", _l("执行中")),
    "finished": ("good", _l("已完成")),
    "cancelled": ("neutral", _l("已取消")),
}
STOP_STATES = {
    "planned": ("waiting", _l("待收运")),
    "done": ("good", _l("已收运")),
    "partly_done": ("warn", _l("部分收运")),
    "missed": ("bad", _l("未收成")),
    "cancelled": ("neutral", _l("已退回")),
}
RUN_STATES = {
    "queued": "queued",
    "running": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


def named(row: Any) -> str:
    """The name of a code-table row in the reader's language."""
    return str(row.name_en if select_locale() == "en" else row.name_zh)


def next_service_day(today: date) -> date:
    """The working day after today; plain tomorrow where the holiday notice is not installed yet."""
    try:
        return calendar.next_working_day(today + timedelta(days=1))
    except CalendarYearUnknown:
        return today + timedelta(days=1)


def day_of(text: str, default: date) -> date:
    """The date an address asks for. Raises InvalidInput(plan.date_malformed)."""
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("plan.date_malformed", field="service_on", given=text[:20]) from None


def show(template: str, **values: Any) -> str:
    return render_template(
        template,
        request_states=REQUEST_STATES,
        plan_states=PLAN_STATES,
        round_states=ROUND_STATES,
        stop_states=STOP_STATES,
        named=named,
        reason_name=words.reason,
        own_unit=current_actor().organisation_id,
        **values,
    )


def cancellation_reasons() -> list[tuple[str, str]]:
    return [(row.code, named(row)) for row in reasons.CATALOGUES["cancellation"].values()]


def round_progress(row: Round) -> dict[str, int]:
    stops = [stop for trip in row.trips for stop in trip.stops if stop.state != "cancelled"]
    return {
        "done": sum(1 for stop in stops if stop.state != "planned"),
        "stops": len(stops),
        "missed": sum(1 for stop in stops if stop.state == "missed"),
        "planned_g": sum(stop.planned_g for stop in stops),
    }


def stops_in(row: Round) -> int:
    return sum(1 for trip in row.trips for stop in trip.stops if stop.state != "cancelled")


def mass_in(row: Round) -> int:
    return sum(s.planned_g for trip in row.trips for s in trip.stops if s.state != "cancelled")


def queue_after_commit(run_id: UUID) -> None:
    """Tell the worker once the transaction is through; a lost message is made up for each minute."""
    enqueue: Callable[[UUID], None] = current_app.extensions["wastehub.enqueue_planning"]

    @after_this_request
    def tell_worker(response: Response) -> Response:
        if response.status_code < 400:
            enqueue(run_id)
        return response
