"""The life of a round on the road: leave, close stops, come back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from .. import ledger
from ..domain import calendar, manifests, reasons, request_lifecycle, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import handing_over as hand_over_rows
from ..models import manifests as manifest_rows
from ..models import reference
from ..models import requests as request_rows
from ..models import route_plans as round_rows
from ..models import waybills as waybill_rows
from ..models.batches import Container
from ..models.manifests import Manifest
from ..models.route_plans import Round, Stop, Trip

NOTE_LONGEST = 300
# A phone without a network may keep an act over a weekend; older ones are for a person to sort out.
REPORT_LATEST = timedelta(days=3)


@dataclass(frozen=True)
class StopClosing:
    """The crew leaves a stop: `outcome` done, or missed with a reason of reasons.NOBODY_THERE."""

    actor: Actor
    stop_id: UUID
    outcome: str
    reason: str = ""
    note: str = ""


def _event(
    kind: str, actor: Actor, site: str, at: datetime, subject: str, facts: Mapping[str, Any]
) -> ledger.Event:
    return ledger.Event(type=kind, author=actor.author, site=site, at=at, subject=subject, facts=facts)


def _happened_at(at: datetime | None, now: datetime, *, late: bool = False) -> datetime:
    """When the act took place: what the phone says of an act reported late, never the future.

    `late`: a person has decided that it counts however old it is. Raises Conflict("round.report_too_old").
    """
    if at is None:
        return now
    if at < now - REPORT_LATEST and not late:
        raise Conflict("round.report_too_old", acted_at=at)
    return min(at, now)


def start_rounds(
    session: Session,
    *,
    starts: Sequence[tuple[Actor, UUID]],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Round]:
    """The crew leaves the platform. `at`: when, if the phone could report it only later.

    Raises NotFound, Conflict when papers or crew are not in order: waybill.* unless the five checks of the
    first trip were made for this vehicle and this crew, and passed.

    Source: road transport of dangerous goods (Order 29 of 2019), Art. 25-27, 44: the vehicle is
    checked, driver and escort are on board.
    """
    rounds = round_rows.rounds_by_id(session, [key for _, key in starts], lock=True)
    papers = waybill_rows.waybills_of_trips(session, [t.id for row in rounds.values() for t in row.trips])
    happened_at = _happened_at(at, now, late=late)
    events = []
    for actor, round_id in starts:
        actor.require("round.drive")
        row = round_rows.require_crew(rounds, round_id, actor)
        first = next((trip for trip in row.trips if trip.state == "planned"), None)
        if row.state != "published" or first is None:
            raise Conflict("round.not_startable", state=row.state)
        _require_fit_to_drive(row, calendar.on_date(happened_at))
        waybill_rows.require_departure(papers.get(first.id), **_on_board(row))
        row.state = "under_way"
        row.started_at = happened_at
        first.state = "under_way"
        facts = {
            "vehicle": row.vehicle.plate,
            "service_on": row.service_on.isoformat(),
            "waybill": papers[first.id].waybill_no,
        }
        events.append(_event("round.started", actor, row.platform.site, happened_at, row.round_no, facts))
    session.flush()
    ledger.append(session, events, now=now)
    return [rounds[key] for _, key in starts]


def start_trips(
    session: Session,
    *,
    starts: Sequence[tuple[Actor, UUID]],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Trip]:
    """A later trip of a round leaves the platform, when it did not follow by itself (see `arrive`).

    Raises NotFound, Conflict: trip.not_startable, waybill.*.
    """
    happened_at = _happened_at(at, now, late=late)
    trips = round_rows.trips_by_id(session, [key for _, key in starts], lock=True)
    rounds = round_rows.rounds_by_id(session, list({t.round_id for t in trips.values()}), lock=True)
    papers = waybill_rows.waybills_of_trips(session, list(trips))
    events = []
    for actor, trip_id in starts:
        actor.require("round.drive")
        trip = trips.get(trip_id)
        if trip is None:
            raise NotFound("object.not_found")
        row = round_rows.require_crew(rounds, trip.round_id, actor)
        away = any(other.state == "under_way" and other.id != trip_id for other in row.trips)
        # One that followed by itself at the arrival still waits for the crew to say when it left.
        waits = trip.state == "planned" or (trip.state == "under_way" and _not_left(row, trip))
        if row.state != "under_way" or not waits or away:
            raise Conflict("trip.not_startable", state=trip.state)
        waybill_rows.require_departure(papers.get(trip.id), **_on_board(row))
        trip.state, trip.departed_at = "under_way", happened_at
        facts = {"vehicle": row.vehicle.plate, "trip": trip.seq, "waybill": papers[trip.id].waybill_no}
        events.append(_event("round.started", actor, row.platform.site, happened_at, row.round_no, facts))
    session.flush()
    ledger.append(session, events, now=now)
    return [trips[key] for _, key in starts]


def _not_left(row: Round, trip: Trip) -> bool:
    """Whether a trip under way stands at the platform still, as far as anybody has said."""
    first = min(row.trips, key=lambda each: each.seq)
    untouched = all(stop.closed_at is None for stop in trip.stops)
    return trip.id != first.id and trip.departed_at is None and untouched


def _on_board(row: Round) -> dict[str, Any]:
    """Vehicle and crew, as the waybill must know them."""
    return {"vehicle_id": row.vehicle_id, "driver_id": row.driver_id, "escort_id": row.escort_id}


def _require_fit_to_drive(row: Round, today: date) -> None:
    if row.service_on != today:
        raise Conflict("round.other_day", service_on=row.service_on)
    if row.vehicle.permit_valid_until_on < today:
        raise Conflict(
            "vehicle.permit_expired", plate=row.vehicle.plate, until_on=row.vehicle.permit_valid_until_on
        )
    for person in (row.driver, row.escort):
        if person is None:
            raise Conflict("round.crew_incomplete")
        if person.certificate_valid_until_on < today:
            raise Conflict("crew.certificate_expired", until_on=person.certificate_valid_until_on)


def close_stops(
    session: Session,
    *,
    closings: Sequence[StopClosing],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Stop]:
    """The crew leaves the gate: the manifest is sealed with what was loaded, or voided.

    Nothing loaded means missed or refused: the request goes back to the pool with its due date.
    `at`: when they left, if the phone could report it only later.
    Raises NotFound, InvalidInput (reason.*, stop.outcome_unknown), Conflict: stop.already_closed,
    stop.already_loaded, round.not_under_way, trip.not_under_way, round.report_too_old.
    """
    happened_at = _happened_at(at, now, late=late)
    ids = [c.stop_id for c in closings]
    # Rounds first: reading them again afterwards would drop what the stops were loaded with.
    rounds = round_rows.rounds_by_id(session, round_rows.round_ids_of_stops(session, ids), lock=True)
    stops = round_rows.stops_by_id(session, ids, lock=True)
    papers = manifest_rows.manifests_of_stops(session, list(stops))
    loads: dict[UUID | None, list[Container]] = defaultdict(list)
    for container in request_rows.containers_on(session, [s.request_id for s in stops.values()]):
        loads[container.request_id].append(container)
    names = reference.container_type_names(session)
    events: list[ledger.Event] = []
    for closing in closings:
        closing.actor.require("round.drive")
        stop = stops.get(closing.stop_id)
        if stop is None:
            raise NotFound("object.not_found")
        row = round_rows.require_crew(rounds, stop.trip.round_id, closing.actor)
        _require_closable(closing, stop, row)
        mine = [c for c in loads[stop.request_id] if c.trip_id == stop.trip_id]
        loaded = [c for c in mine if c.state == "loaded"]
        if closing.outcome == "missed" and loaded:
            raise Conflict("stop.already_loaded", containers=len(loaded))
        if loaded:
            _require_confirmed(session, stop, calendar.on_date(happened_at))
        events += _close(closing, stop, row, papers[stop.id], mine, loaded, happened_at)
        _say_packaging(papers[stop.id], loaded, names)
    session.flush()
    ledger.append(session, events, now=now)
    return [stops[c.stop_id] for c in closings]


def _require_closable(closing: StopClosing, stop: Stop, row: Round) -> None:
    if row.state != "under_way":
        raise Conflict("round.not_under_way", state=row.state)
    if stop.state != "planned":
        raise Conflict("stop.already_closed", state=stop.state)
    if stop.trip.state != "under_way":
        raise Conflict("trip.not_under_way", state=stop.trip.state)
    if closing.outcome not in ("done", "missed"):
        raise InvalidInput("stop.outcome_unknown", field="outcome", given=closing.outcome[:40])
    if closing.outcome == "missed":
        reasons.require("nobody_there", closing.reason, note=closing.note, photos=1)
    elif closing.reason:
        reasons.require("unconfirmed", closing.reason, note=closing.note)


def _require_confirmed(session: Session, stop: Stop, on: date) -> None:
    """Where this installation asks for it, the firm has confirmed before the vehicle leaves with its waste.

    Elsewhere the vehicle may leave with a reason, or even without: it is gone, and the office sees which
    gates nobody confirmed (services/handing_over). Raises Conflict("stop.unconfirmed").
    """
    asked = reference.legal_limits(session, on).get("hand_over_required", 0)
    if asked and not hand_over_rows.hand_overs_of(session, [stop.id]):
        raise Conflict("stop.unconfirmed")


def _close(
    closing: StopClosing,
    stop: Stop,
    row: Round,
    paper: Manifest,
    mine: Sequence[Container],
    loaded: Sequence[Container],
    at: datetime,
) -> list[ledger.Event]:
    request = stop.request
    stop.closed_at = at
    stop.outcome_reason = closing.reason
    stop.outcome_note = texts.clean(closing.note, field="note", longest=NOTE_LONGEST)
    if not loaded:
        return _nothing_loaded(closing, stop, row, paper, mine, at)
    whole = len(loaded) == len(mine)
    stop.state = "done" if whole else "partly_done"
    request.state = request_lifecycle.next_state(request.state, "collect" if whole else "collect_part")
    for container in mine:
        if container.state != "loaded":
            container.request_id = None  # left behind: the firm may ask again for it
    _seal(paper, loaded, at)
    facts = {
        "vehicle": row.vehicle.plate,
        "request": request.request_no,
        "containers": len(loaded),
        "mass_g": sum(c.mass_g for c in loaded),
        "left_behind": len(mine) - len(loaded),
    }
    return [_event("manifest.loaded", closing.actor, paper.mover_out.site, at, paper.provisional_no, facts)]


def _seal(paper: Manifest, loaded: Sequence[Container], at: datetime) -> None:
    """Enter what was weighed; the vehicle leaves, so loading and departure are one moment."""
    by_code: dict[str, list[Container]] = defaultdict(list)
    for container in loaded:
        by_code[container.batch.waste_code].append(container)
    for line in paper.lines:
        taken = by_code.get(line.waste_code, [])
        line.containers = len(taken)
        line.loaded_g = sum(c.mass_g for c in taken)
    paper.loaded_at = at
    if paper.state != "paper_pending":  # on paper it stays so until the paper is entered
        paper.state = manifests.next_state(manifests.next_state(paper.state, "load"), "depart")


def _say_packaging(
    paper: Manifest, loaded: Sequence[Container], names: Mapping[str, tuple[str, str]]
) -> None:
    """What is on board, not what was announced: the paper's numbers of packages and kinds agree."""
    for line in paper.lines if loaded else ():
        taken = [c.container_type for c in loaded if c.batch.waste_code == line.waste_code]
        line.packaging = manifest_rows.packed(taken, names)


