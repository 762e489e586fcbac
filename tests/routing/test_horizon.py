"""Several days together: no day too early or late, no store too full, and offers that hold."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import planner_cases
from routing import Conflict, Depot, Problem, ProblemError, Solution, StopRule, Travel, check, greedy
from routing.horizon import (
    Carrier,
    DayOffer,
    Horizon,
    HorizonPlan,
    Legs,
    Plant,
    Request,
    ServiceDay,
    Store,
    accept,
    explained,
    offer,
    passing,
    plan_days,
)
from routing.horizon.estimates import estimate
from tests.routing.builders import CLASSES, HOUR, depot, road, stop, vehicle

PLACES = 30


def by_hand(problem: Problem, **_: Any) -> Solution:
    """Routes a day in milliseconds: what is tested here is the days, not the routes."""
    return greedy.solve(problem)


def planned(horizon: Horizon, **changes: Any) -> HorizonPlan:
    plan = plan_days(horizon, stop=StopRule(iterations=100), seed=1, **({"solve": by_hand} | changes))
    assert_sound(plan)
    return plan


def request(name: str, location: int, ready: int = 0, due: int = 2, **changes: Any) -> Request:
    mass_g = changes.pop("mass_g", 100)
    load_class = changes.pop("load_class", "oil")
    one = stop(name, location, mass_g, load_class, **changes)
    return Request(stop=one, ready_day=ready, due_day=due)


def days(count: int = 3, **changes: Any) -> tuple[ServiceDay, ...]:
    one = ServiceDay(day=0, vehicles=(vehicle(**changes),), depots=(depot(),))
    return tuple(replace(one, day=number) for number in range(count))


def horizon(*requests: Request, **changes: Any) -> Horizon:
    values: dict[str, Any] = {"days": days(), "requests": requests, "travel": road(PLACES)}
    return Horizon(**values | changes)


def carrier(name: str = "C", **changes: Any) -> Carrier:
    values: dict[str, Any] = {
        "id": name,
        "capacity_g": 5000,
        "licences": CLASSES,
        "cost_per_run_fen": 100,
        "cost_per_km_fen": 10,
    }
    return Carrier(**values | changes)


def plant(name: str = "Q", location: int = 20, **changes: Any) -> Plant:
    return Plant(**{"id": name, "location": location, "accepts": CLASSES} | changes)


def assert_sound(plan: HorizonPlan) -> None:
    """Every rule of several days, told once more without the planner's code."""
    requests = {one.id: one for one in plan.horizon.requests}
    on = Counter(
        visit.stop_id
        for day in plan.days
        for route in day.solution.routes
        for trip in route.trips
        for visit in trip.visits
    )
    undone = [one.request_id for one in plan.undone]
    assert all(times == 1 for times in on.values())
    assert sorted([*on, *undone]) == sorted(requests)
    for name, day in plan.day_of.items():
        assert requests[name].ready_day <= day <= requests[name].due_day
    assert [day.day for day in plan.days] == [day.day for day in plan.horizon.days]
    for one in plan.days:
        assert check(one.problem, one.solution) == []
    _assert_stores_hold(plan)
    _assert_runs_allowed(plan)


def _assert_stores_hold(plan: HorizonPlan) -> None:
    for store in plan.horizon.stores:
        held = Counter(store.stock_g)
        for service, day in zip(plan.horizon.days, plan.days, strict=True):
            for run in plan.transfers:
                if (run.day, run.depot) == (day.day, store.depot):
                    for name, grams in run.load_g.items():
                        assert 0 < grams <= held[name], "takes what was not there in the evening before"
                        held[name] -= grams
            depot_of = {one.id: one.depot for one in service.vehicles}
            loads = {one.id: one.load for one in day.problem.stops}
            for route in day.solution.routes:
                if depot_of[route.vehicle_id] == store.depot:
                    for trip in route.trips:
                        for visit in trip.visits:
                            for name, load in loads[visit.stop_id].items():
                                held[name] += load["mass_g"]
            for name, most in store.capacity_g.items():
                assert held[name] <= max(most, store.stock_g.get(name, 0))
            if store.total_g is not None:
                assert sum(held.values()) <= max(store.total_g, sum(store.stock_g.values()))


