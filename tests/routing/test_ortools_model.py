"""OR-Tools re-plans vehicle-days: better, never beyond a rule, the same again when stopped by count."""

from __future__ import annotations

from random import Random

import pytest

from bench.planner_cases import day
from routing import Problem, greedy
from routing.compiled import Compiled
from routing.decompose import improve, neighbourhood
from routing.ortools_model import Budget, replan
from routing.plan import Plan
from tests.routing.builders import problem, stop, vehicle


def crossed(case: Problem, order: str) -> tuple[Compiled, Plan]:
    """A plan that visits the stops of the first vehicle in this order, one trip."""
    from routing.team import plan_from

    c = Compiled(case)
    return c, plan_from(c, {0: (tuple(c.node_of[name] for name in order),)})


def test_a_crossed_order_is_straightened() -> None:
    case = problem(stop("a", 1), stop("b", 5), stop("c", 3), stop("d", 7))
    c, plan = crossed(case, "badc")
    days = replan(c, plan, [0], [], Budget(solutions=60))
    assert days is not None
    assert days[0].distance_m == 14_000 < plan.days[0].distance_m


def test_a_left_out_stop_is_taken_in() -> None:
    case = problem(stop("a", 1), stop("b", 2))
    c, plan = crossed(case, "a")
    days = replan(c, plan, [0], sorted(plan.absent), Budget(solutions=30))
    assert days is not None
    assert sum(len(trip) for trip in days[0].trips) == 2


@pytest.mark.parametrize("budget", [Budget(solutions=20), Budget(milliseconds=100)])
def test_one_stop_alone_does_not_hang(budget: Budget) -> None:
    c, plan = crossed(problem(stop("a", 1)), "a")
    assert replan(c, plan, [0], [], budget) is not None


def test_two_vehicles_become_one_when_that_is_cheaper() -> None:
    case = problem(stop("a", 1), stop("b", 2), vehicles=(vehicle(), vehicle("W", fixed_cost_fen=50_000)))
    from routing.team import plan_from

    c = Compiled(case)
    plan = plan_from(c, {0: ((c.node_of["a"],),), 1: ((c.node_of["b"],),)})
    days = replan(c, plan, [0, 1], [], Budget(solutions=60))
    assert days is not None
    assert sum(item.cost_fen for item in days) == 1000 + 400


def test_neighbourhoods_improve_a_greedy_day_and_repeat_themselves() -> None:
    c = Compiled(day(10, 2, seed=2))
    results = []
    for _ in range(2):
        plan, rng, wins = greedy.construct(c), Random(5), 0
        for _ in range(6):
            better = improve(c, plan, rng, Budget(solutions=40))
            if better is not None:
                assert better.cost() < plan.cost()
                assert better.storage_holds()
                plan, wins = better, wins + 1
        results.append((wins, [item.trips for item in plan.days]))
    assert results[0] == results[1]
    assert results[0][0] > 0


def test_a_neighbourhood_is_small_and_within_its_vehicles() -> None:
    c = Compiled(day(12, 3))
    plan = greedy.construct(c)
    rng = Random(1)
    for _ in range(20):
        chosen = neighbourhood(c, plan, rng, {0, 1, 2, 3})
        assert set(chosen) <= {0, 1, 2, 3}
        assert len(chosen) <= 5
    assert neighbourhood(c, Plan(c), rng) == []
