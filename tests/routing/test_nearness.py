"""Which stops count as near each other, and the matrices that the engine copies, in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest

from routing import Problem, Travel, Vehicle
from routing.core import nearness, visits
from routing.engine import Engine
from tests.routing.builders import HOUR, problem, stop, vehicle

STOPS = 23


def one_way_town(**truck: object) -> Problem:
    """A town whose streets are longer one way than the other, with mornings and afternoons."""
    rng = np.random.default_rng(5)
    metres = rng.integers(500, 9000, (STOPS + 1, STOPS + 1))
    np.fill_diagonal(metres, 0)
    windows = (((8 * HOUR, 10 * HOUR),), ((13 * HOUR, 15 * HOUR),))
    stops = (stop(f"s{i}", i, windows=windows[i % 2], service_s=60 * i) for i in range(1, STOPS + 1))
    trucks: tuple[Vehicle, ...] = (vehicle(), vehicle("W", cost_per_h_fen=6000, **truck))
    return problem(*stops, vehicles=trucks, travel=Travel(metres, metres // 9))


@pytest.mark.parametrize("block", [1, 4, 512])
def test_around_are_the_stops_by_the_shorter_way_between_them(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(nearness, "BLOCK", block)
    case = one_way_town()
    net = Engine(case).net
    per_m, per_s = net.kinds["per_m"].mean(), net.kinds["per_s"].mean()
    cost = case.travel.distance_m * per_m + case.travel.duration_s * per_s
    both = np.minimum(cost, cost.T)
    for s in range(1, STOPS + 1):
        others = [int(node) for node in net.around[s - 1] if node >= 0]
        assert sorted(others) == [node for node in range(1, STOPS + 1) if node != s]
        assert np.all(np.diff(both[s, others]) >= -0.5)


@pytest.mark.parametrize("block", [1, 4])
def test_near_is_the_same_whatever_the_size_of_a_block(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    whole = Engine(one_way_town()).net
    monkeypatch.setattr(nearness, "BLOCK", block)
    parts = Engine(one_way_town()).net
    assert np.array_equal(whole.near, parts.near)
    assert np.array_equal(whole.around, parts.around)


def test_a_stop_that_can_only_be_reached_too_late_is_not_near() -> None:
    """From the afternoon to the morning leads no way; the other way round it does, after a wait."""
    net = Engine(one_way_town()).net
    first = net.near[0, : STOPS // 2]
    assert {int(node) % 2 for node in first} == {1}


@pytest.mark.parametrize("block", [1, 5, 32])
def test_ways_are_copied_whole_and_slower_vehicles_need_longer(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(visits, "BLOCK", block)
    case = one_way_town(speed_permille=700)
    legs = Engine(case).net.legs
    assert np.array_equal(legs[0, :, :, 0], case.travel.distance_m)
    assert np.array_equal(legs[0, :, :, 1], case.travel.duration_s)
    assert np.array_equal(legs[1, :, :, 1], -(-case.travel.duration_s * 1000 // 700))
