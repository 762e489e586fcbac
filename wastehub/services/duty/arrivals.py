"""Tell firms when the vehicle comes: from the plan, what the crew did, and where it is (F53)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...db import new_id
from ...domain import arrivals, calendar, duty_settings
from ...domain.actors import Actor
from ...domain.arrivals import Expected, Leg, PlannedStop
from ...domain.errors import NotFound
from ...domain.positions import Fix
from ...models import duty as rows
from ...models import reference
from ...models import route_plans as round_rows
from ...models.duty import ArrivalNotice, VehiclePosition
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, Trip
from .resting import first_acts

LIVE = ("published", "under_way")


def update_arrivals(session: Session, *, now: datetime, round_id: UUID | None = None) -> int:
    """Tell every firm of the day whose time has moved enough; how many. Twice tells nobody twice."""
    on = calendar.on_date(now)
    if round_id is None:
        live = round_rows.rounds_on(session, on, states=LIVE)
    else:
        live = [row for row in [round_rows.full_round(session, round_id)] if _is_live(row, on)]
    if not live:
        return 0
    numbers = duty_settings.settings(reference.legal_limits(session, on))
    expected = expected_of(session, live, now=now, half_window_s=numbers["arrival_half_window_s"])
    told = rows.newest_notices(session, [stop_id for each in expected.values() for stop_id in each])
    made = [
        _notice(session, stop, row, expected[row.id][stop.id], now)
        for row in live
        for stop in _stops(row)
        if stop.id in expected[row.id]
        and _is_news(told.get(stop.id), expected[row.id][stop.id], row, numbers["arrival_change_s"])
    ]
    session.add_all(made)
    session.flush()
    return len(made)


def _is_live(row: Round, on: date) -> bool:
    return row.service_on == on and row.state in LIVE


def _is_news(before: ArrivalNotice | None, after: Expected, row: Round, change_s: int) -> bool:
    # Another vehicle with the same time is news, too: somebody else will ring at the gate.
    if before is not None and before.round_id != row.id:
        return True
    return arrivals.worth_telling(before.expected_at if before else None, after.at, change_s=change_s)


def _notice(session: Session, stop: Stop, row: Round, expected: Expected, now: datetime) -> ArrivalNotice:
    return ArrivalNotice(
        id=new_id(session, now),
        stop_id=stop.id,
        round_id=row.id,
        request_id=stop.request_id,
        made_at=now,
        expected_at=expected.at.replace(microsecond=0),
        from_at=expected.from_at,
        until_at=expected.until_at,
    )


def expected_of(
    session: Session, rounds: Sequence[Round], *, now: datetime, half_window_s: int
) -> dict[UUID, dict[UUID, Expected]]:
    """By round and stop: when each stop that is left will be reached. `rounds` down to the firms."""
    ids = [row.id for row in rounds]
    reached, newest = first_acts(session, ids), rows.newest_positions(session, ids)
    return {row.id: _expected(row, reached, newest.get(row.id), now, half_window_s) for row in rounds}


def _expected(
    row: Round,
    reached: Mapping[UUID, datetime],
    position: VehiclePosition | None,
    now: datetime,
    half_window_s: int,
) -> dict[UUID, Expected]:
    home = (row.platform.lon_e6, row.platform.lat_e6)
    trips = [trip for trip in row.trips if trip.state != "cancelled"]
    if not trips:
        return {}
    planned_at = calendar.at_time(row.service_on, trips[0].leave_s)
    start = Leg(home, planned_at, row.started_at or max(planned_at, now))
    way = [stop for trip in trips for stop in _way(row, trip, home, reached, trips)]
    fix = Fix(position.at, position.lon_e6, position.lat_e6, position.accuracy_m) if position else None
    found = arrivals.expect(start, way, fix=fix, now=now, half_window_s=half_window_s)
    stops = {stop.id for stop in _stops(row) if stop.state == "planned"}
    return {each.id: each for each in found if each.id in stops and isinstance(each.id, UUID)}


def _way(
    row: Round,
    trip: Trip,
    home: tuple[int, int],
    reached: Mapping[UUID, datetime],
    trips: Sequence[Trip],
) -> list[PlannedStop]:
    """The stops of a trip, then the platform where it is unloaded."""

    def at(second: int) -> datetime:
        return calendar.at_time(row.service_on, second)

    found = [
        PlannedStop(
            id=stop.id,
            place=(stop.request.enterprise.lon_e6, stop.request.enterprise.lat_e6),
            arrive_at=at(stop.arrive_s),
            service_at=at(stop.service_start_s),
            depart_at=at(stop.depart_s),
            reached_at=reached.get(stop.id),
            left_at=stop.closed_at,
        )
        for stop in trip.stops
        if stop.state != "cancelled"
    ]
    following = next((each for each in trips if each.seq > trip.seq), None)
    unloading = PlannedStop(
        id=trip.id,
        place=home,
        arrive_at=at(trip.return_s),
        service_at=at(trip.return_s),
        depart_at=at(trip.unloaded_s),
        reached_at=trip.arrived_at,
        left_at=following.departed_at if following else None,
    )
    return [*found, unloading]


def _stops(row: Round) -> list[Stop]:
    return [stop for trip in row.trips if trip.state != "cancelled" for stop in trip.stops]


@dataclass(frozen=True, slots=True)
class FirmArrival:
    """A stop that is still to come, with everything its firm was told, the newest first."""

    stop: Stop
    request: PickupRequest
    plate: str
    notices: list[ArrivalNotice]

    @property
    def newest(self) -> ArrivalNotice:
        return self.notices[0]


def firm_arrivals(
    session: Session, *, actor: Actor, now: datetime, request_id: UUID | None = None
) -> list[FirmArrival]:
    """Today's arrivals that a firm was told of, of one request or of all its own, the soonest first.

    Raises Forbidden, NotFound for a request of another unit.
    """
    actor.require("request.view")
    query = select(PickupRequest)
    if request_id is not None:
        request = session.get(PickupRequest, request_id)
        if request is None:
            raise NotFound("object.not_found")
        actor.require_own(request.enterprise_id, request.platform_id)
        query = query.where(PickupRequest.id == request_id)
    else:
        query = query.where(
            PickupRequest.enterprise_id == actor.organisation_id, PickupRequest.state == "scheduled"
        )
    requests = {row.id: row for row in session.scalars(query)}
    found = []
    for key, request in requests.items():
        stop = round_rows.live_stop_of(session, key)
        if stop is not None and stop.trip.round.service_on == calendar.on_date(now):
            notices = _told(session, stop.id)
            if notices:
                found.append(FirmArrival(stop, request, _plate(session, stop), notices))
    return sorted(found, key=lambda each: each.newest.expected_at)


def _told(session: Session, stop_id: UUID) -> list[ArrivalNotice]:
    query = select(ArrivalNotice).where(ArrivalNotice.stop_id == stop_id)
    return list(session.scalars(query.order_by(ArrivalNotice.made_at.desc(), ArrivalNotice.id.desc())))


def _plate(session: Session, stop: Stop) -> str:
    row = round_rows.rounds_by_id(session, [stop.trip.round_id])[stop.trip.round_id]
    return row.vehicle.plate
