"""A vehicle under way: what has happened counts, what is planned starts from there.

Each rule where it binds and its near miss, judged by checker and exact evaluation as in test_rules.
"""

from __future__ import annotations

from typing import Any

import pytest

from routing import BreakRule, Conflict, Problem, UnderWay
from tests.routing.builders import (
    HOUR,
    MINUTE,
    codes,
    depot,
    drive,
    pinned,
    problem,
    reasons,
    stop,
    trips,
    under_way,
    vehicle,
)
from tests.routing.test_rules import NINE, A, B, holds, made, planned_by_greedy

EIGHT = 8 * HOUR


def on_the_road(*stops: Any, way: UnderWay | None = None, **changes: Any) -> Problem:
    """Vehicle V is at kilometre three at nine o'clock, an hour after it set out."""
    given = under_way(3) if way is None else way
    return problem(*stops, **changes | {"vehicles": (vehicle(under_way=given, **changes.pop("car", {})),)})


def test_a_vehicle_under_way_goes_on_from_where_it_is() -> None:
    case = on_the_road(A, stop("e", 5))
    assert holds(case, "ea")
    route = planned_by_greedy(case).routes[0]
    assert route.trips[0].leave_s == NINE
    assert route.distance_m == 7000
    assert route.start_s == EIGHT
    assert route.end_s == NINE + 27 * MINUTE


def test_a_vehicle_under_way_comes_home_even_with_nothing_to_do() -> None:
    case = on_the_road()
    assert codes(case, drive(case)) == ["under_way_ignored"]
    assert holds(case, "")
    (route,) = planned_by_greedy(case).routes
    assert [trip.visits for trip in route.trips] == [()]
    assert (route.end_s, route.cost_fen) == (NINE + 3 * MINUTE, 1000 + 300)


def test_only_the_first_trip_of_a_vehicle_under_way_may_be_empty() -> None:
    fresh, gone = problem(A, vehicles=(vehicle(max_trips=3),)), on_the_road(A, car={"max_trips": 3})
    assert codes(fresh, drive(fresh, "", "a")) == ["trip_empty"]
    assert made(fresh, "", "a") is None
    assert holds(gone, "", "a")
    assert codes(gone, drive(gone, "a", "")) == ["trip_empty"]
    assert made(gone, "a", "") is None


@pytest.mark.parametrize(("at_s", "code"), [(NINE, []), (NINE - 1, ["leaves_too_early"])])
def test_it_goes_on_no_sooner_than_it_is_ready(at_s: int, code: list[str]) -> None:
    case = on_the_road(A)
    assert codes(case, drive(case, "a", start_s=at_s)) == code


def test_its_shift_counts_from_when_its_day_began() -> None:
    for limit, allowed in ((HOUR + 13 * MINUTE, True), (HOUR + 13 * MINUTE - 1, False)):
        case = on_the_road(A, car={"max_shift_s": limit})
        assert holds(case, "a") is allowed
    paid = on_the_road(A, car={"cost_per_h_fen": 6000, "max_shift_s": HOUR, "overtime_s": HOUR})
    assert planned_by_greedy(paid).routes[0].cost_fen == 1000 + 300 + 7300


def test_the_metres_behind_it_count() -> None:
    for limit, allowed in ((12_000, True), (11_999, False)):
        way = under_way(3, distance_m=7000)
        case = on_the_road(stop("d", 4), way=way, car={"max_distance_m": limit})
        assert holds(case, "d") is allowed
        if allowed:
            assert planned_by_greedy(case).routes[0].distance_m == 12_000


def test_the_trips_behind_it_count() -> None:
    for most, allowed in ((3, True), (2, False)):
        case = on_the_road(A, B, way=under_way(3, trips_done=1), car={"max_trips": most})
        assert holds(case, "a", "b") is allowed
        assert holds(case, "ab")


def test_what_is_aboard_takes_up_room_on_the_trip_under_way_only() -> None:
    aboard = {"oil": {"mass_g": 850}}
    for mass_g, allowed in ((150, True), (151, False)):
        case = on_the_road(stop("a", 1, mass_g=mass_g), way=under_way(3, aboard=aboard), car={"max_trips": 2})
        assert holds(case, "a") is allowed
        assert holds(case, "", "a")
        assert reasons(planned_by_greedy(case)) == {}


def test_what_is_aboard_may_not_meet_what_it_conflicts_with() -> None:
    way = under_way(3, aboard={"acid": {"mass_g": 1}})
    for rules, together in (
        ({}, True),
        ({"conflicts": (Conflict("oil", "acid"),)}, False),
        ({"alone": frozenset({"acid"})}, False),
        ({"solo": frozenset({"oil"})}, False),
    ):
        case = on_the_road(A, way=way, car={"max_trips": 2}, **rules)
        assert holds(case, "a") is together
        assert holds(case, "", "a")


