"""What the gate looks at: trips that come, a trip on the scale, what was refused. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from ..domain import calendar, scales
from ..domain.actors import Actor
from ..domain.errors import NotFound
from ..domain.quantities import allowed_difference_g
from ..models import batches, reference
from ..models import manifests as manifest_rows
from ..models import receptions as reception_rows
from ..models.batches import Batch, Container, short_code_is
from ..models.manifests import Manifest
from ..models.organisations import Organisation
from ..models.paging import matching, page_of
from ..models.receptions import Reception, ReceptionLine
from ..models.reference import WasteCode
from ..models.route_plans import Round, Trip, full_round
from ..models.scales import class_of_standard
from ..models.vehicles import Vehicle

COMING = ("planned", "under_way", "arrived")


@dataclass(frozen=True, slots=True)
class TripRow:
    """A trip as the gate's list shows it. `mass_g`: on record before the weigh-in, weighed after it."""

    id: UUID
    round_no: str
    seq: int
    state: str
    service_on: date
    plate: str
    expected_at: datetime
    arrived_at: datetime | None
    received_at: datetime | None
    reception_no: str
    containers: int
    decided: int
    mass_g: int
    refused: int
    outside: int


def trips(
    session: Session,
    *,
    actor: Actor,
    today: date,
    text: str,
    state: str,
    sort: str,
    descending: bool,
    limit: int,
    offset: int,
) -> tuple[list[TripRow], int, dict[str, int]]:
    """Trips of the actor's platform; `state`: coming (today's and what still waits), received, all."""
    actor.require("reception.record")
    query, load, done = _trips_query(actor)
    if state == "coming":
        waits = or_(Trip.state.in_(("under_way", "arrived")), Round.service_on == today)
        query = query.where(Trip.state.in_(COMING), waits)
    elif state != "all":
        query = query.where(Trip.state == state)
    if text:
        query = query.where(matching(text, Round.round_no, Vehicle.plate, Reception.reception_no))
    mass = func.coalesce(done.c.weighed_g, load.c.mass_g, 0)
    order = {
        "round_no": Round.round_no,
        "expected_at": case((Trip.state == "received", 1), else_=0) * 10**7 + Trip.return_s,
        "service_on": Round.service_on,
        "received_at": Trip.received_at,
        "plate": Vehicle.plate,
        "mass_g": mass,
        "containers": load.c.containers,
    }
    rows, count, sums = page_of(
        session,
        query,
        order=order,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        sums={"containers": func.coalesce(load.c.containers, 0), "mass_g": mass},
        scalars=False,
    )
    return [_trip_row(*row) for row in rows], count, sums


