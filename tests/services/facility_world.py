"""Waste on its way through platform and plant: plain functions over services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from tests import firms
from tests.services import planning_world as world
from tests.services.planning_world import BATTERY, DAY, NOW, OIL, RAGS
from tests.worlds import remembered
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import waybills
from wastehub.domain.actors import Actor
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch, Container, containers_of_trips
from wastehub.models.lots import Lot
from wastehub.models.organisations import Organisation, organisation_by_code
from wastehub.models.receptions import Reception
from wastehub.models.route_plans import Round, Trip
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.services import lots, reception, rounds, scans, storage, treatments
from wastehub.services.lots import LotDraft, Shipment
from wastehub.services.reception import TripReception
from wastehub.services.rounds import StopClosing
from wastehub.services.scans import ScanReport
from wastehub.services.storage import Move
from wastehub.services.treatments import LotReception, TreatmentRun
from wastehub.services.waybills import Checking, record_checks

__all__ = ["BATTERY", "DAY", "NOW", "OIL", "RAGS"]

DRIVING = NOW + timedelta(days=1)
GATE = DRIVING + timedelta(hours=3)
COUNTY = "330411"


def desk(session: Session, county: str = COUNTY) -> Actor:
    return firms.dispatcher(session, county)


def plant(session: Session, code: str = "JX-D90") -> Organisation:
    found = organisation_by_code(session, code)
    assert found is not None
    return found


def loads(database: Database, *firms_loads: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    """One firm and one request for each given list of (code, masses)."""
    with database.transaction() as session:
        for serial, of_firm in enumerate(firms_loads, 1):
            world.firm_with_requests(session, serial, *of_firm)


@remembered
def driven(database: Database, *firms_loads: Sequence[tuple[str, tuple[int, ...]]]) -> list[UUID]:
    """Trips that have come back to the platform with everything on board, not weighed in yet."""
    loads(database, *(firms_loads or ([(OIL, (150_000,))],)))
    world.published(database)
    return drive(database)


def drive(database: Database, *, at: datetime = DRIVING) -> list[UUID]:
    """Every published round goes out, loads what is there and arrives; ids of the trips."""
    with database.transaction() as session:
        query = select(Round).where(Round.state == "published").order_by(Round.round_no)
        query = query.options(selectinload(Round.trips).selectinload(Trip.stops))
        made = []
        for row in session.scalars(query).all():
            driver = Actor(author="device:test", role="driver", organisation_id=row.platform_id)
            walks = [Checking(driver, trip.id, waybills.ALL_PASSED) for trip in row.trips]
            record_checks(session, checkings=walks, now=at)
            rounds.start_rounds(session, starts=[(driver, row.id)], now=at)
            for trip in list(row.trips):
                _collect(session, driver, row.id, trip, at)
                rounds.arrive(session, arrivals=[(driver, trip.id)], now=at + timedelta(hours=2))
                made.append(trip.id)
        return made


def _collect(session: Session, driver: Actor, round_id: UUID, trip: Trip, at: datetime) -> None:
    for stop in trip.stops:
        waiting = session.scalars(
            select(Container).where(Container.request_id == stop.request_id).order_by(Container.label_code)
        ).all()
        reports = [
            ScanReport(
                actor=driver,
                scan_id=uuid4(),
                device_id=f"device-{stop.id}",
                device_seq=number,
                round_id=round_id,
                kind="load",
                label_code=container.label_code,
                measured_g=container.mass_g,
                scanned_at=at,
            )
            for number, container in enumerate(waiting, 1)
        ]
        verdicts = scans.record_scans(session, reports=reports, now=at)
        assert {verdict.outcome for verdict in verdicts} == {"accepted"}, verdicts
        rounds.close_stops(session, closings=[StopClosing(driver, stop.id, "done")], now=at)


def aboard(session: Session, trip_id: UUID) -> list[Container]:
    return containers_of_trips(session, [trip_id])


def entries(session: Session, kind: str) -> list[ledger.Event]:
    """What the ledger keeps of one kind of act."""
    return [entry.event for entry in ledger.entries_for(session) if entry.event.type == kind]


def receive(
    database: Database,
    trip_id: UUID,
    *decisions: Decision,
    actor: Actor | None = None,
    at: datetime = GATE,
    **order: Any,
) -> Reception:
    """Weigh in a trip: the given decisions, or everything accepted as recorded."""
    with database.transaction() as session:
        made = decisions or tuple(Decision(c.id, c.mass_g) for c in aboard(session, trip_id))
        booked = TripReception(actor or desk(session), trip_id, tuple(made), **order)
        [row] = reception.receive_trips(session, receptions=[booked], now=at)
        return row


@remembered
def stored(database: Database, *firms_loads: Sequence[tuple[str, tuple[int, ...]]]) -> list[UUID]:
    """Containers weighed in at the platform and not put away yet, in the order of their labels."""
    for trip_id in driven(database, *firms_loads):
        receive(database, trip_id)
    with database.reading() as session:
        return containers_in(session, "stored")


def containers_in(session: Session, state: str, code: str | None = None) -> list[UUID]:
    query = select(Container.id).join(Batch).where(Container.state == state).order_by(Container.label_code)
    return list(session.scalars(query if code is None else query.where(Batch.waste_code == code)))


@remembered
def put_away(database: Database, *container_ids: UUID, at: datetime = GATE) -> None:
    with database.transaction() as session:
        who = desk(session)
        storage.put_away(session, moves=[Move(who, key) for key in container_ids], now=at)


@remembered
def opened(database: Database, drums: Sequence[UUID], **changes: Any) -> UUID:
    """An open lot for the oil plant."""
    with database.transaction() as session:
        who = changes.pop("actor", None) or desk(session)
        values: dict[str, Any] = {
            "platform_id": who.organisation_id,
            "plant_id": plant(session).id,
            "waste_code": OIL,
            "container_ids": tuple(drums),
        }
        [lot] = lots.open_lots(session, drafts=[LotDraft(actor=who, **(values | changes))], now=GATE)
        return lot.id


# The five checks as forms and JSON send them.
CHECKS = {f"check_{key}": outcome for key, outcome in waybills.ALL_PASSED.items()}


def shipment(session: Session, lot_id: UUID, **changes: Any) -> Shipment:
    """The platform's outbound vehicle with a driver and an escort."""
    lot = session.get_one(Lot, lot_id)
    platform = session.get_one(Organisation, lot.platform_id)
    query = select(Vehicle).where(Vehicle.platform_id == platform.id, Vehicle.use == "outbound")
    vehicle = session.scalars(query.order_by(Vehicle.plate)).first()
    people = (
        select(CrewMember).where(CrewMember.platform_id == platform.id).order_by(CrewMember.certificate_no)
    )
    crew = session.scalars(people).all()
    assert vehicle is not None
    values: dict[str, Any] = {
        "actor": firms.actor_of(platform),
        "lot_id": lot_id,
        "vehicle_id": vehicle.id,
        "driver_id": next(row.id for row in crew if row.kind == "driver"),
        "escort_id": next(row.id for row in crew if row.kind == "escort"),
        "checks": waybills.ALL_PASSED,
    }
    return Shipment(**(values | changes))


