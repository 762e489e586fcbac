"""What became of labels: codes that are dead, prints after the first, rolls of numbers printed beforehand."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base
from ..domain import roll_codes
from ..domain.label_lives import DeadLabel
from .batches import Batch, Container
from .organisations import Organisation
from .versioned import Versioned


class RetiredLabel(Base):
    """A code that was replaced: the fill goes on under `successor`, this one is dead for ever.

    `prints`: how often it had been printed. The chain of codes of one fill is its rows in order.
    """

    __tablename__ = "retired_labels"

    code: Mapped[str] = mapped_column(String(37), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), index=True)
    successor: Mapped[str] = mapped_column(String(37))
    short_no: Mapped[int | None] = mapped_column(Integer, index=True)  # the human code that died with it
    prints: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(300), default="")
    retired_by: Mapped[str] = mapped_column(String(60))
    retired_at: Mapped[datetime]

    container: Mapped[Container] = relationship(lazy="raise")


class LabelReprint(Base):
    """A print after the first of one code, with its number and the reason. First prints are in the ledger."""

    __tablename__ = "label_reprints"

    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True)
    label_code: Mapped[str] = mapped_column(String(37), primary_key=True)
    print_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    printed_by: Mapped[str] = mapped_column(String(60))
    printed_at: Mapped[datetime]


class LabelRoll(Versioned, Base):
    """A numbered roll 预印标签卷 handed to a firm without printer or signal (F23).

    `state`: handed_out, returned, lost. Returned and lost rolls take no new binding.
    """

    __tablename__ = "label_rolls"
    __table_args__ = (UniqueConstraint("roll_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    roll_no: Mapped[str] = mapped_column(String(24))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    platform_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    first_serial: Mapped[int] = mapped_column(Integer)
    last_serial: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    handed_out_by: Mapped[str] = mapped_column(String(60))
    handed_out_at: Mapped[datetime]
    ended_by: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")

    enterprise: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[enterprise_id])
    labels: Mapped[list["RollLabel"]] = relationship(
        lazy="raise", order_by="RollLabel.serial", back_populates="roll"
    )


class RollLabel(Base):
    """One printed number of a roll. `state`: free, bound, void. Bound once, for one fill."""

    __tablename__ = "roll_labels"
    __table_args__ = (
        UniqueConstraint("serial"),
        Index("ix_roll_labels_roll_id_state", "roll_id", "state"),
    )

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    roll_id: Mapped[UUID] = mapped_column(ForeignKey("label_rolls.id"))
    serial: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    container_id: Mapped[UUID | None] = mapped_column(ForeignKey("containers.id"), index=True)
    bound_by: Mapped[str] = mapped_column(String(60), default="")
    bound_at: Mapped[datetime | None]

    roll: Mapped[LabelRoll] = relationship(lazy="raise", back_populates="labels")
    container: Mapped[Container | None] = relationship(lazy="raise")


_WITH_FIRM = joinedload(Container.batch).joinedload(Batch.enterprise)


def retired_labels(session: Session, codes: Iterable[str]) -> dict[str, RetiredLabel]:
    """Dead codes with the container that carries a later one; codes that are none are left out."""
    wanted = sorted(set(codes))
    found: dict[str, RetiredLabel] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(RetiredLabel)
            .where(RetiredLabel.code.in_(wanted[start : start + 500]))
            .options(joinedload(RetiredLabel.container).options(_WITH_FIRM))
        )
        found.update({row.code: row for row in session.scalars(query)})
    return found


def former_codes(session: Session, container_ids: Iterable[UUID]) -> dict[UUID, list[RetiredLabel]]:
    """The dead codes of some fills, the oldest first."""
    wanted = sorted(set(container_ids), key=str)
    found: dict[UUID, list[RetiredLabel]] = {}
    for start in range(0, len(wanted), 500):
        query = select(RetiredLabel).where(RetiredLabel.container_id.in_(wanted[start : start + 500]))
        for row in session.scalars(query.order_by(RetiredLabel.retired_at)):
            found.setdefault(row.container_id, []).append(row)
    return found


def roll_labels(session: Session, codes: Iterable[str], *, lock: bool = False) -> dict[str, RollLabel]:
    """Printed numbers with their roll and, once bound, their container."""
    wanted = sorted(set(codes))
    found: dict[str, RollLabel] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(RollLabel)
            .where(RollLabel.code.in_(wanted[start : start + 500]))
            .options(joinedload(RollLabel.roll), joinedload(RollLabel.container).options(_WITH_FIRM))
            .execution_options(populate_existing=lock)
        )
        if lock:
            query = query.with_for_update(of=RollLabel)
        found.update({row.code: row for row in session.scalars(query)})
    return found


def dead_labels(session: Session, texts: Iterable[str]) -> dict[str, DeadLabel]:
    """Of several scanned texts those that no container may carry, with what a scan of them is answered."""
    scanned = sorted(set(texts))
    found = {
        code: DeadLabel("replaced", code, row.container.label_code)
        for code, row in retired_labels(session, scanned).items()
    }
    numbers = roll_codes.scanned(scanned)
    known = roll_labels(session, numbers.values()) if numbers else {}
    for text, code in numbers.items():
        row = known.get(code)
        if row is not None and row.container_id is None:
            dead = row.state == "void" or row.roll.state != "handed_out"
            found[text] = DeadLabel("roll_void" if dead else "unbound", code, roll_no=row.roll.roll_no)
    return found


def bound_codes(session: Session, texts: Iterable[str]) -> dict[str, str]:
    """Of several scanned texts the numbers of rolls that are bound: text -> the 37 characters that count."""
    numbers = roll_codes.scanned(set(texts))
    known = roll_labels(session, numbers.values()) if numbers else {}
    return {
        text: known[code].container.label_code  # type: ignore[union-attr]
        for text, code in numbers.items()
        if code in known and known[code].container is not None
    }
