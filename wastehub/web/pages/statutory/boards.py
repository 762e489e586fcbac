"""Who has declared: a platform's delegating firms, and for supervision every unit by county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar
from ....domain.errors import RuleViolation
from ....services import statutory
from ... import statutory_words, words
from ...acting import Act, viewing
from ...explanations import explain
from ...listing import Column, read_query
from ...locale import select_locale
from .blueprint import pages

COLUMNS = (
    Column("name", _l("单位"), value=lambda row: row.unit.name),
    Column(
        "code", _l("统一社会信用代码"), "code", value=lambda row: row.unit.code, sortable=False, priority=2
    ),
    Column(
        "class",
        _l("管理类别"),
        value=lambda row: words.MANAGEMENT_CLASSES[row.management_class],
        sortable=False,
        priority=3,
    ),
    Column("county", _l("县（市、区）"), value=lambda row: row.unit.county_code, custom=True, priority=2),
    Column("due_on", _l("期限"), "on", sortable=False, priority=2),
    Column(
        "filed_at",
        _l("申报时间"),
        "at",
        custom=True,
        value=lambda row: row.newest.filed_at if row.newest else None,
    ),
    Column(
        "receipt_no",
        _l("回执编号"),
        value=lambda row: row.newest.receipt_no if row.newest else "",
        sortable=False,
        priority=3,
    ),
    Column("state", _l("状态"), "status", value=lambda row: statutory_words.PERIOD_STATES[row.state]),
)


@pages.get("/supervision")
@viewing("county.view")
def supervision(act: Act) -> Any:
    """Who filed, who is late, by county and unit."""
    today = calendar.on_date(act.now)
    query = read_query(
        request.args, COLUMNS, filters=("q", "period", "county", "state"), sort="state", page_size=50
    )
    asked = query.filters["period"]
    chosen = asked or statutory.newest_period(act.session, actor=act.actor, today=today).key
    wanted = {name: query.filters[name] for name in ("county", "state")}
    try:
        rows, count, sums, counties = statutory.supervision(
            act.session,
            actor=act.actor,
            period=chosen,
            text=query.filters["q"],
            now=act.now,
            **wanted,
            **query.window,
        )
    except RuleViolation as wrong:
        flash(explain(wrong).message, "bad")
        rows, count, sums, counties = [], 0, {}, []
    listing = query.show(rows, count=count, sums=sums)
    names = {row.code: row.name_en if select_locale() == "en" else row.name_zh for row in counties}
    if query.export:
        told = replace(query, columns=_told(names)).show(rows, count=count, sums=sums)
        return told.export(f"declarations-{chosen}")
    return render_template(
        "statutory/supervision.html",
        listing=listing,
        counties=counties,
        county_names=names,
        chosen=chosen,
        period_choices=_period_choices(today),
        county_choices=[("", _("全部")), *names.items()],
        state_choices=[("", _("全部")), *((k, w) for k, (_t, w) in statutory_words.PERIOD_STATES.items())],
        href=lambda row: url_for("statutory.declare", period=row.period.key, unit=row.unit.id),
        law_words=statutory_words,
    )


def _told(names: Mapping[str, str]) -> list[Column]:
    """The columns of a file: it says the names of counties, as the page does."""
    county = Column("county", _l("县（市、区）"), value=lambda row: names.get(row.unit.county_code, "—"))
    return [county if column.key == "county" else column for column in COLUMNS]


def _period_choices(today: date) -> list[tuple[str, str]]:
    return [(each.key, statutory_words.period_name(each)) for each in statutory.recent_periods(today)]


@pages.get("/firms")
@viewing("declaration.collect")
def firms(act: Act) -> Any:
    """The firms that let this platform declare for them, with what is due."""
    rows = statutory.firms_board(act.session, actor=act.actor, now=act.now)
    delegating = statutory.delegating_firms(act.session, actor=act.actor)
    return render_template(
        "statutory/firms.html",
        rows=rows,
        delegating=delegating,
        law_words=statutory_words,
    )
