"""Arrival and weigh-in at a platform (of a trip) or at a plant (of a lot) 入库接收."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..db import Base, Grams
from .batches import Container
from .versioned import Versioned


class Reception(Versioned, Base):
    """One arrival. `state`: open, closed. Exactly one of `trip_id` and `lot_id` is set."""

    __tablename__ = "receptions"
    __table_args__ = (UniqueConstraint("reception_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reception_no: Mapped[str] = mapped_column(String(24))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    trip_id: Mapped[UUID | None] = mapped_column(ForeignKey("trips.id"), unique=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), unique=True)
    state: Mapped[str] = mapped_column(String(8))
    gross_g: Mapped[int | None] = mapped_column(Grams)  # weighbridge, vehicle loaded
    tare_g: Mapped[int | None] = mapped_column(Grams)  # weighbridge, vehicle empty
    arrived_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    operator: Mapped[str] = mapped_column(String(60))

    lines: Mapped[list["ReceptionLine"]] = relationship(lazy="raise")


class ReceptionLine(Base):
    """The decision on one container. `decision`: accepted, refused."""

    __tablename__ = "reception_lines"

    reception_id: Mapped[UUID] = mapped_column(ForeignKey("receptions.id"), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True)
    expected_g: Mapped[int] = mapped_column(Grams)
    weighed_g: Mapped[int] = mapped_column(Grams)
    difference_g: Mapped[int] = mapped_column(Grams)
    allowed_g: Mapped[int] = mapped_column(Grams)
    within: Mapped[bool]
    decision: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    decided_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(60))

    container: Mapped[Container] = relationship(lazy="raise")
