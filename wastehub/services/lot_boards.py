"""What lots look like: the list, one lot, and what a new lot could be made of. Only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from ..domain import permits, scales, waste_codes
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..domain.quantities import allowed_difference_g
from ..models import lots as lot_rows
from ..models import manifests as manifest_rows
from ..models import organisations, reference
from ..models import permits as permit_rows
from ..models.batches import Batch, Container
from ..models.lots import Lot, LotItem
from ..models.manifests import Manifest
from ..models.organisations import Organisation
from ..models.paging import matching, page_of
from ..models.receptions import Reception, ReceptionLine
from ..models.reference import MethodCode, WasteCode
from ..models.scales import class_of_standard
from ..models.vehicles import CrewMember, Vehicle, crew_of, licensed_categories, vehicles_of
from ..models.zones import zone_codes

BY_ROLE = {"dispatcher": Lot.platform_id, "driver": Lot.platform_id, "plant": Lot.plant_id}


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as lists show it."""

    id: UUID
    lot_no: str
    waste_code: str
    waste: WasteCode
    platform: str
    plant: str
    method: str
    state: str
    containers: int
    mass_g: int
    opened_at: datetime
    shipped_at: datetime | None
    received_at: datetime | None


def lots(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    state: str = "",
    sort: str = "opened_at",
    descending: bool = True,
    limit: int = 1_000,
    offset: int = 0,
) -> tuple[list[LotRow], int, dict[str, int]]:
    """The lots of the actor's platform, or those that come to its plant (once they have left)."""
    actor.require("lot.view")
    own = BY_ROLE.get(actor.role)
    if own is None:
        raise NotFound("object.not_found")
    item = (
        select(LotItem.lot_id, func.count().label("containers"), func.sum(LotItem.mass_g).label("mass_g"))
        .where(LotItem.unpacked_at.is_(None))
        .group_by(LotItem.lot_id)
        .subquery()
    )
    platform, plant = aliased(Organisation), aliased(Organisation)
    query = (
        select(Lot, WasteCode, platform.short_name, plant.short_name, item.c.containers, item.c.mass_g)
        .join(WasteCode, WasteCode.code == Lot.waste_code)
        .join(platform, platform.id == Lot.platform_id)
        .join(plant, plant.id == Lot.plant_id)
        .outerjoin(item, item.c.lot_id == Lot.id)
        .where(own == actor.organisation_id)
    )
    if actor.role == "plant":
        query = query.where(Lot.state.in_(("shipped", "received")))
    if state:
        query = query.where(Lot.state == state)
    if text:
        names = (Lot.lot_no, Lot.waste_code, WasteCode.name_zh, platform.short_name, plant.short_name)
        query = query.where(matching(text, *names))
    order: dict[str, Any] = {
        "lot_no": Lot.lot_no,
        "waste_code": Lot.waste_code,
        "platform": platform.short_name,
        "plant": plant.short_name,
        "containers": item.c.containers,
        "mass_g": item.c.mass_g,
        "opened_at": Lot.opened_at,
        "shipped_at": Lot.shipped_at,
        "received_at": Lot.received_at,
    }
    rows, count, sums = page_of(
        session,
        query,
        order=order,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        sums={"containers": item.c.containers, "mass_g": item.c.mass_g},
        scalars=False,
    )
    return [_lot_row(*row) for row in rows], count, sums


def _lot_row(
    lot: Lot, waste: WasteCode, platform: str, plant: str, containers: int | None, mass_g: int | None
) -> LotRow:
    return LotRow(
        id=lot.id,
        lot_no=lot.lot_no,
        waste_code=lot.waste_code,
        waste=waste,
        platform=platform,
        plant=plant,
        method=lot.planned_method,
        state=lot.state,
        containers=containers or 0,
        mass_g=int(mass_g or 0),
        opened_at=lot.opened_at,
        shipped_at=lot.shipped_at,
        received_at=lot.received_at,
    )


@dataclass(frozen=True, slots=True)
class LotItemRow:
    """A parent of the lot. `line`: what the plant's gate said of it."""

    container: Container
    mass_g: int
    line: ReceptionLine | None


@dataclass(frozen=True, slots=True)
class Carriage:
    """A vehicle that could take the lot; `refusal` empty when it may."""

    vehicle: Vehicle
    refusal: str


