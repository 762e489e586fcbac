"""The solver uses a rule to its limit and gives the reason, with numbers, just beyond it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.planner_cases import day
from routing import (
    BreakRule,
    Conflict,
    Order,
    Problem,
    Progress,
    Solution,
    StopRule,
    check,
    greedy,
    insertable,
    solve,
)
from tests.routing.builders import HOUR, MINUTE, depot, planned, problem, reasons, road, stop, trips, vehicle

Solver = Callable[[Problem], Solution]
SOLVERS: list[Any] = [pytest.param(planned, id="solve"), pytest.param(greedy.solve, id="greedy")]
pytestmark = pytest.mark.parametrize("plan", SOLVERS)


A, B = stop("a", 1), stop("b", 2)
FIRST = 8 * HOUR


@pytest.mark.parametrize(
    ("fits", "short", "reason", "numbers"),
    [
        (problem(stop("a", 1, 1000)), problem(stop("a", 1, 1001)), "capacity_too_small", {"over": 1}),
        (
            problem(A, vehicles=(vehicle(licences={"oil"}),)),
            problem(A, vehicles=(vehicle(licences={"acid"}),)),
            "no_licensed_vehicle",
            {"load_class": "oil", "vehicle": "V"},
        ),
        (
            problem(A, depots=(depot(accepts={"oil"}),)),
            problem(A, depots=(depot(accepts={"acid"}),)),
            "depot_not_accepting",
            {"load_class": "oil", "depot": "D"},
        ),
        (
            problem(A, depots=(depot(storage_left={"oil": 100}),)),
            problem(A, depots=(depot(storage_left={"oil": 60}),)),
            "storage_full",
            {"over_g": 40, "load_class": "oil"},
        ),
        (
            problem(A, depots=(depot(storage_total_left_g=100),)),
            problem(A, depots=(depot(storage_total_left_g=99),)),
            "storage_full",
            {"over_g": 1, "load_class": "*"},
        ),
        (
            problem(stop("a", 1, windows=((0, FIRST + 60),))),
            problem(stop("a", 1, windows=((0, FIRST + 59),))),
            "time_window",
            {"late_s": 1},
        ),
        (
            problem(A, vehicles=(vehicle(shift_end_s=FIRST + 720),)),
            problem(A, vehicles=(vehicle(shift_end_s=FIRST + 719),)),
            "shift_too_short",
            {"over_s": 1},
        ),
        (
            problem(A, vehicles=(vehicle(max_shift_s=720),)),
            problem(A, vehicles=(vehicle(max_shift_s=719),)),
            "shift_too_short",
            {"over_s": 1},
        ),
        (
            problem(A, depots=(depot(close_s=FIRST + 720),)),
            problem(A, depots=(depot(close_s=FIRST + 719),)),
            "depot_closed",
            {"over_s": 1},
        ),
        (
            problem(A, vehicles=(vehicle(max_distance_m=2000),)),
            problem(A, vehicles=(vehicle(max_distance_m=1999),)),
            "distance_too_long",
            {"over_m": 1},
        ),
        (
            problem(A, break_rule=BreakRule(60, 60)),
            problem(A, break_rule=BreakRule(59, 60)),
            "rest_impossible",
            {"driving_s": 120},
        ),
        (
            problem(stop("a", 1, allowed_depots={"D"})),
            problem(stop("a", 1, allowed_depots=set())),
            "no_allowed_depot",
            {},
        ),
        (
            problem(stop("a", 1, load={"oil": {"mass_g": 1}, "acid": {"mass_g": 1}})),
            problem(
                stop("a", 1, load={"oil": {"mass_g": 1}, "acid": {"mass_g": 1}}),
                conflicts=(Conflict("oil", "acid"),),
            ),
            "class_conflict",
            {"load_class": "acid, oil"},
        ),
    ],
)
def test_a_stop_just_fits_or_its_reason_carries_the_numbers(
    plan: Solver, fits: Problem, short: Problem, reason: str, numbers: dict[str, Any]
) -> None:
    assert plan(fits).unassigned == ()
    (left,) = plan(short).unassigned
    assert left.reason == reason
    assert numbers.items() <= left.numbers.items()
    assert insertable(short, plan(short), "a") is None


def test_too_much_for_one_trip_makes_a_second(plan: Solver) -> None:
    stops = (stop("a", 1, 600), stop("b", 2, 600))
    assert trips(plan(problem(*stops, vehicles=(vehicle(max_trips=2),)))) in (
        {"V": [["a"], ["b"]]},
        {"V": [["b"], ["a"]]},
    )
    single = plan(problem(*stops))
    assert list(reasons(single).values()) == ["fleet_exhausted"]
    assert single.unassigned[0].numbers["over"] == 200


def test_incompatible_classes_ride_on_different_trips(plan: Solver) -> None:
    case = problem(
        stop("a", 1),
        stop("b", 1, load_class="acid"),
        vehicles=(vehicle(max_trips=2),),
        conflicts=(Conflict("oil", "acid"),),
    )
    assert sorted(trips(plan(case))["V"]) == [["a"], ["b"]]
    single = problem(*case.stops, conflicts=case.conflicts)
    assert list(reasons(plan(single)).values()) == ["class_conflict"]
    assert len(trips(plan(problem(*case.stops)))["V"]) == 1


@pytest.mark.parametrize("rule", [{"solo": {"lab"}}, {"conflicts": (Conflict("lab", "lab"),)}])
def test_a_class_that_quarrels_with_itself_goes_one_stop_a_trip(plan: Solver, rule: dict[str, Any]) -> None:
    stops = (stop("a", 1, load_class="lab"), stop("b", 1, load_class="lab"))
    case = problem(*stops, vehicles=(vehicle(max_trips=2),), **rule)
    assert len(trips(plan(case))["V"]) == 2
    assert list(reasons(plan(problem(*stops, **rule))).values()) == ["class_conflict"]


def test_a_class_that_travels_alone_still_shares_with_its_own(plan: Solver) -> None:
    own = (stop("a", 1, load_class="lab"), stop("b", 1, load_class="lab"))
    assert len(trips(plan(problem(*own, alone={"lab"})))["V"]) == 1
    mixed = (stop("a", 1, load_class="lab"), stop("b", 1))
    assert list(reasons(plan(problem(*mixed, alone={"lab"}))).values()) == ["class_conflict"]


def test_storage_counts_all_trips_and_the_costlier_stop_is_kept(plan: Solver) -> None:
    stops = (stop("a", 1, 600, penalty_fen=50_000), stop("b", 2, 600, penalty_fen=90_000))
    case = problem(*stops, vehicles=(vehicle(max_trips=2),), depots=(depot(storage_left={"oil": 1199}),))
    assert reasons(plan(case)) == {"a": "storage_full"}
    assert plan(case).unassigned[0].numbers["over_g"] == 1


def test_a_full_platform_sends_what_may_go_elsewhere_to_the_neighbour(plan: Solver) -> None:
    depots = (depot(storage_total_left_g=100), depot(id="E", location=9))
    cars = (vehicle(), vehicle("W", depot="E"))
    stops = (stop("a", 1, allowed_depots={"D"}), stop("b", 1))
    assert trips(plan(problem(*stops, depots=depots, vehicles=cars))) == {"V": [["a"]], "W": [["b"]]}


def test_the_rest_is_planned_and_long_enough(plan: Solver) -> None:
    far = tuple(stop(f"s{i}", i, windows=((FIRST, 17 * HOUR),)) for i in (3, 6, 9))
    case = problem(*far, travel=road(10, seconds=20 * MINUTE))
    solution = plan(case)
    assert solution.unassigned == ()
    assert solution.routes[0].drive_s == 6 * HOUR
    assert solution.routes[0].rest_s == 20 * MINUTE
    assert plan(problem(*far, travel=road(10, seconds=20 * MINUTE), break_rule=None)).routes[0].rest_s == 0


def test_a_rest_that_does_not_fit_the_shift_leaves_a_stop_out(plan: Solver) -> None:
    travel, day_s = road(10, seconds=20 * MINUTE), 6 * HOUR + 30 * MINUTE
    stops = tuple(stop(f"s{i}", i) for i in (3, 6, 9))
    with_rest = vehicle(max_shift_s=day_s + 20 * MINUTE)
    assert plan(problem(*stops, travel=travel, vehicles=(with_rest,))).unassigned == ()
    without = vehicle(max_shift_s=day_s + 20 * MINUTE - 1)
    assert reasons(plan(problem(*stops, travel=travel, vehicles=(without,)))) != {}


def test_several_windows_are_all_used(plan: Solver) -> None:
    noon = ((FIRST, FIRST + 30 * MINUTE), (13 * HOUR, 13 * HOUR + 30 * MINUTE))
    stops = tuple(stop(name, 1, windows=noon, service_s=20 * MINUTE) for name in "abcd")
    solution = plan(problem(*stops))
    assert solution.unassigned == ()
    starts = [visit.start_s for visit in solution.routes[0].trips[0].visits]
    assert sum(start >= 13 * HOUR for start in starts) == 2


def test_a_second_vehicle_is_used_only_when_needed(plan: Solver) -> None:
    cars = (vehicle(), vehicle("W"))
    assert len(plan(problem(A, B, vehicles=cars)).routes) == 1
    heavy = (stop("a", 1, 600), stop("b", 2, 600))
    assert len(plan(problem(*heavy, vehicles=cars)).routes) == 2


def test_small_cases_are_quick(plan: Solver) -> None:
    case = day(10, 1)
    plan(day(3, 1))  # imports and first-use costs are not the question
    begin = time.process_time()
    plan(case)
    assert time.process_time() - begin < (0.03 if plan is greedy.solve else 1.5)


def test_a_run_stopped_by_count_repeats_itself(plan: Solver) -> None:
    case = day(8, 2, seed=3)
    first, second = plan(case), plan(case)
    assert (first.routes, first.unassigned, first.cost_fen) == (
        second.routes,
        second.unassigned,
        second.cost_fen,
    )
    assert check(case, first) == []


class Cancel:
    """A wish to stop, and what all threads of this process worked since: a busy machine may let them wait."""

    begin_s: float | None = None

    def __call__(self) -> None:
        self.begin_s = time.process_time()

    def is_wanted(self) -> bool:
        return self.begin_s is not None

    def worked_since_s(self) -> float:
        assert self.begin_s is not None
        return time.process_time() - self.begin_s


def test_cancelling_returns_the_best_so_far_within_a_second(plan: Solver) -> None:
    if plan is greedy.solve:
        return
    case = day(10, 3)
    for workers in (1, 2):
        cancel = Cancel()
        timer = threading.Timer(0.5, cancel)
        timer.start()
        stop_rule = StopRule(seconds=60)
        solution = solve(case, stop=stop_rule, cancelled=cancel.is_wanted, workers=workers)
        timer.cancel()
        assert solution.stats.cancelled
        assert cancel.worked_since_s() < workers
        assert check(case, solution) == []


def test_progress_never_gets_worse_and_ends_at_the_result(plan: Solver) -> None:
    if plan is greedy.solve:
        return
    told: list[Progress] = []
    case = problem(*(stop(f"s{i}", i) for i in range(1, 9)))
    solution = solve(case, stop=StopRule(iterations=60), progress=told.append)
    costs = [item.best_cost_fen for item in told]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] >= solution.cost_fen
    assert told[-1].assigned == 8


def test_a_lower_bound_is_told_and_holds(plan: Solver) -> None:
    if plan is greedy.solve:
        return
    told: list[Progress] = []
    case = day(8, 2, seed=6)
    solution = solve(case, stop=StopRule(iterations=300), progress=told.append)
    bound = told[-1].lower_bound_fen
    assert bound is not None
    assert 0 < bound <= solution.cost_fen


def test_without_numba_the_plan_is_made_in_plain_python(
    plan: Solver, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plan is greedy.solve:
        return
    monkeypatch.setitem(sys.modules, "routing.engine", None)
    case = day(8, 2, seed=6)
    told: list[Progress] = []
    solution = solve(case, stop=StopRule(iterations=60), seed=1, progress=told.append)
    assert solution.stats.engine == "python"
    assert check(case, solution) == []
    assert told[-1].best_cost_fen >= solution.cost_fen
    assert solution.cost_fen <= greedy.solve(case).cost_fen
    assert solution.routes == solve(case, stop=StopRule(iterations=60), seed=1).routes


def test_numbers_too_large_for_the_engine_are_planned_in_plain_python(plan: Solver) -> None:
    heavy = problem(
        stop("a", 1, 10**15),
        depots=(depot(unload_per_unit_s=3600, unload_unit=10**15),),
        vehicles=(vehicle(capacity={"mass_g": 10**15}),),
    )
    solution = plan(heavy)
    assert solution.unassigned == ()
    assert solution.stats.engine in ("python", "greedy")


def test_a_small_day_is_planned_again_with_pins_in_two_seconds(plan: Solver) -> None:
    if plan is greedy.solve:
        return
    case = day(20, 3, seed=2)
    first = solve(case, stop=StopRule(iterations=2000))
    kept = first.routes[0]
    pins = tuple(visit.stop_id for trip in kept.trips for visit in trip.visits)
    pinned = replace(case, orders=(Order(vehicle=kept.vehicle_id, stops=pins),))
    begin = time.process_time()
    again = solve(pinned, stop=StopRule(seconds=1.5), initial=first)
    assert time.process_time() - begin < 2
    assert again.cost_fen <= first.cost_fen
    (same,) = [route for route in again.routes if route.vehicle_id == kept.vehicle_id]
    visited = [visit.stop_id for trip in same.trips for visit in trip.visits]
    assert [stop_id for stop_id in visited if stop_id in pins] == list(pins)


def test_a_warm_start_is_never_made_worse(plan: Solver) -> None:
    case = day(8, 2, seed=6)
    first = plan(case)
    again = solve(case, stop=StopRule(iterations=0), initial=first)
    assert again.cost_fen <= first.cost_fen


def test_a_warm_start_survives_stops_and_vehicles_that_are_gone(plan: Solver) -> None:
    first = plan(problem(A, B, vehicles=(vehicle(), vehicle("W"))))
    changed = problem(A, stop("c", 3), vehicles=(vehicle("W"),))
    solution = solve(changed, stop=StopRule(iterations=0), initial=first)
    assert sorted(name for trip in trips(solution)["W"] for name in trip) == ["a", "c"]
