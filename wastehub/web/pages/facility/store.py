"""The store: zones as they stand, what waits for a zone, and where a container may go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar
from ....domain.errors import InvalidInput, RuleViolation
from ....services import storage, store_boards
from ....services.storage import Move
from ...acting import Act, acting, viewing
from ...explanations import explain
from ...form_states import blank
from ...form_states import refused as refused_form
from ...listing import Column, read_query
from .blueprint import STORE_STATES, id_of, ids_of, named, pages, show

STOCK_COLUMNS = (
    Column("label_code", _l("容器"), "label_code"),
    Column("waste_code", _l("废物"), custom=True, value=lambda row: f"{row.waste_code} {named(row.waste)}"),
    Column("firm", _l("产废单位"), priority=2),
    Column("zone", _l("分区"), custom=True, value=lambda row: row.zone),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("stored_since_on", _l("入库日期"), "on"),
    Column("age_days", _l("在库天数"), "number", sortable=False, priority=2),
    Column("state", _l("状态"), "status", value=lambda row: STORE_STATES[row.state], sortable=False),
)


@pages.get("/zones")
@viewing("zone.put_away")
def zones(act: Act, violation: RuleViolation | None = None) -> Any:
    today = calendar.on_date(act.now)
    query = read_query(request.args, STOCK_COLUMNS, filters=("q", "zone", "state"), sort="stored_since_on")
    state = query.filters["state"]
    rows, count, sums = store_boards.contents(
        act.session,
        actor=act.actor,
        today=today,
        text=query.filters["q"],
        zone=query.filters["zone"],
        state=state if state in ("stored", "in_lot") else "",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("store")
    return show(
        "facility/zones.html",
        board=store_boards.store(act.session, actor=act.actor),
        listing=listing,
        form=blank() if violation is None else refused_form(request.form, violation),
        place_href=lambda row: url_for("facility.place", container_id=row.id),
    )


@pages.post("/zones")
@acting("zone.put_away", on_violation=lambda violation: zones(violation))
def put_away(act: Act) -> Any:
    """The ticked containers into one zone, or each as the rules suggest."""
    ids = _chosen(act)
    zone_id = id_of("zone_id") if request.form.get("zone_id") else None
    moves = [Move(act.actor, key, zone_id) for key in ids]
    rows = storage.put_away(act.session, moves=moves, now=act.now)
    flash(_("已放入分区：%(count)s 个容器。", count=len(rows)), "good")
    return redirect(url_for("facility.zones"))


def _chosen(act: Act) -> tuple[UUID, ...]:
    if request.form.get("all_waiting"):
        rows, _count, _sums = store_boards.contents(
            act.session, actor=act.actor, today=calendar.on_date(act.now), zone="none", state="stored"
        )
        ids = tuple(row.id for row in rows)
    else:
        ids = ids_of("container_ids")
    if not ids:
        raise InvalidInput("zone.not_chosen", field="container_ids")
    return ids


@pages.get("/containers/<uuid:container_id>/place")
@viewing("zone.put_away")
def place(act: Act, container_id: UUID, violation: RuleViolation | None = None) -> str:
    """Every zone with the rule's answer; after a refused move the reason stands on top."""
    board = store_boards.places(act.session, actor=act.actor, container_id=container_id)
    return show(
        "facility/place.html",
        board=board,
        form=blank(version=board.container.version),
        violation=explain(violation) if violation else None,
        explain=explain,
    )


@pages.post("/containers/<uuid:container_id>/place")
@acting("zone.put_away", on_violation=lambda violation, container_id: place(container_id, violation))
def move(act: Act, container_id: UUID) -> Any:
    zone_id = id_of("zone_id") if request.form.get("zone_id") else None
    [row] = storage.put_away(act.session, moves=[Move(act.actor, container_id, zone_id)], now=act.now)
    flash(_("容器 …%(code)s 已放入分区。", code=row.label_code[-11:]), "good")
    return redirect(url_for("facility.zones"))
