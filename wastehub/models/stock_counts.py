"""Counts of a store 日盘点: what was expected, what was found, who counted, who signed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from ..db import Base, Grams
from .organisations import Organisation
from .scales import Scale
from .versioned import Versioned
from .zones import Zone


class StockCount(Versioned, Base):
    """A count of one zone on one day; `zone_id` None: what stands in no zone.

    `state`: open, counted (the differences are in the ledger), signed, dropped. `places_due`: how many places
    of the store held something when it was opened. The sums are those of the moment of counting.
    """

    __tablename__ = "stock_counts"
    __table_args__ = (
        UniqueConstraint("count_no"),
        Index("ix_stock_counts_organisation_id_counted_on", "organisation_id", "counted_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    count_no: Mapped[str] = mapped_column(String(24))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("zones.id"))
    scale_id: Mapped[UUID | None] = mapped_column(ForeignKey("scales.id"))
    counted_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(8))
    places_due: Mapped[int] = mapped_column(Integer)
    opened_by: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    counted_by: Mapped[str] = mapped_column(String(60), default="")
    counted_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(String(60), default="")
    signed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")
    expected: Mapped[int] = mapped_column(Integer, default=0)
    expected_g: Mapped[int] = mapped_column(Grams, default=0)
    differing: Mapped[int] = mapped_column(Integer, default=0)
    difference_g: Mapped[int] = mapped_column(Grams, default=0)

    lines: Mapped[list["StockCountLine"]] = relationship(
        lazy="raise", order_by="StockCountLine.label_code", cascade="all, delete-orphan"
    )
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    zone: Mapped[Zone | None] = relationship(lazy="raise")
    scale: Mapped[Scale | None] = relationship(lazy="raise")


class StockCountLine(Base):
    """One label in a count. `expected_g` None: the books do not have it here.

    `source`: scan, tick, sheet. `finding`: see domain/stock_counts, empty until the count is closed.
    """

    __tablename__ = "stock_count_lines"

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_counts.id"), primary_key=True)
    label_code: Mapped[str] = mapped_column(String(37), primary_key=True)
    container_id: Mapped[UUID | None] = mapped_column(ForeignKey("containers.id"), index=True)
    waste_code: Mapped[str] = mapped_column(String(10), default="")
    expected_g: Mapped[int | None] = mapped_column(Grams)
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(8), default="")
    weighed_g: Mapped[int | None] = mapped_column(Grams)
    finding: Mapped[str] = mapped_column(String(12), default="")
    difference_g: Mapped[int] = mapped_column(Grams, default=0)
    books_at: Mapped[str] = mapped_column(String(120), default="")  # zone or unit, where not here


def count_by_id(session: Session, count_id: UUID, *, lock: bool = False) -> StockCount | None:
    """A count with unit, zone, scale and lines."""
    query = (
        select(StockCount)
        .where(StockCount.id == count_id)
        .options(
            joinedload(StockCount.organisation), joinedload(StockCount.zone), joinedload(StockCount.scale)
        )
        .execution_options(populate_existing=lock)
    )
    row = session.scalar(query.with_for_update(of=StockCount) if lock else query)
    if row is not None:
        session.refresh(row, ["lines"])
    return row


def counts_between(
    session: Session, organisation_ids: list[UUID], first_on: date, last_on: date
) -> list[StockCount]:
    """The counts of some units on some days, the newest first; dropped ones are left out."""
    query = (
        select(StockCount)
        .where(
            StockCount.organisation_id.in_(organisation_ids),
            StockCount.counted_on.between(first_on, last_on),
            StockCount.state != "dropped",
        )
        .options(joinedload(StockCount.organisation), joinedload(StockCount.zone))
        .order_by(StockCount.counted_on.desc(), StockCount.opened_at.desc())
    )
    return list(session.scalars(query))
