"""The next days together: a forecast says when, and binds nobody."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests import firms
from tests.services import facility_world as facility
from tests.services import forecast_world
from tests.services import planning_world as world
from tests.services.planning_world import ACID, DAY, LYE, NOW
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput
from wastehub.models import forecasts as rows
from wastehub.models.organisations import Contract
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun, RoutePlan
from wastehub.models.vehicles import Vehicle
from wastehub.services import planning
from wastehub.services.planning import forecasts


def placed(database: Database, forecast_id: UUID) -> dict[str, date | None]:
    with database.reading() as session:
        days = rows.day_of_requests(session, forecast_id)
        numbers = {row.id: row.request_no for row in session.scalars(select(PickupRequest))}
        return {numbers[key]: on for key, on in days.items()}


def left(database: Database, forecast_id: UUID) -> dict[str, str]:
    with database.reading() as session:
        return {row.request.request_no: row.reason for row in rows.left_of(session, forecast_id)}


def due(database: Database, serial: int, *, ready: int, due: int) -> str:
    """A request ready and due so many days after the next service day."""
    with database.transaction() as session:
        row = world.firm_with_requests(session, serial)
        row.ready_on, row.due_on = DAY + timedelta(days=ready), DAY + timedelta(days=due)
        return row.request_no


def test_every_request_gets_a_day_between_ready_and_due(database: Database) -> None:
    first = due(database, 1, ready=0, due=0)
    second = due(database, 2, ready=1, due=1)
    found = placed(database, forecast_world.made(database))
    assert found == {first: DAY, second: DAY + timedelta(days=1)}


def test_a_forecast_binds_nobody(database: Database) -> None:
    world.waiting(database, 2)
    forecast_world.made(database)
    with database.reading() as session:
        assert {row.state for row in session.scalars(select(PickupRequest))} == {"open"}
        assert session.scalar(select(func.count()).select_from(RoutePlan)) == 0


def test_what_is_ready_behind_the_last_day_is_not_asked_about(database: Database) -> None:
    far, soon = due(database, 1, ready=60, due=70), due(database, 2, ready=0, due=1)
    found = placed(database, forecast_world.made(database, days=2))
    assert far not in found and found[soon] is not None


@pytest.mark.parametrize(("days_left", "reason"), [(30, "later"), (1, "capacity_too_small")])
def test_what_may_wait_behind_the_last_day_is_no_failure(
    database: Database, days_left: int, reason: str
) -> None:
    """No vehicle carries 2.3 t in one go; the request may wait, or may not."""
    with database.transaction() as session:
        session.execute(update(Vehicle).values(capacity_g=1_000_000))
        row = world.firm_with_requests(session, 1, (world.OIL, (190_000,) * 12))
        row.due_on, number = DAY + timedelta(days=days_left), row.request_no
    assert left(database, forecast_world.made(database))[number] == reason


def test_what_has_no_working_day_says_so(database: Database) -> None:
    assert (DAY + timedelta(days=4)).isoweekday() == 6
    number = due(database, 1, ready=4, due=5)
    due(database, 2, ready=0, due=1)
    assert left(database, forecast_world.made(database, days=5))[number] == "no_service_day"


def test_what_is_late_already_goes_on_one_of_the_first_two_days(database: Database) -> None:
    number = due(database, 1, ready=-9, due=-3)
    on = placed(database, forecast_world.made(database, days=5))[number]
    assert on in (DAY, DAY + timedelta(days=1))


def test_a_contract_that_ends_ends_the_days_too(database: Database) -> None:
    number = due(database, 1, ready=0, due=9)
    with database.transaction() as session:
        session.execute(update(Contract).values(ended_on=DAY + timedelta(days=1)))
    assert placed(database, forecast_world.made(database))[number] == DAY


def test_a_request_without_contract_on_any_day_says_why(database: Database) -> None:
    number = due(database, 1, ready=0, due=9)
    due(database, 2, ready=0, due=1)
    with database.transaction() as session:
        row = session.scalars(select(PickupRequest).where(PickupRequest.request_no == number)).one()
        session.get_one(Contract, row.contract_id).ended_on = DAY
    assert left(database, forecast_world.made(database)) == {number: "no_contract"}


def test_a_request_whose_wastes_may_not_ride_together_counts_once(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(Vehicle).values(partitioned=False))
        row = world.firm_with_requests(session, 1, (ACID, (90_000,)), (LYE, (90_000,)))
        number, key = row.request_no, row.id
    forecast_id = forecast_world.made(database)
    assert placed(database, forecast_id)[number] is not None
    with database.reading() as session:
        visited = {row.service_on for row in rows.days_of(session, forecast_id) if row.requests}
        counted = sum(row.requests for row in rows.days_of(session, forecast_id))
        assert counted == len(visited), "once on each day on which some of it is fetched"
        assert [r.id for r in session.scalars(select(PickupRequest))] == [key], "nothing was split for good"


def test_the_platform_of_a_day_sees_load_vehicles_and_store(database: Database) -> None:
    world.waiting(database, 3)
    forecast_id = forecast_world.made(database)
    with database.reading() as session:
        own = firms.platform_for(session, "330411")
        lines = [row for row in rows.days_of(session, forecast_id) if row.platform_id == own.id]
        assert [row.service_on for row in lines] == [DAY + timedelta(days=n) for n in range(3)]
        assert sum(row.requests for row in lines) == 3
        assert sum(row.mass_g for row in lines) == 450_000
        busy = [row for row in lines if row.requests]
        assert all(0 < row.fill_permille <= 1000 and row.cost_fen and row.distance_m for row in busy)
        assert lines[-1].store_g == 450_000 and lines[-1].store_max_g == own.storage_capacity_g


def test_the_run_is_done_and_names_its_numbers(database: Database) -> None:
    world.waiting(database, 2)
    run_id = forecast_world.ordered(database)
    forecast_id = planning.execute_run(database, run_id=run_id, now=lambda: NOW)
    with database.reading() as session:
        run = session.get_one(PlanningRun, run_id)
        assert (run.state, run.progress_permille, run.progress_assigned) == ("done", 1000, 2)
        assert run.plan_id is None
        forecast = rows.current(session, on=firms.TODAY)
        assert forecast is not None and (forecast.id, forecast.run_id) == (forecast_id, run_id)
        assert rows.current(session, on=forecast.last_on) is None, "nothing to come any more"


def test_nothing_to_plan_fails_with_its_reason(database: Database) -> None:
    run_id = forecast_world.ordered(database)
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None
    assert forecast_world.failure_of(database, run_id).startswith("plan.nothing_to_plan")


def test_a_cancelled_forecast_leaves_nothing(database: Database) -> None:
    world.waiting(database, 2)
    run_id = forecast_world.ordered(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        planning.cancel_run(session, actor=who, run_id=run_id, now=NOW)
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None
    with database.reading() as session:
        assert rows.current(session, on=firms.TODAY) is None


def test_one_forecast_is_made_at_a_time_and_a_day_beside_it(database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.ordered(database)
    with pytest.raises(Conflict, match=r"forecast\.run_under_way"):
        forecast_world.ordered(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        planning.request_run(session, actor=who, service_on=DAY, seed=1, budget_s=5, now=NOW)


@pytest.mark.parametrize(("days", "budget_s"), [(0, 10), (11, 10), (5, 0), (5, 301)])
def test_days_and_time_have_bounds(database: Database, days: int, budget_s: int) -> None:
    who = world.dispatcher(database)
    with database.transaction() as session, pytest.raises(InvalidInput):
        forecasts.request_forecast(session, actor=who, days=days, seed=1, budget_s=budget_s, now=NOW)


def test_only_the_platforms_forecast(database: Database) -> None:
    firm = Actor(author="user:x", role="enterprise")
    with database.transaction() as session, pytest.raises(Forbidden):
        forecasts.request_forecast(session, actor=firm, days=5, seed=1, budget_s=5, now=NOW)


def test_a_day_planned_by_the_forecast_leaves_the_rest_to_its_days(database: Database) -> None:
    """Both could go tomorrow; the forecast keeps the second one, ready on the day after, for that day."""
    world.waiting(database, 2)
    forecast_world.made(database)
    with database.transaction() as session:
        kept, other = session.scalars(select(rows.ForecastRequest).order_by(rows.ForecastRequest.request_id))
        kept.service_on, other.service_on = DAY, DAY + timedelta(days=1)
        kept_id, other_id = kept.request_id, other.request_id
    who = world.dispatcher(database)
    with database.transaction() as session:
        run = forecasts.request_day(session, actor=who, service_on=DAY, seed=1, budget_s=5, now=NOW)
        run.budget_s, run.budget_iterations, run_id = None, 2, run.id
    plan_id = planning.execute_run(database, run_id=run_id, now=lambda: NOW)
    assert plan_id is not None
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        assert [stop.request_id for stop in world.stops_of(plan)] == [kept_id]
        [left_out] = plan.unassigned
        assert (left_out.request_id, left_out.reason) == (other_id, "later")
        assert left_out.numbers["on"] == (DAY + timedelta(days=1)).isoformat()


def test_a_day_by_the_forecast_takes_what_came_in_since(database: Database) -> None:
    world.waiting(database, 1)
    forecast_id = forecast_world.made(database)
    with database.transaction() as session:
        new = world.firm_with_requests(session, 9).id
    with database.reading() as session:
        assert new not in forecasts.put_off(session, forecast_id=forecast_id, service_on=firms.TODAY)


def test_without_a_forecast_no_day_is_planned_by_it(database: Database) -> None:
    who = world.dispatcher(database)
    with database.transaction() as session, pytest.raises(Conflict, match=r"forecast\.none"):
        forecasts.request_day(session, actor=who, service_on=DAY, seed=1, budget_s=5, now=NOW)


def stored_and_waiting(database: Database, *, capacity_g: int) -> None:
    """150 kg of oil stand at the platform since yesterday, 150 kg more wait at a firm."""
    facility.stored(database, [(world.OIL, (150_000,))])
    with database.transaction() as session:
        row = world.firm_with_requests(session, 20)
        row.ready_on, row.due_on = DAY, DAY + timedelta(days=1)
        firms.platform_for(session, "330411").storage_capacity_g = capacity_g


def test_a_store_that_would_overflow_is_emptied_to_a_plant_that_may_take_it(database: Database) -> None:
    stored_and_waiting(database, capacity_g=200_000)
    forecast_id = forecast_world.made(database)
    assert set(placed(database, forecast_id).values()) <= {DAY, DAY + timedelta(days=1)}
    with database.reading() as session:
        [run] = rows.transfers_of(session, forecast_id)
        assert run.load == {world.OIL: 150_000} and run.plant.code == "JX-D90" and run.plant.demo_flows
        own = firms.platform_for(session, "330411")
        assert run.platform_id == own.id
        days = [row for row in rows.days_of(session, forecast_id) if row.platform_id == own.id]
        assert all(row.store_g <= 200_000 for row in days), "on no evening more than fits"


def test_a_store_with_room_is_left_alone(database: Database) -> None:
    stored_and_waiting(database, capacity_g=300_000)
    forecast_id = forecast_world.made(database)
    with database.reading() as session:
        assert rows.transfers_of(session, forecast_id) == []


def test_without_a_large_vehicle_the_full_store_is_the_reason(database: Database) -> None:
    stored_and_waiting(database, capacity_g=200_000)
    with database.transaction() as session:
        session.execute(update(Vehicle).where(Vehicle.use == "outbound").values(active=False))
    assert list(left(database, forecast_world.made(database)).values()) == ["storage_full"]
