"""Rests of a crew, and the driving time that follows from what it has done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain.actors import Actor
from ...domain.driving_time import Moment, What
from ...domain.errors import Conflict
from ...models import duty as rows
from ...models import route_plans as round_rows
from ...models.duty import DutyRest
from ...models.route_plans import Round, Trip
from ...models.scans import Scan


def begin_rest(
    session: Session,
    *,
    actor: Actor,
    round_id: UUID,
    at: datetime,
    now: datetime,
    rest_id: UUID | None = None,
) -> DutyRest:
    """The crew stands and rests. Told twice (by driver and escort) it is one rest.

    Raises NotFound, Conflict(round.not_under_way).
    """
    row = _round_of(session, actor, round_id, at)
    open_rest = _open(session, row.id)
    if open_rest is not None:
        return open_rest
    made = DutyRest(
        id=rest_id or new_id(session, now), round_id=row.id, began_at=at, began_by=actor.author, ended_by=""
    )
    session.add(made)
    session.flush()
    _log(session, "rest.begun", actor, row, at, now, {})
    return made


def end_rest(session: Session, *, actor: Actor, round_id: UUID, at: datetime, now: datetime) -> DutyRest:
    """The crew goes on. Raises NotFound, Conflict: round.not_under_way, rest.not_open."""
    row = _round_of(session, actor, round_id, at)
    rest = _open(session, row.id)
    if rest is None:
        raise Conflict("rest.not_open", round_no=row.round_no)
    rest.ended_at, rest.ended_by = max(at, rest.began_at), actor.author
    session.flush()
    lasted_s = round((rest.ended_at - rest.began_at).total_seconds())
    _log(session, "rest.ended", actor, row, rest.ended_at, now, {"lasted_s": lasted_s})
    return rest


def _round_of(session: Session, actor: Actor, round_id: UUID, at: datetime) -> Round:
    """The round on whose duty it was: a phone may tell of a rest when the other one has ended the day."""
    actor.require("round.drive")
    found = round_rows.rounds_by_id(session, [round_id], lock=True)
    row = round_rows.require_crew(found, round_id, actor)
    on_duty = row.started_at is not None and row.started_at <= at
    if not on_duty or (row.finished_at is not None and at > row.finished_at):
        raise Conflict("round.not_under_way", state=row.state)
    return row


def _open(session: Session, round_id: UUID) -> DutyRest | None:
    return next(
        (rest for rest in rows.rests_of(session, [round_id])[round_id] if rest.ended_at is None), None
    )


def _log(
    session: Session,
    kind: str,
    actor: Actor,
    row: Round,
    at: datetime,
    now: datetime,
    facts: Mapping[str, int],
) -> None:
    event = ledger.Event(
        type=kind,
        author=actor.author,
        site=row.platform.site,
        at=at,
        subject=row.round_no,
        facts={"vehicle": row.vehicle.plate, **facts},
    )
    ledger.append(session, [event], now=now)


def moments_of(session: Session, rounds: Sequence[Round]) -> dict[UUID, list[Moment]]:
    """What moves the driving clock of each round: departures, first acts at stops, arrivals, rests.

    `rounds` with trips and stops.
    """
    ids = [row.id for row in rounds]
    rests, reached = rows.rests_of(session, ids), first_acts(session, ids)
    return {row.id: _moments(row, rests[row.id], reached) for row in rounds}


def first_acts(session: Session, round_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When something was first done at each stop of some rounds: the vehicle stood there."""
    query = select(Scan.stop_id, func.min(Scan.scanned_at)).where(
        Scan.round_id.in_(round_ids), Scan.stop_id.is_not(None)
    )
    return {stop_id: at for stop_id, at in session.execute(query.group_by(Scan.stop_id)) if stop_id and at}


def _moments(row: Round, rests: Sequence[DutyRest], reached: Mapping[UUID, datetime]) -> list[Moment]:
    found: list[Moment] = []

    def add(what: What, at: datetime | None) -> None:
        if at is not None:
            found.append(Moment(what, round(at.timestamp())))

    add("depart", row.started_at)
    for trip in row.trips:
        add("depart", _left_platform(trip, reached))
        for stop in trip.stops:
            add("stand", reached.get(stop.id))
            add("depart", stop.closed_at)
        add("stand", trip.arrived_at)
    for rest in rests:
        add("rest_begin", rest.began_at)
        add("rest_end", rest.ended_at)
    add("finish", row.finished_at)
    return found


def _left_platform(trip: Trip, reached: Mapping[UUID, datetime]) -> datetime | None:
    """When a later trip left: as told, else the planned way before the first act at its first stop."""
    if trip.departed_at is not None or trip.seq == 1:
        return trip.departed_at
    for stop in trip.stops:
        came_at = reached.get(stop.id) or stop.closed_at
        if came_at is not None:
            return came_at - timedelta(seconds=max(0, stop.arrive_s - trip.leave_s))
    return None
