"""Gates that were left loaded although nobody of the firm confirmed: what the office has to follow up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ....domain import calendar
from ....services import handing_over
from ...acting import Act, viewing
from .blueprint import pages, show

DAYS = 30


@pages.get("/unconfirmed")
@viewing("hand_over.view")
def unconfirmed(act: Act) -> Any:
    """The stops of the last days, the newest first."""
    since_on = calendar.on_date(act.now) - timedelta(days=DAYS)
    rows = handing_over.unconfirmed_stops(act.session, actor=act.actor, since_on=since_on)
    return show("dispatcher/unconfirmed.html", rows=rows, days=DAYS)
