"""A plan under construction: the days of all vehicles, the stops left out, what each depot has taken in.

Days never change, so a copy of a plan is cheap and going back is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from routing.compiled import Car, Compiled
from routing.day import Day, Trips, empty_day, fit, keeps_orders, make_day, tidy


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
        self.stored: list[list[int]] = [row[:] for row in c.incoming]
        self.stored_total: list[int] = [sum(row) for row in c.incoming]

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
            self.set_day(self.day_without(k, gone) or empty_day(self.c, k))

    def day_without(self, k: int, gone: set[int]) -> Day | None:
        """The day of vehicle k with these stops taken out, None if a rule forbids what remains."""
        kept = tuple(tuple(s for s in trip if s not in gone) for trip in self.days[k].trips)
        return make_day(self.c, k, tidy(self.c.cars[k], kept))

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
            if self.day_with(s, place) is not None:
                return place
        return None

    def day_with(self, s: int, place: Place) -> Day | None:
        """The day that this place would make, None if a rule other than storage forbids it."""
        return make_day(self.c, place.car, _with(self.days[place.car].trips, s, place))

    def _places_in(self, k: int, s: int, found: list[Place], rng: Random | None, blink: float) -> None:
        """Add the best few places of each trip of day k that a quick look does not exclude."""
        c, day = self.c, self.days[k]
        self._new_trips(c.cars[k], day, s, found)
        for t in self._roomy_trips(k, s):
            places = self._gaps(k, s, t)
            if blink and rng is not None:
                places = [place for place in places if rng.random() >= blink]
            if len(places) > 3:
                places.sort(key=lambda place: place.estimate)
                del places[3:]
            found += places

    def _roomy_trips(self, k: int, s: int) -> list[int]:
        """The trips of day k whose load leaves room for s and quarrels with nothing in it."""
        car, day, load = self.c.cars[k], self.days[k], self.c.load[s]
        avoid, capacity = car.avoid[s], car.first_capacity
        roomy: list[int] = []
        for t, aboard in enumerate(day.loads):
            if not avoid & day.masks[t] and all(
                a + b <= most for a, b, most in zip(aboard, load, capacity, strict=True)
            ):
                roomy.append(t)
            capacity = car.capacity
        return roomy

    def _gaps(self, k: int, s: int, t: int) -> list[Place]:
        """The gaps of trip t that s fits into, rests, orders and the length of the day left aside."""
        c, day = self.c, self.days[k]
        car = c.cars[k]
        drive, metres, service = car.drive_s, car.metres, car.service[s]
        drive_from, metres_from, windows = drive[s], metres[s], c.windows[s]
        per_m, per_s = car.fen_per_m, car.fen_per_s
        nodes, ready, latest = day.nodes, day.ready, day.latest
        low, high = day.bounds[t], day.bounds[t + 1]
        gaps: list[Place] = []
        for i in range(low, high):
            p, q = nodes[i], nodes[i + 1]
            begin = fit(ready[i] + drive[p][s], windows)
            if begin + service + drive_from[q] > latest[i + 1]:
                continue
            longer = metres[p][s] + metres_from[q] - metres[p][q]
            slower = drive[p][s] + drive_from[q] - drive[p][q] + service
            gaps.append(Place(longer * per_m + slower * per_s, k, t, i - low, False))
        if car.orders:
            gaps = [place for place in gaps if keeps_orders(car, _with(day.trips, s, place))]
        return gaps

    def _new_trips(self, car: Car, day: Day, s: int, found: list[Place]) -> None:
        """Add the chances of a trip for s alone before, between and after the trips of this day."""
        if len(day.trips) >= car.max_trips or car.avoid[s] & self.c.every_trip:
            return
        home, drive, service = car.node, car.drive_s, car.service[s]
        for t, i in enumerate(day.bounds):
            p = day.nodes[i]
            begin = fit(day.ready[i] + drive[p][s], self.c.windows[s])
            leave_by = car.end_s
            if i < len(day.nodes) - 1:
                leave_by = day.latest[i + 1] - drive[home][day.nodes[i + 1]]
            if begin + service + drive[s][home] > leave_by:
                continue
            longer = car.metres[p][s] + car.metres[s][home]
            slower = drive[p][s] + drive[s][home] + service
            estimate = longer * car.fen_per_m + slower * car.fen_per_s
            place = Place(estimate if day.trips else estimate + car.fen_fixed, day.car, t, 0, True)
            if not car.orders or keeps_orders(car, _with(day.trips, s, place)):
                found.append(place)

    def every_place(self, s: int) -> Iterable[Place]:
        """All places in all days of vehicles that may carry s, but those that a quick look excludes."""
        for k in self.c.choices[s]:
            found: list[Place] = []
            self._new_trips(self.c.cars[k], self.days[k], s, found)
            for t in self._roomy_trips(k, s):
                found += self._gaps(k, s, t)
            yield from found

    def exact_place(self, s: int) -> Place | None:
        """The place with the smallest true extra cost over every place there is, or None."""
        best: Place | None = None
        full: dict[int, bool] = {}
        unused: set[int] = set()
        for place in self.every_place(s):
            car, old = self.c.cars[place.car], self.days[place.car]
            if car.node not in full:
                full[car.node] = self.storage_over_g(car.node, s) > 0
            if full[car.node]:
                continue
            if not old.trips:
                if car.kind in unused:
                    continue
                unused.add(car.kind)
            day = self.day_with(s, place)
            if day is None:
                continue
            extra = float(day.cost_fen - old.cost_fen)
            if best is None or extra < best.estimate:
                best = Place(extra, place.car, place.trip, place.at, place.new)
        return best

    def fill(self) -> None:
        """Insert every absent stop that any place can take; what stays absent is insertable nowhere.

        An optional stop is in the plan only while that costs less than leaving it out.
        """
        again = True
        while again:
            again = False
            for s in sorted(self.absent, key=lambda s: (self.c.optional[s], -self.c.penalty[s], s)):
                place = self.exact_place(s)
                if place is not None and self.is_worth(s, place.estimate) and self.insert(s, place):
                    again = True
            if self._drop_dear():
                again = True

    def is_worth(self, s: int, extra_fen: float) -> bool:
        """Whether serving s at this extra cost is wanted: always, unless s is optional and costs more."""
        return not self.c.optional[s] or extra_fen < self.c.penalty[s]

    def _drop_dear(self) -> bool:
        """Leave out planned optional stops that cost more than their penalty; whether there was any."""
        dropped = False
        for s in sorted(s for s in self.home if self.c.optional[s]):
            old = self.days[self.home[s]]
            day = self.day_without(old.car, {s})
            if day is not None and not self.is_worth(s, old.cost_fen - day.cost_fen):
                self.set_day(day)
                dropped = True
        return dropped


def _with(trips: Trips, s: int, place: Place) -> Trips:
    t = place.trip
    if place.new:
        return (*trips[:t], (s,), *trips[t:])
    trip = trips[t]
    return (*trips[:t], (*trip[: place.at], s, *trip[place.at :]), *trips[t + 1 :])
