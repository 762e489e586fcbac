"""Some days ahead: firms that wait, and a forecast made in milliseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from tests.services import planning_world as world
from tests.services.planning_world import DAY, NOW
from tests.worlds import remembered
from wastehub.db import Database
from wastehub.models.route_plans import PlanningRun
from wastehub.services import planning
from wastehub.services.planning import forecasts

__all__ = ["DAY", "NOW"]


@remembered
def ordered(database: Database, *, days: int = 3, now: datetime = NOW) -> UUID:
    """A run that waits for the worker, stopped by count."""
    who = world.dispatcher(database)
    with database.transaction() as session:
        run = forecasts.request_forecast(session, actor=who, days=days, seed=1, budget_s=10, now=now)
        few = update(PlanningRun).where(PlanningRun.id == run.id)
        session.execute(few.values(budget_s=None, budget_iterations=20))
        return run.id


@remembered
def made(database: Database, *, now: datetime = NOW, **options: Any) -> UUID:
    """A forecast; its id."""
    run_id = ordered(database, now=now, **options)
    forecast_id = planning.execute_run(database, run_id=run_id, now=lambda: now)
    assert forecast_id is not None, failure_of(database, run_id)
    return forecast_id


def failure_of(database: Database, run_id: UUID) -> str:
    with database.reading() as session:
        return session.get_one(PlanningRun, run_id).failure
