"""Where a vehicle was, as phones on board tell it: only on duty, and only what can be true.

Positions are no evidence of custody and do not go into the ledger; they help the office on the day and are
deleted after some days (position_keep_days).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

BATCH_MAX = 500
# A worse fix says which town the vehicle is in, not where it stands.
ACCURACY_MAX_M = 2_000
CLOCK_AHEAD = timedelta(minutes=10)
# A phone without a network may keep them over a weekend, like its acts.
REPORT_LATEST = timedelta(days=3)
EARTH_M = 6_371_008.8

Dropped = Literal["off_duty", "in_future", "too_old", "inexact"]


@dataclass(frozen=True, slots=True)
class Fix:
    """One position. WGS-84, millionths of degrees."""

    at: datetime
    lon_e6: int
    lat_e6: int
    accuracy_m: int


def reason_to_drop(
    fix: Fix, *, started_at: datetime | None, finished_at: datetime | None, now: datetime
) -> Dropped | None:
    """Why a position is not kept; None when it is. Outside of duty nothing is kept, whoever sent it."""
    if fix.at > now + CLOCK_AHEAD:
        return "in_future"
    if fix.at < now - REPORT_LATEST:
        return "too_old"
    if started_at is None or fix.at < started_at or (finished_at is not None and fix.at > finished_at):
        return "off_duty"
    return "inexact" if fix.accuracy_m > ACCURACY_MAX_M else None


def distance_m(a: tuple[int, int], b: tuple[int, int]) -> int:
    """Metres between two places (lon_e6, lat_e6), along the great circle."""
    lon_a, lat_a, lon_b, lat_b = (math.radians(value / 1e6) for value in (*a, *b))
    inside = math.sin((lat_b - lat_a) / 2) ** 2
    inside += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_M * math.asin(min(1.0, math.sqrt(inside))))


def off_line_m(place: tuple[int, int], a: tuple[int, int], b: tuple[int, int]) -> int:
    """Metres from a place to the straight line between two others. For distances of a county."""
    narrow = math.cos(math.radians(place[1] / 1e6))

    def flat(point: tuple[int, int]) -> tuple[float, float]:
        return (point[0] - place[0]) * narrow, float(point[1] - place[1])

    (ax, ay), (bx, by) = flat(a), flat(b)
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    x, y = ax + share * (bx - ax), ay + share * (by - ay)
    return round(math.radians(math.hypot(x, y) / 1e6) * EARTH_M)
