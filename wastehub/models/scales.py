"""Scales 计量器具 of a platform or plant: which one a mass comes from."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, Grams
from ..domain.scales import CLASSES
from .versioned import Versioned


class Scale(Versioned, Base):
    """One scale. `scale_class`: see domain/scales. `standard`: the one a form proposes."""

    __tablename__ = "scales"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    code: Mapped[str] = mapped_column(String(12))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    scale_class: Mapped[str] = mapped_column(String(12))
    division_g: Mapped[int | None] = mapped_column(Grams)
    verified_until_on: Mapped[date | None]
    standard: Mapped[bool]
    active: Mapped[bool]


def scales_of(session: Session, organisation_ids: list[UUID]) -> dict[UUID, list[Scale]]:
    """The scales of each unit, the standard one first, then by code."""
    query = select(Scale).where(Scale.organisation_id.in_(organisation_ids))
    found: dict[UUID, list[Scale]] = {key: [] for key in organisation_ids}
    for row in session.scalars(query.order_by(Scale.standard.desc(), Scale.code)):
        found[row.organisation_id].append(row)
    return found


def class_of_standard(session: Session, organisation_id: UUID) -> str:
    """The class of the scale that a unit's forms propose."""
    standard = scale_for(session, organisation_id, None)
    return standard.scale_class if standard is not None else CLASSES[0]


def scale_for(session: Session, organisation_id: UUID, scale_id: UUID | None) -> Scale | None:
    """The scale that was named, or the standard one. None: no such scale in use at this unit."""
    rows = [row for row in scales_of(session, [organisation_id])[organisation_id] if row.active]
    if scale_id is None:
        return next((row for row in rows if row.standard), None)
    return next((row for row in rows if row.id == scale_id), None)
