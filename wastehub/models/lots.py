"""Outbound lots 出库批次 that keep their parents, and treatments at the plant."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, Grams
from .batches import Batch, Container
from .organisations import Organisation
from .versioned import Versioned


class Lot(Versioned, Base):
    """Containers of one waste code that leave a platform together for one plant (table B.3).

    `state`: open, shipped, arrived, received, cancelled. The labels stay: every origin batch keeps
    its own containers inside the lot.
    """

    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("platform_id", "lot_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_no: Mapped[str] = mapped_column(String(20))  # HWCK...
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    waste_code: Mapped[str] = mapped_column(String(10), ForeignKey("waste_codes.code"))
    planned_method: Mapped[str] = mapped_column(String(4), ForeignKey("method_codes.code"))
    state: Mapped[str] = mapped_column(String(12))
    vehicle_id: Mapped[UUID | None] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    escort_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    opened_by: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]

    platform: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[platform_id])
    plant: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[plant_id])
    items: Mapped[list["LotItem"]] = relationship(lazy="raise")


class LotItem(Base):
    """A container in a lot: the parent that is kept. `mass_g` is the mass at packing."""

    __tablename__ = "lot_items"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True)
    mass_g: Mapped[int] = mapped_column(Grams)
    packed_at: Mapped[datetime]
    unpacked_at: Mapped[datetime | None]


class Treatment(Base):
    """One run of utilisation or disposal at a plant (table B.4)."""

    __tablename__ = "treatments"
    __table_args__ = (UniqueConstraint("plant_id", "treatment_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    treatment_no: Mapped[str] = mapped_column(String(24))  # HWZXLY... or HWZXCZ...
    plant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    method_code: Mapped[str] = mapped_column(String(4), ForeignKey("method_codes.code"))
    mass_g: Mapped[int] = mapped_column(Grams)
    containers: Mapped[int] = mapped_column(Integer)
    treated_at: Mapped[datetime]
    operator: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(300), default="")

    plant: Mapped[Organisation] = relationship(lazy="raise")


class TreatmentLine(Base):
    """A container that ended in a treatment: here the origin batch sees where its kilograms went."""

    __tablename__ = "treatment_lines"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True, unique=True)
    mass_g: Mapped[int] = mapped_column(Grams)


def lots_by_id(session: Session, ids: list[UUID], *, lock: bool = False) -> dict[UUID, Lot]:
    """Lots with platform and plant; unknown ids are left out."""
    query = (
        select(Lot)
        .where(Lot.id.in_(ids))
        .options(joinedload(Lot.platform), joinedload(Lot.plant))
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.order_by(Lot.id).with_for_update(of=Lot)
    return {row.id: row for row in session.scalars(query)}


def containers_of_lots(session: Session, lot_ids: list[UUID]) -> dict[UUID, list[Container]]:
    """The containers now in each lot, with batch and enterprise, in the order of their labels."""
    found: dict[UUID, list[Container]] = {key: [] for key in lot_ids}
    query = (
        select(Container)
        .where(Container.lot_id.in_(lot_ids))
        .options(joinedload(Container.batch).selectinload(Batch.enterprise))
        .order_by(Container.label_code)
    )
    for container in session.scalars(query):
        assert container.lot_id is not None
        found[container.lot_id].append(container)
    return found
