"""What the office should look at on a round under way: off the way, standing, late, driven too long (F52).

Thresholds are data (seed/reference/legal_limits.csv). An alarm is a question to the crew, no verdict on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from wastehub.domain.driving_time import Count
from wastehub.domain.positions import Fix, distance_m, off_line_m

Kind = Literal["off_route", "long_stop", "late", "driving_soon", "driving_over", "day_over", "silent"]
Place = tuple[int, int]  # lon_e6, lat_e6
# One fix may lie in the next town: only several in a row say something.
FIXES_OFF = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Metres and seconds. `off_m`: from the lines between planned places; `still_m`: what is one spot."""

    off_m: int
    long_stop_s: int
    still_m: int
    near_m: int
    late_s: int
    silent_s: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """`since_at`: from when on it is so. `numbers` for the sentence."""

    kind: Kind
    since_at: datetime
    numbers: Mapping[str, int] = field(default_factory=dict)


def thresholds_of(limits: Mapping[str, int]) -> Thresholds:
    return Thresholds(
        off_m=limits["alarm_off_route_m"],
        long_stop_s=limits["alarm_long_stop_s"],
        still_m=limits["alarm_still_m"],
        near_m=limits["alarm_near_stop_m"],
        late_s=limits["alarm_late_s"],
        silent_s=limits["alarm_silent_s"],
    )


def judge(
    *,
    fixes: Sequence[Fix],
    way: Sequence[Place],
    count: Count,
    planned_end_at: datetime,
    started_at: datetime,
    now: datetime,
    rule: Thresholds,
) -> list[Alarm]:
    """The alarms of a round under way, the gravest first.

    `fixes` in the order of time; `way`: the platform, the stops in the order of the plan, the platform.
    """
    found = [
        _driving(count, now),
        _off_route(fixes, way, rule),
        _long_stop(fixes, way, count, now, rule),
        _late(planned_end_at, now, rule),
        _silent(fixes, started_at, now, rule),
    ]
    return [alarm for alarms in found for alarm in alarms]


def _driving(count: Count, now: datetime) -> list[Alarm]:
    found: list[Alarm] = []
    if count.level == "over":
        found.append(Alarm("driving_over", now, {"driven_s": count.since_rest_s}))
    elif count.level == "soon" and count.state == "driving":
        found.append(Alarm("driving_soon", now, {"left_s": count.left_s}))
    if count.day_level == "over":
        found.append(Alarm("day_over", now, {"driven_s": count.driven_s}))
    return found


def _off_route(fixes: Sequence[Fix], way: Sequence[Place], rule: Thresholds) -> list[Alarm]:
    """The newest fixes all lie far from every line between planned places."""
    off: list[tuple[Fix, int]] = []
    for fix in reversed(fixes):
        away_m = min((off_line_m((fix.lon_e6, fix.lat_e6), a, b) for a, b in pairwise(way)), default=0)
        if away_m - fix.accuracy_m <= rule.off_m:
            break
        off.append((fix, away_m))
    if len(off) < FIXES_OFF:
        return []
    return [Alarm("off_route", off[-1][0].at, {"away_m": off[0][1]})]


def _long_stop(
    fixes: Sequence[Fix], way: Sequence[Place], count: Count, now: datetime, rule: Thresholds
) -> list[Alarm]:
    """It has not moved for long, is at no planned place, and nobody said that it rests."""
    if not fixes or count.state == "resting":
        return []
    here = (fixes[-1].lon_e6, fixes[-1].lat_e6)
    if any(distance_m(here, place) <= rule.near_m for place in way):
        return []
    since_at = fixes[-1].at
    for fix in reversed(fixes):
        if distance_m(here, (fix.lon_e6, fix.lat_e6)) > rule.still_m + fix.accuracy_m:
            break
        since_at = fix.at
    # What the phone last said is what is known: silence is its own alarm.
    still_s = round((fixes[-1].at - since_at).total_seconds())
    return [Alarm("long_stop", since_at, {"still_s": still_s})] if still_s >= rule.long_stop_s else []


def _late(planned_end_at: datetime, now: datetime, rule: Thresholds) -> list[Alarm]:
    late_s = round((now - planned_end_at).total_seconds())
    return [Alarm("late", planned_end_at, {"late_s": late_s})] if late_s > rule.late_s else []


def _silent(fixes: Sequence[Fix], started_at: datetime, now: datetime, rule: Thresholds) -> list[Alarm]:
    """Nothing heard for long, of a phone that had been telling where it is."""
    if not fixes:
        return []
    last_at = fixes[-1].at
    quiet = now - last_at > timedelta(seconds=rule.silent_s)
    return [Alarm("silent", last_at, {"silent_s": round((now - last_at).total_seconds())})] if quiet else []