def _assert_runs_allowed(plan: HorizonPlan) -> None:
    carriers = {one.id: one for one in plan.horizon.carriers}
    plants = {one.id: one for one in plan.horizon.plants}
    delivered: Counter[tuple[int, str, str]] = Counter()
    runs: Counter[tuple[int, str]] = Counter()
    for run in plan.transfers:
        one, there = carriers[run.carrier], plants[run.plant]
        assert run.total_g <= one.capacity_g
        assert run.load_g.keys() <= one.licences & there.accepts
        assert one.days is None or run.day in one.days
        assert one.depots is None or run.depot in one.depots
        for pair in plan.horizon.conflicts:
            if pair.a != pair.b and (pair.kind == "never" or not one.separates):
                assert not {pair.a, pair.b} <= run.load_g.keys()
        runs[run.day, run.carrier] += 1
        for name, grams in run.load_g.items():
            delivered[run.day, run.plant, name] += grams
    for (_, name), number in runs.items():
        assert number <= carriers[name].runs_per_day
    for (_, name, load_class), grams in delivered.items():
        assert grams <= plants[name].day_limit_g.get(load_class, grams)


def code_of(plan: HorizonPlan, name: str) -> str:
    return next(one.code for one in plan.undone if one.request_id == name)


def offered(plan: HorizonPlan, one: Request, day: int) -> DayOffer:
    return next(found for found in offer(plan, one) if found.day == day)


# ---------------------------------------------------------------- days


def test_neighbours_whose_days_overlap_share_a_day() -> None:
    plan = planned(horizon(request("a", 20, 0, 1), request("b", 21, 1, 2)))
    assert plan.day_of == {"a": 1, "b": 1}
    assert plan.cost_fen == 1000 + 42 * 100


def test_neighbours_whose_days_do_not_overlap_do_not() -> None:
    plan = planned(horizon(request("a", 20, 0, 0), request("b", 21, 1, 2)))
    assert plan.day_of["a"] == 0
    assert plan.day_of["b"] > 0


def test_what_one_day_cannot_do_the_next_one_does() -> None:
    """Five hours of service each: one a day."""
    plan = planned(horizon(*(request(f"r{i}", 5, service_s=5 * HOUR) for i in range(3))))
    assert sorted(plan.day_of.values()) == [0, 1, 2]
    assert plan.undone == ()


def test_what_no_day_can_do_is_named_with_its_reason_for_each_day() -> None:
    plan = planned(horizon(*(request(f"r{i}", 5, service_s=5 * HOUR) for i in range(4))))
    (left,) = plan.undone
    assert left.code == "fleet_exhausted"
    assert [(one.day, one.why_not.code if one.why_not else None) for one in left.offers] == [
        (0, "fleet_exhausted"), (1, "fleet_exhausted"), (2, "fleet_exhausted"),
    ]  # fmt: skip


def test_a_request_between_whose_days_nobody_drives_says_so() -> None:
    weekend = (days(1)[0], replace(days(1)[0], day=3))
    plan = planned(horizon(request("a", 1, 1, 2), request("b", 1, 1, 3), days=weekend))
    assert code_of(plan, "a") == "no_service_day"
    assert plan.day_of == {"b": 3}


def test_a_request_due_behind_the_horizon_may_wait() -> None:
    plan = planned(horizon(request("later", 25, 0, 9), request("now", 1, 0, 2)))
    assert code_of(plan, "later") == "later"
    assert plan.day_of.keys() == {"now"}


def test_a_request_that_may_wait_comes_along_when_it_is_on_the_way() -> None:
    plan = planned(horizon(request("later", 25, 0, 9), request("now", 25, 0, 2)))
    assert plan.day_of["later"] == plan.day_of["now"]


def test_an_optional_request_is_left_when_it_costs_more_than_its_penalty() -> None:
    far = request("far", 25, optional=True, penalty_fen=2000)
    plan = planned(horizon(far, request("near", 1)))
    assert code_of(plan, "far") == "dearer_than_penalty"
    dear = replace(far, stop=replace(far.stop, penalty_fen=20_000))
    assert planned(horizon(dear, request("near", 1))).undone == ()


def test_a_vehicle_that_is_missing_on_a_day_binds_that_day_only() -> None:
    """The only vehicle licensed for acid comes on day 2."""
    oil = days(2, licences=frozenset({"oil"}))
    both = replace(days(3)[2], day=2)
    plan = planned(horizon(request("acid", 3, load_class="acid"), days=(*oil, both)))
    assert plan.day_of == {"acid": 2}


