"""Rounds on the road: the day's list, one round with its crew, its paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ....domain import calendar
from ....domain.errors import InvalidInput, RuleViolation
from ....models.route_plans import Round, Stop
from ....services import dispatch, duty, photos
from ....services.dispatch import boards
from ... import duty_words, evidence
from ...acting import Act, acting, viewing
from ...context import settings
from ...form_states import blank, refused, version_of
from ...formatting import clock
from ...gate_view import confirmations_of
from ...label_drawing import qr_svg
from ...listing import Column, read_query
from ...navigation import home_of
from ...round_maps import live_spots, region_map, round_map
from .blueprint import (
    ROUND_STATES,
    cancellation_reasons,
    day_of,
    mass_in,
    pages,
    round_progress,
    show,
    stops_in,
)

INCIDENTS = {
    "breakdown": _l("车辆故障，今天不能再收"),
    "crew_out": _l("驾驶员或押运员不能继续"),
    "delay": _l("这一站要多花时间"),
    "no_show": _l("有单位没有人，其余重新安排"),
}

ROUND_COLUMNS = (
    Column("round_no", _l("车次"), "code", sortable=False),
    Column("state", _l("状态"), "status", value=lambda row: ROUND_STATES[row.state], sortable=False),
    Column("plate", _l("车辆"), value=lambda row: row.vehicle.plate, sortable=False),
    Column("crew", _l("驾驶员 / 押运员"), value=lambda row: crew_text(row), sortable=False, priority=2),
    Column("platform", _l("平台"), value=lambda row: row.platform.short_name, sortable=False, priority=2),
    Column("start_s", _l("出车时段"), custom=True, sortable=False, value=lambda row: hours_text(row)),
    Column("trips", _l("趟次"), "number", sortable=False, value=lambda row: len(row.trips), priority=2),
    Column("stops", _l("站点"), "number", sortable=False, total=True, value=lambda row: stops_in(row)),
    Column("planned_g", _l("计划重量"), "mass", sortable=False, total=True, value=lambda row: mass_in(row)),
    Column("distance_m", _l("里程"), "distance", sortable=False, total=True, priority=2),
)


def crew_text(row: Round) -> str:
    return " / ".join(person.name if person else "—" for person in (row.driver, row.escort))


def hours_text(row: Round) -> str:
    return f"{clock(row.start_s)}–{clock(row.end_s)}"


@pages.get("/rounds")
@viewing("round.rearrange")
def rounds(act: Act) -> Any:
    today = calendar.on_date(act.now)
    platforms = boards.platforms(act.session)
    own = next((row.code for row in platforms if row.id == act.actor.organisation_id), "")
    query = read_query(request.args, ROUND_COLUMNS, filters=("service_on", "platform"), sort="round_no")
    wanted = query.filters["platform"] or own
    on = day_of(query.filters["service_on"], today)
    rows = boards.day_rounds(act.session, actor=act.actor, on=on, platform="" if wanted == "all" else wanted)
    sums = {
        "stops": sum(stops_in(row) for row in rows),
        "planned_g": sum(mass_in(row) for row in rows),
        "distance_m": sum(row.distance_m for row in rows),
    }
    listing = query.show(rows, count=len(rows), sums=sums)
    if query.export:
        return listing.export("rounds")
    live = [row for row in rows if row.state != "cancelled"]
    road = _live(act, rows)
    return show(
        "dispatcher/rounds.html",
        **road,
        poll=url_for("dispatcher.rounds_live", service_on=on.isoformat(), platform=wanted),
        listing=listing,
        platforms=platforms,
        own=own,
        day=on,
        drawing=region_map(settings().region, live, vehicles=live_spots(road["live"], act.now))
        if live
        else None,
    )


def _live(act: Act, rows: list[Round]) -> dict[str, Any]:
    """What the table of rounds on the road shows."""
    live = duty.day_duty(act.session, actor=act.actor, rounds=rows, now=act.now)
    unread = {
        each.round.id: any(not diff.seen for diff in duty.diffs_of(act.session, each.round)) for each in live
    }
    return {
        "live": live,
        "unread": unread,
        "next_stop": _next_stop,
        "alarm_words": duty_words.alarm,
        "driving_state": duty_words.driving_state,
    }


def _next_stop(about: duty.RoundDuty) -> Stop | None:
    """The first stop that is still expected."""
    stops = [stop for trip in about.round.trips for stop in trip.stops]
    return next((stop for stop in stops if stop.id in about.expected), None)


@pages.get("/rounds/live")
@viewing("round.rearrange")
def rounds_live(act: Act) -> str:
    """The same table alone, for a page that stays open."""
    on = day_of(request.args.get("service_on", ""), calendar.on_date(act.now))
    wanted = request.args.get("platform", "")
    rows = boards.day_rounds(act.session, actor=act.actor, on=on, platform="" if wanted == "all" else wanted)
    poll = url_for("dispatcher.rounds_live", service_on=on.isoformat(), platform=wanted)
    return show("dispatcher/_live.html", **_live(act, rows), poll=poll)


@pages.get("/rounds/<uuid:round_id>")
@viewing("round.rearrange")
def round_detail(act: Act, round_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    board = boards.round_board(act.session, actor=act.actor, round_id=round_id)
    row = board.round
    present = {"driver_id": str(row.driver_id or ""), "escort_id": str(row.escort_id or "")}
    form = (
        blank(present, version=row.version)
        if violation is None
        else refused(request.form, violation, dialog=dialog)
    )
    road = duty.round_duty(act.session, actor=act.actor, round_id=round_id, now=act.now)
    seen = act.actor.organisation_id == row.platform_id and act.actor.role == "dispatcher"
    fixes = duty.track(act.session, actor=act.actor, round_id=round_id) if seen else []
    return show(
        "dispatcher/round_detail.html",
        board=board,
        round=row,
        form=form,
        road=road,
        fixes=fixes,
        diffs=duty.diffs_of(act.session, row),
        alarm_words=duty_words.alarm,
        driving_state=duty_words.driving_state,
        own=act.actor.role == "admin" or row.platform_id == act.actor.organisation_id,
        drawing=round_map(settings().region, row, track=fixes),
        reasons=cancellation_reasons(),
        people={
            "drivers": [(str(p.id), f"{p.name} · {p.certificate_no}") for p in board.drivers],
            "escorts": [(str(p.id), f"{p.name} · {p.certificate_no}") for p in board.escorts],
        },
        incidents=[(code, str(word)) for code, word in INCIDENTS.items()],
        changes=dispatch.changes_of(act.session, row),
        done=round_progress(row),
        handed=confirmations_of(act, row),
        saving=((row.plan.emissions or {}).get("rounds") or {}).get(row.vehicle.plate),
        photos=evidence.shown(photos.taken(act.session, actor=act.actor, round_id=round_id)),
    )


@pages.get("/rounds/<uuid:round_id>/sheet")
@viewing("round.view")
def round_sheet(act: Act, round_id: UUID) -> str:
    """The crew's paper. Its QR code opens it again, so that whoever holds it finds the round."""
    board = boards.round_board(act.session, actor=act.actor, round_id=round_id)
    address = settings().base_url.rstrip("/") + request.path
    return show(
        "dispatcher/round_sheet.html",
        board=board,
        round=board.round,
        printed_at=act.now,
        qr=qr_svg(address, side_mm=24, label=board.round.round_no),
        back_href=_desk_of(act.actor.role, round_id),
    )


