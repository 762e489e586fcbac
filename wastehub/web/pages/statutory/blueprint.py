"""The statutory pages hang here, with what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, after_this_request, current_app, render_template, request, url_for
from flask_babel import gettext as _

from ....models.organisations import Organisation
from ....services import statutory
from ... import statutory_words, words
from ...context import current_actor

pages = Blueprint("statutory", __name__, url_prefix="/statutory")
pages.record_once(lambda state: words.register(state.app))


def asked_unit() -> UUID | None:
    """The unit that the address or the form names; None: the person's own."""
    text = request.values.get("unit", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)  # nobody has it: answered as not found


def show(template: str, unit: Organisation | None = None, **values: Any) -> str:
    """A page about a unit; `of` carries a foreign unit on through every link."""
    actor = current_actor()
    foreign = unit is not None and unit.id != actor.organisation_id
    of = {"unit": unit.id} if foreign and unit is not None else {}
    return render_template(
        template,
        unit=unit,
        of=of,
        foreign=foreign,
        tabs=_tabs(of) if unit is not None else [],
        unit_class=words.MANAGEMENT_CLASSES[statutory.class_of(unit)] if unit is not None else "",
        may_file=actor.role in ("enterprise", "dispatcher", "plant"),
        law_words=statutory_words,
        **values,
    )


def _tabs(of: dict[str, Any]) -> list[dict[str, Any]]:
    shown = (
        ("statutory.index", _("申报")),
        ("statutory.ledger_tables", _("台账表")),
        ("statutory.plan", _("管理计划表")),
        ("statutory.profile", _("单位填报信息")),
        ("statutory.files", _("导出文件")),
    )
    return [
        {"href": url_for(endpoint, **of), "label": label, "active": request.endpoint == endpoint}
        for endpoint, label in shown
    ]


def queue_after_commit(run_id: UUID) -> None:
    """Tell the worker once the transaction is through; a lost message is made up for each minute."""
    enqueue: Callable[[UUID], None] = current_app.extensions["wastehub.enqueue_export"]

    @after_this_request
    def tell_worker(response: Response) -> Response:
        if response.status_code < 400:
            enqueue(run_id)
        return response
