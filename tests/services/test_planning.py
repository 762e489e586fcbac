"""A day's plan: what the law and the papers allow, and nothing left out without a reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import routing
from tests import firms
from tests.services import planning_world as world
from tests.services.planning_world import ACID, BATTERY, DAY, LYE, NOW, OIL, RAGS
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput
from wastehub.models import leases
from wastehub.models.batches import Container
from wastehub.models.organisations import Contract, Organisation, PlanLine
from wastehub.models.permits import Permit
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun, RoutePlan
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.models.zones import Zone
from wastehub.services import planning
from wastehub.services.planning import plans, storage


def left_out(database: Database, plan_id: UUID) -> dict[str, Any]:
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        return {row.request.request_no: (row.reason, row.numbers) for row in plan.unassigned}


def change(database: Database, statement: Any) -> None:
    with database.transaction() as session:
        session.execute(statement)


def test_every_waiting_request_gets_a_stop_a_vehicle_and_two_people(database: Database) -> None:
    ids = world.waiting(database, 4)
    plan_id = world.planned(database)
    with database.reading() as session:
        plan = world.plan_of(session, plan_id)
        stops = world.stops_of(plan)
        assert {stop.request_id for stop in stops} == set(ids)
        assert plan.state == "draft" and plan.stops_planned == 4 and plan.stops_unassigned == 0
        assert all(stop.containers_planned == 1 and stop.planned_g == 150_000 for stop in stops)
        assert all(row.driver_id and row.escort_id for row in plan.rounds)
        assert {stop.request.state for stop in stops} == {"open"}, "a draft binds nobody"
        problem = routing.json_io.problem_from_dict(plan.problem)  # type: ignore[attr-defined]
        solution = routing.json_io.solution_from_dict(plan.solution)  # type: ignore[attr-defined]
        assert routing.check(problem, solution) == []
        assert routing.json_io.digest(problem) == plan.problem_digest  # type: ignore[attr-defined]


def test_the_solver_at_the_centre_plans_the_same_day(database: Database) -> None:
    world.waiting(database, 5)
    with database.reading() as session:
        plan = world.plan_of(session, world.planned(database, engine="ortools"))
        assert plan.engine != "greedy" and plan.stops_planned == 5


def test_a_request_is_not_fetched_before_it_is_ready(database: Database) -> None:
    with database.transaction() as session:
        early = world.firm_with_requests(session, 1)
        late = world.firm_with_requests(session, 2)
        late.ready_on = DAY + timedelta(days=1)
        early_id = early.id
    with database.reading() as session:
        stops = world.stops_of(world.plan_of(session, world.planned(database)))
        assert [stop.request_id for stop in stops] == [early_id]


def test_a_day_without_requests_cannot_be_planned(database: Database) -> None:
    with pytest.raises(Conflict, match=r"plan\.nothing_to_plan"):
        world.planned(database)


def test_only_the_platforms_plan(database: Database) -> None:
    stranger = Actor(author="user:x", role="enterprise")
    with pytest.raises(Forbidden):
        planning.plan_day(database, actor=stranger, service_on=DAY, seed=1, stop=world.QUICK, now=lambda: NOW)


def test_no_pickup_without_a_contract_in_force(database: Database) -> None:
    [request_id, other] = world.waiting(database, 2)
    with database.transaction() as session:
        request = session.get_one(PickupRequest, request_id)
        session.get_one(Contract, request.contract_id).ended_on = DAY
        number = request.request_no
    reasons = left_out(database, plan_id := world.planned(database))
    assert reasons[number][0] == "no_contract" and len(reasons) == 1
    with database.reading() as session:
        stops = world.stops_of(world.plan_of(session, plan_id))
        assert [stop.request_id for stop in stops] == [other]


def test_no_pickup_of_a_code_that_left_the_management_plan(database: Database) -> None:
    world.waiting(database, 1)
    change(database, update(PlanLine).values(waste_code=RAGS))
    [(reason, numbers)] = left_out(database, world.planned(database)).values()
    assert reason == "code_not_on_plan" and numbers["waste_code"] == OIL


def test_a_neighbour_helps_only_a_firm_that_has_a_contract_with_it(database: Database) -> None:
    with database.transaction() as session:
        own, neighbour = firms.platform_for(session, "330411"), firms.platform_for(session, "330402")
        without = world.firm_with_requests(session, 1)
        with_one = world.firm_with_requests(session, 2)
        session.add(
            Contract(
                id=UUID(int=77),
                number="HT-neighbour",
                enterprise_id=with_one.enterprise_id,
                platform_id=neighbour.id,
                valid_from_on=date(2026, 1, 1),
                valid_until_on=date(2026, 12, 31),
                created_at=NOW,
            )
        )
        codes = {without.request_no: {own.code}, with_one.request_no: {own.code, neighbour.code}}
    with database.reading() as session:
        problem, _ = planning.build_problem(session, service_on=DAY)
    assert {stop.id: set(stop.allowed_depots or ()) for stop in problem.stops} == codes


@pytest.mark.parametrize(("until", "usable"), [(DAY, True), (DAY - timedelta(days=1), False)])
def test_a_vehicle_drives_until_the_last_day_of_its_permit(
    database: Database, until: date, usable: bool
) -> None:
    world.waiting(database, 1)
    with database.transaction() as session:
        plate = session.scalars(select(Vehicle.plate).where(Vehicle.use == "collection")).first()
        session.execute(update(Vehicle).where(Vehicle.plate == plate).values(permit_valid_until_on=until))
    with database.reading() as session:
        problem, _ = planning.build_problem(session, service_on=DAY)
    assert (plate in {vehicle.id for vehicle in problem.vehicles}) is usable


@pytest.mark.parametrize("kind", ["driver", "escort"])
def test_a_vehicle_without_driver_or_escort_stays_in_the_yard(database: Database, kind: str) -> None:
    world.waiting(database, 1)
    change(
        database,
        update(CrewMember)
        .where(CrewMember.kind == kind)
        .values(certificate_valid_until_on=DAY - timedelta(days=1)),
    )
    with pytest.raises(Conflict, match=r"plan\.no_vehicles"):
        world.planned(database)


def test_a_platform_whose_licence_ended_takes_nothing(database: Database) -> None:
    world.waiting(database, 1)
    with database.transaction() as session:
        own = firms.platform_for(session, "330411")
        session.execute(
            update(Permit)
            .where(Permit.organisation_id == own.id)
            .values(valid_until_on=DAY - timedelta(days=1), valid_from_on=date(2020, 1, 1))
        )
    [(reason, numbers)] = left_out(database, world.planned(database)).values()
    assert reason == "depot_not_accepting" and OIL in numbers["load_class"]


@pytest.mark.parametrize(("room_g", "reason"), [(150_000, None), (149_999, "storage_full")])
def test_a_plan_never_overfills_the_zone(database: Database, room_g: int, reason: str | None) -> None:
    world.waiting(database, 1)
    change(database, update(Zone).values(capacity_g=room_g))
    found = left_out(database, world.planned(database))
    assert [item[0] for item in found.values()] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("column", "reason"), [("storage_capacity_g", "storage_full"), ("annual_quota_g", "quota_used_up")]
)
def test_store_and_yearly_quantity_are_told_apart(database: Database, column: str, reason: str) -> None:
    world.waiting(database, 1)
    change(
        database,
        update(Organisation).where(Organisation.kind == "platform").values({column: 100_000}),
    )
    [(found, numbers)] = left_out(database, world.planned(database)).values()
    assert found == reason and numbers["over_g"] == 50_000


def test_what_published_rounds_bring_counts_as_stored(database: Database) -> None:
    world.waiting(database, 1)
    world.published(database)
    with database.transaction() as session:
        world.firm_with_requests(session, 9)
        session.execute(
            update(Organisation).where(Organisation.kind == "platform").values(storage_capacity_g=200_000)
        )
    [(reason, numbers)] = left_out(database, world.planned(database)).values()
    assert reason == "storage_full" and numbers["over_g"] == 100_000


def test_acid_and_lye_of_one_firm_become_two_requests_with_one_due_date(database: Database) -> None:
    with database.transaction() as session:
        mixed = world.firm_with_requests(session, 1, (ACID, (160_000,)), (LYE, (140_000, 130_000)))
        number, due_on = mixed.request_no, mixed.due_on
    world.planned(database)
    with database.reading() as session:
        rows = world.all_requests(session)
        assert set(rows) == {number, f"{number}-2"} and {row.due_on for row in rows.values()} == {due_on}
        held = session.execute(select(Container.request_id, Container.declared_g)).all()
        by_request = {row.id: {g for key, g in held if key == row.id} for row in rows.values()}
        assert sorted(map(sorted, by_request.values())) == [[130_000, 140_000], [160_000]]
    world.planned(database)
    with database.reading() as session:
        assert len(world.all_requests(session)) == 2, "a split request is not split again"


def test_wastes_that_get_on_stay_one_request(database: Database) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (OIL, (160_000,)), (RAGS, (40_000,)))
    world.planned(database)
    with database.reading() as session:
        assert len(world.all_requests(session)) == 1


def test_acid_and_lye_of_two_firms_never_ride_together(database: Database) -> None:
    with database.transaction() as session:
        for serial, code in enumerate((ACID, LYE, ACID, LYE), 1):
            world.firm_with_requests(session, serial, (code, (100_000,)))
    with database.reading() as session:
        plan = world.plan_of(session, world.planned(database))
        for row in plan.rounds:
            for trip in row.trips:
                firms_here = {stop.request.enterprise.lon_e6 // 3_000 % 2 for stop in trip.stops}
                assert len(firms_here) == 1


def trips_of_oil_and_battery(database: Database, partitioned: bool) -> int:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (OIL, (100_000,)))
        world.firm_with_requests(session, 2, (BATTERY, (100_000,)))
        session.execute(update(Vehicle).values(partitioned=partitioned))
    with database.reading() as session:
        return sum(len(row.trips) for row in world.plan_of(session, world.planned(database)).rounds)


def test_batteries_and_oil_share_a_trip_behind_a_partition(database: Database) -> None:
    assert trips_of_oil_and_battery(database, partitioned=True) == 1


def test_batteries_and_oil_share_no_trip_without_a_partition(database: Database) -> None:
    assert trips_of_oil_and_battery(database, partitioned=False) == 2


def test_one_firms_oil_and_batteries_wait_for_a_vehicle_with_a_partition(database: Database) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (OIL, (100_000,)), (BATTERY, (100_000,)))
    with database.reading() as session:
        [row] = world.plan_of(session, world.planned(database)).rounds
        assert row.vehicle.partitioned and len(world.all_requests(session)) == 1


def test_one_firms_oil_and_batteries_are_parted_where_no_vehicle_has_a_partition(
    database: Database,
) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (OIL, (100_000,)), (BATTERY, (100_000,)))
        session.execute(update(Vehicle).values(partitioned=False))
    world.planned(database)
    with database.reading() as session:
        assert len(world.all_requests(session)) == 2


def test_vehicles_and_crews_of_published_rounds_are_not_planned_again(database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.published(database)
    with database.transaction() as session:
        busy = {row.vehicle.plate for row in world.plan_of(session, plan_id).rounds}
        world.firm_with_requests(session, 9)
    with database.reading() as session:
        problem, keys = planning.build_problem(session, service_on=DAY)
        assert busy and not busy & {vehicle.id for vehicle in problem.vehicles}
        taken = {p for row in world.plan_of(session, plan_id).rounds for p in (row.driver_id, row.escort_id)}
        assert not taken & {person for crew in keys.crews.values() for person in crew}


def test_the_more_pressing_request_costs_more_to_leave_out(database: Database) -> None:
    with database.transaction() as session:
        calm = world.firm_with_requests(session, 1)
        pressing = world.firm_with_requests(session, 2)
        urgent = world.firm_with_requests(session, 3, urgent=True)
        calm.due_on, pressing.due_on = DAY + timedelta(days=20), DAY + timedelta(days=1)
        order = [calm.request_no, pressing.request_no, urgent.request_no]
    with database.reading() as session:
        problem, _ = planning.build_problem(session, service_on=DAY)
    penalty = {stop.id: stop.penalty_fen for stop in problem.stops}
    assert penalty[order[0]] < penalty[order[1]] < penalty[order[2]]


def test_a_plan_that_breaks_a_rule_is_never_stored(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.waiting(database, 1)
    monkeypatch.setattr(plans.routing, "check", lambda problem, solution: ["broken"])
    with pytest.raises(plans.PlanBreaksRules):
        world.planned(database)
    with database.reading() as session:
        assert session.scalars(select(RoutePlan)).all() == []


# --- storage shares ------------------------------------------------------------------------------


@given(
    zones=st.lists(
        st.tuples(st.integers(0, 1000), st.frozensets(st.sampled_from("ABC"), min_size=1)), max_size=4
    ),
    incoming=st.dictionaries(st.sampled_from("ABC"), st.integers(0, 500)),
    wanted=st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(0, 2000)),
)
def test_the_shares_of_all_classes_fit_the_zones_together(
    zones: list[tuple[int, frozenset[str]]], incoming: dict[str, int], wanted: dict[str, int]
) -> None:
    rooms = [storage.ZoneRoom(left, groups) for left, groups in zones]
    shares = storage.shares(
        rooms, incoming_g=incoming, wanted_g={(group, f"{group}:1"): g for group, g in wanted.items()}
    )
    for groups in ({"A"}, {"B"}, {"A", "B"}, {"A", "B", "C"}):
        room = sum(zone.left_g for zone in rooms if zone.groups & groups)
        assert sum(shares.get(f"{group}:1", 0) for group in groups) <= room
    assert all(shares[f"{group}:1"] <= g for group, g in wanted.items())


# --- runs as jobs --------------------------------------------------------------------------------


def requested_run(database: Database, **options: Any) -> UUID:
    who = world.dispatcher(database)
    with database.transaction() as session:
        values: dict[str, Any] = {"service_on": DAY, "seed": 1, "budget_s": 1} | options
        return planning.request_run(session, actor=who, now=NOW, **values).id


def run_of(database: Database, run_id: UUID) -> PlanningRun:
    with database.reading() as session:
        run = session.get_one(PlanningRun, run_id)
        session.expunge(run)
        return run


def test_a_run_ends_with_a_plan(database: Database) -> None:
    world.waiting(database, 2)
    run_id = requested_run(database)
    plan_id = planning.execute_run(database, run_id=run_id, now=lambda: NOW)
    run = run_of(database, run_id)
    assert run.state == "done" and run.plan_id == plan_id and run.progress_permille == 1000
    assert run.input_digest and run.finished_at == NOW
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None, "done once is done"


def test_a_run_for_a_day_nobody_waits_for_fails_with_its_reason(database: Database) -> None:
    run_id = requested_run(database)
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None
    run = run_of(database, run_id)
    assert run.state == "failed" and run.failure.startswith("plan.nothing_to_plan")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"budget_s": 0}, "plan.budget_out_of_range"),
        ({"budget_s": 1801}, "plan.budget_out_of_range"),
        ({"service_on": firms.TODAY - timedelta(days=1)}, "plan.day_over"),
    ],
)
def test_a_run_needs_a_budget_and_a_day_to_come(
    database: Database, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        requested_run(database, **options)
    assert refusal.value.code == code


def test_one_run_at_a_time_for_a_day(database: Database) -> None:
    requested_run(database)
    with pytest.raises(Conflict, match=r"plan\.run_under_way"):
        requested_run(database)
    requested_run(database, service_on=DAY + timedelta(days=1))


def test_a_waiting_run_is_cancelled_at_once(database: Database) -> None:
    run_id = requested_run(database)
    who = world.dispatcher(database)
    with database.transaction() as session:
        planning.cancel_run(session, actor=who, run_id=run_id, now=NOW)
    assert run_of(database, run_id).state == "cancelled"
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None
    with database.transaction() as session, pytest.raises(Conflict, match=r"plan\.run_over"):
        planning.cancel_run(session, actor=who, run_id=run_id, now=NOW)


def test_a_running_run_stops_when_somebody_cancels_it(database: Database) -> None:
    world.waiting(database, 2)
    run_id = requested_run(database)
    change(
        database,
        update(PlanningRun).where(PlanningRun.id == run_id).values(cancel_requested=True),
    )
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None
    run = run_of(database, run_id)
    assert run.state == "cancelled" and run.plan_id is None
    with database.reading() as session:
        assert session.scalars(select(RoutePlan)).all() == []


def test_a_dead_workers_run_is_taken_up_and_its_late_result_is_dropped(database: Database) -> None:
    world.waiting(database, 2)
    run_id = requested_run(database)
    held = planning.runs._Held.take(database, run_id, lambda: NOW)
    assert held is not None
    assert planning.execute_run(database, run_id=run_id, now=lambda: NOW) is None, "the lease still holds"
    later = NOW + leases.LEASE + timedelta(seconds=1)
    with database.transaction() as session:
        assert planning.requeue_expired(session, now=later) == [run_id]
    plan_id = planning.execute_run(database, run_id=run_id, now=lambda: later)
    assert plan_id is not None
    with pytest.raises(planning.runs.LeaseLost):
        held.work()
    with database.reading() as session:
        assert [row.id for row in session.scalars(select(RoutePlan))] == [plan_id]


def test_a_run_that_kills_its_workers_is_given_up(database: Database) -> None:
    run_id = requested_run(database)
    change(
        database,
        update(PlanningRun)
        .where(PlanningRun.id == run_id)
        .values(state="running", attempt=3, lease_until_at=NOW - timedelta(seconds=1)),
    )
    with database.transaction() as session:
        assert planning.requeue_expired(session, now=NOW) == []
    run = run_of(database, run_id)
    assert run.state == "failed" and run.failure == "plan.worker_lost"


def test_a_run_that_never_reached_the_queue_is_put_there(database: Database) -> None:
    run_id = requested_run(database)
    with database.transaction() as session:
        assert planning.requeue_expired(session, now=NOW + timedelta(seconds=30)) == []
        assert planning.requeue_expired(session, now=NOW + timedelta(seconds=61)) == [run_id]


def test_the_heartbeat_tells_how_far_it_is_and_hears_the_cancellation(database: Database) -> None:
    run_id = requested_run(database, budget_s=10)
    clock = [NOW]
    held = planning.runs._Held.take(database, run_id, lambda: clock[0])
    assert held is not None
    clock[0] = NOW + timedelta(seconds=5)
    held.on_progress(routing.Progress(best_cost_fen=9, assigned=3, unassigned=1, iterations=7, seconds=5.0))
    run = run_of(database, run_id)
    assert (run.progress_permille, run.progress_assigned, run.progress_total) == (500, 3, 4)
    assert not held.is_cancelled()
    who = world.dispatcher(database)
    with database.transaction() as session:
        planning.cancel_run(session, actor=who, run_id=run_id, now=NOW)
    clock[0] += timedelta(seconds=2)
    assert held.is_cancelled()