def test_a_vehicle_named_by_a_request_need_not_be_there_every_day() -> None:
    other = replace(days(3)[2], vehicles=(vehicle("W"),))
    plan = planned(
        horizon(request("w", 3, allowed_vehicles=frozenset({"W"})), days=(*days(2), other)),
    )
    assert plan.day_of == {"w": 2}


def test_the_plan_is_the_same_whenever_counts_stop_it() -> None:
    case = small_case()
    one = plan_days(case, stop=StopRule(iterations=400), seed=3)
    two = plan_days(case, stop=StopRule(iterations=400), seed=3)
    assert_sound(one)
    assert [day.solution.routes for day in one.days] == [day.solution.routes for day in two.days]
    assert one.transfers == two.transfers


def test_after_cancelling_every_day_still_has_a_sound_plan() -> None:
    begin = time.monotonic()
    plan = plan_days(small_case(), stop=StopRule(seconds=3600), cancelled=lambda: True)
    assert_sound(plan)
    assert time.monotonic() - begin < 60


def test_progress_tells_of_each_day() -> None:
    told: list[int] = []
    planned(horizon(request("a", 1)), progress=lambda day, _: told.append(day))
    assert told == [0, 1, 2]


def test_choosing_days_beats_taking_each_request_at_once() -> None:
    case = replace(small_case(), stores=(), carriers=())
    at_once = tuple(replace(one, due_day=one.ready_day) for one in case.requests)
    naive = planned(replace(case, requests=at_once))
    chosen = planned(case)
    assert len(chosen.undone) <= len(naive.undone)
    assert chosen.cost_fen < naive.cost_fen * 0.97


def test_a_capacity_that_only_counts_for_unloading_may_be_huge() -> None:
    """Drums are counted to time their unloading; the vehicle takes any number of them."""
    drums = Depot(
        id="D", location=0, accepts=CLASSES, unload_dimension="drums", unload_per_unit_s=60, unload_unit=1
    )
    fleet = vehicle(capacity={"mass_g": 1000, "drums": 1_000_000})
    one = ServiceDay(day=0, vehicles=(fleet,), depots=(drums,))
    waiting = request("a", 1, 0, 0, load={"oil": {"mass_g": 100, "drums": 1}})
    found = estimate(horizon(waiting, days=(one,)), [waiting], [one])
    [[visit]] = found.visits
    assert visit.work_s < HOUR


# ---------------------------------------------------------------- stores and transfers


def test_a_store_that_would_overflow_leaves_a_request_undone() -> None:
    two = (request("a", 1, mass_g=600), request("b", 2, mass_g=600))
    plan = planned(horizon(*two, stores=(Store(depot="D", capacity_g={"oil": 1000}),)))
    assert [one.code for one in plan.undone] == ["storage_full"]
    assert planned(horizon(*two, stores=(Store(depot="D", capacity_g={"oil": 1200}),))).undone == ()


def test_a_transfer_makes_the_room_that_is_missing() -> None:
    two = (request("a", 1, mass_g=600), request("b", 2, mass_g=600))
    plan = planned(
        horizon(
            *two,
            stores=(Store(depot="D", total_g=1000),),
            plants=(plant(),),
            carriers=(carrier(),),
        )
    )
    assert plan.undone == ()
    (run,) = plan.transfers
    assert (run.load_g, run.distance_m, run.cost_fen) == ({"oil": 600}, 40_000, 100 + 400)


def test_no_carrier_drives_where_there_is_room() -> None:
    full = Store(depot="D", total_g=1200, stock_g={"oil": 1000})
    case = horizon(request("a", 1, mass_g=200), stores=(full,), plants=(plant(),), carriers=(carrier(),))
    assert planned(case).transfers == ()


def test_a_full_store_is_emptied_in_the_morning_for_the_same_day() -> None:
    full = Store(depot="D", total_g=1000, stock_g={"oil": 1000})
    case = horizon(
        request("a", 1, 0, 0, mass_g=100), stores=(full,), plants=(plant(),), carriers=(carrier(),)
    )
    plan = planned(case)
    assert plan.day_of == {"a": 0}
    assert [(run.day, run.load_g) for run in plan.transfers] == [(0, {"oil": 1000})]


def test_what_came_in_today_does_not_leave_today() -> None:
    """Both are due on day 0 and only one fits: no carrier can take the first before the second comes."""
    two = (request("a", 1, 0, 0, mass_g=600), request("b", 2, 0, 0, mass_g=600))
    case = horizon(*two, stores=(Store(depot="D", total_g=1000),), plants=(plant(),), carriers=(carrier(),))
    assert [one.code for one in planned(case).undone] == ["storage_full"]


