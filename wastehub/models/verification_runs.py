"""Runs that verify the whole log in the background, and what they found."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base


class VerificationRun(Base):
    """The truth about a job (the queue carries only its id).

    `state`: queued, running, done, failed, cancelled. A worker holds it by `lease_until_at` and `attempt`.
    `signature_every`: each n-th signature is checked.
    `root` of all entries in hexadecimal, as computed. `findings`: [entry or -1, kind, detail] of the first
    problems; `problems` counts all of them.
    """

    __tablename__ = "verification_runs"
    __table_args__ = (Index("ix_verification_runs_state", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    signature_every: Mapped[int] = mapped_column(Integer)
    requested_by: Mapped[str] = mapped_column(String(60))
    requested_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    lease_until_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int | None] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64), default="")
    signatures: Mapped[int] = mapped_column(BigInteger, default=0)
    log_ok: Mapped[bool | None]
    books_ok: Mapped[bool | None]
    problems: Mapped[int] = mapped_column(Integer, default=0)
    findings: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    failure: Mapped[str] = mapped_column(String(300), default="")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def good(self) -> bool:
        """The run went through, and nothing was found."""
        return self.state == "done" and bool(self.log_ok) and bool(self.books_ok)


def newest_runs(session: Session, *, limit: int) -> list[VerificationRun]:
    """The latest runs, newest first."""
    query = select(VerificationRun).order_by(VerificationRun.requested_at.desc(), VerificationRun.id)
    return list(session.scalars(query.limit(limit)))
