"""Who takes part: enterprises, platforms, plants, authorities, and what binds them together."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    and_,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from ..db import Base, Grams, asked
from .versioned import Versioned

SITE_PREFIX = {"enterprise": "ent", "platform": "plat", "plant": "plant", "authority": "auth"}


class Organisation(Versioned, Base):
    """A unit 单位. `kind`: enterprise, platform, plant or authority."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_organisations_kind_county_code", "kind", "county_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(32))  # credit code of a firm, JX-P01 of a platform
    credit_code: Mapped[str | None] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(60))
    county_code: Mapped[str | None] = mapped_column(String(12), ForeignKey("areas.code"))
    town_code: Mapped[str | None] = mapped_column(String(12), ForeignKey("areas.code"))
    address: Mapped[str] = mapped_column(String(200), default="")
    lon_e6: Mapped[int] = mapped_column(Integer, default=0)
    lat_e6: Mapped[int] = mapped_column(Integer, default=0)
    industry: Mapped[str] = mapped_column(String(40), default="")
    industry_zh: Mapped[str] = mapped_column(String(60), default="")
    management_class: Mapped[str] = mapped_column(String(16), default="registration")
    storage_kind: Mapped[str] = mapped_column(String(12), default="point")  # 贮存点, 贮存库
    contact_name: Mapped[str] = mapped_column(String(40), default="")
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    emergency_phone: Mapped[str] = mapped_column(String(30), default="")
    open_s: Mapped[int] = mapped_column(Integer, default=8 * 3600)
    close_s: Mapped[int] = mapped_column(Integer, default=17 * 3600)
    storage_capacity_g: Mapped[int | None] = mapped_column(Grams)
    annual_quota_g: Mapped[int | None] = mapped_column(Grams)
    process_zh: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    demo_flows: Mapped[bool] = mapped_column(Boolean, default=False)
    enrolled_at: Mapped[datetime]

    @property
    def site(self) -> str:
        """The name of this unit as a place in the ledger."""
        return f"{SITE_PREFIX[self.kind]}:{self.code}"


def firm_site() -> ColumnElement[str]:
    """`Organisation.site` of an enterprise in the database: the origin of its batches in the ledger."""
    return literal(f"{SITE_PREFIX['enterprise']}:").concat(Organisation.code)


class PlatformCounty(Base):
    """Which platform may serve which county: rank 0 is its own, higher ranks are neighbours."""

    __tablename__ = "platform_counties"

    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(12), ForeignKey("areas.code"), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer)


class Contract(Versioned, Base):
    """The written contract a pickup needs 收集合同. Source: Order 23, Art. 10."""

    __tablename__ = "contracts"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    valid_from_on: Mapped[date] = mapped_column(Date)
    valid_until_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]


