"""A waste that no request of the forecast had: who may carry it, who may take it, what it may meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing import Conflict
from routing.horizon import HorizonPlan, ServiceDay

from ....domain.permits import PermitView
from ....domain.segregation import Relation
from ....models import organisations, permits
from ....models.vehicles import Vehicle, licensed_categories
from .. import facts, load_classes
from ..load_classes import LoadClass
from .ahead import class_of


def widened(session: Session, plan: HorizonPlan, classes: set[LoadClass]) -> HorizonPlan:
    """The plan with vehicles, platforms and conflicts that know these load classes as well."""
    known = {name for request in plan.horizon.requests for name in request.stop.load}
    new = {one for one in classes if one.id not in known}
    if not new:
        return plan
    carried = _carried(session, plan)
    held = {
        row.code: permits.permits_of(session, [row.id]).get(row.id, [])
        for row in organisations.organisations_of(session, "platform")
    }
    days = tuple(_day(day, new, carried, held) for day in plan.horizon.days)
    together = sorted({class_of(name) for name in known} | new)
    conflicts = tuple(
        Conflict(a.id, b.id, "never" if relation is Relation.F else "unless_separated")
        for a, b, relation in load_classes.conflicts(together, facts.matrix_of(session))
    )
    solo = plan.horizon.solo | {one.id for one in new if not one.group}
    horizon = replace(plan.horizon, days=days, conflicts=conflicts, solo=solo)
    return replace(plan, horizon=horizon)


def _carried(session: Session, plan: HorizonPlan) -> dict[str, frozenset[str]]:
    """The categories that each vehicle may carry, by plate."""
    plates = sorted({vehicle.id for day in plan.horizon.days for vehicle in day.vehicles})
    rows = {row.id: row.plate for row in session.scalars(select(Vehicle).where(Vehicle.plate.in_(plates)))}
    licensed = licensed_categories(session, list(rows))
    return {plate: licensed[key] for key, plate in rows.items()}


def _day(
    day: ServiceDay,
    new: set[LoadClass],
    carried: dict[str, frozenset[str]],
    held: dict[str, list[PermitView]],
) -> ServiceDay:
    on = date.fromordinal(day.day)
    vehicles = tuple(
        replace(
            vehicle,
            licences=vehicle.licences
            | {one.id for one in new if one.category in carried.get(vehicle.id, frozenset())},
        )
        for vehicle in day.vehicles
    )
    depots = tuple(
        replace(
            depot,
            accepts=depot.accepts
            | {one.id for one in new if facts.covers(held.get(depot.id, []), one.waste_code, on)},
        )
        for depot in day.depots
    )
    return replace(day, vehicles=vehicles, depots=depots)