@remembered
def shipped(database: Database, lot_id: UUID, **changes: Any) -> UUID:
    with database.transaction() as session:
        lots.ship(session, shipments=[shipment(session, lot_id, **changes)], now=GATE)
    return lot_id


@remembered
def on_the_road(database: Database, *masses_g: int) -> UUID:
    """A lot of oil drums on its way to the plant."""
    return shipped(database, opened(database, stored(database, [(OIL, masses_g or (150_000, 100_000))])))


def lot_received(database: Database, lot_id: UUID, *decisions: Decision, **order: Any) -> Reception:
    with database.transaction() as session:
        lot = session.get_one(Lot, lot_id)
        who = order.pop("actor", None) or firms.actor_of(session.get_one(Organisation, lot.plant_id))
        if not decisions and "total_g" not in order:
            query = select(Container).where(Container.lot_id == lot_id)
            decisions = tuple(Decision(c.id, c.mass_g) for c in session.scalars(query))
        booked = LotReception(who, lot_id, tuple(decisions), **order)
        [row] = treatments.receive_lots(session, receptions=[booked], now=GATE + timedelta(hours=3))
        return row


def treated(database: Database, container_ids: Sequence[UUID], method: str = "R9", **changes: Any) -> UUID:
    with database.transaction() as session:
        site = plant(session)
        values: dict[str, Any] = {"actor": firms.actor_of(site), "plant_id": site.id}
        run = TreatmentRun(**(values | changes), method_code=method, container_ids=tuple(container_ids))
        [made] = treatments.treat(session, runs=[run], now=GATE + timedelta(hours=6))
        return made.id
