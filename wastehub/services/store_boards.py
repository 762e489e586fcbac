"""The store as it stands: zones with what is in them, what waits for a zone, and where a container may go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from ..domain import storage_zones
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..domain.storage_zones import ZoneFacts
from ..models import batches, organisations, reference, stores
from ..models.batches import Batch, Container, short_code_is
from ..models.organisations import Organisation
from ..models.paging import matching, page_of
from ..models.reference import SegregationGroup, WasteCode
from ..models.zones import Zone, standing_in, zones_of

MOVABLE = ("stored", "at_plant")


@dataclass(frozen=True, slots=True)
class Kind:
    """How much of one waste stands in a zone."""

    waste: WasteCode
    containers: int
    mass_g: int


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone with its groups and contents."""

    zone: Zone
    groups: list[SegregationGroup]
    stock_g: int
    containers: int
    kinds: list[Kind]
    neighbours: list[str]

    @property
    def full_permille(self) -> int:
        return self.stock_g * 1000 // self.zone.capacity_g if self.zone.capacity_g else 0


@dataclass(frozen=True, slots=True)
class StoreBoard:
    """A store: zones, and what stands in none."""

    unit: Organisation
    zones: list[ZoneRow]
    stock_g: int
    waiting: int
    waiting_g: int


def store(session: Session, *, actor: Actor) -> StoreBoard:
    """The actor's own store, zone by zone."""
    actor.require("zone.view")
    unit = _own_unit(session, actor)
    facts = stores.stores(session, [unit.id])[unit.id]
    rows = zones_of(session, [unit.id])[unit.id]
    groups = {group.code: group for group in reference.segregation_groups(session)}
    kinds = _kinds(session, [zone.id for zone in rows])
    waiting, waiting_g = session.execute(
        select(func.count(), func.coalesce(func.sum(Container.mass_g), 0)).where(
            Container.holder_id == unit.id, Container.state == "stored", Container.zone_id.is_(None)
        )
    ).one()
    made = [
        ZoneRow(
            zone=zone,
            groups=[groups[code] for code in sorted(facts[zone.id].groups)],
            stock_g=facts[zone.id].stock_g,
            containers=len(facts[zone.id].loads),
            kinds=kinds.get(zone.id, []),
            neighbours=sorted(each.code for each in facts[zone.id].neighbours),
        )
        for zone in rows
    ]
    stock_g = batches.stock_g(session, [unit.id]).get(unit.id, 0)
    return StoreBoard(unit, made, stock_g, int(waiting), int(waiting_g))


def _own_unit(session: Session, actor: Actor) -> Organisation:
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    return organisations.organisations_by_id(session, [actor.organisation_id])[actor.organisation_id]


def _kinds(session: Session, zone_ids: list[UUID]) -> dict[UUID, list[Kind]]:
    totals: dict[tuple[UUID, str], tuple[int, int]] = {}
    for row in standing_in(session, zone_ids):
        containers, mass_g = totals.get((row.zone_id, row.waste_code), (0, 0))
        totals[row.zone_id, row.waste_code] = (containers + row.containers, mass_g + row.mass_g)
    wastes = reference.waste_codes(session, {code for _, code in totals})
    found: dict[UUID, list[Kind]] = {}
    for (zone_id, code), (containers, mass_g) in totals.items():
        found.setdefault(zone_id, []).append(Kind(wastes[code], containers, mass_g))
    for kinds in found.values():
        kinds.sort(key=lambda kind: -kind.mass_g)
    return found


@dataclass(frozen=True, slots=True)
class StockRow:
    """A container in the store."""

    id: UUID
    label_code: str
    firm: str
    waste_code: str
    waste: WasteCode
    container_type: str
    mass_g: int
    stored_since_on: date | None
    age_days: int
    zone: str
    state: str
    lot_id: UUID | None