def test_a_class_aboard_conflicts_with_its_like_but_not_with_what_else_is_aboard() -> None:
    both = {"oil": {"mass_g": 1}, "acid": {"mass_g": 1}}
    case = on_the_road(A, way=under_way(3, aboard=both), conflicts=(Conflict("acid", "lab"),))
    assert holds(case, "a")
    at_odds = on_the_road(A, way=under_way(3, aboard=both), conflicts=(Conflict("oil", "acid"),))
    assert holds(at_odds, "")
    assert not holds(at_odds, "a")


def test_what_is_aboard_is_unloaded_and_an_empty_vehicle_unloads_nothing() -> None:
    slow = depot(unload_fixed_s=300, unload_per_unit_s=60, unload_unit=100)
    for aboard, end_s in (({}, 0), ({"oil": {}}, 300), ({"oil": {"mass_g": 250}}, 300 + 150)):
        case = on_the_road(way=under_way(3, aboard=aboard), depots=(slow,))
        assert holds(case, "")
        assert planned_by_greedy(case).routes[0].end_s == NINE + 3 * MINUTE + end_s


@pytest.mark.parametrize("limit", ["storage_left", "storage_total_left_g"])
def test_what_is_aboard_fills_the_storage(limit: str) -> None:
    way = under_way(3, aboard={"oil": {"mass_g": 200}})
    for left, served in ((300, True), (299, False)):
        value: Any = {"oil": left} if limit == "storage_left" else left
        case = on_the_road(A, way=way, depots=(depot(**{limit: value}),))
        assert reasons(planned_by_greedy(case)) == ({} if served else {"a": "storage_full"})
        assert codes(case, drive(case, "a")) == ([] if served else ["storage_full"])


def test_driving_before_counts_towards_the_rest() -> None:
    rule = BreakRule(10 * MINUTE, 5 * MINUTE)
    for driven, rest_s in ((7, 0), (8, 5 * MINUTE)):
        way = under_way(3, driven_since_rest_s=driven * MINUTE)
        case = on_the_road(way=way, break_rule=rule)
        route = planned_by_greedy(case).routes[0]
        assert route.trips[0].rest_before_s == route.rest_s == rest_s
        assert codes(case, drive(case, "")) == (["rest_missing"] if rest_s else [])
        assert codes(case, drive(case, "", rests={0: 5 * MINUTE})) == []


def test_driving_too_long_before_asks_for_a_rest_only_if_it_drives_on() -> None:
    rule = BreakRule(10 * MINUTE, 5 * MINUTE)
    for location, rest_s in ((0, 0), (1, 5 * MINUTE)):
        case = on_the_road(way=under_way(location, driven_since_rest_s=11 * MINUTE), break_rule=rule)
        assert planned_by_greedy(case).routes[0].rest_s == rest_s


def test_it_rests_while_it_waits_for_a_release() -> None:
    late = stop("d", 4, release_s=NINE + 5 * MINUTE, windows=((EIGHT, NINE + 6 * MINUTE),))
    way = under_way(3, driven_since_rest_s=10 * MINUTE)
    case = on_the_road(late, way=way, break_rule=BreakRule(10 * MINUTE, 5 * MINUTE))
    trip = planned_by_greedy(case).routes[0].trips[0]
    assert [visit.stop_id for visit in trip.visits] == ["d"]
    assert (trip.rest_before_s, trip.leave_s) == (5 * MINUTE, NINE + 5 * MINUTE)


def test_a_vehicle_that_starts_its_day_takes_no_rest_before_it() -> None:
    case = problem(A)
    assert codes(case, drive(case, "a", rests={0: 20 * MINUTE})) == ["rest_before_start"]


@pytest.mark.parametrize(
    ("car", "platform"),
    [
        ({"shift_end_s": NINE + 3 * MINUTE - 1}, {}),
        ({"max_shift_s": HOUR}, {}),
        ({"max_distance_m": 2999}, {}),
        ({"max_trips": 1}, {}),
        ({"capacity": {"mass_g": 99}}, {}),
        ({}, {"close_s": NINE}),
        ({}, {"storage_left": {"oil": 99}}),
        ({}, {"storage_total_left_g": 99}),
    ],
)
def test_what_has_happened_breaks_no_rule_but_nothing_may_be_added(
    car: dict[str, Any], platform: dict[str, Any]
) -> None:
    way = under_way(3, trips_done=1, aboard={"oil": {"mass_g": 100}})
    case = on_the_road(stop("d", 4), way=way, car=car, depots=(depot(**platform),))
    assert holds(case, "")
    if "max_trips" in car:
        assert not holds(case, "", "d")
        return
    assert codes(case, drive(case, "d"))
    solution = planned_by_greedy(case)
    assert [item.stop_id for item in solution.unassigned] == ["d"]
    assert solution.routes[0].trips[0].visits == ()


def test_the_fixed_part_of_a_round_under_way_stays_as_it_is() -> None:
    spots = (stop("far", 9), A, B)
    case = on_the_road(*spots, orders=(pinned("far", "a", fixed=True),))
    assert trips(planned_by_greedy(case)) == {"V": [["far", "a", "b"]]}
    free = on_the_road(*spots)
    assert trips(planned_by_greedy(free)) == {"V": [["far", "b", "a"]]}
