"""Waybills: the five checks before a trip or lot leaves, who sees them, and what they add up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests import firms
from tests.services import facility_world
from tests.services import planning_world as world
from tests.services.driving_world import Road, at, road
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import waybills as rules
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, InvalidInput, NotFound
from wastehub.models.route_plans import Trip
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.models.waybills import WaybillCheck
from wastehub.services import rounds, waybills


@pytest.fixture
def database_kind() -> str:
    """Nothing here differs between the databases."""
    return "sqlite"


def refused(act: Any, *args: Any, **options: Any) -> Any:
    with pytest.raises((Conflict, InvalidInput, NotFound)) as refusal:
        act(*args, **options)
    return refusal.value


def paper(on: Road, actor: Actor | None = None, trip: int = 0) -> waybills.WaybillView:
    with on.database.reading() as session:
        key = on.row(session).trips[trip].id
        desk = Actor("user:desk", "dispatcher", organisation_id=on.driver.organisation_id)
        return waybills.waybill_of_trip(session, actor=actor or desk, trip_id=key)


def state_of(on: Road) -> str:
    with on.database.reading() as session:
        return on.row(session).state


def test_without_checks_nobody_leaves(database: Database) -> None:
    on = road(database, 1)
    assert refused(on.start, checked=False).code == "waybill.not_checked"
    assert paper(on).number == "" and not paper(on).fit
    on.check()
    on.start(checked=False)
    assert state_of(on) == "under_way"


def test_a_failed_check_is_kept_and_keeps_the_vehicle_here(database: Database) -> None:
    on = road(database, 1)
    on.check(note="灭火器过期", inspection=rules.FAILED)
    assert refused(on.start, checked=False).code == "waybill.check_failed"
    on.check(hour=7.8)
    on.start(checked=False)
    with database.reading() as session:
        kept = session.scalars(select(WaybillCheck).where(WaybillCheck.key == "inspection")).all()
        assert [(row.attempt, row.outcome, row.note) for row in kept] == [
            (1, "failed", "灭火器过期"),
            (2, "passed", ""),
        ]
        events = [e.event for e in ledger.entries_for(session) if e.event.type == "waybill.checked"]
    assert [event.facts["checks"]["inspection"] for event in events] == ["failed", "passed"]
    assert len({event.subject for event in events}) == 1, "one waybill, checked twice"


def test_another_crew_is_checked_again(database: Database) -> None:
    on = road(database, 1)
    on.check()
    with database.transaction() as session:
        row = on.row(session)
        others = select(CrewMember.id).where(CrewMember.kind == "driver", CrewMember.id != row.driver_id)
        row.driver_id = session.scalars(others).first()
    assert refused(on.start, checked=False).code == "waybill.checked_for_others"
    on.check(hour=7.9)
    on.start(checked=False)


def test_our_own_records_speak_against_a_tick(database: Database) -> None:
    on = road(database, 1)
    with database.transaction() as session:
        vehicle = session.get_one(Vehicle, on.row(session).vehicle_id)
        vehicle.permit_valid_until_on = world.DAY - timedelta(days=1)
    assert refused(on.check).code == "vehicle.permit_expired"
    assert refused(on.check).field == "check_vehicle"
    on.check(note="营运证过期", vehicle=rules.FAILED)
    assert paper(on).number and not paper(on).fit


def test_who_may_check(database: Database) -> None:
    on = road(database, 1)
    with database.reading() as session:
        trip_id = on.row(session).trips[0].id

    def check(actor: Actor, key: UUID = trip_id) -> Any:
        with database.transaction() as session:
            walk = waybills.Checking(actor, key, rules.ALL_PASSED)
            return waybills.record_checks(session, checkings=[walk], now=at(7))

    stranger = Actor("user:x", "dispatcher", organisation_id=uuid4())
    assert refused(check, stranger).code == "object.not_found"
    assert refused(check, on.driver, uuid4()).code == "object.not_found"
    colleague = Actor("user:c", "driver", user_id=uuid4(), organisation_id=on.driver.organisation_id)
    assert refused(check, colleague).code == "object.not_found"
    desk = Actor("user:desk", "dispatcher", organisation_id=on.driver.organisation_id)
    assert check(desk)[0].waybill_no == "YD2026031700001"


def test_after_the_departure_nothing_is_checked(database: Database) -> None:
    on = road(database, 1)
    on.start()
    with database.reading() as session:
        trip_id = on.row(session).trips[0].id
    walk = waybills.Checking(on.driver, trip_id, rules.ALL_PASSED)
    with database.transaction() as session:
        late = refused(waybills.record_checks, session, checkings=[walk], now=at(9))
    assert late.code == "waybill.too_late"


def test_checks_reported_late_keep_their_time_but_not_for_ever(database: Database) -> None:
    on = road(database, 1)
    with database.transaction() as session:
        trip_id = on.row(session).trips[0].id
        walk = waybills.Checking(on.driver, trip_id, rules.ALL_PASSED)
        old = refused(
            waybills.record_checks, session, checkings=[walk], now=at(7), at=at(7) - timedelta(days=4)
        )
        assert old.code == "round.report_too_old"
        [made] = waybills.record_checks(session, checkings=[walk], now=at(9), at=at(7))
        assert made.issued_at == at(7)


def test_a_trip_that_was_not_checked_waits_and_then_leaves(database: Database) -> None:
    on = road(database, 1)
    on.start()
    with database.transaction() as session:
        row = on.row(session)
        copied = {name: getattr(row.trips[0], name) for name in ("leave_s", "return_s", "unloaded_s")}
        session.add(Trip(id=UUID(int=99), round_id=row.id, seq=2, state="planned", **copied))
    [label] = on.labels()
    on.scan(on.report(label))
    on.close(on.stops()[0].id)
    on.arrive()

    def leave() -> Any:
        with database.transaction() as session:
            return rounds.start_trips(session, starts=[(on.driver, UUID(int=99))], now=at(13))

    assert refused(leave).code == "waybill.not_checked"
    on.check(12.5)
    assert leave()[0].state == "under_way"
    assert refused(leave).code == "trip.not_startable"


def test_the_waybill_adds_up_what_its_manifests_carry(database: Database) -> None:
    on = road(database, 2)
    view = paper(on)
    assert len(view.manifests) == 2 and view.containers == 2 and view.mass_g == 300_000
    [goods] = view.goods
    assert goods.waste.code == world.OIL and goods.packaging.endswith("×2") and goods.transport is None
    assert view.hazards == ["T", "I"]
    assert len(view.loading_places) == 2


def test_who_sees_a_waybill(database: Database) -> None:
    on = road(database, 1)
    assert paper(on, Actor("r", "regulator")).manifests
    assert paper(on, Actor("r", "regulator", county_code="330411")).manifests
    for stranger in (
        Actor("r", "regulator", county_code="330402"),
        Actor("p", "plant", organisation_id=uuid4()),
        Actor("d", "driver", user_id=uuid4(), organisation_id=on.driver.organisation_id),
    ):
        assert refused(paper, on, stranger).code == "object.not_found"


def test_a_lot_leaves_with_its_checks_only(database: Database) -> None:
    drums = facility_world.stored(database, [(facility_world.OIL, (150_000,))])
    lot_id = facility_world.opened(database, drums)
    for checks, code in (
        ({}, "waybill.check_missing"),
        (dict(rules.ALL_PASSED) | {"goods": rules.FAILED}, "waybill.note_missing"),
    ):
        assert refused(facility_world.shipped, database, lot_id, checks=checks).code == code
    failed = {"checks": dict(rules.ALL_PASSED) | {"goods": rules.FAILED}, "check_note": "少一桶"}
    assert refused(facility_world.shipped, database, lot_id, **failed).code == "waybill.check_failed"
    facility_world.shipped(database, lot_id)
    with database.reading() as session:
        desk = facility_world.desk(session)
        view = waybills.waybill_of_lot(session, actor=desk, lot_id=lot_id)
        assert view.fit and view.number and view.mass_g == 150_000 and view.consignee.kind == "plant"
        with pytest.raises(NotFound):
            waybills.waybill_of_lot(
                session, actor=Actor("p", "plant", organisation_id=uuid4()), lot_id=lot_id
            )


def test_the_consignor_decides_how_a_waste_travels(database: Database) -> None:
    on = road(database, 1)

    def decide(**values: str) -> Any:
        with database.transaction() as session:
            desk = firms.dispatcher(session)
            return waybills.decide_transport_class(
                session, actor=desk, waste_code=world.OIL, values=values, now=at(6)
            )

    for wrong in ("12", "ABCD", "UN123", "１２３４"):
        assert refused(decide, un_number=wrong).code == "transport.un_number_malformed"
    decide(un_number=" un9999 ", hazard_class="9", packing_group="III", shipping_name="示例品名")
    [goods] = paper(on).goods
    assert goods.transport is not None and goods.transport.un_number == "UN9999"
    decide()
    [goods] = paper(on).goods
    assert goods.transport is not None and goods.transport.un_number == ""
