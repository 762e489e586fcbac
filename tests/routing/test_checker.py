"""The checker sees every broken rule, and nothing in a plan that just keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing import BreakRule, Conflict, Unassigned
from tests.routing.builders import HOUR, MINUTE, codes, depot, drive, problem, road, stop, vehicle

A, B = stop("a", 1), stop("b", 2)
ACID = stop("b", 2, load_class="acid")


@pytest.mark.parametrize(
    ("good", "bad", "trips", "code"),
    [
        (
            {"vehicles": (vehicle(capacity={"mass_g": 200}),)},
            {"vehicles": (vehicle(capacity={"mass_g": 199}),)},
            ("ab",),
            "capacity_exceeded",
        ),
        (
            {"vehicles": (vehicle(max_trips=2),)},
            {"vehicles": (vehicle(max_trips=1),)},
            ("a", "b"),
            "too_many_trips",
        ),
        (
            {"vehicles": (vehicle(licences={"oil"}),)},
            {"vehicles": (vehicle(licences={"acid"}),)},
            ("ab",),
            "licence_missing",
        ),
        (
            {"depots": (depot(accepts={"oil"}),)},
            {"depots": (depot(accepts={"acid"}),)},
            ("ab",),
            "depot_not_accepting",
        ),
        (
            {"depots": (depot(storage_left={"oil": 200}),)},
            {"depots": (depot(storage_left={"oil": 199}),)},
            ("ab",),
            "storage_full",
        ),
        (
            {"depots": (depot(storage_total_left_g=200),)},
            {"depots": (depot(storage_total_left_g=199),)},
            ("ab",),
            "storage_full",
        ),
        (
            {"depots": (depot(close_s=8 * HOUR + 24 * MINUTE),)},
            {"depots": (depot(close_s=8 * HOUR + 24 * MINUTE - 1),)},
            ("ab",),
            "depot_closed",
        ),
        (
            {"depots": (depot(open_s=8 * HOUR),)},
            {"depots": (depot(open_s=8 * HOUR + 1),)},
            ("ab",),
            "leaves_too_early",
        ),
        (
            {"vehicles": (vehicle(shift_end_s=8 * HOUR + 24 * MINUTE),)},
            {"vehicles": (vehicle(shift_end_s=8 * HOUR + 24 * MINUTE - 1),)},
            ("ab",),
            "shift_end_passed",
        ),
        (
            {"vehicles": (vehicle(max_shift_s=24 * MINUTE),)},
            {"vehicles": (vehicle(max_shift_s=24 * MINUTE - 1),)},
            ("ab",),
            "shift_too_long",
        ),
        (
            {"vehicles": (vehicle(max_distance_m=4000),)},
            {"vehicles": (vehicle(max_distance_m=3999),)},
            ("ab",),
            "distance_exceeded",
        ),
        (
            {"break_rule": BreakRule(4 * MINUTE, MINUTE)},
            {"break_rule": BreakRule(4 * MINUTE - 1, MINUTE)},
            ("ab",),
            "rest_missing",
        ),
        (
            {"conflicts": (Conflict("oil", "acid"),)},
            {"conflicts": (Conflict("oil", "oil"),)},
            ("ab",),
            "class_conflict",
        ),
        ({"solo": frozenset({"acid"})}, {"solo": frozenset({"oil"})}, ("ab",), "class_conflict"),
    ],
)
def test_each_rule_at_its_limit_and_just_beyond(
    good: dict[str, Any], bad: dict[str, Any], trips: tuple[str, ...], code: str
) -> None:
    kept, broken = problem(A, B, **good), problem(A, B, **bad)
    assert codes(kept, drive(kept, *trips)) == []
    assert codes(broken, drive(broken, *trips)) == [code]


def test_classes_in_conflict_may_use_two_trips_but_not_one() -> None:
    case = problem(A, ACID, vehicles=(vehicle(max_trips=2),), conflicts=(Conflict("acid", "oil"),))
    assert codes(case, drive(case, "ab")) == ["class_conflict"]
    assert codes(case, drive(case, "a", "b")) == []


@pytest.mark.parametrize(
    ("kind", "separates", "expected"),
    [
        ("unless_separated", True, []),
        ("unless_separated", False, ["class_conflict"]),
        ("never", True, ["class_conflict"]),
    ],
)
def test_a_vehicle_with_compartments_may_carry_what_only_separation_allows(
    kind: str, separates: bool, expected: list[str]
) -> None:
    pair = Conflict("acid", "oil", kind)
    case = problem(A, ACID, vehicles=(vehicle(separates=separates),), conflicts=(pair,))
    assert codes(case, drive(case, "ab")) == expected


def test_a_class_that_travels_alone_shares_with_its_own_class_only() -> None:
    case = problem(A, ACID, alone=frozenset({"acid"}))
    assert codes(case, drive(case, "ab")) == ["class_conflict"]
    same = problem(A, B, alone=frozenset({"oil"}))
    assert codes(same, drive(same, "ab")) == []


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({"allowed_depots": {"D"}}, []),
        ({"allowed_depots": {"E"}}, ["depot_not_allowed"]),
        ({"allowed_vehicles": {"V"}}, []),
        ({"allowed_vehicles": {"W"}}, ["vehicle_not_allowed"]),
    ],
)
def test_allowed_depots_and_vehicles_are_kept(allowed: dict[str, Any], expected: list[str]) -> None:
    case = problem(
        stop("a", 1, **allowed),
        depots=(depot(), depot(id="E", location=5)),
        vehicles=(vehicle(), vehicle("W")),
    )
    assert codes(case, drive(case, "a")) == expected


def test_service_starts_inside_one_of_several_windows() -> None:
    opens = 8 * HOUR
    for window, expected in (
        ((opens, opens + MINUTE), []),
        ((opens, opens + MINUTE - 1), ["window_missed"]),
    ):
        case = problem(stop("a", 1, windows=(window,)))
        assert codes(case, drive(case, "a")) == expected
    case = problem(stop("a", 1, windows=((opens, opens + 59), (opens + 600, opens + 900))))
    assert codes(case, drive(case, "a")) == []
    assert drive(case, "a").routes[0].trips[0].visits[0].start_s == opens + 600


def test_only_a_planned_rest_of_full_length_counts() -> None:
    case = problem(A, B, break_rule=BreakRule(3 * MINUTE, 5 * MINUTE))
    assert codes(case, drive(case, "ab")) == ["rest_missing"]
    assert codes(case, drive(case, "ab", rests={"b": 5 * MINUTE - 1})) == ["rest_missing"]
    assert codes(case, drive(case, "ab", rests={"b": 5 * MINUTE})) == []


def test_waiting_for_a_window_is_no_rest() -> None:
    late = stop("b", 2, windows=((9 * HOUR, 10 * HOUR),))
    case = problem(A, late, break_rule=BreakRule(3 * MINUTE, 5 * MINUTE))
    assert codes(case, drive(case, "ab")) == ["rest_missing"]
    assert codes(case, drive(case, "ab", rests={"b": 5 * MINUTE})) == []


def test_slower_vehicles_take_longer() -> None:
    case = problem(A, vehicles=(vehicle(speed_permille=500),))
    assert drive(case, "a").routes[0].drive_s == 4 * MINUTE
    assert codes(case, drive(case, "a")) == []
    assert "arrival_wrong" in codes(case, drive(problem(A), "a"))


def test_every_stop_appears_exactly_once() -> None:
    case = problem(A, B)
    good = drive(case, "a")
    assert codes(case, good) == []
    assert codes(case, replace(good, unassigned=(), cost_fen=good.routes[0].cost_fen)) == ["stop_missing"]
    both = (*good.unassigned, Unassigned(stop_id="a", reason="x"))
    assert "stop_planned_and_unassigned" in codes(case, replace(good, unassigned=both))
    assert "stop_duplicated" in codes(case, drive(case, "aba"))
    twice = (*good.unassigned, *good.unassigned)
    assert "unassigned_duplicated" in codes(case, replace(good, unassigned=twice))
    assert "stop_unknown" in codes(problem(A), drive(case, "ab"))
    assert "vehicle_used_twice" in codes(case, replace(good, routes=good.routes * 2))
    foreign = replace(good.routes[0], vehicle_id="X")
    assert codes(case, replace(good, routes=(foreign,))) == ["vehicle_unknown"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"distance_m": 1}, "total_wrong"),
        ({"drive_s": 1}, "total_wrong"),
        ({"rest_s": 1}, "total_wrong"),
        ({"start_s": 1}, "total_wrong"),
        ({"end_s": 1}, "total_wrong"),
        ({"cost_fen": 1}, "total_wrong"),
    ],
)
def test_stated_totals_are_recomputed(change: dict[str, int], code: str) -> None:
    case = problem(A, B)
    good = drive(case, "ab")
    assert codes(case, replace(good, routes=(replace(good.routes[0], **change),))) == [code]  # type: ignore[arg-type]


def test_a_wrong_cost_or_time_is_found() -> None:
    case = problem(A, B)
    good = drive(case, "ab")
    assert codes(case, replace(good, cost_fen=good.cost_fen + 1)) == ["cost_wrong"]
    trip = good.routes[0].trips[0]
    for field, code in (
        ("arrive_s", "arrival_wrong"),
        ("depart_s", "departure_wrong"),
        ("start_s", "departure_wrong"),
    ):
        visit = trip.visits[0]
        wrong = replace(visit, **{field: getattr(visit, field) + 1})
        route = replace(good.routes[0], trips=(replace(trip, visits=(wrong, trip.visits[1])),))
        assert code in codes(case, replace(good, routes=(route,)))
    for field, code in (("return_s", "return_wrong"), ("unload_end_s", "unloading_wrong")):
        late = replace(trip, **{field: getattr(trip, field) + 1})
        assert code in codes(case, replace(good, routes=(replace(good.routes[0], trips=(late,)),)))


def test_unloading_grows_with_the_load() -> None:
    slow = depot(unload_fixed_s=300, unload_per_unit_s=60, unload_unit=150)
    case = problem(A, B, depots=(slow,), travel=road(3))
    trip = drive(case, "ab").routes[0].trips[0]
    assert trip.unload_end_s - trip.return_s == 300 + 80
    assert codes(case, drive(case, "ab")) == []
