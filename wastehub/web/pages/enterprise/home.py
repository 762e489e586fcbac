"""What the firm has to do now, and whether its things are in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template

from ....domain import calendar
from ....services import duty, handing_over, statutory, stock
from ....services.planning import forecasts
from ... import checks, loop_words, problem_words
from ...acting import Act, viewing
from .blueprint import pages

# How long the firm is reminded of what a crew left behind.
REFUSALS_SHOWN = timedelta(days=14)


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
        loops=loop_words.todo(act),
        problems=problem_words.todo(act),
        arrivals=duty.firm_arrivals(act.session, actor=act.actor, now=act.now),
        refusals=handing_over.refused_at_gate(
            act.session, actor=act.actor, since_at=act.now - REFUSALS_SHOWN
        ),
        passings=forecasts.for_firm(act.session, actor=act.actor, now=act.now),
    )


@pages.get("/compliance")
@viewing("stock.view")
def compliance(act: Act) -> Any:
    """Store and papers, then ledger and declarations (F16)."""
    firm, found = stock.compliance(act.session, actor=act.actor, now=act.now)
    points: list[checks.Point] = [*found, *statutory.compliance(act.session, actor=act.actor, now=act.now)]
    return render_template(
        "enterprise/compliance.html", firm=firm, checks=checks.in_words(points), worst=checks.worst(points)
    )
