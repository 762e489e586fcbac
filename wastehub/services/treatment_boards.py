"""What a plant looks at: what to do now, what stands there, what was treated. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from ..domain import calendar, waste_codes
from ..domain.actors import Actor
from ..domain.errors import NotFound
from ..models import organisations, reference
from ..models.batches import Batch, Container
from ..models.lots import Lot, LotItem, Treatment, TreatmentLine
from ..models.organisations import Organisation
from ..models.paging import matching, page_of
from ..models.reference import MethodCode, WasteCode


@dataclass(frozen=True, slots=True)
class WasteAtPlant:
    """How much of one waste waits for treatment, and the method registered for it."""

    waste: WasteCode
    containers: int
    mass_g: int
    oldest_on: date | None
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlantBoard:
    """The plant's day."""

    plant: Organisation
    coming: int
    coming_g: int
    waiting: list[WasteAtPlant]
    treated_today_g: int
    treated_month_g: int
    methods: dict[str, MethodCode]

    @property
    def waiting_g(self) -> int:
        return sum(row.mass_g for row in self.waiting)

    @property
    def waiting_containers(self) -> int:
        return sum(row.containers for row in self.waiting)


def plant_board(session: Session, *, actor: Actor, today: date) -> PlantBoard:
    """What a plant has to do now: lots on the road, waste to be treated, what was done."""
    actor.require("treatment.record")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    key = actor.organisation_id
    plant = organisations.organisations_by_id(session, [key])[key]
    coming, coming_g = session.execute(
        select(func.count(func.distinct(Lot.id)), func.coalesce(func.sum(LotItem.mass_g), 0))
        .join(LotItem, LotItem.lot_id == Lot.id)
        .where(Lot.plant_id == key, Lot.state == "shipped", LotItem.unpacked_at.is_(None))
    ).one()
    day = calendar.at_time(today, 0)
    month = calendar.at_time(today.replace(day=1), 0)
    return PlantBoard(
        plant=plant,
        coming=int(coming),
        coming_g=int(coming_g),
        waiting=_waiting(session, key),
        treated_today_g=_treated_g(session, key, day, day + timedelta(days=1)),
        treated_month_g=_treated_g(session, key, month, day + timedelta(days=1)),
        methods=reference.method_codes(session),
    )


def _waiting(session: Session, plant_id: UUID) -> list[WasteAtPlant]:
    query = (
        select(
            Batch.waste_code, func.count(), func.sum(Container.mass_g), func.min(Container.stored_since_on)
        )
        .join(Container, Container.batch_id == Batch.id)
        .where(Container.holder_id == plant_id, Container.state == "at_plant")
        .group_by(Batch.waste_code)
    )
    rows = session.execute(query).all()
    wastes = reference.waste_codes(session, {row[0] for row in rows})
    known = reference.plant_methods(session, [plant_id]).get(plant_id, {})
    made = [
        WasteAtPlant(wastes[code], count, int(mass_g), oldest, waste_codes.methods_for(code, known))
        for code, count, mass_g, oldest in rows
    ]
    return sorted(made, key=lambda row: -row.mass_g)


def _treated_g(session: Session, plant_id: UUID, since: datetime, until: datetime) -> int:
    query = select(func.coalesce(func.sum(Treatment.mass_g), 0)).where(
        Treatment.plant_id == plant_id, Treatment.treated_at >= since, Treatment.treated_at < until
    )
    return int(session.scalar(query) or 0)


@dataclass(frozen=True, slots=True)
class TreatableRow:
    """A container at the plant, with the batch and lot it came by."""

    id: UUID
    label_code: str
    firm: str
    batch_no: str
    lot_no: str
    waste_code: str
    mass_g: int
    since_on: date | None
    age_days: int


def treatable(session: Session, *, actor: Actor, waste_code: str, today: date) -> list[TreatableRow]:
    """The containers of a code that wait at the actor's plant, the oldest first."""
    actor.require("treatment.record")
    query = (
        select(Container, Lot.lot_no)
        .join(Batch, Batch.id == Container.batch_id)
        .outerjoin(Lot, Lot.id == Container.lot_id)
        .where(
            Container.holder_id == actor.organisation_id,
            Container.state == "at_plant",
            Batch.waste_code == waste_code,
        )
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
        .order_by(Container.stored_since_on, Container.label_code)
    )
    return [
        TreatableRow(
            id=row.id,
            label_code=row.label_code,
            firm=row.batch.enterprise.name,
            batch_no=row.batch.batch_no,
            lot_no=lot_no or "",
            waste_code=waste_code,
            mass_g=row.mass_g,
            since_on=row.stored_since_on,
            age_days=(today - row.stored_since_on).days if row.stored_since_on else 0,
        )
        for row, lot_no in session.execute(query)
    ]


def treatments(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    method: str = "",
    from_on: date | None = None,
    until_on: date | None = None,
    sort: str = "treated_at",
    descending: bool = True,
    limit: int = 1_000,
    offset: int = 0,
) -> tuple[list[Treatment], int, dict[str, int]]:
    """The treatments of the actor's plant."""
    actor.require("treatment.record")
    query = select(Treatment).where(Treatment.plant_id == actor.organisation_id)
    if text:
        query = query.where(matching(text, Treatment.treatment_no, Treatment.note))
    if method:
        query = query.where(Treatment.method_code == method)
    if from_on:
        query = query.where(Treatment.treated_at >= calendar.at_time(from_on, 0))
    if until_on:
        query = query.where(Treatment.treated_at < calendar.at_time(until_on + timedelta(days=1), 0))
    order = {
        "treatment_no": Treatment.treatment_no,
        "method_code": Treatment.method_code,
        "containers": Treatment.containers,
        "mass_g": Treatment.mass_g,
        "treated_at": Treatment.treated_at,
    }
    return page_of(
        session,
        query,
        order=order,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        sums={"containers": Treatment.containers, "mass_g": Treatment.mass_g},
    )


@dataclass(frozen=True, slots=True)
class TreatmentBoard:
    """One run with the containers that ended in it."""

    treatment: Treatment
    method: MethodCode
    rows: list[tuple[TreatmentLine, Container]]
    wastes: dict[str, WasteCode]


def treatment_board(session: Session, *, actor: Actor, treatment_id: UUID) -> TreatmentBoard:
    """One treatment: its plant sees all of it, a platform what came from it. Raises NotFound."""
    actor.require("treatment.view")
    query = select(Treatment).where(Treatment.id == treatment_id).options(joinedload(Treatment.plant))
    made = session.scalars(query).one_or_none()
    if made is None:
        raise NotFound("object.not_found")
    lines = (
        select(TreatmentLine, Container)
        .join(Container, Container.id == TreatmentLine.container_id)
        .where(TreatmentLine.treatment_id == treatment_id)
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
        .order_by(Container.label_code)
    )
    if actor.role == "dispatcher":
        lines = lines.join(Lot, Lot.id == Container.lot_id).where(Lot.platform_id == actor.organisation_id)
    rows = [(line, container) for line, container in session.execute(lines)]
    if actor.role == "plant":
        actor.require_own(made.plant_id)
    elif actor.role == "regulator" and actor.county_code not in (None, made.plant.county_code):
        raise NotFound("object.not_found")
    if not rows:
        raise NotFound("object.not_found")
    return TreatmentBoard(
        treatment=made,
        method=reference.method_codes(session)[made.method_code],
        rows=rows,
        wastes=reference.waste_codes(session, {c.batch.waste_code for _, c in rows}),
    )