@dataclass(frozen=True, slots=True)
class LotBoard:
    """A lot with its parents, its paper and who may carry it."""

    lot: Lot
    waste: WasteCode
    method: MethodCode
    items: list[LotItemRow]
    paper: Manifest | None
    reception: Reception | None
    vehicle: Vehicle | None
    driver: CrewMember | None
    escort: CrewMember | None

    @property
    def mass_g(self) -> int:
        return sum(item.mass_g for item in self.items)


def lot_board(session: Session, *, actor: Actor, lot_id: UUID) -> LotBoard:
    """One lot. The plant sees it once it has left; a regulator those of its county. Raises NotFound."""
    actor.require("lot.view")
    lot = lot_rows.lots_by_id(session, [lot_id]).get(lot_id)
    if lot is None:
        raise NotFound("object.not_found")
    _require_may_see(actor, lot)
    query = (
        select(LotItem, Container)
        .join(Container, Container.id == LotItem.container_id)
        .where(LotItem.lot_id == lot_id, LotItem.unpacked_at.is_(None))
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
        .order_by(Container.label_code)
    )
    reception = session.scalars(select(Reception).where(Reception.lot_id == lot_id)).one_or_none()
    said: dict[UUID, ReceptionLine] = {}
    if reception is not None:
        lines = select(ReceptionLine).where(ReceptionLine.reception_id == reception.id)
        said = {line.container_id: line for line in session.scalars(lines)}
    return LotBoard(
        lot=lot,
        waste=reference.waste_codes(session, {lot.waste_code})[lot.waste_code],
        method=reference.method_codes(session)[lot.planned_method],
        items=[LotItemRow(c, item.mass_g, said.get(c.id)) for item, c in session.execute(query)],
        paper=manifest_rows.manifests_of_lots(session, [lot_id]).get(lot_id),
        reception=reception,
        vehicle=session.get(Vehicle, lot.vehicle_id) if lot.vehicle_id else None,
        driver=session.get(CrewMember, lot.driver_id) if lot.driver_id else None,
        escort=session.get(CrewMember, lot.escort_id) if lot.escort_id else None,
    )


def _require_may_see(actor: Actor, lot: Lot) -> None:
    if actor.role == "regulator":
        if actor.county_code not in (None, lot.platform.county_code, lot.plant.county_code):
            raise NotFound("object.not_found")
        return
    actor.require_own(lot.platform_id, lot.plant_id)
    if actor.role == "plant" and lot.state in ("open", "cancelled"):
        raise NotFound("object.not_found")


@dataclass(frozen=True, slots=True)
class ArrivingItem:
    """One container of a lot on the plant's scale."""

    container: Container
    waste: WasteCode
    expected_g: int
    allowed_g: int
    line: ReceptionLine | None = None


def gate_items(session: Session, *, board: LotBoard, on: date) -> list[ArrivingItem]:
    """The lot's containers with what a second weighing may differ by."""
    limits = reference.legal_limits(session, on)
    rule = scales.tolerance(limits, scale_class=class_of_standard(session, board.lot.plant_id))
    return [
        ArrivingItem(
            item.container,
            board.waste,
            item.container.mass_g,
            allowed_difference_g(item.container.mass_g, rule),
        )
        for item in board.items
    ]


@dataclass(frozen=True, slots=True)
class ShippingChoices:
    """Vehicles and people for a lot that is to leave on a day."""

    vehicles: list[Carriage]
    drivers: list[CrewMember]
    escorts: list[CrewMember]


def shipping_choices(session: Session, *, actor: Actor, board: LotBoard, on: date) -> ShippingChoices:
    """Who could take this lot away: the platform's outbound vehicles first, certified people only."""
    actor.require("lot.ship")
    platform_id = board.lot.platform_id
    vehicles = [
        *vehicles_of(session, [platform_id], use="outbound"),
        *vehicles_of(session, [platform_id], use="collection"),
    ]
    licences = licensed_categories(session, [vehicle.id for vehicle in vehicles])
    needed = waste_codes.category(board.lot.waste_code)
    people = crew_of(session, [platform_id], certified_on=on)
    return ShippingChoices(
        vehicles=[Carriage(v, _vehicle_refusal(v, needed, licences, board.mass_g, on)) for v in vehicles],
        drivers=[person for person in people if person.kind == "driver"],
        escorts=[person for person in people if person.kind == "escort"],
    )


def _vehicle_refusal(
    vehicle: Vehicle, category: str, licences: Mapping[UUID, frozenset[str]], mass_g: int, on: date
) -> str:
    if vehicle.permit_valid_until_on < on:
        return "expired"
    if category not in licences[vehicle.id]:
        return "not_licensed"
    return "too_small" if mass_g > vehicle.capacity_g else ""


