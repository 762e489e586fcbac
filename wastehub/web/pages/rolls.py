"""Rolls of labels printed beforehand 预印标签: who holds which numbers, and the roll as PDF (F23)."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ...domain import roles, roll_codes
from ...domain.errors import InvalidInput
from ...papers import rolls as roll_paper
from ...services import label_lives
from .. import label_words, words
from ..acting import Act, acting, viewing
from ..context import settings
from ..form_states import blank, refused, version_of
from ..forms import FormState

pages = Blueprint("rolls", __name__, url_prefix="/label-rolls")
pages.record_once(lambda state: words.register(state.app))


@pages.get("")
@viewing("roll.view")
def index(act: Act, form: FormState | None = None) -> Any:
    may_hand_out = roles.may(act.actor.role, "roll.hand_out")
    return render_template(
        "rolls/index.html",
        rows=label_lives.rolls(act.session, actor=act.actor),
        states=label_words.ROLL_STATES,
        may_hand_out=may_hand_out,
        firms=label_lives.firms_for_rolls(act.session, actor=act.actor) if may_hand_out else [],
        form=form or blank(),
        most=label_lives.LABELS_PER_ROLL_MAX,
    )


@pages.post("")
@acting(
    "roll.hand_out",
    on_violation=lambda violation: index(form=refused(request.form, violation, dialog="hand-out")),
)
def hand_out(act: Act) -> Any:
    text = request.form.get("labels_wanted", "").strip()
    roll = label_lives.hand_out(
        act.session,
        actor=act.actor,
        enterprise_id=_chosen(request.form.get("enterprise_id", "")),
        labels_wanted=int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0,
        now=act.now,
    )
    flash(_("标签卷 %(number)s 已登记，请打印后发放。", number=roll.roll_no), "good")
    return redirect(url_for("rolls.detail", roll_id=roll.id))


def _chosen(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as nothing:
        raise InvalidInput("choice.missing", field="enterprise_id") from nothing


@pages.get("/<uuid:roll_id>")
@viewing("roll.view")
def detail(act: Act, roll_id: UUID, form: FormState | None = None) -> Any:
    row = label_lives.roll_detail(act.session, actor=act.actor, roll_id=roll_id)
    return render_template(
        "rolls/detail.html",
        roll=row,
        state=label_words.ROLL_STATES[row.state],
        label_states=label_words.ROLL_LABEL_STATES,
        grouped=roll_codes.grouped,
        may_end=roles.may(act.actor.role, "roll.hand_out") and row.state == "handed_out",
        form=form or blank(version=row.version),
    )


@pages.get("/<uuid:roll_id>/labels.pdf")
@viewing("roll.view")
def pdf(act: Act, roll_id: UUID) -> Response:
    """The roll to print: one label to write on for each number."""
    row = label_lives.roll_detail(act.session, actor=act.actor, roll_id=roll_id)
    file = io.BytesIO()
    roll_paper.write(
        file,
        roll_paper.RollPaper(
            roll_no=row.roll_no,
            unit_name=row.enterprise.name,
            contact=" ".join(
                part for part in (row.enterprise.contact_name, row.enterprise.contact_phone) if part
            ),
            labels=tuple(
                roll_paper.RollLabelPaper(label.serial, roll_codes.grouped(label.code), _payload(label.code))
                for label in row.labels
                if label.state != "void"
            ),
        ),
    )
    answer = current_app.response_class(file.getvalue(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{row.roll_no}.pdf"'
    return answer


def _payload(code: str) -> str:
    """Upper case, so that the QR code stays small (alphanumeric mode)."""
    return f"{settings().base_url.rstrip('/')}/p/{code}".upper()


@pages.post("/<uuid:roll_id>/ending")
@acting(
    "roll.hand_out",
    on_violation=lambda violation, roll_id: detail(
        roll_id=roll_id, form=refused(request.form, violation, dialog="end")
    ),
)
def end(act: Act, roll_id: UUID) -> Any:
    row = label_lives.end_roll(
        act.session,
        actor=act.actor,
        roll_id=roll_id,
        outcome=request.form.get("outcome", ""),
        note=request.form.get("note", ""),
        version=version_of(request.form),
        now=act.now,
    )
    said = _("已挂失") if row.state == "lost" else _("已收回")
    flash(_("标签卷 %(number)s：%(state)s，未使用的标签全部作废。", number=row.roll_no, state=said), "good")
    return redirect(url_for("rolls.detail", roll_id=roll_id))
