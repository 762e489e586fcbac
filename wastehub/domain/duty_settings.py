"""The numbers of a round on the road: rows of legal_limits, with these where a row is not loaded yet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, int] = MappingProxyType(
    {
        "driving_max_s": 4 * 3600,
        "driving_break_s": 20 * 60,
        "driving_day_max_s": 8 * 3600,
        "driving_warn_s": 30 * 60,
        "position_every_s": 60,
        "position_keep_days": 30,
        "alarm_off_route_m": 5_000,
        "alarm_long_stop_s": 30 * 60,
        "alarm_still_m": 200,
        "alarm_near_stop_m": 500,
        "alarm_late_s": 30 * 60,
        "alarm_silent_s": 30 * 60,
        "arrival_half_window_s": 15 * 60,
        "arrival_change_s": 10 * 60,
    }
)


def settings(limits: Mapping[str, int]) -> dict[str, int]:
    """Every number that duty needs, of the limits in force on a day."""
    return {key: limits.get(key, default) for key, default in DEFAULTS.items()}
