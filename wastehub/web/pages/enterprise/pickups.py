"""Pickup requests: list, form, one request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, reasons, roles
from ....domain.errors import NotFound, RuleViolation
from ....models.requests import PickupRequest
from ....services import duty, handing_over, requests, stock
from ... import checks, formatting, words
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from ...forms import FormState
from ...gate_view import change_teller
from ...listing import Column, read_query
from . import forms
from .blueprint import named, pages

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
        "enterprise/request_list.html",
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
        form = blank({"ready_on": request.args.get("on", "") or tomorrow.isoformat()})
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
        # A day chosen from the forecast is the first day from now on; the due date is not moved by it.
        ready_on=forms.day("wish_on" if request.form.get("wish_on") else "ready_on"),
        windows=forms.windows(),
        urgent=request.form.get("urgency") == "urgent",
        note=request.form.get("note", ""),
    )
    [row] = requests.place(act.session, orders=[order], now=act.now)
    flash(_("申请 %(number)s 已提交，平台将安排车次。", number=row.request_no), "good")
    return redirect(url_for("enterprise.request_detail", request_id=row.id))


@pages.get("/requests/<uuid:request_id>")
@viewing("request.view")
def request_detail(act: Act, request_id: UUID, form: FormState | None = None) -> Any:
    view = requests.view(act.session, actor=act.actor, request_id=request_id)
    sites = {entry.event.site for entry in view.entries}
    return render_template(
        "enterprise/request_detail.html",
        view=view,
        row=view.row,
        form=form,
        fresh=blank,
        named=named,
        mine=act.actor.role in ("enterprise", "dispatcher"),
        reasons=[(code, named(r.name_zh, r.name_en)) for code, r in reasons.CANCELLATION.items()],
        events=forms.events(view.entries, stock.place_names(act.session, sites)),
        steps=forms.request_chain(view),
        total_g=sum(container.mass_g for container in view.containers),
        on=calendar.on_date(act.now),
        arrival=_arrival(act, view.row),
        hand_overs=_hand_overs(act, request_id),
        refusals=_refusals(act, view.row),
        may_show_code=roles.may(act.actor.role, "hand_over.show_code"),
        change_words=change_teller(act),
    )


def _refusals(act: Act, row: PickupRequest) -> list[handing_over.GateRefusal]:
    if not roles.may(act.actor.role, "hand_over.view"):
        return []
    return handing_over.refused_at_gate(
        act.session, actor=act.actor, since_at=row.placed_at, request_id=row.id
    )


def _hand_overs(act: Act, request_id: UUID) -> list[handing_over.FirmStop]:
    """What was confirmed and changed at the gate, for the firm, its platform and supervision."""
    if not roles.may(act.actor.role, "hand_over.view"):
        return []
    return handing_over.firm_stops(act.session, actor=act.actor, request_id=request_id, now=act.now)


def _arrival(act: Act, row: PickupRequest) -> duty.FirmArrival | None:
    """When the vehicle comes today, for the firm and its platform."""
    if act.actor.organisation_id not in (row.enterprise_id, row.platform_id):
        return None
    found = duty.firm_arrivals(act.session, actor=act.actor, now=act.now, request_id=row.id)
    return found[0] if found else None


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
    flash(_("申请 %(number)s 已取消，容器可重新申请。", number=row.request_no), "good")
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
