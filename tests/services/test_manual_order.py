"""A dispatcher's own order: every broken rule is shown, only a lawful one is kept (F43)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

import routing
from tests.services import planning_world as world
from tests.services.planning_world import ACID, DAY, LYE, NOW
from wastehub.db import Database
from wastehub.domain.errors import Conflict, InvalidInput, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import RoutePlan
from wastehub.services import dispatch, planning
from wastehub.services.planning import Move


def judged(database: Database, plan_id: UUID, *moves: Move) -> planning.Desk:
    with database.reading() as session:
        return planning.desk(session, actor=world.dispatcher(database), plan_id=plan_id, moves=moves)


def saved(database: Database, plan_id: UUID, *moves: Move, version: int | None = None) -> UUID:
    who = world.dispatcher(database)
    with database.transaction() as session:
        return planning.save_order(
            session, actor=who, plan_id=plan_id, moves=moves, version=version, now=NOW
        ).id


def only_day(database: Database, plan_id: UUID) -> tuple[str, tuple[tuple[str, ...], ...]]:
    [(plate, trips)] = judged(database, plan_id).orders.items()
    return plate, trips


def breaches(desk: planning.Desk) -> Sequence[str]:
    return [breach.code for breach in desk.judgement.breaches]


def test_the_draft_as_it_is_breaks_nothing_and_costs_nothing_more(database: Database) -> None:
    world.waiting(database, 3)
    desk = judged(database, world.planned(database))
    assert desk.lawful and desk.judgement.comparison is not None
    assert desk.judgement.comparison.extra_cost_fen == 0 and desk.judgement.comparison.moved == ()


def test_a_move_says_what_it_costs_before_anything_is_kept(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    desk = judged(database, plan_id, Move(stops[0], plate, 1, 0))
    found = desk.judgement.comparison
    assert desk.lawful and found is not None
    assert found.extra_cost_fen > 0 and found.extra_m > 0 and found.after.trips == 2
    with database.reading() as session:
        assert session.query(RoutePlan).count() == 1


def test_an_order_without_breaches_becomes_a_draft_that_names_its_origin(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    child = saved(database, plan_id, Move(stops[-1], plate, 0, 0))
    with database.reading() as session:
        plan = world.plan_of(session, child)
        [trip] = plan.rounds[0].trips
        assert [s.request.request_no for s in trip.stops] == [stops[-1], *stops[:-1]]
        assert (plan.origin_id, plan.origin_kind, plan.state) == (plan_id, "by_hand", "draft")
        assert session.get_one(RoutePlan, plan_id).continued_as == plan.plan_no
        problem = routing.json_io.problem_from_dict(plan.problem)  # type: ignore[attr-defined]
        solution = routing.json_io.solution_from_dict(plan.solution)  # type: ignore[attr-defined]
        assert routing.check(problem, solution) == [] and solution.stats.engine == "manual"


def test_a_stop_after_its_window_is_a_breach_with_its_place_and_cannot_be_kept(database: Database) -> None:
    world.waiting(database, 2)
    with database.transaction() as session:
        early = world.firm_with_requests(session, 3, windows=((8 * 3600, 9 * 3600),)).request_no
    plan_id = world.planned(database)
    desk = judged(database, plan_id)
    plate = next(name for name, trips in desk.orders.items() if early in str(trips))
    last = len(desk.orders[plate]), 0
    move = Move(early, plate, *last)
    worse = judged(database, plan_id, move)
    [breach] = worse.judgement.breaches
    assert breach.code == "window_missed" and breach.stop_id == early and breach.vehicle_id == plate
    assert breach.numbers["late_s"] > 0
    with pytest.raises(Conflict, match=r"plan\.order_breaks_rules"):
        saved(database, plan_id, move)


def test_a_breach_comes_with_the_nearest_lawful_place(database: Database) -> None:
    world.waiting(database, 2)
    with database.transaction() as session:
        early = world.firm_with_requests(session, 3, windows=((8 * 3600, 9 * 3600),)).request_no
    plan_id = world.planned(database)
    orders = judged(database, plan_id).orders
    plate = next(name for name, trips in orders.items() if early in str(trips))
    [help_] = judged(database, plan_id, Move(early, plate, len(orders[plate]), 0)).helps
    assert help_.stop_id == early and help_.place is not None
    place = help_.place
    assert judged(database, plan_id, Move(early, place.vehicle_id, place.trip, place.position)).lawful


def test_what_may_not_ride_together_is_named_with_both_wastes(database: Database) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (ACID, (100_000,)))
        world.firm_with_requests(session, 2, (LYE, (100_000,)))
    plan_id = world.planned(database)
    orders = judged(database, plan_id).orders
    (plate, trips), *_ = orders.items()
    other = next(s for name, each in orders.items() for trip in each for s in trip if s not in trips[0])
    desk = judged(database, plan_id, Move(other, plate, 0, 0))
    assert "class_conflict" in breaches(desk)
    clash = next(each for each in desk.judgement.breaches if each.code == "class_conflict")
    assert ACID in str(clash.numbers) and LYE in str(clash.numbers)


def test_a_stop_can_be_taken_off_the_plan_and_put_on_again(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    child = saved(database, plan_id, Move(stops[0]))
    with database.reading() as session:
        plan = world.plan_of(session, child)
        assert [(row.request.request_no, row.reason) for row in plan.unassigned] == [(stops[0], "set_aside")]
    back = saved(database, child, Move(stops[0], plate, 0, 0))
    with database.reading() as session:
        assert session.get_one(RoutePlan, back).stops_unassigned == 0


def test_two_people_at_one_draft_do_not_overlook_each_other(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    seen = judged(database, plan_id).plan.version
    saved(database, plan_id, Move(stops[0], plate, 0, 2), version=seen)
    with pytest.raises(StaleVersion):
        saved(database, plan_id, Move(stops[1], plate, 0, 2), version=seen)


def test_an_order_that_changes_nothing_is_not_kept(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    with pytest.raises(InvalidInput, match=r"plan\.order_unchanged"):
        saved(database, plan_id, Move(stops[0], plate, 0, 0))


@pytest.mark.parametrize(
    "changes",
    [{"containers": 0}, {"request": "cancelled"}],
    ids=["a drum was voided", "the firm cancelled"],
)
def test_an_order_over_what_has_changed_since_is_refused(database: Database, changes: Any) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    with database.transaction() as session:
        row = session.query(PickupRequest).filter_by(request_no=stops[1]).one()
        if "request" in changes:
            row.state = "cancelled"
        else:
            session.execute(update(Container).where(Container.request_id == row.id).values(state="void"))
    with pytest.raises(Conflict, match=r"plan\.outdated"):
        saved(database, plan_id, Move(stops[0], plate, 0, 2))


@pytest.mark.parametrize(
    "move",
    [
        Move("nobody", "浙F·示011"),
        Move("", "no such plate"),
        Move("", "", 0, 0),
    ],
    ids=["stop", "vehicle", "empty"],
)
def test_a_place_that_does_not_exist_is_refused(database: Database, move: Move) -> None:
    world.waiting(database, 2)
    plan_id = world.planned(database)
    _, [stops] = only_day(database, plan_id)
    if move.vehicle_id == "no such plate":
        move = Move(stops[0], move.vehicle_id)
    if not move.stop_id and not move.vehicle_id:
        move = Move(stops[0], only_day(database, plan_id)[0], 5, 0)
    with pytest.raises(InvalidInput, match=r"plan\.place_unknown"):
        judged(database, plan_id, move)


def test_nobody_orders_a_published_plan_by_hand(database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.published(database)
    with pytest.raises(Conflict, match=r"plan\.not_draft"):
        judged(database, plan_id)


def test_a_manual_draft_can_be_published(database: Database) -> None:
    world.waiting(database, 3)
    plan_id = world.planned(database)
    plate, [stops] = only_day(database, plan_id)
    child = saved(database, plan_id, Move(stops[0], plate, 0, 2))
    with database.transaction() as session:
        who = world.dispatcher(database)
        assert dispatch.publish(session, actor=who, plan_id=child, version=None, now=NOW).state == "published"
        assert session.get_one(RoutePlan, plan_id).state == "discarded"
        assert session.get_one(RoutePlan, child).service_on == DAY
