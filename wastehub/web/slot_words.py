"""Which day a truck could come, why not sooner and what would help, in a firm's words."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from ..services.planning.forecasts import DaySlot, Sooner
from .explanation_tables import TABLES
from .explanations import explain_code

WEEKDAYS = (_l("周一"), _l("周二"), _l("周三"), _l("周四"), _l("周五"), _l("周六"), _l("周日"))


def weekday(on: date) -> str:
    return str(WEEKDAYS[on.weekday()])


def why_not(slot: DaySlot) -> str:
    """Why a day cannot be had. What only the platform can change is said without its numbers."""
    code = f"slot.{slot.reason}"
    return explain_code(code if code in TABLES else "slot.other", slot.numbers).message


def hint(one: Sooner) -> str:
    """What would bring it forward to which day."""
    numbers: dict[str, Any] = dict(one.numbers) | {"on": one.on}
    return explain_code(f"sooner.{one.kind}", numbers).message
