"""The day of one vehicle: is this sequence of trips possible, when, and at what cost?

`make_day` answers for a sequence of nodes; a Day never changes, moves build new ones. The timetable is the
shortest there is, among equally short ones the one that ends earliest; a vehicle under way, whose day has
begun, simply comes home as early as it can.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add, gt

from routing.compiled import Car, Compiled
from routing.costs import route_cost_fen
from routing.problem import BreakRule
from routing.solution import Route, Trip, Visit
from routing.timetable import AFTER, BEFORE, FAR, Label, Place, first_home, fit, labels_at_end, shortest

__all__ = [
    "AFTER", "BEFORE", "FAR", "Day", "Trips", "empty_day", "fit", "keeps_orders", "make_day", "route_of",
    "tidy", "unload_s",
]  # fmt: skip

Trips = tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Day:
    """A feasible vehicle-day with what insertion needs to know at each of its places.

    `nodes`: origin, stops, depot, stops, depot, ..., depot. `ready[i]`: earliest departure from place i;
    `latest[i]`: latest arrival at place i (both leave rests aside). `bounds[t]`: place where trip t starts.
    `loads`, `masks`, `unloads` by trip: amounts, classes (with `Compiled.every_trip`), seconds to unload.
    """

    car: int
    trips: Trips
    nodes: list[int]
    ready: list[int]
    latest: list[int]
    bounds: list[int]
    loads: list[Sequence[int]]
    masks: list[int]
    unloads: list[int]
    distance_m: int
    start_s: int
    end_s: int
    rests: dict[int, int]
    cost_fen: int


def unload_s(c: Compiled, depot: int, load: Sequence[int]) -> int:
    """Seconds to unload this load at this depot."""
    return c.unload_s(depot, load)


def empty_day(c: Compiled, k: int) -> Day:
    """A vehicle that stays at home, or that comes straight home because it is under way."""
    car = c.cars[k]
    if car.under_way:
        day = make_day(c, k, ((),))
        assert day is not None, "its limits allow a vehicle under way to come straight home"
        return day
    start_s = car.start_s
    return Day(k, (), [car.node], [start_s], [car.end_s], [0], [], [], [], 0, start_s, start_s, {}, 0)


def tidy(car: Car, trips: Trips) -> Trips:
    """The trips without empty ones, but for the first of a vehicle under way: it comes home in any case."""
    first = trips[:1] if car.under_way else ()
    return first + tuple(trip for trip in trips[len(first) :] if trip)


def make_day(c: Compiled, k: int, trips: Trips) -> Day | None:
    """The day of vehicle k with these trips, or None if a rule forbids it (storage is not looked at)."""
    car = c.cars[k]
    if not trips:
        return empty_day(c, k)
    if len(trips) > car.max_trips or (car.orders and not keeps_orders(car, trips)):
        return None
    loads: list[Sequence[int]] = []
    masks: list[int] = []
    load: Sequence[int] = car.aboard
    mask, capacity = car.aboard_mask, car.first_capacity
    for trip in trips:
        if not trip and (loads or not car.under_way):
            return None
        for s in trip:
            if car.avoid[s] & mask:
                return None
            mask |= c.classes[s]
            load = list(map(add, load, c.load[s]))
        if any(map(gt, load, capacity)):
            return None
        loads.append(load)
        masks.append(mask)
        load, mask, capacity = c.nothing, c.every_trip, car.capacity
    return _timed(c, k, car, trips, loads, masks)


def keeps_orders(car: Car, trips: Trips) -> bool:
    """Whether the stops pinned to this vehicle are in their order, and first where they must be."""
    day = [s for trip in trips for s in trip]
    for order in car.orders:
        rank = order.rank
        planned = [s for s in day if s in rank]
        if any(rank[a] > rank[b] for a, b in itertools.pairwise(planned)):
            return False
        if order.fixed and list(trips[0][: len(planned)]) != planned:
            return False
    return True


def _timed(
    c: Compiled, k: int, car: Car, trips: Trips, loads: list[Sequence[int]], masks: list[int]
) -> Day | None:
    """The timetable. One long function: everything in plain Python spends its time here."""
    home, drive, metres, service = car.node, car.drive_s, car.metres, car.service
    windows, open_s = c.windows, c.depot_open[home]
    now, here = car.start_s, car.origin
    nodes, ready, bounds, unloads = [here], [now], [0], []
    distance, driven = car.distance_m, car.driven_s
    waited = 0
    slack = FAR  # how much later the day may start without ending later
    several = False
    for trip, load in zip(trips, loads, strict=True):
        if c.releases:
            released = _released(c, trip)
            if now < released:
                waited += released - now
                now = released
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
        unload = c.unload_s(home, load) if trip or car.holds else 0
        now += unload
        unloads.append(unload)
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
        found = _timetable(c, car, trips, nodes, unloads, rule)
        if found is None:
            return None
        start, end, rests = found
    if car.under_way:
        start = car.began_s
    if end - start > car.max_span_s:
        return None
    latest = _latest_arrivals(c, car, nodes, unloads)
    cost = route_cost_fen(car.vehicle, c.problem.weights, distance, end - start)
    return Day(
        k, trips, nodes, ready, latest, bounds, loads, masks, unloads, distance, start, end, rests, cost
    )


def _released(c: Compiled, trip: Sequence[int]) -> int:
    """Before this second the trip may not leave."""
    return max((c.release[s] for s in trip), default=0)


def _latest_arrivals(c: Compiled, car: Car, nodes: list[int], unloads: list[int]) -> list[int]:
    home, drive, service, trip = car.node, car.drive_s, car.service, len(unloads) - 1
    latest = [0] * len(nodes)
    bound = car.end_s
    for i in range(len(nodes) - 1, 0, -1):
        node = nodes[i]
        if node == home:
            bound -= unloads[trip]
            trip -= 1
        else:
            bound -= service[node]
            for opens, closes in reversed(c.windows[node]):
                if opens <= bound:
                    bound = min(bound, closes)
                    break
        latest[i] = bound
        bound -= drive[nodes[i - 1]][node]
    latest[0] = bound
    return latest


def _timetable(
    c: Compiled, car: Car, trips: Trips, nodes: list[int], unloads: list[int], rule: BreakRule | None
) -> tuple[int, int, dict[int, int]] | None:
    """(start, end, rests by place) of the shortest day, or None."""
    places, trip, open_s = [], 0, c.depot_open[car.node]
    for before, node in itertools.pairwise(nodes):
        leg = car.drive_s[before][node]
        if node == car.node:
            close_s = max(open_s, car.end_s - unloads[trip])
            trip += 1
            released = _released(c, trips[trip]) if trip < len(trips) else 0
            window = ((open_s, close_s),)
            places.append(Place(leg, window, unloads[trip - 1], released, rest_before=False))
        else:
            places.append(Place(leg, c.windows[node], car.service[node]))
    labels = labels_at_end(_beginnings(car, _released(c, trips[0]), rule), places, rule)
    labels = [label for label in labels if label[0] <= car.end_s]
    if not car.under_way:
        return shortest(labels)
    home = first_home(labels)
    return None if home is None else (car.began_s, *home)


def _beginnings(car: Car, released: int, rule: BreakRule | None) -> list[Label]:
    """How the day may begin; a vehicle under way may rest where it stands."""
    labels: list[Label] = [(max(car.start_s, released), 0, FAR, car.driven_s, ())]
    if rule is not None and car.under_way:
        pause = rule.break_s
        labels.append((max(car.start_s + pause, released), pause, FAR, 0, ((0, AFTER),)))
    return labels


def route_of(c: Compiled, day: Day) -> Route:
    """The day written out with all its times."""
    car = c.cars[day.car]
    pause = 0 if c.problem.break_rule is None else c.problem.break_rule.break_s
    trips: list[Trip] = []
    now, place, here = car.start_s if car.under_way else day.start_s, 0, car.origin
    drive_s = 0
    for stops, unload in zip(day.trips, day.unloads, strict=True):
        rest_here = pause if day.rests.get(place) == AFTER else 0
        leave = now = max(now + rest_here, _released(c, stops))
        visits: list[Visit] = []
        for s in stops:
            place += 1
            leg = car.drive_s[here][s]
            visit = _visit(c, car, s, now + leg, day.rests.get(place, 0), pause)
            visits.append(visit)
            drive_s += leg
            now, here = visit.depart_s, s
        place += 1
        leg = car.drive_s[here][car.node]
        drive_s += leg
        back, here = now + leg, car.node
        now = max(back, c.depot_open[here]) + unload
        trips.append(
            Trip(
                visits=tuple(visits), leave_s=leave, return_s=back, unload_end_s=now, rest_before_s=rest_here
            )
        )
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


def _visit(c: Compiled, car: Car, s: int, arrive_s: int, rest: int, pause: int) -> Visit:
    before = pause if rest == BEFORE else 0
    after = pause if rest == AFTER else 0
    start = fit(arrive_s + before, c.windows[s])
    return Visit(
        stop_id=c.stop(s).id,
        arrive_s=arrive_s,
        start_s=start,
        depart_s=start + car.service[s] + after,
        rest_before_s=before,
        rest_after_s=after,
    )