def _desk_of(role: str, round_id: UUID) -> str:
    """Where a person of this role sees the round."""
    if role == "driver":
        return url_for("driver.round_detail", round_id=round_id)
    return url_for("dispatcher.round_detail", round_id=round_id) if role == "dispatcher" else home_of(role)


def _crew_again(violation: RuleViolation, round_id: UUID) -> str:
    return str(round_detail(round_id, violation, "crew"))


def _cancel_again(violation: RuleViolation, round_id: UUID) -> str:
    return str(round_detail(round_id, violation, "cancel-round"))


@pages.post("/rounds/<uuid:round_id>/crew")
@acting("round.rearrange", on_violation=_crew_again)
def assign_crew(act: Act, round_id: UUID) -> Any:
    row = dispatch.assign_crew(
        act.session,
        actor=act.actor,
        round_id=round_id,
        driver_id=_uuid("driver_id"),
        escort_id=_uuid("escort_id"),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("车次 %(number)s 的班组已更新，联单同步更改。", number=row.round_no), "good")
    return redirect(url_for("dispatcher.round_detail", round_id=round_id))


def _uuid(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise InvalidInput("round.person_not_chosen", field=name) from None


@pages.post("/rounds/<uuid:round_id>/cancel")
@acting("round.rearrange", on_violation=_cancel_again)
def cancel_round(act: Act, round_id: UUID) -> Any:
    row = dispatch.cancel_round(
        act.session,
        actor=act.actor,
        round_id=round_id,
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("车次 %(number)s 已取消，申请全部退回待排。", number=row.round_no), "good")
    return redirect(url_for("dispatcher.round_detail", round_id=round_id))


@pages.post("/rounds/<uuid:round_id>/relays/<uuid:relay_id>/withdraw")
@acting(
    "round.rearrange", on_violation=lambda violation, round_id, relay_id: round_detail(round_id, violation)
)
def withdraw_relay(act: Act, round_id: UUID, relay_id: UUID) -> Any:
    """End a relay of which one half is missing."""
    duty.withdraw(
        act.session, actor=act.actor, relay_id=relay_id, version=version_of(request.form), now=act.now
    )
    flash(_("换车已撤销，货物仍在原来的车上。"), "good")
    return redirect(url_for("dispatcher.round_detail", round_id=round_id))
