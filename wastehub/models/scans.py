"""What phones report, kept whatever the verdict, and photos as evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

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
    author: Mapped[str] = mapped_column(String(60))
    content_sha256: Mapped[str] = mapped_column(String(64))  # same id with other content is a conflict


class Photo(Base):
    """A photo by its content; the file lies in the blob store under the same name."""

    __tablename__ = "photos"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(20))
    size_bytes: Mapped[int] = mapped_column(Integer)
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime]
