"""What the firm has to do now, and whether its things are in order."""

from __future__ import annotations

from typing import Any

from flask import render_template

from ....domain import calendar
from ....services import stock
from ....services.planning import forecasts
from ... import checks
from ...acting import Act, viewing
from .blueprint import pages


@pages.get("/")
@viewing("stock.view")
def home(act: Act) -> Any:
    view = stock.overview(act.session, actor=act.actor, now=act.now)
    return render_template(
        "enterprise/home.html",
        view=view,
        # The store's points stand above as things to do.
        checks=[point for point in checks.in_words(view.checks) if point["key"] in checks.PAPERS],
        on=calendar.on_date(act.now),
        passings=forecasts.for_firm(act.session, actor=act.actor, now=act.now),
    )


@pages.get("/compliance")
@viewing("stock.view")
def compliance(act: Act) -> Any:
    firm, found = stock.compliance(act.session, actor=act.actor, now=act.now)
    return render_template(
        "enterprise/compliance.html", firm=firm, checks=checks.in_words(found), worst=stock.worst(found)
    )
