"""A day to plan: firms with waste around a platform. Plain functions over services."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing import StopRule
from tests import firms
from tests.worlds import remembered
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.models.organisations import Organisation
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import RoutePlan, full_plan
from wastehub.services import dispatch, planning

NOW = firms.NOW
DAY = firms.TODAY + timedelta(days=1)
QUICK = StopRule(iterations=2)
OIL, RAGS, BATTERY, ACID, LYE = "900-249-08", "900-041-49", "900-052-31", "900-300-34", "900-352-35"


def firm_with_requests(
    session: Session,
    serial: int,
    *loads: tuple[str, tuple[int, ...]],
    county: str = "330411",
    contract_platform: Organisation | None = None,
    **order: Any,
) -> PickupRequest:
    """One firm, one request with containers of the given codes and masses."""
    firm = firms.enrolled(
        session,
        serial,
        county_code=county,
        lon_e6=120_700_000 + serial * 3_000,
        lat_e6=30_750_000 + serial * 2_000,
    )
    firms.sign(session, firm, contract_platform)
    wanted = loads or ((OIL, (150_000,)),)
    firms.plan(session, firm, *((code, 20_000_000) for code in dict.fromkeys(code for code, _ in wanted)))
    containers = []
    for code, masses in wanted:
        made = firms.labelled(session, firm, *masses, waste_code=code, **_packing(code))
        containers += made
    return firms.requested(session, firm, containers, ready_on=firms.TODAY, **order)


def _packing(code: str) -> dict[str, Any]:
    liquid = code in (ACID, LYE)
    return {"container_type": "HDPE200" if liquid else "STEEL200O", "form": "liquid" if liquid else "solid"}


@remembered
def waiting(database: Database, count: int = 3, **options: Any) -> list[UUID]:
    """Some firms of one county, each with a drum of oily waste to be fetched; ids of the requests."""
    with database.transaction() as session:
        return [firm_with_requests(session, serial, **options).id for serial in range(1, count + 1)]


def dispatcher(database: Database, county: str = "330411") -> Actor:
    with database.reading() as session:
        return firms.dispatcher(session, county)


@remembered
def planned(database: Database, *, on: date = DAY, now: datetime = NOW, engine: Any = "greedy") -> UUID:
    return planning.plan_day(
        database,
        actor=dispatcher(database),
        service_on=on,
        seed=1,
        stop=QUICK,
        now=lambda: now,
        engine=engine,
    )


@remembered
def published(database: Database, **options: Any) -> UUID:
    plan_id = planned(database, **options)
    who = dispatcher(database)
    with database.transaction() as session:
        dispatch.publish(session, actor=who, plan_id=plan_id, version=None, now=NOW)
    return plan_id


def plan_of(session: Session, plan_id: UUID) -> RoutePlan:
    return full_plan(session, plan_id)


def stops_of(plan: RoutePlan) -> list[Any]:
    return [stop for row in plan.rounds for trip in row.trips for stop in trip.stops]


def all_requests(session: Session) -> dict[str, PickupRequest]:
    return {row.request_no: row for row in session.scalars(select(PickupRequest))}
