"""The rules a plan must hold, one by one: each where it binds and its near miss.

Every case is judged twice: a plan made by hand by the checker, and the same trips by the exact evaluation.
"""

from __future__ import annotations

from typing import Any

import pytest

from routing import Conflict, Problem, Solution, check, greedy
from routing.compiled import Compiled
from routing.day import Day, make_day, route_of
from tests.routing.builders import (
    HOUR,
    MINUTE,
    codes,
    drive,
    pinned,
    problem,
    reasons,
    road,
    stop,
    trips,
    vehicle,
)

EIGHT, NINE = 8 * HOUR, 9 * HOUR
A, B = stop("a", 1), stop("b", 2)
ACID = stop("b", 2, load_class="acid")


def made(case: Problem, *names: str) -> Day | None:
    """The day of the first vehicle with these trips, as the solver sees it."""
    c = Compiled(case)
    return make_day(c, 0, tuple(tuple(c.node_of[name] for name in trip) for trip in names))


def holds(case: Problem, *names: str, **drive_options: Any) -> bool:
    """Whether checker and exact evaluation both allow the trips; they must agree."""
    found = codes(case, drive(case, *names, **drive_options))
    day = made(case, *names)
    assert (day is None) == bool(found), found
    return day is not None


def planned_by_greedy(case: Problem) -> Solution:
    solution = greedy.solve(case)
    assert check(case, solution) == []
    return solution


# ---- matrices, service and cost by vehicle


def test_a_vehicle_drives_by_its_own_matrix() -> None:
    case = problem(A, vehicles=(vehicle(travel="lorry"),), travels={"lorry": road(10, 3000, 5 * MINUTE)})
    route = planned_by_greedy(case).routes[0]
    assert (route.distance_m, route.drive_s) == (6000, 10 * MINUTE)
    by_the_common_matrix = drive(problem(A), "a")
    assert {"arrival_wrong", "return_wrong", "total_wrong"} <= set(codes(case, by_the_common_matrix))


@pytest.mark.parametrize(
    ("permille", "own", "seconds"),
    [(1000, {}, 601), (1500, {}, 902), (500, {}, 301), (1500, {"V": 7}, 7), (1500, {"W": 7}, 902)],
)
def test_service_takes_what_the_vehicle_needs_rounded_up(
    permille: int, own: dict[str, int], seconds: int
) -> None:
    slow = stop("a", 1, service_s=601, service_by_vehicle_s=own)
    case = problem(slow, vehicles=(vehicle(service_permille=permille), vehicle("W", fixed_cost_fen=9999)))
    visit = planned_by_greedy(case).routes[0].trips[0].visits[0]
    assert visit.depart_s - visit.start_s == seconds
    assert holds(case, "a")
    if seconds != 601:
        assert "departure_wrong" in codes(case, drive(problem(stop("a", 1, service_s=601)), "a"))


@pytest.mark.parametrize(("overtime_s", "allowed"), [(4 * MINUTE, True), (4 * MINUTE - 1, False)])
def test_the_day_may_last_as_long_as_shift_and_overtime(overtime_s: int, allowed: bool) -> None:
    car = vehicle(max_shift_s=20 * MINUTE, overtime_s=overtime_s)
    case = problem(A, B, vehicles=(car,))  # 24 minutes of driving and service
    assert holds(case, "ab") is allowed
    if not allowed:
        assert codes(case, drive(case, "ab")) == ["shift_too_long"]


@pytest.mark.parametrize(("max_shift", "extra_fen"), [(24, 0), (23, 10), (18, 60)])
def test_an_hour_of_overtime_costs_on_top_of_the_hour(max_shift: int, extra_fen: int) -> None:
    paid = {"cost_per_h_fen": 900, "overtime_per_h_fen": 600, "overtime_s": HOUR}
    case = problem(A, B, vehicles=(vehicle(max_shift_s=max_shift * MINUTE, **paid),))
    assert planned_by_greedy(case).routes[0].cost_fen == 1000 + 400 + 360 + extra_fen
    assert holds(case, "ab")


# ---- release


def test_a_trip_leaves_when_its_last_stop_is_released() -> None:
    case = problem(A, stop("b", 2, release_s=EIGHT + 600))
    assert codes(case, drive(case, "ab", start_s=EIGHT + 599)) == ["release_too_early"]
    assert codes(case, drive(case, "ab", start_s=EIGHT + 600)) == []
    assert planned_by_greedy(case).routes[0].start_s == EIGHT + 600


def test_a_later_trip_waits_at_the_depot_for_its_release() -> None:
    case = problem(A, stop("b", 2, release_s=NINE), vehicles=(vehicle(max_trips=2),))
    assert codes(case, drive(case, "a", "b")) == ["release_too_early"]
    day = made(case, "a", "b")
    assert day is not None
    route = route_of(Compiled(case), day)
    assert [trip.leave_s for trip in route.trips] == [NINE - 12 * MINUTE, NINE]


@pytest.mark.parametrize(("release_s", "served"), [(NINE - MINUTE, True), (NINE - MINUTE + 1, False)])
def test_a_release_too_late_for_the_window_leaves_the_stop_out(release_s: int, served: bool) -> None:
    case = problem(stop("a", 1, release_s=release_s, windows=((EIGHT, NINE),)))
    assert reasons(planned_by_greedy(case)) == ({} if served else {"a": "time_window"})


