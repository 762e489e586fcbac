"""The phone in the cab: today's round, the next gate, what still waits to be sent.

The pages only show; every act goes through the outbox of driver.js to the API, again until it is answered.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template

from ...domain import calendar, reasons
from ...domain.waybills import CHECKS
from ...models.route_plans import Round, Stop, Trip
from ...services import cab, dispatch, waybills
from ..acting import Act, viewing

pages = Blueprint("driver", __name__, url_prefix="/driver")


def _live_trips(row: Round) -> list[Trip]:
    return [trip for trip in row.trips if trip.state != "cancelled"]


def _stops(row: Round) -> list[Stop]:
    return [stop for trip in _live_trips(row) for stop in trip.stops if stop.state != "cancelled"]


def _next_trip(row: Round) -> Trip | None:
    return next((trip for trip in _live_trips(row) if trip.state == "under_way"), None)


def _next_stop(trip: Trip | None) -> Stop | None:
    return next((stop for stop in trip.stops if stop.state == "planned"), None) if trip else None


@pages.get("/")
@viewing("round.drive")
def home(act: Act) -> str:
    """One thing: what the crew has to do now."""
    today = calendar.on_date(act.now)
    day = cab.my_day(act.session, actor=act.actor, today=today)
    trip = _next_trip(day.now) if day.now else None
    stops = _stops(day.now) if day.now else []
    return render_template(
        "driver/home.html",
        day=day,
        round=day.now,
        trip=trip,
        stop=_next_stop(trip),
        stops=stops,
        served=[stop for stop in stops if stop.state != "planned"],
        on=today,
        changes=dispatch.changes_of(act.session, day.now) if day.now else [],
        leaving=_leaving(act, day.now),
        checks=list(CHECKS.values()),
    )


def _leaving(act: Act, row: Round | None) -> waybills.TripPaper | None:
    """The trip that stands at the platform and is the next to leave, with its waybill."""
    if row is None or row.state not in ("published", "under_way") or _next_trip(row) is not None:
        return None
    papers = waybills.papers_of(act.session, row)
    return next((paper for paper in papers if paper.trip.state == "planned"), None)


@pages.get("/rounds/<uuid:round_id>")
@viewing("round.drive")
def round_detail(act: Act, round_id: UUID) -> str:
    """All gates of a round in their order."""
    row = cab.my_round(act.session, actor=act.actor, round_id=round_id)
    trip = _next_trip(row)
    return render_template(
        "driver/round_detail.html",
        round=row,
        trips=_live_trips(row),
        stop=_next_stop(trip),
        on=calendar.on_date(act.now),
        changes=dispatch.changes_of(act.session, row),
        papers={paper.trip.id: paper for paper in waybills.papers_of(act.session, row)},
    )


@pages.get("/rounds/<uuid:round_id>/checks")
@viewing("round.drive")
def checks(act: Act, round_id: UUID) -> str:
    """The five checks one by one, for the case that one of them has not passed."""
    row = cab.my_round(act.session, actor=act.actor, round_id=round_id)
    papers = waybills.papers_of(act.session, row)
    return render_template(
        "driver/checks.html",
        round=row,
        leaving=next((paper for paper in papers if paper.trip.state == "planned"), None),
        checks=list(CHECKS.values()),
    )


@pages.get("/stops/<uuid:stop_id>")
@viewing("round.drive")
def stop(act: Act, stop_id: UUID) -> str:
    """One gate: scan, weigh, load or refuse, leave."""
    gate = cab.my_stop(act.session, actor=act.actor, stop_id=stop_id)
    row = gate.round
    return render_template(
        "driver/stop.html",
        gate=gate,
        round=row,
        stop=gate.stop,
        firm=gate.stop.request.enterprise,
        number=[each.id for each in _stops(row)].index(stop_id) + 1 if gate.stop.state != "cancelled" else 0,
        total=len(_stops(row)),
        is_open=row.state == "under_way" and gate.trip.state == "under_way" and gate.stop.state == "planned",
        refusals=list(reasons.PICKUP_REFUSAL.values()),
        absences=list(reasons.NOBODY_THERE.values()),
        reason_names={**reasons.PICKUP_REFUSAL, **reasons.NOBODY_THERE},
    )


@pages.get("/outbox")
@viewing("round.drive")
def outbox(act: Act) -> str:
    """What lies on this phone and has not been answered yet; driver.js fills it in."""
    return render_template("driver/outbox.html")
