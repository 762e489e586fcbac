"""Registering a batch: the form, its suggestions, its rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ....domain import calendar
from ....domain.errors import InvalidInput, RuleViolation
from ....models import organisations, reference
from ....models.reference import WasteCode
from ....services import batches, stock
from ... import words
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from ...forms import FormState
from . import forms
from .blueprint import named, pages


@pages.get("/batches/new")
@viewing("batch.register")
def register_batch(act: Act, violation: RuleViolation | None = None) -> Any:
    if violation is not None:
        form = refused(forms.in_rows(request.form), violation)
    else:
        form = blank(
            _copied(act) or {"produced_on": calendar.on_date(act.now).isoformat(), "basis": "estimated"}
        )
    code = form.value("waste_code")
    row = act.session.get(WasteCode, code) if code else None
    return render_template(
        "enterprise/register_batch.html",
        form=form,
        waste=row,
        rows=range(max(3, forms.row_count(form.values))),
        container_types=_container_options(act),
        on=calendar.on_date(act.now),
    )


def _copied(act: Act) -> dict[str, str]:
    """The values of an earlier batch: the same waste again in two taps (`?like=<batch>`)."""
    try:
        like = UUID(request.args.get("like", ""))
    except ValueError:
        return {}
    view = stock.batch_view(act.session, actor=act.actor, batch_id=like, now=act.now)
    batch = view.batch
    values = {
        name: getattr(batch, name)
        for name in ("waste_code", "internal_name", "form", "basis", "main_components", "harmful_components")
    }
    for index, row in enumerate(batch.containers):
        values[f"containers.{index}.container_type"] = row.container_type
    return values | {"produced_on": calendar.on_date(act.now).isoformat()}


def _container_options(act: Act) -> list[tuple[str, str]]:
    types = reference.container_types(act.session, calendar.on_date(act.now))
    return [(code, named(row.name_zh, row.name_en)) for code, row in types.items()]


@pages.post("/batches")
@acting("batch.register", on_violation=register_batch)
def register_batch_submit(act: Act) -> Any:
    draft = forms.batch_draft(act, forms.in_rows(request.form))
    [batch] = batches.register(act.session, drafts=[draft], now=act.now)
    flash(_("已登记批次 %(number)s。请打印标签并贴在容器上。", number=batch.batch_no), "good")
    return redirect(url_for("enterprise.batch", batch_id=batch.id))


@pages.get("/batches/new/row")
@viewing("batch.register")
def container_row(act: Act) -> Any:
    """One more row of the form, asked for by the button below the rows."""
    index = request.args.get("index", 0, type=int)
    if not 0 <= index < batches.CONTAINERS_MAX:
        raise InvalidInput("batch.too_many_containers", given=index + 1, most=batches.CONTAINERS_MAX)
    return render_template(
        "enterprise/_container_row.html",
        form=FormState(),
        index=index,
        container_types=_container_options(act),
    )


@pages.get("/waste-codes")
@viewing("reference.view")
def waste_codes(act: Act) -> Any:
    """Suggestions while one types a code, a name, initials of the pinyin or a trade name."""
    found = reference.search_waste_codes(
        act.session, request.args.get("q", "")[:60], 12, on=calendar.on_date(act.now)
    )
    return jsonify(
        [
            {
                "value": row.code,
                "text": named(row.name_zh, row.name_en),
                "detail": f"{row.category_code} · {words.hazards(row.hazards)}",
            }
            for row in found
        ]
    )


@pages.get("/waste-codes/facts")
@viewing("batch.register")
def waste_facts(act: Act) -> Any:
    """What the catalogue says about the chosen code, and whether the firm's plan has it."""
    row = act.session.get(WasteCode, request.args.get("waste_code", ""))
    year = calendar.on_date(act.now).year
    planned: set[str] = set()
    if act.actor.organisation_id is not None:
        planned = organisations.planned_codes(
            act.session, enterprise_ids=[act.actor.organisation_id], year=year
        ).get(act.actor.organisation_id, set())
    return render_template(
        "enterprise/_waste_facts.html", waste=row, planned=row is not None and row.code in planned, year=year
    )
