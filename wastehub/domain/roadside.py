"""Leave to look into a load's papers at the roadside: half an hour, and gone when the crew says so (F22).

A link speaks for one load. Once the load is where it was going, there is nothing to look into any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

VALID_FOR = timedelta(minutes=30)
ALIVE_MAX = 5  # links of one load at a time
OPENINGS_LOGGED_MAX = 200  # of one link: what comes after is shown, but no longer written down

PassVerdict = Literal["shown", "expired", "revoked", "ended"]


def verdict(
    *, expires_at: datetime, revoked_at: datetime | None, now: datetime, under_way: bool = True
) -> PassVerdict:
    """Whether a link still opens. A withdrawn one says so, also after its half hour or its load's way."""
    if revoked_at is not None:
        return "revoked"
    if not under_way:
        return "ended"
    return "shown" if now < expires_at else "expired"
