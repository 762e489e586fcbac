"""Two plans of one day beside each other (F47)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from routing.explain import Comparison, compare

from ...domain.actors import Actor
from ...domain.errors import InvalidInput
from ...models.route_plans import RoutePlan
from .origins import plan_with_solution, solution_of


@dataclass(frozen=True, slots=True)
class PlansCompared:
    """`found`: totals of both, and the stops that are elsewhere in the second."""

    before: RoutePlan
    after: RoutePlan
    found: Comparison


def compare_plans(session: Session, *, actor: Actor, plan_id: UUID, other_id: UUID) -> PlansCompared:
    """What changes from one plan to another of the same day.

    Raises NotFound, InvalidInput(plan.other_day).
    """
    actor.require("plan.view")
    before, after = plan_with_solution(session, plan_id), plan_with_solution(session, other_id)
    if before.service_on != after.service_on:
        raise InvalidInput("plan.other_day", field="other_id", on=before.service_on, other=after.service_on)
    return PlansCompared(before, after, compare(solution_of(before), solution_of(after)))
