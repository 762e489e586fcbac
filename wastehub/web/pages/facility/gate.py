"""The platform's gate: which trips come, weigh one in, send refused containers home."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar, receiving
from ....domain.errors import RuleViolation
from ....models.scales import scales_of
from ....services import gate_boards
from ....services import reception as gate
from ....services.reception import TripReception
from ... import words
from ...acting import Act, acting, viewing
from ...form_states import blank
from ...listing import Column, read_query
from .blueprint import (
    TRIP_STATES,
    decisions_of,
    gate_reasons,
    id_of,
    ids_of,
    mass_of,
    pages,
    refused_rows,
    show,
)

TRIP_COLUMNS = (
    Column("round_no", _l("车次"), "code", value=lambda row: f"{row.round_no}-{row.seq}"),
    Column("state", _l("状态"), "status", value=lambda row: TRIP_STATES[row.state], sortable=False),
    Column("plate", _l("车辆")),
    Column("expected_at", _l("到达"), "at", custom=True),
    Column("containers", _l("容器"), "number", total=True),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("outside", _l("超允差"), "number", sortable=False, priority=2),
    Column("refused", _l("拒收"), "number", sortable=False, priority=2),
    Column("received_at", _l("接收时间"), "at", priority=2),
    Column("reception_no", _l("接收单号"), "code", sortable=False, priority=3),
)


@pages.get("/receptions")
@viewing("reception.record")
def receptions(act: Act) -> Any:
    today = calendar.on_date(act.now)
    query = read_query(request.args, TRIP_COLUMNS, filters=("q", "state"), sort="expected_at")
    wanted = query.filters["state"] or "coming"
    rows, count, sums = gate_boards.trips(
        act.session,
        actor=act.actor,
        today=today,
        text=query.filters["q"],
        state=wanted if wanted in ("coming", "arrived", "received", "all") else "coming",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("receptions")
    waiting, refused_count, refused_sums = gate_boards.refused(act.session, actor=act.actor, limit=1)
    return show(
        "facility/receptions.html",
        listing=listing,
        state=wanted,
        refused_count=refused_count,
        refused_g=refused_sums["mass_g"],
        trip_href=lambda row: url_for("facility.reception", trip_id=row.id),
        first=waiting,
    )


@pages.get("/receptions/<uuid:trip_id>")
@viewing("reception.view")
def reception(act: Act, trip_id: UUID, violation: RuleViolation | None = None) -> str:
    on = calendar.on_date(act.now)
    board = gate_boards.trip_board(act.session, actor=act.actor, trip_id=trip_id, on=on)
    return show(
        "facility/reception.html",
        board=board,
        form=blank() if violation is None else refused_rows(violation),
        reasons=gate_reasons(),
        may_record=act.actor.role == "dispatcher" and board.trip.state == "arrived",
        scales=scales_of(act.session, [board.round.platform_id])[board.round.platform_id],
        expected_at=board.trip.arrived_at or calendar.at_time(board.round.service_on, board.trip.return_s),
    )


@pages.post("/receptions/<uuid:trip_id>")
@acting("reception.record", on_violation=lambda violation, trip_id: reception(trip_id, violation))
def receive_trip(act: Act, trip_id: UUID) -> Any:
    """The whole trip ("close"), or what the form has so far ("part")."""
    decisions, _rows = decisions_of(request.form)
    order = TripReception(
        actor=act.actor,
        trip_id=trip_id,
        decisions=tuple(decisions),
        gross_g=mass_of("gross_kg", max_g=receiving.VEHICLE_MASS_MAX_G),
        tare_g=mass_of("tare_kg", max_g=receiving.VEHICLE_MASS_MAX_G),
        close=request.form.get("act") != "part",
        scale_id=id_of("scale_id") if request.form.get("scale_id") else None,
    )
    [row] = gate.receive_trips(act.session, receptions=[order], now=act.now)
    if row.state == "closed":
        flash(
            _("接收单 %(number)s 已办结，联单已确认。下一步：把容器放入贮存分区。", number=row.reception_no),
            "good",
        )
        return redirect(url_for("facility.reception", trip_id=trip_id))
    flash(_("已登记 %(count)s 个容器，其余的可以稍后继续。", count=len(decisions)), "good")
    return redirect(url_for("facility.reception", trip_id=trip_id))


REFUSED_COLUMNS = (
    Column("label_code", _l("容器"), "label_code"),
    Column("firm", _l("产废单位")),
    Column("waste_code", _l("废物代码"), "code"),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("reason", _l("拒收原因"), custom=True, sortable=False, value=lambda row: words.reason(row.reason)),
    Column("refused_at", _l("拒收时间"), "at"),
    Column("round_no", _l("车次"), "code", sortable=False, priority=2),
)


@pages.get("/refused")
@viewing("reception.record")
def refused(act: Act, violation: RuleViolation | None = None) -> Any:
    query = read_query(request.args, REFUSED_COLUMNS, filters=("q",), sort="-refused_at")
    rows, count, sums = gate_boards.refused(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("refused")
    return show(
        "facility/refused.html",
        listing=listing,
        form=blank() if violation is None else refused_rows(violation),
    )


@pages.post("/refused")
@acting("reception.record", on_violation=lambda violation: refused(violation))
def return_refused(act: Act) -> Any:
    rows = gate.return_refused(
        act.session, actor=act.actor, container_ids=ids_of("container_ids"), now=act.now
    )
    flash(_("%(count)s 个容器已退回产废单位，可以重新申请收运。", count=len(rows)), "good")
    return redirect(url_for("facility.refused"))
