"""The changes that would let a left-out stop in, each tried before it is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from routing.checker import check
from routing.compiled import Compiled
from routing.day import make_day
from routing.explain.blocks import Spot
from routing.explain.changes import EFFORT, Change, ask_fen, relaxed
from routing.explain.pieces import Pieces
from routing.finish import unexplained
from routing.plan import Plan
from routing.problem import Problem
from routing.solution import Route, Solution

TRIES_PER_KIND = 3
CHANGES_MAX = 3
# A timetable with rests may need a little more than the first look says.
STEPS_S = (0, 300, 600, 900, 1200, 1800, 2700, 3600)
CLOCKS = {
    "window_later": ("until_s",),
    "shift_longer": ("until_s", "shift_s"),
    "depot_open_longer": ("until_s",),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """Changes that together let the stop in, and where it then goes. Tried: every other rule holds.

    `trip` and `position` count from 0; `new_trip`: a trip of its own there. `start_s`: start of service.
    `apart_from`: load classes on the trips there are that keep it off them, so that it needs its own.
    """

    changes: tuple[Change, ...]
    vehicle_id: str
    fit: Fit
    apart_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a stop goes in one vehicle's day, and what that adds to it.

    `trip` and `position` count from 0; `new_trip`: a trip of its own there. `start_s`: start of service.
    `end_s` and `span_s`: when the day then ends and how long it is; `extra_s`: how much longer than before.
    """

    trip: int
    position: int
    new_trip: bool
    start_s: int
    extra_cost_fen: int
    extra_m: int
    extra_s: int
    end_s: int
    span_s: int


def remedies(pieces: Pieces, stop_id: str, spots: Iterable[Spot]) -> tuple[Remedy, ...]:
    """One remedy of each kind that works, the easiest first; several changes only if no single one does."""
    kinds: dict[tuple[str, ...], list[Spot]] = defaultdict(list)
    conflicts = list(spots)
    for spot in conflicts:
        if spot.broken and all(one.change is not None for one in spot.broken):
            kinds[_kind(spot, stop_id)].append(spot)
    for count in range(1, CHANGES_MAX + 1):
        tried = (
            _first_that_works(pieces, stop_id, group) for kind, group in kinds.items() if len(kind) == count
        )
        found = [replace(one, apart_from=_apart(one, conflicts)) for one in tried if one is not None]
        if found:
            return tuple(sorted(found, key=_ease))
    return ()


def _kind(spot: Spot, stop_id: str) -> tuple[str, ...]:
    """Which changes it takes: two spots of one kind ask the same of the same sort of people."""
    named = (f"{change.code} {change.of == stop_id}" for change in _changes(spot))
    return tuple(sorted(named))


def _changes(spot: Spot) -> tuple[Change, ...]:
    return tuple(one.change for one in spot.broken if one.change is not None)


def _ease(remedy: Remedy) -> tuple[int, float]:
    """Easy to get before hard to get, then cheap before dear."""
    effort = sum(EFFORT[change.code] for change in remedy.changes)
    return effort, remedy.fit.extra_cost_fen + sum(ask_fen(change) for change in remedy.changes)


def _apart(remedy: Remedy, spots: Iterable[Spot]) -> tuple[str, ...]:
    """The classes that keep the stop off every trip the vehicle makes, if it is given one of its own."""
    if not remedy.fit.new_trip:
        return ()
    there = [spot for spot in spots if spot.vehicle_id == remedy.vehicle_id and not spot.new]
    names: set[str] = set()
    for spot in there:
        quarrel = next((one for one in spot.broken if one.code == "class_conflict"), None)
        if quarrel is None:
            return ()
        names.update(str(quarrel.numbers["with"]).split(", "))
    return tuple(sorted(names))


def _first_that_works(pieces: Pieces, stop_id: str, group: list[Spot]) -> Remedy | None:
    group.sort(key=lambda spot: spot.ask + spot.extra_fen)
    for spot in group[:TRIES_PER_KIND]:
        for changes in _widened(_changes(spot)):
            fit = fitted(relaxed(pieces.problem, changes), pieces, spot.vehicle_id, stop_id)
            if fit is not None:
                least = tuple(_least(change, stop_id, fit) for change in changes)
                return Remedy(least, spot.vehicle_id, fit)
    return None


def _least(change: Change, stop_id: str, fit: Fit) -> Change:
    """The change no wider than the place that was found needs it."""
    if change.code == "window_later" and change.of == stop_id:
        return _narrowed(
            change, until_s=min(change.number("until_s"), max(fit.start_s, change.number("close_s")))
        )
    if change.code == "depot_open_longer":
        return _narrowed(change, until_s=fit.end_s)
    if change.code == "shift_longer":
        end_s, most_s = change.number("end_s"), change.number("max_s")
        over_s = max(fit.end_s - end_s, fit.span_s - most_s)
        return _narrowed(
            change, over_s=over_s, until_s=max(fit.end_s, end_s), shift_s=max(fit.span_s, most_s)
        )
    return change


def _narrowed(change: Change, **numbers: int) -> Change:
    return replace(change, numbers={**change.numbers, **numbers})


def _widened(changes: tuple[Change, ...]) -> Iterator[tuple[Change, ...]]:
    yield changes
    if any(change.code in CLOCKS for change in changes):
        for step in STEPS_S[1:]:
            yield tuple(_later(change, step) for change in changes)


def _later(change: Change, seconds: int) -> Change:
    moved = {name: change.number(name) + seconds for name in CLOCKS.get(change.code, ())}
    if change.code == "shift_longer":
        moved["over_s"] = change.number("over_s") + seconds
    return replace(change, numbers={**change.numbers, **moved})


def fitted(problem: Problem, pieces: Pieces, vehicle_id: str, stop_id: str) -> Fit | None:
    """The cheapest place for the stop in this vehicle's day under this problem, or None if there is none.

    Exact, and seen by the checker. None as well if the day breaks a rule without the stop.
    """
    pieces = pieces.under(problem)
    alone = pieces.alone(vehicle_id, stop_id)
    c = Compiled(alone)
    plan, s = Plan(c), c.node_of[stop_id]
    trips = tuple(tuple(c.node_of[name] for name in trip) for trip in pieces.trips(vehicle_id))
    if trips:
        before = make_day(c, 0, trips)
        if before is None:
            return None
        plan.set_day(before)
    plan.absent.add(s)
    old = unexplained(c, plan)
    place = plan.exact_place(s)
    if place is None:
        return None
    assert plan.insert(s, place), "a place found must take its stop"
    new = unexplained(c, plan)
    broken = check(alone, new)
    assert not broken, broken
    return Fit(
        trip=place.trip,
        position=place.at,
        new_trip=place.new,
        start_s=_start_s(new.routes[0], stop_id),
        extra_cost_fen=new.routes[0].cost_fen - sum(route.cost_fen for route in old.routes),
        extra_m=new.distance_m - old.distance_m,
        extra_s=_span_s(new) - _span_s(old),
        end_s=new.routes[0].end_s,
        span_s=_span_s(new),
    )


def _start_s(route: Route, stop_id: str) -> int:
    visits = (visit for trip in route.trips for visit in trip.visits)
    return next(visit.start_s for visit in visits if visit.stop_id == stop_id)


def _span_s(solution: Solution) -> int:
    return sum(route.end_s - route.start_s for route in solution.routes)
