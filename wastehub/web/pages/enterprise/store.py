"""The store: what stands in it, where the rest has gone, one batch, its labels."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, quantities
from ....domain.errors import InvalidInput, NotFound, RuleViolation
from ....models.batches import batch_key
from ....papers.labels import write as write_labels
from ....services import batches, label_templates, labels, photos, stock
from ... import evidence, formatting, label_papers, label_sealing, words
from ...acting import Act, acting, viewing
from ...context import settings
from ...form_states import blank, refused
from ...forms import FormState
from ...listing import Column, read_query
from . import forms
from .blueprint import named, pages

SHEET_MAX = 60
LABEL_FORMATS = {"single": _l("打印：标签机"), "a4": _l("打印：A4 纸")}
FORMAT_COOKIE, YEAR_S = "wastehub-label-format", 365 * 24 * 3600


STOCK_COLUMNS = (
    Column("label_code", _l("容器"), custom=True, value=lambda row: row.label_code),
    Column("waste", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {row.waste_name}"),
    Column("container", _l("包装"), sortable=False, priority=3, value=lambda row: _packing(row)),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("produced_on", _l("产生日期"), "on", priority=2),
    Column("age_days", _l("已存天数"), "number", sortable=False, priority=2),
    Column("due_on", _l("贮存期限"), "on", custom=True),
    Column("step", _l("下一步"), "status", sortable=False, value=lambda row: _step_word(row)),
)


def _packing(row: stock.StockRow) -> str:
    return named(row.container_zh, row.container_en)


def _step_word(row: stock.StockRow) -> tuple[str, Any]:
    if row.step == "print":
        return ("warn", _("打印标签"))
    if row.step == "request":
        return ("neutral", _("可申请收运"))
    return words.of(words.REQUEST_STATES, row.request_state or "")


@pages.get("/stock", endpoint="stock")
@viewing("stock.view")
def stock_list(act: Act) -> Any:
    query = read_query(request.args, STOCK_COLUMNS, filters=("q", "step", "clock"), sort="produced_on")
    rows, count, sums = stock.stock_list(
        act.session,
        actor=act.actor,
        now=act.now,
        sort=query.sort,
        descending=query.descending,
        limit=query.limit,
        offset=query.offset,
        **query.filters,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("stock")
    return render_template(
        "enterprise/stock_list.html",
        listing=listing,
        href=lambda row: url_for("enterprise.batch", batch_id=row.batch_id),
        tone=lambda row: {"warning": "warn", "overdue": "bad"}.get(row.clock, ""),
        form=blank(),
        on=calendar.on_date(act.now),
    )


FATE_COLUMNS = (
    Column("batch_no", _l("产生批次"), "code"),
    Column("waste", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {row.waste_name}"),
    Column("produced_on", _l("产生日期"), "on"),
    Column("declared_g", _l("登记"), "mass", total=True),
    Column("kept_g", _l("本单位贮存"), "mass", total=True),
    Column("moving_g", _l("运输途中"), "mass", total=True),
    Column("platform_g", _l("平台贮存"), "mass", total=True, priority=2),
    Column("plant_g", _l("处置单位"), "mass", total=True, priority=2),
    Column("treated_g", _l("已利用处置"), "mass", total=True),
    Column("difference_g", _l("称重差异"), "mass", sortable=False, priority=3),
)


@pages.get("/fate")
@viewing("stock.view")
def fate(act: Act) -> Any:
    query = read_query(
        request.args, FATE_COLUMNS, filters=("q", "where", "from_on", "until_on"), sort="-produced_on"
    )
    rows, count, sums = stock.fate_list(
        act.session,
        actor=act.actor,
        sort=query.sort,
        descending=query.descending,
        limit=query.limit,
        offset=query.offset,
        **query.filters,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("fate")
    return render_template(
        "enterprise/fate.html",
        listing=listing,
        sums=sums,
        href=lambda row: url_for("enterprise.batch", batch_id=row.id),
    )


@pages.get("/batches/<uuid:batch_id>")
@viewing("stock.view")
def batch(act: Act, batch_id: UUID, form: FormState | None = None) -> Any:
    view = stock.batch_view(act.session, actor=act.actor, batch_id=batch_id, now=act.now)
    return render_template(
        "enterprise/batch.html",
        view=view,
        batch=view.batch,
        form=form,
        fate=forms.fate_rows(view),
        events=forms.events(view.entries, view.places, batch=batch_key(view.batch.enterprise, view.batch)),
        steps=forms.chain(view),
        photos=evidence.shown(photos.taken(act.session, actor=act.actor, batch_id=batch_id)),
        named=named,
        on=calendar.on_date(act.now),
        fresh=blank,
    )


def _batch_again(violation: RuleViolation, container_id: UUID) -> Any:
    """The batch's page again with the dialog open that was refused."""
    batch_id = request.form.get("batch_id", "")
    try:
        shown = UUID(batch_id)
    except ValueError as nowhere:
        raise violation from nowhere
    act_word = "amend" if request.path.endswith("/amend") else "void"
    return batch(batch_id=shown, form=refused(request.form, violation, dialog=f"{act_word}-{container_id}"))


