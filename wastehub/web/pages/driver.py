"""The phone in the cab: today's round, the next gate, what still waits to be sent.

The pages only show; every act goes through the outbox of driver.js to the API, again until it is answered.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from ...domain import calendar
from ...domain.errors import NotFound
from ...domain.waybills import CHECKS
from ...models.route_plans import Round, Stop
from ...services import cab, duty, waybills
from ..acting import Act, viewing
from ..gate_view import gate_context
from ..round_steps import current, live_stops, live_trips, steps_of

pages = Blueprint("driver", __name__, url_prefix="/driver")


def _next_stop(row: Round) -> Stop | None:
    """Where the crew is to go now."""
    trip = next((trip for trip in live_trips(row) if trip.state == "under_way"), None)
    return next((stop for stop in trip.stops if stop.state == "planned"), None) if trip else None


@pages.get("/")
@viewing("round.drive")
def home(act: Act) -> str:
    """One thing: what to do now; what comes after it lies in the page for the time without a network."""
    today = calendar.on_date(act.now)
    day = cab.my_day(act.session, actor=act.actor, today=today)
    about = _day_of(act, day.now) if day.now else {}
    checks = list(CHECKS.values())
    return render_template("driver/home.html", day=day, round=day.now, on=today, checks=checks, **about)


def _day_of(act: Act, row: Round) -> dict[str, Any]:
    """The round's steps, the first that is not done, and the driving clock."""
    about = duty.cab_duty(act.session, actor=act.actor, row=row, now=act.now)
    steps = steps_of(row, waybills.papers_of(act.session, row), about.unseen)
    return {"stops": live_stops(row), "steps": steps, "now": current(steps), "duty": about}


@pages.get("/rounds/<uuid:round_id>")
@viewing("round.drive")
def round_detail(act: Act, round_id: UUID) -> str:
    """All gates of a round in their order."""
    row = cab.my_round(act.session, actor=act.actor, round_id=round_id)
    about = duty.cab_duty(act.session, actor=act.actor, row=row, now=act.now)
    return render_template(
        "driver/round_detail.html",
        round=row,
        trips=live_trips(row),
        stop=_next_stop(row),
        on=calendar.on_date(act.now),
        duty=about,
        diffs=duty.diffs_of(act.session, row),
        unseen={diff.revision_id for diff in about.unseen},
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
    try:
        gate = cab.my_stop(act.session, actor=act.actor, stop_id=stop_id)
    except NotFound:
        # A page that somebody kept open must not act on a stop that another vehicle fetches now.
        gone = duty.gone_stop(act.session, actor=act.actor, stop_id=stop_id)
        if gone is None:
            raise
        return render_template("duty/_gone.html", stop=gone[0], revision=gone[1])
    row = gate.round
    return render_template(
        "driver/stop.html",
        gate=gate,
        round=row,
        stop=gate.stop,
        firm=gate.stop.request.enterprise,
        number=[each.id for each in live_stops(row)].index(stop_id) + 1
        if gate.stop.state != "cancelled"
        else 0,
        total=len(live_stops(row)),
        **gate_context(act, gate),
    )


@pages.get("/outbox")
@viewing("round.drive")
def outbox(act: Act) -> str:
    """What lies on this phone and has not been answered yet; driver.js fills it in."""
    return render_template("driver/outbox.html")