@dataclass(frozen=True, slots=True)
class CodeInStore:
    """A waste that stands in the store, ready to leave. `mass_g` of what is free to be packed."""

    waste: WasteCode
    containers: int
    mass_g: int
    oldest_on: date | None
    plants: int


def codes_in_store(session: Session, *, actor: Actor, on: date) -> list[CodeInStore]:
    """What could leave the actor's platform, the largest first, with how many plants may take it."""
    actor.require("lot.create")
    query = (
        select(
            Batch.waste_code,
            func.count(),
            func.sum(Container.mass_g),
            func.min(Container.stored_since_on),
        )
        .join(Container, Container.batch_id == Batch.id)
        .where(Container.holder_id == actor.organisation_id, Container.state == "stored")
        .group_by(Batch.waste_code)
    )
    rows = session.execute(query).all()
    wastes = reference.waste_codes(session, {row[0] for row in rows})
    offers = _offers(session, actor, on)
    made = [
        CodeInStore(wastes[code], containers, int(mass_g), oldest, len(offers.for_code(code)))
        for code, containers, mass_g, oldest in rows
    ]
    return sorted(made, key=lambda row: -row.mass_g)


@dataclass(frozen=True, slots=True)
class PlantOffer:
    """A plant that may take a waste, and by which methods."""

    plant: Organisation
    methods: list[MethodCode]


@dataclass(frozen=True, slots=True)
class _Offers:
    plants: list[Organisation]
    known: Mapping[UUID, Mapping[str, str]]
    held: Mapping[UUID, list[permits.PermitView]]
    methods: Mapping[str, MethodCode]
    on: date

    def for_code(self, code: str) -> list[PlantOffer]:
        found = []
        for plant in self.plants:
            fitting = waste_codes.methods_for(code, self.known.get(plant.id, {}))
            if fitting and self._licensed(plant, code):
                found.append(PlantOffer(plant, [self.methods[method] for method in fitting]))
        return sorted(found, key=lambda offer: (offer.methods[0].kind != "utilisation", offer.plant.code))

    def _licensed(self, plant: Organisation, code: str) -> bool:
        try:
            permits.covering(self.held.get(plant.id, []), waste_code=code, on=self.on)
        except Conflict:
            return False
        return True


def _offers(session: Session, actor: Actor, on: date) -> _Offers:
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    own = organisations.organisations_by_id(session, [actor.organisation_id])[actor.organisation_id]
    plants = [
        row for row in organisations.organisations_of(session, "plant") if row.demo_flows or not own.demo
    ]
    ids = [plant.id for plant in plants]
    return _Offers(
        plants=plants,
        known=reference.plant_methods(session, ids),
        held=permit_rows.permits_of(session, ids),
        methods=reference.method_codes(session),
        on=on,
    )


@dataclass(frozen=True, slots=True)
class NewLotBoard:
    """A new lot of one code: what could go in, and where to."""

    waste: WasteCode
    containers: list[Container]
    offers: list[PlantOffer]
    zones: Mapping[UUID, str]


def new_lot(session: Session, *, actor: Actor, waste_code: str, on: date) -> NewLotBoard:
    """The free containers of a code, the oldest first, and the plants that may take it. Raises NotFound."""
    actor.require("lot.create")
    waste = reference.waste_codes(session, {waste_code}).get(waste_code)
    if waste is None:
        raise NotFound("object.not_found", field="waste_code")
    query = (
        select(Container)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Container.holder_id == actor.organisation_id,
            Container.state == "stored",
            Batch.waste_code == waste_code,
        )
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
        .order_by(Container.stored_since_on, Container.label_code)
        .limit(800)
    )
    rows = list(session.scalars(query))
    return NewLotBoard(
        waste=waste,
        containers=rows,
        offers=_offers(session, actor, on).for_code(waste_code),
        zones=zone_codes(session, [row.zone_id for row in rows if row.zone_id]),
    )


@dataclass(frozen=True, slots=True)
class PlatformTodo:
    """Numbers for the tabs of the lots' list."""

    open: int
    shipped: int


def counts(session: Session, *, actor: Actor) -> PlatformTodo:
    """How many lots are open and on the road."""
    actor.require("lot.view")
    own = BY_ROLE.get(actor.role)
    if own is None:
        raise NotFound("object.not_found")
    query = select(
        func.count(case((Lot.state == "open", 1))), func.count(case((Lot.state == "shipped", 1)))
    ).where(own == actor.organisation_id)
    return PlatformTodo(*session.execute(query).one())
