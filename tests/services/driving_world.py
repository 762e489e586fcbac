"""A published round on its day, and a crew to drive it. Plain functions over services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from tests.services import planning_world as world
from tests.worlds import remembered
from wastehub.db import Database
from wastehub.domain import calendar, waybills
from wastehub.domain.actors import Actor
from wastehub.models.batches import Container
from wastehub.models.manifests import Manifest
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import Round, Stop, full_round
from wastehub.services import rounds, scans
from wastehub.services import waybills as waybill_acts

DAY = world.DAY
_sequence = count(1)


def at(hour: float) -> datetime:
    """A moment of the round's day."""
    return calendar.at_time(DAY, 0) + timedelta(hours=hour)


@dataclass(frozen=True)
class Road:
    """One published round: its ids, and the driver who is at its wheel."""

    database: Database
    round_id: UUID
    driver: Actor

    def act(self, service: Any, *things: Any, hour: float = 9, **options: Any) -> list[Any]:
        with self.database.transaction() as session:
            return list(service(session, **_named(service, things), now=at(hour), **options))

    def check(self, hour: float = 7.5, note: str = "", **answers: str) -> list[Any]:
        """The crew goes round the vehicle; everything passes unless said otherwise."""
        with self.database.transaction() as session:
            trips = [trip.id for trip in self.row(session).trips if trip.state == "planned"]
            said = dict(waybills.ALL_PASSED) | answers
            walks = [waybill_acts.Checking(self.driver, key, said, note) for key in trips]
            return waybill_acts.record_checks(session, checkings=walks, now=at(hour))

    def start(self, hour: float = 8, checked: bool = True, **options: Any) -> list[Any]:
        if checked:
            self.check(hour)
        return self.act(rounds.start_rounds, (self.driver, self.round_id), hour=hour, **options)

    def scan(self, *reports: scans.ScanReport, hour: float = 9) -> list[scans.ScanVerdict]:
        return self.act(scans.record_scans, *reports, hour=hour)

    def close(
        self, stop_id: UUID, outcome: str = "done", reason: str = "", note: str = "", **options: Any
    ) -> Any:
        closing = rounds.StopClosing(self.driver, stop_id, outcome, reason, note)
        return self.act(rounds.close_stops, closing, **options)[0]

    def arrive(self, trip: int = 0, hour: float = 12, **options: Any) -> Any:
        with self.database.reading() as session:
            trip_id = self.row(session).trips[trip].id
        return self.act(rounds.arrive, (self.driver, trip_id), hour=hour, **options)[0]

    def finish(self, hour: float = 13, **options: Any) -> Any:
        return self.act(rounds.finish_rounds, (self.driver, self.round_id), hour=hour, **options)[0]

    def report(self, label_code: str, kind: Any = "load", **changes: Any) -> scans.ScanReport:
        values: dict[str, Any] = {
            "actor": self.driver,
            "scan_id": uuid4(),
            "device_id": "phone-1",
            "device_seq": next(_sequence),
            "round_id": self.round_id,
            "kind": kind,
            "label_code": label_code,
            "scanned_at": at(8.9),
            "measured_g": 150_000 if kind == "load" else None,
        } | changes
        return scans.ScanReport(**values)

    def row(self, session: Session) -> Round:
        return full_round(session, self.round_id)

    def stops(self) -> list[Stop]:
        with self.database.reading() as session:
            return [stop for trip in self.row(session).trips for stop in trip.stops]

    def labels(self, stop: Stop | None = None) -> list[str]:
        """The codes that wait at a stop, or at all of them."""
        wanted = [each.request_id for each in ([stop] if stop else self.stops())]
        with self.database.reading() as session:
            query = select(Container.label_code).where(Container.request_id.in_(wanted))
            return list(session.scalars(query.order_by(Container.label_code)))

    def container(self, label_code: str) -> Container:
        with self.database.reading() as session:
            return session.scalars(select(Container).where(Container.label_code == label_code)).one()

    def paper(self, stop: Stop) -> Manifest:
        with self.database.reading() as session:
            query = select(Manifest).where(Manifest.stop_id == stop.id)
            return session.scalars(query.options(selectinload(Manifest.lines))).one()

    def request(self, stop: Stop) -> PickupRequest:
        with self.database.reading() as session:
            return session.get_one(PickupRequest, stop.request_id)


def _named(service: Any, things: tuple[Any, ...]) -> dict[str, Any]:
    name = {
        rounds.start_rounds: "starts",
        rounds.close_stops: "closings",
        rounds.arrive: "arrivals",
        rounds.finish_rounds: "finishes",
        scans.record_scans: "reports",
    }[service]
    return {name: list(things)}


@remembered
def road(database: Database, firms: int = 2, *loads: Any, **options: Any) -> Road:
    """A round through some firms, each with the given loads (one drum of oily waste when none are given)."""
    with database.transaction() as session:
        for serial in range(1, firms + 1):
            world.firm_with_requests(session, serial, *loads, **options)
    return first_round(database)


def first_round(database: Database) -> Road:
    plan_id = world.published(database)
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        row = max(plan.rounds, key=lambda each: sum(len(trip.stops) for trip in each.trips))
        driver = Actor(author="user:driver", role="driver", organisation_id=row.platform_id)
        return Road(database, row.id, driver)


@remembered
def departed(database: Database) -> Road:
    """The round of whatever waits, on the road."""
    made = first_round(database)
    made.start()
    return made


@remembered
def started(database: Database, firms: int = 2, *loads: Any, **options: Any) -> Road:
    made = road(database, firms, *loads, **options)
    made.start()
    return made