def _nothing_loaded(
    closing: StopClosing, stop: Stop, row: Round, paper: Manifest, mine: Sequence[Container], at: datetime
) -> list[ledger.Event]:
    """Back to the pool: the request open again with its due date, no container bound to the trip."""
    request = stop.request
    stop.state = "missed"
    stop.outcome_reason = closing.reason or "nothing_loaded"
    for container in mine:
        container.trip_id = None
    request.state = request_lifecycle.next_state(request.state, "unschedule")
    request.attempts += 1
    paper.state = manifests.next_state(paper.state, "void")
    paper.decided_at = at
    site = paper.mover_out.site
    why = {"reason": stop.outcome_reason, "request": request.request_no}
    return [
        _event("stop.missed", closing.actor, site, at, row.round_no, why),
        _event("manifest.voided", closing.actor, site, at, paper.provisional_no, why),
    ]


def arrive(
    session: Session,
    *,
    arrivals: Sequence[tuple[Actor, UUID]],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Trip]:
    """A trip is back at the platform: its manifests wait for confirmation from now on.

    `at`: when, if the phone could report it only later.
    Raises NotFound, Conflict: trip.stops_open while a stop is neither done nor missed, trip.not_under_way,
    round.report_too_old.
    Source: Order 23, Art. 18 (5 working days).
    """
    happened_at = _happened_at(at, now, late=late)
    trips = round_rows.trips_by_id(session, [key for _, key in arrivals], lock=True)
    rounds = round_rows.rounds_by_id(session, list({t.round_id for t in trips.values()}), lock=True)
    papers = manifest_rows.manifests_of_trips(session, list(trips))
    on = calendar.on_date(happened_at)
    days = reference.legal_limit(session, "manifest_confirm_working_days", on)
    due_on = manifests.confirm_due_on_if_known(on, working_days=days)
    days = reference.legal_limit(session, "manifest_backfill_working_days", on)
    enter_until_on = manifests.backfill_due_on_if_known(on, working_days=days)
    checked = waybill_rows.waybills_of_trips(session, [t.id for row in rounds.values() for t in row.trips])
    events = []
    for actor, trip_id in arrivals:
        actor.require("round.drive")
        trip = trips.get(trip_id)
        if trip is None:
            raise NotFound("object.not_found")
        row = round_rows.require_crew(rounds, trip.round_id, actor)
        _require_ready_to_arrive(row, trip)
        trip.state = "arrived"
        trip.arrived_at = happened_at
        following = next((t for t in row.trips if t.state == "planned"), None)
        if following is not None and waybill_rows.is_fit(checked.get(following.id), **_on_board(row)):
            following.state = "under_way"
        facts = {"trip": trip.seq, "vehicle": row.vehicle.plate}
        events.append(_event("round.arrived", actor, row.platform.site, happened_at, row.round_no, facts))
        for paper in papers.get(trip_id, []):
            if paper.state == "in_transit":
                events.append(_arrived(paper, actor, due_on, happened_at))
            elif paper.state == "paper_pending" and paper.loaded_at is not None:
                paper.arrived_at, paper.confirm_due_on = happened_at, due_on
                paper.backfill_due_on = enter_until_on
    session.flush()
    ledger.append(session, events, now=now)
    return [trips[key] for _, key in arrivals]


