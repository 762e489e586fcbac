"""Which day a firm could get, why not sooner, what would make it sooner; and who could join a vehicle."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from tests import firms
from tests.services import forecast_world
from tests.services import planning_world as world
from tests.services.planning_world import ACID, DAY, LYE, NOW, OIL, RAGS
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, NotFound
from wastehub.models.batches import Container
from wastehub.models.forecasts import ForecastRequest
from wastehub.models.organisations import Contract, Organisation
from wastehub.models.requests import PickupRequest, RequestWindow
from wastehub.models.vehicles import Vehicle, VehicleCategory
from wastehub.services.planning import forecasts
from wastehub.services.planning.forecasts import Slots


def firm_of(session: Any, serial: int, code: str = OIL, masses: tuple[int, ...] = (150_000,)) -> Organisation:
    """A firm near those of planning_world with labelled containers and no request."""
    firm = firms.enrolled(
        session,
        serial,
        county_code="330411",
        lon_e6=120_700_000 + serial * 3_000,
        lat_e6=30_750_000 + serial * 2_000,
    )
    firms.sign(session, firm)
    firms.plan(session, firm, (code, 20_000_000))
    liquid = code in (ACID, LYE)
    packing = {
        "container_type": "HDPE200" if liquid else "STEEL200O",
        "form": "liquid" if liquid else "solid",
    }
    firms.labelled(session, firm, *masses, waste_code=code, **packing)
    return firm


def newcomer(database: Database, serial: int = 50, **waste: Any) -> Actor:
    with database.transaction() as session:
        firm = firm_of(session, serial, **waste)
        return Actor(author=f"user:{firm.code}", role="enterprise", organisation_id=firm.id)


def asked(database: Database, firm: Actor, **changes: Any) -> Slots | None:
    with database.reading() as session:
        mine = select(Container.id).where(Container.holder_id == firm.organisation_id)
        values: dict[str, Any] = {
            "ready_on": DAY,
            "windows": (),
            "container_ids": list(session.scalars(mine)),
        }
        return forecasts.for_containers(session, actor=firm, now=NOW, **values | changes)


def answered(database: Database, firm: Actor, **changes: Any) -> Slots:
    found = asked(database, firm, **changes)
    assert found is not None
    return found


def test_without_a_forecast_there_is_no_answer(database: Database) -> None:
    assert asked(database, newcomer(database)) is None


def test_a_firm_on_the_way_shares_the_trip_of_its_neighbours(database: Database) -> None:
    world.waiting(database, 3)
    forecast_world.made(database)
    slots = answered(database, newcomer(database, 4))
    assert slots.soonest_on == DAY and slots.why_not_sooner == () and slots.sooner == ()
    assert all(day.possible and day.until_s - day.from_s == 7200 for day in slots.days)
    assert any(day.shared for day in slots.days)


def test_a_day_nobody_drives_there_is_not_called_shared(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database, days=2)
    with database.reading() as session:
        [on] = [row.service_on for row in session.scalars(select(ForecastRequest))]
    slots = answered(database, newcomer(database, 4))
    assert {day.shared for day in slots.days if day.on != on} == {False}


def test_before_the_ready_day_there_is_no_slot_but_a_hint(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    slots = answered(database, newcomer(database), ready_on=DAY + timedelta(days=1))
    assert slots.soonest_on == DAY + timedelta(days=1)
    assert [(day.on, day.reason) for day in slots.why_not_sooner] == [(DAY, "not_ready")]
    assert [(one.kind, one.on) for one in slots.sooner] == [("ready_earlier", DAY)]


def test_a_window_too_early_for_any_vehicle_says_so_and_what_would_help(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    firm = newcomer(database)
    slots = answered(database, firm, windows=((6 * 3600, 7 * 3600),))
    assert slots.soonest_on is None
    assert {day.reason for day in slots.days} == {"time_window"}
    assert [(one.kind, one.on) for one in slots.sooner] == [("wider_window", DAY)]
    wider = slots.sooner[0].numbers
    assert (wider["from_s"], wider["until_s"]) == (6 * 3600, 18 * 3600)
    tried = answered(database, firm, windows=((wider["from_s"], wider["until_s"]),))
    assert tried.soonest_on == DAY, "what is said to help does help"


def test_too_much_for_one_vehicle_is_told_to_be_split(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(Vehicle).values(capacity_g=1_000_000))
    world.waiting(database, 1)
    forecast_world.made(database)
    slots = answered(database, newcomer(database, masses=(190_000,) * 8))
    assert slots.soonest_on is None and {day.reason for day in slots.days} == {"capacity_too_small"}
    [hint] = slots.sooner
    assert (hint.kind, hint.on, hint.numbers) == ("split", DAY, {"count": 4, "of": 8})


def test_one_container_cannot_be_split(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    firm = newcomer(database)
    with database.transaction() as session:
        mine = update(Container).where(Container.holder_id == firm.organisation_id)
        session.execute(mine.values(mass_g=40_000_000))
    assert answered(database, firm).sooner == ()


def test_a_waste_the_forecast_never_saw_is_judged_by_licences_and_permits(database: Database) -> None:
    """Only oil waits; rags of another category must neither be refused for that nor let through."""
    world.waiting(database, 1)
    forecast_world.made(database)
    firm = newcomer(database, code=RAGS)
    assert answered(database, firm).soonest_on == DAY
    with database.transaction() as session:
        session.execute(delete(VehicleCategory).where(VehicleCategory.category_code == "HW49"))
    assert {day.reason for day in answered(database, firm).days} == {"no_licensed_vehicle"}


def test_wastes_that_may_not_ride_together_are_asked_for_apart(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    with database.transaction() as session:
        session.execute(update(Vehicle).values(partitioned=False))
    firm = newcomer(database, code=ACID)
    with database.transaction() as session:
        row = session.get_one(Organisation, firm.organisation_id)
        firms.labelled(session, row, 90_000, waste_code=LYE, container_type="HDPE200", form="liquid")
    assert answered(database, firm).soonest_on == DAY


def test_a_firm_sees_only_its_own_containers(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    mine, other = newcomer(database, 50), newcomer(database, 51)
    with database.reading() as session:
        foreign = list(
            session.scalars(select(Container.id).where(Container.holder_id == other.organisation_id))
        )
        found = forecasts.for_containers(
            session, actor=mine, container_ids=foreign, ready_on=DAY, windows=(), now=NOW
        )
    assert found is None


def test_a_firm_without_contract_gets_no_days(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    with database.transaction() as session:
        firm = firms.enrolled(session, 60, county_code="330411")
        firms.plan(session, firm, (OIL, 20_000_000))
        firms.labelled(session, firm, 150_000, waste_code=OIL)
        actor = Actor(author=f"user:{firm.code}", role="enterprise", organisation_id=firm.id)
    assert asked(database, actor) is None


def test_an_open_request_keeps_its_windows_and_due_day(database: Database) -> None:
    [request_id, _] = world.waiting(database, 2)
    with database.transaction() as session:
        row = session.get_one(PickupRequest, request_id)
        row.due_on = DAY
    forecast_world.made(database)
    with database.reading() as session:
        row = session.get_one(PickupRequest, request_id)
        owner = Actor(author="user:x", role="enterprise", organisation_id=row.enterprise_id)
        slots = forecasts.for_request(session, actor=owner, request_id=request_id, now=NOW)
    assert slots is not None and slots.soonest_on == DAY
    assert [day.reason for day in slots.days] == ["", "past_due", "past_due"]


def test_a_window_of_the_request_is_the_one_that_counts(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    with database.transaction() as session:
        session.execute(update(RequestWindow).values(open_s=6 * 3600, close_s=7 * 3600))
    forecast_world.made(database)
    with database.reading() as session:
        row = session.get_one(PickupRequest, request_id)
        owner = Actor(author="user:x", role="enterprise", organisation_id=row.enterprise_id)
        slots = forecasts.for_request(session, actor=owner, request_id=request_id, now=NOW)
    assert slots is not None and {day.reason for day in slots.days} == {"time_window"}


def test_strangers_learn_nothing(database: Database) -> None:
    [request_id] = world.waiting(database, 1)
    forecast_world.made(database)
    stranger = newcomer(database)
    with database.reading() as session, pytest.raises(NotFound):
        forecasts.for_request(session, actor=stranger, request_id=request_id, now=NOW)
    driver = Actor(author="user:d", role="driver")
    with database.reading() as session, pytest.raises(Forbidden):
        forecasts.for_containers(session, actor=driver, container_ids=[], ready_on=DAY, windows=(), now=NOW)


def test_the_second_answer_needs_no_reading(database: Database) -> None:
    """Far below what a person waits for. Time of this process: what else the machine does does not count."""
    world.waiting(database, 3)
    forecast_world.made(database)
    firm = newcomer(database)
    answered(database, firm)
    begin = time.process_time()
    answered(database, firm)
    assert time.process_time() - begin < 1


def test_a_day_whose_rounds_are_published_is_offered_to_nobody(database: Database) -> None:
    world.waiting(database, 3)
    firm = newcomer(database, 4)
    forecast_world.made(database)
    assert [row.service_on for row in passings(database, firm)] == [DAY]
    world.published(database)
    slots = answered(database, firm)
    assert slots.soonest_on == DAY + timedelta(days=1)
    assert [(day.on, day.reason) for day in slots.why_not_sooner] == [(DAY, "day_published")]
    assert passings(database, firm) == []


# --- neighbours -------------------------------------------------------------------------------------


def passings(database: Database, firm: Actor) -> list[forecasts.Passing]:
    with database.reading() as session:
        return forecasts.for_firm(session, actor=firm, now=NOW)


def test_a_vehicle_near_a_firm_with_stock_is_told_to_it_and_to_its_platform(database: Database) -> None:
    world.waiting(database, 3)
    firm = newcomer(database, 4)
    forecast_world.made(database)
    [found] = passings(database, firm)
    assert found.service_on >= DAY and found.distance_m <= 3_000 and found.free_g == 150_000
    desk = world.dispatcher(database)
    with database.reading() as session:
        listed = forecasts.for_platform(session, actor=desk, now=NOW)
    assert [row.enterprise_id for row in listed] == [firm.organisation_id]


def test_nothing_is_told_to_a_firm_far_off_the_way(database: Database) -> None:
    world.waiting(database, 3)
    firm = newcomer(database, 90)
    forecast_world.made(database)
    assert passings(database, firm) == []


def test_nothing_is_told_to_a_firm_without_stock_or_with_a_request(database: Database) -> None:
    ids: list[UUID] = world.waiting(database, 3)
    firm = newcomer(database, 4)
    forecast_world.made(database)
    with database.transaction() as session:
        mine = update(Container).where(Container.holder_id == firm.organisation_id)
        session.execute(mine.values(state="registered"))
    assert passings(database, firm) == []
    with database.reading() as session:
        row = session.get_one(PickupRequest, ids[0])
        waiting = Actor(author="user:x", role="enterprise", organisation_id=row.enterprise_id)
    assert passings(database, waiting) == []


def test_another_platforms_vehicle_is_no_offer(database: Database) -> None:
    world.waiting(database, 3)
    with database.transaction() as session:
        firm = firm_of(session, 4)
        other = firms.platform_for(session, "330402").id
        session.execute(update(Contract).where(Contract.enterprise_id == firm.id).values(platform_id=other))
        actor = Actor(author=f"user:{firm.code}", role="enterprise", organisation_id=firm.id)
    forecast_world.made(database)
    assert passings(database, actor) == []


def test_only_the_newest_forecast_counts(database: Database) -> None:
    world.waiting(database, 3)
    firm = newcomer(database, 4)
    forecast_world.made(database)
    with database.transaction() as session:
        session.execute(update(PickupRequest).values(state="cancelled"))
        world.firm_with_requests(session, 300)
    forecast_world.made(database, now=NOW + timedelta(hours=1))
    assert passings(database, firm) == []
