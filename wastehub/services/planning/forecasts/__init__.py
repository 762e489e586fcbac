"""What the next days would look like 预排, and what firms and dispatchers learn from it.

A forecast binds nobody: no request is scheduled by it, and a day is planned alone as before.
"""

from __future__ import annotations

from .boards import DayLine, WeekBoard, week
from .neighbours import Passing, for_firm, for_platform
from .running import (
    BUDGET_MAX_S,
    DAYS,
    DAYS_MAX,
    KIND,
    Order,
    forecast_days,
    put_off,
    request_day,
    request_forecast,
    waiting_run,
)
from .slots import DaySlot, Slots, Sooner, for_containers, for_request

__all__ = [
    "BUDGET_MAX_S",
    "DAYS",
    "DAYS_MAX",
    "KIND",
    "DayLine",
    "DaySlot",
    "Order",
    "Passing",
    "Slots",
    "Sooner",
    "WeekBoard",
    "for_containers",
    "for_firm",
    "for_platform",
    "for_request",
    "forecast_days",
    "put_off",
    "request_day",
    "request_forecast",
    "waiting_run",
    "week",
]