def test_the_cheaper_plant_is_taken_if_it_accepts_the_class() -> None:
    full = Store(depot="D", total_g=1000, stock_g={"oil": 1000})
    near, far = plant("near", 10), plant("far", 20)
    case = horizon(request("a", 1), stores=(full,), plants=(far, near), carriers=(carrier(),))
    assert [run.plant for run in planned(case).transfers] == ["near"]
    picky = replace(case, plants=(far, replace(near, accepts=frozenset({"acid"}))))
    assert [run.plant for run in planned(picky).transfers] == ["far"]


def test_what_may_not_ride_together_goes_on_two_runs() -> None:
    full = Store(depot="D", total_g=1000, stock_g={"oil": 500, "acid": 500})
    big = request("a", 1, 0, 2, mass_g=900)
    case = horizon(
        big,
        stores=(full,),
        plants=(plant(),),
        carriers=(carrier(),),
        conflicts=(Conflict("oil", "acid"),),
    )
    runs = planned(case).transfers
    assert sorted(tuple(run.load_g) for run in runs) == [("acid",), ("oil",)]
    assert len({run.day for run in runs}) == 2
    together = planned(replace(case, conflicts=())).transfers
    assert [set(run.load_g) for run in together] == [{"oil", "acid"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"carriers": (carrier(licences=frozenset({"acid"})),)},
        {"carriers": (carrier(runs_per_day=0),)},
        {"carriers": (carrier(days=frozenset({2})),)},
        {"carriers": (carrier(depots=frozenset({"E"})),)},
        {"plants": (plant(day_limit_g={"oil": 50}),)},
        {"plants": (plant(day_total_g=50),)},
        {"carriers": (carrier(capacity_g=50),)},
    ],
)
def test_every_limit_of_a_transfer_can_be_what_keeps_a_request_out(changes: dict[str, Any]) -> None:
    full = Store(depot="D", total_g=1000, stock_g={"oil": 1000})
    base: dict[str, Any] = {"stores": (full,), "plants": (plant(),), "carriers": (carrier(),)}
    case = horizon(request("a", 1, 0, 0), **base | changes)
    assert [one.code for one in planned(case).undone] == ["storage_full"]
    assert planned(horizon(request("a", 1, 0, 0), **base)).undone == ()


def test_a_day_may_take_in_less_than_the_store_has_room_for() -> None:
    limited = tuple(replace(day, depots=(depot(storage_left={"oil": 150}),)) for day in days())
    plan = planned(horizon(*(request(f"r{i}", 1, mass_g=100) for i in range(3)), days=limited))
    assert sorted(plan.day_of.values()) == [0, 1, 2]


def test_an_overfull_store_takes_nothing_in() -> None:
    over = Store(depot="D", capacity_g={"oil": 100}, stock_g={"oil": 300})
    plan = planned(horizon(request("a", 1, mass_g=1), request("b", 1, load_class="acid"), stores=(over,)))
    assert code_of(plan, "a") == "storage_full"
    assert "b" in plan.day_of