def _require_ready_to_arrive(row: Round, trip: Trip) -> None:
    if trip.state != "under_way":
        raise Conflict("trip.not_under_way", state=trip.state)
    still_open = [stop.seq for stop in trip.stops if stop.state == "planned"]
    if still_open:
        raise Conflict("trip.stops_open", stops=still_open)


def _arrived(paper: Manifest, actor: Actor, due_on: date | None, at: datetime) -> ledger.Event:
    paper.state = manifests.next_state(paper.state, "arrive")
    paper.arrived_at = at
    paper.confirm_due_on = due_on
    facts = {"confirm_due_on": due_on.isoformat() if due_on else "unknown"}
    return _event("manifest.arrived", actor, paper.acceptor.site, at, paper.provisional_no, facts)


def finish_rounds(
    session: Session,
    *,
    finishes: Sequence[tuple[Actor, UUID]],
    now: datetime,
    at: datetime | None = None,
    late: bool = False,
) -> list[Round]:
    """The crew ends its day. `at`: when, if the phone could report it only later.

    Raises NotFound, Conflict: round.trips_open while a trip is on the road, round.not_under_way.
    """
    happened_at = _happened_at(at, now, late=late)
    rounds = round_rows.rounds_by_id(session, [key for _, key in finishes], lock=True)
    events = []
    for actor, round_id in finishes:
        actor.require("round.drive")
        row = round_rows.require_crew(rounds, round_id, actor)
        if row.state != "under_way":
            raise Conflict("round.not_under_way", state=row.state)
        still_open = [trip.seq for trip in row.trips if trip.state in ("planned", "under_way")]
        if still_open:
            raise Conflict("round.trips_open", trips=still_open)
        row.state = "finished"
        row.finished_at = happened_at
        facts = {"vehicle": row.vehicle.plate, "trips": len(row.trips)}
        events.append(_event("round.finished", actor, row.platform.site, happened_at, row.round_no, facts))
    session.flush()
    ledger.append(session, events, now=now)
    return [rounds[key] for _, key in finishes]
