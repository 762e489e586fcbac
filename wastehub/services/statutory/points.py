"""What is missing or odd before a declaration is filed, and what an inspector would find (F16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, calendar, plan_classes
from ...domain.actors import Actor
from ...domain.statutory import periods
from ...domain.statutory.balance import BalanceRow, balance, unbalanced
from ...domain.statutory.periods import Period
from ...models import organisations, reference
from ...models.batches import Container
from ...models.filings import newest_declarations
from ...models.manifests import Manifest
from ...models.organisations import Organisation
from . import access
from .facts import profile_of
from .lines import UnitBook, book_of

# Fields of the profile without which table A.1 has holes.
NEEDED = ("industry_code", "legal_representative", "legal_phone", "generating_code", "storage_code")
PPM = 1_000_000


@dataclass(frozen=True)
class Point:
    """One point of a check. `tone`: good, warn, bad; web/checks has the words for each key."""

    key: str
    tone: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Look:
    """What a check looks at."""

    session: Session
    book: UnitBook
    start_on: date
    end_on: date
    limits: Mapping[str, int]
    today: date

    @property
    def unit(self) -> Organisation:
        return self.book.unit


def points_of_period(
    session: Session,
    book: UnitBook,
    period: Period,
    rows: Sequence[BalanceRow],
    *,
    limits: Mapping[str, int],
    today: date,
) -> list[Point]:
    """What is missing or odd in a period, the worst first."""
    look = _Look(session, book, period.start_on, period.end_on, limits, today)
    found = [
        *_sums(rows, book),
        *_weighing(look),
        *_plan(look),
        *_late(look),
        *_labels(look),
        *_open(look),
        *_manifests(look),
        *_profile(look),
        *_earlier(look, period),
    ]
    order = {"bad": 0, "warn": 1, "good": 2}
    return sorted(found, key=lambda point: order[point.tone])


def compliance(session: Session, *, actor: Actor, now: datetime) -> list[Point]:
    """The same for this year so far, with the declarations that are due: for the firm's own check (F16).

    Raises Forbidden, NotFound.
    """
    unit = access.own_unit(session, actor, "declaration.view")
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    book = book_of(session, unit)
    look = _Look(session, book, date(today.year, 1, 1), today, limits, today)
    rows = balance(book.lines, start_on=look.start_on, end_on=today)
    return [
        *_sums(rows, book),
        *_weighing(look),
        *_drift(look),
        *_late(look),
        *_open(look),
        *_manifests(look),
        *_profile(look),
        *_class(look),
        *_due(look),
    ]


def _sums(rows: Sequence[BalanceRow], book: UnitBook) -> Iterator[Point]:
    off = unbalanced(rows)
    if off or book.unread_g:
        yield Point("balance_off", "bad", {"codes": _some(off.keys() | book.unread_g.keys())})
    other = [row.code for row in rows if row.other_g]
    if other:
        yield Point("balance_other", "warn", {"codes": _some(other)})


def _weighing(look: _Look) -> Iterator[Point]:
    """Waste that left on an estimate alone (Order 23, Art. 10: weighed before it moves)."""
    left = look.book.between(look.start_on, look.end_on, "left")
    unweighed = sum(each.line.basis != "weighed" for each in left)
    if unweighed:
        yield Point("left_unweighed", "bad", {"count": unweighed})
    query = select(func.count()).where(
        Container.holder_id == look.unit.id,
        Container.state.in_(batch_lifecycle.AT_ENTERPRISE),
        Container.measured_g.is_(None),
    )
    estimated = look.session.scalar(query) or 0
    if estimated:
        yield Point("store_unweighed", "warn", {"count": estimated})


def _plan(look: _Look) -> Iterator[Point]:
    """Codes outside the plan (Order 23, Art. 14)."""
    if look.unit.kind != "enterprise":
        return
    year = look.end_on.year
    planned = organisations.planned_codes(look.session, enterprise_ids=[look.unit.id], year=year)
    moved = {each.code for each in look.book.between(look.start_on, look.end_on, "generated", "left")}
    unplanned = moved - planned.get(look.unit.id, set())
    if unplanned:
        yield Point("period_not_planned", "bad", {"codes": _some(unplanned), "year": year})
    yield from _drift(look)


def _drift(look: _Look) -> Iterator[Point]:
    """Generation of the year so far against the plan's yearly quantity."""
    if look.unit.kind != "enterprise":
        return
    year = look.end_on.year
    plan = organisations.plans_of(look.session, enterprise_ids=[look.unit.id], year=year).get(look.unit.id)
    share = look.limits["plan_drift_ppm"]
    made: dict[str, int] = {}
    for each in look.book.between(date(year, 1, 1), look.end_on, "generated"):
        made[each.code] = made.get(each.code, 0) + each.mass_g
    over, under = [], []
    for line in plan.lines if plan else ():
        allowed = line.planned_g * (PPM + share) // PPM
        if made.get(line.waste_code, 0) > allowed:
            over.append(line.waste_code)
        least = line.planned_g * (PPM - share) // PPM
        over_at = date(year, 12, 31)
        if look.end_on == over_at < look.today and made.get(line.waste_code, 0) < least:
            under.append(line.waste_code)
    params = {"percent": share * 100 // PPM}
    if over:
        yield Point("plan_drift_over", "warn", {"codes": _some(over), **params})
    if under:
        yield Point("plan_drift_under", "warn", {"codes": _some(under), **params})


def _late(look: _Look) -> Iterator[Point]:
    days = look.limits["late_registration_days"]
    late = sum(
        (calendar.on_date(each.line.event.at) - each.on).days > days
        for each in look.book.between(look.start_on, look.end_on, "generated")
    )
    if late:
        yield Point("registered_late", "warn", {"count": late, "days": days})


def _labels(look: _Look) -> Iterator[Point]:
    """Containers of the period that still have no label (HJ 1276)."""
    query = select(func.count()).where(
        Container.holder_id == look.unit.id,
        Container.state == "registered",
        Container.stored_since_on <= look.end_on,
    )
    unlabelled = look.session.scalar(query) or 0
    if unlabelled and look.unit.kind == "enterprise":
        yield Point("unlabelled", "warn", {"count": unlabelled})


def _open(look: _Look) -> Iterator[Point]:
    cases = ledger.open_cases(look.session, place=look.unit.site)
    if not cases:
        return
    overdue = sum(case.due_on is not None and case.due_on < look.today for case in cases)
    grams = sum(abs(case.mass_g) for case in cases)
    params = {"count": len(cases), "mass_g": grams, "overdue": overdue}
    yield Point("cases_overdue" if overdue else "cases_open", "bad" if overdue else "warn", params)


def _manifests(look: _Look) -> Iterator[Point]:
    mine = or_(Manifest.mover_out_id == look.unit.id, Manifest.acceptor_id == look.unit.id)
    moving = select(func.count()).where(mine, Manifest.state.not_in(("void", "draft", "submitted")))
    start = calendar.at_time(look.start_on, 0)
    until = calendar.at_time(look.end_on, 24 * 3600)
    unnumbered = look.session.scalar(
        moving.where(Manifest.official_no.is_(None), Manifest.loaded_at >= start, Manifest.loaded_at < until)
    )
    if unnumbered:
        yield Point("manifests_unnumbered", "warn", {"count": unnumbered})
    late = look.session.scalar(
        moving.where(Manifest.state.in_(("arrived", "discrepancy")), Manifest.confirm_due_on < look.today)
    )
    if late:
        yield Point("manifests_late", "bad", {"count": late})


def _profile(look: _Look) -> Iterator[Point]:
    profile = profile_of(look.session, look.unit)
    missing = [name for name in NEEDED if not getattr(profile, name)]
    if look.unit.industry:
        missing = [name for name in missing if name != "industry_code"]
    if look.unit.kind != "enterprise":
        missing = [name for name in missing if name != "generating_code"]
    if missing:
        yield Point("profile_missing", "warn", {"count": len(missing)})


def _earlier(look: _Look, period: Period) -> Iterator[Point]:
    """The period before was not declared, or the ledger has moved on since it was."""
    before = period.before()
    if before.end_on < calendar.on_date(look.unit.enrolled_at):
        return
    keys = [before.key]
    if not newest_declarations(look.session, organisation_ids=[look.unit.id], periods=keys):
        yield Point("earlier_missing", "warn", {"period": before.key})


def _class(look: _Look) -> Iterator[Point]:
    """The class by what was really generated (HJ 1259-2022, 4.2)."""
    if look.unit.kind != "enterprise":
        return
    by_year: dict[int, int] = {}
    for each in look.book.lines:
        if each.kind == "generated":
            by_year[each.on.year] = by_year.get(each.on.year, 0) + each.mass_g
    annual_g = plan_classes.annual_basis_g([by_year[year] for year in sorted(by_year)])
    ranks = ("registration", "simplified", "key")
    fits = plan_classes.management_class(annual_g)
    if ranks.index(fits) > ranks.index(look.unit.management_class):
        yield Point("class_too_low", "bad", {"mass_g": annual_g})


def _due(look: _Look) -> Iterator[Point]:
    since = max(calendar.on_date(look.unit.enrolled_at), date(look.today.year - 1, 1, 1))
    due = list(periods.ended(access.class_of(look.unit), since_on=since, today=look.today))
    filed = newest_declarations(
        look.session, organisation_ids=[look.unit.id], periods=[period.key for period in due]
    )
    waiting = [period for period in due if (look.unit.id, period.key) not in filed]
    late = [period.key for period in waiting if period.due_on(look.limits) < look.today]
    if late:
        yield Point("declarations_late", "bad", {"periods": _some(late), "count": len(late)})
    elif waiting:
        due_on = min(period.due_on(look.limits) for period in waiting)
        yield Point("declarations_due", "warn", {"periods": waiting[-1].key, "due_on": due_on})
    else:
        yield Point("declarations_ok", "good")


def _some(names: Any, most: int = 5) -> str:
    ordered = sorted(names)
    return "、".join(ordered[:most]) + ("…" if len(ordered) > most else "")
