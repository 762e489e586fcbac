"""The plant: what to do now, lots that come, receive one, treat, and what was treated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, receiving
from ....domain.errors import Conflict, NotFound, RuleViolation
from ....models.scales import scales_of
from ....services import lot_boards, manifests, treatment_boards
from ....services import treatments as plant_acts
from ....services.treatments import LotReception, TreatmentRun
from ... import loop_words, problem_words, store_words
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from ...listing import Column, read_query
from .blueprint import (
    LOT_STATES,
    day_asked,
    decisions_of,
    gate_reasons,
    id_of,
    ids_of,
    mass_of,
    named,
    pages,
    refused_rows,
    show,
)


@pages.get("/plant")
@viewing("treatment.record")
def plant_home(act: Act) -> str:
    today = calendar.on_date(act.now)
    coming, count, _sums = lot_boards.lots(
        act.session, actor=act.actor, state="shipped", sort="shipped_at", descending=False, limit=5
    )
    return show(
        "facility/plant_home.html",
        board=treatment_boards.plant_board(act.session, actor=act.actor, today=today),
        coming=coming,
        coming_count=count,
        on=today,
        loops=loop_words.todo(act),
        problems=problem_words.todo(act),
        store=store_words.todo(act),
        papers=manifests.waiting(act.session, actor=act.actor, today=today),
        lot_href=lambda row: url_for("facility.receive_lot", lot_id=row.id),
    )


PLANT_LOT_COLUMNS = (
    Column("lot_no", _l("出库批次"), "code"),
    Column("state", _l("状态"), "status", value=lambda row: _arriving(row.state), sortable=False),
    Column("waste_code", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {named(row.waste)}"),
    Column("platform", _l("移出平台")),
    Column("method", _l("方式"), "code", sortable=False, priority=2),
    Column("containers", _l("容器"), "number", total=True),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("shipped_at", _l("发运时间"), "at"),
    Column("received_at", _l("接收时间"), "at", priority=2),
)


def _arriving(state: str) -> tuple[str, Any]:
    return ("warn", _l("待接收")) if state == "shipped" else LOT_STATES[state]


@pages.get("/plant/lots")
@viewing("lot.receive")
def plant_lots(act: Act) -> Any:
    query = read_query(request.args, PLANT_LOT_COLUMNS, filters=("q", "state"), sort="-shipped_at")
    state = query.filters["state"]
    rows, count, sums = lot_boards.lots(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        state=state if state in ("shipped", "received") else "",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("arrivals")
    return show("facility/plant_lots.html", listing=listing, lot_href=_lot_href)


def _lot_href(row: Any) -> str:
    view = "receive_lot" if row.state == "shipped" else "lot"
    return url_for(f"facility.{view}", lot_id=row.id)


@pages.get("/plant/lots/<uuid:lot_id>/receive")
@viewing("lot.receive")
def receive_lot(act: Act, lot_id: UUID, violation: RuleViolation | None = None) -> Any:
    board = lot_boards.lot_board(act.session, actor=act.actor, lot_id=lot_id)
    act.actor.require_own(board.lot.plant_id)
    if board.lot.state != "shipped" and violation is None:
        return redirect(url_for("facility.lot", lot_id=lot_id))
    return show(
        "facility/receive_lot.html",
        board=board,
        form=blank() if violation is None else refused_rows(violation),
        reasons=gate_reasons(),
        scales=scales_of(act.session, [board.lot.plant_id])[board.lot.plant_id],
        gate=lot_boards.gate_items(act.session, board=board, on=calendar.on_date(act.now)),
    )


@pages.post("/plant/lots/<uuid:lot_id>/receive")
@acting("lot.receive", on_violation=lambda violation, lot_id: receive_lot(lot_id, violation))
def receive_lot_submit(act: Act, lot_id: UUID) -> Any:
    """One reading for the lot (then only refusals are named), or a mass for each container."""
    total_g = mass_of("total_kg", max_g=receiving.VEHICLE_MASS_MAX_G)
    decisions, _rows = decisions_of(request.form)
    scale_id = id_of("scale_id") if request.form.get("scale_id") else None
    order = LotReception(act.actor, lot_id, tuple(decisions), total_g, scale_id)
    [row] = plant_acts.receive_lots(act.session, receptions=[order], now=act.now)
    flash(_("接收单 %(number)s 已办结，联单已确认。下一步：登记利用处置。", number=row.reception_no), "good")
    return redirect(url_for("facility.lot", lot_id=lot_id))


TREATMENT_COLUMNS = (
    Column("treatment_no", _l("利用处置批次"), "code"),
    Column("method_code", _l("方式"), custom=True),
    Column("containers", _l("容器"), "number", total=True),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("treated_at", _l("时间"), "at"),
    Column("note", _l("备注"), sortable=False, priority=2),
)


@pages.get("/treatments")
@viewing("treatment.record")
def treatments(act: Act) -> Any:
    query = read_query(
        request.args,
        TREATMENT_COLUMNS,
        filters=("q", "method", "from_on", "until_on"),
        sort="-treated_at",
    )
    rows, count, sums = treatment_boards.treatments(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        method=query.filters["method"],
        from_on=day_asked("from_on"),
        until_on=day_asked("until_on"),
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("treatments")
    board = treatment_boards.plant_board(act.session, actor=act.actor, today=calendar.on_date(act.now))
    return show(
        "facility/treatments.html",
        listing=listing,
        board=board,
        treatment_href=lambda row: url_for("facility.treatment", treatment_id=row.id),
    )


@pages.get("/treatments/new")
@viewing("treatment.record")
def new_treatment(act: Act, violation: RuleViolation | None = None) -> str:
    """First the waste, then method and containers."""
    today = calendar.on_date(act.now)
    board = treatment_boards.plant_board(act.session, actor=act.actor, today=today)
    code = request.values.get("waste_code", "")
    waste = next((row for row in board.waiting if row.waste.code == code), None)
    if code and waste is None and violation is None:
        raise NotFound("object.not_found", field="waste_code")
    rows = (
        treatment_boards.treatable(act.session, actor=act.actor, waste_code=code, today=today) if code else []
    )
    form, chosen = blank(), {str(row.id) for row in rows}
    if violation is not None:
        form, chosen = refused(request.form, violation), set(request.form.getlist("container_ids"))
    return show(
        "facility/new_treatment.html", board=board, waste=waste, rows=rows, form=form, chosen=chosen, on=today
    )


@pages.post("/treatments/new")
@acting("treatment.record", on_violation=lambda violation: new_treatment(violation))
def treat(act: Act) -> Any:
    if act.actor.organisation_id is None:
        raise Conflict("object.not_found")
    run = TreatmentRun(
        actor=act.actor,
        plant_id=act.actor.organisation_id,
        method_code=request.form.get("method_code", ""),
        container_ids=ids_of("container_ids"),
        note=request.form.get("note", ""),
    )
    [made] = plant_acts.treat(act.session, runs=[run], now=act.now)
    flash(_("已登记 %(number)s：每个来源批次的账本已更新。", number=made.treatment_no), "good")
    return redirect(url_for("facility.treatment", treatment_id=made.id))


@pages.get("/treatments/<uuid:treatment_id>")
@viewing("treatment.view")
def treatment(act: Act, treatment_id: UUID) -> str:
    board = treatment_boards.treatment_board(act.session, actor=act.actor, treatment_id=treatment_id)
    return show("facility/treatment.html", board=board, own=act.actor.role == "plant")
