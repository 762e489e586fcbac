"""How long waste may wait and how much may stand at one point. The limits themselves are reference data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from wastehub.domain.errors import Conflict

StorageState = Literal["ok", "warning", "overdue"]


def age_days(since_on: date, on: date) -> int:
    """Days that have passed since the waste came in; 0 on the day itself."""
    return (on - since_on).days


def due_on(since_on: date, limit_days: int) -> date:
    """The last day on which the waste may still be there."""
    return since_on + timedelta(days=limit_days)


def storage_state(since_on: date, on: date, warn_days: int, limit_days: int) -> StorageState:
    """Where the waste stands on its clock: warned from `warn_days`, overdue after `limit_days`.

    Source: Solid Waste Law Art. 81 (licensed operators: at most one year); others are configuration.
    """
    age = age_days(since_on, on)
    if age > limit_days:
        return "overdue"
    return "warning" if age >= warn_days else "ok"


def require_point_capacity(stock_g: int, add_g: int, limit_g: int) -> None:
    """Raises Conflict("storage.point_full") when a storage point would hold more than its limit.

    Source: GB 18597-2023 8.3.5 (a storage point 贮存点 at no moment above 3 t).
    """
    if stock_g + add_g > limit_g:
        raise Conflict(
            "storage.point_full",
            stock_g=stock_g,
            add_g=add_g,
            limit_g=limit_g,
            left_g=max(0, limit_g - stock_g),
        )
