"""People who sign in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ..db import Base
from .organisations import Organisation
from .versioned import Versioned


class User(Versioned, Base):
    """A person with one role at one unit. A regulator may be bound to one county."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("login"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    county_code: Mapped[str | None] = mapped_column(String(12), ForeignKey("areas.code"))
    locale: Mapped[str] = mapped_column(String(5), default="zh")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until_at: Mapped[datetime | None]
    session_epoch: Mapped[int] = mapped_column(Integer, default=0)  # raised to end all sessions
    created_at: Mapped[datetime]

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")

    @property
    def author(self) -> str:
        """The pseudonym under which this person's acts stand in the ledger."""
        return f"user:{self.id}"


def user_by_login(session: Session, login: str) -> User | None:
    return session.scalar(select(User).where(User.login == login))
