"""A platform's day under way as the solver sees it: what each vehicle has done, where it is, what waits.

Where a vehicle is: at the last firm whose stop it closed, or at the platform. How far it has come since
is not known; it is taken to be on its way to its next stop, which therefore stays its next.
Storage is no question here: the same waste goes to the same platform whichever vehicle brings it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import routing
from routing import BreakRule, Depot, Order, Problem, Travel, UnderWay, Vehicle
from routing.problem import IntMatrix

from ...domain import calendar
from ...domain.errors import Conflict
from ...models import reference
from ...models.batches import Batch, Container
from ...models.organisations import Organisation
from ...models.route_plans import Round, Stop, Trip, rounds_on
from ...models.vehicles import licensed_categories
from . import facts, travel
from .facts import DayFacts
from .incidents import Incident
from .load_classes import Cargo, LoadClass
from .problem import conflicts_among, stop_of, vehicle_of

LIVE = ("published", "under_way")
Orders = Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class LiveDay:
    """`orders`: vehicle -> trips -> request numbers still planned, the trip under way first.

    `crews` by plate. `stuck`: request numbers half loaded on a vehicle that is out; they stay with it.
    """

    problem: Problem
    orders: Orders
    rows: list[Round]
    crews: Mapping[str, tuple[UUID, UUID]]
    stuck: frozenset[str]


def watched(rows: list[Round]) -> dict[str, int]:
    """The versions of everything that a crew could change meanwhile."""
    found: dict[str, int] = {}
    for row in rows:
        found[str(row.id)] = row.version
        for trip in row.trips:
            found[str(trip.id)] = trip.version
            found.update((str(stop.id), stop.version) for stop in trip.stops)
    return found


def read(session: Session, *, platform: Organisation, on: date, incident: Incident, now: datetime) -> LiveDay:
    """The rest of a platform's day. Raises Conflict(revision.nothing_left, revision.no_vehicles)."""
    rows = [row for row in rounds_on(session, on, platform_id=platform.id) if row.state in LIVE]
    held = _held(session, rows, on)
    out = next((row for row in rows if row.id == incident.round_id), None) if incident.takes_out else None
    stuck = frozenset(s.request.request_no for s in planned_stops(out) if held.loaded[s.request_id])
    spare, crews = facts.fleet_of(session, [platform.id], on)
    fleet = [row.vehicle for row in rows if row is not out] + spare
    stops = [s for row in rows for s in planned_stops(row) if s.request.request_no not in stuck]
    if not stops:
        raise Conflict("revision.nothing_left", platform=platform.short_name)
    if not fleet:
        raise Conflict("revision.no_vehicles", platform=platform.short_name)
    day = _facts(session, platform, on, stops, fleet, held.cargo)
    now_s = calendar.second_of_day(now) if calendar.on_date(now) == on else 0
    made = _Now(day, platform, [row for row in rows if row is not out], held, incident, now_s, stops)
    known = {row.vehicle.plate: (row.driver_id, row.escort_id) for row in rows}
    return LiveDay(
        problem=made.problem(),
        orders=made.orders(),
        rows=rows,
        crews={
            **{plate: (a, b) for plate, (a, b) in known.items() if a is not None and b is not None},
            **{vehicle.plate: crews[vehicle.id] for vehicle in spare},
        },
        stuck=stuck,
    )


def planned_stops(row: Round | None) -> Iterator[Stop]:
    """The stops that a round has still before it."""
    for trip in row.trips if row else ():
        if trip.state in ("planned", "under_way"):
            yield from (stop for stop in trip.stops if stop.state == "planned")


def trip_under_way(row: Round) -> Trip | None:
    return next((trip for trip in row.trips if trip.state == "under_way"), None)


@dataclass(frozen=True, slots=True)
class _Held:
    """By request: everything it asks to fetch, and of that what is on board already.

    `riding`: by trip what is on board of it, with its request; also what another vehicle handed over.
    """

    cargo: dict[UUID, list[Cargo]]
    loaded: dict[UUID, list[Cargo]]
    riding: dict[UUID, list[tuple[UUID, Cargo]]]


