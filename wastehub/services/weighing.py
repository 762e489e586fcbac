"""Scales of a unit, and whether the differences they show add up to one side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from ..db import new_id
from ..domain import calendar, drift, quantities, scales, texts
from ..domain.actors import Actor
from ..domain.drift import Month, State
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import reference
from ..models.batches import Batch, Container
from ..models.organisations import Organisation, organisations_by_id, organisations_of
from ..models.receptions import Reception, ReceptionLine
from ..models.route_plans import Round, Trip
from ..models.scales import Scale, scales_of
from ..models.vehicles import CrewMember
from ..models.versioned import require_version

MONTHS_SHOWN = 12
WEIGHINGS_SHOWN = 500
BY = ("scale", "crew")


# --- the register ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScaleDraft:
    """What somebody enters about a scale of his unit."""

    code: str
    name_zh: str
    name_en: str = ""
    scale_class: str = "bench"
    division_g: int | None = None
    verified_until_on: date | None = None
    standard: bool = False
    active: bool = True


def own_scales(session: Session, *, actor: Actor) -> list[Scale]:
    """The scales of the actor's unit, the standard one first."""
    actor.require("scale.manage")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    return scales_of(session, [actor.organisation_id])[actor.organisation_id]


def register_scale(session: Session, *, actor: Actor, draft: ScaleDraft, now: datetime) -> Scale:
    """Enter a scale. Raises InvalidInput (scale.*, text.*, mass.*), Conflict (scale.*)."""
    rows = own_scales(session, actor=actor)
    assert actor.organisation_id is not None
    made = Scale(id=new_id(session, now), organisation_id=actor.organisation_id, standard=not rows)
    _fill(session, made, rows, draft)
    session.add(made)
    session.flush()
    return made


def change_scale(
    session: Session, *, actor: Actor, scale_id: UUID, draft: ScaleDraft, version: int | None
) -> Scale:
    """Change what is known of a scale; weighings keep it. Raises StaleVersion and as register_scale."""
    rows = own_scales(session, actor=actor)
    row = next((each for each in rows if each.id == scale_id), None)
    if row is None:
        raise NotFound("object.not_found")
    require_version(row, version)
    _fill(session, row, rows, draft)
    session.flush()
    return row


def _fill(session: Session, row: Scale, rows: Sequence[Scale], draft: ScaleDraft) -> None:
    code = texts.clean(draft.code, field="code", longest=12, required=True)
    if any(each.code == code for each in rows if each is not row):
        raise Conflict("scale.code_taken", field="code", given=code)
    name = texts.clean(draft.name_zh, field="name_zh", longest=60, required=True)
    scale_class = scales.require_class(draft.scale_class)
    if draft.division_g is not None:
        quantities.require_mass_g(draft.division_g, field="division_g")
    if not draft.active and (row.standard or draft.standard):
        raise Conflict("scale.standard_needed", field="active")
    row.code, row.name_zh, row.scale_class = code, name, scale_class
    row.name_en = texts.clean(draft.name_en, field="name_en", longest=60) or name
    row.division_g, row.verified_until_on, row.active = (
        draft.division_g,
        draft.verified_until_on,
        draft.active,
    )
    if draft.standard:
        for each in rows:
            each.standard = False
    row.standard = row.standard or draft.standard


# --- drift -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month with its judgement."""

    month: Month
    state: State


@dataclass(frozen=True, slots=True)
class Series:
    """One scale or one driver. `key` names it in addresses; `months` from the oldest to the present one."""

    by: str
    key: UUID
    code: str
    name_zh: str
    name_en: str
    unit: Organisation
    months: list[MonthRow]

    @property
    def latest(self) -> MonthRow:
        """The last month that could be judged, or else the present one."""
        judged = [row for row in self.months if row.state not in ("none", "few")]
        return judged[-1] if judged else self.months[-1]

    @property
    def weighed(self) -> list[MonthRow]:
        """The months in which something was weighed."""
        return [row for row in self.months if row.month.weighings]


@dataclass(frozen=True, slots=True)
class DriftBoard:
    """Every scale and every driver that the reader may see, what needs a look first."""

    months: list[date]
    scales: list[Series]
    crews: list[Series]
    sigma: int
    weighings_min: int

    @property
    def judged(self) -> bool:
        """Whether there was enough to judge of anything at all."""
        return any(row.latest.state not in ("none", "few") for row in (*self.scales, *self.crews))

    @property
    def drifting(self) -> list[Series]:
        return [row for row in (*self.scales, *self.crews) if row.latest.state == "drift"]


def drift_board(session: Session, *, actor: Actor, today: date, months: int = MONTHS_SHOWN) -> DriftBoard:
    """Differences within tolerance at the gates, summed by month, scale and driver (domain/drift)."""
    actor.require("scale.view")
    limits = reference.legal_limits(session, today)
    sigma, least = limits["drift_sigma"], limits["drift_weighings_min"]
    firsts = drift.months_before(today, months)
    units = {unit.id: unit for unit in _visible_units(session, actor)}
    by_scale = _months(session, ReceptionLine.scale_id, firsts, list(units))
    by_crew = _months(session, Round.driver_id, firsts, list(units))

    def judged(found: Mapping[date, Month]) -> list[MonthRow]:
        made = [found.get(first, Month(first)) for first in firsts]
        return [MonthRow(row, drift.judge(row, sigma=sigma, weighings_min=least)) for row in made]

    every = [row for rows in scales_of(session, list(units)).values() for row in rows]
    of_scales = [
        Series("scale", row.id, row.code, row.name_zh, row.name_en, units[row.organisation_id],
               judged(by_scale.get(row.id, {})))
        for row in every
        if row.active or row.id in by_scale
    ]  # fmt: skip
    drivers = session.scalars(select(CrewMember).where(CrewMember.id.in_(list(by_crew)))).all()
    of_crews = [
        Series("crew", row.id, row.certificate_no, row.name, row.name, units[row.platform_id],
               judged(by_crew[row.id]))
        for row in drivers
        if row.platform_id in units
    ]  # fmt: skip
    return DriftBoard(firsts, sorted(of_scales, key=_urgency), sorted(of_crews, key=_urgency), sigma, least)


