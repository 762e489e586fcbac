"""Many places at once see the same vehicles as one place at a time."""

from __future__ import annotations

import numpy as np
import pytest

from routing import ProblemError
from routing.horizon import near_misses, passing
from tests.routing.test_horizon import PLACES, days, horizon, planned, request, small_case


@pytest.mark.parametrize("radius_m", [0, 2_000, 50_000])
def test_every_place_is_answered_as_if_asked_alone(radius_m: int) -> None:
    plan = planned(small_case())
    metres = plan.horizon.travel.distance_m
    found = near_misses(plan, metres, metres.T, radius_m=radius_m)
    for place in range(PLACES):
        alone = passing(plan, place, radius_m)
        mine = [one for one in found if one.place == place]
        assert [(one.day, one.vehicle_id, one.detour_m) for one in mine] == [
            (one.day, one.vehicle_id, one.detour_m) for one in alone
        ]
        assert {one.depot for one in mine} <= {"D"}


def test_the_time_is_that_of_leaving_the_place_before() -> None:
    plan = planned(horizon(request("a", 20, 0, 0, service_s=600), days=days(1)))
    metres = plan.horizon.travel.distance_m
    [route] = plan.days[0].solution.routes
    on_the_way_out = near_misses(plan, metres, metres.T, radius_m=0)
    assert {one.at_s for one in on_the_way_out if one.place == 10} == {route.trips[0].leave_s}


def test_a_day_without_routes_passes_nobody() -> None:
    plan = planned(horizon(request("a", 5, 0, 0), days=days(2)))
    metres = plan.horizon.travel.distance_m
    assert {one.day for one in near_misses(plan, metres, metres.T, radius_m=50_000)} == {0}


def test_ways_of_the_wrong_shape_are_refused() -> None:
    plan = planned(horizon(request("a", 5)))
    with pytest.raises(ProblemError, match="to_m"):
        near_misses(plan, np.zeros((2, 3), dtype=np.int64), np.zeros((2, 3), dtype=np.int64), radius_m=1)
