"""One vehicle's day as it would go, timed as well as can be even where it breaks a rule.

`routing.day.make_day` answers yes or no; here a day that breaks rules still gets its times, so that one
can say by how much it is late, too long or too heavy. Each place is reached as early as possible, which
keeps lateness least; the start is then put off as far as that makes nothing later than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.costs import route_cost_fen
from routing.problem import BreakRule, Depot, Problem, Stop, Vehicle
from routing.solution import Route, Trip, Visit

Windows = tuple[tuple[int, int], ...]
HOME, START, FIRST = 0, 1, 2  # places of a Ground: its depot, where its day goes on, its first stop
FAR = 1 << 60


@dataclass(slots=True)
class Ground:
    """A vehicle, its depot and some stops as plain lists. Places: HOME, START, then the stops."""

    problem: Problem
    vehicle: Vehicle
    depot: Depot
    stops: list[Stop]
    drive_s: list[list[int]] = field(init=False)
    metres: list[list[int]] = field(init=False)
    service_s: list[int] = field(init=False)
    windows: list[Windows] = field(init=False)
    place: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        vehicle, problem = self.vehicle, self.problem
        travel = problem.travel_of(vehicle)
        start = self.depot.location if vehicle.under_way is None else vehicle.under_way.location
        where = [self.depot.location, start, *(stop.location for stop in self.stops)]
        index = np.ix_(where, where)
        self.metres = travel.distance_m[index].tolist()
        self.drive_s = (-(-travel.duration_s[index] * 1000 // vehicle.speed_permille)).tolist()
        self.service_s = [0, 0, *(service_s(stop, vehicle) for stop in self.stops)]
        self.windows = [(), (), *(stop.windows for stop in self.stops)]
        self.place = {stop.id: FIRST + i for i, stop in enumerate(self.stops)}

    def stop(self, place: int) -> Stop:
        return self.stops[place - FIRST]

    def unload_s(self, trip: Sequence[int], number: int) -> int:
        """Seconds to unload what a trip brings; nothing aboard after a trip under way takes no time."""
        under_way = self.vehicle.under_way
        dimension = self.depot.unload_dimension
        amount = sum(load.get(dimension, 0) for i in trip for load in self.stop(i).load.values())
        if number == 0 and under_way is not None:
            amount += sum(load.get(dimension, 0) for load in under_way.aboard.values())
            if not trip and not under_way.aboard:
                return 0
        per_unit = -(-amount * self.depot.unload_per_unit_s // self.depot.unload_unit)
        return self.depot.unload_fixed_s + per_unit


def service_s(stop: Stop, vehicle: Vehicle) -> int:
    """Seconds this vehicle needs at this stop."""
    own = stop.service_by_vehicle_s.get(vehicle.id)
    return -(-stop.service_s * vehicle.service_permille // 1000) if own is None else own


@dataclass(slots=True)
class Timed:
    """The times of a day. `visits`: by trip, (place, arrive, start, depart, rest before, rest after)."""

    leave_s: list[int] = field(default_factory=list)
    visits: list[list[tuple[int, int, int, int, int, int]]] = field(default_factory=list)
    return_s: list[int] = field(default_factory=list)
    unload_end_s: list[int] = field(default_factory=list)
    rest_before_s: list[int] = field(default_factory=list)
    distance_m: int = 0
    drive_s: int = 0
    rest_s: int = 0
    longest_drive_s: int = 0
    may_start_later_s: int = 0

    @property
    def span_s(self) -> int:
        return self.unload_end_s[-1] - self.leave_s[0] - self.may_start_later_s


def timed(ground: Ground, trips: Sequence[Sequence[int]], begin_s: int = 0) -> Timed:
    """The day with these trips (lists of places), begun at `begin_s` or as soon after it as possible."""
    return _Clock(ground, trips, begin_s).run()


class _Clock:
    """Walks through a day once."""

    def __init__(self, ground: Ground, trips: Sequence[Sequence[int]], begin_s: int) -> None:
        vehicle = ground.vehicle
        self.ground, self.trips = ground, trips
        self.under_way = vehicle.under_way
        self.out = Timed()
        self.begin_s = max(begin_s, vehicle.shift_start_s, ground.depot.open_s)
        self.driven = 0
        rule = ground.problem.break_rule
        if self.under_way is not None:
            self.begin_s = self.under_way.at_s
            most = FAR if rule is None else rule.max_driving_s
            self.driven = min(self.under_way.driven_since_rest_s, most)  # what was too much is over
        self.now = self.begin_s
        self.waited = 0
        self.slack = FAR
        self.rule = rule if rule is not None and self._needs_rest(rule) else None

    def _needs_rest(self, rule: BreakRule) -> bool:
        drive_s, total = self.ground.drive_s, self.driven
        for number, trip in enumerate(self.trips):
            here = self._first_place(number)
            for place in (*trip, HOME):
                total += drive_s[here][place]
                here = place
        return total > rule.max_driving_s

    def _first_place(self, number: int) -> int:
        return START if number == 0 else HOME

    def run(self) -> Timed:
        for number, trip in enumerate(self.trips):
            self._trip(number, trip)
        late = 0 if self.under_way is not None else min(self.waited, self.slack)
        self.out.may_start_later_s = max(late, 0)
        return self.out

    def _trip(self, number: int, trip: Sequence[int]) -> None:
        out, ground = self.out, self.ground
        here = self._first_place(number)
        rest = self._rest_due(ground.drive_s[here][trip[0] if trip else HOME])
        if number == 0 and self.under_way is None:
            rest = 0
        self._take(rest)
        self._release(number, trip)
        out.leave_s.append(self.now)
        out.rest_before_s.append(rest)
        visits: list[tuple[int, int, int, int, int, int]] = []
        for at, place in enumerate(trip):
            following = trip[at + 1] if at + 1 < len(trip) else HOME
            visits.append(self._visit(here, place, following))
            here = place
        out.visits.append(visits)
        self._drive(here, HOME)
        out.return_s.append(self.now)
        self._wait_until(ground.depot.open_s)
        self.now += ground.unload_s(trip, number)
        out.unload_end_s.append(self.now)

    def _release(self, number: int, trip: Sequence[int]) -> None:
        release_s = max((self.ground.stop(place).release_s for place in trip), default=0)
        if number == 0 and self.under_way is None:
            self.now = self.begin_s = max(self.begin_s, release_s)
        else:
            self._wait_until(release_s)

    def _visit(self, here: int, place: int, following: int) -> tuple[int, int, int, int, int, int]:
        ground, pause = self.ground, 0 if self.rule is None else self.rule.break_s
        self._drive(here, place)
        arrive = self.now
        start, close = begin_of_service(arrive, ground.windows[place])
        before = 0
        if pause and start - arrive >= pause:
            before, self.driven = pause, 0
            self.out.rest_s += pause
        self.waited += start - arrive - before
        self.slack = min(self.slack, max(close - start, 0) + self.waited)
        self.now = start + ground.service_s[place]
        after = self._rest_due(ground.drive_s[place][following])
        self._take(after)
        return place, arrive, start, self.now, before, after

    def _drive(self, here: int, place: int) -> None:
        seconds = self.ground.drive_s[here][place]
        self.now += seconds
        self.driven += seconds
        self.out.drive_s += seconds
        self.out.distance_m += self.ground.metres[here][place]
        self.out.longest_drive_s = max(self.out.longest_drive_s, self.driven)

    def _wait_until(self, opens: int) -> None:
        if self.now < opens:
            self.waited += opens - self.now
            self.now = opens

    def _rest_due(self, next_leg_s: int) -> int:
        rule = self.rule
        if rule is None or not self.driven or self.driven + next_leg_s <= rule.max_driving_s:
            return 0
        return rule.break_s

    def _take(self, rest_s: int) -> None:
        if rest_s:
            self.now += rest_s
            self.out.rest_s += rest_s
            self.driven = 0


def begin_of_service(arrive_s: int, windows: Windows) -> tuple[int, int]:
    """(start of service, close of the window it counts for): at once if every window has closed."""
    for opens, closes in windows:
        if arrive_s <= closes:
            return max(arrive_s, opens), closes
    return arrive_s, windows[-1][1]


def route_of(ground: Ground, trips: Sequence[Sequence[int]]) -> Route:
    """The day written out, begun as late as that costs nothing."""
    vehicle, under_way = ground.vehicle, ground.vehicle.under_way
    day = timed(ground, trips)
    if day.may_start_later_s:
        day = timed(ground, trips, day.leave_s[0] + day.may_start_later_s)
    start_s = day.leave_s[0] - day.rest_before_s[0] if under_way is None else under_way.started_s
    end_s = day.unload_end_s[-1]
    distance_m = day.distance_m + (0 if under_way is None else under_way.distance_m)
    return Route(
        vehicle_id=vehicle.id,
        start_s=start_s,
        end_s=end_s,
        trips=tuple(
            Trip(
                visits=tuple(_visit(ground, *visit) for visit in day.visits[number]),
                leave_s=day.leave_s[number],
                return_s=day.return_s[number],
                unload_end_s=day.unload_end_s[number],
                rest_before_s=day.rest_before_s[number],
            )
            for number in range(len(trips))
        ),
        distance_m=distance_m,
        drive_s=day.drive_s,
        rest_s=day.rest_s,
        cost_fen=route_cost_fen(vehicle, ground.problem.weights, distance_m, end_s - start_s),
    )


def _visit(
    ground: Ground, place: int, arrive: int, start: int, depart: int, before: int, after: int
) -> Visit:
    return Visit(
        stop_id=ground.stop(place).id,
        arrive_s=arrive,
        start_s=start,
        depart_s=depart,
        rest_before_s=before,
        rest_after_s=after,
    )
