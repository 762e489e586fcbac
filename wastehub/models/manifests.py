"""Transfer manifests 危险废物转移联单: one per mover-out and trip (Order 23, Art. 16)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Base, Grams
from ..domain import manifests, receiving
from .organisations import Organisation
from .versioned import Versioned

PACKAGING_LONGEST = 60


class Manifest(Versioned, Base):
    """Leg 1: enterprise to platform (trip and stop set); leg 2: platform to plant (lot set).

    The 14-digit number is the national system's (Art. 15): until it is entered, `provisional_no`
    with its WH prefix stands in. `state`: see domain/manifests.
    """

    __tablename__ = "manifests"
    __table_args__ = (
        UniqueConstraint("provisional_no"),
        UniqueConstraint("official_no"),
        Index("ix_manifests_state_confirm_due_on", "state", "confirm_due_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provisional_no: Mapped[str] = mapped_column(String(24))
    official_no: Mapped[str | None] = mapped_column(String(14))
    leg: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    mover_out_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    carrier_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    acceptor_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    trip_id: Mapped[UUID | None] = mapped_column(ForeignKey("trips.id"), index=True)
    stop_id: Mapped[UUID | None] = mapped_column(ForeignKey("stops.id"), unique=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), unique=True)
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    escort_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    opened_at: Mapped[datetime]
    loaded_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    confirm_due_on: Mapped[date | None] = mapped_column(Date)
    opinion: Mapped[str] = mapped_column(String(12), default="")  # accepted, partly, refused
    opinion_note: Mapped[str] = mapped_column(String(300), default="")
    # Run on paper (Art. 20): why, the number printed on it, and the clock of its entry afterwards.
    paper_no: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    paper_reason: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    paper_since_at: Mapped[datetime | None]
    backfill_due_on: Mapped[date | None] = mapped_column(Date)
    backfilled_at: Mapped[datetime | None]
    backfilled_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))

    mover_out: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[mover_out_id])
    carrier: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[carrier_id])
    acceptor: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[acceptor_id])
    lines: Mapped[list["ManifestLine"]] = relationship(lazy="raise", order_by="ManifestLine.line_no")
    carriages: Mapped[list["ManifestCarriage"]] = relationship(
        lazy="raise", order_by="ManifestCarriage.seq", cascade="save-update"
    )

    @property
    def on_paper(self) -> bool:
        """Whether it is or was run on paper."""
        return self.paper_since_at is not None

    @property
    def number(self) -> str:
        """The official number when there is one."""
        return self.official_no or self.provisional_no


class ManifestLine(Base):
    """One waste code on a manifest. Masses in grams; `None` until that signature."""

    __tablename__ = "manifest_lines"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifests.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    waste_code: Mapped[str] = mapped_column(String(10), ForeignKey("waste_codes.code"))
    waste_name: Mapped[str] = mapped_column(String(60))
    hazards: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(String(12))
    packaging: Mapped[str] = mapped_column(String(PACKAGING_LONGEST))
    containers: Mapped[int] = mapped_column(Integer)
    declared_g: Mapped[int] = mapped_column(Grams)
    loaded_g: Mapped[int | None] = mapped_column(Grams)
    accepted_g: Mapped[int | None] = mapped_column(Grams)
    method_code: Mapped[str | None] = mapped_column(String(4), ForeignKey("method_codes.code"))


class ManifestCarriage(Base):
    """The second and later parts of a transport 联运: who took over from whom, where and when (Art. 17).

    `seq` counts from 2: the first carriage is the manifest's own carrier, vehicle and crew.
    """

    __tablename__ = "manifest_carriages"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifests.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    carrier_name: Mapped[str] = mapped_column(String(120))
    carrier_permit_number: Mapped[str] = mapped_column(String(60))
    vehicle_plate: Mapped[str] = mapped_column(String(16))
    vehicle_certificate_number: Mapped[str] = mapped_column(String(40))
    driver_name: Mapped[str] = mapped_column(String(40))
    driver_phone: Mapped[str] = mapped_column(String(30), default="")
    escort_name: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(200))
    handed_over_at: Mapped[datetime]
    verified: Mapped[bool]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))


class ManifestPhoto(Base):
    """A photo of the paper that a manifest was run on."""

    __tablename__ = "manifest_photos"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifests.id"), primary_key=True)
    page: Mapped[int] = mapped_column(Integer, primary_key=True)
    photo_sha256: Mapped[str] = mapped_column(ForeignKey("photos.sha256"), index=True)


class DiscrepancyReport(Base):
    """What the acceptor did about a difference on arrival 重大差异 (Art. 18): whom it told, and when."""

    __tablename__ = "discrepancy_reports"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifests.id"), primary_key=True)
    kinds: Mapped[str] = mapped_column(String(80))  # name, quantity, property, form, packaging
    found: Mapped[str] = mapped_column(String(300))
    told_at: Mapped[datetime]
    told_whom: Mapped[str] = mapped_column(String(60))
    decision: Mapped[str] = mapped_column(String(12))  # accepted, partly, refused: the opinion at the gate
    decision_note: Mapped[str] = mapped_column(String(300))
    reported_at: Mapped[datetime]
    authority: Mapped[str] = mapped_column(String(120))
    report_no: Mapped[str] = mapped_column(String(60), default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))


def manifests_of_stops(session: Session, stop_ids: list[UUID]) -> dict[UUID, Manifest]:
    """The manifest of each stop that is not void, with lines and both parties."""
    return {row.stop_id: row for row in _alive(session, Manifest.stop_id.in_(stop_ids)) if row.stop_id}


def manifests_of_trips(session: Session, trip_ids: list[UUID]) -> dict[UUID, list[Manifest]]:
    """The manifests of each trip that are not void, with lines and both parties."""
    found: dict[UUID, list[Manifest]] = {}
    for row in _alive(session, Manifest.trip_id.in_(trip_ids)):
        assert row.trip_id is not None
        found.setdefault(row.trip_id, []).append(row)
    return found


def manifests_of_lots(session: Session, lot_ids: list[UUID]) -> dict[UUID, Manifest]:
    """The manifest of each shipped lot, with lines and both parties."""
    return {row.lot_id: row for row in _alive(session, Manifest.lot_id.in_(lot_ids)) if row.lot_id}


def _alive(session: Session, condition: ColumnElement[bool]) -> list[Manifest]:
    query = (
        select(Manifest)
        .where(condition, Manifest.state != "void")
        .options(joinedload(Manifest.mover_out), joinedload(Manifest.acceptor), selectinload(Manifest.lines))
        .order_by(Manifest.provisional_no)
    )
    return list(session.scalars(query))


def packed(container_types: Iterable[str], names: Mapping[str, tuple[str, str]]) -> str:
    """Kinds of packaging with their numbers, as a line says them: "200 L 开口钢桶×2、吨袋×1"."""
    counts = Counter(names[code][0] for code in container_types)
    return "、".join(f"{name}×{count}" for name, count in counts.items())[:PACKAGING_LONGEST]


def settle(
    paper: Manifest,
    *,
    accepted_g: Mapping[str, int],
    accepted: int,
    refused: int,
    differences: Sequence[str],
    now: datetime,
) -> str:
    """The acceptor decides a manifest that has arrived; the name of the entry that records it.

    `accepted_g`: by waste code; `accepted`, `refused`: containers; `differences`: the kinds of Art. 18 that
    were found (one for each container). With any, the manifest waits until they are reported. A manifest run
    on paper keeps the decision and waits until it is entered (Art. 20).
    """
    paper.opinion = receiving.opinion(accepted=accepted, refused=refused)
    paper.decided_at = now
    for line in paper.lines:
        line.accepted_g = accepted_g.get(line.waste_code, 0)
    if differences:
        paper.opinion_note = manifests.difference_note(differences)
    return close(paper, reported=False)


def close(paper: Manifest, *, reported: bool) -> str:
    """Move a decided manifest as far as it may go; the name of the entry that records it.

    `reported`: whether the differences, if there are any, have been reported (Art. 18).
    """
    if paper.state == "paper_pending":
        return "manifest.decided_on_paper"
    if paper.opinion_note and not reported:
        if paper.state == "arrived":
            paper.state = manifests.next_state(paper.state, "report_discrepancy")
        return "manifest.discrepancy"
    act = "reject" if paper.opinion == "refused" else "accept"
    paper.state = manifests.next_state(paper.state, act)
    return "manifest.rejected" if act == "reject" else "manifest.accepted"
