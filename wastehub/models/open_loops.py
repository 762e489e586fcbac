"""Whom an open loop 未闭环 was put before, and what they answered. Rows are never deleted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ..db import Base, Grams
from .organisations import Organisation


class LoopEscalation(Base):
    """One step of one open loop, put before a unit (`organisation_id`), a county, or (neither) the city.

    `loop_key` names the loop: kind, thing, holder and first day. `unit_id`: who is responsible.
    `own_due_on` the installation's own limit, `law_due_on` the law's. `closed_at`: the loop was found closed.
    """

    __tablename__ = "loop_escalations"
    __table_args__ = (
        UniqueConstraint("loop_key", "step"),
        Index("ix_loop_escalations_organisation_id_closed_at", "organisation_id", "closed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loop_key: Mapped[str] = mapped_column(String(200))
    step: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(120))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    county_code: Mapped[str | None] = mapped_column(String(12), ForeignKey("areas.code"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    manifest_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifests.id"))
    mass_g: Mapped[int | None] = mapped_column(Grams)
    since_on: Mapped[date] = mapped_column(Date)
    own_due_on: Mapped[date] = mapped_column(Date)
    law_due_on: Mapped[date | None] = mapped_column(Date)
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    unit: Mapped[Organisation | None] = relationship(lazy="raise", foreign_keys=[unit_id])
    organisation: Mapped[Organisation | None] = relationship(lazy="raise", foreign_keys=[organisation_id])


class LoopAnswer(Base):
    """What somebody answered: why the loop is open and by when it will be closed, or why it is none."""

    __tablename__ = "loop_answers"
    __table_args__ = (Index("ix_loop_answers_loop_key_answered_at", "loop_key", "answered_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    loop_key: Mapped[str] = mapped_column(String(200))
    step: Mapped[int] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(300))
    promised_on: Mapped[date | None] = mapped_column(Date)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    answered_by: Mapped[str] = mapped_column(String(60))
    answered_at: Mapped[datetime]

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


def answers_to(session: Session, keys: list[str]) -> dict[str, list[LoopAnswer]]:
    """The answers about some loops, oldest first, by the loops' keys."""
    found: dict[str, list[LoopAnswer]] = {}
    for start in range(0, len(keys), 500):
        query = select(LoopAnswer).where(LoopAnswer.loop_key.in_(keys[start : start + 500]))
        for row in session.scalars(query.order_by(LoopAnswer.answered_at, LoopAnswer.id)):
            found.setdefault(row.loop_key, []).append(row)
    return found


def escalations_of(session: Session, keys: list[str]) -> dict[str, list[LoopEscalation]]:
    """The steps of some loops, lowest first, by the loops' keys."""
    found: dict[str, list[LoopEscalation]] = {}
    for start in range(0, len(keys), 500):
        query = select(LoopEscalation).where(LoopEscalation.loop_key.in_(keys[start : start + 500]))
        for row in session.scalars(query.order_by(LoopEscalation.step)):
            found.setdefault(row.loop_key, []).append(row)
    return found
