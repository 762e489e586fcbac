"""Bad input is refused with the path of the field at fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing import BreakRule, Conflict, ProblemError, StopRule, Travel, Weights, solve
from tests.routing.builders import depot, problem, road, stop, vehicle


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
        (lambda: Travel(np.zeros((2, 2), int), np.array([[0, 1], [10**9, 0]])), "travel.duration_s[1][0]"),
        (lambda: problem(vehicles=()), "vehicles"),
        (lambda: problem(depots=()), "depots"),
        (lambda: problem(stop("a", 1), stop("a", 2)), "stops[a].id"),
        (lambda: problem(stop("a", 10)), "stops[a].location"),
        (lambda: problem(vehicles=(vehicle(depot="X"),)), "vehicles[V].depot"),
        (lambda: problem(stop("a", 1, allowed_depots={"X"})), "stops[a].allowed_depots"),
        (lambda: problem(stop("a", 1, allowed_vehicles={"X"})), "stops[a].allowed_vehicles"),
        (lambda: problem(stop("a", 1, load={"oil": {"places_milli": 1}})), "vehicles[V].capacity"),
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


def test_a_matrix_cannot_be_changed_afterwards() -> None:
    travel = road(3)
    with pytest.raises(ValueError, match="read-only"):
        travel.distance_m[0, 1] = 5


def test_no_stops_give_an_empty_plan() -> None:
    solution = solve(problem(), stop=StopRule(iterations=5))
    assert (solution.routes, solution.unassigned, solution.cost_fen) == ((), (), 0)
