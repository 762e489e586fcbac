"""When the vehicle will be at the stops that are left: the plan, moved by what has happened (F53).

Pure arithmetic on the plan's own legs; nothing is asked of a map. Instants are aware; spans whole seconds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wastehub.domain.positions import Fix, distance_m

FIVE_MINUTES_S = 300
# A position says how far it still is, if it is not much older than this.
FIX_FRESH = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop as planned, and what has happened there: `reached_at` the first act, `left_at` the last one."""

    id: Hashable
    place: tuple[int, int]
    arrive_at: datetime
    service_at: datetime
    depart_at: datetime
    reached_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """From where and when the vehicle last left (or will leave), as planned and in truth."""

    place: tuple[int, int]
    planned_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """A stop is expected at `at`, said to the firm as the window `from_at` to `until_at`."""

    id: Hashable
    at: datetime
    from_at: datetime
    until_at: datetime


def expect(
    start: Leg, stops: Sequence[PlannedStop], *, fix: Fix | None, now: datetime, half_window_s: int
) -> list[Expected]:
    """When each stop that is left will be reached, in the order of the plan.

    `start`: how the vehicle left the platform, planned and in truth (not left: the later of plan and now).
    """
    return [_said(stop, at, now, half_window_s) for stop, at in _walk(start, stops, fix, now)]


def _walk(
    start: Leg, stops: Sequence[PlannedStop], fix: Fix | None, now: datetime
) -> Iterator[tuple[PlannedStop, datetime]]:
    leg, next_one = start, True
    for stop in stops:
        if stop.left_at is not None:
            leg = Leg(stop.place, stop.depart_at, stop.left_at)
            continue
        if stop.reached_at is not None:
            arrive_at = stop.reached_at
        else:
            arrive_at = leg.left_at + (stop.arrive_at - leg.planned_at)
            if next_one:
                fresh = fix if fix is not None and now - fix.at <= FIX_FRESH else None
                arrive_at = max(_by_fix(leg, stop, arrive_at, fresh), now)
            yield stop, arrive_at
        next_one = False
        # Who is early waits until the firm opens; who is late starts at once.
        waited_for = stop.service_at if stop.service_at > stop.arrive_at else arrive_at
        service_at = max(arrive_at, waited_for)
        leaves_at = service_at + (stop.depart_at - stop.service_at)
        leg = Leg(stop.place, stop.depart_at, max(leaves_at, now))


def _by_fix(leg: Leg, stop: PlannedStop, arrive_at: datetime, fix: Fix | None) -> datetime:
    """The share of the leg that is left, by where the vehicle was last seen on it."""
    if fix is None or fix.at <= leg.left_at:
        return arrive_at
    whole_m = distance_m(leg.place, stop.place)
    if whole_m <= fix.accuracy_m:
        return arrive_at
    left_m = distance_m((fix.lon_e6, fix.lat_e6), stop.place)
    # Somebody far off the way is not there sooner for it, but twice the leg says enough.
    share = min(2.0, left_m / whole_m)
    return fix.at + (stop.arrive_at - leg.planned_at) * share


def _said(stop: PlannedStop, at: datetime, now: datetime, half_window_s: int) -> Expected:
    half = timedelta(seconds=half_window_s)
    from_at = _rounded(max(at - half, now))
    return Expected(
        stop.id, at, from_at, max(_rounded(at + half), from_at + timedelta(seconds=FIVE_MINUTES_S))
    )


def _rounded(at: datetime) -> datetime:
    """To the nearest five minutes: nobody waits by the second."""
    epoch_s = round(at.timestamp() / FIVE_MINUTES_S) * FIVE_MINUTES_S
    return datetime.fromtimestamp(epoch_s, tz=at.tzinfo)


def worth_telling(before: datetime | None, after: datetime, *, change_s: int) -> bool:
    """Whether a firm should hear of a new time: the first one, or one that differs enough."""
    return before is None or abs((after - before).total_seconds()) >= change_s
