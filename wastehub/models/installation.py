"""What kind of installation this database belongs to."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base


class Installation(Base):
    """Facts about this database as a whole: `purpose` (demo or real), region, demo date and seed."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]
