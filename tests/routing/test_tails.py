"""Two days exchange their tails where that saves road, and only where every rule still holds.

Two trucks set out at the depot and cross each other: A1 then B2, B1 then A2. A1 and A2 lie on one street,
B1 and B2 on another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from routing import Conflict, Problem, Travel
from routing.core.layout import Live
from routing.core.tails import exchange_tails
from routing.engine import Engine, KindDay, Run
from tests.routing.builders import HOUR, depot, pinned, problem, stop, under_way, vehicle

# Depot D, A1, A2, B1, B2, and a second depot E beside A2: kilometres east and north.
PLACES = np.array([[0, 0], [10, 0], [20, 0], [0, 10], [0, 20], [21, 0]])
METRES = np.abs(PLACES[:, None] - PLACES[None]).sum(-1) * 1000
TRAVEL = Travel(METRES, METRES * 60 // 1000)
CROSSED = (("A1", "B2"), ("B1", "A2"))
STRAIGHT = {("A1", "A2"), ("B1", "B2")}


def crossing(
    trucks: tuple[Any, ...] = (), stops: dict[str, dict[str, Any]] | None = None, **more: Any
) -> Problem:
    known = {"A1": 1, "A2": 2, "B1": 3, "B2": 4}
    return problem(
        *(stop(name, at, **{"mass_g": 300} | (stops or {}).get(name, {})) for name, at in known.items()),
        vehicles=trucks or (vehicle("V"), vehicle("W")),
        travel=TRAVEL,
        **more,
    )


def exchanged(
    case: Problem, node: str = "A1", days: tuple[tuple[str, ...], ...] = CROSSED
) -> set[tuple[str, ...]]:
    """The days after `node` has looked for a better neighbour; a depot's name stands between two trips."""
    engine = Engine(case)
    number = {**{d.id: i for i, d in enumerate(case.depots)}, **engine.index.node_of}
    kinds = [k for k in range(len(engine.net.kinds)) for _ in engine.vehicles_of(k)]
    run = Run(engine, seed=1)
    run.adopt([KindDay(k, tuple(number[s] for s in day)) for k, day in zip(kinds, days, strict=False)])
    _begin(run.live, number[node])
    exchange_tails(engine.net, run.live)
    assert (run.live.used <= engine.net.kinds["count"]).all()
    name = {n: s for s, n in number.items()}
    return {tuple(name[n] for n in row) for row in _rows(run.live)}


def _begin(live: Live, node: int) -> None:
    """As if an iteration had just put this stop back."""
    count = live.count[0]
    count["stamp"] += 1
    count["old"] = count["new"] = 0
    count["gone"], live.gone[0] = 1, node


def _rows(live: Live) -> list[list[int]]:
    rows = [row for row in range(len(live.rows)) if live.rows[row]["live"]]
    return [live.seq[row, 1 : live.rows[row]["size"] + 1].tolist() for row in rows]


def test_days_that_cross_each_other_exchange_what_comes_after() -> None:
    assert exchanged(crossing()) == STRAIGHT


@pytest.mark.parametrize("node", ["A1", "A2", "B1", "B2"])
def test_any_of_the_stops_may_ask(node: str) -> None:
    assert exchanged(crossing(), node) == STRAIGHT


def test_straight_days_stay_as_they_are() -> None:
    days = (("A1", "A2"), ("B1", "B2"))
    assert exchanged(crossing(), days=days) == STRAIGHT


def test_a_day_whose_stops_all_fit_into_another_falls_away() -> None:
    assert exchanged(crossing(), days=(("A1",), ("A2",))) == {("A1", "A2")}
    assert exchanged(crossing(stops={"A1": {"mass_g": 701}}), days=(("A1",), ("A2",))) == {("A1",), ("A2",)}


def both(**changes: Any) -> tuple[Any, ...]:
    return (vehicle("V", **changes), vehicle("W", **changes))


