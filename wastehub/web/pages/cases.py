"""Differences that wait for an explanation, and corrections that wait for the other side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ...domain import quantities, reasons, roles
from ...domain.actors import Actor
from ...domain.errors import RuleViolation
from ...services import audits, corrections
from .. import words
from ..acting import Act, acting, viewing
from ..context import current_actor, database
from ..form_states import blank, refused, version_of
from ..forms import FormState
from ..listing import Column

pages = Blueprint("cases", __name__, url_prefix="/cases")
pages.record_once(lambda state: words.register(state.app))

COLUMNS = (
    Column("batch_no", _l("批次"), "code"),
    Column("origin", _l("产废单位"), value=lambda row: row.origin.name),
    Column("unit", _l("称重单位"), value=lambda row: row.unit.name),
    Column("mass_g", _l("差异（多为负）"), "mass", value=lambda row: row.case.mass_g),
    Column("opened_on", _l("发现日期"), "on"),
    Column("due_on", _l("处理期限"), "on"),
)


def _page(session: Session, actor: Actor, form: FormState | None = None) -> str:
    rows = audits.open_cases(session, actor=actor)
    choices = [(r.code, words.in_language(r, "name")) for r in reasons.RESOLUTION.values()]
    proposals = (
        [] if actor.role in ("regulator", "admin") else corrections.corrections_of(session, actor=actor)
    )
    return render_template(
        "cases/index.html",
        rows=rows,
        columns=COLUMNS,
        form=form,
        fresh=blank,
        reasons=choices,
        proposals=proposals,
        own_id=actor.organisation_id,
        may_correct=lambda row: (
            roles.may(actor.role, "correction.propose")
            and row.container.state in corrections.CORRECTABLE
            and actor.organisation_id in (row.origin.id, row.container.holder_id)
        ),
        may_resolve=actor.role in ("dispatcher", "plant"),
    )


@pages.get("/")
@viewing("case.view")
def index(act: Act) -> str:
    return _page(act.session, act.actor)


def _refused(violation: RuleViolation, **_kept: Any) -> str:
    with database().reading() as session:
        form = refused(request.form, violation, dialog=request.form.get("dialog", ""))
        return _page(session, current_actor(), form)


@pages.post("/resolve")
@acting("case.resolve", on_violation=_refused)
def resolve(act: Act) -> Any:
    audits.resolve_case(
        act.session,
        actor=act.actor,
        case_key=request.form.get("case", ""),
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        now=act.now,
    )
    flash(_("差异已处理，并记入账本。"), "good")
    return redirect(url_for("cases.index"))


@pages.post("/corrections/<uuid:container_id>")
@acting("correction.propose", on_violation=_refused)
def propose(act: Act, container_id: UUID) -> Any:
    corrections.propose(
        act.session,
        actor=act.actor,
        container_id=container_id,
        proposed_g=quantities.parse_mass_g(request.form.get("proposed_kg", ""), field="proposed_g"),
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    flash(_("更正已提出，待对方确认；确认之前记录不变。"), "good")
    return redirect(url_for("cases.index"))


@pages.post("/corrections/<uuid:correction_id>/agree")
@acting("correction.agree", on_violation=_refused)
def agree(act: Act, correction_id: UUID) -> Any:
    corrections.agree(
        act.session,
        actor=act.actor,
        correction_id=correction_id,
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("更正已生效：账本增加一条更正记录，原记录保留。"), "good")
    return redirect(url_for("cases.index"))


@pages.post("/corrections/<uuid:correction_id>/decline")
@acting("correction.agree", on_violation=_refused)
def decline(act: Act, correction_id: UUID) -> Any:
    corrections.decline(
        act.session,
        actor=act.actor,
        correction_id=correction_id,
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("已拒绝更正，记录保持不变。"), "info")
    return redirect(url_for("cases.index"))
