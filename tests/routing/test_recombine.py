"""Set partitioning puts the best days of several runs together, within the rules no single day knows."""

from __future__ import annotations

from collections.abc import Sequence

from routing import Problem
from routing.compiled import Compiled
from routing.engine import Engine, KindDay, Run
from routing.recombine import Limit, recombine
from routing.schedule import Clock
from routing.solution import StopRule
from routing.team import Team
from tests.routing.builders import depot, problem, stop, vehicle

LIMIT = Limit(deterministic=5.0)
STOPS = (stop("a", 2), stop("b", 4), stop("c", 6), stop("d", 8))
CARS = (vehicle(capacity={"mass_g": 200}), vehicle("W", capacity={"mass_g": 200}))


def runs_with(case: Problem, *plans: Sequence[str]) -> tuple[Engine, list[Run]]:
    """A run per plan; a plan is the stops of each day, in order, by a vehicle of the first kind."""
    engine = Engine(case)
    runs: list[Run] = []
    for number, plan in enumerate(plans):
        run = Run(engine, seed=number)
        run.adopt([KindDay(0, tuple(engine.index.node_of[name] for name in names)) for names in plan])
        runs.append(run)
    return engine, runs


def names(engine: Engine, days: Sequence[KindDay] | None) -> list[str]:
    assert days is not None
    stops = engine.index.problem.stops
    return sorted("".join(stops[node - engine.first].id for node in day.nodes) for day in days)


def test_the_good_half_of_each_run_makes_the_best_plan() -> None:
    cars = tuple(vehicle(name, capacity={"mass_g": 200}) for name in "VWX")
    stops = (*STOPS, stop("e", 9), stop("f", 9))
    engine, runs = runs_with(
        problem(*stops, vehicles=cars), ["ab", "ce", "df"], ["ac", "bd", "ef"], ["ab", "cd"]
    )
    assert names(engine, recombine(runs, LIMIT, 1)) == ["ab", "cd", "ef"]


def test_nothing_better_is_said_to_be_nothing() -> None:
    _, runs = runs_with(problem(*STOPS, vehicles=CARS), ["ab", "cd"], ["ac", "bd"])
    assert recombine(runs, LIMIT, 1) is None


def test_a_stop_left_out_is_taken_in() -> None:
    engine, runs = runs_with(problem(*STOPS, vehicles=CARS), ["ab", "c"], ["a", "cd"])
    assert names(engine, recombine(runs, LIMIT, 1)) == ["ab", "cd"]


def test_no_more_vehicles_than_there_are() -> None:
    engine, runs = runs_with(problem(*STOPS, vehicles=CARS), ["ab"], ["c", "d"], ["cd", "a"])
    assert names(engine, recombine(runs, LIMIT, 1)) == ["ab", "cd"]
    engine, runs = runs_with(problem(*STOPS, vehicles=CARS), ["ab"], ["c", "d"])
    assert len(recombine(runs, LIMIT, 1) or []) == 2


def test_a_depot_takes_in_what_it_can_and_no_more() -> None:
    for left, expected in ((400, ["ab", "cd"]), (399, ["ab", "c"])):
        case = problem(*STOPS, vehicles=CARS, depots=(depot(storage_left={"oil": left}),))
        engine, runs = runs_with(case, ["ab"], ["cd"], ["c"])
        assert names(engine, recombine(runs, LIMIT, 1)) == expected


def test_the_result_is_taken_over_by_all_runs() -> None:
    engine, runs = runs_with(problem(*STOPS, vehicles=CARS), ["ab", "c"], ["a", "cd"])
    team = Team(engine, Clock(StopRule(seconds=5)), seed=1, workers=2)
    team.runs = runs
    team._share(last=False)
    assert team.wins == 1
    plans = [engine.plan_of(Compiled(engine.index.problem), run.best()) for run in runs]
    assert all(not plan.absent for plan in plans)
