"""Fuel and emission: whole numbers, by load and way, against fetching each stop alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import ProblemError, UnderWay, greedy
from routing.emissions import Burn, burnt, of_plan, of_route, saving
from routing.explain import judge
from tests.routing.builders import HOUR, problem, stop, vehicle

# Round numbers for arithmetic; they are no claim about any vehicle.
VAN = Burn(
    name="van", empty_ml_per_100km=10_000, full_ml_per_100km=14_000, full_load_g=1000, g_co2e_per_l=2500
)


def test_an_empty_vehicle_burns_its_empty_rate() -> None:
    found = burnt(VAN, 50_000, 0)
    assert (found.fuel_ml, found.co2e_g) == (5000, 12_500)


def test_a_full_vehicle_burns_its_full_rate() -> None:
    assert burnt(VAN, 50_000, 50_000 * 1000).fuel_ml == 7000


def test_half_a_load_lies_half_way() -> None:
    assert burnt(VAN, 50_000, 50_000 * 500).fuel_ml == 6000


def test_fuel_and_emission_are_rounded_once_half_up() -> None:
    """5 m at 10 l on 100 km are half a millilitre; its emission is 1.25 g, not that of a whole one."""
    found = burnt(VAN, 5, 0)
    assert (found.fuel_ml, found.co2e_g) == (1, 1)
    assert burnt(VAN, 4, 0).fuel_ml == 0


def test_what_is_collected_weighs_only_from_there_on() -> None:
    case = problem(stop("a", 2, 500), stop("b", 4, 500))
    (route,) = judge(case, {"V": [["a", "b"]]}).solution.routes
    found = of_route(case, route, {"V": VAN})
    assert found.distance_m == 8000
    assert found.carried_gm == 2000 * 500 + 4000 * 1000


def test_the_way_of_a_plan_is_the_way_its_routes_state() -> None:
    case = problem(
        *(stop(f"s{i}", i, 400) for i in range(1, 9)), vehicles=(vehicle(max_trips=9), vehicle("W"))
    )
    plan = greedy.solve(case)
    assert of_plan(case, plan, {"V": VAN, "W": VAN}).distance_m == plan.distance_m


def test_the_baseline_fetches_every_stop_alone() -> None:
    case = problem(stop("a", 4, 500), stop("b", 4, 500))
    found = saving(case, judge(case, {"V": [["a", "b"]]}).solution, {"V": VAN})
    assert (found.baseline.distance_m, found.plan.distance_m, found.saved_m) == (16_000, 8000, 8000)
    assert found.baseline.carried_gm == found.plan.carried_gm
    assert found.saved_ml == 800
    assert found.saved_co2e_g == 2000


def test_a_plan_of_lone_trips_saves_nothing() -> None:
    case = problem(stop("a", 4), stop("b", 2), vehicles=(vehicle(max_trips=2),))
    found = saving(case, judge(case, {"V": [["a"], ["b"]]}).solution, {"V": VAN})
    assert (found.saved_m, found.saved_ml, found.saved_co2e_g) == (0, 0, 0)


def test_stops_left_out_count_on_neither_side() -> None:
    case = problem(stop("a", 4), stop("b", 4, 2000))
    found = saving(case, greedy.solve(case), {"V": VAN})
    assert found.baseline == found.plan


def test_a_vehicle_under_way_burns_from_where_it_is_with_what_it_has() -> None:
    way = UnderWay(location=5, at_s=9 * HOUR, started_s=8 * HOUR, aboard={"oil": {"mass_g": 300}})
    case = problem(vehicles=(vehicle(under_way=way),))
    found = of_plan(case, greedy.solve(case), {"V": VAN})
    assert (found.distance_m, found.carried_gm) == (5000, 5000 * 300)


def test_a_vehicle_without_factors_is_named() -> None:
    case = problem(stop("a", 1))
    with pytest.raises(ProblemError, match=r"burns\[V\]"):
        of_plan(case, greedy.solve(case), {})


def test_factors_that_cannot_be_are_refused() -> None:
    with pytest.raises(ProblemError, match="full_ml_per_100km"):
        replace(VAN, full_ml_per_100km=9999)
    with pytest.raises(ProblemError, match="full_load_g"):
        replace(VAN, full_load_g=0)
