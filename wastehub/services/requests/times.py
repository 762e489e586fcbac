"""When a request may be ready, and between which hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ...domain.errors import InvalidInput

READY_AHEAD_MAX_DAYS = 90
WINDOW_MIN_S = 1800
WINDOWS_MAX = 4


def require_ready_day(ready_on: date, today: date) -> None:
    if ready_on < today:
        raise InvalidInput("request.ready_on_past", field="ready_on", ready_on=ready_on, today=today)
    if ready_on > today + timedelta(days=READY_AHEAD_MAX_DAYS):
        raise InvalidInput(
            "request.ready_on_far", field="ready_on", ready_on=ready_on, days=READY_AHEAD_MAX_DAYS
        )


def checked_windows(windows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The windows in order of time. Raises InvalidInput: window.empty, .too_short, .overlap, .too_many."""
    if len(windows) > WINDOWS_MAX:
        raise InvalidInput("window.too_many", field="windows", most=WINDOWS_MAX)
    ordered = sorted(windows)
    for at, (open_s, close_s) in enumerate(ordered):
        if not 0 <= open_s < close_s <= 86_400:
            raise InvalidInput("window.empty", field=f"windows.{at}", open_s=open_s, close_s=close_s)
        if close_s - open_s < WINDOW_MIN_S:
            raise InvalidInput("window.too_short", field=f"windows.{at}", minutes=WINDOW_MIN_S // 60)
        if at and open_s < ordered[at - 1][1]:
            raise InvalidInput("window.overlap", field=f"windows.{at}")
    return ordered
