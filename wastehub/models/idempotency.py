"""Requests that were already answered: the same key gets the same answer, once."""

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base


class IdempotencyKey(Base):
    """Written in the same transaction as the effect, so the two stand or fall together."""

    __tablename__ = "idempotency_keys"

    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    location: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    answered_at: Mapped[datetime]
