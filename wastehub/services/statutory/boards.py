"""Who has declared and who is late: for a platform its firms, for supervision every unit by county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain import calendar
from ...domain.actors import Actor
from ...domain.statutory import periods
from ...domain.statutory.periods import DUTIES, Period
from ...models import reference
from ...models.filings import Declaration, newest_declarations
from ...models.lots import Lot
from ...models.organisations import ManagementPlan, Organisation
from ...models.reference import Area
from . import access
from .declaring import period_row
from .entering import delegating_firms

STATES = ("late", "soon", "due", "filed", "receipted")


@dataclass(frozen=True)
class UnitRow:
    """One unit and one period that it has to declare."""

    unit: Organisation
    period: Period
    due_on: date
    state: str
    newest: Declaration | None
    planned: bool

    @property
    def management_class(self) -> str:
        return access.class_of(self.unit)


@dataclass(frozen=True)
class CountyRow:
    """The units of a county by where their declarations of the period stand."""

    code: str
    name_zh: str
    name_en: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def default_period(today: date, kind: str) -> Period:
    """The period of a kind that ended last."""
    chosen = kind if kind in ("month", "quarter", "year") else "year"
    return periods.containing(today, chosen).before()  # type: ignore[arg-type]


def firms_board(session: Session, *, actor: Actor, now: datetime) -> list[UnitRow]:
    """The period that ended last of each firm that delegated to the actor's platform.

    Raises Forbidden, NotFound.
    """
    today = calendar.on_date(now)
    firms = [firm for firm, _ in delegating_firms(session, actor=actor)]
    return [
        row
        for kind in ("month", "quarter", "year")
        for row in _rows(session, firms, default_period(today, kind), today)
    ]


def supervision(
    session: Session,
    *,
    actor: Actor,
    period: str,
    now: datetime,
    county: str = "",
    state: str = "",
    text: str = "",
    **page: Any,
) -> tuple[list[UnitRow], int, dict[str, int], list[CountyRow]]:
    """Who filed a period and who is late: a page of units, count, sums, and all counties.

    Raises Forbidden, InvalidInput(declaration.period_unknown).
    """
    actor.require("county.view")
    today = calendar.on_date(now)
    query = select(Organisation).where(
        Organisation.kind.in_(("enterprise", "platform", "plant")), Organisation.active
    )
    if actor.county_code:
        query = query.where(Organisation.county_code == actor.county_code)
    # A plant that nothing was ever sent to only stands in the register: nobody here knows what it declares.
    sent = select(Lot.plant_id).distinct()
    query = query.where((Organisation.kind != "plant") | Organisation.id.in_(sent))
    units = list(session.scalars(query.order_by(Organisation.name, Organisation.code)))
    rows = _rows(session, units, periods.parse(period), today)
    counties = _counties(session, rows)
    if county:
        rows = [row for row in rows if row.unit.county_code == county]
    if state in STATES:
        rows = [row for row in rows if row.state == state]
    if text:
        rows = [row for row in rows if text in row.unit.name or text in row.unit.code]
    return _page(rows, **page), len(rows), {}, counties


def _rows(session: Session, units: Sequence[Organisation], period: Period, today: date) -> list[UnitRow]:
    """The units that have to declare the period, in the given order."""
    limits = reference.legal_limits(session, today)
    bound = [
        unit
        for unit in units
        if period.kind in DUTIES[access.class_of(unit)]
        and calendar.on_date(unit.enrolled_at) <= period.end_on < today
    ]
    ids = [unit.id for unit in bound]
    filed = newest_declarations(session, organisation_ids=ids, periods=[period.key])
    planned = _planned(session, period.year)
    made = []
    for unit in bound:
        row = period_row(unit.id, period, filed, limits, today)
        made.append(UnitRow(unit, period, row.due_on, row.state, row.newest, unit.id in planned))
    return made


def _planned(session: Session, year: int) -> set[UUID]:
    return set(session.scalars(select(ManagementPlan.enterprise_id).where(ManagementPlan.year == year)))


def _counties(session: Session, rows: Sequence[UnitRow]) -> list[CountyRow]:
    names = {row.code: row for row in session.scalars(select(Area).where(Area.level == "county"))}
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault(row.unit.county_code or "", dict.fromkeys(STATES, 0))
        counts[row.state] += 1
    return [
        CountyRow(code, names[code].name_zh, names[code].name_en, found[code])
        for code in sorted(found)
        if code in names
    ]


def _page(
    rows: list[UnitRow], *, sort: str = "", descending: bool = False, limit: int = 50, offset: int = 0
) -> list[UnitRow]:
    keys: dict[str, Any] = {
        "name": lambda row: row.unit.name,
        "state": lambda row: STATES.index(row.state),
        "county": lambda row: row.unit.county_code or "",
        "filed_at": lambda row: row.newest.filed_at.isoformat() if row.newest else "",
    }
    if sort in keys:
        rows = sorted(rows, key=keys[sort], reverse=descending)
    return rows[offset : offset + limit]
