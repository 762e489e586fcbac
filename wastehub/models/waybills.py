"""Dangerous-goods waybills 危险货物运单: one per vehicle and trip, with the five checks at loading."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from ..db import Base, new_id
from ..domain import calendar, waybills
from ..domain.errors import Conflict
from .numbers import take_numbers
from .versioned import Versioned


class Waybill(Versioned, Base):
    """Of a trip (with the manifests of its stops) or of an outbound lot; exactly one of the two is set.

    Vehicle and crew are those that were checked; when others go, it is checked again.
    """

    __tablename__ = "waybills"
    __table_args__ = (UniqueConstraint("waybill_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(String(24))  # YD + date + running number
    trip_id: Mapped[UUID | None] = mapped_column(ForeignKey("trips.id"), unique=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"), unique=True)
    carrier_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    escort_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(String(60))

    checks: Mapped[list["WaybillCheck"]] = relationship(lazy="raise", order_by="WaybillCheck.attempt")

    @property
    def outcomes(self) -> dict[str, str]:
        """The newest outcome of each check."""
        return {row.key: row.outcome for row in self.checks}

    @property
    def newest(self) -> list["WaybillCheck"]:
        """The newest answers, in the order of the form."""
        last = {row.key: row for row in self.checks}
        return [last[key] for key in waybills.CHECKS if key in last]


class WaybillCheck(Base):
    """One answer; a second round of answers is a second attempt, the first stays."""

    __tablename__ = "waybill_checks"

    waybill_id: Mapped[UUID] = mapped_column(ForeignKey("waybills.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(12), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(300), default="")
    checked_at: Mapped[datetime]
    checked_by: Mapped[str] = mapped_column(String(60))


class TransportClass(Base):
    """How a waste travels as dangerous goods: decided by the consignor (Order 23, Art. 13), never guessed."""

    __tablename__ = "transport_classes"

    waste_code: Mapped[str] = mapped_column(String(10), ForeignKey("waste_codes.code"), primary_key=True)
    un_number: Mapped[str] = mapped_column(String(6), default="")
    shipping_name: Mapped[str] = mapped_column(String(120), default="")
    hazard_class: Mapped[str] = mapped_column(String(20), default="")
    packing_group: Mapped[str] = mapped_column(String(4), default="")
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(60))


def waybills_of_trips(
    session: Session, trip_ids: Sequence[UUID], *, lock: bool = False
) -> dict[UUID, Waybill]:
    """The waybill of each trip that has one, with its checks."""
    query = select(Waybill).where(Waybill.trip_id.in_(trip_ids)).options(selectinload(Waybill.checks))
    if lock:
        query = query.with_for_update(of=Waybill)
    return {row.trip_id: row for row in session.scalars(query) if row.trip_id}


def waybills_of_lots(session: Session, lot_ids: Sequence[UUID]) -> dict[UUID, Waybill]:
    """The waybill of each lot that has one, with its checks."""
    query = select(Waybill).where(Waybill.lot_id.in_(lot_ids)).options(selectinload(Waybill.checks))
    return {row.lot_id: row for row in session.scalars(query) if row.lot_id}


def transport_classes(session: Session, codes: Sequence[str]) -> dict[str, TransportClass]:
    query = select(TransportClass).where(TransportClass.waste_code.in_(codes))
    return {row.waste_code: row for row in session.scalars(query)}


def issue(
    session: Session,
    *,
    count: int,
    now: datetime,
) -> list[str]:
    """So many new waybill numbers of a day."""
    stamp = f"{calendar.on_date(now):%Y%m%d}"
    series = f"waybill/{stamp}"
    return [f"YD{stamp}{number:05d}" for number in take_numbers(session, {series: count})[series]]


def write_checks(
    session: Session,
    waybill: Waybill | None,
    *,
    number: str,
    owner: Mapping[str, UUID | None],
    answers: Mapping[str, str],
    note: str,
    author: str,
    at: datetime,
) -> Waybill:
    """Keep five answers; the first time they open the waybill, and crew and vehicle are those of now.

    `owner`: trip_id or lot_id, carrier_id, vehicle_id, driver_id, escort_id.
    """
    if waybill is None:
        waybill = Waybill(
            id=new_id(session, at), waybill_no=number, issued_at=at, issued_by=author, checks=[], **owner
        )
        session.add(waybill)
        session.flush()
    else:
        for name in ("vehicle_id", "driver_id", "escort_id"):
            setattr(waybill, name, owner[name])
    attempt = 1 + max((row.attempt for row in waybill.checks), default=0)
    for key in waybills.CHECKS:
        waybill.checks.append(
            WaybillCheck(
                attempt=attempt,
                key=key,
                outcome=answers[key],
                note=note if answers[key] == waybills.FAILED else "",
                checked_at=at,
                checked_by=author,
            )
        )
    session.flush()
    return waybill


def require_departure(
    waybill: Waybill | None, *, vehicle_id: UUID | None, driver_id: UUID | None, escort_id: UUID | None
) -> None:
    """Whether a vehicle may leave on this waybill with these people.

    Raises Conflict: the codes of domain/waybills.require_departure, and waybill.checked_for_others.
    """
    waybills.require_departure(waybill.outcomes if waybill else {})
    assert waybill is not None
    if (waybill.vehicle_id, waybill.driver_id, waybill.escort_id) != (vehicle_id, driver_id, escort_id):
        raise Conflict("waybill.checked_for_others", field="checks", waybill_no=waybill.waybill_no)


def is_fit(
    waybill: Waybill | None, *, vehicle_id: UUID | None, driver_id: UUID | None, escort_id: UUID | None
) -> bool:
    """As `require_departure`, for pages and for trips that follow by themselves."""
    try:
        require_departure(waybill, vehicle_id=vehicle_id, driver_id=driver_id, escort_id=escort_id)
    except Conflict:
        return False
    return True
