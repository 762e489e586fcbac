"""The draft that another one is made from: where it starts, what stays, what is different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from routing import Problem, Solution, json_io

from ...domain.errors import Conflict, NotFound
from ...models.route_plans import Round, RoutePlan
from ...models.vehicles import Vehicle
from .pins import Pins

Crews = Mapping[str, tuple[UUID, UUID]]


@dataclass(frozen=True, slots=True)
class Origin:
    """`kind`: rest, by_hand, what_if. `without`: plates that stay in the yard. `crews`: by plate."""

    plan_id: UUID
    kind: str
    solution: Solution
    pins: Pins = field(default_factory=Pins)
    without: frozenset[str] = frozenset()
    crews: Crews = field(default_factory=dict)

    def options(self) -> dict[str, Any] | None:
        return {"without": sorted(self.without)} if self.without else None


def origin_of(session: Session, plan_id: UUID, *, kind: str, without: frozenset[str] = frozenset()) -> Origin:
    """A plan as the origin of another. Raises NotFound."""
    plan = plan_with_solution(session, plan_id)
    return Origin(
        plan_id=plan.id,
        kind=kind,
        solution=solution_of(plan),
        pins=Pins.read(plan.pins),
        without=without,
        crews=_crews(session, plan.id),
    )


def plan_with_solution(session: Session, plan_id: UUID, *, problem: bool = False) -> RoutePlan:
    """A plan with the solver's solution, and its problem where asked. Raises NotFound."""
    wanted = [undefer(RoutePlan.solution), *([undefer(RoutePlan.problem)] if problem else [])]
    plan = session.scalars(select(RoutePlan).where(RoutePlan.id == plan_id).options(*wanted)).one_or_none()
    if plan is None:
        raise NotFound("object.not_found")
    return plan


def require_draft(plan: RoutePlan) -> None:
    """Raises Conflict(plan.not_draft)."""
    if plan.state != "draft":
        raise Conflict("plan.not_draft", plan_no=plan.plan_no, state=plan.state)


def problem_of(plan: RoutePlan) -> Problem:
    return json_io.problem_from_dict(plan.problem)


def solution_of(plan: RoutePlan) -> Solution:
    return json_io.solution_from_dict(plan.solution)


def _crews(session: Session, plan_id: UUID) -> Crews:
    query = select(Vehicle.plate, Round.driver_id, Round.escort_id).join(
        Round, Round.vehicle_id == Vehicle.id
    )
    rows = session.execute(query.where(Round.plan_id == plan_id))
    return {plate: (driver, escort) for plate, driver, escort in rows if driver and escort}