def _held(session: Session, rows: list[Round], on: date) -> _Held:
    ids = [stop.request_id for row in rows for trip in row.trips for stop in trip.stops]
    pairs: list[tuple[Container, Batch]] = []
    for start in range(0, len(ids), 500):
        query = select(Container, Batch).join(Batch, Batch.id == Container.batch_id)
        query = query.where(Container.request_id.in_(ids[start : start + 500]))
        query = query.where(Container.state.in_(("labelled", "loaded"))).order_by(Container.label_code)
        pairs.extend((container, batch) for container, batch in session.execute(query))
    known = {container.id for container, _ in pairs}
    trips = [trip.id for row in rows for trip in row.trips if trip.state == "under_way"]
    query = select(Container, Batch).join(Batch, Batch.id == Container.batch_id)
    query = query.where(Container.trip_id.in_(trips), Container.state == "loaded")
    relayed = session.execute(query.order_by(Container.label_code))
    pairs.extend((container, batch) for container, batch in relayed if container.id not in known)
    found = _Held(defaultdict(list), defaultdict(list), defaultdict(list))
    for (container, _), cargo in zip(pairs, facts.cargo_of(session, pairs, on), strict=True):
        assert container.request_id is not None
        if container.id in known:
            found.cargo[container.request_id].append(cargo)
        if container.state == "loaded" and container.trip_id is not None:
            found.riding[container.trip_id].append((container.request_id, cargo))
            if container.id in known:
                found.loaded[container.request_id].append(cargo)
    return found


def _facts(
    session: Session,
    platform: Organisation,
    on: date,
    stops: list[Stop],
    fleet: list[facts.Vehicle],
    cargo: dict[UUID, list[Cargo]],
) -> DayFacts:
    return DayFacts(
        service_on=on,
        requests=[stop.request for stop in stops],
        cargo=cargo,
        platforms={platform.id: platform},
        serves={},
        contracts={},
        planned_codes={},
        permits={},
        fleet=fleet,
        licences=licensed_categories(session, [vehicle.id for vehicle in fleet]),
        crews={},
        stores={},
        matrix=facts.matrix_of(session),
        limits=reference.legal_limits(session, on),
        region=facts.region_of(session),
    )


