"""Batches 产生批次 and their containers: one container, one label, one life."""

import functools
from collections.abc import Iterable
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
    func,
    select,
    union_all,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Asked, Base, Grams, asked, beside
from ..domain import label_codes, label_seals
from ..domain.errors import NotFound
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
        UniqueConstraint("short_no"),
        UniqueConstraint("batch_id", "running"),
        Index("ix_containers_holder_id_state", "holder_id", "state"),
        # What is on the road to a plant is little at any size of the table.
        Index(
            "ix_containers_shipped",
            "batch_id",
            sqlite_where=sql("state = 'shipped'"),
            postgresql_where=sql("state = 'shipped'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    running: Mapped[int] = mapped_column(Integer)
    label_code: Mapped[str] = mapped_column(String(37))
    short_no: Mapped[int] = mapped_column(Integer)  # see domain/label_codes: what people type
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


@functools.cache
def _taken_numbers() -> Asked:
    """Those of the asked numbers that are a container's, or died with a label: they stay that label's."""
    from .label_lives import RetiredLabel  # which knows containers

    living = asked(select(Container.short_no), Container.short_no)
    retired = asked(select(RetiredLabel.short_no), RetiredLabel.short_no)
    return Asked(union_all(living.one, retired.one), union_all(living.many, retired.many))


def draw_short_numbers(session: Session, containers: list[Container]) -> None:
    """Give new containers short numbers that no other container has or had."""
    waiting, taken, attempt = list(containers), set[int](), 0
    while waiting:
        drawn = {row.id: label_codes.draw_number(row.id, attempt) for row in waiting}
        numbers = list(drawn.values())
        for start in range(0, len(numbers), 500):
            # Not `beside`: the containers are not in the session yet, or wait for these numbers.
            found = session.connection().execute(*_taken_numbers().of(numbers[start : start + 500]))
            taken.update(found.scalars())
        again = []
        for row in waiting:
            if drawn[row.id] in taken:
                again.append(row)
                continue
            row.short_no = drawn[row.id]
            taken.add(row.short_no)
        waiting, attempt = again, attempt + 1


def labels_of_short_codes(session: Session, texts: Iterable[str]) -> dict[str, str]:
    """Identification codes for those of the typed texts that are a container's short code."""
    numbers = {text: int(label_codes.digits(text)[:8]) for text in texts if label_codes.is_right(text)}
    found: dict[int, str] = {}
    wanted = sorted(set(numbers.values()))
    for start in range(0, len(wanted), 500):
        query = select(Container.short_no, Container.label_code)
        query = query.where(Container.short_no.in_(wanted[start : start + 500]))
        found.update({number: code for number, code in session.execute(query)})
    return {text: found[number] for text, number in numbers.items() if number in found}


def short_code_is(text: str) -> ColumnElement[bool]:
    """Containers whose short code the text is; none for any other text."""
    return Container.short_no == int(label_codes.digits(text)[:8]) if label_codes.is_right(text) else false()


def label_code_from(session: Session, text: str, field: str = "label_code") -> str:
    """The identification code in whatever was scanned or typed: a link, the 37 characters, a short code.

    Raises InvalidInput (label.malformed, label.typed_wrong), NotFound (label.unknown) for a short code
    that no container has.
    """
    scanned = label_seals.read(text, field)
    if scanned.short_no is None:
        return scanned.code
    code = session.scalar(select(Container.label_code).where(Container.short_no == scanned.short_no))
    if code is None:
        raise NotFound(
            "label.unknown", label_code=label_codes.grouped(label_codes.human_code(scanned.short_no))
        )
    return code


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


_STOCK = asked(
    select(Container.holder_id, func.sum(Container.mass_g))
    .where(Container.state != "treated", Container.state != "void")
    .group_by(Container.holder_id),
    Container.holder_id,
)


def stock_g(session: Session, holder_ids: list[UUID]) -> dict[UUID, int]:
    """Grams that each holder keeps in store right now."""
    found: dict[UUID, int] = {}
    for start in range(0, len(holder_ids), 500):
        rows = beside(session).execute(*_STOCK.of(holder_ids[start : start + 500]))
        found.update({holder: int(total) for holder, total in rows if holder})
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


def batches_of_number(session: Session, batch_no: str) -> list[Batch]:
    """The batches with that number, one per unit, with enterprise and containers."""
    query = (
        select(Batch)
        .where(Batch.batch_no == batch_no)
        .options(joinedload(Batch.enterprise), selectinload(Batch.containers))
        .order_by(Batch.enterprise_id)
    )
    return list(session.scalars(query))


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