@st.composite
def horizons(draw: st.DrawFn) -> Horizon:
    """Tight little weeks: small stores, few carriers, two depots, narrow terms."""
    count = draw(st.integers(1, 9))
    names = sorted(CLASSES)
    requests = []
    for i in range(count):
        ready = draw(st.integers(-1, 3))
        requests.append(
            request(
                f"r{i}",
                draw(st.integers(2, PLACES - 1)),
                ready,
                ready + draw(st.integers(0, 4)),
                mass_g=draw(st.integers(0, 500)),
                load_class=draw(st.sampled_from(names)),
                service_s=draw(st.sampled_from([600, 2 * HOUR, 4 * HOUR])),
                optional=draw(st.booleans()),
                penalty_fen=draw(st.integers(0, 9000)),
                allowed_depots=draw(st.sampled_from([None, frozenset({"D"}), frozenset({"E"})])),
            )
        )
    grams = st.integers(0, 900)
    depots = (depot(), depot(id="E", location=1))
    vehicles = (vehicle(max_trips=draw(st.integers(1, 2))), vehicle("W", depot="E"))
    stores = tuple(
        Store(
            depot=name,
            capacity_g=draw(st.dictionaries(st.sampled_from(names), grams, max_size=2)),
            total_g=draw(st.one_of(st.none(), st.integers(0, 1500))),
            stock_g=draw(st.dictionaries(st.sampled_from(names), grams, max_size=3)),
        )
        for name in ("D", "E")
    )
    pair = draw(st.sampled_from([(), (Conflict("oil", "acid"),), (Conflict("lab", "acid"),)]))
    return Horizon(
        days=tuple(ServiceDay(day=number, vehicles=vehicles, depots=depots) for number in (0, 1, 3)),
        requests=tuple(requests),
        travel=road(PLACES, seconds=draw(st.sampled_from([60, 400]))),
        stores=stores,
        plants=(plant(day_limit_g=draw(st.dictionaries(st.sampled_from(names), grams, max_size=1))),),
        carriers=(
            carrier(capacity_g=draw(st.integers(1, 900)), runs_per_day=draw(st.integers(0, 2))),
            carrier("C2", licences=frozenset({"oil"}), days=frozenset({1, 3})),
        ),
        conflicts=pair,
        alone=frozenset(draw(st.sets(st.sampled_from(names), max_size=1))),
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(horizons())
def test_any_week_keeps_its_days_and_its_stores(case: Horizon) -> None:
    plan = planned(case)
    for left in plan.undone:
        assert left.code
        possible = [one for one in left.offers if one.why_not is None]
        if not next(one for one in case.requests if one.id == left.request_id).stop.optional:
            assert possible == [], "a request that fits somewhere is not left out"


# ---------------------------------------------------------------- offers


def test_an_offer_holds_and_costs_what_it_says() -> None:
    plan = planned(small_case())
    new = request("new", 13, 0, 2, mass_g=50)
    for one in offer(plan, new):
        assert one.why_not is None
        taken = accept(plan, new, one.day)
        assert_sound(taken)
        assert taken.day_of["new"] == one.day
        assert taken.cost_fen - plan.cost_fen == one.extra_cost_fen
        old = sum(day.solution.distance_m for day in plan.days)
        assert sum(day.solution.distance_m for day in taken.days) - old == one.extra_m


def test_days_before_ready_and_after_due_are_not_offered() -> None:
    plan = planned(horizon(request("a", 1)))
    found = offer(plan, request("new", 2, 1, 1))
    assert [one.why_not.code if one.why_not else "" for one in found] == ["not_ready", "", "past_due"]


def test_a_full_day_says_why_not_and_the_next_one_is_offered() -> None:
    plan = planned(horizon(request("busy", 5, 0, 0, service_s=8 * HOUR)))
    new = request("new", 7, service_s=2 * HOUR)
    first, second, _ = offer(plan, new)
    assert first.why_not is not None
    assert first.why_not.code == "fleet_exhausted"
    assert second.extra_cost_fen == 1000 + 1400
    with pytest.raises(ValueError, match="fleet_exhausted"):
        accept(plan, new, 0)


def test_what_would_make_it_sooner_is_said_as_well() -> None:
    plan = planned(horizon(request("busy", 5, 0, 0, service_s=8 * HOUR)))
    found = explained(plan, request("new", 7, service_s=2 * HOUR), 0)
    assert [change.code for one in found.remedies for change in one.changes][:1] == ["shift_longer"]


def test_a_store_that_would_overflow_on_a_later_day_keeps_an_earlier_one_closed() -> None:
    """Day 2 brings 600 of 1000: only 400 may come before it."""
    plan = planned(horizon(request("a", 1, 2, 2, mass_g=600), stores=(Store(depot="D", total_g=1000),)))
    assert offered(plan, request("new", 1, mass_g=401), 0).why_not is not None
    assert offered(plan, request("new", 1, mass_g=400), 0).why_not is None


def test_a_planned_request_is_offered_its_other_days_without_counting_twice() -> None:
    plan = planned(horizon(request("a", 5, mass_g=900), stores=(Store(depot="D", total_g=1000),)))
    (one,) = plan.horizon.requests
    found = offer(plan, one)
    assert [day.extra_cost_fen for day in found] == [2000, 2000, 2000]
    there = accept(plan, one, 2)
    assert there.day_of == {"a": 2}
    assert_sound(there)


def test_a_place_the_matrix_does_not_hold_is_offered_by_its_legs() -> None:
    case = small_case()
    plan = planned(case)
    known = request("new", 13, mass_g=50)
    metres, seconds = case.travel.distance_m, case.travel.duration_s
    legs = Legs(
        to_m=metres[13].tolist(),
        to_s=seconds[13].tolist(),
        from_m=metres[:, 13].tolist(),
        from_s=seconds[:, 13].tolist(),
    )
    elsewhere = replace(known, stop=replace(known.stop, location=0))
    assert offer(plan, elsewhere, legs) == offer(plan, known)
    taken = accept(plan, elsewhere, 1, legs)
    assert_sound(taken)
    assert taken.horizon.travel.size == case.travel.size + 1
    assert offer(taken, replace(known, stop=replace(known.stop, id="another")))


def test_legs_of_another_matrix_are_refused() -> None:
    plan = planned(horizon(request("a", 1)))
    with pytest.raises(ProblemError, match="names 2 places"):
        offer(plan, request("new", 1), Legs([1, 2], [1, 2], [1, 2], [1, 2]))


def test_six_large_days_answer_within_a_second() -> None:
    case = large_case()
    plan = plan_days(case, stop=StopRule(seconds=2), solve=by_hand)
    assert min(day.solution.assigned for day in plan.days) > 180
    new = replace(case.requests[0], stop=replace(case.requests[0].stop, id="new"), ready_day=0, due_day=9)
    begin = time.process_time()
    found = offer(plan, new)
    assert len(found) == 6
    assert time.process_time() - begin < 1


# ---------------------------------------------------------------- passing near


def test_a_vehicle_passes_whoever_lies_on_its_way() -> None:
    plan = planned(horizon(request("far", 20, 1, 1)))
    (found,) = passing(plan, 10, 0)
    assert (found.day, found.vehicle_id, found.detour_m) == (1, "V", 0)
    assert (found.after_stop, found.before_stop) == (None, "far")


def test_who_lies_beyond_its_way_is_passed_within_the_radius_only() -> None:
    plan = planned(horizon(request("far", 20, 1, 1)))
    assert [one.detour_m for one in passing(plan, 22, 2000)] == [4000]
    assert passing(plan, 22, 1999) == []


# ---------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"days": ()}, "days"),
        ({"days": (days()[1], days()[0])}, "days"),
        ({"requests": (request("a", 1), request("a", 2))}, r"requests\[a\]"),
        ({"requests": (request("a", PLACES),)}, r"requests\[a\].stop.location"),
        ({"stores": (Store(depot="X"),)}, r"stores\[X\]"),
        ({"plants": (plant(location=PLACES),)}, r"plants\[Q\].location"),
        ({"carriers": (carrier(), carrier())}, r"carriers\[C\]"),
        ({"travels": {"slow": road(3)}}, r"travels\[slow\]"),
    ],
)
def test_a_horizon_that_contradicts_itself_is_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(ProblemError, match=path):
        horizon(**changes)


