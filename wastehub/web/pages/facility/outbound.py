"""Outbound lots: list, put a new one together, pack and unpack, ship, cancel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, waybills
from ....domain.errors import RuleViolation
from ....services import lot_boards, roadside
from ....services import lots as lot_acts
from ....services.lots import LotDraft, Shipment
from ...acting import Act, acting, viewing
from ...form_states import blank, refused
from ...listing import Column, read_query
from ..roadside_codes import shown_links
from .blueprint import LOT_STATES, id_of, ids_of, named, pages, show, uuid_of, version

LOT_COLUMNS = (
    Column("lot_no", _l("出库批次"), "code"),
    Column("state", _l("状态"), "status", value=lambda row: LOT_STATES[row.state], sortable=False),
    Column("waste_code", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {named(row.waste)}"),
    Column("plant", _l("利用处置单位")),
    Column("method", _l("方式"), "code", sortable=False, priority=2),
    Column("containers", _l("容器"), "number", total=True),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("opened_at", _l("建立时间"), "at", priority=2),
    Column("shipped_at", _l("发运时间"), "at", priority=2),
    Column("received_at", _l("接收时间"), "at", priority=3),
)


@pages.get("/lots")
@viewing("lot.create")
def lots(act: Act) -> Any:
    query = read_query(request.args, LOT_COLUMNS, filters=("q", "state"), sort="-opened_at")
    state = query.filters["state"]
    rows, count, sums = lot_boards.lots(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        state=state if state in LOT_STATES else "",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("lots")
    return show(
        "facility/lots.html",
        listing=listing,
        todo=lot_boards.counts(act.session, actor=act.actor),
        lot_href=lambda row: url_for("facility.lot", lot_id=row.id),
    )


@pages.get("/lots/new")
@viewing("lot.create")
def new_lot(act: Act, violation: RuleViolation | None = None) -> str:
    """First the waste, then plant and containers."""
    on = calendar.on_date(act.now)
    code = request.values.get("waste_code", "")
    if not code:
        codes = lot_boards.codes_in_store(act.session, actor=act.actor, on=on)
        return show("facility/new_lot.html", codes=codes, board=None, form=blank(), on=on)
    board = lot_boards.new_lot(act.session, actor=act.actor, waste_code=code, on=on)
    chosen = {str(row.id) for row in board.containers[: lot_acts.CONTAINERS_MAX]}
    form = blank()
    if violation is not None:
        form, chosen = refused(request.form, violation), set(request.form.getlist("container_ids"))
    return show("facility/new_lot.html", codes=[], board=board, form=form, chosen=chosen, on=on)


@pages.post("/lots/new")
@acting("lot.create", on_violation=lambda violation: new_lot(violation))
def open_lot(act: Act) -> Any:
    assert act.actor.organisation_id is not None, "a dispatcher without a platform"
    plant, _sep, method = request.form.get("plant_method", "").partition("/")
    draft = LotDraft(
        actor=act.actor,
        platform_id=act.actor.organisation_id,
        plant_id=uuid_of(plant, "plant_method"),
        waste_code=request.form.get("waste_code", ""),
        container_ids=ids_of("container_ids"),
        planned_method=method,
    )
    [lot_row] = lot_acts.open_lots(act.session, drafts=[draft], now=act.now)
    flash(_("出库批次 %(number)s 已建立。下一步：安排车辆发运。", number=lot_row.lot_no), "good")
    return redirect(url_for("facility.lot", lot_id=lot_row.id))


@pages.get("/lots/<uuid:lot_id>")
@viewing("lot.view")
def lot(act: Act, lot_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    on = calendar.on_date(act.now)
    board = lot_boards.lot_board(act.session, actor=act.actor, lot_id=lot_id)
    editable = act.actor.role == "dispatcher" and board.lot.state == "open"
    form = blank(version=board.lot.version)
    if violation is not None:
        form = refused(request.form, violation, dialog=dialog)
    may_show = roadside.may_show_lot(act.actor, board.lot, (board.driver, board.escort))
    return show(
        "facility/lot.html",
        board=board,
        form=form,
        editable=editable,
        choices=lot_boards.shipping_choices(act.session, actor=act.actor, board=board, on=on)
        if editable
        else None,
        free=lot_boards.new_lot(act.session, actor=act.actor, waste_code=board.lot.waste_code, on=on)
        if editable
        else None,
        may_receive=act.actor.role == "plant" and board.lot.state == "shipped",
        role=act.actor.role,
        on=on,
        checks=list(waybills.CHECKS.values()),
        may_show=may_show,
        passes=_passes(act, lot_id) if may_show else [],
    )


def _passes(act: Act, lot_id: UUID) -> list[dict[str, Any]]:
    """The codes with which an officer reads the papers of this load now."""
    found = roadside.alive_of_lot(act.session, actor=act.actor, lot_id=lot_id, now=act.now)
    return shown_links(found, act.now)


@pages.post("/lots/<uuid:lot_id>/pack")
@acting("lot.create", on_violation=lambda violation, lot_id: lot(lot_id, violation))
def pack_lot(act: Act, lot_id: UUID) -> Any:
    ids = ids_of("container_ids")
    lot_acts.pack(
        act.session, actor=act.actor, lot_id=lot_id, container_ids=ids, version=version(), now=act.now
    )
    flash(_("已装入 %(count)s 个容器。", count=len(ids)), "good")
    return redirect(url_for("facility.lot", lot_id=lot_id))


@pages.post("/lots/<uuid:lot_id>/unpack")
@acting("lot.create", on_violation=lambda violation, lot_id: lot(lot_id, violation))
def unpack_lot(act: Act, lot_id: UUID) -> Any:
    ids = ids_of("container_ids")
    lot_acts.unpack(
        act.session, actor=act.actor, lot_id=lot_id, container_ids=ids, version=version(), now=act.now
    )
    flash(_("已移出 %(count)s 个容器，回到库存。", count=len(ids)), "good")
    return redirect(url_for("facility.lot", lot_id=lot_id))


@pages.post("/lots/<uuid:lot_id>/ship")
@acting("lot.ship", on_violation=lambda violation, lot_id: lot(lot_id, violation, "ship"))
def ship_lot(act: Act, lot_id: UUID) -> Any:
    said = {key: request.form.get(f"check_{key}", "") for key in waybills.CHECKS}
    shipment = Shipment(
        act.actor,
        lot_id,
        id_of("vehicle_id"),
        id_of("driver_id"),
        id_of("escort_id"),
        checks={key: outcome for key, outcome in said.items() if outcome},
        check_note=request.form.get("note", ""),
        on_paper=request.form.get("on_paper", ""),
    )
    [row] = lot_acts.ship(act.session, shipments=[shipment], now=act.now)
    flash(_("出库批次 %(number)s 已发运，转移联单已开具。", number=row.lot_no), "good")
    return redirect(url_for("facility.lot", lot_id=lot_id))


@pages.post("/lots/<uuid:lot_id>/cancel")
@acting("lot.create", on_violation=lambda violation, lot_id: lot(lot_id, violation, "cancel"))
def cancel_lot(act: Act, lot_id: UUID) -> Any:
    row = lot_acts.cancel(act.session, actor=act.actor, lot_id=lot_id, version=version(), now=act.now)
    flash(_("出库批次 %(number)s 已取消，容器回到库存。", number=row.lot_no), "info")
    return redirect(url_for("facility.lots"))
