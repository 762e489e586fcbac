"""The only read of the system clock: edges ask here and pass `now` down."""

from datetime import UTC, datetime


def now_utc() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
