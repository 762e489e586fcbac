"""Batches 产生批次 and their containers: one container, one label, one life."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Base, Grams
from .organisations import Organisation
from .versioned import Versioned


class Batch(Versioned, Base):
    """Waste of one code that one enterprise put into containers on one day (table B.1).

    Source: HJ 1259-2022, 6.2 and Annex B. `basis`: estimated or weighed.
    """

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("enterprise_id", "batch_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    batch_no: Mapped[str] = mapped_column(String(20))
    waste_code: Mapped[str] = mapped_column(String(10), ForeignKey("waste_codes.code"))
    catalogue_edition: Mapped[str] = mapped_column(String(8))
    internal_name: Mapped[str] = mapped_column(String(60), default="")
    form: Mapped[str] = mapped_column(String(12))  # liquid, solid, sludge, semi_solid, gas
    hazards: Mapped[str] = mapped_column(String(16))  # letters of the catalogue, "T/I"
    main_components: Mapped[str] = mapped_column(String(120), default="")
    harmful_components: Mapped[str] = mapped_column(String(120), default="")
    basis: Mapped[str] = mapped_column(String(10), default="estimated")
    produced_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(300), default="")
    registered_by: Mapped[str] = mapped_column(String(60))
    registered_at: Mapped[datetime]

    containers: Mapped[list["Container"]] = relationship(
        lazy="raise", order_by="Container.running", back_populates="batch"
    )
    enterprise: Mapped[Organisation] = relationship(lazy="raise")


class Container(Versioned, Base):
    """One fill of one container, the unit of custody. `state`: see domain/batch_lifecycle.

    `declared_g` is the mass on the label, `measured_g` the last weighing, `mass_g` the mass now
    on record: what the ledger's books hold for this label.
    """

    __tablename__ = "containers"
    __table_args__ = (
        UniqueConstraint("label_code"),
        UniqueConstraint("batch_id", "running"),
        Index("ix_containers_holder_id_state", "holder_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    running: Mapped[int] = mapped_column(Integer)
    label_code: Mapped[str] = mapped_column(String(37))
    container_type: Mapped[str] = mapped_column(String(24), ForeignKey("container_types.code"))
    state: Mapped[str] = mapped_column(String(20))
    declared_g: Mapped[int] = mapped_column(Grams)
    measured_g: Mapped[int | None] = mapped_column(Grams)
    mass_g: Mapped[int] = mapped_column(Grams)
    mass_before_load_g: Mapped[int | None] = mapped_column(Grams)  # what undoing the load restores
    prints: Mapped[int] = mapped_column(Integer, default=0)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    stored_since_on: Mapped[date | None] = mapped_column(Date)  # the clock of the present holder
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("pickup_requests.id"), index=True)
    trip_id: Mapped[UUID | None] = mapped_column(ForeignKey("trips.id"), index=True)
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("zones.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), index=True)

    batch: Mapped[Batch] = relationship(lazy="raise", back_populates="containers")


def batch_key(enterprise: Organisation, batch: Batch) -> str:
    """The batch's name in the ledger: a batch number is unique per unit only (HJ 1259, 2.5)."""
    return f"{enterprise.site}/{batch.batch_no}"


# Many containers share few firms: these come once, not once per row.
_WITH_BATCH = (joinedload(Container.batch).selectinload(Batch.enterprise),)


def container_ids(session: Session, label_codes: list[str]) -> list[UUID]:
    """The containers that carry these codes; unknown codes are left out."""
    found: list[UUID] = []
    for start in range(0, len(label_codes), 500):
        query = select(Container.id).where(Container.label_code.in_(label_codes[start : start + 500]))
        found.extend(session.scalars(query))
    return found


def containers_by_label(session: Session, label_codes: list[str]) -> dict[str, Container]:
    """Containers with their batch and its enterprise loaded, keyed by 37-character code."""
    found: dict[str, Container] = {}
    for start in range(0, len(label_codes), 500):
        query = (
            select(Container)
            .where(Container.label_code.in_(label_codes[start : start + 500]))
            .options(*_WITH_BATCH)
        )
        found.update({c.label_code: c for c in session.scalars(query)})
    return found


def stock_g(session: Session, holder_ids: list[UUID]) -> dict[UUID, int]:
    """Grams that each holder keeps in store right now."""
    found: dict[UUID, int] = {}
    for start in range(0, len(holder_ids), 500):
        query = (
            select(Container.holder_id, func.sum(Container.mass_g))
            .where(
                Container.holder_id.in_(holder_ids[start : start + 500]),
                Container.state.not_in(("treated", "void")),
            )
            .group_by(Container.holder_id)
        )
        found.update({holder: int(total) for holder, total in session.execute(query) if holder})
    return found


def containers_by_id(session: Session, ids: list[UUID], *, lock: bool = False) -> dict[UUID, Container]:
    """Containers with their batch and its enterprise loaded; unknown ids are left out.

    `lock`: until the transaction ends nobody else moves them.
    """
    found: dict[UUID, Container] = {}
    for start in range(0, len(ids), 500):
        query = (
            select(Container)
            .where(Container.id.in_(ids[start : start + 500]))
            .options(*_WITH_BATCH)
            .execution_options(populate_existing=lock)
        )
        if lock:
            query = query.order_by(Container.id).with_for_update(of=Container)
        found.update({row.id: row for row in session.scalars(query)})
    return found


def batch_by_id(session: Session, batch_id: UUID) -> Batch | None:
    """A batch with its enterprise and containers."""
    query = (
        select(Batch)
        .where(Batch.id == batch_id)
        .options(joinedload(Batch.enterprise), selectinload(Batch.containers))
    )
    return session.scalar(query)


def containers_of_trips(session: Session, trip_ids: list[UUID]) -> list[Container]:
    """The containers that were loaded on trips, with batch and enterprise, in the order of labels."""
    found: list[Container] = []
    for start in range(0, len(trip_ids), 500):
        query = (
            select(Container)
            .where(Container.trip_id.in_(trip_ids[start : start + 500]))
            .options(*_WITH_BATCH)
            .order_by(Container.label_code)
        )
        found.extend(session.scalars(query))
    return found