def _urgency(row: Series) -> tuple[int, str, str]:
    order = {"drift": 0, "watch": 1, "steady": 2, "few": 3, "none": 4}
    return order[row.latest.state], row.unit.code, row.code


def _visible_units(session: Session, actor: Actor) -> list[Organisation]:
    if actor.role != "regulator":
        keys = [actor.organisation_id] if actor.organisation_id else []
        return list(organisations_by_id(session, keys).values())
    found = [unit for kind in ("platform", "plant") for unit in organisations_of(session, kind)]
    return [unit for unit in found if actor.county_code in (None, unit.county_code)]


def _counted() -> tuple[ColumnElement[bool], ...]:
    """Containers that stood on a scale of their own and came out within the tolerance."""
    return (
        ReceptionLine.scale_id.is_not(None),
        ReceptionLine.within.is_(True),
        ReceptionLine.decision == "accepted",
    )


def _months(
    session: Session, group: Any, firsts: Sequence[date], unit_ids: list[UUID]
) -> dict[UUID, dict[date, Month]]:
    """Scale or driver -> first day -> sums. One question per month: months begin at midnight in Shanghai."""
    difference = ReceptionLine.difference_g
    found: dict[UUID, dict[date, Month]] = {}
    for first in firsts:
        query = (
            select(
                group, func.count(), func.sum(difference), func.sum(difference * difference),
                func.sum(case((difference < 0, 1), else_=0)), func.sum(case((difference > 0, 1), else_=0)),
            )
            .select_from(ReceptionLine)
            .join(Reception, Reception.id == ReceptionLine.reception_id)
            .outerjoin(Trip, Trip.id == Reception.trip_id)
            .outerjoin(Round, Round.id == Trip.round_id)
            .where(
                ReceptionLine.decided_at >= calendar.at_time(first, 0),
                ReceptionLine.decided_at < calendar.at_time(drift.next_month(first), 0),
                Reception.organisation_id.in_(unit_ids),
                group.is_not(None),
                *_counted(),
            )
            .group_by(group)
        )  # fmt: skip
        for key, *numbers in session.execute(query):
            found.setdefault(key, {})[first] = Month(first, *(int(number) for number in numbers))
    return found


@dataclass(frozen=True, slots=True)
class WeighingRow:
    """One weighing behind a sum."""

    label_code: str
    batch_no: str
    batch_id: UUID
    container_id: UUID
    firm: str
    expected_g: int
    weighed_g: int
    difference_g: int
    allowed_g: int
    decided_at: datetime
    reception_no: str
    trip_id: UUID | None
    lot_id: UUID | None
    scale_code: str
    driver: str


@dataclass(frozen=True, slots=True)
class MonthBoard:
    """A month of one scale or driver with its weighings."""

    series: Series
    row: MonthRow
    weighings: list[WeighingRow]
    sigma: int
    weighings_min: int


def month_board(session: Session, *, actor: Actor, by: str, key: UUID, month: str, today: date) -> MonthBoard:
    """Every weighing that a number is made of. Raises NotFound, InvalidInput(drift.month_unknown)."""
    first = month_of(month)
    board = drift_board(session, actor=actor, today=max(today, first))
    rows = {"scale": board.scales, "crew": board.crews}.get(by, [])
    series = next((row for row in rows if row.key == key), None)
    row = next((each for each in series.months if each.month.first_on == first), None) if series else None
    if series is None or row is None:
        raise NotFound("object.not_found")
    group: Any = ReceptionLine.scale_id if by == "scale" else Round.driver_id
    return MonthBoard(
        series, row, _weighings(session, group, key, first, series.unit.id), board.sigma, board.weighings_min
    )


def month_of(text: str) -> date:
    """The first day of "2026-03"."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput("drift.month_unknown", field="month", given=text[:20]) from None


def _weighings(session: Session, group: Any, key: UUID, first: date, unit_id: UUID) -> list[WeighingRow]:
    driver = aliased(CrewMember)
    line = ReceptionLine
    query = (
        select(
            Container.label_code, Batch.batch_no, Batch.id, Container.id, Organisation.short_name,
            line.expected_g, line.weighed_g, line.difference_g, line.allowed_g, line.decided_at,
            Reception.reception_no, Reception.trip_id, Reception.lot_id, Scale.code,
            func.coalesce(driver.name, ""),
        )
        .select_from(line)
        .join(Reception, Reception.id == line.reception_id)
        .join(Container, Container.id == line.container_id)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .join(Scale, Scale.id == line.scale_id)
        .outerjoin(Trip, Trip.id == Reception.trip_id)
        .outerjoin(Round, Round.id == Trip.round_id)
        .outerjoin(driver, driver.id == Round.driver_id)
        .where(
            group == key,
            Reception.organisation_id == unit_id,
            line.decided_at >= calendar.at_time(first, 0),
            line.decided_at < calendar.at_time(drift.next_month(first), 0),
            *_counted(),
        )
        .order_by(line.decided_at.desc(), Container.label_code)
        .limit(WEIGHINGS_SHOWN)
    )  # fmt: skip
    return [WeighingRow(*tuple(row)) for row in session.execute(query)]