def test_a_request_due_before_it_is_ready_is_refused() -> None:
    with pytest.raises(ProblemError, match="due_day"):
        request("a", 1, 2, 1)


def test_a_service_day_without_vehicles_is_refused() -> None:
    with pytest.raises(ProblemError, match="vehicles"):
        ServiceDay(day=0, vehicles=(), depots=(depot(),))


# ---------------------------------------------------------------- larger cases


def small_case() -> Horizon:
    """Three villages on one road, three days, a store that needs a transfer."""
    rng = np.random.default_rng(4)
    requests = []
    for i in range(18):
        ready = int(rng.integers(0, 2))
        due = min(2, ready + int(rng.integers(0, 3)))
        place = int((6, 12, 24)[i % 3] + rng.integers(0, 3))
        requests.append(request(f"r{i}", place, ready, due, mass_g=150, service_s=1200))
    return horizon(
        *requests,
        days=days(max_trips=3),
        stores=(Store(depot="D", total_g=2500),),
        plants=(plant(),),
        carriers=(carrier(),),
    )


def large_case() -> Horizon:
    """Six days of two hundred stops on seven depots, each stop with a day of its own."""
    full, fleet = planner_cases.day(180), planner_cases.day(30)
    requests = [Request(stop=one, ready_day=i % 6, due_day=i % 6) for i, one in enumerate(full.stops)]
    depots = tuple(replace(one, storage_left={}, storage_total_left_g=None) for one in fleet.depots)
    return Horizon(
        days=tuple(ServiceDay(day=n, vehicles=fleet.vehicles, depots=depots) for n in range(6)),
        requests=tuple(requests),
        travel=Travel(full.travel.distance_m, full.travel.duration_s),
        conflicts=full.conflicts,
        alone=full.alone,
    )
