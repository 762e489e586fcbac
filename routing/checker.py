"""Is this solution right? Recomputes everything from the problem; shares no code with the solver.

Only the dataclasses are common. Every number a solution states is derived again here.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping

from routing.checker_times import Clock, Violation
from routing.problem import Depot, Order, Problem, Vehicle
from routing.solution import Route, Solution, Trip

__all__ = ["Violation", "check"]

ABOARD = ""  # stands for the stop, long done, of what a vehicle under way has aboard


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
        yield from self._orders(solution)
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
        for vehicle in self.problem.vehicles:
            if vehicle.under_way is not None and vehicle.id not in used:
                yield Violation("under_way_ignored", f"routes[{vehicle.id}]")

    def _clock(self, vehicle: Vehicle) -> Clock:
        return Clock(self.problem, vehicle, self.depots[vehicle.depot], self.stops)

    def _route(self, route: Route) -> Iterator[Violation]:
        vehicle = self.vehicles[route.vehicle_id]
        depot = self.depots[vehicle.depot]
        where = f"routes[{vehicle.id}]"
        if not route.trips:
            yield Violation("route_empty", where)
            return
        done = 0 if vehicle.under_way is None else vehicle.under_way.trips_done
        trips, most = done + len(route.trips), max(vehicle.max_trips, done + 1)
        if trips > most:
            yield Violation("too_many_trips", where, {"trips": trips, "max": most})
        for number, trip in enumerate(route.trips):
            aboard = vehicle.under_way.aboard if vehicle.under_way is not None and number == 0 else {}
            if not trip.visits and (vehicle.under_way is None or number > 0):
                yield Violation("trip_empty", f"{where}.trips[{number}]")
            yield from self._trip_load(f"{where}.trips[{number}]", vehicle, depot, trip, aboard)
        clock = self._clock(vehicle)
        yield from clock.violations(route)
        yield from self._distance(route, clock)

    def _trip_load(
        self, where: str, vehicle: Vehicle, depot: Depot, trip: Trip, aboard: Mapping[str, Mapping[str, int]]
    ) -> Iterator[Violation]:
        total: dict[str, int] = defaultdict(int)
        for quantities in aboard.values():
            for dimension, amount in quantities.items():
                total[dimension] += amount
        before = dict(total)
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
            limit = max(vehicle.capacity[dimension], before.get(dimension, 0))
            if amount > limit:
                detail: dict[str, int | str] = {"dimension": dimension, "load": amount, "max": limit}
                yield Violation("capacity_exceeded", where, detail | {"over": amount - limit})
        yield from self._conflicts(where, vehicle, trip, aboard)

    def _conflicts(
        self, where: str, vehicle: Vehicle, trip: Trip, aboard: Mapping[str, Mapping[str, int]]
    ) -> Iterator[Violation]:
        forbidden = self.hard_conflicts if vehicle.separates else self.conflicts
        carried = [(ABOARD, load_class) for load_class in aboard]
        for visit in trip.visits:
            carried += [(visit.stop_id, load_class) for load_class in self.stops[visit.stop_id].load]
        for i, (stop_a, class_a) in enumerate(carried):
            for stop_b, class_b in carried[i + 1 :]:
                if stop_a == stop_b == ABOARD:
                    continue
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

    def _distance(self, route: Route, clock: Clock) -> Iterator[Violation]:
        vehicle, metres, where = clock.vehicle, self._metres(route, clock), clock.where
        if route.distance_m != metres:
            yield Violation(
                "total_wrong", where, {"total": "distance_m", "stated": route.distance_m, "true": metres}
            )
        if vehicle.max_distance_m is not None:
            over = metres - max(vehicle.max_distance_m, clock.straight_home()[1])
            if over > 0:
                yield Violation("distance_exceeded", where, {"distance_m": metres, "over_m": over})

    def _metres(self, route: Route, clock: Clock) -> int:
        """Metres of the whole day; what a vehicle under way has driven so far is part of it."""
        way, home = clock.way, clock.depot.location
        metres, here = (0, home) if way is None else (way.distance_m, way.location)
        for trip in route.trips:
            places = [here, *(self.stops[visit.stop_id].location for visit in trip.visits), home]
            metres += sum(int(clock.metres[a, b]) for a, b in itertools.pairwise(places))
            here = home
        return metres

    def _orders(self, solution: Solution) -> Iterator[Violation]:
        """Pinned stops that are planned elsewhere, in another order, or not first where they must be."""
        places = {
            visit.stop_id: (route.vehicle_id, number, at)
            for route in solution.routes
            for number, trip in enumerate(route.trips)
            for at, visit in enumerate(trip.visits)
        }
        for number, order in enumerate(self.problem.orders):
            planned = [stop_id for stop_id in order.stops if stop_id in places]
            yield from self._order(f"orders[{number}]", order, planned, places)

    def _order(
        self, where: str, order: Order, planned: list[str], places: Mapping[str, tuple[str, int, int]]
    ) -> Iterator[Violation]:
        for stop_id in planned:
            if places[stop_id][0] != order.vehicle:
                detail: dict[str, int | str] = {"rule": "vehicle", "stop": stop_id}
                yield Violation("order_broken", where, detail | {"vehicle": places[stop_id][0]})
        for before, after in itertools.pairwise(planned):
            if places[before][0] == places[after][0] and places[before] > places[after]:
                yield Violation("order_broken", where, {"rule": "order", "stop": after, "before": before})
        if order.fixed:
            for rank, stop_id in enumerate(planned):
                if places[stop_id][1:] != (0, rank):
                    yield Violation("order_broken", where, {"rule": "first", "stop": stop_id})

    def _storage(self, solution: Solution) -> Iterator[Violation]:
        aboard: dict[tuple[str, str], int] = defaultdict(int)
        for vehicle in self.problem.vehicles:
            if vehicle.under_way is not None:
                for load_class, quantities in vehicle.under_way.aboard.items():
                    aboard[vehicle.depot, load_class] += quantities.get("mass_g", 0)
        brought = aboard.copy()
        for route in solution.routes:
            depot_id = self.vehicles[route.vehicle_id].depot
            for trip in route.trips:
                for visit in trip.visits:
                    for load_class, quantities in self.stops[visit.stop_id].load.items():
                        brought[depot_id, load_class] += quantities.get("mass_g", 0)
        for depot in self.problem.depots:
            where = f"depots[{depot.id}]"
            for load_class, left in sorted(depot.storage_left.items()):
                over = brought[depot.id, load_class] - max(left, aboard[depot.id, load_class])
                if over > 0:
                    yield Violation("storage_full", where, {"load_class": load_class, "over_g": over})
            if depot.storage_total_left_g is not None:
                left = max(depot.storage_total_left_g, _total(aboard, depot.id))
                over = _total(brought, depot.id) - left
                if over > 0:
                    yield Violation("storage_full", where, {"load_class": "*", "over_g": over})

    def _cost(self, solution: Solution) -> Iterator[Violation]:
        total = 0
        for route in solution.routes:
            if not route.trips:
                continue
            fen = self._route_fen(route)
            if fen != route.cost_fen:
                where = f"routes[{route.vehicle_id}]"
                yield Violation(
                    "total_wrong", where, {"total": "cost_fen", "stated": route.cost_fen, "true": fen}
                )
            total += fen
        for item in solution.unassigned:
            if item.stop_id in self.stops:
                penalty = self.stops[item.stop_id].penalty_fen * self.problem.weights.penalty_permille
                total += _half_up((penalty, 1000))
        if total != solution.cost_fen:
            yield Violation("cost_wrong", "solution", {"stated_fen": solution.cost_fen, "true_fen": total})

    def _route_fen(self, route: Route) -> int:
        weights, vehicle = self.problem.weights, self.vehicles[route.vehicle_id]
        clock = self._clock(vehicle)
        metres = self._metres(route, clock)
        span_s = route.trips[-1].unload_end_s - clock.began_s(route)
        late_s = max(0, span_s - vehicle.max_shift_s)
        return _half_up(
            (vehicle.fixed_cost_fen * weights.fixed_permille, 10**3),
            (vehicle.cost_per_km_fen * metres * weights.distance_permille, 10**6),
            (vehicle.cost_per_h_fen * span_s * weights.time_permille, 3_600_000),
            (vehicle.overtime_per_h_fen * late_s * weights.time_permille, 3_600_000),
        )


def _total(masses: Mapping[tuple[str, str], int], depot_id: str) -> int:
    return sum(mass for (depot, _), mass in masses.items() if depot == depot_id)


def _half_up(*terms: tuple[int, int]) -> int:
    """The sum of numerator/denominator pairs, rounded half up."""
    common = 36_000_000
    doubled = sum(2 * numerator * (common // denominator) for numerator, denominator in terms)
    return (doubled + common) // (2 * common)