def _trips_query(actor: Actor) -> tuple[Select[Any], Any, Any]:
    load = (
        select(
            Container.trip_id,
            func.count().label("containers"),
            func.sum(Container.mass_g).label("mass_g"),
        )
        .where(Container.trip_id.is_not(None), Container.state.not_in(("registered", "void")))
        .group_by(Container.trip_id)
        .subquery()
    )
    refused = ReceptionLine.decision == "refused"
    done = (
        select(
            ReceptionLine.reception_id,
            func.count().label("decided"),
            func.sum(ReceptionLine.weighed_g).label("weighed_g"),
            func.count(case((refused, 1))).label("refused"),
            func.count(case((ReceptionLine.within.is_(False), 1))).label("outside"),
        )
        .group_by(ReceptionLine.reception_id)
        .subquery()
    )
    query = (
        select(Trip, Round, Vehicle.plate, Reception.reception_no, load, done)
        .join(Round, Round.id == Trip.round_id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .outerjoin(Reception, Reception.trip_id == Trip.id)
        .outerjoin(load, load.c.trip_id == Trip.id)
        .outerjoin(done, done.c.reception_id == Reception.id)
        .where(
            Round.platform_id == actor.organisation_id,
            Round.state.in_(("published", "under_way", "finished")),
            Trip.state != "cancelled",
        )
    )
    return query, load, done


def _trip_row(
    trip: Trip,
    row: Round,
    plate: str,
    reception_no: str | None,
    _trip: UUID | None,
    containers: int | None,
    mass_g: int | None,
    _reception: UUID | None,
    decided: int | None,
    weighed_g: int | None,
    refused: int | None,
    outside: int | None,
) -> TripRow:
    received = trip.state == "received"
    return TripRow(
        id=trip.id,
        round_no=row.round_no,
        seq=trip.seq,
        state=trip.state,
        service_on=row.service_on,
        plate=plate,
        expected_at=trip.arrived_at or calendar.at_time(row.service_on, trip.return_s),
        arrived_at=trip.arrived_at,
        received_at=trip.received_at,
        reception_no=reception_no or "",
        containers=(decided or 0) if received else containers or 0,
        decided=decided or 0,
        mass_g=int(weighed_g if weighed_g is not None else mass_g or 0),
        refused=refused or 0,
        outside=outside or 0,
    )


@dataclass(frozen=True, slots=True)
class GateItem:
    """One container on the scale's list. `line`: what was decided, None while it waits."""

    container: Container
    waste: WasteCode
    line: ReceptionLine | None
    allowed_g: int

    @property
    def expected_g(self) -> int:
        return self.line.expected_g if self.line is not None else self.container.mass_g


@dataclass(frozen=True, slots=True)
class FirmLoad:
    """What one firm sent along, with its manifest."""

    firm: Organisation
    paper: Manifest | None
    items: list[GateItem]


@dataclass(frozen=True, slots=True)
class GateBoard:
    """A trip on the scale."""

    trip: Trip
    round: Round
    reception: Reception | None
    firms: list[FirmLoad]

    @property
    def items(self) -> list[GateItem]:
        return [item for firm in self.firms for item in firm.items]

    @property
    def waiting(self) -> list[GateItem]:
        return [item for item in self.items if item.line is None]


def trip_board(session: Session, *, actor: Actor, trip_id: UUID, on: date) -> GateBoard:
    """Everything the gate needs to weigh in a trip. Raises NotFound for a trip of another platform."""
    actor.require("reception.view")
    trip = session.get(Trip, trip_id)
    if trip is None:
        raise NotFound("object.not_found")
    row = full_round(session, trip.round_id)
    _require_may_see(actor, row.platform)
    trip = next(each for each in row.trips if each.id == trip_id)
    reception = reception_rows.receptions_of_trips(session, [trip_id]).get(trip_id)
    lines = reception_rows.lines_of(session, [reception.id])[reception.id] if reception else []
    decided = {line.container_id: line for line in lines}
    aboard = {
        c.id: c
        for c in batches.containers_of_trips(session, [trip_id])
        if c.state == "loaded" or c.id in decided
    }
    # What went home again no longer names its trip.
    gone = batches.containers_by_id(session, [key for key in decided if key not in aboard])
    rows = sorted([*aboard.values(), *gone.values()], key=lambda c: c.label_code)
    wastes = reference.waste_codes(session, {c.batch.waste_code for c in rows})
    limits = reference.legal_limits(session, on)
    rule = scales.tolerance(limits, scale_class=class_of_standard(session, row.platform_id))
    papers = {
        p.mover_out_id: p for p in manifest_rows.manifests_of_trips(session, [trip_id]).get(trip_id, [])
    }
    loads: dict[UUID, FirmLoad] = {}
    for container in rows:
        firm = container.batch.enterprise
        load = loads.setdefault(firm.id, FirmLoad(firm, papers.get(firm.id), []))
        line = decided.get(container.id)
        allowed_g = line.allowed_g if line else allowed_difference_g(container.mass_g, rule)
        load.items.append(GateItem(container, wastes[container.batch.waste_code], line, allowed_g))
    return GateBoard(trip, row, reception, list(loads.values()))


def _require_may_see(actor: Actor, platform: Organisation) -> None:
    if actor.role == "regulator":
        if actor.county_code not in (None, platform.county_code):
            raise NotFound("object.not_found")
    else:
        actor.require_own(platform.id)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A container that a gate turned away and that still has to go home."""

    id: UUID
    label_code: str
    firm: str
    firm_phone: str
    waste_code: str
    mass_g: int
    reason: str
    note: str
    refused_at: datetime
    round_no: str
    trip_id: UUID
    closed: bool


def refused(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    sort: str = "refused_at",
    descending: bool = True,
    limit: int = 1_000,
    offset: int = 0,
) -> tuple[list[RefusedRow], int, dict[str, int]]:
    """Refused containers of the actor's platform that have not been returned yet."""
    actor.require("reception.record")
    query: Any = (
        select(Container, ReceptionLine, Round.round_no, Trip.state)
        .join(Trip, Trip.id == Container.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .join(Reception, Reception.trip_id == Trip.id)
        .join(
            ReceptionLine,
            and_(ReceptionLine.reception_id == Reception.id, ReceptionLine.container_id == Container.id),
        )
        .join(Batch, Batch.id == Container.batch_id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .where(Container.state == "refused_on_arrival", _own(actor))
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
    )
    if text:
        found = matching(text, Container.label_code, Organisation.name, Batch.waste_code)
        query = query.where(found | short_code_is(text))
    order = {
        "label_code": Container.label_code,
        "firm": Organisation.name,
        "waste_code": Batch.waste_code,
        "mass_g": Container.mass_g,
        "refused_at": ReceptionLine.decided_at,
    }
    rows, count, sums = page_of(
        session,
        query,
        order=order,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        sums={"mass_g": Container.mass_g},
        scalars=False,
    )
    return [_refused_row(*row) for row in rows], count, sums


def _own(actor: Actor) -> ColumnElement[bool]:
    return Round.platform_id == actor.organisation_id


def _refused_row(container: Container, line: ReceptionLine, round_no: str, trip_state: str) -> RefusedRow:
    assert container.trip_id is not None
    firm = container.batch.enterprise
    return RefusedRow(
        id=container.id,
        label_code=container.label_code,
        firm=firm.name,
        firm_phone=firm.contact_phone,
        waste_code=container.batch.waste_code,
        mass_g=container.mass_g,
        reason=line.reason,
        note=line.note,
        refused_at=line.decided_at,
        round_no=round_no,
        trip_id=container.trip_id,
        closed=trip_state == "received",
    )
