"""Two editors cannot overwrite each other: rows with a version that every change raises."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from ..domain.errors import StaleVersion


class Versioned:
    """A row whose UPDATE names the version it was read at, so that a lost update cannot happen."""

    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


def require_version(row: Versioned, expected: int | None) -> None:
    """Refuse a change made from an outdated form. `None`: the caller read the row itself just now.

    Raises StaleVersion.
    """
    if expected is not None and row.version != expected:
        raise StaleVersion("version.stale", field="version", expected=expected, present=row.version)
