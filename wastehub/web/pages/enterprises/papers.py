"""Contract and plan of a firm, entered at its platform's desk (HJ 1259-2022, clause 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from ....domain import quantities
from ....domain.errors import RuleViolation
from ....services import enrolment
from ... import formatting
from ...acting import Act, acting
from ...form_states import version_of
from ..enterprise import forms
from . import register
from .blueprint import pages


def _refused(dialog: str) -> Callable[..., str]:
    def show(violation: RuleViolation, organisation_id: UUID) -> str:
        violation.field = violation.field.removeprefix("lines.0.")
        return register.page_refused(violation, organisation_id, dialog)

    return show


@pages.post("/<uuid:organisation_id>/contracts")
@acting("contract.sign", on_violation=_refused("new-contract"))
def sign_contract(act: Act, organisation_id: UUID) -> Any:
    firm = enrolment.enterprise(act.session, actor=act.actor, organisation_id=organisation_id)
    draft = enrolment.ContractDraft(
        enterprise_id=firm.id,
        platform_id=forms.one_id(request.form.get("platform_id", ""), field="platform_id"),
        number=request.form.get("number", ""),
        valid_from_on=forms.day("valid_from_on"),
        valid_until_on=forms.day("valid_until_on"),
    )
    [row] = enrolment.sign_contracts(act.session, actor=act.actor, drafts=[draft], now=act.now)
    flash(_("合同 %(number)s 已登记。", number=row.number), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=firm.id))


def _end_refused(violation: RuleViolation, organisation_id: UUID, contract_id: UUID) -> str:
    return register.page_refused(violation, organisation_id, f"end-{contract_id}")


@pages.post("/<uuid:organisation_id>/contracts/<uuid:contract_id>/end")
@acting("contract.sign", on_violation=_end_refused)
def end_contract(act: Act, organisation_id: UUID, contract_id: UUID) -> Any:
    row = enrolment.end_contract(
        act.session,
        actor=act.actor,
        contract_id=contract_id,
        ended_on=forms.day("ended_on"),
        reason=request.form.get("reason", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("合同 %(number)s 自 %(on)s 起终止。", number=row.number, on=formatting.on(row.ended_on)), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=organisation_id))


@pages.post("/<uuid:organisation_id>/plan-lines")
@acting("plan_line.register", on_violation=_refused("new-line"))
def add_plan_line(act: Act, organisation_id: UUID) -> Any:
    """One line of a registered plan, as the national system confirmed it."""
    firm = enrolment.enterprise(act.session, actor=act.actor, organisation_id=organisation_id)
    year = request.form.get("year", "")
    planned_t = request.form.get("planned_t", "").strip()
    planned_g = quantities.parse_mass_g(
        f"{planned_t} t" if planned_t else "", field="planned_t", max_g=enrolment.PLANNED_MASS_MAX_G
    )
    draft = enrolment.PlanDraft(
        enterprise_id=firm.id,
        year=int(year) if year.isascii() and year.isdigit() else 0,
        filing_no=request.form.get("filing_no", ""),
        lines=((request.form.get("waste_code", ""), planned_g, request.form.get("internal_name", "")),),
    )
    [plan] = enrolment.register_plans(act.session, actor=act.actor, drafts=[draft], now=act.now)
    flash(_("管理计划已登记。"), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=firm.id, year=plan.year))
