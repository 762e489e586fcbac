"""Bad input is refused with the path of the field at fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing import (
    BreakRule,
    Conflict,
    Order,
    Problem,
    ProblemError,
    StopRule,
    Travel,
    UnderWay,
    Weights,
    greedy,
    solve,
)
from routing.problem import HORIZON_S, TRAVEL_MAX, UNREACHABLE
from tests.routing.builders import HOUR, MINUTE, depot, pinned, problem, road, stop, under_way, vehicle


def on_its_way(way: UnderWay, **changes: Any) -> Problem:
    return problem(vehicles=(vehicle(under_way=way),), **changes)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: stop("a", -1), "stops[a].location"),
        (lambda: stop("", 1), "stops[].id"),
        (lambda: stop("a", 1, windows=()), "stops[a].windows"),
        (lambda: stop("a", 1, windows=((20, 10),)), "stops[a].windows[0]"),
        (lambda: stop("a", 1, windows=((0, 10), (5, 20))), "stops[a].windows[1]"),
        (lambda: stop("a", 1, windows=((0.5, 10),)), "stops[a].windows[0].open_s"),
        (lambda: stop("a", 1, service_s=-1), "stops[a].service_s"),
        (lambda: stop("a", 1, service_s=float("nan")), "stops[a].service_s"),
        (lambda: stop("a", 1, mass_g=-5), "stops[a].load.oil.mass_g"),
        (lambda: stop("a", 1, load={}), "stops[a].load"),
        (lambda: stop("a", 1, penalty_fen=True), "stops[a].penalty_fen"),
        (lambda: stop("a", 1, allowed_depots="D"), "stops[a].allowed_depots"),
        (lambda: vehicle(shift_end_s=0), "vehicles[V].shift_end_s"),
        (lambda: vehicle(max_trips=0), "vehicles[V].max_trips"),
        (lambda: vehicle(speed_permille=0), "vehicles[V].speed_permille"),
        (lambda: vehicle(capacity={"mass_g": -1}), "vehicles[V].capacity.mass_g"),
        (lambda: vehicle(capacity=7), "vehicles[V].capacity"),
        (lambda: depot(close_s=-1), "depots[D].close_s"),
        (lambda: depot(storage_left={"oil": -1}), "depots[D].storage_left.oil"),
        (lambda: depot(unload_unit=0), "depots[D].unload_unit"),
        (lambda: BreakRule(max_driving_s=0), "break_rule.max_driving_s"),
        (lambda: Weights(time_permille=-1), "weights.time_permille"),
        (lambda: Conflict("a", "b", "sometimes"), "conflicts[a,b].kind"),
        (lambda: Travel(np.zeros((2, 3), int), np.zeros((2, 3), int)), "travel.distance_m"),
        (lambda: Travel(np.zeros((2, 2), int), np.zeros((3, 3), int)), "travel.duration_s"),
        (lambda: Travel(np.zeros((2, 2)), np.zeros((2, 2), int)), "travel.distance_m"),  # type: ignore[arg-type]
        (lambda: Travel([[0, 1], [1]], [[0, 1], [1, 0]]), "travel.distance_m"),  # type: ignore[arg-type]
        (lambda: Travel(np.array([[0, -1], [1, 0]]), np.zeros((2, 2), int)), "travel.distance_m[0][1]"),
        (
            lambda: Travel(np.zeros((2, 2), int), np.array([[0, 1], [UNREACHABLE, 0]])),
            "travel.duration_s[1][0]",
        ),
        (lambda: Travel([[0, 2**70], [1, 0]], [[0, 1], [1, 0]]), "travel.distance_m"),  # type: ignore[arg-type]
        (lambda: Travel(np.array([[0.0, np.nan], [1, 0]]), np.zeros((2, 2), int)), "travel.distance_m"),  # type: ignore[arg-type]
        (lambda: Travel(np.zeros((0, 0), int), np.zeros((0, 0), int)), "travel.distance_m"),
        (lambda: Travel(np.zeros((2, 2), bool), np.zeros((2, 2), int)), "travel.distance_m"),  # type: ignore[arg-type]
        (lambda: stop("a", 1, service_by_vehicle_s={"V": -1}), "stops[a].service_by_vehicle_s.V"),
        (lambda: stop("a", 1, service_by_vehicle_s={"": 1}), "stops[a].service_by_vehicle_s key"),
        (lambda: stop("a", 1, release_s=float("nan")), "stops[a].release_s"),
        (lambda: stop("a", 1, release_s=HORIZON_S + 1), "stops[a].release_s"),
        (lambda: stop("a", 1, optional=1), "stops[a].optional"),
        (lambda: vehicle(overtime_s=-1), "vehicles[V].overtime_s"),
        (lambda: vehicle(overtime_per_h_fen=1.5), "vehicles[V].overtime_per_h_fen"),
        (lambda: vehicle(service_permille=0), "vehicles[V].service_permille"),
        (lambda: vehicle(separates=None), "vehicles[V].separates"),
        (lambda: vehicle(travel=None), "vehicles[V].travel"),
        (lambda: vehicle(under_way={"location": 0}), "vehicles[V].under_way"),
        (lambda: under_way(-1), "under_way.location"),
        (lambda: under_way(1, at_s=True), "under_way.at_s"),
        (lambda: under_way(1, started_s=9 * HOUR + 1), "under_way.started_s"),
        (lambda: under_way(1, trips_done=-1), "under_way.trips_done"),
        (lambda: under_way(1, distance_m=-1), "under_way.distance_m"),
        (lambda: under_way(1, driven_since_rest_s=None), "under_way.driven_since_rest_s"),
        (lambda: under_way(1, aboard={"oil": 5}), "under_way.aboard.oil"),
        (lambda: under_way(1, aboard={"oil": {"mass_g": -5}}), "under_way.aboard.oil.mass_g"),
        (lambda: pinned(), "orders[V].stops"),
        (lambda: Order(vehicle="", stops=("a",)), "orders[].vehicle"),
        (lambda: Order(vehicle="V", stops="ab"), "orders[V].stops"),  # type: ignore[arg-type]
        (lambda: Order(vehicle="V", stops=("a",), fixed=1), "orders[V].fixed"),  # type: ignore[arg-type]
        (lambda: problem(vehicles=()), "vehicles"),
        (lambda: problem(depots=()), "depots"),
        (lambda: problem(stop("a", 1), stop("a", 2)), "stops[a].id"),
        (lambda: problem(stop("a", 10)), "stops[a].location"),
        (lambda: problem(vehicles=(vehicle(depot="X"),)), "vehicles[V].depot"),
        (lambda: problem(stop("a", 1, allowed_depots={"X"})), "stops[a].allowed_depots"),
        (lambda: problem(stop("a", 1, allowed_vehicles={"X"})), "stops[a].allowed_vehicles"),
        (lambda: problem(stop("a", 1, load={"oil": {"places_milli": 1}})), "vehicles[V].capacity"),
        (lambda: problem(vehicles=(vehicle(travel="lorry"),)), "vehicles[V].travel"),
        (lambda: problem(travels={"lorry": road(9)}), "travels.lorry"),
        (lambda: problem(travels={"": road(10)}), "travels key"),
        (lambda: problem(stop("a", 1, service_by_vehicle_s={"X": 1})), "stops[a].service_by_vehicle_s"),
        (lambda: on_its_way(under_way(10)), "vehicles[V].under_way.location"),
        (
            lambda: on_its_way(under_way(9), break_rule=BreakRule(9 * MINUTE - 1, MINUTE)),
            "vehicles[V].under_way.location",
        ),
        (lambda: on_its_way(under_way(1, aboard={"oil": {"volume_l": 1}})), "vehicles[V].capacity"),
        (lambda: problem(stop("a", 1), orders=(pinned("b"),)), "orders[0].stops"),
        (lambda: problem(stop("a", 1), orders=(pinned("a", vehicle="X"),)), "orders[0].vehicle"),
        (lambda: problem(stop("a", 1), orders=(pinned("a", "a"),)), "orders[0].stops"),
        (lambda: problem(stop("a", 1), orders=(pinned("a"), pinned("a"))), "orders[1].stops"),
        (
            lambda: problem(
                stop("a", 1), stop("b", 1), orders=(pinned("a", fixed=True), pinned("b", fixed=True))
            ),
            "orders[1].fixed",
        ),
        (lambda: StopRule(), "stop"),
        (lambda: StopRule(seconds=float("nan")), "stop.seconds"),
        (lambda: StopRule(iterations=-1), "stop.iterations"),
        (lambda: solve(problem(), stop=StopRule(iterations=1), workers=0), "workers"),
    ],
)
def test_bad_input_names_the_field(make: Any, path: str) -> None:
    with pytest.raises(ProblemError) as caught:
        make()
    assert caught.value.path == path
    assert caught.value.reason


def test_a_place_that_cannot_be_reached_is_said_to_be_so() -> None:
    fine, none = np.array([[0, 1], [TRAVEL_MAX, 0]]), np.zeros((2, 2), int)
    assert Travel(fine, none).distance_m[1, 0] == TRAVEL_MAX
    with pytest.raises(ProblemError, match=r"distance_m\[1\]\[0\].*location 0 is unreachable from 1"):
        Travel(fine + np.array([[0, 0], [1, 0]]), none)
    with pytest.raises(ProblemError, match=r"distance_m\[1\]\[0\]: must not be negative"):
        Travel(-fine * (fine > 1), none)


def test_the_straight_way_home_may_take_all_the_driving_the_rule_allows() -> None:
    assert (
        on_its_way(under_way(9), break_rule=BreakRule(9 * MINUTE, MINUTE)).vehicles[0].under_way is not None
    )


def test_benchmark_sizes_are_within_the_limits() -> None:
    """Instances scaled by a thousand: a horizon of ten days in milliseconds, cost in thousandths."""
    day_ms = 86_400_000
    case = problem(
        stop("a", 1, windows=((0, 10 * day_ms),), service_s=day_ms),
        vehicles=(vehicle(shift_start_s=0, shift_end_s=10 * day_ms, max_shift_s=10 * day_ms),),
        depots=(depot(close_s=10 * day_ms, unload_fixed_s=day_ms),),
        travel=road(2, 900_000_000, day_ms),
        break_rule=None,
    )
    assert greedy.solve(case).distance_m == 1_800_000_000


def test_a_matrix_cannot_be_changed_afterwards() -> None:
    travel = road(3)
    with pytest.raises(ValueError, match="read-only"):
        travel.distance_m[0, 1] = 5


def test_no_stops_give_an_empty_plan() -> None:
    solution = solve(problem(), stop=StopRule(iterations=5))
    assert (solution.routes, solution.unassigned, solution.cost_fen) == ((), (), 0)
