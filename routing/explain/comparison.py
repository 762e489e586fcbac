"""Two plans of one problem side by side: what they cost, and which stops moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from routing.solution import Route, Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a plan comes to. `cost_fen`: its routes; `penalty_fen`: the stops it leaves out."""

    cost_fen: int
    penalty_fen: int
    distance_m: int
    duration_s: int
    drive_s: int
    vehicles: int
    trips: int
    stops: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a plan; `trip` and `position` count from 0."""

    vehicle_id: str
    trip: int
    position: int
    start_s: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A stop that is elsewhere. `how`: to_other_vehicle, reordered, added, left_out."""

    stop_id: str
    how: str
    before: Where | None
    after: Where | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Plan `before` and plan `after`; the extras are after minus before."""

    before: Totals
    after: Totals
    moved: tuple[Moved, ...]

    @property
    def extra_cost_fen(self) -> int:
        return self.after.cost_fen - self.before.cost_fen

    @property
    def extra_m(self) -> int:
        return self.after.distance_m - self.before.distance_m

    @property
    def extra_s(self) -> int:
        return self.after.duration_s - self.before.duration_s


def compare(before: Solution, after: Solution) -> Comparison:
    """What changes from one plan to the other."""
    return Comparison(totals(before), totals(after), tuple(_moved(before, after)))


def totals(solution: Solution) -> Totals:
    """What a plan comes to."""
    cost_fen = sum(route.cost_fen for route in solution.routes)
    return Totals(
        cost_fen=cost_fen,
        penalty_fen=solution.cost_fen - cost_fen,
        distance_m=solution.distance_m,
        duration_s=sum(route.end_s - route.start_s for route in solution.routes),
        drive_s=sum(route.drive_s for route in solution.routes),
        vehicles=sum(1 for route in solution.routes if route.trips),
        trips=solution.trips,
        stops=solution.assigned,
        left_out=len(solution.unassigned),
    )


def _moved(before: Solution, after: Solution) -> Iterator[Moved]:
    old, new = _places(before), _places(after)
    kept = _kept(before, after)
    for stop_id in sorted(old.keys() | new.keys()):
        was, now = old.get(stop_id), new.get(stop_id)
        if now is None:
            yield Moved(stop_id, "left_out", was, None)
        elif was is None:
            yield Moved(stop_id, "added", None, now)
        elif was.vehicle_id != now.vehicle_id:
            yield Moved(stop_id, "to_other_vehicle", was, now)
        elif stop_id not in kept:
            yield Moved(stop_id, "reordered", was, now)


def _places(solution: Solution) -> dict[str, Where]:
    return {
        visit.stop_id: Where(route.vehicle_id, number, position, visit.start_s)
        for route in solution.routes
        for number, trip in enumerate(route.trips)
        for position, visit in enumerate(trip.visits)
    }


def _kept(before: Solution, after: Solution) -> set[str]:
    """Stops that keep their place among the other stops of their vehicle."""
    old = {route.vehicle_id: _sequence(route) for route in before.routes}
    kept: set[str] = set()
    for route in after.routes:
        was, now = old.get(route.vehicle_id, []), _sequence(route)
        matcher = SequenceMatcher(None, was, now, autojunk=False)
        for match in matcher.get_matching_blocks():
            kept.update(was[match.a : match.a + match.size])
    return kept


def _sequence(route: Route) -> list[str]:
    """The stops of a day in order, trips parted by an empty text, which is no stop's id."""
    return [name for trip in route.trips for name in ("", *(visit.stop_id for visit in trip.visits))]
