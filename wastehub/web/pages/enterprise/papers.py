"""Contracts and management plan."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ....domain import calendar, quantities
from ....domain.errors import NotFound, RuleViolation
from ....models import organisations
from ....services import enrolment, stock
from ... import checks
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from . import forms
from .blueprint import named, pages


@pages.get("/contracts")
@viewing("stock.view")
def contracts(act: Act, violation: RuleViolation | None = None) -> Any:
    today = calendar.on_date(act.now)
    form = refused(request.form, violation, dialog=request.form.get("dialog", "")) if violation else None
    view = stock.papers(act.session, actor=act.actor, year=today.year, now=act.now)
    served = organisations.platforms_serving(act.session, view.firm.county_code or "")
    return render_template(
        "enterprise/contracts.html",
        view=view,
        form=form,
        fresh=blank,
        named=named,
        platforms=[(str(row.id), row.short_name) for row in served],
        checks=[point for point in checks.in_words(view.checks) if point["tone"] != "good"],
        on=today,
        year_end=date(today.year, 12, 31),
    )


@pages.post("/contracts")
@acting("contract.sign", on_violation=contracts)
def contract_submit(act: Act) -> Any:
    if act.actor.organisation_id is None:
        raise NotFound("object.not_found")
    draft = enrolment.ContractDraft(
        enterprise_id=act.actor.organisation_id,
        platform_id=forms.one_id(request.form.get("platform_id", ""), field="platform_id"),
        number=request.form.get("number", ""),
        valid_from_on=forms.day("valid_from_on"),
        valid_until_on=forms.day("valid_until_on"),
    )
    [row] = enrolment.sign_contracts(act.session, actor=act.actor, drafts=[draft], now=act.now)
    flash(_("合同 %(number)s 已登记。", number=row.number), "good")
    return redirect(url_for("enterprise.contracts"))


@pages.post("/plan-lines")
@acting("plan_line.register", on_violation=contracts)
def plan_line_submit(act: Act) -> Any:
    """One line of this year's registered plan: the firm copies what the national system confirmed."""
    if act.actor.organisation_id is None:
        raise NotFound("object.not_found")
    year = request.form.get("year", "")
    planned_t = request.form.get("planned_t", "").strip()
    planned_g = quantities.parse_mass_g(
        f"{planned_t} t" if planned_t else "", field="planned_t", max_g=enrolment.PLANNED_MASS_MAX_G
    )
    draft = enrolment.PlanDraft(
        enterprise_id=act.actor.organisation_id,
        year=int(year) if year.isdigit() else 0,
        filing_no=request.form.get("filing_no", ""),
        lines=((request.form.get("waste_code", ""), planned_g, request.form.get("internal_name", "")),),
    )
    try:
        enrolment.register_plans(act.session, actor=act.actor, drafts=[draft], now=act.now)
    except RuleViolation as violation:
        violation.field = violation.field.removeprefix("lines.0.")
        raise
    flash(_("管理计划已登记。"), "good")
    return redirect(url_for("enterprise.contracts"))