# ---- optional stops


@pytest.mark.parametrize(
    ("optional", "penalty_fen", "served"),
    [(True, 401, True), (True, 400, False), (True, 0, False), (False, 0, True)],
)
def test_an_optional_stop_is_served_only_if_that_is_cheaper(
    optional: bool, penalty_fen: int, served: bool
) -> None:
    far = stop("b", 3, optional=optional, penalty_fen=penalty_fen)  # two more kilometres there and back
    solution = planned_by_greedy(problem(A, far))
    assert reasons(solution) == ({} if served else {"b": "dearer_than_penalty"})
    if not served:
        left = solution.unassigned[0]
        assert left.numbers == {"vehicle": "V", "extra_cost_fen": 400, "penalty_fen": penalty_fen}


def test_optional_stops_that_share_a_trip_cheaply_are_served() -> None:
    both = [stop(name, 3, optional=True, penalty_fen=800) for name in "ab"]
    assert reasons(planned_by_greedy(problem(both[0]))) == {"a": "dearer_than_penalty"}
    beside = problem(stop("c", 2), *both)  # with the vehicle out anyway each costs 200 or nothing
    assert reasons(planned_by_greedy(beside)) == {}


def test_an_optional_stop_that_no_longer_pays_is_dropped() -> None:
    case = problem(A, stop("b", 3, optional=True, penalty_fen=399))
    c = Compiled(case)
    plan = greedy.construct(c)
    day = made(case, "ab")
    assert day is not None
    plan.set_day(day)
    plan.fill()
    assert plan.absent == {c.node_of["b"]}


# ---- a stop that is the only one of its trip


def test_a_solo_stop_with_two_classes_is_served_but_shares_with_no_other() -> None:
    both = {"oil": {"mass_g": 1}, "acid": {"mass_g": 1}}
    case = problem(stop("a", 1, load=both), B, solo=frozenset({"acid"}), vehicles=(vehicle(max_trips=2),))
    assert not holds(case, "ab")
    assert holds(case, "a", "b")
    assert reasons(planned_by_greedy(case)) == {}
    for rule in ({"alone": frozenset({"acid"})}, {"conflicts": (Conflict("oil", "acid"),)}):
        at_odds = problem(stop("a", 1, load=both), **rule)
        assert reasons(planned_by_greedy(at_odds)) == {"a": "class_conflict"}


# ---- orders


def test_a_pinned_stop_is_served_by_its_vehicle() -> None:
    cars = (vehicle(), vehicle("W", fixed_cost_fen=50_000))
    case = problem(A, B, vehicles=cars, orders=(pinned("a", vehicle="W"),))
    assert codes(case, drive(case, "ab")) == ["order_broken"]
    assert trips(planned_by_greedy(case))["W"][0].count("a") == 1
    unpinned = problem(A, B, vehicles=cars)
    assert trips(planned_by_greedy(unpinned)) == {"V": [["a", "b"]]}


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (("bxa",), True),
        (("ba",), True),
        (("xba",), True),
        (("b", "a"), True),
        (("a", "b"), False),
        (("axb",), False),
    ],
)
def test_pinned_stops_keep_their_order_and_others_may_come_between(
    names: tuple[str, ...], allowed: bool
) -> None:
    case = problem(A, B, stop("x", 3), vehicles=(vehicle(max_trips=2),), orders=(pinned("b", "a"),))
    assert holds(case, *names) is allowed


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (("bax",), True),
        (("ba", "x"), True),
        (("bx",), True),  # a is left out, the order binds those that are planned
        (("ax",), True),
        (("abx",), False),
        (("xba",), False),
        (("bxa",), False),
        (("b", "ax"), False),
        (("x", "ba"), False),
    ],
)
def test_a_fixed_order_comes_first_with_nothing_before_or_between(
    names: tuple[str, ...], allowed: bool
) -> None:
    order = pinned("b", "a", fixed=True)
    case = problem(A, B, stop("x", 3), vehicles=(vehicle(max_trips=2),), orders=(order,))
    assert holds(case, *names) is allowed


def test_greedy_serves_pinned_stops_in_their_order() -> None:
    spots = [stop(name, i) for i, name in enumerate("abcdef", start=1)]
    for fixed in (False, True):
        case = problem(*spots, orders=(pinned("e", "b", "d", fixed=fixed),))
        (day,) = trips(planned_by_greedy(case))["V"]
        assert [name for name in day if name in "ebd"] == ["e", "b", "d"]
        assert not fixed or day[:3] == ["e", "b", "d"]


def test_a_pinned_stop_is_left_out_when_its_vehicle_cannot_take_it() -> None:
    cars = (vehicle(), vehicle("W", capacity={"mass_g": 99}))
    case = problem(A, vehicles=cars, orders=(pinned("a", vehicle="W"),))
    (left,) = planned_by_greedy(case).unassigned
    assert (left.reason, left.numbers["vehicle"], left.numbers["over"]) == ("capacity_too_small", "W", 1)
