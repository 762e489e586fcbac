"""The week ahead as the dispatcher sees it. Only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ....domain import calendar
from ....domain.actors import Actor
from ....models import forecasts, organisations
from ....models.forecasts import Forecast, ForecastDay, ForecastRequest, ForecastTransfer
from ....models.organisations import Organisation
from ....models.route_plans import PlanningRun, published_days
from .neighbours import Passing, for_platform
from .running import waiting_run


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day over all platforms, and each platform's part of it."""

    on: date
    by_platform: Mapping[UUID, ForecastDay]

    @property
    def requests(self) -> int:
        return sum(row.requests for row in self.by_platform.values())

    @property
    def mass_g(self) -> int:
        return sum(row.mass_g for row in self.by_platform.values())

    @property
    def distance_m(self) -> int:
        return sum(row.distance_m for row in self.by_platform.values())

    @property
    def cost_fen(self) -> int:
        return sum(row.cost_fen for row in self.by_platform.values())

    @property
    def vehicles_used(self) -> int:
        return sum(row.vehicles_used for row in self.by_platform.values())


@dataclass(frozen=True, slots=True)
class WeekBoard:
    """The newest forecast. `left` has no day and needs somebody; `later` may wait behind the last day.

    `published`: the days whose rounds are out already, so that the forecast of them is history.
    """

    forecast: Forecast | None
    run: PlanningRun | None
    platforms: list[Organisation]
    days: list[DayLine]
    transfers: list[ForecastTransfer]
    left: list[ForecastRequest]
    later: list[ForecastRequest]
    passings: list[Passing]
    published: frozenset[date] = frozenset()


def week(session: Session, *, actor: Actor, now: datetime) -> WeekBoard:
    """The days ahead, with what a run in progress will replace. Raises Forbidden."""
    actor.require("plan.run")
    run = waiting_run(session)
    platforms = organisations.organisations_of(session, "platform")
    forecast = forecasts.current(session, on=calendar.on_date(now))
    if forecast is None:
        return WeekBoard(None, run, platforms, [], [], [], [], [])
    open_ones = [row for row in forecasts.left_of(session, forecast.id) if row.request.state == "open"]
    return WeekBoard(
        forecast=forecast,
        run=run,
        platforms=platforms,
        days=_lines(forecasts.days_of(session, forecast.id)),
        transfers=forecasts.transfers_of(session, forecast.id),
        left=[row for row in open_ones if row.reason != "later"],
        later=[row for row in open_ones if row.reason == "later"],
        passings=for_platform(session, actor=actor, now=now),
        published=published_days(session, after=forecast.first_on - timedelta(days=1)),
    )


def _lines(rows: list[ForecastDay]) -> list[DayLine]:
    found: dict[date, dict[UUID, ForecastDay]] = {}
    for row in rows:
        found.setdefault(row.service_on, {})[row.platform_id] = row
    return [DayLine(on, by_platform) for on, by_platform in sorted(found.items())]
