"""What phones report, kept whatever the verdict, and photos as evidence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, Grams


class Scan(Base):
    """One act at one container. The id is made on the phone: sending twice is harmless.

    `kind`: load, refuse, unload_back. `outcome`: accepted, refused (duplicates answer with the
    first verdict and are not stored again).
    """

    __tablename__ = "scans"
    __table_args__ = (
        UniqueConstraint("device_id", "device_seq"),
        Index("ix_scans_label_code", "label_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(String(60))
    device_seq: Mapped[int] = mapped_column(Integer)
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    stop_id: Mapped[UUID | None] = mapped_column(ForeignKey("stops.id"), index=True)
    container_id: Mapped[UUID | None] = mapped_column(ForeignKey("containers.id"))
    label_code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    measured_g: Mapped[int | None] = mapped_column(Grams)
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    photo_sha256: Mapped[str | None] = mapped_column(ForeignKey("photos.sha256"))
    lon_e6: Mapped[int | None] = mapped_column(Integer)
    lat_e6: Mapped[int | None] = mapped_column(Integer)
    accuracy_m: Mapped[int | None] = mapped_column(Integer)
    scanned_at: Mapped[datetime]
    received_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(12))
    outcome_code: Mapped[str] = mapped_column(String(40), default="")
    verdict: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # numbers and warnings of the answer
    author: Mapped[str] = mapped_column(String(60))
    content_sha256: Mapped[str] = mapped_column(String(64))  # same id with other content is a conflict


class Photo(Base):
    """A photo by its content; the file lies in the blob store under the same name.

    `uploaded_by` None: it came with a report of the public, from nobody signed in.
    """

    __tablename__ = "photos"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(20))
    size_bytes: Mapped[int] = mapped_column(Integer)
    uploaded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime]


def photos_known(session: Session, hashes: Iterable[str]) -> set[str]:
    """Which of these photos are in the store."""
    wanted = sorted(set(hashes))
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        query = select(Photo.sha256).where(Photo.sha256.in_(wanted[start : start + 500]))
        found.update(session.scalars(query))
    return found


def accepted_scans(session: Session, round_id: UUID) -> list[Scan]:
    """What took effect on a round, in the order in which it happened."""
    query = select(Scan).where(Scan.round_id == round_id, Scan.outcome == "accepted")
    return list(session.scalars(query.order_by(Scan.scanned_at, Scan.device_seq)))
