"""A plan under construction: the days of all vehicles, the stops left out, what each depot has taken in.

Days never change, so a copy of a plan is cheap and going back is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from routing.compiled import Car, Compiled
from routing.day import FAR, Day, Trips, empty_day, fit, make_day


@dataclass(slots=True, frozen=True)
class Place:
    """Where a stop could go: before position `at` of trip `trip`, or as a new trip there when `new`."""

    estimate: float
    car: int
    trip: int
    at: int
    new: bool


class Plan:
    """Days by vehicle, absent stops, storage used per depot."""

    def __init__(self, c: Compiled) -> None:
        self.c = c
        self.days: list[Day] = [empty_day(c, k) for k in range(len(c.cars))]
        self.absent: set[int] = set()
        self.home: dict[int, int] = {}
        self.stored: list[list[int]] = [[0] * len(c.class_index) for _ in range(c.depot_count)]
        self.stored_total: list[int] = [0] * c.depot_count

    def copy(self) -> Plan:
        twin = Plan.__new__(Plan)
        twin.c = self.c
        twin.days = self.days[:]
        twin.absent = set(self.absent)
        twin.home = dict(self.home)
        twin.stored = [row[:] for row in self.stored]
        twin.stored_total = self.stored_total[:]
        return twin

    def cost(self, absence: Sequence[float] | None = None) -> float:
        """Fen of all days plus the price of absence (by default leaving out is a last resort)."""
        price = self.c.absence if absence is None else absence
        return sum(day.cost_fen for day in self.days) + sum(price[s] for s in sorted(self.absent))

    def set_day(self, day: Day) -> None:
        """Replace one vehicle's day; stops that are no longer in it become absent."""
        old = self.days[day.car]
        depot = self.c.cars[day.car].node
        before = {s for trip in old.trips for s in trip}
        after = {s for trip in day.trips for s in trip}
        for s in before - after:
            self.store(depot, s, -1)
            del self.home[s]
            self.absent.add(s)
        for s in after - before:
            self.store(depot, s, 1)
            self.home[s] = day.car
            self.absent.discard(s)
        self.days[day.car] = day

    def set_days(self, days: Sequence[Day]) -> None:
        """Replace several days at once; stops may have moved between them."""
        for day in days:
            self.set_day(empty_day(self.c, day.car))
        for day in days:
            self.set_day(day)

    def store(self, depot: int, s: int, sign: int) -> None:
        """Count s in (sign 1) or out (sign -1) of a depot's storage."""
        row = self.stored[depot]
        for name, mass in self.c.mass_by_class[s]:
            row[name] += sign * mass
        self.stored_total[depot] += sign * self.c.mass[s]

    def storage_over_g(self, depot: int, s: int) -> int:
        """Grams by which taking s in would overfill the depot, 0 if it fits."""
        row, left = self.stored[depot], self.c.storage_left[depot]
        over = 0
        for name, mass in self.c.mass_by_class[s]:
            limit = left.get(name)
            if limit is not None and mass:
                over = max(over, row[name] + mass - limit)
        total = self.c.storage_total[depot]
        if total is not None and self.c.mass[s]:
            over = max(over, self.stored_total[depot] + self.c.mass[s] - total)
        return max(over, 0)

    def storage_holds(self) -> bool:
        """Whether no depot is overfilled."""
        for depot, left in enumerate(self.c.storage_left):
            if any(self.stored[depot][name] > limit for name, limit in left.items()):
                return False
            total = self.c.storage_total[depot]
            if total is not None and self.stored_total[depot] > total:
                return False
        return True

    def remove(self, stops: Iterable[int]) -> None:
        """Take these stops out of their days. A day that becomes impossible without one is emptied."""
        gone = set(stops)
        for k in sorted({self.home[s] for s in gone if s in self.home}):
            kept = (tuple(s for s in trip if s not in gone) for trip in self.days[k].trips)
            trips = tuple(trip for trip in kept if trip)
            self.set_day(make_day(self.c, k, trips) or empty_day(self.c, k))

    def insert(self, s: int, place: Place) -> bool:
        """Put s there if every rule holds; False (and nothing changed) if not."""
        if self.storage_over_g(self.c.cars[place.car].node, s):
            return False
        day = make_day(self.c, place.car, _with(self.days[place.car].trips, s, place))
        if day is None:
            return False
        self.set_day(day)
        return True

    def best_place(
        self,
        s: int,
        cars: set[int] | None = None,
        rng: Random | None = None,
        blink: float = 0.0,
        tries: int = 8,
    ) -> Place | None:
        """The cheapest place for s whose day proves feasible, by estimated extra cost."""
        found: list[Place] = []
        unused: set[int] = set()
        for k in self.c.choices[s]:
            if cars is not None and k not in cars:
                continue
            if not self.days[k].trips:
                kind = self.c.cars[k].kind
                if kind in unused:
                    continue
                unused.add(kind)
            if not self.storage_over_g(self.c.cars[k].node, s):
                self._places_in(k, s, found, rng, blink)
        found.sort(key=lambda place: place.estimate)
        for place in found[:tries]:
            if make_day(self.c, place.car, _with(self.days[place.car].trips, s, place)) is not None:
                return place
        return None

    def _places_in(self, k: int, s: int, found: list[Place], rng: Random | None, blink: float) -> None:
        """Add the places of day k that a quick look (capacity, classes, windows) does not exclude."""
        c, day = self.c, self.days[k]
        car = c.cars[k]
        if len(day.trips) < car.max_trips:
            self._new_trips(car, day, s, found)
        drive, metres = car.drive_s, c.distance
        drive_from, metres_from = drive[s], metres[s]
        windows, service = c.windows[s], c.service[s]
        per_m, per_s = car.fen_per_m, car.fen_per_s
        nodes, ready, latest = day.nodes, day.ready, day.latest
        load, avoid, capacity = c.load[s], car.avoid[s], car.capacity
        for t, aboard in enumerate(day.loads):
            if avoid & day.masks[t]:
                continue
            if any(a + b > cap for a, b, cap in zip(aboard, load, capacity, strict=True)):
                continue
            low, high = day.bounds[t], day.bounds[t + 1]
            best_in_trip: list[Place] = []
            for i in range(low, high):
                p, q = nodes[i], nodes[i + 1]
                now = ready[i] + drive[p][s]
                begin = fit(now, windows)
                if begin >= FAR:
                    break  # later places are reached later still
                now = begin + service
                if now + drive_from[q] > latest[i + 1]:
                    continue
                if blink and rng is not None and rng.random() < blink:
                    continue
                longer = metres[p][s] + metres_from[q] - metres[p][q]
                slower = drive[p][s] + drive_from[q] - drive[p][q] + service
                best_in_trip.append(Place(longer * per_m + slower * per_s, k, t, i - low, False))
            if len(best_in_trip) > 3:
                best_in_trip.sort(key=lambda place: place.estimate)
                del best_in_trip[3:]
            found += best_in_trip

    def _new_trips(self, car: Car, day: Day, s: int, found: list[Place]) -> None:
        """Add the chances of a trip for s alone before, between and after the trips of this day."""
        c, home, drive = self.c, car.node, car.drive_s
        out, back = drive[home][s], drive[s][home]
        longer = c.distance[home][s] + c.distance[s][home]
        estimate = longer * car.fen_per_m + (out + back + c.service[s]) * car.fen_per_s
        if not day.trips:
            estimate += car.fen_fixed
        for t, i in enumerate(day.bounds):
            now = day.ready[i] + out
            begin = fit(now, c.windows[s])
            if begin >= FAR:
                break
            now = begin + c.service[s] + back
            last = i == len(day.nodes) - 1
            leave_by = car.end_s if last else day.latest[i + 1] - drive[home][day.nodes[i + 1]]
            if now <= leave_by:
                found.append(Place(estimate, day.car, t, 0, True))

    def every_place(self, s: int) -> Iterable[Place]:
        """All places in all days of vehicles that may carry s, no quick look applied."""
        for k in self.c.choices[s]:
            trips = self.days[k].trips
            for t in range(len(trips) + 1):
                yield Place(0.0, k, t, 0, True)
            for t, trip in enumerate(trips):
                for at in range(len(trip) + 1):
                    yield Place(0.0, k, t, at, False)

    def exact_place(self, s: int) -> Place | None:
        """The place with the smallest true extra cost over every place there is, or None."""
        best: Place | None = None
        for place in self.every_place(s):
            if self.storage_over_g(self.c.cars[place.car].node, s):
                continue
            old = self.days[place.car]
            day = make_day(self.c, place.car, _with(old.trips, s, place))
            if day is None:
                continue
            extra = float(day.cost_fen - old.cost_fen)
            if best is None or extra < best.estimate:
                best = Place(extra, place.car, place.trip, place.at, place.new)
        return best

    def fill(self) -> None:
        """Insert every absent stop that any place can take; what stays absent is insertable nowhere."""
        again = True
        while again:
            again = False
            for s in sorted(self.absent, key=lambda s: (-self.c.penalty[s], s)):
                place = self.exact_place(s)
                if place is not None and self.insert(s, place):
                    again = True


def _with(trips: Trips, s: int, place: Place) -> Trips:
    t = place.trip
    if place.new:
        return (*trips[:t], (s,), *trips[t:])
    trip = trips[t]
    return (*trips[:t], (*trip[: place.at], s, *trip[place.at :]), *trips[t + 1 :])
