"""What the pages of a draft show besides the solver's own names. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from ...models.route_plans import RoutePlan, plans_on


@dataclass(frozen=True, slots=True)
class Named:
    """A request as a row of a day's table."""

    request_id: UUID
    request_no: str
    firm: str
    short_name: str
    due_on: date


def named_requests(session: Session, request_nos: Iterable[str]) -> dict[str, Named]:
    """The requests that a problem names by their numbers."""
    wanted, found = sorted(set(request_nos)), {}
    for start in range(0, len(wanted), 500):
        query = (
            select(PickupRequest, Organisation)
            .join(Organisation, Organisation.id == PickupRequest.enterprise_id)
            .where(PickupRequest.request_no.in_(wanted[start : start + 500]))
        )
        for row, firm in session.execute(query):
            found[row.request_no] = Named(row.id, row.request_no, firm.name, firm.short_name, row.due_on)
    return found


def family(session: Session, *, actor: Actor, plan: RoutePlan) -> tuple[RoutePlan | None, list[RoutePlan]]:
    """The draft a plan was made from, and the other plans of its day, the newest first."""
    actor.require("plan.view")
    origin = session.get(RoutePlan, plan.origin_id) if plan.origin_id else None
    return origin, [row for row in plans_on(session, plan.service_on) if row.id != plan.id]
