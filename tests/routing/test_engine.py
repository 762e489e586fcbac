"""The compiled engine: finds the best plan of small problems, never breaks a rule, repeats itself."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from bench.planner_cases import day
from routing import Conflict, Problem, Solution, StopRule, Travel, Vehicle, check, greedy, solve
from routing.compiled import Compiled
from routing.core.layout import KIND
from routing.engine import Engine, KindDay, Run
from routing.finish import plan_of
from tests.routing.brute_force import best_cost
from tests.routing.builders import HOUR, problem, road, stop, vehicle
from tests.routing.random_problems import full_problems, problems

ROOT = Path(__file__).resolve().parents[2]
FEW = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def by_count(case: Problem, iterations: int = 400, **options: Any) -> Solution:
    return solve(case, stop=StopRule(iterations=iterations), seed=1, **options)


@FEW
@given(problems(5))
def test_the_best_plan_of_a_small_problem_is_found(case: Problem) -> None:
    assert plan_of(Compiled(case), by_count(case)).cost() == best_cost(case)


@FEW
@given(full_problems(7))
def test_random_problems_hold_every_rule(case: Problem) -> None:
    solution = by_count(case, 60)
    assert check(case, solution) == []
    assert plan_of(Compiled(case), solution).cost() <= plan_of(Compiled(case), greedy.solve(case)).cost() + 1


@FEW
@given(full_problems(7))
def test_the_exact_judge_takes_every_day_of_the_engine_at_its_price_or_less(case: Problem) -> None:
    engine = Engine(case)
    run = Run(engine, seed=1)
    run.step(60, 500.0, 5.0)
    c = Compiled(case)
    planned = engine.plan_of(c, run.best())
    absent = {node - engine.first + c.stop_nodes.start for node in run.best_absent() + engine.never}
    assert planned.absent == absent
    assert sum(item.cost_fen for item in planned.days) <= sum(run.best_costs()) + len(planned.days)


def test_seven_stops_in_the_best_order() -> None:
    places = np.array([[0, 0], [4, 1], [9, 3], [2, 8], [7, 7], [5, 5], [1, 4], [8, 0]])
    metres = (np.abs(places[:, None] - places[None]).sum(-1) * 1000).astype(np.int64)
    stops = tuple(stop(f"s{i}", i, windows=((8 * HOUR, (9 + i) * HOUR),)) for i in range(1, 8))
    case = problem(*stops, vehicles=(vehicle(capacity={"mass_g": 900}),), travel=Travel(metres, metres // 20))
    assert by_count(case).cost_fen == best_cost(case)


def trucks_of_two_sizes(*stops: Any) -> Problem:
    """Many small trucks, and two large ones with compartments, each of which does the work of four."""
    small = {"capacity": {"mass_g": 1200}, "fixed_cost_fen": 26_000}
    large = {"capacity": {"mass_g": 4800}, "fixed_cost_fen": 48_000, "separates": True}
    return problem(
        *stops,
        vehicles=(
            *(vehicle(f"S{i}", **small) for i in range(20)),
            *(vehicle(f"L{i}", **large) for i in range(2)),
        ),
        travel=road(100, metres=100),
        conflicts=(Conflict("oil", "acid", kind="unless_separated"),),
    )


def test_small_days_grow_into_those_of_trucks_with_compartments() -> None:
    stops = (stop(f"s{i}", 1 + i, service_s=60) for i in range(90))
    run = Run(Engine(trucks_of_two_sizes(*stops)), seed=1)
    run.adopt([KindDay(0, tuple(range(first, first + 10))) for first in range(1, 91, 10)])
    run.step(2000, 10.0, 10.0)
    assert [day.kind for day in run.best()] == [1, 1]


def test_what_needs_compartments_calls_for_the_truck_that_has_them() -> None:
    mixed = [stop(f"s{i}", 1 + i, load_class="acid" if i == 2 else "oil") for i in range(4)]
    solution = by_count(trucks_of_two_sizes(*mixed), 300)
    assert [route.vehicle_id for route in solution.routes] == ["L0"]


def test_what_needs_none_goes_back_to_a_truck_without() -> None:
    few = [stop(f"s{i}", 1 + i) for i in range(4)]
    assert [route.vehicle_id[0] for route in by_count(trucks_of_two_sizes(*few), 300).routes] == ["S"]


def test_a_run_stopped_by_count_repeats_itself_and_another_seed_differs() -> None:
    case = day(8, 3, seed=4)
    once, again = by_count(case, 3000), by_count(case, 3000)
    assert (once.routes, once.cost_fen) == (again.routes, again.cost_fen)
    assert once.stats.iterations == 3000
    assert once.stats.subsolves > 0
    other = solve(case, stop=StopRule(iterations=3000), seed=2)
    assert other.routes != once.routes


def test_two_runs_that_share_their_days_repeat_themselves() -> None:
    case = day(8, 3, seed=4)
    once, again = by_count(case, 3000, workers=2), by_count(case, 3000, workers=2)
    assert once.routes == again.routes
    assert once.stats.iterations == 3000
    assert once.cost_fen < greedy.solve(case).cost_fen


def test_cpu_seconds_bound_a_run() -> None:
    solution = solve(day(8, 3), stop=StopRule(cpu_seconds=0.5), seed=1)
    assert solution.stats.iterations > 100


def test_a_day_with_more_stops_than_a_row_has_places() -> None:
    stops = tuple(stop(f"s{i}", 1 + i % 9, 1, service_s=0) for i in range(150))
    case = problem(*stops, vehicles=(vehicle(), vehicle("W")))
    solution = by_count(case, 300)
    assert solution.unassigned == ()
    assert solution.routes[0].distance_m == 18_000


# ---------------------------------------------------------------- the same problem told differently


def costs(*cases: Problem, iterations: int = 4000) -> list[int]:
    return [by_count(case, iterations).cost_fen for case in cases]


def test_three_times_the_prices_make_the_same_plan_at_three_times_the_cost() -> None:
    case = day(6, 2, seed=3)
    dear = replace(case, vehicles=tuple(_dearer(item, 3) for item in case.vehicles))
    dear = replace(dear, stops=tuple(replace(item, penalty_fen=3 * item.penalty_fen) for item in case.stops))
    cheap, triple = costs(case, dear)
    assert abs(triple - 3 * cheap) <= 0.01 * triple


def _dearer(item: Vehicle, times: int) -> Vehicle:
    names = ("fixed_cost_fen", "cost_per_km_fen", "cost_per_h_fen")
    return replace(item, **{name: times * getattr(item, name) for name in names})


def test_names_mean_nothing() -> None:
    case = day(6, 2, seed=3)
    renamed = replace(
        case,
        stops=tuple(replace(item, id=f"other {i}") for i, item in enumerate(case.stops)),
        vehicles=tuple(replace(item, id=f"car {i}") for i, item in enumerate(case.vehicles)),
    )
    assert by_count(case, 500).cost_fen == by_count(renamed, 500).cost_fen


def test_a_vehicle_nobody_needs_changes_next_to_nothing() -> None:
    case = day(6, 2, seed=3)
    useless = vehicle("useless", depot="P1", capacity=dict.fromkeys(case.vehicles[0].capacity, 0))
    without, with_it = costs(case, replace(case, vehicles=(*case.vehicles, useless)))
    assert abs(with_it - without) <= 0.01 * without


@pytest.mark.parametrize("change", [{"conflicts": ()}, {"alone": frozenset()}, {"break_rule": None}])
def test_a_rule_less_never_makes_the_plan_dearer(change: dict[str, Any]) -> None:
    case = day(6, 2, seed=3)
    bound, free = costs(case, replace(case, **change))
    assert free <= 1.01 * bound


# ---------------------------------------------------------------- indexes


@pytest.mark.long  # compiles everything once more
def test_no_index_is_ever_out_of_bounds() -> None:
    """The same random days once more with every index checked, in a process of its own."""
    code = (
        "from bench.planner_cases import day; from routing import *\n"
        "from tests.routing.test_engine import long_day\n"
        "for case in (day(10, 3, seed=2), long_day()):\n"
        "    assert check(case, solve(case, stop=StopRule(iterations=600), workers=2)) == []"
    )
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def long_day() -> Problem:
    """Long trips with rests, so that rows grow and labels are made."""
    stops = tuple(stop(f"s{i}", 1 + i % 9, 1, service_s=0) for i in range(90))
    return problem(*stops, travel=road(10, seconds=900), vehicles=(vehicle(max_trips=2), vehicle("W")))


def test_kinds_that_no_rule_tells_apart_are_one() -> None:
    engine = Engine(problem(stop("a", 1), vehicles=(vehicle(), vehicle("W"), vehicle("X", fixed_cost_fen=1))))
    assert engine.net.kinds.dtype == KIND
    assert [engine.vehicles_of(k) for k in range(2)] == [["V", "W"], ["X"]]
