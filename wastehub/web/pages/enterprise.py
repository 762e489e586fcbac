"""The generator's pages: what to do now, register, store, label, request, papers, fate of the waste."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import calendar, quantities, reasons
from ...domain.errors import InvalidInput, NotFound, RuleViolation
from ...models import organisations, reference
from ...models.reference import WasteCode
from ...services import batches, enrolment, labels, requests, stock
from .. import checks, formatting, label_drawing, words
from ..acting import Act, acting, viewing
from ..context import settings
from ..form_states import blank, refused
from ..forms import FormState
from ..listing import Column, read_query
from ..locale import select_locale
from . import enterprise_forms as forms

pages = Blueprint("enterprise", __name__, url_prefix="/enterprise")
pages.record_once(lambda state: words.register(state.app))

SHEET_MAX = 60


def _named(zh: str, en: str) -> str:
    return en if select_locale() == "en" else zh


# --- home -------------------------------------------------------------------------------------------


@pages.get("/")
@viewing("stock.view")
def home(act: Act) -> Any:
    view = stock.overview(act.session, actor=act.actor, now=act.now)
    return render_template(
        "enterprise/home.html",
        view=view,
        # The store's points stand above as things to do.
        checks=[point for point in checks.in_words(view.checks) if point["key"] in checks.PAPERS],
        on=calendar.on_date(act.now),
    )


@pages.get("/compliance")
@viewing("stock.view")
def compliance(act: Act) -> Any:
    firm, found = stock.compliance(act.session, actor=act.actor, now=act.now)
    return render_template(
        "enterprise/compliance.html", firm=firm, checks=checks.in_words(found), worst=stock.worst(found)
    )


# --- registering ------------------------------------------------------------------------------------


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
    return [(code, _named(row.name_zh, row.name_en)) for code, row in types.items()]


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
                "text": _named(row.name_zh, row.name_en),
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


# --- the store --------------------------------------------------------------------------------------

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
    return _named(row.container_zh, row.container_en)


def _step_word(row: stock.StockRow) -> tuple[str, Any]:
    if row.step == "print":
        return ("warn", _("打印标签"))
    if row.step == "request":
        return ("neutral", _("可申请收运"))
    return words.of(words.REQUEST_STATES, row.request_state or "")


@pages.get("/stock", endpoint="stock")
@viewing("stock.view")
def stock_page(act: Act) -> Any:
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
        "enterprise/stock.html",
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


# --- one batch --------------------------------------------------------------------------------------


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
        events=forms.events(view.entries, view.places),
        steps=forms.chain(view),
        named=_named,
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
    flash(_("重量已更正为 %(mass)s。原标签作废,请重新打印。", mass=formatting.mass(row.mass_g)), "good")
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
    flash(_("标签 …%(tail)s 已作废,该编码不再使用。", tail=row.label_code[-3:]), "good")
    return redirect(url_for("enterprise.batch", batch_id=row.batch_id))


# --- labels -----------------------------------------------------------------------------------------


@pages.post("/labels")
@acting("label.print")
def print_labels(act: Act) -> Any:
    """Count the chosen labels as printed and show them on paper."""
    ids = forms.chosen_ids("container_ids")
    if len(ids) > SHEET_MAX:
        raise InvalidInput("label.too_many", field="container_ids", given=len(ids), most=SHEET_MAX)
    rows = labels.print_labels(act.session, jobs=[(act.actor, ids)], now=act.now)
    return redirect(url_for("enterprise.label_sheet", c=",".join(row.id.hex for row in rows), print=1))


@pages.get("/labels")
@viewing("label.print")
def label_sheet(act: Act) -> Any:
    ids = [forms.one_id(text) for text in request.args.get("c", "").split(",")[:SHEET_MAX] if text]
    fields = labels.label_sheet(act.session, actor=act.actor, container_ids=ids)
    if not fields:
        raise NotFound("object.not_found")
    base_url = settings().base_url
    sheets = [
        (row, label_drawing.label_svg(row, payload=label_drawing.payload(base_url, row.label_code)))
        for row in fields
        for _copy in range(row.copies)
    ]
    back = url_for("enterprise.stock") if act.actor.role == "enterprise" else url_for("account.home")
    return render_template("enterprise/labels.html", sheets=sheets, fields=fields, back_href=back)


# --- requests ---------------------------------------------------------------------------------------

REQUEST_COLUMNS = (
    Column("request_no", _l("申请编号"), "code"),
    Column("state", _l("状态"), "status", sortable=False, value=lambda row: _request_word(row)),
    Column("containers", _l("容器"), "number", sortable=False),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("ready_on", _l("可收运日"), "on", priority=2),
    Column("due_on", _l("最迟收运"), "on", custom=True),
    Column("visit", _l("计划上门"), custom=True, sortable=False, value=lambda row: _visit_text(row)),
    Column("placed_at", _l("提交时间"), "at", priority=3),
)


def _request_word(row: requests.RequestRow) -> tuple[str, Any]:
    return words.of(words.REQUEST_STATES, row.state)


def _visit_text(row: requests.RequestRow) -> str:
    return f"{formatting.on(row.service_on)} {formatting.clock(row.arrive_s)}" if row.service_on else ""


@pages.get("/requests", endpoint="requests")
@viewing("request.view")
def request_list(act: Act) -> Any:
    firm = Column("enterprise", _l("产废单位"))
    columns = REQUEST_COLUMNS if act.actor.role == "enterprise" else (*REQUEST_COLUMNS, firm)
    query = read_query(request.args, columns, filters=("q", "state"), sort="-placed_at")
    rows, count, sums = requests.list_requests(
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
        return listing.export("requests")
    return render_template(
        "enterprise/requests.html",
        listing=listing,
        href=lambda row: url_for("enterprise.request_detail", request_id=row.id),
        on=calendar.on_date(act.now),
    )


@pages.get("/requests/new")
@viewing("stock.view")
def request_new(act: Act, violation: RuleViolation | None = None) -> Any:
    rows = stock.requestable(act.session, actor=act.actor, now=act.now)
    if violation is not None:
        if violation.field.startswith("windows"):
            violation.field = "window2" if violation.field == "windows.1" else "window"
        form = refused(request.form, violation)
        chosen = set(request.form.getlist("container_ids"))
    else:
        tomorrow = calendar.on_date(act.now) + timedelta(days=1)
        form = blank({"ready_on": tomorrow.isoformat()})
        asked = [text for text in request.args.get("c", "").split(",") if text]
        chosen = set(asked) or {str(row.container_id) for row in rows}
    view = stock.overview(act.session, actor=act.actor, now=act.now)
    return render_template(
        "enterprise/request_new.html",
        form=form,
        rows=rows,
        chosen=chosen,
        firm=view.firm,
        to_print=view.to_print,
        blocks=[
            point
            for point in checks.in_words(view.checks)
            if point["tone"] == "bad"
            and point["key"] in ("contract_missing", "plan_missing", "codes_not_planned")
        ],
        on=calendar.on_date(act.now),
    )


@pages.post("/requests")
@acting("request.place", on_violation=request_new)
def request_submit(act: Act) -> Any:
    if act.actor.organisation_id is None:
        raise NotFound("object.not_found")
    order = requests.RequestOrder(
        actor=act.actor,
        enterprise_id=act.actor.organisation_id,
        container_ids=tuple(forms.chosen_ids("container_ids")),
        ready_on=forms.day("ready_on"),
        windows=forms.windows(),
        urgent=request.form.get("urgency") == "urgent",
        note=request.form.get("note", ""),
    )
    [row] = requests.place(act.session, orders=[order], now=act.now)
    flash(_("申请 %(number)s 已提交,平台将安排车次。", number=row.request_no), "good")
    return redirect(url_for("enterprise.request_detail", request_id=row.id))


@pages.get("/requests/<uuid:request_id>")
@viewing("request.view")
def request_detail(act: Act, request_id: UUID, form: FormState | None = None) -> Any:
    view = requests.view(act.session, actor=act.actor, request_id=request_id)
    sites = {entry.event.site for entry in view.entries}
    return render_template(
        "enterprise/request.html",
        view=view,
        row=view.row,
        form=form,
        fresh=blank,
        named=_named,
        mine=act.actor.role in ("enterprise", "dispatcher"),
        reasons=[(code, _named(r.name_zh, r.name_en)) for code, r in reasons.CANCELLATION.items()],
        events=forms.events(view.entries, stock.place_names(act.session, sites)),
        steps=forms.request_chain(view),
        total_g=sum(container.mass_g for container in view.containers),
        on=calendar.on_date(act.now),
    )


def _request_again(violation: RuleViolation, request_id: UUID) -> Any:
    dialog = "cancel" if request.path.endswith("/cancel") else "reschedule"
    if violation.field.startswith("windows"):
        violation.field = "window"
    return request_detail(request_id=request_id, form=refused(request.form, violation, dialog=dialog))


@pages.post("/requests/<uuid:request_id>/cancel")
@acting("request.cancel", on_violation=_request_again)
def request_cancel(act: Act, request_id: UUID) -> Any:
    row = requests.cancel(
        act.session,
        actor=act.actor,
        request_id=request_id,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=forms.version(),
        now=act.now,
    )
    flash(_("申请 %(number)s 已取消,容器可重新申请。", number=row.request_no), "good")
    return redirect(url_for("enterprise.request_detail", request_id=row.id))


@pages.post("/requests/<uuid:request_id>/reschedule")
@acting("request.place", on_violation=_request_again)
def request_reschedule(act: Act, request_id: UUID) -> Any:
    row = requests.reschedule(
        act.session,
        actor=act.actor,
        request_id=request_id,
        ready_on=forms.day("ready_on"),
        windows=forms.windows(),
        version=forms.version(),
        now=act.now,
    )
    flash(_("申请 %(number)s 已改期到 %(on)s。", number=row.request_no, on=row.ready_on), "good")
    return redirect(url_for("enterprise.request_detail", request_id=row.id))


# --- papers -----------------------------------------------------------------------------------------


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
        named=_named,
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
    planned_g = quantities.parse_mass_g(
        f"{request.form.get('planned_t', '')} t", field="planned_t", max_g=enrolment.PLANNED_MASS_MAX_G
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
