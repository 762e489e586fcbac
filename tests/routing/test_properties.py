"""Random small problems: every plan holds every rule, and no stop is left out that could be inserted."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Problem, Vehicle, check, greedy, insertable
from routing.compiled import Compiled
from routing.day import make_day, route_of
from routing.finish import plan_of, unexplained
from routing.json_io import digest, problem_from_dict, problem_to_dict
from routing.solution import Route, Solution, Trip, Unassigned, Visit
from tests.routing.builders import planned
from tests.routing.random_problems import START, full_problems, problems


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_every_plan_holds_every_rule_and_leaves_nothing_insertable_out(case: Problem) -> None:
    for solution in (planned(case, iterations=8), greedy.solve(case)):
        assert check(case, solution) == []
        for left in solution.unassigned:
            assert insertable(case, solution, left.stop_id) is None
            assert not _some_place_passes_the_checker(case, solution, left.stop_id)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(full_problems())
def test_greedy_holds_every_rule_there_is_and_leaves_out_only_what_it_may(case: Problem) -> None:
    solution = greedy.solve(case)
    assert check(case, solution) == []
    optional = {stop.id for stop in case.stops if stop.optional}
    for left in solution.unassigned:
        place = insertable(case, solution, left.stop_id)
        if left.stop_id in optional and place is not None:
            stop = next(item for item in case.stops if item.id == left.stop_id)
            assert place.extra_cost_fen >= stop.penalty_fen
            assert left.reason == "dearer_than_penalty"
        else:
            assert place is None
            assert not _some_place_passes_the_checker(case, solution, left.stop_id)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(full_problems())
def test_a_plan_is_read_back_as_it_was(case: Problem) -> None:
    c, solution = Compiled(case), greedy.solve(case)
    again = plan_of(c, solution)
    assert [route_of(c, day) for day in again.days if day.trips] == list(solution.routes)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(full_problems(), st.integers(0, 10_000))
def test_a_plan_taken_apart_and_put_together_holds_every_rule_at_each_step(case: Problem, seed: int) -> None:
    c, rng = Compiled(case), Random(seed)
    plan = greedy.construct(c)
    for _ in range(4):
        planned_now = sorted(plan.home)
        plan.remove(rng.sample(planned_now, rng.randint(0, len(planned_now))))
        assert check(case, unexplained(c, plan)) == []
        for s in rng.sample(sorted(plan.absent), len(plan.absent)):
            place = plan.best_place(s, rng=rng, blink=0.1)
            if place is not None:
                plan.insert(s, place)
        assert check(case, unexplained(c, plan)) == []
        plan.set_days([day for day in plan.days if day.trips])
    assert check(case, unexplained(c, plan)) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(full_problems())
def test_the_exact_place_is_the_cheapest_of_all(case: Problem) -> None:
    c = Compiled(case)
    plan = greedy.construct(c)
    for s in sorted(plan.home):
        trial = plan.copy()
        trial.remove([s])
        extras = []
        for k, old in enumerate(trial.days):
            trips = old.trips
            options = [(*trips[:t], (s,), *trips[t:]) for t in range(len(trips) + 1)]
            for t, trip in enumerate(trips):
                for at in range(len(trip) + 1):
                    options.append((*trips[:t], (*trip[:at], s, *trip[at:]), *trips[t + 1 :]))
            days = [make_day(c, k, option) for option in options]
            extras += [day.cost_fen - old.cost_fen for day in days if day is not None]
        place = trial.exact_place(s)
        assert place is not None
        assert place.estimate <= min(extras)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(full_problems())
def test_no_planned_optional_stop_costs_more_than_its_penalty(case: Problem) -> None:
    c = Compiled(case)
    plan = plan_of(c, greedy.solve(case))
    for s in [s for s in plan.home if c.optional[s]]:
        day = plan.day_without(plan.home[s], {s})
        if day is not None:
            assert plan.days[plan.home[s]].cost_fen - day.cost_fen < c.penalty[s]


def _some_place_passes_the_checker(case: Problem, solution: Solution, stop_id: str) -> bool:
    """Every vehicle, trip and position, timed leg by leg without the solver and judged by the checker."""
    orders = {
        route.vehicle_id: [[visit.stop_id for visit in trip.visits] for trip in route.trips]
        for route in solution.routes
    }
    for vehicle in case.vehicles:
        present = orders.get(vehicle.id, [])
        options = [[*present[:t], [stop_id], *present[t:]] for t in range(len(present) + 1)]
        for t, trip in enumerate(present):
            for at in range(len(trip) + 1):
                options.append([*present[:t], [*trip[:at], stop_id, *trip[at:]], *present[t + 1 :]])
        for option in options:
            for start_s in (START, START + 1200, START + 3600):
                if _passes(case, solution, stop_id, _driven(case, vehicle, option, start_s)):
                    return True
    return False


def _passes(case: Problem, solution: Solution, stop_id: str, route: Route) -> bool:
    routes = [other for other in solution.routes if other.vehicle_id != route.vehicle_id]
    left = tuple(item for item in solution.unassigned if item.stop_id != stop_id)
    trial = replace(solution, routes=(*routes, route), unassigned=left)
    return not [item for item in check(case, trial) if item.code not in ("cost_wrong", "total_wrong")]


def _driven(case: Problem, vehicle: Vehicle, order: list[list[str]], start_s: int) -> Route:
    """As early as possible after start_s, with no rests: a plain reading of the rules."""
    depot = next(item for item in case.depots if item.id == vehicle.depot)
    stops = {item.id: item for item in case.stops}
    seconds = case.travel_of(vehicle).duration_s
    way = vehicle.under_way
    here, now = (depot.location, max(start_s, depot.open_s)) if way is None else (way.location, way.at_s)
    began_s, trips = None if way is None else way.started_s, []

    def leg_s(target: int) -> int:
        return -(-int(seconds[here, target]) * 1000 // vehicle.speed_permille)

    for number, names in enumerate(order):
        leave = now = max([now, *(stops[name].release_s for name in names)])
        began_s = leave if began_s is None else began_s
        visits, loads = [], [] if way is None or number else list(way.aboard.values())
        for name in names:
            spot = stops[name]
            arrive = now + leg_s(spot.location)
            begin = next((max(arrive, opens) for opens, closes in spot.windows if arrive <= closes), arrive)
            scaled = -(-spot.service_s * vehicle.service_permille // 1000)
            now, here = begin + spot.service_by_vehicle_s.get(vehicle.id, scaled), spot.location
            loads += spot.load.values()
            visits.append(Visit(stop_id=name, arrive_s=arrive, start_s=begin, depart_s=now))
        back = now + leg_s(depot.location)
        now, here = max(back, depot.open_s), depot.location
        if loads:
            amount = sum(load["mass_g"] for load in loads)
            now += depot.unload_fixed_s + -(-amount * depot.unload_per_unit_s // depot.unload_unit)
        trips.append(Trip(visits=tuple(visits), leave_s=leave, return_s=back, unload_end_s=now))
    return Route(
        vehicle_id=vehicle.id, start_s=began_s or 0, end_s=now, trips=tuple(trips),
        distance_m=0, drive_s=0, rest_s=0, cost_fen=0,
    )  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(problems(most=5), full_problems(most=5)), st.randoms(use_true_random=False))
def test_the_timetable_is_found_whenever_a_plain_drive_would_do(case: Problem, rng: object) -> None:
    """make_day and the checker agree on one random order for the first vehicle."""
    vehicle, c = case.vehicles[0], Compiled(case)
    fit = [stop.id for stop in case.stops if 0 in c.choices[c.node_of[stop.id]]]
    if not fit:
        return
    rng.shuffle(fit)  # type: ignore[attr-defined]
    order = [fit[:2], fit[2:]] if len(fit) > 2 else [fit]
    day = make_day(c, 0, tuple(tuple(c.node_of[name] for name in trip) for trip in order))
    empty = replace(
        greedy.solve(case),
        routes=(),
        unassigned=tuple(Unassigned(stop_id=s.id, reason="x") for s in case.stops),
    )
    relaxed = (
        "cost_wrong",
        "total_wrong",
        "storage_full",
        "stop_planned_and_unassigned",
        "under_way_ignored",
    )
    plain = [
        not [v for v in check(case, replace(empty, routes=(route,))) if v.code not in relaxed]
        for route in (_driven(case, vehicle, order, START + 300 * i) for i in range(12))
    ]
    if day is None:
        assert not any(plain)
    else:
        found = check(case, replace(empty, routes=(route_of(c, day),)))
        assert [v.code for v in found if v.code not in relaxed] == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.one_of(problems(), full_problems()))
def test_a_problem_survives_json(case: Problem) -> None:
    again = problem_from_dict(problem_to_dict(case))
    assert again == case
    assert digest(again) == digest(case)
