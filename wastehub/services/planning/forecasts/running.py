"""Plan the next days together and keep the result as a forecast: short read, plan, check, short write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import routing
from routing import Solution, StopRule
from routing.horizon import HorizonPlan, plan_days

from ....db import Database, new_id
from ....domain import calendar
from ....domain.actors import Actor
from ....domain.errors import Conflict, InvalidInput
from ....models import forecasts
from ....models.forecasts import Forecast
from ....models.route_plans import PlanningRun
from .. import facts
from ..asking import WAITING, request_run
from ..facts import DayFacts
from ..plans import PlanBreaksRules
from . import neighbours, standing, storing
from .ahead import Ahead, look_ahead

KIND = "forecast"
DAYS = 5
DAYS_MAX = 10
# Choosing days is done in one go, and a run must be heard of within its lease.
BUDGET_MAX_S = 300


class Finish(Protocol):
    """Called inside the writing transaction: the holder of a run may still refuse the forecast."""

    def __call__(self, session: Session, forecast: Forecast) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do. `first_on` and `count`: the service days."""

    actor: Actor
    run_id: UUID
    first_on: date
    count: int
    seed: int
    stop: StopRule


def request_forecast(
    session: Session,
    *,
    actor: Actor,
    days: int = DAYS,
    seed: int,
    budget_s: int,
    now: datetime,
) -> PlanningRun:
    """Ask for a forecast from the next service day on. The caller queues the run's id after the commit.

    Raises InvalidInput (plan.budget_out_of_range, forecast.days_out_of_range), Conflict
    (forecast.run_under_way).
    """
    actor.require("plan.run")
    if not 1 <= budget_s <= BUDGET_MAX_S:
        raise InvalidInput("plan.budget_out_of_range", field="budget_s", given=budget_s, most=BUDGET_MAX_S)
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput("forecast.days_out_of_range", field="days", given=days, most=DAYS_MAX)
    if waiting_run(session) is not None:
        raise Conflict("forecast.run_under_way")
    run = PlanningRun(
        id=new_id(session, now),
        service_on=service_days(calendar.on_date(now), 1)[0],
        state="queued",
        kind=KIND,
        options={"days": days},
        seed=seed,
        budget_s=budget_s,
        requested_by=actor.author,
        requested_at=now,
        attempt=0,
        cancel_requested=False,
    )
    session.add(run)
    session.flush()
    return run


def request_day(
    session: Session, *, actor: Actor, service_on: date, seed: int, budget_s: int, now: datetime
) -> PlanningRun:
    """Ask for a plan of a day that leaves to later days what the newest forecast gave to them.

    Raises Conflict(forecast.none) and what request_run raises.
    """
    actor.require("plan.run")
    forecast = forecasts.current(session, on=calendar.on_date(now))
    if forecast is None:
        raise Conflict("forecast.none")
    run = request_run(session, actor=actor, service_on=service_on, seed=seed, budget_s=budget_s, now=now)
    run.options = {"forecast_id": str(forecast.id)}
    session.flush()
    return run


def put_off(session: Session, *, forecast_id: UUID, service_on: date) -> dict[UUID, date]:
    """The requests to which a forecast gave a later day, with that day. New ones and late ones are not."""
    found = forecasts.day_of_requests(session, forecast_id)
    return {key: on for key, on in found.items() if on is not None and on > service_on}


def waiting_run(session: Session) -> PlanningRun | None:
    """The forecast that is being made, if any."""
    query = select(PlanningRun).where(PlanningRun.kind == KIND, PlanningRun.state.in_(WAITING))
    return session.scalars(query).first()


def service_days(today: date, count: int) -> list[date]:
    """The working days after today; plain days where the holiday notice is not installed yet."""
    found: list[date] = []
    on = today
    while len(found) < count:
        on += timedelta(days=1)
        try:
            working = calendar.is_working_day(on)
        except calendar.CalendarYearUnknown:
            working = True
        if working:
            found.append(on)
    return found


def forecast_days(
    database: Database,
    order: Order,
    *,
    now: Callable[[], datetime],
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    finish: Finish | None = None,
    solve: Callable[..., Solution] = routing.solve,
) -> UUID:
    """Plan the days and keep the forecast; its id. `progress`: placed, in all, fen so far, after each day.

    Raises Conflict (plan.nothing_to_plan, plan.no_vehicles, plan.no_platforms), PlanBreaksRules.
    """
    order.actor.require("plan.run")
    ahead, firms = _read(database, order)
    plan = plan_days(
        ahead.horizon,
        stop=order.stop,
        seed=order.seed,
        progress=None if progress is None else _Told(len(ahead.horizon.requests), progress),
        cancelled=cancelled,
        solve=solve,
    )
    _require_lawful(plan)
    passings = neighbours.near(ahead, plan, firms)
    with database.transaction() as session:
        forecast = storing.store(
            session,
            actor=order.actor,
            run_id=order.run_id,
            seed=order.seed,
            ahead=ahead,
            plan=plan,
            passings=passings,
            now=now(),
        )
        if finish is not None:
            finish(session, forecast)
        return forecast.id


def _read(database: Database, order: Order) -> tuple[Ahead, list[neighbours.Firm]]:
    with database.reading() as session:
        days = read_days(session, service_days(order.first_on - timedelta(days=1), order.count))
        beyond = standing.read(session, days[0])
        firms = neighbours.firms(session, days)
        session.expunge_all()  # the rows outlive their session: they are only looked at
    return look_ahead(days, beyond), firms


def read_days(session: Session, service_on: list[date]) -> list[DayFacts]:
    """The facts of each day on which a vehicle is free. Raises Conflict(plan.no_vehicles)."""
    days = [facts.read(session, on, ready_by=service_on[-1]) for on in service_on]
    driving = [day for day in days if day.fleet]
    if not driving:
        raise Conflict("plan.no_vehicles", on=service_on[0])
    return driving


def _require_lawful(plan: HorizonPlan) -> None:
    for day in plan.days:
        violations = routing.check(day.problem, day.solution)
        if violations:
            on = date.fromordinal(day.day)
            raise PlanBreaksRules(f"{on}: {len(violations)} violations, the first: {violations[0]}")


@dataclass
class _Told:
    """Adds up the days for whoever watches."""

    total: int
    tell: Callable[[int, int, int], None]
    placed: int = 0
    cost_fen: int = 0

    def __call__(self, day: int, solution: Solution) -> None:
        self.placed += solution.assigned
        self.cost_fen += sum(route.cost_fen for route in solution.routes)
        self.tell(self.placed, self.total, self.cost_fen)
