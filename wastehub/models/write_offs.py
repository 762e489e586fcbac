"""Losses 损耗 and spills 泄漏 that whoever holds a container has declared."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, Grams
from .batches import Batch, Container
from .organisations import Organisation


class WriteOff(Base):
    """Grams that left a container without having been treated. `kind`: loss, spill. `reason`: reasons.LOSS.

    Its id is that of the ledger's event: a reversal names it.
    """

    __tablename__ = "write_offs"
    __table_args__ = (Index("ix_write_offs_holder_id_declared_at", "holder_id", "declared_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(8))
    mass_g: Mapped[int] = mapped_column(Grams)
    reason: Mapped[str] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(String(300), default="")
    operator: Mapped[str] = mapped_column(String(60))
    declared_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None] = mapped_column(String(60))
    reversed_why: Mapped[str | None] = mapped_column(String(300))

    container: Mapped[Container] = relationship(lazy="raise")
    holder: Mapped[Organisation] = relationship(lazy="raise")


def write_off_by_id(session: Session, write_off_id: UUID, *, lock: bool = False) -> WriteOff | None:
    """A declared loss with its container, batch and firm."""
    query = select(WriteOff).where(WriteOff.id == write_off_id).options(*_WHOLE)
    if lock:
        query = query.with_for_update(of=WriteOff).execution_options(populate_existing=True)
    return session.scalar(query)


_WHOLE = (
    joinedload(WriteOff.container).joinedload(Container.batch).joinedload(Batch.enterprise),
    joinedload(WriteOff.holder),
)


def write_offs_of(session: Session, container_ids: list[UUID]) -> list[WriteOff]:
    """What was declared of some containers, oldest first."""
    query = select(WriteOff).where(WriteOff.container_id.in_(container_ids)).options(*_WHOLE)
    return list(session.scalars(query.order_by(WriteOff.declared_at)))


def latest_write_offs(session: Session, holder_id: UUID, limit: int) -> list[WriteOff]:
    """What a store has declared, newest first."""
    query = select(WriteOff).where(WriteOff.holder_id == holder_id).options(*_WHOLE)
    return list(session.scalars(query.order_by(WriteOff.declared_at.desc(), WriteOff.id).limit(limit)))
