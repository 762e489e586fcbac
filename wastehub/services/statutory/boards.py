"""Who has declared and who is late: for a platform its firms, for supervision every unit by county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
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

    @property
    def days_late(self) -> int:
        """How many days after the last day the newest edition was filed; 0: in time, or not at all."""
        filed_on = calendar.on_date(self.newest.filed_at) if self.newest else self.due_on
        return max(0, (filed_on - self.due_on).days)


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


def recent_periods(today: date) -> list[Period]:
    """The last two years, four quarters and twelve months that are over."""
    found = []
    for kind, count in (("year", 2), ("quarter", 4), ("month", 12)):
        period = default_period(today, kind)
        for _number in range(count):
            found.append(period)
            period = period.before()
    return found


def newest_period(session: Session, *, actor: Actor, today: date) -> Period:
    """The newest period for which any unit in the actor's sight has something due or filed.

    Of periods that end together the longest, which more units have to declare. Nothing at all: the last
    year. Raises Forbidden.
    """
    actor.require("county.view")
    since: dict[str, date] = {}
    query = _supervised(actor).with_only_columns(
        Organisation.kind, Organisation.management_class, func.min(Organisation.enrolled_at)
    )
    for kind, named, first_at in session.execute(
        query.order_by(None).group_by(Organisation.kind, Organisation.management_class)
    ):
        held = named if kind == "enterprise" else "key"
        first_on = calendar.on_date(first_at)
        since[held] = min(first_on, since.get(held, first_on))
    units = _supervised(actor).with_only_columns(Organisation.id).order_by(None)
    filed = set(
        session.scalars(select(Declaration.period).where(Declaration.organisation_id.in_(units)).distinct())
    )
    newest_first = sorted(recent_periods(today), key=lambda each: (-each.end_on.toordinal(), each.start_on))
    for period in newest_first:
        bound = any(period.kind in DUTIES[held] and on <= period.end_on for held, on in since.items())
        if bound or period.key in filed:
            return period
    return default_period(today, "year")


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
    units = list(session.scalars(_supervised(actor)))
    rows = _rows(session, units, periods.parse(period), today)
    counties = _counties(session, rows)
    if county:
        rows = [row for row in rows if row.unit.county_code == county]
    if state in STATES:
        rows = [row for row in rows if row.state == state]
    if text:
        rows = [row for row in rows if text in row.unit.name or text in row.unit.code]
    return _page(rows, **page), len(rows), {}, counties


def _supervised(actor: Actor) -> Select[Any]:
    """The units whose declarations the actor watches, by name.

    A plant that nothing was ever sent to only stands in the register: nobody here knows what it declares.
    One outside the city declares to its own authority.
    """
    query = select(Organisation).where(
        Organisation.kind.in_(("enterprise", "platform", "plant")),
        Organisation.active,
        Organisation.county_code.is_not(None),
    )
    if actor.county_code:
        query = query.where(Organisation.county_code == actor.county_code)
    sent = select(Lot.plant_id).distinct()
    query = query.where((Organisation.kind != "plant") | Organisation.id.in_(sent))
    return query.order_by(Organisation.name, Organisation.code)


def _rows(session: Session, units: Sequence[Organisation], period: Period, today: date) -> list[UnitRow]:
    """The units that have to declare the period, or have declared it, in the given order."""
    limits = reference.legal_limits(session, today)
    due = [unit for unit in units if period.kind in DUTIES[access.class_of(unit)] and period.end_on < today]
    filed = newest_declarations(session, organisation_ids=[unit.id for unit in due], periods=[period.key])
    bound = [
        unit
        for unit in due
        if calendar.on_date(unit.enrolled_at) <= period.end_on or (unit.id, period.key) in filed
    ]
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
