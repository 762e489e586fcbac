"""A vehicle comes near a firm anyway: who could join in (F35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from routing.horizon import HorizonPlan, NearMiss, near_misses

from ....domain import calendar
from ....domain.actors import Actor
from ....domain.errors import NotFound
from ....models import forecasts, organisations
from ....models.batches import Container
from ....models.forecasts import ForecastPassing
from ....models.organisations import Contract, Organisation
from ....models.requests import PickupRequest
from ....models.route_plans import published_days
from .. import travel
from ..facts import DayFacts
from .ahead import Ahead

# How far off its way a vehicle may be to count as near, and how many days are told to a firm.
RADIUS_M = 3_000
DAYS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm that a platform may fetch from on some of the days. `platforms`: by day number."""

    id: UUID
    place: travel.Place
    platforms: Mapping[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Passing:
    """A vehicle near a firm. `distance_m`: off its way, one way. `free_g`: what the firm could hand over."""

    service_on: date
    distance_m: int
    at_s: int
    enterprise_id: UUID
    enterprise: str
    free_g: int
    containers: int


def firms(session: Session, days: Sequence[DayFacts]) -> list[Firm]:
    """Every firm with a contract in force on one of the days, and with whom."""
    codes = {key: row.code for key, row in days[0].platforms.items()}
    signed: dict[UUID, dict[int, set[str]]] = {}
    for day in days:
        query = select(Contract.enterprise_id, Contract.platform_id).where(
            organisations.in_force(day.service_on)
        )
        for enterprise_id, platform_id in session.execute(query):
            if platform_id in codes:
                known = signed.setdefault(enterprise_id, {})
                known.setdefault(day.service_on.toordinal(), set()).add(codes[platform_id])
    rows = organisations.organisations_by_id(session, signed)
    return [
        Firm(key, (row.lon_e6, row.lat_e6), {day: frozenset(of) for day, of in signed[key].items()})
        for key, row in sorted(rows.items())
        if row.active
    ]


def near(ahead: Ahead, plan: HorizonPlan, candidates: Sequence[Firm]) -> list[tuple[Firm, NearMiss]]:
    """For each firm and day the vehicle of a platform it has a contract with that passes nearest."""
    if not candidates:
        return []
    region_ways = travel.ways(ahead.region, [firm.place for firm in candidates], ahead.places)
    found: dict[tuple[UUID, int], tuple[Firm, NearMiss]] = {}
    for one in near_misses(plan, region_ways.to_m, region_ways.from_m, radius_m=RADIUS_M):
        firm = candidates[one.place]
        if one.depot not in firm.platforms.get(one.day, ()):
            continue
        before = found.get((firm.id, one.day))
        if before is None or one.detour_m < before[1].detour_m:
            found[firm.id, one.day] = (firm, one)
    return list(found.values())


def for_firm(session: Session, *, actor: Actor, now: datetime) -> list[Passing]:
    """The days on which a vehicle comes near the actor's firm; nothing for one that waits for us already.

    Raises Forbidden, NotFound.
    """
    actor.require("stock.view")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    today = calendar.on_date(now)
    return _passings(session, today, ForecastPassing.enterprise_id == actor.organisation_id)[:DAYS_TOLD]


def for_platform(session: Session, *, actor: Actor, now: datetime) -> list[Passing]:
    """The firms near which a vehicle of the actor's platform comes and which could join. Raises Forbidden."""
    actor.require("plan.run")
    today = calendar.on_date(now)
    return _passings(session, today, ForecastPassing.platform_id == actor.organisation_id)


def _passings(session: Session, today: date, whose: ColumnElement[bool]) -> list[Passing]:
    """The passings of days to come at firms with waste ready to go and no request open."""
    forecast = forecasts.current(session, on=today)
    if forecast is None:
        return []
    waiting = (
        select(
            Container.holder_id.label("holder_id"),
            func.sum(Container.mass_g).label("mass_g"),
            func.count().label("containers"),
        )
        .where(Container.state == "labelled", Container.request_id.is_(None))
        .group_by(Container.holder_id)
        .subquery()
    )
    asked = exists().where(
        PickupRequest.enterprise_id == ForecastPassing.enterprise_id,
        PickupRequest.state.in_(("open", "scheduled")),
    )
    query = (
        select(ForecastPassing, Organisation.short_name, waiting.c.mass_g, waiting.c.containers)
        .join(Organisation, Organisation.id == ForecastPassing.enterprise_id)
        .join(waiting, waiting.c.holder_id == ForecastPassing.enterprise_id)
        .where(
            ForecastPassing.forecast_id == forecast.id,
            ForecastPassing.service_on > today,
            ForecastPassing.service_on.not_in(published_days(session, after=today)),
            ~asked,
            whose,
        )
        .order_by(ForecastPassing.service_on, ForecastPassing.detour_m, Organisation.short_name)
    )
    return [
        Passing(
            service_on=row.service_on,
            # A way through the firm may even be shorter in metres: the planner drives the fastest way.
            distance_m=max(row.detour_m, 0) // 2,
            at_s=row.at_s,
            enterprise_id=row.enterprise_id,
            enterprise=name,
            free_g=int(grams),
            containers=count,
        )
        for row, name, grams, count in session.execute(query)
    ]
