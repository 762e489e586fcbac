"""Licences of platforms, plants and carriers."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ..db import Base, Grams
from ..domain.permits import PermitView
from .versioned import Versioned


class Permit(Versioned, Base):
    """A hazardous-waste licence 危险废物经营许可证. `kind`: comprehensive, collection or transport."""

    __tablename__ = "permits"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    valid_from_on: Mapped[date] = mapped_column(Date)
    valid_until_on: Mapped[date] = mapped_column(Date)
    annual_quota_g: Mapped[int | None] = mapped_column(Grams)

    categories: Mapped[list["PermitCategory"]] = relationship(lazy="raise")


class PermitCategory(Base):
    """A licensed category (HW08) or single code (900-041-49)."""

    __tablename__ = "permit_categories"

    permit_id: Mapped[UUID] = mapped_column(ForeignKey("permits.id"), primary_key=True)
    covers: Mapped[str] = mapped_column(String(10), primary_key=True)


def permits_of(session: Session, organisation_ids: list[UUID]) -> dict[UUID, list[PermitView]]:
    """The operating licences of each unit as plain values for the rules.

    A transport permit licenses vehicles, not stores: it must not hide an expired collection licence.
    """
    query = (
        select(Permit, PermitCategory.covers)
        .join(PermitCategory, PermitCategory.permit_id == Permit.id)
        .where(Permit.organisation_id.in_(organisation_ids), Permit.kind != "transport")
    )
    rows: dict[UUID, Permit] = {}
    covers: dict[UUID, set[str]] = {}
    for permit, category in session.execute(query):
        rows[permit.id] = permit
        covers.setdefault(permit.id, set()).add(category)
    views: dict[UUID, list[PermitView]] = {}
    for permit in sorted(rows.values(), key=lambda p: p.number):
        views.setdefault(permit.organisation_id, []).append(
            PermitView(
                number=permit.number,
                kind=permit.kind,
                valid_from_on=permit.valid_from_on,
                valid_until_on=permit.valid_until_on,
                categories=frozenset(covers[permit.id]),
                annual_quota_g=permit.annual_quota_g,
            )
        )
    return views
