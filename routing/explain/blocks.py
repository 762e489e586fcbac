"""Every place where a stop could go, and what stands in the way there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from routing.costs import arc_factors_fen
from routing.explain.changes import Change, ask_fen
from routing.explain.pieces import Pieces
from routing.explain.rules import Broken, Limits, capacity, conflict, permission, storage, times
from routing.explain.timing import FAR, Ground, Timed, timed
from routing.problem import Stop

Places = list[list[int]]
Rules = tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a vehicle's day: before position `at` of trip `trip`, or as a `new` trip there.

    `extra_fen`: for the way and the use of the vehicle, time left aside; it ranks only.
    """

    vehicle_id: str
    trip: int
    at: int
    new: bool
    broken: Rules
    extra_fen: float

    @property
    def ask(self) -> float:
        return sum(ask_fen(one.change) if one.change else 1e9 for one in self.broken)


class Barriers:
    """All spots of one vehicle for one stop, each with what stands in the way."""

    def __init__(self, pieces: Pieces, vehicle_id: str, stop_id: str) -> None:
        self.pieces, self.problem = pieces, pieces.problem
        self.vehicle = pieces.vehicles[vehicle_id]
        self.stop = pieces.stops[stop_id]
        self.depot = pieces.depots[self.vehicle.depot]
        planned = pieces.trips(vehicle_id)
        stops = [pieces.stops[name] for trip in planned for name in trip]
        self.ground = Ground(self.problem, self.vehicle, self.depot, [*stops, self.stop])
        self.trips: Places = [[self.ground.place[name] for name in trip] for trip in planned]
        self.me = self.ground.place[stop_id]
        self.limits = Limits.of(self.ground)
        self.before = timed(self.ground, self.trips) if self.trips else Timed()
        self.everywhere = tuple(self._everywhere())

    def spots(self) -> Iterator[Spot]:
        """Every place there is."""
        first = 0 if self.vehicle.under_way is None else 1
        for t in range(first, len(self.trips) + 1):
            trips = [*self.trips[:t], [self.me], *self.trips[t:]]
            fixed = (*self.everywhere, *self._trip_count(trips), *self._of_trip(t, trips))
            yield from self._spots(t, 0, trips, fixed, new=True)
        for t, trip in enumerate(self.trips):
            fixed = (*self.everywhere, *self._of_trip(t, [*self.trips[:t], [*trip, self.me]]))
            for at in range(len(trip) + 1):
                grown = [*trip[:at], self.me, *trip[at:]]
                trips = [*self.trips[:t], grown, *self.trips[t + 1 :]]
                yield from self._spots(t, at, trips, fixed, new=False)

    def _everywhere(self) -> Iterator[Broken]:
        """What stands in the way of this stop wherever in the vehicle's day it goes."""
        yield from permission(self.pieces, self.stop, self.vehicle)
        yield from storage(self.pieces, self.stop, self.vehicle)
        yield from conflict(self.problem, self.vehicle, self.stop.load, [self.stop.load], same_stop=True)

    def _spots(self, t: int, at: int, trips: Places, fixed: Rules, *, new: bool) -> Iterator[Spot]:
        """The spot as it stands, and as it would be with the stop's own hours moved."""
        if self.problem.orders and self._out_of_order(trips):
            fixed = (*fixed, Broken("order_broken", {"vehicle": self.vehicle.id}))
        day = timed(self.ground, trips)
        late = list(times(self.ground, self.limits, day))
        spot = Spot(self.vehicle.id, t, at, new, (*fixed, *late), self._extra_fen(day))
        yield spot
        if late:
            change = self._other_hours(trips)
            if change is not None:
                hours = next((one for one in late if one.numbers.get("stop") == self.stop.id), late[0])
                yield replace(spot, broken=(*fixed, replace(hours, change=change)))

    def _extra_fen(self, day: Timed) -> float:
        per_m, _, use = arc_factors_fen(self.vehicle, self.problem.weights)
        return (day.distance_m - self.before.distance_m) * per_m + (0 if self.trips else use)

    def _trip_count(self, trips: Places) -> Iterator[Broken]:
        done = 0 if self.vehicle.under_way is None else self.vehicle.under_way.trips_done
        most = self.vehicle.max_trips
        if done + len(trips) > most:
            change = Change("trip_more", self.vehicle.id, {"max_trips": most, "trips": done + len(trips)})
            yield Broken("too_many_trips", {"max": most}, change)

    def _of_trip(self, t: int, trips: Places) -> Iterator[Broken]:
        """What the load of trip t breaks once the stop is on it."""
        others = [self.ground.stop(place).load for place in trips[t] if place != self.me]
        if t == 0 and self.vehicle.under_way is not None:
            others.append(self.vehicle.under_way.aboard)
        yield from capacity(self.vehicle, [*others, self.stop.load])
        yield from conflict(self.problem, self.vehicle, self.stop.load, others, same_stop=False)

    def _out_of_order(self, trips: Places) -> bool:
        sequence = [self.ground.stop(place).id for trip in trips for place in trip]
        for order in self.problem.orders:
            if order.vehicle != self.vehicle.id:
                continue
            pinned = [name for name in order.stops if name in sequence]
            if [name for name in sequence if name in pinned] != pinned:
                return True
            if order.fixed and [self.ground.stop(place).id for place in trips[0]][: len(pinned)] != pinned:
                return True
        return False

    def _other_hours(self, trips: Places) -> Change | None:
        """The least change of the stop's own hours that makes the day keep its times, if one does."""
        windows = self.stop.windows
        try:
            self.ground.windows[self.me] = ((0, FAR),)
            day = timed(self.ground, trips)
            if any(times(self.ground, self.limits, day)):
                return None
            earliest = _start_of(day, self.me)
            latest = self._latest_start(trips, earliest, windows[-1][0])
        finally:
            self.ground.windows[self.me] = windows
        return _nearest_window(self.stop, earliest, latest)

    def _latest_start(self, trips: Places, low: int, high: int) -> int:
        """The latest start of service, up to `high`, that the rest of the day allows."""
        while low < high:
            middle = (low + high + 1) // 2
            self.ground.windows[self.me] = ((middle, FAR),)
            if any(times(self.ground, self.limits, timed(self.ground, trips))):
                high = middle - 1
            else:
                low = middle
        return low


def _start_of(day: Timed, place: int) -> int:
    return next(visit[2] for trip in day.visits for visit in trip if visit[0] == place)


def _nearest_window(stop: Stop, earliest: int, latest: int) -> Change | None:
    """The smallest widening of one window that lets service begin between these times."""
    best: tuple[int, Change] | None = None
    for number, (opens, closes) in enumerate(stop.windows):
        if earliest > closes:
            numbers = {"window": number, "close_s": closes, "until_s": earliest}
            found = (earliest - closes, Change("window_later", stop.id, numbers))
        elif latest < opens:
            numbers = {"window": number, "open_s": opens, "from_s": latest}
            found = (opens - latest, Change("window_earlier", stop.id, numbers))
        else:
            return None
        if best is None or found[0] < best[0]:
            best = found
    return None if best is None else best[1]
