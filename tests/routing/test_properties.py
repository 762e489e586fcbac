"""Random small problems: every plan holds every rule, and no stop is left out that could be inserted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import BreakRule, Conflict, Depot, Problem, Stop, Travel, Vehicle, check, greedy, insertable
from routing.compiled import Compiled
from routing.day import make_day, route_of
from routing.json_io import digest, problem_from_dict, problem_to_dict
from routing.solution import Route, Solution, Unassigned
from tests.routing.builders import planned

CLASSES = ("oil", "acid", "lab")
START = 8 * 3600


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> Problem:
    """Tight little days: short shifts, small vehicles, narrow windows, little storage."""
    count = draw(st.integers(1, most))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    depots = draw(st.integers(1, 2))
    size = depots + count
    stops = []
    for i in range(count):
        opens = START + 600 * draw(st.integers(0, 10))
        windows = [(opens, opens + 600 * draw(st.integers(0, 12)))]
        if draw(st.booleans()):
            windows.append((windows[0][1] + 1800, windows[0][1] + 4800))
        names = draw(st.sets(st.sampled_from(CLASSES), min_size=1, max_size=2))
        load = {name: {"mass_g": draw(st.integers(0, 60))} for name in sorted(names)}
        allowed = draw(st.one_of(st.none(), st.just(frozenset({"D0"}))))
        stops.append(
            Stop(
                id=f"s{i}",
                location=depots + i,
                windows=tuple(windows),
                load=load,
                service_s=60 * draw(st.integers(0, 20)),
                allowed_depots=allowed,
                penalty_fen=draw(st.integers(0, 5000)),
            )
        )
    vehicles = []
    for i in range(draw(st.integers(1, 3))):
        vehicles.append(
            Vehicle(
                id=f"v{i}",
                depot=f"D{i % depots}",
                capacity={"mass_g": draw(st.integers(30, 150))},
                licences=frozenset(draw(st.sets(st.sampled_from(CLASSES), min_size=1))),
                shift_start_s=START,
                shift_end_s=START + 3600 * draw(st.integers(1, 8)),
                max_shift_s=1800 * draw(st.integers(2, 14)),
                max_distance_m=draw(st.one_of(st.none(), st.integers(5_000, 60_000))),
                max_trips=draw(st.integers(1, 3)),
                fixed_cost_fen=draw(st.integers(0, 3000)),
                cost_per_km_fen=draw(st.integers(0, 300)),
                cost_per_h_fen=draw(st.integers(0, 5000)),
                speed_permille=draw(st.sampled_from([700, 1000, 1300])),
                separates=draw(st.booleans()),
            )
        )
    kinds = st.sampled_from(["never", "unless_separated"])
    pairs = draw(st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES), kinds), max_size=2))
    return Problem(
        depots=tuple(
            Depot(
                id=f"D{d}",
                location=d,
                accepts=frozenset(CLASSES),
                open_s=START - 600 * draw(st.integers(-2, 2)),
                unload_fixed_s=60 * draw(st.integers(0, 10)),
                unload_per_unit_s=draw(st.integers(0, 30)),
                unload_unit=draw(st.integers(1, 20)),
                storage_left={"oil": draw(st.integers(0, 200))},
                storage_total_left_g=draw(st.one_of(st.none(), st.integers(0, 300))),
            )
            for d in range(depots)
        ),
        vehicles=tuple(vehicles),
        stops=tuple(stops),
        travel=Travel(rng.integers(0, 15_000, (size, size)), rng.integers(0, 2400, (size, size))),
        conflicts=tuple(Conflict(a, b, kind) for a, b, kind in pairs),
        alone=frozenset(draw(st.sets(st.sampled_from(CLASSES), max_size=1))),
        break_rule=BreakRule(60 * draw(st.integers(30, 90)), 60 * draw(st.integers(5, 20))),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_every_plan_holds_every_rule_and_leaves_nothing_insertable_out(case: Problem) -> None:
    for solution in (planned(case, iterations=8), greedy.solve(case)):
        assert check(case, solution) == []
        for left in solution.unassigned:
            assert insertable(case, solution, left.stop_id) is None
            assert not _some_place_passes_the_checker(case, solution, left.stop_id)


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
    from routing import Trip, Visit

    depot = next(item for item in case.depots if item.id == vehicle.depot)
    stops = {item.id: item for item in case.stops}
    now, trips = max(start_s, depot.open_s), []
    for names in order:
        leave, here, visits, amount = now, depot.location, [], 0
        for name in names:
            spot = stops[name]
            leg = -(-int(case.travel.duration_s[here, spot.location]) * 1000 // vehicle.speed_permille)
            arrive = now + leg
            begin = next((max(arrive, opens) for opens, closes in spot.windows if arrive <= closes), arrive)
            now, here = begin + spot.service_s, spot.location
            amount += sum(load["mass_g"] for load in spot.load.values())
            visits.append(Visit(stop_id=name, arrive_s=arrive, start_s=begin, depart_s=now))
        leg = -(-int(case.travel.duration_s[here, depot.location]) * 1000 // vehicle.speed_permille)
        back = now + leg
        now = max(back, depot.open_s) + depot.unload_fixed_s
        now += -(-amount * depot.unload_per_unit_s // depot.unload_unit)
        trips.append(Trip(visits=tuple(visits), leave_s=leave, return_s=back, unload_end_s=now))
    return Route(
        vehicle_id=vehicle.id, start_s=trips[0].leave_s, end_s=now, trips=tuple(trips),
        distance_m=0, drive_s=0, rest_s=0, cost_fen=0,
    )  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True)
@given(problems(most=5), st.randoms(use_true_random=False))
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
    relaxed = ("cost_wrong", "total_wrong", "storage_full", "stop_planned_and_unassigned")
    plain = [
        not [v for v in check(case, replace(empty, routes=(route,))) if v.code not in relaxed]
        for route in (_driven(case, vehicle, order, START + 300 * i) for i in range(12))
    ]
    if day is None:
        assert not any(plain)
    else:
        found = check(case, replace(empty, routes=(route_of(c, day),)))
        assert [v.code for v in found if v.code not in relaxed] == []


@settings(max_examples=30, deadline=None, derandomize=True)
@given(problems())
def test_a_problem_survives_json(case: Problem) -> None:
    again = problem_from_dict(problem_to_dict(case))
    assert again == case
    assert digest(again) == digest(case)
