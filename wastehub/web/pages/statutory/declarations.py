"""Declarations: what is due, the pre-filled tables, filing, receipts; who may declare for a firm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from ....domain.errors import InvalidInput, RuleViolation
from ....domain.statutory import periods
from ....domain.statutory.sheets import printed
from ....services import statutory
from ... import checks, statutory_words
from ...acting import Act, acting, viewing
from ...form_states import blank, refused, version_of
from .blueprint import asked_unit, pages, show

SHOWN_ROWS = 200


@pages.get("/")
@viewing("declaration.view")
def index(act: Act, violation: RuleViolation | None = None) -> Any:
    """What the unit has declared and still has to declare."""
    unit, rows = statutory.period_rows(
        act.session, actor=act.actor, organisation_id=asked_unit(), now=act.now
    )
    asked = act.actor.role == "enterprise"
    delegation, platform, choices = (
        statutory.delegation_of(act.session, actor=act.actor, now=act.now) if asked else (None, None, [])
    )
    waiting = [row for row in rows if row.newest is None]
    return show(
        "statutory/index.html",
        unit,
        rows=rows,
        late=[row for row in waiting if row.state == "late"],
        following=min(waiting, key=lambda row: row.due_on) if waiting else None,
        filed=sum(row.newest is not None for row in rows),
        delegation=delegation,
        platform=platform,
        choices=[(str(each.id), each.name) for each in choices],
        form=refused(request.form, violation) if violation else blank(),
    )


@pages.get("/periods/<period>")
@viewing("declaration.view")
def declare(act: Act, period: str, violation: RuleViolation | None = None) -> Any:
    """A declaration before it is filed: the sums, what is missing or odd, the tables, the editions."""
    draft = statutory.prepare(
        act.session, actor=act.actor, period=period, organisation_id=asked_unit(), now=act.now
    )
    return show(
        "statutory/declare.html",
        draft.unit,
        draft=draft,
        sheets=[(sheet, list(printed(sheet))[:SHOWN_ROWS]) for sheet in draft.sheets],
        points=checks.in_words(draft.points),
        editions=statutory.editions(act.session, unit=draft.unit, period=draft.period.key),
        form=refused(request.form, violation) if violation else blank(),
    )


@pages.post("/periods/<period>")
@acting("declaration.file", on_violation=lambda violation, period: declare(period, violation))
def file_declaration(act: Act, period: str) -> Any:
    row = statutory.file(
        act.session,
        actor=act.actor,
        period=period,
        seen_sha256=request.form.get("seen_sha256", ""),
        note=request.form.get("note", ""),
        organisation_id=asked_unit(),
        now=act.now,
    )
    name = statutory_words.period_name(periods.parse(row.period))
    flash(_("%(period)s的申报已提交（第 %(edition)s 版）。", period=name, edition=row.edition), "good")
    return redirect(url_for("statutory.declaration", declaration_id=row.id))


@pages.get("/declarations/<uuid:declaration_id>")
@viewing("declaration.view")
def declaration(act: Act, declaration_id: UUID, violation: RuleViolation | None = None) -> Any:
    """One edition as it was filed."""
    unit, row = statutory.declaration(act.session, actor=act.actor, declaration_id=declaration_id)
    return show(
        "statutory/declaration.html",
        unit,
        row=row,
        period=periods.parse(row.period),
        sheets=[(sheet, list(printed(sheet))[:SHOWN_ROWS]) for sheet in statutory.read(row.content)],
        editions=statutory.editions(act.session, unit=unit, period=row.period),
        form=refused(request.form, violation) if violation else blank(version=row.version),
    )


@pages.post("/declarations/<uuid:declaration_id>/receipt")
@acting(
    "declaration.file", on_violation=lambda violation, declaration_id: declaration(declaration_id, violation)
)
def enter_receipt(act: Act, declaration_id: UUID) -> Any:
    row = statutory.enter_receipt(
        act.session,
        actor=act.actor,
        declaration_id=declaration_id,
        receipt_no=request.form.get("receipt_no", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("回执编号 %(number)s 已登记。", number=row.receipt_no), "good")
    return redirect(url_for("statutory.declaration", declaration_id=row.id))


@pages.post("/delegation")
@acting("declaration.delegate", on_violation=lambda violation: index(violation))
def delegate(act: Act) -> Any:
    try:
        platform_id = UUID(request.form.get("platform_id", ""))
    except ValueError as wrong:
        raise InvalidInput("text.missing", field="platform_id") from wrong
    statutory.delegate(act.session, actor=act.actor, platform_id=platform_id, now=act.now)
    flash(_("已委托收集平台代为申报；随时可以终止。"), "good")
    return redirect(url_for("statutory.index"))


@pages.post("/delegation/end")
@acting("declaration.delegate", on_violation=lambda violation: index(violation))
def end_delegation(act: Act) -> Any:
    statutory.end_delegation(act.session, actor=act.actor, now=act.now)
    flash(_("委托申报已终止；已提交的申报不变。"), "good")
    return redirect(url_for("statutory.index"))
