"""What a crew does in a day, one step after the other: the phone shows the first that is not done.

Every step names the event that does it (`kind`, and the field with its id), so that a page out of the phone's
store can pass over what lies in the outbox (frontend/src/round.js).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ..models.route_plans import Round, Stop, Trip
from ..services.duty import RevisionDiff
from ..services.waybills import TripPaper


@dataclass(frozen=True, slots=True)
class Step:
    """`name`: change, depart, next_trip, stop, arrive, finish, over. `number`, `total`: of a stop."""

    name: str
    kind: str
    field: str
    id: UUID
    done: bool
    trip: Trip | None = None
    stop: Stop | None = None
    paper: TripPaper | None = None
    diff: RevisionDiff | None = None
    number: int = 0
    total: int = 0


def live_trips(row: Round) -> list[Trip]:
    return [trip for trip in row.trips if trip.state != "cancelled"]


def live_stops(row: Round) -> list[Stop]:
    return [stop for trip in live_trips(row) for stop in trip.stops if stop.state != "cancelled"]


def steps_of(row: Round, papers: Sequence[TripPaper], unseen: Sequence[RevisionDiff]) -> list[Step]:
    """The whole day of a round in order; the last step is never done."""
    by_trip = {paper.trip.id: paper for paper in papers}
    changes = [
        Step("change", "revision_seen", "revision_id", diff.revision_id, done=False, diff=diff)
        for diff in reversed(unseen)
    ]
    return [*changes, *_on_the_road(row, by_trip), *_end(row)]


def current(steps: Sequence[Step]) -> Step:
    return next(step for step in steps if not step.done)


def _on_the_road(row: Round, papers: Mapping[UUID, TripPaper]) -> Iterator[Step]:
    total, number = len(live_stops(row)), 0
    for place, trip in enumerate(live_trips(row)):
        yield _departure(row, trip, papers.get(trip.id), first=place == 0)
        for stop in trip.stops:
            if stop.state != "cancelled":
                number += 1
                left = stop.state != "planned"
                yield Step(
                    "stop", "stop_close", "stop_id", stop.id, left, trip, stop, number=number, total=total
                )
        back = trip.state in ("arrived", "received")
        yield Step("arrive", "trip_arrive", "trip_id", trip.id, back, trip)


def _departure(row: Round, trip: Trip, paper: TripPaper | None, *, first: bool) -> Step:
    if first:
        away = row.state not in ("planned", "published")
        return Step("depart", "round_start", "round_id", row.id, away, trip, paper=paper)
    away = (
        trip.departed_at is not None
        or trip.state in ("arrived", "received")
        or any(stop.closed_at is not None for stop in trip.stops)
    )
    return Step("next_trip", "trip_start", "trip_id", trip.id, away, trip, paper=paper)


def _end(row: Round) -> Iterator[Step]:
    over = row.state == "finished"
    yield Step("finish", "round_finish", "round_id", row.id, over)
    yield Step("over", "day_close", "round_id", row.id, done=False)
