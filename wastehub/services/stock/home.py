"""What a generator has to do now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from ...domain import calendar, storage_limits
from ...domain.actors import Actor
from ...models import reference
from ...models.batches import Batch, Container
from ...models.organisations import Organisation
from ...models.receptions import ReceptionLine
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, Trip
from ...models.scans import Scan
from ...models.vehicles import CrewMember, Vehicle
from .conditions import StorageClock, count_if, free, kept_by, own_firm
from .papers import Check, all_checks


@dataclass(frozen=True)
class Visit:
    """A round that comes, as the firm needs to know it."""

    request_id: UUID
    request_no: str
    service_on: date
    arrive_s: int
    depart_s: int
    plate: str
    driver: str
    round_state: str
    stop_state: str


@dataclass(frozen=True)
class Overview:
    """The home of a generator: what has to be done now, and how full the store is."""

    firm: Organisation
    stock_g: int
    stock_containers: int
    limit_g: int | None
    to_print: int
    to_request: int
    to_request_g: int
    near_limit: int
    overdue: int
    first_due_on: date | None
    visits: list[Visit]
    returned: int
    open_requests: int
    checks: list[Check]


def overview(session: Session, *, actor: Actor, now: datetime) -> Overview:
    """The firm's home. Raises Forbidden, NotFound."""
    firm = own_firm(session, actor)
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    clock = StorageClock(limits, today)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Container.mass_g), 0),
            count_if(Container.state == "registered"),
            count_if(free()),
            func.coalesce(func.sum(case((free(), Container.mass_g), else_=0)), 0),
            count_if(clock.warned()),
            count_if(clock.late()),
            func.min(Container.stored_since_on),
        )
        .select_from(Container)
        .where(kept_by(firm.id))
    ).one()
    count, stock_g, to_print, to_request, to_request_g, near, late, oldest = row
    return Overview(
        firm=firm,
        stock_g=int(stock_g),
        stock_containers=count,
        limit_g=limits["storage_point_max_g"] if firm.storage_kind == "point" else None,
        to_print=int(to_print),
        to_request=int(to_request),
        to_request_g=int(to_request_g),
        near_limit=int(near),
        overdue=int(late),
        first_due_on=storage_limits.due_on(oldest, clock.limit_days) if oldest else None,
        visits=visits(session, firm.id, today),
        returned=_returned(session, firm.id),
        open_requests=session.scalar(
            select(func.count())
            .select_from(PickupRequest)
            .where(PickupRequest.enterprise_id == firm.id, PickupRequest.state == "open")
        )
        or 0,
        checks=all_checks(session, firm, today, limits),
    )


def visits(session: Session, enterprise_id: UUID, from_on: date) -> list[Visit]:
    """Published rounds that come to a firm from a day on, the next first."""
    query = (
        select(PickupRequest, Stop, Round, Vehicle.plate, CrewMember.name)
        .join(Stop, Stop.request_id == PickupRequest.id)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .outerjoin(CrewMember, CrewMember.id == Round.driver_id)
        .where(
            PickupRequest.enterprise_id == enterprise_id,
            Round.service_on >= from_on,
            Round.state.in_(("published", "under_way")),
            Stop.state == "planned",
        )
        .order_by(Round.service_on, Stop.arrive_s)
    )
    return [
        Visit(
            request_id=request.id,
            request_no=request.request_no,
            service_on=round_.service_on,
            arrive_s=stop.arrive_s,
            depart_s=stop.depart_s,
            plate=plate,
            driver=driver or "",
            round_state=round_.state,
            stop_state=stop.state,
        )
        for request, stop, round_, plate, driver in session.execute(query)
    ]


def _returned(session: Session, enterprise_id: UUID) -> int:
    """Containers that a platform or a driver refused and that are with the firm or on their way back."""
    refused_at_gate = select(ReceptionLine.container_id).where(ReceptionLine.decision == "refused")
    refused_at_pickup = select(Scan.container_id).where(
        Scan.kind == "refuse", Scan.outcome == "accepted", Scan.container_id.is_not(None)
    )
    query = (
        select(func.count())
        .select_from(Container)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Batch.enterprise_id == enterprise_id,
            or_(
                Container.state == "refused_on_arrival",
                and_(
                    kept_by(enterprise_id),
                    Container.request_id.is_(None),
                    or_(Container.id.in_(refused_at_gate), Container.id.in_(refused_at_pickup)),
                ),
            ),
        )
    )
    return session.scalar(query) or 0
