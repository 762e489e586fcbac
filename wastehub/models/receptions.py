"""Arrival and weigh-in at a platform (of a trip) or at a plant (of a lot) 入库接收."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ..db import Base, Grams
from ..domain.receiving import Judged
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
    # None: not weighed by itself (refused unweighed, or its share of a lot weighed as a whole).
    scale_id: Mapped[UUID | None] = mapped_column(ForeignKey("scales.id"), index=True)

    container: Mapped[Container] = relationship(lazy="raise")


def line_of(
    reception: Reception, container: Container, judged: Judged, *, by: str, at: datetime
) -> ReceptionLine:
    """The row that keeps a decision; call it before the container takes on the weighed mass."""
    return ReceptionLine(
        reception_id=reception.id,
        container_id=container.id,
        expected_g=container.mass_g,
        weighed_g=judged.weighed_g,
        difference_g=judged.difference.difference_g,
        allowed_g=judged.difference.allowed_g,
        within=judged.difference.within,
        decision="accepted" if judged.accepted else "refused",
        reason=judged.reason,
        note=judged.note,
        decided_at=at,
        decided_by=by,
    )


def receptions_of_trips(session: Session, trip_ids: list[UUID]) -> dict[UUID, Reception]:
    """The reception of each trip that has one."""
    query = select(Reception).where(Reception.trip_id.in_(trip_ids))
    return {row.trip_id: row for row in session.scalars(query) if row.trip_id}


def lines_of(session: Session, reception_ids: list[UUID]) -> dict[UUID, list[ReceptionLine]]:
    """The decisions of each reception."""
    found: dict[UUID, list[ReceptionLine]] = {key: [] for key in reception_ids}
    if not reception_ids:
        return found
    query = select(ReceptionLine).where(ReceptionLine.reception_id.in_(reception_ids))
    for line in session.scalars(query.order_by(ReceptionLine.decided_at, ReceptionLine.container_id)):
        found[line.reception_id].append(line)
    return found
