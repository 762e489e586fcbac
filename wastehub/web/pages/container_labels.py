"""The label of one container: its codes so far, its prints, a new code, a number of a roll (F23, F26)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ...domain import label_lives as rules
from ...domain import reasons, roles
from ...domain.errors import RuleViolation
from ...services import label_lives, labels
from .. import formatting, label_sealing, label_words, words
from ..acting import Act, acting, viewing
from ..context import current_actor
from ..form_states import blank, refused, version_of
from ..forms import FormState

pages = Blueprint("container_labels", __name__, url_prefix="/container-labels")
pages.record_once(lambda state: words.register(state.app))


@pages.get("/<uuid:container_id>")
@viewing("label.replace")
def detail(act: Act, container_id: UUID, form: FormState | None = None) -> Any:
    row, history = label_lives.history(act.session, actor=act.actor, container_id=container_id)
    state = rules.state_of(row.state, row.prints)
    return render_template(
        "container_labels/detail.html",
        row=row,
        history=history,
        state=label_words.LIFE_STATES[state],
        may_print=row.state in ("registered", "labelled", "stored"),
        may_replace=row.state in rules.REPLACEABLE,
        may_bind=row.state == "registered" and roles.may(act.actor.role, "roll.bind"),
        reprint_reasons=_choices("label_reprint"),
        replace_reasons=_choices("label_replace"),
        form=form,
        fresh=blank,
        own=act.actor.role == "enterprise",
    )


def _choices(catalogue: str) -> list[tuple[str, str]]:
    rows = reasons.CATALOGUES[catalogue].values()
    return [(row.code, words.in_language(row, "name")) for row in rows if row.code != "amended"]


def _again(dialog: str) -> Any:
    def show(violation: RuleViolation, container_id: UUID) -> Any:
        if not roles.may(current_actor().role, "label.replace"):
            raise violation  # the crew binds over the API; this is not its page
        return detail(container_id=container_id, form=refused(request.form, violation, dialog=dialog))

    return show


@pages.post("/<uuid:container_id>/print")
@acting("label.print", on_violation=_again("print"))
def print_again(act: Act, container_id: UUID) -> Any:
    """Count one more print of the same code, with its reason, and go to the paper."""
    label_sealing.announce(act.session, act.now)
    labels.print_labels(
        act.session,
        jobs=[(act.actor, [container_id])],
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    return redirect(url_for("enterprise.label_sheet", c=container_id.hex))


@pages.post("/<uuid:container_id>/replace")
@acting("label.replace", on_violation=_again("replace"))
def replace(act: Act, container_id: UUID) -> Any:
    dead = label_lives.replace_label(
        act.session,
        actor=act.actor,
        container_id=container_id,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=version_of(request.form),
        now=act.now,
    )
    new = formatting.label_code(dead.successor)
    flash(_("已更换为 %(code)s。请打印新标签，撕下旧标签。", code=new), "good")
    return redirect(url_for("container_labels.detail", container_id=container_id))


@pages.post("/<uuid:container_id>/bind")
@acting("roll.bind", on_violation=_again("bind"))
def bind(act: Act, container_id: UUID) -> Any:
    bound = label_lives.bind(
        act.session,
        actor=act.actor,
        roll_code=request.form.get("roll_code", ""),
        container_id=container_id,
        now=act.now,
    )
    flash(_("已绑定预印标签 №%(serial)s，可以申请收运。", serial=bound.serial), "good")
    return redirect(url_for("container_labels.detail", container_id=container_id))
