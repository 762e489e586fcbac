"""Merging, splitting, repacking 合并、分装、换装 in a platform's store: which containers became which."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload

from ..db import Base, Grams
from .batches import Batch, Container
from .organisations import Organisation
from .versioned import Versioned


class Repacking(Versioned, Base):
    """Containers that were poured into new ones; what came out is a batch of the platform's own (HWRK...).

    `kind`: merge, split, repack, recode. `left_g`: what did not go into a container, with its reason.
    `from_code`: the waste code before; the batch has the one after.
    """

    __tablename__ = "repackings"
    __table_args__ = (
        UniqueConstraint("batch_id"),
        Index("ix_repackings_platform_id_done_at", "platform_id", "done_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    kind: Mapped[str] = mapped_column(String(8))
    from_code: Mapped[str] = mapped_column(String(10))
    left_g: Mapped[int] = mapped_column(Grams)
    reason: Mapped[str] = mapped_column(String(24), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    operator: Mapped[str] = mapped_column(String(60))
    done_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(60))
    undone_why: Mapped[str | None] = mapped_column(String(300))

    platform: Mapped[Organisation] = relationship(lazy="raise")
    batch: Mapped[Batch] = relationship(lazy="raise")
    lines: Mapped[list["RepackingLine"]] = relationship(lazy="raise", order_by="RepackingLine.position")


class RepackingLine(Base):
    """A container that went in or came out, in the order of pouring.

    `zone_id`, `stored_since_on`: where an emptied container stood and since when, for the way back.
    """

    __tablename__ = "repacking_lines"

    repacking_id: Mapped[UUID] = mapped_column(ForeignKey("repackings.id"), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(3))  # in, out
    position: Mapped[int] = mapped_column(Integer)
    mass_g: Mapped[int] = mapped_column(Grams)
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("zones.id"))
    stored_since_on: Mapped[date | None]

    container: Mapped[Container] = relationship(lazy="raise")


_WHOLE = (
    joinedload(Repacking.platform),
    joinedload(Repacking.batch).joinedload(Batch.enterprise),
    selectinload(Repacking.lines)
    .joinedload(RepackingLine.container)
    .joinedload(Container.batch)
    .joinedload(Batch.enterprise),
)


def repacking_by_id(session: Session, repacking_id: UUID, *, lock: bool = False) -> Repacking | None:
    """An act of repacking with its containers, their batches and firms."""
    query = select(Repacking).where(Repacking.id == repacking_id).options(*_WHOLE)
    if lock:
        query = query.with_for_update(of=Repacking).execution_options(populate_existing=True)
    return session.scalar(query)


def repackings_of_batches(session: Session, batch_ids: list[UUID]) -> list[Repacking]:
    """The acts that a batch's containers went into or came out of, oldest first."""
    found: dict[UUID, Repacking] = {}
    for start in range(0, len(batch_ids), 500):
        about = (
            select(RepackingLine.repacking_id)
            .join(Container, Container.id == RepackingLine.container_id)
            .where(Container.batch_id.in_(batch_ids[start : start + 500]))
        )
        query = select(Repacking).where(Repacking.id.in_(about)).options(*_WHOLE)
        found.update({row.id: row for row in session.scalars(query)})
    return sorted(found.values(), key=lambda row: (row.done_at, str(row.id)))


def oldest_origins(session: Session, batch_ids: Sequence[UUID]) -> dict[UUID, date]:
    """For each batch that came out of others the day on which the oldest waste in it was generated."""
    emptied = (
        select(Repacking.batch_id.label("made_id"), Container.batch_id)
        .join(RepackingLine, RepackingLine.repacking_id == Repacking.id)
        .join(Container, Container.id == RepackingLine.container_id)
        .where(RepackingLine.role == "in", Repacking.undone_at.is_(None))
    )
    pair = emptied.subquery()
    found: dict[UUID, date] = {}
    for start in range(0, len(batch_ids), 500):
        above = emptied.where(Repacking.batch_id.in_(batch_ids[start : start + 500])).cte(recursive=True)
        above = above.union(
            select(above.c.made_id, pair.c.batch_id).join(pair, pair.c.made_id == above.c.batch_id)
        )
        oldest = (
            select(above.c.made_id, func.min(Batch.produced_on))
            .join(Batch, Batch.id == above.c.batch_id)
            .group_by(above.c.made_id)
        )
        found.update({made_id: on for made_id, on in session.execute(oldest)})
    return found


def containers_below(session: Session, container_ids: list[UUID]) -> list[UUID]:
    """Some containers and all that their contents were poured into, directly or through others."""
    known = dict.fromkeys(container_ids)
    ask = list(known)
    emptied, filled = aliased(RepackingLine), aliased(RepackingLine)
    while ask:
        found: list[UUID] = []
        for start in range(0, len(ask), 500):
            query = (
                select(filled.container_id)
                .join(emptied, emptied.repacking_id == filled.repacking_id)
                .join(Repacking, Repacking.id == filled.repacking_id)
                .where(
                    emptied.container_id.in_(ask[start : start + 500]),
                    emptied.role == "in",
                    filled.role == "out",
                    Repacking.undone_at.is_(None),
                )
            )
            found.extend(session.scalars(query))
        ask = [key for key in dict.fromkeys(found) if key not in known]
        known.update(dict.fromkeys(ask))
    return list(known)