class ManagementPlan(Versioned, Base):
    """A registered management plan 危险废物管理计划 of one unit and year. Source: HJ 1259-2022."""

    __tablename__ = "management_plans"
    __table_args__ = (UniqueConstraint("enterprise_id", "year"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int] = mapped_column(Integer)
    filing_no: Mapped[str] = mapped_column(String(40))  # 备案编号
    registered_at: Mapped[datetime]

    lines: Mapped[list["PlanLine"]] = relationship(lazy="raise", order_by="PlanLine.waste_code")


class PlanLine(Base):
    """One transfer line of a plan (table A.7). Source: HJ 1259-2022, Annex A; Order 23, Art. 14."""

    __tablename__ = "plan_lines"
    __table_args__ = (UniqueConstraint("plan_id", "waste_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("management_plans.id"))
    waste_code: Mapped[str] = mapped_column(String(10), ForeignKey("waste_codes.code"))
    internal_name: Mapped[str] = mapped_column(String(60), default="")
    planned_g: Mapped[int] = mapped_column(Grams)


def organisation_by_code(session: Session, code: str) -> Organisation | None:
    return session.scalar(select(Organisation).where(Organisation.code == code))


def organisations_of(session: Session, kind: str) -> list[Organisation]:
    """All active units of one kind, in the order of their codes."""
    query = select(Organisation).where(Organisation.kind == kind, Organisation.active)
    return list(session.scalars(query.order_by(Organisation.code)))


def in_force(on: date) -> ColumnElement[bool]:
    """Contracts that are in force on a day; first and last day included."""
    ended = Contract.ended_on.is_(None) | (Contract.ended_on > on)
    return and_(Contract.valid_from_on <= on, Contract.valid_until_on >= on, ended)


def contracts_in_force(
    session: Session, *, enterprise_ids: list[UUID], on: date
) -> dict[UUID, list[Contract]]:
    """The contracts of each enterprise that are in force on a day, keyed by enterprise."""
    found: dict[UUID, list[Contract]] = {}
    for start in range(0, len(enterprise_ids), 500):
        query = select(Contract).where(
            Contract.enterprise_id.in_(enterprise_ids[start : start + 500]), in_force(on)
        )
        for contract in session.scalars(query.order_by(Contract.number)):
            found.setdefault(contract.enterprise_id, []).append(contract)
    return found


def planned_codes(session: Session, *, enterprise_ids: list[UUID], year: int) -> dict[UUID, set[str]]:
    """The waste codes on each enterprise's registered plan of a year."""
    found: dict[UUID, set[str]] = {}
    for start in range(0, len(enterprise_ids), 500):
        query = (
            select(ManagementPlan.enterprise_id, PlanLine.waste_code)
            .join(PlanLine, PlanLine.plan_id == ManagementPlan.id)
            .where(
                ManagementPlan.enterprise_id.in_(enterprise_ids[start : start + 500]),
                ManagementPlan.year == year,
            )
        )
        for enterprise_id, code in session.execute(query):
            found.setdefault(enterprise_id, set()).add(code)
    return found


_BY_ID = asked(select(Organisation), Organisation.id)
_BY_ID_LOCKED = asked(
    select(Organisation).order_by(Organisation.id).with_for_update(key_share=True), Organisation.id
)


def organisations_by_id(
    session: Session, ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Organisation]:
    """Units by id; unknown ids are left out. `lock`: nobody else changes their stock meanwhile."""
    wanted = sorted(set(ids))
    query = _BY_ID_LOCKED if lock else _BY_ID
    found: dict[UUID, Organisation] = {}
    for start in range(0, len(wanted), 500):
        found.update({row.id: row for row in session.scalars(*query.of(wanted[start : start + 500]))})
    return found


def contracts_of(session: Session, enterprise_id: UUID) -> list[tuple[Contract, Organisation]]:
    """All contracts of a firm with their platforms, the newest first."""
    query = (
        select(Contract, Organisation)
        .join(Organisation, Organisation.id == Contract.platform_id)
        .where(Contract.enterprise_id == enterprise_id)
        .order_by(Contract.valid_from_on.desc(), Contract.number)
    )
    return [(contract, platform) for contract, platform in session.execute(query)]


def plans_of(session: Session, *, enterprise_ids: list[UUID], year: int) -> dict[UUID, ManagementPlan]:
    """The registered plan of each enterprise for a year, with its lines."""
    found: dict[UUID, ManagementPlan] = {}
    for start in range(0, len(enterprise_ids), 500):
        query = (
            select(ManagementPlan)
            .where(
                ManagementPlan.enterprise_id.in_(enterprise_ids[start : start + 500]),
                ManagementPlan.year == year,
            )
            .options(selectinload(ManagementPlan.lines))
        )
        found.update({plan.enterprise_id: plan for plan in session.scalars(query)})
    return found


def platforms_serving(session: Session, county_code: str) -> list[Organisation]:
    """The platforms that may serve a county, its own first."""
    query = (
        select(Organisation)
        .join(PlatformCounty, PlatformCounty.platform_id == Organisation.id)
        .where(PlatformCounty.county_code == county_code, Organisation.active)
        .order_by(PlatformCounty.rank, Organisation.code)
    )
    return list(session.scalars(query))
