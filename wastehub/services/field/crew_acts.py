"""Leaving, arriving, closing gates: the acts of the crew that are no scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ...domain import waybills as waybill_rules
from ...domain.field_events import Body
from .. import rounds, waybills
from .acts import Act, Done, Handler, NeedsDecision
from .standing import load_undecided

NOTE_LONGEST = 1000


def _checks(body: Body) -> dict[str, str]:
    """What was said of the five checks; empty when nothing was."""
    said = body.inner("checks")
    outcomes = ("", *waybill_rules.OUTCOMES)
    answers = {key: said.choice(key, outcomes, default="") for key in waybill_rules.CHECKS}
    return {key: outcome for key, outcome in answers.items() if outcome}


def _write_checks(act: Act, trips: Sequence[UUID], answers: Mapping[str, str]) -> None:
    note = act.body.text("note", longest=NOTE_LONGEST)
    walks = [waybills.Checking(act.actor, trip_id, answers, note) for trip_id in trips]
    waybills.record_checks(act.session, checkings=walks, now=act.now, at=act.at, late=act.decided)


def round_start(act: Act) -> Done | None:
    """{round_id, checks, note}: the crew leaves the platform, after the five checks."""
    round_id = act.body.uuid("round_id")
    if answers := _checks(act.body):
        trips = waybills.planned_trips(act.session, actor=act.actor, round_id=round_id)
        _write_checks(act, trips, answers)
    rounds.start_rounds(act.session, starts=[(act.actor, round_id)], now=act.now, at=act.at, late=act.decided)
    return None


def trip_start(act: Act) -> Done | None:
    """{trip_id, checks, note}: a later trip leaves that did not follow by itself."""
    trip_id = act.body.uuid("trip_id")
    if answers := _checks(act.body):
        _write_checks(act, [trip_id], answers)
    rounds.start_trips(act.session, starts=[(act.actor, trip_id)], now=act.now, at=act.at, late=act.decided)
    return None


def stop_close(act: Act) -> Done | None:
    """{stop_id, outcome, reason, note}: the crew leaves a gate."""
    stop_id = act.body.uuid("stop_id")
    if not act.decided and load_undecided(act.session, stop_id):
        raise NeedsDecision("not_yet", "event.after_conflict")
    closing = rounds.StopClosing(
        act.actor,
        stop_id,
        act.body.choice("outcome", ("done", "missed")),
        act.body.text("reason", longest=40),
        act.body.text("note", longest=NOTE_LONGEST),
    )
    rounds.close_stops(act.session, closings=[closing], now=act.now, at=act.at, late=act.decided)
    return None


def trip_arrive(act: Act) -> Done | None:
    """{trip_id}: a trip is back at the platform."""
    arrivals = [(act.actor, act.body.uuid("trip_id"))]
    rounds.arrive(act.session, arrivals=arrivals, now=act.now, at=act.at, late=act.decided)
    return None


def round_finish(act: Act) -> Done | None:
    """{round_id, unsent_seen}: the crew ends its day."""
    finishes = [(act.actor, act.body.uuid("round_id"))]
    rounds.finish_rounds(act.session, finishes=finishes, now=act.now, at=act.at, late=act.decided)
    return None


HANDLERS: Mapping[str, Handler] = {
    "round_start": round_start,
    "trip_start": trip_start,
    "stop_close": stop_close,
    "trip_arrive": trip_arrive,
    "round_finish": round_finish,
}
