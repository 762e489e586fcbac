"""Vehicles and the two people on each: driver and escort 押运员."""

from datetime import date
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, Grams
from .versioned import Versioned


class Vehicle(Versioned, Base):
    """A dangerous-goods vehicle of a platform. `use`: collection (rounds) or outbound (lots)."""

    __tablename__ = "vehicles"
    __table_args__ = (UniqueConstraint("plate"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    plate: Mapped[str] = mapped_column(String(16))
    use: Mapped[str] = mapped_column(String(12))
    kind_zh: Mapped[str] = mapped_column(String(40), default="")
    kind_en: Mapped[str] = mapped_column(String(40), default="")
    capacity_g: Mapped[int] = mapped_column(Grams)
    volume_l: Mapped[int] = mapped_column(Integer)
    places_milli: Mapped[int] = mapped_column(Integer)  # 1000 = floor of one 200 L drum
    partitioned: Mapped[bool] = mapped_column(Boolean, default=False)
    permit_number: Mapped[str] = mapped_column(String(40))  # 道路运输证号
    permit_valid_until_on: Mapped[date] = mapped_column(Date)
    fixed_cost_fen: Mapped[int] = mapped_column(Integer)
    cost_per_km_fen: Mapped[int] = mapped_column(Integer)
    cost_per_h_fen: Mapped[int] = mapped_column(Integer)
    shift_start_s: Mapped[int] = mapped_column(Integer, default=8 * 3600)
    shift_end_s: Mapped[int] = mapped_column(Integer, default=18 * 3600)
    shift_max_s: Mapped[int] = mapped_column(Integer, default=8 * 3600)
    trips_max: Mapped[int] = mapped_column(Integer, default=3)
    active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def site(self) -> str:
        """The name of this vehicle as a place in the ledger."""
        return f"veh:{self.plate}"


class VehicleCategory(Base):
    """A waste category that the vehicle is licensed to carry."""

    __tablename__ = "vehicle_categories"

    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("waste_categories.code"), primary_key=True)


class CrewMember(Versioned, Base):
    """A driver 驾驶员 or escort 押运员 with the certificate the law asks for."""

    __tablename__ = "crew_members"
    __table_args__ = (UniqueConstraint("certificate_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))  # driver, escort
    phone: Mapped[str] = mapped_column(String(30), default="")
    certificate_no: Mapped[str] = mapped_column(String(40))
    certificate_valid_until_on: Mapped[date] = mapped_column(Date)
    vehicle_id: Mapped[UUID | None] = mapped_column(ForeignKey("vehicles.id"))  # usual vehicle
    active: Mapped[bool] = mapped_column(Boolean, default=True)


def licensed_categories(session: Session, vehicle_ids: list[UUID]) -> dict[UUID, frozenset[str]]:
    """The categories each vehicle may carry."""
    query = select(VehicleCategory).where(VehicleCategory.vehicle_id.in_(vehicle_ids))
    found: dict[UUID, set[str]] = {}
    for row in session.scalars(query):
        found.setdefault(row.vehicle_id, set()).add(row.category_code)
    return {key: frozenset(found.get(key, ())) for key in vehicle_ids}


def vehicles_of(session: Session, platform_ids: list[UUID], *, use: str) -> list[Vehicle]:
    """The active vehicles of some platforms for one use, in the order of their plates."""
    query = select(Vehicle).where(
        Vehicle.platform_id.in_(platform_ids), Vehicle.use == use, Vehicle.active.is_(True)
    )
    return list(session.scalars(query.order_by(Vehicle.plate)))


def crew_of(session: Session, platform_ids: list[UUID], *, certified_on: date) -> list[CrewMember]:
    """The active people of some platforms whose certificate is valid on a day, by certificate number."""
    query = select(CrewMember).where(
        CrewMember.platform_id.in_(platform_ids),
        CrewMember.active.is_(True),
        CrewMember.certificate_valid_until_on >= certified_on,
    )
    return list(session.scalars(query.order_by(CrewMember.certificate_no)))
