"""The day of one vehicle: is this sequence of trips possible, when, and at what cost?

`make_day` answers for a sequence of nodes; a Day never changes, moves build new ones. The timetable is
the one that ends earliest and, given that end, starts latest; where windows or rests leave a choice,
several starts are tried and the shortest day is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from routing.compiled import Car, Compiled, Windows
from routing.costs import route_cost_fen
from routing.problem import BreakRule
from routing.solution import Route, Trip, Visit

Trips = tuple[tuple[int, ...], ...]
Label = tuple[int, int, tuple[tuple[int, int], ...]]  # time, driven since rest, rests by place
BEFORE, AFTER = 1, 2
FAR = 1 << 60


@dataclass(slots=True)
class Day:
    """A feasible vehicle-day with what insertion needs to know at each of its places.

    `nodes`: depot, stops, depot, stops, ..., depot. `ready[i]`: earliest departure from place i;
    `latest[i]`: latest arrival at place i (both leave rests aside). `bounds[t]`: place where trip t starts.
    """

    car: int
    trips: Trips
    nodes: list[int]
    ready: list[int]
    latest: list[int]
    bounds: list[int]
    loads: list[list[int]]
    masks: list[int]
    distance_m: int
    start_s: int
    end_s: int
    rests: dict[int, int]
    cost_fen: int


@dataclass(slots=True)
class Place:
    """A point of the day: the drive that leads to it, when it may begin, how long it takes."""

    leg_s: int
    windows: Windows
    duration_s: int


def unload_s(c: Compiled, depot: int, load: Sequence[int]) -> int:
    """Seconds to unload this load at this depot."""
    fixed, per_unit, dimension, unit = c.unloading[depot]
    return fixed + -(-load[dimension] * per_unit // unit)


def empty_day(c: Compiled, k: int) -> Day:
    """A vehicle that stays at home."""
    car = c.cars[k]
    return Day(k, (), [car.node], [car.start_s], [car.end_s], [0], [], [], 0, car.start_s, car.start_s, {}, 0)


def make_day(c: Compiled, k: int, trips: Trips) -> Day | None:
    """The day of vehicle k with these trips, or None if a rule forbids it (storage is not looked at)."""
    if not trips:
        return empty_day(c, k)
    car = c.cars[k]
    if len(trips) > car.max_trips:
        return None
    loads: list[list[int]] = []
    masks: list[int] = []
    for trip in trips:
        mask = 0
        load = [0] * len(c.dimensions)
        for s in trip:
            if car.avoid[s] & mask:
                return None
            mask |= c.classes[s]
            load = [a + b for a, b in zip(load, c.load[s], strict=True)]
        if any(a > b for a, b in zip(load, car.capacity, strict=True)):
            return None
        loads.append(load)
        masks.append(mask)
    return _timed(c, k, car, trips, loads, masks)


def _timed(
    c: Compiled, k: int, car: Car, trips: Trips, loads: list[list[int]], masks: list[int]
) -> Day | None:
    home, drive, metres = car.node, car.drive_s, c.distance
    windows, service, open_s = c.windows, c.service, c.depot_open[home]
    now = car.start_s
    nodes, ready, bounds = [home], [now], [0]
    distance = driven = waited = 0
    slack = FAR  # how much later the day may start without ending later
    several = False
    here = home
    for trip, load in zip(trips, loads, strict=True):
        for s in trip:
            leg = drive[here][s]
            driven += leg
            distance += metres[here][s]
            now += leg
            options = windows[s]
            if len(options) > 1:
                several = True
            for opens, closes in options:
                if now <= closes:
                    if now < opens:
                        waited += opens - now
                        now = opens
                    if closes - now + waited < slack:
                        slack = closes - now + waited
                    break
            else:
                return None
            now += service[s]
            nodes.append(s)
            ready.append(now)
            here = s
        leg = drive[here][home]
        driven += leg
        distance += metres[here][home]
        now += leg
        if now < open_s:
            waited += open_s - now
            now = open_s
        now += unload_s(c, home, load)
        bounds.append(len(nodes))
        nodes.append(home)
        ready.append(now)
        here = home
    if now > car.end_s or distance > car.max_distance_m:
        return None
    rule = c.problem.break_rule
    rests: dict[int, int] = {}
    start, end = car.start_s + min(waited, slack), now
    if rule is not None and driven <= rule.max_driving_s:
        rule = None  # no rest is due, and a needless one would only stretch the day
    if several or rule is not None:
        found = _timetable(c, car, nodes, loads, rule)
        if found is None:
            return None
        start, end, rests = found
    if end - start > car.max_shift_s:
        return None
    latest = _latest_arrivals(c, car, nodes, loads)
    cost = route_cost_fen(car.vehicle, c.problem.weights, distance, end - start)
    return Day(k, trips, nodes, ready, latest, bounds, loads, masks, distance, start, end, rests, cost)


def _latest_arrivals(c: Compiled, car: Car, nodes: list[int], loads: list[list[int]]) -> list[int]:
    home, drive, trip = car.node, car.drive_s, len(loads) - 1
    latest = [0] * len(nodes)
    bound = car.end_s
    for i in range(len(nodes) - 1, 0, -1):
        node = nodes[i]
        if node == home:
            bound -= unload_s(c, home, loads[trip])
            trip -= 1
        else:
            bound -= c.service[node]
            for opens, closes in reversed(c.windows[node]):
                if opens <= bound:
                    bound = min(bound, closes)
                    break
        latest[i] = bound
        bound -= drive[nodes[i - 1]][node]
    latest[0] = bound
    return latest


def _places(c: Compiled, car: Car, nodes: list[int], loads: list[list[int]]) -> list[Place]:
    places, trip = [], 0
    for before, node in itertools.pairwise(nodes):
        leg = car.drive_s[before][node]
        if node == car.node:
            lasts = unload_s(c, node, loads[trip])
            trip += 1
            places.append(
                Place(leg, ((c.depot_open[node], max(c.depot_open[node], car.end_s - lasts)),), lasts)
            )
        else:
            places.append(Place(leg, c.windows[node], c.service[node]))
    return places


def _timetable(
    c: Compiled, car: Car, nodes: list[int], loads: list[list[int]], rule: BreakRule | None
) -> tuple[int, int, dict[int, int]] | None:
    """(start, end, rests by place): the shortest day over a few starts, or None."""
    places = _places(c, car, nodes, loads)
    depots = {i for i, node in enumerate(nodes) if node == car.node}
    best: tuple[int, int, dict[int, int]] | None = None
    for begin in _starts(car, places):
        for end, rests in _earliest(places, begin, depots, rule):
            if end > car.end_s:
                continue
            start = _latest_start(places, end, rests, rule)
            if best is None or end - start < best[1] - best[0]:
                best = (start, end, rests)
    return best


def _starts(car: Car, places: list[Place]) -> list[int]:
    """Starts worth trying: the earliest, and those that reach a later window just as it opens."""
    starts = {car.start_s}
    minimum = 0
    for place in places:
        minimum += place.leg_s
        starts.update(opens - minimum for opens, _ in place.windows[1:])
        minimum += place.duration_s
    return sorted(start for start in starts if start >= car.start_s)[:12]


def fit(now: int, windows: Windows) -> int:
    """When service may begin for an arrival at `now`; FAR if every window has closed."""
    for opens, closes in windows:
        if now <= closes:
            return max(now, opens)
    return FAR


def _earliest(
    places: list[Place], begin: int, depots: set[int], rule: BreakRule | None
) -> list[tuple[int, dict[int, int]]]:
    """(end, rests by place): labels of time and driving since the last rest, dominated ones dropped.

    A rest at the depot follows the unloading, so there only AFTER is possible; at a stop the better of both.
    """
    most, pause = (FAR, 0) if rule is None else (rule.max_driving_s, rule.break_s)
    labels: list[Label] = [(begin, 0, ())]
    for i, place in enumerate(places, start=1):
        grown: list[Label] = []
        for now, driven, rests in labels:
            driven += place.leg_s
            if driven > most:
                continue
            now += place.leg_s
            plain = fit(now, place.windows) + place.duration_s
            if plain < FAR:
                grown.append((plain, driven, rests))
            if rule is None or i == len(places):
                continue
            before = FAR if i in depots else fit(now + pause, place.windows) + place.duration_s
            after = plain + pause
            if min(before, after) < FAR:
                how = BEFORE if before <= after else AFTER
                grown.append((min(before, after), 0, (*rests, (i, how))))
        labels = grown if rule is None else _undominated(grown)
        if not labels:
            return []
    return [(end, dict(chosen)) for end, _, chosen in labels]


def _undominated(labels: list[Label]) -> list[Label]:
    """Those that no other beats in time, driving and number of rests together."""
    labels.sort(key=lambda label: (label[0], label[1], len(label[2])))
    kept: list[Label] = []
    for label in labels:
        if not any(other[1] <= label[1] and len(other[2]) <= len(label[2]) for other in kept):
            kept.append(label)
    return kept


def _latest_start(places: list[Place], end: int, rests: dict[int, int], rule: BreakRule | None) -> int:
    pause = 0 if rule is None else rule.break_s
    bound = end
    for i in range(len(places), 0, -1):
        place = places[i - 1]
        if rests.get(i) == AFTER:
            bound -= pause
        bound -= place.duration_s
        for opens, closes in reversed(place.windows):
            if opens <= bound:
                bound = min(bound, closes)
                break
        if rests.get(i) == BEFORE:
            bound -= pause
        bound -= place.leg_s
    return bound


def route_of(c: Compiled, day: Day) -> Route:
    """The day written out with all its times."""
    car = c.cars[day.car]
    pause = 0 if c.problem.break_rule is None else c.problem.break_rule.break_s
    trips: list[Trip] = []
    now, drive_s, place, rest_here = day.start_s, 0, 0, 0
    for number, stops in enumerate(day.trips):
        visits: list[Visit] = []
        leave, here = now + rest_here, car.node
        now = leave
        for s in stops:
            place += 1
            leg = car.drive_s[here][s]
            before = pause if day.rests.get(place) == BEFORE else 0
            after = pause if day.rests.get(place) == AFTER else 0
            start = fit(now + leg + before, c.windows[s])
            done = start + c.service[s] + after
            visits.append(
                Visit(
                    stop_id=c.stop(s).id,
                    arrive_s=now + leg,
                    start_s=start,
                    depart_s=done,
                    rest_before_s=before,
                    rest_after_s=after,
                )
            )
            drive_s += leg
            now, here = done, s
        place += 1
        leg = car.drive_s[here][car.node]
        drive_s += leg
        back = now + leg
        now = max(back, c.depot_open[car.node]) + unload_s(c, car.node, day.loads[number])
        trips.append(
            Trip(
                visits=tuple(visits), leave_s=leave, return_s=back, unload_end_s=now, rest_before_s=rest_here
            )
        )
        rest_here = pause if day.rests.get(place) == AFTER else 0
    return Route(
        vehicle_id=car.vehicle.id,
        start_s=day.start_s,
        end_s=now,
        trips=tuple(trips),
        distance_m=day.distance_m,
        drive_s=drive_s,
        rest_s=pause * len(day.rests),
        cost_fen=day.cost_fen,
    )