@pages.post("/containers/<uuid:container_id>/amend")
@acting("batch.amend", on_violation=_batch_again)
def amend_container(act: Act, container_id: UUID) -> Any:
    row = batches.amend_mass(
        act.session,
        actor=act.actor,
        container_id=container_id,
        mass_g=quantities.parse_mass_g(request.form.get("mass_kg", "")),
        reason=request.form.get("reason", ""),
        version=forms.version(),
        now=act.now,
    )
    flash(_("重量已更正为 %(mass)s。原标签作废，请重新打印。", mass=formatting.mass(row.mass_g)), "good")
    return redirect(url_for("enterprise.batch", batch_id=row.batch_id))


@pages.post("/containers/<uuid:container_id>/void")
@acting("batch.void", on_violation=_batch_again)
def void_container(act: Act, container_id: UUID) -> Any:
    row = batches.void_container(
        act.session,
        actor=act.actor,
        container_id=container_id,
        reason=request.form.get("reason", ""),
        version=forms.version(),
        now=act.now,
    )
    flash(_("标签 …%(tail)s 已作废，该编码不再使用。", tail=row.label_code[-3:]), "good")
    return redirect(url_for("enterprise.batch", batch_id=row.batch_id))


@pages.post("/labels")
@acting("label.print")
def print_labels(act: Act) -> Any:
    """Count the chosen labels as printed and show them on paper."""
    ids = forms.chosen_ids("container_ids")
    if len(ids) > SHEET_MAX:
        raise InvalidInput("label.too_many", field="container_ids", given=len(ids), most=SHEET_MAX)
    label_sealing.announce(act.session, act.now)
    reason = request.form.get("reason", "")
    rows = labels.print_labels(act.session, jobs=[(act.actor, ids)], reason=reason, now=act.now)
    return redirect(url_for("enterprise.label_sheet", c=",".join(row.id.hex for row in rows)))


@pages.get("/labels")
@viewing("label.print")
def label_sheet(act: Act) -> Any:
    """The labels on the screen as they will be, and the ways to put them on paper."""
    fields = _chosen_labels(act)
    template = label_templates.in_force(act.session, on=calendar.on_date(act.now))
    sheets, problems = label_papers.shown(fields, template=template, payload=label_sealing.payload)
    back = url_for("enterprise.stock") if act.actor.role == "enterprise" else url_for("account.home")
    return render_template(
        "enterprise/label_sheet.html",
        sheets=sheets,
        problems=problems,
        chosen=request.args.get("c", ""),
        formats=LABEL_FORMATS,
        format=_label_format(),
        back_href=back,
    )


@pages.get("/labels.pdf")
@viewing("label.print")
def label_pdf(act: Act) -> Any:
    """The same labels at their exact size: a page each for a label printer, or A4 sheets with cut marks."""
    format = _label_format()
    template = label_templates.in_force(act.session, on=calendar.on_date(act.now))
    papers = label_papers.papers(
        _chosen_labels(act), template=template, sealer=label_sealing.ready(), base_url=settings().base_url
    )
    file = BytesIO()
    write_labels(file, papers, format=format)
    answer = Response(file.getvalue(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="labels-{calendar.on_date(act.now)}.pdf"'
    answer.set_cookie(
        FORMAT_COOKIE, format, max_age=YEAR_S, httponly=True, samesite="Lax", secure=settings().secure_cookies
    )
    return answer


def _label_format() -> str:
    """What was chosen now, else what was chosen last on this computer."""
    for given in (request.args.get("format"), request.cookies.get(FORMAT_COOKIE)):
        if given in LABEL_FORMATS:
            return str(given)
    return "single"


def _chosen_labels(act: Act) -> list[labels.LabelFields]:
    ids = [forms.one_id(text) for text in request.args.get("c", "").split(",")[:SHEET_MAX] if text]
    fields = labels.label_sheet(act.session, actor=act.actor, container_ids=ids)
    if not fields:
        raise NotFound("object.not_found")
    return fields
