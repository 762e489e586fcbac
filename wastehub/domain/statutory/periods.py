"""Periods of the declaration 申报 by class of unit, and the days until which they are to be filed.

Source: HJ 1259-2022 7.1 and 7.2: key units monthly and yearly, simplified units quarterly and yearly,
registration units yearly. The days are legal limits (data), not constants.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from wastehub.domain.errors import InvalidInput
from wastehub.domain.plan_classes import ManagementClass

PeriodKind = Literal["month", "quarter", "year"]
DUTIES: Mapping[str, tuple[PeriodKind, ...]] = {
    "key": ("month", "year"),
    "simplified": ("quarter", "year"),
    "registration": ("year",),
}
_MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
_KEY = re.compile(r"(20[0-9]{2})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`number`: month 1-12, quarter 1-4, 1 of a year."""

    year: int
    number: int
    kind: PeriodKind

    @property
    def key(self) -> str:
        """ "2026-03", "2026-Q1" or "2026"."""
        if self.kind == "year":
            return str(self.year)
        return f"{self.year}-Q{self.number}" if self.kind == "quarter" else f"{self.year}-{self.number:02d}"

    @property
    def start_on(self) -> date:
        return date(self.year, (self.number - 1) * _MONTHS[self.kind] + 1, 1)

    @property
    def end_on(self) -> date:
        month = self.number * _MONTHS[self.kind]
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    def due_on(self, limits: Mapping[str, int]) -> date:
        """The last day for filing. KeyError when the installation lacks the limit."""
        if self.kind == "year":
            return date(
                self.year + 1, limits["declaration_year_due_month"], limits["declaration_year_due_day"]
            )
        month = self.end_on.month % 12 + 1
        return date(self.end_on.year + self.end_on.month // 12, month, limits["declaration_due_day"])

    def before(self) -> Period:
        """The period of the same kind that ends the day before."""
        if self.number > 1:
            return Period(self.year, self.number - 1, self.kind)
        return Period(self.year - 1, 12 // _MONTHS[self.kind], self.kind)


def parse(key: str, field: str = "period") -> Period:
    """The period of a key. Raises InvalidInput("declaration.period_unknown", given=)."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise InvalidInput("declaration.period_unknown", field=field, given=key[:20])
    year, month, quarter = match.groups()
    if month:
        return Period(int(year), int(month), "month")
    return Period(int(year), int(quarter), "quarter") if quarter else Period(int(year), 1, "year")


def containing(on: date, kind: PeriodKind) -> Period:
    return Period(on.year, (on.month - 1) // _MONTHS[kind] + 1, kind)


def ended(management_class: ManagementClass | str, *, since_on: date, today: date) -> Iterator[Period]:
    """The periods that a unit has to declare: over by today, not over before `since_on`, newest first."""
    found = []
    for kind in DUTIES[management_class]:
        period = containing(today, kind).before()
        while period.end_on >= since_on:
            found.append(period)
            period = period.before()
    yield from sorted(found, key=lambda period: (period.end_on, -_MONTHS[period.kind]), reverse=True)


def plan_due_on(year: int, limits: Mapping[str, int]) -> date:
    """The last day for registering the management plan of a year. Source: HJ 1259-2022 5.1."""
    return date(year, limits["plan_due_month"], limits["plan_due_day"])
