"""Batch codes of the ledger tables where the acts themselves carry none: counted along the log.

The log only grows, so a number once given stays: later entries come after it, also on the same day.
Source: HJ 1259-2022, notes under tables B.1 to B.5.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date

from wastehub.domain import batch_numbers
from wastehub.domain.batch_numbers import Stage
from wastehub.domain.errors import RuleViolation


class Numbering:
    """The codes of one unit. The same act asked twice has the same code."""

    def __init__(self) -> None:
        self._last: dict[tuple[Stage, date], int] = {}
        self._given: dict[tuple[Stage, date, Hashable], str] = {}

    def of(self, stage: Stage, on: date, act: Hashable) -> str:
        """Raises Conflict(batch_number.exhausted) above 999 a day."""
        key = (stage, on, act)
        if key not in self._given:
            self._last[stage, on] = self._last.get((stage, on), 0) + 1
            self._given[key] = batch_numbers.batch_number(stage, on, self._last[stage, on])
        return self._given[key]


def own_code(text: str, *stages: Stage) -> str:
    """The text, if it is already a code of one of the stages; else nothing."""
    try:
        return text if batch_numbers.parse(text).stage in stages else ""
    except RuleViolation:
        return ""