def contents(
    session: Session,
    *,
    actor: Actor,
    today: date,
    text: str = "",
    zone: str = "",
    waste_code: str = "",
    state: str = "",
    sort: str = "stored_since_on",
    descending: bool = False,
    limit: int = 1_000,
    offset: int = 0,
) -> tuple[list[StockRow], int, dict[str, int]]:
    """Containers that the actor's unit holds. `zone`: a code, or "none" for what stands in no zone."""
    actor.require("lot.view")
    query: Any = (
        select(Container, WasteCode, Zone.code)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .join(WasteCode, WasteCode.code == Batch.waste_code)
        .outerjoin(Zone, Zone.id == Container.zone_id)
        .where(
            Container.holder_id == actor.organisation_id,
            Container.state.in_((state,) if state else ("stored", "in_lot", "at_plant")),
        )
        .options(joinedload(Container.batch).joinedload(Batch.enterprise))
    )
    if zone:
        query = query.where(Container.zone_id.is_(None) if zone == "none" else Zone.code == zone)
    if waste_code:
        query = query.where(Batch.waste_code == waste_code)
    if text:
        columns = (Container.label_code, Organisation.name, Batch.waste_code, WasteCode.name_zh)
        query = query.where(matching(text, *columns) | short_code_is(text))
    order = {
        "label_code": Container.label_code,
        "firm": Organisation.name,
        "waste_code": Batch.waste_code,
        "mass_g": Container.mass_g,
        "stored_since_on": Container.stored_since_on,
        "zone": func.coalesce(Zone.code, ""),
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
    return [_stock_row(container, waste, code, today) for container, waste, code in rows], count, sums


def _stock_row(container: Container, waste: WasteCode, zone: str | None, today: date) -> StockRow:
    since = container.stored_since_on
    return StockRow(
        id=container.id,
        label_code=container.label_code,
        firm=container.batch.enterprise.name,
        waste_code=waste.code,
        waste=waste,
        container_type=container.container_type,
        mass_g=container.mass_g,
        stored_since_on=since,
        age_days=(today - since).days if since else 0,
        zone=zone or "",
        state=container.state,
        lot_id=container.lot_id,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A zone for a container: `refusal` None when it may stand there."""

    zone: Zone
    facts: ZoneFacts
    refusal: Conflict | None


@dataclass(frozen=True, slots=True)
class PlaceBoard:
    """Where a container may stand and why not elsewhere."""

    container: Container
    waste: WasteCode
    group: SegregationGroup | None
    present: Zone | None
    suggested: Zone | None
    choices: list[Choice]


def places(session: Session, *, actor: Actor, container_id: UUID) -> PlaceBoard:
    """Every zone of the store with the rule's answer. Raises NotFound, Conflict("container.not_in_store")."""
    actor.require("zone.put_away")
    container = batches.containers_by_id(session, [container_id]).get(container_id)
    if container is None:
        raise NotFound("object.not_found")
    actor.require_own(container.holder_id)
    if container.state not in MOVABLE or container.holder_id is None:
        raise Conflict("container.not_in_store", label_code=container.label_code, state=container.state)
    facts = stores.stores(session, [container.holder_id])[container.holder_id]
    rows = {zone.id: zone for zone in zones_of(session, [container.holder_id])[container.holder_id]}
    waste = reference.waste_codes(session, {container.batch.waste_code})[container.batch.waste_code]
    load, matrix = stores.load_of(container.batch, waste), stores.matrix(session)
    present = container.zone_id
    if present in facts:
        facts[present].take(load, container.mass_g)
    choices = []
    for zone_id, zone in rows.items():
        refusal = None
        try:
            storage_zones.require_place(facts[zone_id], load, container.mass_g, matrix)
        except Conflict as found:
            refusal = found
        choices.append(Choice(zone, facts[zone_id], refusal))
    choices.sort(key=lambda each: (each.refusal is not None, each.zone.code))
    best = storage_zones.suggest(facts.values(), load, container.mass_g, matrix)
    groups = {group.code: group for group in reference.segregation_groups(session)}
    return PlaceBoard(
        container=container,
        waste=waste,
        group=groups.get(load.group or ""),
        present=rows.get(present) if present else None,
        suggested=next((rows[key] for key, each in facts.items() if each is best), None),
        choices=choices,
    )
