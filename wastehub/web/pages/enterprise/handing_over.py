"""The firm at its own gate: a one-time code for the driver, a consent for when nobody is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ....domain import calendar
from ....domain.errors import RuleViolation
from ....models import reference
from ....services import handing_over
from ... import formatting
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from . import forms
from .blueprint import pages


@pages.post("/requests/<uuid:request_id>/hand-over-code")
@acting("hand_over.show_code")
def show_code(act: Act, request_id: UUID) -> Any:
    """Draw a code that the firm reads to the driver; the page of the request shows it while it holds."""
    row = handing_over.show_code(act.session, actor=act.actor, request_id=request_id, now=act.now)
    flash(_("交接码已生成，%(at)s 前有效。", at=formatting.at(row.valid_until_at)), "good")
    return redirect(url_for("enterprise.request_detail", request_id=request_id, _anchor="hand-over"))


@pages.get("/consents")
@viewing("hand_over.consent")
def consents(act: Act, violation: RuleViolation | None = None, consent_id: UUID | None = None) -> Any:
    today = calendar.on_date(act.now)
    form = refused(request.form, violation, dialog=request.form.get("dialog", "")) if violation else None
    rows = handing_over.consents(act.session, actor=act.actor)
    return render_template(
        "enterprise/consents.html",
        rows=rows,
        held=next((row for row in rows if row.rule.holds_on(today)), None),
        form=form,
        fresh=blank,
        on=today,
        until_on=today + timedelta(days=180),
        days_max=reference.legal_limit(act.session, "standing_consent_max_days", today),
    )


@pages.post("/consents")
@acting("hand_over.consent", on_violation=consents)
def consent_submit(act: Act) -> Any:
    row = handing_over.give_consent(
        act.session,
        actor=act.actor,
        person_name=request.form.get("person_name", ""),
        person_role=request.form.get("person_role", ""),
        until_on=forms.day("until_on"),
        note=request.form.get("note", ""),
        now=act.now,
    )
    flash(_("授权已登记，到 %(on)s 为止。", on=formatting.on(row.valid_until_on)), "good")
    return redirect(url_for("enterprise.consents"))


@pages.post("/consents/<uuid:consent_id>/withdraw")
@acting("hand_over.consent", on_violation=consents)
def consent_withdraw(act: Act, consent_id: UUID) -> Any:
    handing_over.withdraw_consent(
        act.session, actor=act.actor, consent_id=consent_id, version=forms.version(), now=act.now
    )
    flash(_("授权已收回，从今天起上门要有人确认。"), "good")
    return redirect(url_for("enterprise.consents"))