class _Now:
    """The problem of this moment. The platform is location 0; every firm of the day has one."""

    def __init__(
        self,
        day: DayFacts,
        platform: Organisation,
        rows: list[Round],
        held: _Held,
        incident: Incident,
        now_s: int,
        stops: list[Stop],
    ) -> None:
        self.day, self.platform, self.held, self.now_s = day, platform, held, now_s
        self.incident, self.stops = incident, stops
        self.rows = {row.vehicle.plate: row for row in rows}
        self.points = travel.Points()
        self.home = self.points.add(platform.lon_e6, platform.lat_e6)
        for stop in (stop for row in rows for trip in row.trips for stop in trip.stops):
            self.at(stop)
        self.made = tuple(self.stop(stop) for stop in stops)
        self.ways: Travel = travel.between(day.region, self.points.places)

    def at(self, stop: Stop) -> int:
        firm = stop.request.enterprise
        return self.points.add(firm.lon_e6, firm.lat_e6)

    def stop(self, stop: Stop) -> routing.Stop:
        """A gate that somebody is loading at is open to them, whatever its hours say."""
        made = replace(stop_of(self.day, stop.request, self.points), allowed_depots=None)
        begun = bool(self.held.loaded[stop.request_id])
        return replace(made, windows=((0, 24 * 3600),)) if begun else made

    def classes(self) -> list[LoadClass]:
        riding = {item.load_class for held in self.held.riding.values() for _, item in held}
        return sorted(riding | {item.load_class for held in self.held.cargo.values() for item in held})

    def problem(self) -> Problem:
        day, classes = self.day, self.classes()
        vehicles = tuple(filter(None, (self.vehicle(row, classes) for row in day.fleet)))
        if not vehicles:
            raise Conflict("revision.no_vehicles", platform=self.platform.short_name)
        return Problem(
            name=day.service_on.isoformat(),
            depots=(self.depot(classes),),
            vehicles=vehicles,
            stops=self.made,
            travel=self.ways,
            conflicts=conflicts_among(classes, day.matrix),
            solo=frozenset(one.id for one in classes if not one.group),
            break_rule=BreakRule(day.limits["driving_max_s"], day.limits["driving_break_s"]),
            orders=tuple(self.next_stops({vehicle.id for vehicle in vehicles})),
        )

    def depot(self, classes: list[LoadClass]) -> Depot:
        return Depot(
            id=self.platform.code,
            location=self.home,
            accepts=frozenset(one.id for one in classes),
            close_s=24 * 3600,
            unload_fixed_s=self.day.limits["unload_fixed_s"],
            unload_per_unit_s=self.day.limits["unload_container_s"],
            unload_dimension="containers",
            unload_unit=1,
        )

    def vehicle(self, row: facts.Vehicle, classes: list[LoadClass]) -> Vehicle | None:
        """The vehicle as it stands now; None when its shift leaves it no time to go out."""
        made, live = vehicle_of(self.day, row, classes), self.rows.get(row.plate)
        if live is not None and live.state == "under_way":
            return replace(made, under_way=self.under_way(live))
        late_s = self.delay_s(live)
        start_s = max(made.shift_start_s, self.now_s) + late_s
        return replace(made, shift_start_s=start_s) if start_s < made.shift_end_s else None

    def delay_s(self, live: Round | None) -> int:
        mine = live is not None and live.id == self.incident.round_id and self.incident.kind == "delay"
        return self.incident.minutes * 60 if mine else 0

    def under_way(self, row: Round) -> UnderWay:
        trip = trip_under_way(row)
        done = sorted((s for s in (trip.stops if trip else ()) if s.closed_at), key=_closed_at)
        here = self.at(done[-1]) if done else self.home
        left_s = self.left_s(row, trip, done)
        following = next(planned_stops(row), None)
        if trip is not None and following is not None:
            # It cannot have been at the next gate before now: that would have been reported.
            left_s = max(left_s, self.now_s - int(self.ways.duration_s[here, self.at(following)]))
        return UnderWay(
            location=here,
            at_s=left_s + self.delay_s(row),
            started_s=min(_second(row.started_at, self.day.service_on), left_s),
            driven_since_rest_s=self.driven(row, self.ways.duration_s),
            distance_m=self.driven(row, self.ways.distance_m),
            trips_done=sum(1 for each in row.trips if each.state in ("arrived", "received")),
            aboard=self.aboard(trip),
        )

    def left_s(self, row: Round, trip: Trip | None, done: list[Stop]) -> int:
        """When it left where it is: the last gate, or the platform after unloading."""
        on = self.day.service_on
        if done:
            return _second(done[-1].closed_at, on)
        back = [each for each in row.trips if each.arrived_at is not None]
        if back:
            unloading_s = back[-1].unloaded_s - back[-1].return_s
            return max(_second(back[-1].arrived_at, on) + unloading_s, self.now_s)
        return _second(row.started_at, on)

    def driven(self, row: Round, legs: IntMatrix) -> int:
        """Metres or seconds along the stops closed so far, trip by trip."""
        total = 0
        for trip in row.trips:
            done = sorted((stop for stop in trip.stops if stop.closed_at), key=_closed_at)
            places = [self.home, *(self.at(stop) for stop in done)]
            if trip.state in ("arrived", "received"):
                places.append(self.home)
            total += sum(int(legs[a, b]) for a, b in pairwise(places))
        return total

    def aboard(self, trip: Trip | None) -> dict[str, dict[str, int]]:
        """What is on board of the trip; a gate still open counts as not begun."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        begun = {stop.request_id for stop in trip.stops if stop.state == "planned"} if trip else set()
        for request_id, item in self.held.riding[trip.id] if trip else ():
            if request_id not in begun:
                found[item.load_class.id].update(item.amounts())
        return {name: dict(amounts) for name, amounts in found.items()}

    def next_stops(self, plates: set[str]) -> Iterator[Order]:
        for plate, row in self.rows.items():
            trip = trip_under_way(row)
            coming = next((s for s in trip.stops if s.state == "planned"), None) if trip else None
            if coming is not None and plate in plates:
                yield Order(vehicle=plate, stops=(coming.request.request_no,), fixed=True)

    def orders(self) -> Orders:
        found: dict[str, tuple[tuple[str, ...], ...]] = {}
        for plate, row in self.rows.items():
            trips = [trip for trip in row.trips if trip.state in ("under_way", "planned")]
            numbers = [
                tuple(s.request.request_no for s in trip.stops if s.state == "planned") for trip in trips
            ]
            away = row.state == "under_way" and trip_under_way(row) is not None
            found[plate] = tuple(each for k, each in enumerate(numbers) if each or (away and k == 0))
        return found


def _closed_at(stop: Stop) -> datetime:
    assert stop.closed_at is not None
    return stop.closed_at


def _second(at: datetime | None, on: date) -> int:
    """Seconds from midnight of the service day; what is missing or of an earlier day counts as midnight."""
    if at is None or calendar.on_date(at) < on:
        return 0
    return calendar.second_of_day(at)
