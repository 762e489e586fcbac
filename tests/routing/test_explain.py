"""Why stops are left out, what would let them in, and what an order of one's own breaks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from bench import planner_cases
from routing import (
    Conflict,
    Order,
    Problem,
    ProblemError,
    Solution,
    Stop,
    UnderWay,
    check,
    greedy,
    insertable,
)
from routing.explain import (
    Change,
    Explanation,
    Remedy,
    compare,
    explain,
    judge,
    moved,
    orders_of,
    relaxed,
    report,
)
from tests.routing.builders import HOUR, MINUTE, depot, problem, road, stop, vehicle
from tests.routing.test_properties import problems


def explained(case: Problem, stop_id: str) -> Explanation:
    return next(one for one in explain(case, greedy.solve(case)) if one.stop_id == stop_id)


def remedy(case: Problem, stop_id: str, *codes: str) -> Remedy:
    """The remedy that takes these changes: they let the stop into the whole plan, a little less does not."""
    found = explained(case, stop_id)
    asked = [one for one in found.remedies if tuple(change.code for change in one.changes) == codes]
    assert len(asked) == 1, [[change.code for change in one.changes] for one in found.remedies]
    assert admits(case, greedy.solve(case), stop_id, asked[0].changes)
    for less in nearly(asked[0].changes):
        assert not admits(case, greedy.solve(case), stop_id, less)
    return asked[0]


NEARLY = {
    "window_later": {"until_s": -1},
    "window_earlier": {"from_s": 1},
    "shift_longer": {"until_s": -1, "shift_s": -1},
    "depot_open_longer": {"until_s": -1},
    "distance_longer": {"over_m": -1},
    "storage": {"over_g": -1},
    "capacity": {"over": -1},
}


def nearly(changes: tuple[Change, ...]) -> Iterator[tuple[Change, ...]]:
    """The changes with one of their amounts a second, a metre or a gram short."""
    for i, change in enumerate(changes):
        if change.code in NEARLY:
            less = {name: change.number(name) + step for name, step in NEARLY[change.code].items()}
            short = replace(change, numbers={**change.numbers, **less})
            yield (*changes[:i], short, *changes[i + 1 :])


def admits(case: Problem, solution: Solution, stop_id: str, changes: tuple[Change, ...]) -> bool:
    """Whether the stop really fits the plan once these fields are changed."""
    wider = relaxed(case, changes)
    assert check(case, solution) == []
    return insertable(wider, solution, stop_id) is not None


def codes(found: Explanation, vehicle_id: str = "V", trip: int | None = 0) -> list[str]:
    return [
        broken.code
        for block in found.blocks
        if (block.vehicle_id, block.trip) == (vehicle_id, trip)
        for broken in block.broken
    ]


# ---------------------------------------------------------------- one rule at a time


def test_a_window_that_closes_too_early_is_named_with_the_time_that_would_do() -> None:
    """Eight kilometres out the vehicle is there at 8:08; the firm closes at 8:05."""
    case = problem(stop("far", 8, windows=((8 * HOUR, 8 * HOUR + 5 * MINUTE),)))
    found = remedy(case, "far", "window_later")
    assert found.changes[0].numbers["close_s"] == 8 * HOUR + 5 * MINUTE
    assert found.changes[0].numbers["until_s"] == 8 * HOUR + 8 * MINUTE == found.fit.start_s
    assert found.fit.extra_m == 16_000
    assert found.fit.extra_cost_fen == 1000 + 1600
    assert codes(explained(case, "far"), trip=None) == ["time_window"]


def test_a_window_that_opens_too_late_is_asked_to_open_earlier() -> None:
    """Service until 17:10 and four minutes home is too late for a shift that ends at 17:00."""
    case = problem(stop("late", 4, windows=((16 * HOUR + 55 * MINUTE, 18 * HOUR),)))
    change = remedy(case, "late", "window_earlier").changes[0]
    assert change.numbers["from_s"] == 16 * HOUR + 46 * MINUTE
    assert change.numbers["open_s"] == 16 * HOUR + 55 * MINUTE


def test_of_two_windows_the_nearer_one_is_widened() -> None:
    case = problem(stop("gap", 8, windows=((8 * HOUR, 8 * HOUR + 1), (18 * HOUR, 19 * HOUR))))
    change = remedy(case, "gap", "window_later").changes[0]
    assert (change.numbers["window"], change.numbers["until_s"]) == (0, 8 * HOUR + 8 * MINUTE)


def test_a_shift_is_asked_to_be_as_much_longer_as_it_must() -> None:
    case = problem(stop("long", 8, service_s=2 * HOUR), vehicles=(vehicle(max_shift_s=2 * HOUR),))
    change = remedy(case, "long", "shift_longer").changes[0]
    assert change.numbers["over_s"] == 16 * MINUTE
    assert change.numbers["shift_s"] == 2 * HOUR + 16 * MINUTE


def test_a_shift_that_is_just_long_enough_needs_no_explanation() -> None:
    case = problem(
        stop("long", 8, service_s=2 * HOUR), vehicles=(vehicle(max_shift_s=2 * HOUR + 16 * MINUTE),)
    )
    assert explain(case, greedy.solve(case)) == []


def test_a_missing_licence_asks_for_a_licensed_vehicle_at_that_depot() -> None:
    case = problem(stop("acid", 3, load_class="acid"), vehicles=(vehicle(licences=frozenset({"oil"})),))
    change = remedy(case, "acid", "licence").changes[0]
    assert (change.of, change.numbers["load_classes"], change.numbers["depot"]) == ("V", "acid", "D")


def test_a_depot_without_the_permit_is_named() -> None:
    case = problem(stop("acid", 3, load_class="acid"), depots=(depot(accepts=frozenset({"oil"})),))
    assert remedy(case, "acid", "depot_accepts").changes[0].of == "D"


def test_a_full_store_says_how_many_grams_it_lacks() -> None:
    case = problem(
        stop("in", 1, 100, penalty_fen=900_000),
        stop("out", 2, 100),
        depots=(depot(storage_left={"oil": 150}),),
    )
    change = remedy(case, "out", "storage").changes[0]
    assert (change.of, change.numbers["load_class"], change.numbers["over_g"]) == ("D", "oil", 50)


def test_a_store_that_is_full_in_total_is_told_from_one_full_for_a_class() -> None:
    case = problem(
        stop("in", 1, 100, penalty_fen=900_000),
        stop("out", 2, 100, "acid"),
        depots=(depot(storage_left={"oil": 150}, storage_total_left_g=150),),
    )
    assert remedy(case, "out", "storage").changes[0].numbers["load_class"] == "*"


def test_a_load_too_large_for_the_vehicle_names_the_missing_capacity() -> None:
    case = problem(stop("big", 2, 1200))
    change = remedy(case, "big", "capacity").changes[0]
    assert (change.numbers["dimension"], change.numbers["over"]) == ("mass_g", 200)


def test_a_limit_on_the_way_is_asked_to_give() -> None:
    case = problem(stop("far", 8), vehicles=(vehicle(max_distance_m=15_000),))
    assert remedy(case, "far", "distance_longer").changes[0].numbers["over_m"] == 1000


def test_another_depot_may_be_allowed() -> None:
    case = problem(
        stop("far", 8, allowed_depots=frozenset({"E"}), windows=((8 * HOUR, 9 * HOUR),)),
        depots=(depot(), depot(id="E", location=9, accepts=frozenset({"acid"}))),
        vehicles=(vehicle(), vehicle("W", depot="E")),
    )
    change = remedy(case, "far", "depot_allowed").changes[0]
    assert (change.of, change.numbers["depot"]) == ("far", "D")


def test_another_vehicle_may_be_allowed() -> None:
    case = problem(
        stop("big", 2, 1200, allowed_vehicles=frozenset({"V"})),
        vehicles=(vehicle(), vehicle("W", capacity={"mass_g": 2000})),
    )
    assert remedy(case, "big", "vehicle_allowed").changes[0].numbers["vehicle"] == "W"


def test_a_pin_may_be_taken_back() -> None:
    case = problem(
        stop("pinned", 2, 1200),
        vehicles=(vehicle(), vehicle("W", capacity={"mass_g": 2000})),
        orders=(Order(vehicle="V", stops=("pinned",)),),
    )
    found = remedy(case, "pinned", "unpinned")
    assert found.vehicle_id == "W"
    assert "pinned_elsewhere" in codes(explained(case, "pinned"), "W", None)


def test_a_depot_that_closes_early_is_asked_to_stay_open() -> None:
    case = problem(stop("far", 8, windows=((11 * HOUR, 12 * HOUR),)), depots=(depot(close_s=11 * HOUR),))
    found = remedy(case, "far", "depot_open_longer")
    assert found.changes[0].numbers["until_s"] == 11 * HOUR + 18 * MINUTE


def test_what_may_not_ride_together_is_offered_a_trip_of_its_own() -> None:
    case = problem(
        stop("oil", 1, penalty_fen=900_000),
        stop("acid", 2, load_class="acid"),
        conflicts=(Conflict("oil", "acid"),),
    )
    found = remedy(case, "acid", "trip_more")
    assert found.fit.new_trip
    assert found.apart_from == ("oil",)
    assert codes(explained(case, "acid")) == ["class_conflict"]
    assert codes(explained(case, "acid"), trip=None) == ["too_many_trips"]


def test_a_conflict_itself_is_never_offered_to_be_lifted() -> None:
    mixed = Stop(id="mixed", location=2, load={"oil": {"mass_g": 1}, "acid": {"mass_g": 1}})
    found = explained(problem(mixed, conflicts=(Conflict("oil", "acid"),)), "mixed")
    assert found.remedies == ()
    assert codes(found, trip=None) == ["class_conflict"]


def test_when_every_vehicle_is_busy_one_more_is_offered_where_it_would_help() -> None:
    busy = stop("busy", 1, 100, service_s=8 * HOUR, penalty_fen=900_000)
    case = problem(busy, stop("other", 2, service_s=2 * HOUR))
    found = remedy(case, "other", "vehicle_more")
    assert found.changes[0].of == "V"
    assert found.fit.extra_cost_fen == 1000 + 400


def test_several_changes_are_offered_only_when_one_is_not_enough() -> None:
    case = problem(
        stop("acid", 8, 1200, "acid"), vehicles=(vehicle(licences=frozenset({"oil"}), max_distance_m=99_000),)
    )
    found = remedy(case, "acid", "licence", "capacity")
    assert len(found.changes) == 2


def test_a_rest_that_the_new_stop_makes_due_is_counted_in() -> None:
    """Four hours and twenty minutes of driving; the look ahead without rest would promise too little."""
    case = problem(
        stop("far", 1, windows=((8 * HOUR, 17 * HOUR),)),
        travel=road(2, 1000, 130 * MINUTE),
        vehicles=(vehicle(max_shift_s=4 * HOUR),),
    )
    change = remedy(case, "far", "shift_longer").changes[0]
    assert change.numbers["shift_s"] == 2 * 130 * MINUTE + 10 * MINUTE + 20 * MINUTE


# ---------------------------------------------------------------- the whole of it


def test_every_vehicle_and_trip_is_answered_for() -> None:
    case = problem(
        stop("a", 1, 900, penalty_fen=900_000),
        stop("b", 2, 900, penalty_fen=900_000),
        stop("c", 3, 900),
        vehicles=(vehicle(max_trips=2), vehicle("W", licences=frozenset({"lab"}))),
    )
    found = explained(case, "c")
    assert {(block.vehicle_id, block.trip) for block in found.blocks} == {
        ("V", 0), ("V", 1), ("V", None), ("W", None),
    }  # fmt: skip
    assert found.nearest is not None
    assert len(found.nearest.broken) == 1


def test_a_stop_that_fits_after_all_says_where() -> None:
    case = problem(stop("a", 1), stop("b", 2))
    solution = judge(case, {"V": [["a"]]}).solution
    (found,) = explain(case, solution)
    assert found.fits is not None
    assert (found.fits.vehicle_id, found.fits.extra_cost_fen, found.blocks) == ("V", 200, ())


def test_a_planned_or_unknown_stop_is_not_explained() -> None:
    case = problem(stop("a", 1))
    with pytest.raises(ValueError, match="is planned"):
        explain(case, greedy.solve(case), ["a"])
    with pytest.raises(KeyError):
        explain(case, greedy.solve(case), ["?"])


def test_a_vehicle_under_way_is_asked_as_well() -> None:
    """It stands at kilometre 9 at 16:50: the shift is what keeps it from turning round."""
    way = UnderWay(location=9, at_s=16 * HOUR + 50 * MINUTE, started_s=8 * HOUR)
    case = problem(stop("near", 9), vehicles=(vehicle(under_way=way),))
    found = remedy(case, "near", "shift_longer")
    assert found.changes[0].numbers["over_s"] == 9 * MINUTE
    assert not found.fit.new_trip


def test_the_report_names_stop_reason_and_remedy() -> None:
    case = problem(stop("far", 8, windows=((8 * HOUR, 8 * HOUR + 5 * MINUTE),)))
    lines = "\n".join(report(case, greedy.solve(case)))
    assert "far: left out" in lines
    assert "far open until 08:08 instead of 08:05" in lines
    assert "+16.0 km, +26.00 yuan" in lines
    assert list(report(problem(stop("a", 1)), greedy.solve(problem(stop("a", 1))))) == [
        "Every stop is planned."
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_every_remedy_of_every_small_day_holds(case: Problem) -> None:
    solution = greedy.solve(case)
    for found in explain(case, solution):
        assert found.fits is None
        assert found.blocks
        assert all(block.broken for block in found.blocks)
        for one in found.remedies:
            assert admits(case, solution, found.stop_id, one.changes)


def test_twenty_stops_left_out_of_a_large_day_are_explained_in_two_seconds() -> None:
    full = planner_cases.day(30)
    case = replace(full, vehicles=tuple(one for i, one in enumerate(full.vehicles) if i % 3))
    solution = greedy.solve(case)
    left = [item.stop_id for item in solution.unassigned][:20]
    assert len(left) == 20
    begin = time.process_time()
    found = explain(case, solution, left)
    assert time.process_time() - begin < 4  # about 0.8 on an idle machine
    assert all(one.remedies for one in found)


# ---------------------------------------------------------------- orders of one's own


def test_an_order_that_holds_every_rule_is_a_plan() -> None:
    case = problem(stop("a", 1), stop("b", 2))
    plan = greedy.solve(case)
    found = judge(case, {"V": [["b", "a"]]}, plan)
    assert found.breaches == ()
    assert check(case, found.solution) == []
    assert found.comparison is not None
    assert found.comparison.extra_cost_fen == 0  # on a straight road there and back is the same way
    assert {one.how for one in found.comparison.moved} == {"reordered"}


def test_every_rule_an_order_breaks_is_named_with_its_place_and_numbers() -> None:
    case = problem(
        stop("early", 8, 600, windows=((8 * HOUR, 8 * HOUR + 10 * MINUTE),)),
        stop("heavy", 1, 600),
        stop("acid", 2, 1, "acid"),
        conflicts=(Conflict("oil", "acid"),),
    )
    found = judge(case, {"V": [["heavy", "early", "acid"]]})
    broken = {one.code: one for one in found.breaches}
    assert broken.keys() == {"window_missed", "capacity_exceeded", "class_conflict"}
    late = broken["window_missed"]
    assert (late.vehicle_id, late.trip, late.stop_id) == ("V", 0, "early")
    assert late.numbers["late_s"] == 8 * MINUTE
    assert broken["capacity_exceeded"].numbers["over"] == 201


def test_the_times_of_a_broken_order_agree_with_the_checker_to_the_second() -> None:
    case = problem(
        *(stop(f"s{i}", i, service_s=HOUR) for i in range(1, 10)), vehicles=(vehicle(cost_per_h_fen=1),)
    )
    found = judge(case, {"V": [[f"s{i}" for i in range(9, 0, -1)]]})
    assert {one.code for one in found.breaches} == {"shift_end_passed"}


def test_a_broken_order_is_no_later_than_it_must_be() -> None:
    """Rests are taken, and the start is put off to where it makes nothing later."""
    case = problem(
        stop("noon", 1, windows=((12 * HOUR, 13 * HOUR),)),
        stop("morning", 2, windows=((8 * HOUR, 9 * HOUR),)),
    )
    (route,) = judge(case, {"V": [["noon", "morning"]]}).solution.routes
    assert route.start_s == 8 * HOUR + 4 * HOUR - MINUTE
    assert route.trips[0].visits[1].start_s == 12 * HOUR + 11 * MINUTE


def test_stops_that_an_order_drops_are_left_out_at_their_penalty() -> None:
    case = problem(stop("a", 1), stop("b", 2, penalty_fen=7))
    found = judge(case, {"V": [["a"]]}, greedy.solve(case))
    assert [item.stop_id for item in found.solution.unassigned] == ["b"]
    assert found.comparison is not None
    assert found.comparison.after.penalty_fen == 7
    assert [(one.stop_id, one.how) for one in found.comparison.moved] == [("b", "left_out")]


def test_a_vehicle_under_way_cannot_be_forgotten() -> None:
    way = UnderWay(location=3, at_s=9 * HOUR, started_s=8 * HOUR, aboard={"oil": {"mass_g": 950}})
    case = problem(stop("a", 2), vehicles=(vehicle(under_way=way),))
    assert judge(case, {}).breaches == ()
    broken = judge(case, {"V": [["a"]]}).breaches
    assert [one.code for one in broken] == ["capacity_exceeded"]


def test_an_order_of_unknown_names_is_refused() -> None:
    case = problem(stop("a", 1))
    with pytest.raises(ProblemError, match="no such vehicle"):
        judge(case, {"X": [["a"]]})
    with pytest.raises(ProblemError, match="no stop"):
        judge(case, {"V": [["x"]]})


def test_a_stop_moves_from_trip_to_trip() -> None:
    orders = {"V": (("a", "b"), ("c",)), "W": ()}
    assert moved(orders, "c", vehicle_id="V", trip=0, position=1) == {"V": (("a", "c", "b"),), "W": ()}
    assert moved(orders, "a", vehicle_id="W", trip=0, position=0) == {"V": (("b",), ("c",)), "W": (("a",),)}
    with pytest.raises(ProblemError, match="has no position"):
        moved(orders, "a", vehicle_id="V", trip=3, position=0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_any_order_at_all_can_be_judged_and_breaks_no_arithmetic(case: Problem) -> None:
    """All stops on the first vehicle: whatever breaks, the times and sums stated are true."""
    found = judge(case, {case.vehicles[0].id: [[one.id for one in case.stops]]}, greedy.solve(case))
    arithmetic = ("_wrong", "before_arrival", "too_early", "rest_negative", "rest_before_start")
    assert not [one.code for one in found.breaches if one.code.endswith(arithmetic)]


# ---------------------------------------------------------------- two plans


def test_two_plans_are_compared_in_money_way_time_and_stops() -> None:
    case = problem(stop("a", 1), stop("b", 5), vehicles=(vehicle(), vehicle("W")))
    one = judge(case, {"V": [["a", "b"]]}).solution
    two = judge(case, {"V": [["a"]], "W": [["b"]]}).solution
    found = compare(one, two)
    assert found.extra_cost_fen == 1000 + 200
    assert found.extra_m == 2000
    assert (found.before.vehicles, found.after.vehicles) == (1, 2)
    assert [(one.stop_id, one.how) for one in found.moved] == [("b", "to_other_vehicle")]
    assert compare(one, one).moved == ()


def test_orders_of_a_plan_lead_back_to_the_plan() -> None:
    case = problem(stop("a", 1), stop("b", 5))
    plan = greedy.solve(case)
    assert judge(case, orders_of(plan), plan).solution.routes == plan.routes
