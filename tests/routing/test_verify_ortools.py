"""The OR-Tools routing model accepts what the planner makes, and refuses it once a rule is tightened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bench.planner_cases import day
from routing import Conflict, Problem, StopRule, solve
from routing.verify_ortools import accepts
from tests.routing.builders import HOUR, depot, pinned, planned, problem, stop, under_way, vehicle
from tests.routing.random_problems import full_problems

FIRST = 8 * HOUR
A, B = stop("a", 1), stop("b", 2)


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(full_problems(6))
def test_plans_of_random_problems_are_accepted(case: Problem) -> None:
    assert accepts(case, planned(case, iterations=60))


def test_a_day_of_two_platforms_is_accepted() -> None:
    case = day(10, 2)
    assert accepts(case, solve(case, stop=StopRule(iterations=300)))


@pytest.mark.parametrize(
    "tightened",
    [
        {"stops": (A, stop("b", 2, windows=((0, FIRST + 60),)))},
        {"stops": (A, stop("b", 2, service_s=9 * HOUR))},
        {"stops": (A, stop("b", 2, release_s=17 * HOUR))},
        {"stops": (A, stop("b", 2, allowed_depots=set()))},
        {"stops": (A, stop("b", 2, load_class="lab")), "vehicles": (vehicle(licences={"oil"}),)},
        {"vehicles": (vehicle(capacity={"mass_g": 199}),)},
        {"vehicles": (vehicle(max_shift_s=1439),)},
        {"vehicles": (vehicle(max_distance_m=3999),)},
        {"vehicles": (vehicle(shift_end_s=FIRST + 1439),)},
        {"depots": (depot(close_s=FIRST + 1439),)},
        {"depots": (depot(unload_fixed_s=9 * HOUR),)},
        {"depots": (depot(storage_left={"oil": 199}),)},
        {"depots": (depot(storage_total_left_g=199),)},
        {"conflicts": (Conflict("oil", "oil"),)},
        {"orders": (pinned("b", "a"), )},
        {"orders": (pinned("b", fixed=True),)},
        {"vehicles": (vehicle(under_way=under_way(0, aboard={"oil": {"mass_g": 801}})),)},
    ],
)  # fmt: skip
def test_a_plan_is_refused_once_a_rule_is_tightened(tightened: dict[str, Any]) -> None:
    case = problem(A, B)
    solution = planned(case)
    route = solution.routes[0]
    if [visit.stop_id for visit in route.trips[0].visits] != ["a", "b"]:
        mirrored = replace(case, orders=(pinned("a", "b"),))
        solution = planned(mirrored)
    assert accepts(case, solution)
    assert not accepts(replace(case, **tightened), solution)
