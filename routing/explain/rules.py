"""The rules that may stand in the way of a stop: what each misses by, and what would lift it.

Codes of a Broken, their numbers, and the changes that would mend them:

no_allowed_depot     depot, allowed                    depot_allowed
no_allowed_vehicle   allowed                           vehicle_allowed
pinned_elsewhere     vehicle                           unpinned
depot_not_accepting  depot, load_class                 depot_accepts
no_licensed_vehicle  load_class                        licence
storage_full         depot, load_class, over_g         storage
capacity_too_small   dimension, load, max, over        capacity
class_conflict       load_class, with                  none: what may not ride together needs another trip
too_many_trips       max                               trip_more
time_window          stop, start_s, close_s, late_s    window_later, window_earlier
shift_too_short      end_s, span_s, over_s             shift_longer
depot_closed         depot, end_s, close_s, over_s     depot_open_longer
distance_too_long    distance_m, max, over_m           distance_longer
rest_impossible      driving_s, over_s                 none
order_broken         vehicle                           none
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from routing.explain.changes import Change, Numbers
from routing.explain.pieces import Pieces
from routing.explain.timing import Ground, Timed, Windows, begin_of_service, timed
from routing.problem import MASS, Problem, Stop, Vehicle

Load = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule in the way. `change`: what would lift it, None if nothing may."""

    code: str
    numbers: Numbers = field(default_factory=dict)
    change: Change | None = None


def permission(pieces: Pieces, stop: Stop, vehicle: Vehicle) -> Iterator[Broken]:
    depot, pin = pieces.depots[vehicle.depot], pieces.pins.get(stop.id)
    if stop.allowed_depots is not None and depot.id not in stop.allowed_depots:
        numbers = {"depot": depot.id, "allowed": _list(stop.allowed_depots)}
        yield Broken("no_allowed_depot", numbers, Change("depot_allowed", stop.id, {"depot": depot.id}))
    if stop.allowed_vehicles is not None and vehicle.id not in stop.allowed_vehicles:
        change = Change("vehicle_allowed", stop.id, {"vehicle": vehicle.id})
        yield Broken("no_allowed_vehicle", {"allowed": _list(stop.allowed_vehicles)}, change)
    if pin is not None and pin.vehicle != vehicle.id:
        numbers = {"vehicle": pin.vehicle}
        yield Broken("pinned_elsewhere", numbers, Change("unpinned", stop.id, numbers))
    refused = stop.load.keys() - depot.accepts
    if refused:
        change = Change("depot_accepts", depot.id, {"load_classes": _list(refused)})
        yield Broken("depot_not_accepting", {"depot": depot.id, "load_class": _list(refused)}, change)
    unlicensed = stop.load.keys() - vehicle.licences
    if unlicensed:
        change = Change("licence", vehicle.id, {"load_classes": _list(unlicensed), "depot": depot.id})
        yield Broken("no_licensed_vehicle", {"load_class": _list(unlicensed)}, change)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def storage(pieces: Pieces, stop: Stop, vehicle: Vehicle) -> Iterator[Broken]:
    depot = pieces.depots[vehicle.depot]
    held = pieces.held_g(depot.id)
    for name, left in depot.storage_left.items():
        mass = stop.load.get(name, {}).get(MASS, 0)
        if mass and held[name] + mass > left:
            yield _full(depot.id, name, left, held[name] + mass - left)
    total, mass = depot.storage_total_left_g, _mass_g(stop.load)
    if total is not None and mass and held.total() + mass > total:
        yield _full(depot.id, "*", total, held.total() + mass - total)


def _full(depot_id: str, name: str, left_g: int, over_g: int) -> Broken:
    change = Change("storage", depot_id, {"load_class": name, "left_g": left_g, "over_g": over_g})
    return Broken("storage_full", {"depot": depot_id, "load_class": name, "over_g": over_g}, change)


def _mass_g(load: Load) -> int:
    return sum(amounts.get(MASS, 0) for amounts in load.values())


def capacity(vehicle: Vehicle, loads: Sequence[Load]) -> Iterator[Broken]:
    for name, most in vehicle.capacity.items():
        load = sum(amounts.get(name, 0) for one in loads for amounts in one.values())
        if load > most:
            numbers: dict[str, int | str] = {"dimension": name, "max": most, "over": load - most}
            change = Change("capacity", vehicle.id, numbers)
            yield Broken("capacity_too_small", {**numbers, "load": load}, change)


