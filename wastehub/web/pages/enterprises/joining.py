"""A firm is enrolled, its particulars change, it leaves and comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ....domain.errors import RuleViolation
from ....services import accounts, enrolment
from ... import words
from ...acting import Act, acting, viewing
from ...context import current_actor, database
from ...form_states import blank, refused, version_of
from ...forms import FormState
from . import drafts, register
from .blueprint import pages

FIRST_ACCOUNT = ("login", "display_name", "password")


def _lists(session: Session) -> dict[str, Any]:
    """What the selects of the form offer."""
    return {
        "towns": [
            (
                words.in_language(county, "name"),
                [(each.code, words.in_language(each, "name")) for each in towns],
            )
            for county, towns in enrolment.places(session)
        ],
        "industries": [
            (each.code, words.in_language(each, "name")) for each in enrolment.industries(session)
        ],
        "classes": [(key, words.MANAGEMENT_CLASSES[key]) for key in enrolment.MANAGEMENT_CLASSES],
        "kinds": [(key, words.STORAGE_KINDS[key]) for key in enrolment.STORAGE_KINDS],
    }


def _typed(session: Session) -> enrolment.FirmDraft:
    """The firm of the form; its county is that of the town."""
    town_code = request.form.get("town_code", "")
    counties = (
        county.code
        for county, towns in enrolment.places(session)
        if any(each.code == town_code for each in towns)
    )
    return drafts.draft_of(request.form, county_code=next(counties, ""))


def _new_page(session: Session, form: FormState) -> str:
    return render_template("enterprises/new_enterprise.html", form=form, lists=_lists(session))


@pages.get("/new")
@viewing("organisation.manage")
def new_enterprise(act: Act) -> str:
    return _new_page(act.session, blank({"open_from": drafts.OPENS, "open_to": drafts.CLOSES}))


def _new_refused(violation: RuleViolation) -> str:
    with database().reading() as session:
        return _new_page(session, refused(request.form, drafts.at_inputs(violation)))


@pages.post("/new")
@acting("organisation.manage", on_violation=_new_refused)
def new_enterprise_submit(act: Act) -> Any:
    """The firm and, if one was typed, its first account: both or neither."""
    [firm] = enrolment.enrol(act.session, actor=act.actor, firms=[_typed(act.session)], now=act.now)
    if any(request.form.get(name) for name in FIRST_ACCOUNT):
        _add_account(act, firm.id)
    flash(_("%(name)s 已入网。接下来由其收集平台登记合同和管理计划。", name=firm.name), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=firm.id))


def _add_account(act: Act, organisation_id: UUID) -> str:
    made = accounts.create_user(
        act.session,
        actor=act.actor,
        login=request.form.get("login", ""),
        display_name=request.form.get("display_name", ""),
        password=request.form.get("password", ""),
        role="enterprise",
        organisation_id=organisation_id,
        now=act.now,
    )
    return made.login


def _edit_page(session: Session, organisation_id: UUID, form: FormState | None = None) -> str:
    firm = enrolment.enterprise(session, actor=current_actor(), organisation_id=organisation_id)
    return render_template(
        "enterprises/edit_enterprise.html",
        firm=firm,
        form=form or blank(drafts.values_of(firm), version=firm.version),
        lists=_lists(session),
    )


@pages.get("/<uuid:organisation_id>/edit")
@viewing("organisation.manage")
def edit_enterprise(act: Act, organisation_id: UUID) -> str:
    return _edit_page(act.session, organisation_id)


def _edit_refused(violation: RuleViolation, organisation_id: UUID) -> str:
    with database().reading() as session:
        return _edit_page(session, organisation_id, refused(request.form, drafts.at_inputs(violation)))


@pages.post("/<uuid:organisation_id>/edit")
@acting("organisation.manage", on_violation=_edit_refused)
def edit_enterprise_submit(act: Act, organisation_id: UUID) -> Any:
    firm = enrolment.amend(
        act.session,
        actor=act.actor,
        organisation_id=organisation_id,
        draft=_typed(act.session),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("%(name)s 的信息已保存，变更记入账本。", name=firm.name), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=organisation_id))


def _dialog_refused(dialog: str) -> Callable[..., str]:
    """The firm's page again, with the dialog open that was refused."""

    def show(violation: RuleViolation, organisation_id: UUID) -> str:
        return register.page_refused(violation, organisation_id, dialog)

    return show


@pages.post("/<uuid:organisation_id>/active")
@acting("organisation.manage", on_violation=_dialog_refused("active"))
def set_active(act: Act, organisation_id: UUID) -> Any:
    active = request.form.get("active") == "1"
    firm = enrolment.set_active(
        act.session,
        actor=act.actor,
        organisation_id=organisation_id,
        active=active,
        version=version_of(request.form),
        now=act.now,
    )
    flash(
        _("%(name)s 已恢复，可以办理新业务。", name=firm.name)
        if active
        else _("%(name)s 已停用，不能再登记产生和申请收运。", name=firm.name),
        "good",
    )
    return redirect(url_for("enterprises.enterprise", organisation_id=organisation_id))


@pages.post("/<uuid:organisation_id>/accounts")
@acting("user.manage", on_violation=_dialog_refused("new-account"))
def add_account(act: Act, organisation_id: UUID) -> Any:
    login = _add_account(act, organisation_id)
    flash(_("已建立账号 %(login)s。", login=login), "good")
    return redirect(url_for("enterprises.enterprise", organisation_id=organisation_id))
