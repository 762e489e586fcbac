"""The checker's clock: is every time, rest and total of this route what the problem says it must be?

Part of `routing.checker`; like it, it shares no code with the solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from routing.problem import Depot, Problem, Stop, UnderWay, Vehicle
from routing.solution import Route, Trip, Visit


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: stable code, where it happens, the numbers."""

    code: str
    where: str
    detail: Mapping[str, int | str] = field(default_factory=dict)


class Clock:
    """One vehicle's day, driven again leg by leg."""

    def __init__(self, problem: Problem, vehicle: Vehicle, depot: Depot, stops: Mapping[str, Stop]) -> None:
        self.vehicle = vehicle
        self.depot = depot
        self.stops = stops
        self.way: UnderWay | None = vehicle.under_way
        self.rule = problem.break_rule
        travel = problem.travels[vehicle.travel] if vehicle.travel else problem.travel
        self.metres, self.seconds = travel.distance_m, travel.duration_s
        self.where = f"routes[{vehicle.id}]"
        self.since_rest_s = 0
        if self.way is not None:
            self.since_rest_s = self.way.driven_since_rest_s
            if self.rule is not None:  # more than allowed has happened already, what counts is what follows
                self.since_rest_s = min(self.since_rest_s, self.rule.max_driving_s)
        self.drive_s = self.rest_s = 0

    def violations(self, route: Route) -> Iterator[Violation]:
        """What is wrong with the times of this route and the totals made of them."""
        way, depot = self.way, self.depot
        free_s = self.vehicle.shift_start_s if way is None else way.at_s
        for number, trip in enumerate(route.trips):
            spot = f"{self.where}.trips[{number}]"
            under_way = way if number == 0 else None
            yield from self._leaving(spot, trip, free_s, first=number == 0)
            here = depot.location if under_way is None else under_way.location
            now = trip.leave_s
            for visit in trip.visits:
                yield from self._visit(f"{spot}.stops[{visit.stop_id}]", visit, here, now)
                here, now = self.stops[visit.stop_id].location, visit.depart_s
            yield from self._return(spot, trip, here, now, under_way)
            free_s = trip.unload_end_s
        yield from self._span(route)
        for name, stated, true in (
            ("drive_s", route.drive_s, self.drive_s),
            ("rest_s", route.rest_s, self.rest_s),
        ):
            if stated != true:
                yield Violation("total_wrong", self.where, {"total": name, "stated": stated, "true": true})

    def _leaving(self, spot: str, trip: Trip, free_s: int, *, first: bool) -> Iterator[Violation]:
        on_the_road = first and self.way is not None
        if first and not on_the_road and trip.rest_before_s:
            yield Violation("rest_before_start", spot, {"rest_s": trip.rest_before_s})
        earliest = free_s + trip.rest_before_s
        if not on_the_road:
            earliest = max(earliest, self.depot.open_s)
        if trip.rest_before_s < 0 or trip.leave_s < earliest:
            yield Violation("leaves_too_early", spot, {"leave_s": trip.leave_s, "earliest_s": earliest})
        for visit in trip.visits:
            release_s = self.stops[visit.stop_id].release_s
            if trip.leave_s < release_s:
                detail: dict[str, int | str] = {"leave_s": trip.leave_s, "release_s": release_s}
                yield Violation("release_too_early", f"{spot}.stops[{visit.stop_id}]", detail)
        self._rest(trip.rest_before_s)

    def _visit(self, at: str, visit: Visit, here: int, now: int) -> Iterator[Violation]:
        stop = self.stops[visit.stop_id]
        leg_s = self.leg_s(here, stop.location)
        yield from self._drive(at, leg_s)
        if visit.arrive_s != now + leg_s:
            yield Violation("arrival_wrong", at, {"stated_s": visit.arrive_s, "true_s": now + leg_s})
        if min(visit.rest_before_s, visit.rest_after_s) < 0:
            yield Violation("rest_negative", at)
        if visit.start_s < visit.arrive_s + visit.rest_before_s:
            yield Violation("service_before_arrival", at, {"start_s": visit.start_s})
        if not any(open_s <= visit.start_s <= close_s for open_s, close_s in stop.windows):
            late = max(visit.start_s - max(close_s for _, close_s in stop.windows), 0)
            yield Violation("window_missed", at, {"start_s": visit.start_s, "late_s": late})
        depart_s = visit.start_s + self._service_s(stop) + visit.rest_after_s
        if visit.depart_s != depart_s:
            yield Violation("departure_wrong", at, {"stated_s": visit.depart_s, "true_s": depart_s})
        self._rest(visit.rest_before_s)
        self._rest(visit.rest_after_s)

    def _return(
        self, spot: str, trip: Trip, here: int, now: int, under_way: UnderWay | None
    ) -> Iterator[Violation]:
        leg_s = self.leg_s(here, self.depot.location)
        yield from self._drive(f"{spot}.return", leg_s)
        if trip.return_s != now + leg_s:
            yield Violation("return_wrong", spot, {"stated_s": trip.return_s, "true_s": now + leg_s})
        loads = [load for visit in trip.visits for load in self.stops[visit.stop_id].load.values()]
        if under_way is not None:
            loads += under_way.aboard.values()
        end_s = max(trip.return_s, self.depot.open_s) + self._unload_s(loads)
        if trip.unload_end_s != end_s:
            yield Violation("unloading_wrong", spot, {"stated_s": trip.unload_end_s, "true_s": end_s})
        closes_s = max(self.depot.close_s, self.straight_home()[0])
        if trip.unload_end_s > closes_s:
            over = trip.unload_end_s - closes_s
            yield Violation("depot_closed", spot, {"end_s": trip.unload_end_s, "over_s": over})

    def _span(self, route: Route) -> Iterator[Violation]:
        vehicle = self.vehicle
        first, last = self.began_s(route), route.trips[-1].unload_end_s
        for name, stated, true in (("start_s", route.start_s, first), ("end_s", route.end_s, last)):
            if stated != true:
                yield Violation("total_wrong", self.where, {"total": name, "stated": stated, "true": true})
        straight_s, _ = self.straight_home()
        over = last - max(vehicle.shift_end_s, straight_s)
        if over > 0:
            yield Violation("shift_end_passed", self.where, {"end_s": last, "over_s": over})
        over = last - first - max(vehicle.max_shift_s + vehicle.overtime_s, straight_s - first)
        if over > 0:
            yield Violation("shift_too_long", self.where, {"span_s": last - first, "over_s": over})

    def began_s(self, route: Route) -> int:
        """When the day of this route began."""
        return route.trips[0].leave_s if self.way is None else self.way.started_s

    def straight_home(self) -> tuple[int, int]:
        """(second, metre of the day) at which a vehicle under way is home if nothing more is planned.

        (0, 0) for any other vehicle. No limit of the day binds a vehicle to less.
        """
        way, home = self.way, self.depot.location
        if way is None:
            return 0, 0
        leg_s = self.leg_s(way.location, home)
        arrive_s = way.at_s + leg_s
        if self.rule is not None:
            driven_s = min(way.driven_since_rest_s, self.rule.max_driving_s) + leg_s
            arrive_s += self.rule.break_s if driven_s > self.rule.max_driving_s else 0
        end_s = max(arrive_s, self.depot.open_s) + self._unload_s(list(way.aboard.values()))
        return end_s, way.distance_m + int(self.metres[way.location, home])

    def leg_s(self, origin: int, target: int) -> int:
        """Seconds this vehicle drives from one location to another."""
        return -(-int(self.seconds[origin, target]) * 1000 // self.vehicle.speed_permille)

    def _service_s(self, stop: Stop) -> int:
        if self.vehicle.id in stop.service_by_vehicle_s:
            return stop.service_by_vehicle_s[self.vehicle.id]
        return -(-stop.service_s * self.vehicle.service_permille // 1000)

    def _unload_s(self, loads: list[Mapping[str, int]]) -> int:
        if not loads:
            return 0
        depot = self.depot
        amount = sum(load.get(depot.unload_dimension, 0) for load in loads)
        return depot.unload_fixed_s + -(-amount * depot.unload_per_unit_s // depot.unload_unit)

    def _rest(self, rest_s: int) -> None:
        self.rest_s += rest_s
        if self.rule is not None and rest_s >= self.rule.break_s:
            self.since_rest_s = 0

    def _drive(self, where: str, leg_s: int) -> Iterator[Violation]:
        self.drive_s += leg_s
        self.since_rest_s += leg_s
        if self.rule is not None and self.since_rest_s > self.rule.max_driving_s:
            over = self.since_rest_s - self.rule.max_driving_s
            yield Violation("rest_missing", where, {"driven_s": self.since_rest_s, "over_s": over})
