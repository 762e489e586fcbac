"""make_day is exact: it finds a day whenever there is one, and no day is shorter than the one it finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import BreakRule, Depot, Problem, Stop, Travel, UnderWay, Vehicle, check
from routing.compiled import Compiled
from routing.day import make_day, route_of
from routing.solution import Solution, Stats, Unassigned

BEGIN, END = 10, 60
STATS = Stats(engine="by hand", engine_version="1", seed=0, iterations=0, seconds=0.0)


@st.composite
def days(draw: st.DrawFn) -> Problem:
    """One vehicle, up to five stops, times of seconds, so that every start and rest can be tried."""
    count = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    stops = []
    for i in range(count):
        opens = BEGIN + draw(st.integers(0, 20))
        windows = [(opens, opens + draw(st.integers(0, 12)))]
        for _ in range(draw(st.integers(0, 2))):
            opens = windows[-1][1] + draw(st.integers(2, 8))
            windows.append((opens, opens + draw(st.integers(0, 8))))
        stops.append(
            Stop(
                id=f"s{i}",
                location=1 + i,
                windows=tuple(windows),
                load={"oil": {"mass_g": 1}},
                service_s=draw(st.integers(0, 3)),
                release_s=draw(st.sampled_from([0, 0, BEGIN + 5, BEGIN + 15])),
            )
        )
    way = UnderWay(
        location=1 + count,
        at_s=BEGIN + draw(st.integers(0, 6)),
        started_s=BEGIN - draw(st.integers(0, 6)),
        driven_since_rest_s=draw(st.integers(0, 6)),
        aboard=draw(st.sampled_from([{}, {"oil": {"mass_g": 2}}])),
    )
    size = count + 2
    return Problem(
        depots=(
            Depot(
                id="D",
                location=0,
                accepts=frozenset({"oil"}),
                open_s=BEGIN + draw(st.integers(0, 8)),
                unload_fixed_s=draw(st.integers(0, 3)),
            ),
        ),
        vehicles=(
            Vehicle(
                id="V",
                depot="D",
                capacity={"mass_g": 10},
                licences=frozenset({"oil"}),
                shift_start_s=BEGIN,
                shift_end_s=END + draw(st.integers(-10, 20)),
                max_shift_s=draw(st.integers(15, 60)),
                max_trips=3,
                cost_per_h_fen=3600,
                under_way=draw(st.one_of(st.none(), st.just(way))),
            ),
        ),
        stops=tuple(stops),
        travel=Travel(rng.integers(0, 9, (size, size)), rng.integers(0, 9, (size, size))),
        break_rule=draw(st.one_of(st.none(), st.just(BreakRule(draw(st.integers(9, 14)), 3)))),
    )


def every_span(case: Problem, trips: list[list[int]]) -> Iterator[int]:
    """The spans of all timetables of these trips (indices of stops): each start, each choice of rests."""
    car, home = case.vehicles[0], case.depots[0]
    way, rule = car.under_way, case.break_rule
    seconds = case.travel.duration_s
    pauses = (0,) if rule is None else (0, rule.break_s)
    straight = 0
    if way is not None:
        leg = int(seconds[way.location, 0])
        straight = way.at_s + leg
        if rule is not None and way.driven_since_rest_s + leg > rule.max_driving_s:
            straight += rule.break_s
        straight = max(straight, home.open_s) + (home.unload_fixed_s if way.aboard else 0)

    def drive(number: int, at: int, here: int, now: int, driven: int) -> Iterator[int]:
        """Ends of the day from a place where a stop is done, or from the depot before trip `number`."""
        trip = trips[number]
        target = trip[at] + 1 if at < len(trip) else 0
        leg = int(seconds[here, target])
        driven += leg
        now += leg
        if rule is not None and driven > rule.max_driving_s:
            return
        if at < len(trip):
            yield from serve(number, at, now, driven)
            return
        now = max(now, home.open_s)
        if trip or (way is not None and way.aboard and number == 0):
            now += home.unload_fixed_s
        if number + 1 == len(trips):
            yield now
            return
        for pause in pauses:
            yield from leave(number + 1, 0, now + pause, 0 if pause else driven)

    def serve(number: int, at: int, now: int, driven: int) -> Iterator[int]:
        spot = case.stops[trips[number][at]]
        for before in pauses:
            for after in pauses if not before else (0,):
                start = next((max(now + before, o) for o, c in spot.windows if now + before <= c), None)
                if start is not None:
                    rested = 0 if before or after else driven
                    yield from drive(number, at + 1, spot.location, start + spot.service_s + after, rested)

    def leave(number: int, here: int, now: int, driven: int) -> Iterator[int]:
        released = max((case.stops[s].release_s for s in trips[number]), default=0)
        yield from drive(number, 0, here, max(now, released), driven)

    if way is not None:
        latest = max(min(car.shift_end_s, home.close_s), straight)
        longest = max(car.max_shift_s, straight - way.started_s)
        most = way.driven_since_rest_s if rule is None else min(way.driven_since_rest_s, rule.max_driving_s)
        for pause in pauses:
            for end in leave(0, way.location, way.at_s + pause, 0 if pause else most):
                if end <= latest and end - way.started_s <= longest:
                    yield end - way.started_s
        return
    latest = min(car.shift_end_s, home.close_s)
    released = max((case.stops[s].release_s for s in trips[0]), default=0)
    for start in range(max(car.shift_start_s, home.open_s, released), latest + 1):
        for end in drive(0, 0, 0, start, 0):
            if end <= latest and end - start <= car.max_shift_s:
                yield end - start


@settings(max_examples=400, deadline=None, derandomize=True)
@given(days(), st.integers(0, 5), st.integers(0, 5), st.randoms(use_true_random=False))
def test_no_timetable_is_shorter_and_none_is_missed(case: Problem, cut: int, end: int, rng: object) -> None:
    order = list(range(len(case.stops)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    trips = [order[:cut], order[cut:end]]
    first_may_be_empty = case.vehicles[0].under_way is not None
    trips = [trip for number, trip in enumerate(trips) if trip or (number == 0 and first_may_be_empty)]
    if not trips:
        return
    c = Compiled(case)
    day = make_day(c, 0, tuple(tuple(c.node_of[f"s{i}"] for i in trip) for trip in trips))
    shortest = min(every_span(case, trips), default=None)
    if day is None:
        assert shortest is None
        return
    assert day.end_s - day.start_s == shortest
    route = route_of(c, day)
    planned = {i for trip in trips for i in trip}
    left = tuple(Unassigned(stop_id=f"s{i}", reason="x") for i in order if i not in planned)
    solution = Solution(routes=(route,), unassigned=left, cost_fen=route.cost_fen, stats=STATS)
    assert check(case, solution) == []
