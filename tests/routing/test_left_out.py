"""Days on which not all fit: one stop makes room for another, and what is left out is judged in full."""

from __future__ import annotations

import numpy as np
import pytest

from bench.planner_cases import overfull_day
from routing import Problem, Stop, StopRule, check, schedule, solve
from routing.core.ruin import ruin
from routing.engine import Engine, KindDay, Run
from routing.schedule import EASED, HOT, LEFT_OUT, Phase
from tests.routing.builders import HOUR, problem, road, stop, vehicle

FULL = float("inf")
HEAT = 200.0  # fen; leaving one out counts 10,000 and more


def too_many(*more: Stop) -> Problem:
    """Twelve drums of different weight, of which one truck can take some six."""
    stops = [stop(f"s{i}", i, mass_g=110 + 17 * i, penalty_fen=1000 * i) for i in range(1, 13)]
    trucks = (vehicle(), vehicle("W", capacity={"mass_g": 150}))
    return problem(*stops, *more, vehicles=trucks, travel=road(20))


def annealed(case: Problem, most: float, steps: int = 400) -> tuple[Run, list[int]]:
    """A run at an even temperature, and how many stops it left out after each step."""
    run = Run(Engine(case), seed=3)
    run.step(50, HEAT, HEAT)
    run.ease(most)
    left_out = []
    for _ in range(steps):
        run.step(1, HEAT, HEAT)
        left_out.append(int(run.live.count[0]["absent"]))
    return run, left_out


def test_the_price_of_leaving_out_rises_as_the_temperature_falls() -> None:
    phase = Phase(0.2, 0.6, HOT, 0.06)
    inside = [0.2 + 0.4 * along for along in (EASED[0] + 0.01, 0.4, EASED[1] - 0.01)]
    assert [phase.absence(share) * phase.temperature(share) for share in inside] == pytest.approx(
        [LEFT_OUT] * 3
    )
    assert phase.absence(inside[0]) < phase.absence(inside[1]) < phase.absence(inside[2])


@pytest.mark.parametrize("along", [0.0, EASED[0] - 0.01, EASED[1] + 0.01, 1.0])
def test_at_the_beginning_and_the_end_of_a_cooling_it_counts_in_full(along: float) -> None:
    assert Phase(0.2, 0.6, HOT, 0.06).absence(0.2 + 0.4 * along) == FULL


def test_while_leaving_out_is_cheap_the_search_passes_through_plans_that_lack_more() -> None:
    run, left_out = annealed(too_many(), 800.0)
    assert max(left_out) > len(run.best_absent())


def test_at_full_price_it_never_leaves_out_one_more() -> None:
    _, left_out = annealed(too_many(), FULL)
    assert left_out == sorted(left_out, reverse=True)


@pytest.mark.parametrize("most", [FULL, 800.0, 1.0])
def test_the_best_plan_is_judged_at_full_prices(most: float) -> None:
    run, _ = annealed(too_many(), most)
    absence = run.engine.net.absence[run.best_absent()]
    assert run.best_cost == pytest.approx(sum(run.best_costs()) + float(absence.sum()))


def test_a_plan_taken_over_is_the_best_only_if_it_is_cheaper_at_full_prices() -> None:
    run, _ = annealed(too_many(), 1.0)
    best = run.best_cost
    run.adopt([KindDay(0, (1,))])
    assert run.best_cost == best
    whole = run.best()
    run.adopt(whole)
    assert run.best_cost == pytest.approx(best)


def test_penalties_keep_their_proportion_and_optional_stops_their_price() -> None:
    run = Run(Engine(too_many(stop("spare", 3, optional=True, penalty_fen=70))), seed=1)
    run.ease(800.0)
    absence, price = run.engine.net.absence, run.live.price
    required = np.flatnonzero(run.engine.required)
    parts = price[required] / absence[required]
    assert parts == pytest.approx(np.full(12, 800.0 / np.median(absence[required])))
    spare = run.engine.index.node_of["spare"]
    assert price[spare] == absence[spare] == 70
    run.ease(FULL)
    assert np.array_equal(run.live.price, absence)


def test_leaving_out_never_counts_more_than_in_full() -> None:
    run = Run(Engine(too_many()), seed=1)
    run.ease(1e12)
    assert np.array_equal(run.live.price, run.engine.net.absence)


def test_an_optional_stop_left_out_is_nothing_that_a_plan_lacks() -> None:
    far = stop("spare", 19, optional=True, penalty_fen=1)
    run = Run(Engine(problem(stop("a", 1), far, travel=road(20))), seed=1)
    run.step(20, 1.0, 1.0)
    assert run.best_absent() == [run.engine.index.node_of["spare"]]
    assert not run.lacks


def test_a_required_stop_left_out_is() -> None:
    run, _ = annealed(too_many(), FULL)
    assert run.lacks


def test_on_a_day_on_which_all_fit_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = [stop(f"s{i}", i % 19 + 1, mass_g=90) for i in range(40)]
    case = problem(*stops, vehicles=tuple(vehicle(f"V{i}") for i in range(6)), travel=road(20))
    before = solve(case, stop=StopRule(iterations=3000), seed=1)
    monkeypatch.setattr(schedule, "LEFT_OUT", 0.001)
    after = solve(case, stop=StopRule(iterations=3000), seed=1)
    assert (before.unassigned, after.routes) == ((), before.routes)


def two_towns() -> tuple[Run, int]:
    """Two trucks, each in a town of its own; a stop of the second town is left out. And that stop."""
    first = [stop(f"a{i}", 1 + i, mass_g=200) for i in range(5)]
    second = [stop(f"b{i}", 90 + i, mass_g=200, windows=((9 * HOUR, 17 * HOUR),)) for i in range(6)]
    case = problem(*first, *second, vehicles=(vehicle("V"), vehicle("W")), travel=road(100))
    run = Run(Engine(case), seed=1)
    at = run.engine.index.node_of
    run.adopt([KindDay(0, tuple(at[f"{town}{i}"] for i in range(5))) for town in "ab"])
    return run, at["b5"]


@pytest.mark.parametrize(("most", "towns"), [(500.0, {"b"}), (FULL, {"a", "b"})])
def test_while_it_is_cheap_the_iterations_begin_where_a_stop_is_left_out(
    most: float, towns: set[str]
) -> None:
    run, out = two_towns()
    assert run.live.absent[:1].tolist() == [out]
    run.ease(most)
    run.knobs[0]["focus"] *= 2  # always instead of every other time
    name = {node: name for name, node in run.engine.index.node_of.items()}
    first_hit = set()
    for _ in range(40):
        run.live.count[0]["stamp"] += 1
        run.live.count[0]["old"] = run.live.count[0]["new"] = run.live.count[0]["gone"] = 0
        run.live.count[0]["hit"] = 0
        ruin(run.engine.net, run.live, run.knobs)
        first_hit.add(name[int(run.live.gone[0])][0])
        run.adopt(run.best())
    assert first_hit == towns


def test_a_day_with_a_vehicle_fewer_is_planned_by_the_rules_and_leaves_something_out() -> None:
    case = overfull_day(1)
    solution = solve(case, stop=StopRule(iterations=2000), seed=1)
    assert check(case, solution) == []
    assert solution.unassigned
