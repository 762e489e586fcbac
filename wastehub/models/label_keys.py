"""The public keys that labels are sealed with, and the label template in force."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Date, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base


class LabelKey(Base):
    """A key that seals labels, named on them by `number`.

    Retired: no label is sealed with it any more, those that were stay genuine. Revoked: it proves nothing.
    """

    __tablename__ = "label_keys"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    public_key: Mapped[str] = mapped_column(String(64))  # hex
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="")


class LabelTemplate(Base):
    """What an administrator decided about the label, from a day on; one decision is laid over the other.

    `content`: see domain/label_templates. Rows are never changed: a new decision is a new row.
    """

    __tablename__ = "label_templates"
    __table_args__ = (UniqueConstraint("valid_from", "edition"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date)
    edition: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(300))
    decided_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime]


def keys(session: Session) -> list[LabelKey]:
    """All keys, the oldest first."""
    return list(session.scalars(select(LabelKey).order_by(LabelKey.added_at, LabelKey.number)))


def templates(session: Session) -> list[LabelTemplate]:
    """All decisions, the newest first."""
    order = (LabelTemplate.valid_from.desc(), LabelTemplate.edition.desc())
    return list(session.scalars(select(LabelTemplate).order_by(*order)))
