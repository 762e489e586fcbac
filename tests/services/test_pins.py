"""Pins and locks on a draft: what is held fast stays when the rest is planned again (F42)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.services import planning_world as world
from tests.services.planning_world import NOW
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, StaleVersion
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun, RoutePlan
from wastehub.models.vehicles import Vehicle
from wastehub.services import planning
from wastehub.services.planning import Move, Pins


def days_of(database: Database, plan_id: UUID) -> dict[str, list[list[str]]]:
    """Plate -> trips -> request numbers."""
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        return {
            row.vehicle.plate: [[stop.request.request_no for stop in trip.stops] for trip in row.trips]
            for row in plan.rounds
        }


def ran(database: Database, run: PlanningRun) -> UUID:
    """The plan that a run makes when it is stopped by count."""
    with database.transaction() as session:
        session.execute(
            update(PlanningRun).where(PlanningRun.id == run.id).values(budget_iterations=300, budget_s=60)
        )
    made = planning.execute_run(database, run_id=run.id, now=lambda: NOW)
    assert made is not None, failure(database, run.id)
    return made


def failure(database: Database, run_id: UUID) -> str:
    with database.reading() as session:
        return session.get_one(PlanningRun, run_id).failure


def asked_rest(database: Database, plan_id: UUID, **options: Any) -> PlanningRun:
    who = world.dispatcher(database)
    with database.transaction() as session:
        return planning.request_rest(
            session, actor=who, plan_id=plan_id, **{"version": None, "now": NOW} | options
        )


def replanned(database: Database, plan_id: UUID, **options: Any) -> UUID:
    return ran(database, asked_rest(database, plan_id, **options))


def with_one_moved(database: Database, plan_id: UUID) -> tuple[UUID, str, str]:
    """The draft with its first stop by hand on a vehicle of its own: draft, request, plate."""
    [(plate, trips)] = days_of(database, plan_id).items()
    who = world.dispatcher(database)
    with database.transaction() as session:
        problem, _ = planning.build_problem(session, service_on=world.DAY)
        home = next(each.depot for each in problem.vehicles if each.id == plate)
        other = next(each.id for each in problem.vehicles if each.depot == home and each.id != plate)
        move = Move(trips[0][0], other)
        child = planning.save_order(session, actor=who, plan_id=plan_id, moves=[move], version=None, now=NOW)
        return child.id, move.stop_id, other


def test_what_a_person_moved_stays_there_when_the_rest_is_planned_again(database: Database) -> None:
    world.waiting(database, 4)
    draft, request_no, plate = with_one_moved(database, world.planned(database))
    assert request_no in str(days_of(database, replanned(database, draft))[plate])


def test_a_stop_without_a_pin_goes_where_it_is_cheaper(database: Database) -> None:
    world.waiting(database, 4)
    draft, request_no, plate = with_one_moved(database, world.planned(database))
    others = [stop for trips in days_of(database, draft).values() for [*stops] in trips for stop in stops]
    others.remove(request_no)
    pins = Pins(stops=frozenset(others))
    assert plate not in days_of(database, replanned(database, draft, pins=pins))


def test_a_new_draft_names_the_one_it_came_from_and_keeps_its_pins(database: Database) -> None:
    world.waiting(database, 4)
    draft, request_no, _ = with_one_moved(database, world.planned(database))
    again = replanned(database, replanned(database, draft))
    with database.reading() as session:
        plan = session.get_one(RoutePlan, again)
        assert plan.origin_kind == "rest" and plan.state == "draft"
        between = session.get_one(RoutePlan, plan.origin_id)
        assert between.origin_id == draft
        assert Pins.read(plan.pins) == Pins(stops=frozenset({request_no}))


def test_a_locked_round_takes_nothing_new_and_an_open_one_does(database: Database) -> None:
    world.waiting(database, 3)
    draft = world.planned(database)
    [(plate, trips)] = days_of(database, draft).items()
    with database.transaction() as session:
        world.firm_with_requests(session, 4)
    [together] = days_of(database, replanned(database, draft)).values()
    assert sum(map(len, together)) == 4
    locked = days_of(database, replanned(database, draft, pins=Pins(rounds=frozenset({plate}))))
    assert locked[plate] == trips and len(locked) == 2


def test_a_locked_round_keeps_its_two_trips_though_one_would_do(database: Database) -> None:
    world.waiting(database, 3)
    draft = world.planned(database)
    [(plate, [stops])] = days_of(database, draft).items()
    who = world.dispatcher(database)
    with database.transaction() as session:
        split = planning.save_order(
            session, actor=who, plan_id=draft, moves=[Move(stops[0], plate, 1, 0)], version=None, now=NOW
        ).id
    two = days_of(database, split)[plate]
    assert len(two) == 2
    again = days_of(database, replanned(database, split, pins=Pins(rounds=frozenset({plate}))))
    assert again[plate] == two
    assert len(days_of(database, replanned(database, split, pins=Pins()))[plate]) == 1


def test_a_locked_order_lets_others_in_but_is_never_turned_round(database: Database) -> None:
    world.waiting(database, 4)
    draft = world.planned(database)
    [(plate, [stops])] = days_of(database, draft).items()
    who = world.dispatcher(database)
    odd = [stops[2], stops[0], stops[3], stops[1]]
    moves = [Move(stop_id, plate, 0, at) for at, stop_id in enumerate(odd)]
    with database.transaction() as session:
        by_hand = planning.save_order(
            session, actor=who, plan_id=draft, moves=moves, version=None, now=NOW
        ).id
        world.firm_with_requests(session, 5)
    held = replanned(database, by_hand, pins=Pins(orders=frozenset({plate})))
    sequence = [stop for trip in days_of(database, held)[plate] for stop in trip]
    assert [stop for stop in sequence if stop in odd] == odd


def test_a_pin_of_a_request_that_was_cancelled_says_nothing(database: Database) -> None:
    world.waiting(database, 3)
    draft, request_no, _ = with_one_moved(database, world.planned(database))
    with database.transaction() as session:
        session.execute(
            update(PickupRequest).where(PickupRequest.request_no == request_no).values(state="cancelled")
        )
    after = days_of(database, replanned(database, draft))
    assert request_no not in str(after) and sum(len(trip) for trips in after.values() for trip in trips) == 2


def test_a_pin_to_a_vehicle_that_stays_in_the_yard_fails_with_its_plate(database: Database) -> None:
    world.waiting(database, 3)
    draft, _, plate = with_one_moved(database, world.planned(database))
    run = asked_rest(database, draft)
    with database.transaction() as session:
        session.execute(update(Vehicle).where(Vehicle.plate == plate).values(active=False))
    assert planning.execute_run(database, run_id=run.id, now=lambda: NOW) is None
    assert failure(database, run.id).startswith("plan.pin_vehicle_gone")


def test_the_crew_that_a_person_chose_comes_along(database: Database) -> None:
    world.waiting(database, 2)
    draft = world.planned(database)
    with database.transaction() as session:
        [row] = world.plan_of(session, draft).rounds
        row.driver_id, row.escort_id = row.escort_id, row.driver_id  # nobody would pair them so
        chosen = (row.driver_id, row.escort_id)
    with database.reading() as session:
        [row] = world.plan_of(session, replanned(database, draft)).rounds
        assert (row.driver_id, row.escort_id) == chosen


def test_pins_are_kept_only_by_who_saw_the_latest_draft(database: Database) -> None:
    world.waiting(database, 2)
    draft = world.planned(database)
    who = world.dispatcher(database)
    for version, pins in ((1, Pins(rounds=frozenset(days_of(database, draft)))), (None, Pins())):
        with database.transaction() as session:
            planning.hold_fast(session, actor=who, plan_id=draft, pins=pins, version=version)
    with database.transaction() as session, pytest.raises(StaleVersion):
        planning.hold_fast(session, actor=who, plan_id=draft, pins=Pins(), version=1)


def test_a_published_plan_is_pinned_no_more(database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.published(database)
    with pytest.raises(Conflict, match=r"plan\.not_draft"):
        asked_rest(database, plan_id)
    with database.transaction() as session, pytest.raises(Forbidden):
        stranger = Actor(author="user:x", role="enterprise")
        planning.hold_fast(session, actor=stranger, plan_id=plan_id, pins=Pins(), version=None)


def test_one_vehicle_less_is_another_draft_to_compare(database: Database) -> None:
    world.waiting(database, 3)
    draft = world.planned(database)
    [plate] = days_of(database, draft)
    who = world.dispatcher(database)
    with database.transaction() as session:
        run = planning.request_what_if(
            session, actor=who, plan_id=draft, without=frozenset({plate}), seed=7, budget_s=5, now=NOW
        )
    other = ran(database, run)
    assert plate not in days_of(database, other)
    with database.reading() as session:
        plan = session.get_one(RoutePlan, other)
        assert (plan.origin_kind, plan.origin_options) == ("what_if", {"without": [plate]})
        both = planning.compare_plans(session, actor=who, plan_id=draft, other_id=other).found
        assert {each.how for each in both.moved} == {"to_other_vehicle"} and len(both.moved) == 3
        same = planning.compare_plans(session, actor=who, plan_id=draft, other_id=draft).found
        assert same.moved == () and same.extra_cost_fen == 0
