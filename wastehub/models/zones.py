"""Storage zones 贮存分区 of a platform or plant."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, Grams
from .batches import Batch, Container
from .versioned import Versioned


class Zone(Versioned, Base):
    """A separated part of a store that holds wastes which may touch (GB 18597-2023, 6.1.2)."""

    __tablename__ = "zones"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    code: Mapped[str] = mapped_column(String(12))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    capacity_g: Mapped[int] = mapped_column(Grams)


class ZoneGroup(Base):
    """A segregation group that the zone is laid out for."""

    __tablename__ = "zone_groups"

    zone_id: Mapped[UUID] = mapped_column(ForeignKey("zones.id"), primary_key=True)
    group_code: Mapped[str] = mapped_column(ForeignKey("segregation_groups.code"), primary_key=True)


class ZoneNeighbour(Base):
    """Two zones that adjoin: a forbidden pair may not stand in them. Stored with zone_a < zone_b."""

    __tablename__ = "zone_neighbours"

    zone_a_id: Mapped[UUID] = mapped_column(ForeignKey("zones.id"), primary_key=True)
    zone_b_id: Mapped[UUID] = mapped_column(ForeignKey("zones.id"), primary_key=True)


def zone_stock_g(session: Session, zone_ids: list[UUID]) -> dict[UUID, int]:
    """Grams standing in each zone right now."""
    query = (
        select(Container.zone_id, func.sum(Container.mass_g))
        .where(Container.zone_id.in_(zone_ids))
        .group_by(Container.zone_id)
    )
    found = {zone: int(total) for zone, total in session.execute(query)}
    return {zone: found.get(zone, 0) for zone in zone_ids}


def zones_of(session: Session, organisation_ids: list[UUID]) -> dict[UUID, list[Zone]]:
    """The zones of each store in the order of their codes."""
    query = select(Zone).where(Zone.organisation_id.in_(organisation_ids)).order_by(Zone.code)
    found: dict[UUID, list[Zone]] = {owner: [] for owner in organisation_ids}
    for zone in session.scalars(query):
        found[zone.organisation_id].append(zone)
    return found


def zone_codes(session: Session, zone_ids: list[UUID]) -> dict[UUID, str]:
    """The code that stands on the sign of each zone."""
    wanted = sorted(set(zone_ids), key=str)
    return {key: code for key, code in session.execute(select(Zone.id, Zone.code).where(Zone.id.in_(wanted)))}


def zone_groups(session: Session, zone_ids: list[UUID]) -> dict[UUID, frozenset[str]]:
    """The segregation groups that each zone is laid out for."""
    query = select(ZoneGroup).where(ZoneGroup.zone_id.in_(zone_ids))
    found: dict[UUID, set[str]] = {zone: set() for zone in zone_ids}
    for row in session.scalars(query):
        found[row.zone_id].add(row.group_code)
    return {zone: frozenset(groups) for zone, groups in found.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """Containers of one unit, code, form and set of hazards that stand in one zone."""

    zone_id: UUID
    enterprise_id: UUID
    waste_code: str
    form: str
    hazards: str
    containers: int
    mass_g: int


def standing_in(session: Session, zone_ids: list[UUID]) -> list[Standing]:
    """What stands in some zones, added up: a full store has thousands of containers but few kinds."""
    kind = (Container.zone_id, Batch.enterprise_id, Batch.waste_code, Batch.form, Batch.hazards)
    query = (
        select(*kind, func.count(), func.sum(Container.mass_g))
        .join(Batch, Batch.id == Container.batch_id)
        .where(Container.zone_id.in_(zone_ids))
        .group_by(*kind)
        .order_by(*kind)
    )
    return [
        Standing(zone_id, owner_id, code, form, hazards, count, mass_g=int(mass_g))
        for zone_id, owner_id, code, form, hazards, count, mass_g in session.execute(query)
        if zone_id is not None
    ]


def neighbours_of(session: Session, zone_ids: list[UUID]) -> dict[UUID, set[UUID]]:
    """The zones that adjoin each zone."""
    query = select(ZoneNeighbour).where(
        ZoneNeighbour.zone_a_id.in_(zone_ids) | ZoneNeighbour.zone_b_id.in_(zone_ids)
    )
    found: dict[UUID, set[UUID]] = {zone: set() for zone in zone_ids}
    for pair in session.scalars(query):
        found.setdefault(pair.zone_a_id, set()).add(pair.zone_b_id)
        found.setdefault(pair.zone_b_id, set()).add(pair.zone_a_id)
    return found
