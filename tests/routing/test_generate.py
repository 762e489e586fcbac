"""Invented days: always the same for the same arguments, and every stop of them can be served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import Problem, ProblemError, StopRule, check, solve
from routing.generate import SHIFT_S, generate
from routing.json_io import digest


def test_the_same_arguments_give_the_same_day() -> None:
    assert digest(generate(stops=40, seed=3)) == digest(generate(stops=40, seed=3))
    assert digest(generate(stops=40, seed=3)) != digest(generate(stops=40, seed=4))


def test_a_day_stays_the_same_from_version_to_version() -> None:
    day = generate(stops=25, seed=1)
    assert [stop.service_s for stop in day.stops[:5]] == [1110, 960, 960, 960, 1860]
    assert int(day.travel.distance_m.sum()) == 34_944_329


def test_the_relaxed_day_has_the_same_stops_roads_trucks_and_prices() -> None:
    full, relaxed = generate(stops=60, seed=2), generate(stops=60, seed=2, relaxed=True)
    assert relaxed.travel == full.travel
    for same in ("id", "location", "load", "service_s", "penalty_fen"):
        assert [getattr(s, same) for s in relaxed.stops] == [getattr(s, same) for s in full.stops]
    for same in ("id", "depot", "capacity", "fixed_cost_fen", "cost_per_km_fen", "max_distance_m"):
        assert [getattr(v, same) for v in relaxed.vehicles] == [getattr(v, same) for v in full.vehicles]


def test_the_relaxed_day_has_only_rules_that_all_solvers_can_model() -> None:
    day = generate(stops=60, seed=2, relaxed=True)
    assert (day.conflicts, day.alone, day.solo, day.break_rule) == ((), frozenset(), frozenset(), None)
    assert {len(stop.windows) for stop in day.stops} == {1}
    assert {stop.allowed_depots for stop in day.stops} == {None}
    assert {vehicle.max_trips for vehicle in day.vehicles} == {1}
    assert {vehicle.shift_end_s - vehicle.shift_start_s for vehicle in day.vehicles} == {SHIFT_S}
    assert {(depot.unload_fixed_s, depot.storage_total_left_g) for depot in day.depots} == {(0, None)}


def test_the_full_day_has_every_rule() -> None:
    day = generate(stops=400, seed=1)
    assert day.conflicts and day.alone and day.solo and day.break_rule
    assert {len(stop.windows) for stop in day.stops} == {1, 2}
    assert {len(stop.allowed_depots or ()) for stop in day.stops} == {1, 2}
    assert {len(stop.load) for stop in day.stops} == {1, 2}
    assert {vehicle.separates for vehicle in day.vehicles} == {True, False}
    assert len({vehicle.licences for vehicle in day.vehicles}) == 3
    assert all(depot.storage_total_left_g is not None for depot in day.depots)


def test_roads_are_asymmetric_and_an_hour_may_cost() -> None:
    day = generate(stops=30, seed=1, cost_per_h_fen=9_000)
    assert not np.array_equal(day.travel.distance_m, day.travel.distance_m.T)
    assert {vehicle.cost_per_h_fen for vehicle in day.vehicles} == {9_000}


@pytest.mark.parametrize("relaxed", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_stop_can_be_served(seed: int, relaxed: bool) -> None:
    day = generate(stops=60, seed=seed, relaxed=relaxed)
    solution = solve(day, stop=StopRule(iterations=2_000), seed=1)
    assert check(day, solution) == []
    assert solution.unassigned == ()


def test_room_at_the_platforms_binds() -> None:
    day = generate(stops=150, seed=1)
    solution = solve(with_room(day), stop=StopRule(iterations=2_000), seed=1)
    assert {item.code for item in check(day, solution)} == {"storage_full"}


def with_room(day: Problem) -> Problem:
    return replace(
        day, depots=tuple(replace(d, storage_left={}, storage_total_left_g=None) for d in day.depots)
    )


@pytest.mark.parametrize(("stops", "seed"), [(0, 1), (10**6, 1), (10, -1), (True, 1)])
def test_unusable_arguments_are_refused(stops: int, seed: int) -> None:
    with pytest.raises(ProblemError):
        generate(stops=stops, seed=seed)