A1, A2, EIGHT = "A1", "A2", 8 * HOUR
# Rule: a problem in which it forbids the exchange, and its near miss.
RULES: dict[str, tuple[Problem, Problem]] = {
    "load": (
        crossing(stops={A1: {"mass_g": 600}, A2: {"mass_g": 401}}),
        crossing(stops={A1: {"mass_g": 600}, A2: {"mass_g": 400}}),
    ),
    "classes that may not meet": (
        crossing(
            stops={A1: {"load_class": "acid"}, A2: {"load_class": "lab"}},
            conflicts=(Conflict("acid", "lab"),),
        ),
        crossing(
            stops={A1: {"load_class": "acid"}, A2: {"load_class": "lab"}},
            conflicts=(Conflict("acid", "oil"),),
        ),
    ),
    "licence": (
        crossing(
            stops={A2: {"load_class": "acid"}, "B1": {"load_class": "acid"}},
            trucks=(vehicle("V", licences={"oil"}), vehicle("W")),
        ),
        crossing(
            stops={"B1": {"load_class": "acid"}},
            trucks=(vehicle("V", licences={"oil"}), vehicle("W")),
        ),
    ),
    "window": (  # V is at A2 at 09:20
        crossing(stops={A1: {"service_s": HOUR}, A2: {"windows": ((EIGHT, EIGHT + 4799),)}}),
        crossing(stops={A1: {"service_s": HOUR}, A2: {"windows": ((EIGHT, EIGHT + 4800),)}}),
    ),
    "shift": (  # 40 minutes of driving
        crossing(both(max_shift_s=2 * HOUR + 2399), {A1: {"service_s": HOUR}, A2: {"service_s": HOUR}}),
        crossing(both(max_shift_s=2 * HOUR + 2400), {A1: {"service_s": HOUR}, A2: {"service_s": HOUR}}),
    ),
    "pinned stops": (
        crossing(orders=(pinned(A1, "B2"),)),
        crossing(orders=(pinned(A1),)),
    ),
    "a vehicle under way": (
        crossing((vehicle("V", under_way=under_way(0)), vehicle("W"))),
        crossing(),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_not_where_a_rule_forbids_it(rule: str) -> None:
    binding, near_miss = RULES[rule]
    assert exchanged(binding) == set(CROSSED)
    assert exchanged(near_miss) == STRAIGHT


def test_no_vehicle_is_used_twice() -> None:
    """The day of the large truck would fit on the small one, which has its own day still."""
    large, small = vehicle("V", fixed_cost_fen=5000), vehicle("W", capacity={"mass_g": 600})
    assert exchanged(crossing((large, small))) == STRAIGHT


def two_depots(**more: Any) -> Problem:
    """W stands at a depot of its own, behind A2."""
    trucks = (vehicle("V"), vehicle("W", depot="E"))
    return crossing(trucks, depots=(depot(**more), depot(id="E", location=5)))


def test_each_tail_comes_home_to_the_depot_of_its_new_day() -> None:
    days = (("B1", "A2"), ("A1", "B2"))
    assert exchanged(two_depots(), days=days) == {("B1", "B2"), ("A1", "A2")}


def test_where_room_is_limited_no_load_changes_its_depot() -> None:
    days = (("B1", "A2"), ("A1", "B2"))
    assert exchanged(two_depots(storage_total_left_g=600), days=days) == set(days)


def test_the_second_trip_of_a_day_takes_part_and_no_trip_stays_empty() -> None:
    case = crossing(both(max_trips=2))
    days = (("A1", "D", "B1", "A2"), ("B2",))
    assert exchanged(case, "B1", days) == {("A1", "D", "B1", "B2"), ("A2",)}


def test_no_more_trips_than_the_vehicle_may_make() -> None:
    days = (("A1", "B2", "D", "A2"), ("B1",))
    for trips, found in ((1, set(days)), (2, {("A1",), ("B1", "B2", "D", "A2")})):
        trucks = (vehicle("V", max_trips=2), vehicle("W", max_trips=trips))
        case = crossing(trucks, {"B1": {"mass_g": 700}, "A2": {"mass_g": 301}})
        assert exchanged(case, "B1", days) == found
