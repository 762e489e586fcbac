"""Leave to look into a load's papers at the roadside: half an hour, and gone when the crew says so (F22)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

VALID_FOR = timedelta(minutes=30)
ALIVE_MAX = 5  # links of one round at a time
OPENINGS_LOGGED_MAX = 200  # of one link: what comes after is shown, but no longer written down

PassVerdict = Literal["shown", "expired", "revoked"]


def verdict(*, expires_at: datetime, revoked_at: datetime | None, now: datetime) -> PassVerdict:
    """Whether a link still opens. A withdrawn one says so, also after its half hour."""
    if revoked_at is not None:
        return "revoked"
    return "shown" if now < expires_at else "expired"
