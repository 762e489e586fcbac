"""Requests as firm, platform and supervision see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from ... import ledger
from ...domain import request_lifecycle
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import batches, reference
from ...models import requests as request_rows
from ...models.batches import Container
from ...models.organisations import Contract, Organisation
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, Trip
from ...models.vehicles import CrewMember, Vehicle


@dataclass(frozen=True)
class RequestView:
    """One request with what its firm and its platform want to know."""

    row: PickupRequest
    contract: Contract
    containers: list[Container]
    visits: list[tuple[Stop, Round, Vehicle, CrewMember | None]]
    entries: list[ledger.Entry]
    names: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class RequestRow:
    """A line of the list of requests."""

    id: UUID
    request_no: str
    enterprise: str
    platform: str
    state: str
    ready_on: date
    due_on: date
    urgent: bool
    containers: int
    mass_g: int
    placed_at: datetime
    service_on: date | None
    arrive_s: int | None
    plate: str | None


def view(session: Session, *, actor: Actor, request_id: UUID) -> RequestView:
    """A request with its containers, visits and story. Raises Forbidden, NotFound."""
    actor.require("request.view")
    row = request_rows.request_by_id(session, request_id)
    if row is None:
        raise NotFound("object.not_found")
    _require_may_see(actor, row)
    entries = ledger.entries_for(session, subject=row.request_no)
    asked = [line.label for entry in entries[:1] for line in entry.event.lines]
    containers = batches.containers_by_label(session, asked)
    return RequestView(
        row=row,
        contract=session.get_one(Contract, row.contract_id),
        containers=[containers[label] for label in asked if label in containers],
        visits=_visits(session, [row.id]),
        entries=entries,
        names=reference.container_type_names(session),
    )


def _require_may_see(actor: Actor, row: PickupRequest) -> None:
    if actor.role == "regulator":
        if actor.county_code not in (None, row.enterprise.county_code):
            raise NotFound("object.not_found")
        return
    actor.require_own(row.enterprise_id, row.platform_id)


def _visits(
    session: Session, request_ids: Sequence[UUID]
) -> list[tuple[Stop, Round, Vehicle, CrewMember | None]]:
    """Every stop that was ever planned for some requests, the latest first."""
    query = (
        select(Stop, Round, Vehicle, CrewMember)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .outerjoin(CrewMember, CrewMember.id == Round.driver_id)
        .where(Stop.request_id.in_(request_ids), Round.state != "planned")
        .order_by(Round.service_on.desc(), Stop.arrive_s.desc())
    )
    return [(stop, round_, vehicle, crew) for stop, round_, vehicle, crew in session.execute(query)]


def list_requests(
    session: Session,
    *,
    actor: Actor,
    q: str = "",
    state: str = "",
    sort: str = "placed_at",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[RequestRow], int, dict[str, int]]:
    """The requests that the actor may see: rows, count, and sums of all that fit.

    `state`: a state, or "waiting" for open and scheduled.
    """
    actor.require("request.view")
    firm, platform = aliased(Organisation), aliased(Organisation)
    grams = func.coalesce(func.sum(Container.mass_g), 0)
    query = (
        select(
            PickupRequest,
            firm.short_name,
            platform.short_name,
            func.count(Container.id).label("containers"),
            grams.label("mass_g"),
        )
        .join(firm, firm.id == PickupRequest.enterprise_id)
        .join(platform, platform.id == PickupRequest.platform_id)
        .outerjoin(Container, Container.request_id == PickupRequest.id)
        .where(*_visible(actor, firm), *_asked(q, state, firm))
        .group_by(PickupRequest.id, firm.id, platform.id)
    )
    inner = query.subquery()
    count, total_g = session.execute(select(func.count(), func.coalesce(func.sum(inner.c.mass_g), 0))).one()
    order: Any = {
        "request_no": PickupRequest.request_no,
        "enterprise": firm.short_name,
        "ready_on": PickupRequest.ready_on,
        "due_on": PickupRequest.due_on,
        "mass_g": grams,
    }.get(sort, PickupRequest.placed_at)
    page = query.order_by(order.desc() if descending else order, PickupRequest.request_no.desc())
    found = session.execute(page.limit(limit).offset(offset)).all()
    next_visit: dict[UUID, tuple[Stop, Round, Vehicle, CrewMember | None]] = {}
    for visit in reversed(_visits(session, [row[0].id for row in found])):
        if visit[0].state == "planned":
            next_visit[visit[0].request_id] = visit
    rows = [
        _row(request, enterprise, by, number, grams_on, next_visit.get(request.id))
        for request, enterprise, by, number, grams_on in found
    ]
    return rows, count, {"mass_g": int(total_g)}


def _visible(actor: Actor, firm: type[Organisation]) -> list[ColumnElement[bool]]:
    """Whose requests the actor sees: the firm its own, the platform its own, supervision its county."""
    if actor.role == "enterprise":
        return [PickupRequest.enterprise_id == actor.organisation_id]
    if actor.role == "dispatcher":
        return [PickupRequest.platform_id == actor.organisation_id]
    if actor.role == "regulator" and actor.county_code:
        return [firm.county_code == actor.county_code]
    return []


def _asked(q: str, state: str, firm: type[Organisation]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        or_(
            PickupRequest.request_no.icontains(word, autoescape=True),
            firm.name.icontains(word, autoescape=True),
        )
        for word in q.split()
    ]
    if state == "waiting":
        conditions.append(PickupRequest.state.in_(sorted(request_lifecycle.WAITING)))
    elif state in request_lifecycle.STATES:
        conditions.append(PickupRequest.state == state)
    return conditions


def _row(
    request: PickupRequest,
    enterprise: str,
    platform: str,
    containers: int,
    mass_g: int,
    visit: tuple[Stop, Round, Vehicle, CrewMember | None] | None,
) -> RequestRow:
    return RequestRow(
        id=request.id,
        request_no=request.request_no,
        enterprise=enterprise,
        platform=platform,
        state=request.state,
        ready_on=request.ready_on,
        due_on=request.due_on,
        urgent=request.urgent,
        containers=int(containers),
        mass_g=int(mass_g),
        placed_at=request.placed_at,
        service_on=visit[1].service_on if visit else None,
        arrive_s=visit[0].arrive_s if visit else None,
        plate=visit[2].plate if visit else None,
    )
