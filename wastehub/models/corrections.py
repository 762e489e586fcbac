"""Corrections that one party proposes and the other agrees to (F90)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, Grams
from .versioned import Versioned


class Correction(Versioned, Base):
    """A proposed new mass for one container. `state`: proposed, agreed, declined, withdrawn.

    Nothing is edited: agreement appends a counter-act to the ledger.
    """

    __tablename__ = "corrections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    present_g: Mapped[int] = mapped_column(Grams)
    proposed_g: Mapped[int] = mapped_column(Grams)
    reason: Mapped[str] = mapped_column(String(300))
    proposer_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    counterparty_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    proposed_by: Mapped[str] = mapped_column(String(60))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]
