"""Is this solution right? Recomputes everything from the problem; shares no code with the solver.

Only the dataclasses are common. Every number a solution states is derived again here.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from routing.problem import Depot, Problem, Stop, Vehicle
from routing.solution import Route, Solution, Trip


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: stable code, where it happens, the numbers."""

    code: str
    where: str
    detail: Mapping[str, int | str] = field(default_factory=dict)


def check(problem: Problem, solution: Solution) -> list[Violation]:
    """All violations of the solution, an empty list if it holds every rule."""
    return list(_Checker(problem).violations(solution))


class _Checker:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.depots = {depot.id: depot for depot in problem.depots}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.stops = {stop.id: stop for stop in problem.stops}
        self.conflicts = {frozenset((pair.a, pair.b)) for pair in problem.conflicts}
        self.hard_conflicts = {frozenset((p.a, p.b)) for p in problem.conflicts if p.kind == "never"}

    def violations(self, solution: Solution) -> Iterator[Violation]:
        yield from self._everything_once(solution)
        unknown = False
        for route in solution.routes:
            if route.vehicle_id not in self.vehicles:
                unknown = True
                yield Violation("vehicle_unknown", f"routes[{route.vehicle_id}]")
            for trip in route.trips:
                for visit in trip.visits:
                    unknown = unknown or visit.stop_id not in self.stops
        if unknown:
            return
        for route in solution.routes:
            yield from self._route(route)
        yield from self._storage(solution)
        yield from self._cost(solution)

    def _everything_once(self, solution: Solution) -> Iterator[Violation]:
        times: dict[str, int] = defaultdict(int)
        for route in solution.routes:
            for trip in route.trips:
                for visit in trip.visits:
                    times[visit.stop_id] += 1
        left_out: dict[str, int] = defaultdict(int)
        for item in solution.unassigned:
            left_out[item.stop_id] += 1
        for stop_id in sorted((set(times) | set(left_out)) - set(self.stops)):
            yield Violation("stop_unknown", f"stops[{stop_id}]")
        for stop in self.problem.stops:
            planned, out = times[stop.id], left_out[stop.id]
            where = f"stops[{stop.id}]"
            if planned > 1:
                yield Violation("stop_duplicated", where, {"times": planned})
            if out > 1:
                yield Violation("unassigned_duplicated", where, {"times": out})
            if planned and out:
                yield Violation("stop_planned_and_unassigned", where)
            if not planned and not out:
                yield Violation("stop_missing", where)
        used: dict[str, int] = defaultdict(int)
        for route in solution.routes:
            used[route.vehicle_id] += 1
        for vehicle_id, number in sorted(used.items()):
            if number > 1:
                yield Violation("vehicle_used_twice", f"routes[{vehicle_id}]", {"times": number})

    def _drive_s(self, vehicle: Vehicle, origin: int, target: int) -> int:
        scaled = int(self.problem.travel.duration_s[origin, target]) * 1000
        return -(-scaled // vehicle.speed_permille)

    def _unload_s(self, depot: Depot, stops: list[Stop]) -> int:
        amount = 0
        for stop in stops:
            for quantities in stop.load.values():
                amount += quantities.get(depot.unload_dimension, 0)
        return depot.unload_fixed_s + -(-amount * depot.unload_per_unit_s // depot.unload_unit)

    def _route(self, route: Route) -> Iterator[Violation]:
        vehicle = self.vehicles[route.vehicle_id]
        depot = self.depots[vehicle.depot]
        where = f"routes[{vehicle.id}]"
        if not route.trips:
            yield Violation("route_empty", where)
            return
        if len(route.trips) > vehicle.max_trips:
            yield Violation("too_many_trips", where, {"trips": len(route.trips), "max": vehicle.max_trips})
        for number, trip in enumerate(route.trips):
            yield from self._trip_load(f"{where}.trips[{number}]", vehicle, depot, trip)
        yield from self._times(route, vehicle, depot)
        yield from self._distance(route, vehicle, depot)

    def _trip_load(self, where: str, vehicle: Vehicle, depot: Depot, trip: Trip) -> Iterator[Violation]:
        if not trip.visits:
            yield Violation("trip_empty", where)
        total: dict[str, int] = defaultdict(int)
        for visit in trip.visits:
            stop = self.stops[visit.stop_id]
            spot = f"{where}.stops[{stop.id}]"
            if stop.allowed_depots is not None and depot.id not in stop.allowed_depots:
                yield Violation("depot_not_allowed", spot, {"depot": depot.id})
            if stop.allowed_vehicles is not None and vehicle.id not in stop.allowed_vehicles:
                yield Violation("vehicle_not_allowed", spot, {"vehicle": vehicle.id})
            for load_class, quantities in stop.load.items():
                if load_class not in vehicle.licences:
                    yield Violation("licence_missing", spot, {"load_class": load_class})
                if load_class not in depot.accepts:
                    yield Violation(
                        "depot_not_accepting", spot, {"load_class": load_class, "depot": depot.id}
                    )
                for dimension, amount in quantities.items():
                    total[dimension] += amount
        for dimension, amount in total.items():
            limit = vehicle.capacity[dimension]
            if amount > limit:
                detail: dict[str, int | str] = {"dimension": dimension, "load": amount, "max": limit}
                yield Violation("capacity_exceeded", where, detail | {"over": amount - limit})
        yield from self._conflicts(where, vehicle, trip)

    def _conflicts(self, where: str, vehicle: Vehicle, trip: Trip) -> Iterator[Violation]:
        forbidden = self.hard_conflicts if vehicle.separates else self.conflicts
        aboard = [
            (visit.stop_id, load_class)
            for visit in trip.visits
            for load_class in self.stops[visit.stop_id].load
        ]
        for i, (stop_a, class_a) in enumerate(aboard):
            for stop_b, class_b in aboard[i + 1 :]:
                if self._incompatible(forbidden, class_a, class_b, same_stop=stop_a == stop_b):
                    yield Violation(
                        "class_conflict",
                        where,
                        {"a": class_a, "b": class_b, "stop_a": stop_a, "stop_b": stop_b},
                    )

    def _incompatible(self, forbidden: set[frozenset[str]], a: str, b: str, *, same_stop: bool) -> bool:
        if a != b and (a in self.problem.alone or b in self.problem.alone):
            return True
        if not same_stop and (a in self.problem.solo or b in self.problem.solo):
            return True
        return frozenset((a, b)) in forbidden and not (same_stop and a == b)

    def _times(self, route: Route, vehicle: Vehicle, depot: Depot) -> Iterator[Violation]:
        where = f"routes[{vehicle.id}]"
        free_s = vehicle.shift_start_s
        driven = _Driving(self.problem)
        drive_s = rest_s = 0
        for number, trip in enumerate(route.trips):
            spot = f"{where}.trips[{number}]"
            if number == 0 and trip.rest_before_s:
                yield Violation("rest_before_start", spot, {"rest_s": trip.rest_before_s})
            rest_s += trip.rest_before_s
            driven.rest(trip.rest_before_s)
            earliest = max(free_s + trip.rest_before_s, depot.open_s)
            if trip.rest_before_s < 0 or trip.leave_s < earliest:
                yield Violation("leaves_too_early", spot, {"leave_s": trip.leave_s, "earliest_s": earliest})
            here, now = depot.location, trip.leave_s
            for visit in trip.visits:
                stop = self.stops[visit.stop_id]
                at = f"{spot}.stops[{stop.id}]"
                leg = self._drive_s(vehicle, here, stop.location)
                drive_s += leg
                yield from driven.leg(at, leg)
                if visit.arrive_s != now + leg:
                    yield Violation("arrival_wrong", at, {"stated_s": visit.arrive_s, "true_s": now + leg})
                if min(visit.rest_before_s, visit.rest_after_s) < 0:
                    yield Violation("rest_negative", at)
                if visit.start_s < visit.arrive_s + visit.rest_before_s:
                    yield Violation("service_before_arrival", at, {"start_s": visit.start_s})
                if not any(open_s <= visit.start_s <= close_s for open_s, close_s in stop.windows):
                    last = max(close_s for _, close_s in stop.windows)
                    late = max(visit.start_s - last, 0)
                    yield Violation("window_missed", at, {"start_s": visit.start_s, "late_s": late})
                depart_s = visit.start_s + stop.service_s + visit.rest_after_s
                if visit.depart_s != depart_s:
                    yield Violation("departure_wrong", at, {"stated_s": visit.depart_s, "true_s": depart_s})
                driven.rest(visit.rest_before_s)
                driven.rest(visit.rest_after_s)
                rest_s += visit.rest_before_s + visit.rest_after_s
                here, now = stop.location, visit.depart_s
            leg = self._drive_s(vehicle, here, depot.location)
            drive_s += leg
            yield from driven.leg(f"{spot}.return", leg)
            if trip.return_s != now + leg:
                yield Violation("return_wrong", spot, {"stated_s": trip.return_s, "true_s": now + leg})
            unload_s = self._unload_s(depot, [self.stops[visit.stop_id] for visit in trip.visits])
            end_s = max(trip.return_s, depot.open_s) + unload_s
            if trip.unload_end_s != end_s:
                yield Violation("unloading_wrong", spot, {"stated_s": trip.unload_end_s, "true_s": end_s})
            if trip.unload_end_s > depot.close_s:
                over = trip.unload_end_s - depot.close_s
                yield Violation("depot_closed", spot, {"end_s": trip.unload_end_s, "over_s": over})
            free_s = trip.unload_end_s
        yield from self._span(route, vehicle)
        for name, stated, true in (("drive_s", route.drive_s, drive_s), ("rest_s", route.rest_s, rest_s)):
            if stated != true:
                yield Violation("total_wrong", where, {"total": name, "stated": stated, "true": true})

    def _span(self, route: Route, vehicle: Vehicle) -> Iterator[Violation]:
        where = f"routes[{vehicle.id}]"
        first, last = route.trips[0].leave_s, route.trips[-1].unload_end_s
        for name, stated, true in (("start_s", route.start_s, first), ("end_s", route.end_s, last)):
            if stated != true:
                yield Violation("total_wrong", where, {"total": name, "stated": stated, "true": true})
        if last > vehicle.shift_end_s:
            yield Violation("shift_end_passed", where, {"end_s": last, "over_s": last - vehicle.shift_end_s})
        if last - first > vehicle.max_shift_s:
            over = last - first - vehicle.max_shift_s
            yield Violation("shift_too_long", where, {"span_s": last - first, "over_s": over})

    def _distance(self, route: Route, vehicle: Vehicle, depot: Depot) -> Iterator[Violation]:
        metres = self._metres(route, depot)
        where = f"routes[{vehicle.id}]"
        if route.distance_m != metres:
            yield Violation(
                "total_wrong", where, {"total": "distance_m", "stated": route.distance_m, "true": metres}
            )
        if vehicle.max_distance_m is not None and metres > vehicle.max_distance_m:
            over = metres - vehicle.max_distance_m
            yield Violation("distance_exceeded", where, {"distance_m": metres, "over_m": over})

    def _metres(self, route: Route, depot: Depot) -> int:
        metres = 0
        for trip in route.trips:
            places = [depot.location]
            places += [self.stops[visit.stop_id].location for visit in trip.visits]
            places.append(depot.location)
            metres += sum(int(self.problem.travel.distance_m[a, b]) for a, b in itertools.pairwise(places))
        return metres

    def _storage(self, solution: Solution) -> Iterator[Violation]:
        brought: dict[tuple[str, str], int] = defaultdict(int)
        for route in solution.routes:
            depot_id = self.vehicles[route.vehicle_id].depot
            for trip in route.trips:
                for visit in trip.visits:
                    for load_class, quantities in self.stops[visit.stop_id].load.items():
                        brought[depot_id, load_class] += quantities.get("mass_g", 0)
        for depot in self.problem.depots:
            where = f"depots[{depot.id}]"
            for load_class, left in sorted(depot.storage_left.items()):
                over = brought[depot.id, load_class] - left
                if over > 0:
                    yield Violation("storage_full", where, {"load_class": load_class, "over_g": over})
            if depot.storage_total_left_g is not None:
                total = sum(mass for (depot_id, _), mass in brought.items() if depot_id == depot.id)
                over = total - depot.storage_total_left_g
                if over > 0:
                    yield Violation("storage_full", where, {"load_class": "*", "over_g": over})

    def _cost(self, solution: Solution) -> Iterator[Violation]:
        weights = self.problem.weights
        total = 0
        for route in solution.routes:
            if not route.trips:
                continue
            vehicle = self.vehicles[route.vehicle_id]
            metres = self._metres(route, self.depots[vehicle.depot])
            span = route.trips[-1].unload_end_s - route.trips[0].leave_s
            fen = _half_up(
                (vehicle.fixed_cost_fen * weights.fixed_permille, 10**3),
                (vehicle.cost_per_km_fen * metres * weights.distance_permille, 10**6),
                (vehicle.cost_per_h_fen * span * weights.time_permille, 3_600_000),
            )
            if fen != route.cost_fen:
                where = f"routes[{vehicle.id}]"
                yield Violation(
                    "total_wrong", where, {"total": "cost_fen", "stated": route.cost_fen, "true": fen}
                )
            total += fen
        for item in solution.unassigned:
            if item.stop_id in self.stops:
                total += _half_up((self.stops[item.stop_id].penalty_fen * weights.penalty_permille, 1000))
        if total != solution.cost_fen:
            yield Violation("cost_wrong", "solution", {"stated_fen": solution.cost_fen, "true_fen": total})


def _half_up(*terms: tuple[int, int]) -> int:
    """The sum of numerator/denominator pairs, rounded half up."""
    common = 36_000_000
    doubled = sum(2 * numerator * (common // denominator) for numerator, denominator in terms)
    return (doubled + common) // (2 * common)


class _Driving:
    """Seconds driven since the last rest that counts."""

    def __init__(self, problem: Problem) -> None:
        self.rule = problem.break_rule
        self.since_rest_s = 0

    def rest(self, rest_s: int) -> None:
        if self.rule is not None and rest_s >= self.rule.break_s:
            self.since_rest_s = 0

    def leg(self, where: str, leg_s: int) -> Iterator[Violation]:
        self.since_rest_s += leg_s
        if self.rule is not None and self.since_rest_s > self.rule.max_driving_s:
            over = self.since_rest_s - self.rule.max_driving_s
            yield Violation("rest_missing", where, {"driven_s": self.since_rest_s, "over_s": over})