def conflict(
    problem: Problem, vehicle: Vehicle, load: Load, others: Sequence[Load], *, same_stop: bool
) -> Iterator[Broken]:
    """The classes of `load` that may not meet those of the others, and these."""
    hard = {frozenset((c.a, c.b)) for c in problem.conflicts if c.kind == "never" or not vehicle.separates}
    mine: set[str] = set()
    theirs: set[str] = set()
    for other in others:
        for a, b in product(load, other):
            if _shun(problem, hard, a, b, same_stop=same_stop):
                mine.add(a)
                theirs.add(b)
    if mine:
        yield Broken("class_conflict", {"load_class": _list(mine), "with": _list(theirs)})


def _shun(problem: Problem, hard: set[frozenset[str]], a: str, b: str, *, same_stop: bool) -> bool:
    if a == b and same_stop:
        return False
    if a != b and (a in problem.alone or b in problem.alone):
        return True
    if not same_stop and (a in problem.solo or b in problem.solo):
        return True
    return frozenset((a, b)) in hard


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how far a vehicle's day may go. What has happened under way is never too much."""

    close_s: int
    end_s: int
    span_s: int
    distance_m: int | None
    driving_s: int | None

    @staticmethod
    def of(ground: Ground) -> Limits:
        vehicle, rule, way = ground.vehicle, ground.problem.break_rule, ground.vehicle.under_way
        home_s, spent_s, done_m = 0, 0, 0
        if way is not None:
            straight = timed(ground, [[]])
            home_s, done_m = straight.unload_end_s[-1], way.distance_m + straight.distance_m
            spent_s = home_s - way.started_s
        most = vehicle.max_distance_m
        return Limits(
            close_s=max(ground.depot.close_s, home_s),
            end_s=max(vehicle.shift_end_s, home_s),
            span_s=max(vehicle.max_shift_s + vehicle.overtime_s, spent_s),
            distance_m=None if most is None else max(most, done_m),
            driving_s=None if rule is None else rule.max_driving_s,
        )


def times(ground: Ground, limits: Limits, day: Timed) -> Iterator[Broken]:
    """What breaks in the timetable, the drive and the shift."""
    for visits in day.visits:
        for place, _, start, *_rest in visits:
            if start > begin_of_service(start, ground.windows[place])[1]:
                yield _late(ground.stop(place), start, ground.windows[place])
    yield from _end(ground, limits, day)
    vehicle, way = ground.vehicle, ground.vehicle.under_way
    most, metres = limits.distance_m, day.distance_m + (0 if way is None else way.distance_m)
    if most is not None and metres > most:
        change = Change("distance_longer", vehicle.id, {"max_m": most, "over_m": metres - most})
        numbers = {"distance_m": metres, "max": most, "over_m": metres - most}
        yield Broken("distance_too_long", numbers, change)
    if limits.driving_s is not None and day.longest_drive_s > limits.driving_s:
        over = day.longest_drive_s - limits.driving_s
        yield Broken("rest_impossible", {"driving_s": day.longest_drive_s, "over_s": over})


def _late(stop: Stop, start: int, windows: Windows) -> Broken:
    close = windows[-1][1]
    late: dict[str, int | str] = {"start_s": start, "close_s": close, "late_s": start - close}
    moved = {"window": len(windows) - 1, "close_s": close, "until_s": start}
    return Broken("time_window", {"stop": stop.id, **late}, Change("window_later", stop.id, moved))


def _end(ground: Ground, limits: Limits, day: Timed) -> Iterator[Broken]:
    """Back too late for the depot, or for the crew."""
    vehicle, depot, way = ground.vehicle, ground.depot.id, ground.vehicle.under_way
    end = day.unload_end_s[-1]
    if end > limits.close_s:
        moved = {"close_s": limits.close_s, "until_s": end}
        numbers = {"end_s": end, "close_s": limits.close_s, "over_s": end - limits.close_s}
        change = Change("depot_open_longer", depot, moved)
        yield Broken("depot_closed", {"depot": depot, **numbers}, change)
    span = day.span_s if way is None else end - way.started_s
    over = max(end - limits.end_s, span - limits.span_s)
    if over > 0:
        longer = {
            "over_s": over,
            "end_s": limits.end_s,
            "until_s": max(end, limits.end_s),
            "max_s": limits.span_s,
            "shift_s": max(span, limits.span_s),
        }
        change = Change("shift_longer", vehicle.id, longer)
        yield Broken("shift_too_short", {"end_s": end, "span_s": span, "over_s": over}, change)
