"""Problems 问题清单: found, assigned, rectified with evidence, accepted, closed 销号 (S9, first form)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Base
from ..domain.actors import Actor
from .batches import Container
from .numbers import take_numbers
from .organisations import Organisation, PlatformCounty
from .versioned import Versioned


class Problem(Versioned, Base):
    """Something found wrong that somebody has to put right. `state`: see domain/problems.

    `source`: public (without sign-in), office, crew (a forged label), or platform (its office hands on what
    it found). What a passer-by leaves to be called back is kept here and never goes into the ledger.
    """

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("problem_no"),
        Index("ix_problems_county_code_state", "county_code", "state"),
        Index("ix_problems_found_at", "found_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_no: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    label_code: Mapped[str] = mapped_column(String(37), default="")
    container_id: Mapped[UUID | None] = mapped_column(ForeignKey("containers.id"), index=True)
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    county_code: Mapped[str | None] = mapped_column(String(12), ForeignKey("areas.code"))
    place: Mapped[str] = mapped_column(String(200), default="")
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    accuracy_m: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(String(300), default="")
    contact: Mapped[str] = mapped_column(String(60), default="")
    photo_sha256: Mapped[str | None] = mapped_column(ForeignKey("photos.sha256"))
    found_at: Mapped[datetime]
    assigned_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    due_on: Mapped[date | None] = mapped_column(Date)
    closed_at: Mapped[datetime | None]

    container: Mapped[Container | None] = relationship(lazy="raise")
    enterprise: Mapped[Organisation | None] = relationship(lazy="raise", foreign_keys=[enterprise_id])
    assigned_to: Mapped[Organisation | None] = relationship(lazy="raise", foreign_keys=[assigned_to_id])
    steps: Mapped[list["ProblemStep"]] = relationship(lazy="raise", order_by="ProblemStep.seq")


class ProblemStep(Base):
    """One act on a problem, kept for ever: who brought it into which state, with what evidence."""

    __tablename__ = "problem_steps"

    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problems.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    act: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(300), default="")
    photo_sha256: Mapped[str | None] = mapped_column(ForeignKey("photos.sha256"))
    acted_by: Mapped[str] = mapped_column(String(60))
    acted_at: Mapped[datetime]


def full_problem(session: Session, problem_id: UUID, *, lock: bool = False) -> Problem | None:
    """A problem with its steps, its firm and who has to put it right."""
    query = (
        select(Problem)
        .where(Problem.id == problem_id)
        .options(
            joinedload(Problem.container),
            joinedload(Problem.enterprise),
            joinedload(Problem.assigned_to),
            selectinload(Problem.steps),
        )
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Problem)
    return session.scalar(query)


def next_number(session: Session, on: date) -> str:
    """The number of a new problem: WT, the day, and a running number."""
    series = f"WT{on:%Y%m%d}"
    return f"{series}-{take_numbers(session, {series: 1})[series][0]:03d}"


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """The county's office sees its county's, a platform those of its own county, a unit what it has to do."""
    if actor.role == "regulator":
        return Problem.county_code == actor.county_code if actor.county_code else true()
    if actor.organisation_id is None:
        return false()
    mine = Problem.assigned_to_id == actor.organisation_id
    if actor.role != "dispatcher":
        return mine
    own = select(PlatformCounty.county_code).where(
        PlatformCounty.platform_id == actor.organisation_id, PlatformCounty.rank == 0
    )
    return or_(mine, Problem.county_code.in_(own))
