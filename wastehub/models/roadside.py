"""Links that a crew shows at a roadside check 路检, and every time one was opened (F22)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base


class RoadsidePass(Base):
    """Leave to read the papers of one load without sign-in, until `expires_at` or until withdrawn.

    The load is that of a round, or a lot on its way to a plant: one of the two.
    """

    __tablename__ = "roadside_passes"
    __table_args__ = (
        CheckConstraint("(round_id IS NULL) <> (lot_id IS NULL)", name="one_load"),
        Index("ix_roadside_passes_round_id_shown_at", "round_id", "shown_at"),
        Index("ix_roadside_passes_lot_id_shown_at", "lot_id", "shown_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("rounds.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    shown_by: Mapped[str] = mapped_column(String(60))
    shown_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(60), default="")


class RoadsideOpening(Base):
    """Somebody opened such a link. `verdict`: shown, expired, revoked, ended."""

    __tablename__ = "roadside_openings"
    __table_args__ = (Index("ix_roadside_openings_pass_id_opened_at", "pass_id", "opened_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pass_id: Mapped[UUID] = mapped_column(ForeignKey("roadside_passes.id"))
    opened_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(8))
