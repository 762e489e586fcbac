"""A draft changed by hand: stops moved and judged at once, pinned, the rest planned again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from ....domain.errors import Conflict, RuleViolation
from ....services import planning
from ....services.dispatch import boards, drafts
from ....services.dispatch.drafts import Named
from ....services.planning import Desk, Help, Move, Pins
from ...acting import Act, acting, viewing
from ...breaches import breach_place, breach_text
from ...explanations import explain
from ...form_states import blank, refused, version_of
from ...left_out import remedies
from . import day_table, moves
from .blueprint import pages, queue_after_commit, show


@pages.get("/plans/<uuid:plan_id>/adjust")
@viewing("plan.run")
def adjust(act: Act, plan_id: UUID, violation: RuleViolation | None = None) -> Any:
    """The draft with the moves of the address, every broken rule and what they cost. Stores nothing."""
    given = request.args if violation is None else request.form
    made = moves.read(given.getlist("move"))
    try:
        desk = planning.desk(act.session, actor=act.actor, plan_id=plan_id, moves=made)
    except Conflict as over:  # published or discarded meanwhile: its page says more than a refusal
        flash(explain(over).message, "warn")
        return redirect(url_for("dispatcher.plan", plan_id=plan_id))
    if request.args.get("to"):
        return redirect(_address(plan_id, [*made, _chosen(desk)], platform=request.args.get("platform", "")))
    names = drafts.named_requests(act.session, (stop.id for stop in desk.problem.stops))
    version = desk.plan.version
    form = blank(version=version) if violation is None else refused(request.form, violation)
    own = next((p.code for p in boards.platforms(act.session) if p.id == act.actor.organisation_id), "")
    return _drawn(act, desk, made, names, form, given.get("platform") or own)


def _drawn(
    act: Act, desk: Desk, made: Sequence[Move], names: Mapping[str, Named], form: Any, platform: str
) -> str:
    plan_id = desk.plan.id
    homes = {vehicle.id: vehicle.depot for vehicle in desk.problem.vehicles}
    platforms = [row for row in boards.platforms(act.session) if row.code in set(homes.values())]
    if platform not in {row.code for row in platforms}:
        platform = platforms[0].code
    days = day_table.vehicle_days(desk, Pins.read(desk.plan.pins), made, names)
    chosen = request.args.get("stop", "")

    def address(*more: Move, **query: Any) -> str:
        return _address(plan_id, [*made, *more], **{"platform": platform, **query})

    return show(
        "dispatcher/adjust.html",
        desk=desk,
        plan=desk.plan,
        form=form,
        picker=blank(),
        moves=[moves.written(move) for move in made],
        days=[day for day in days if homes[day.plate] == platform],
        platform_tabs=[_tab(row, days, homes, platform, address(platform=row.code)) for row in platforms],
        platform=platform,
        comparison=desk.judgement.comparison,
        breaches=_breaches(desk, names),
        helps=[_help(one, desk, names, address) for one in desk.helps],
        left_out=[(item, names.get(item.stop_id)) for item in desk.judgement.solution.unassigned],
        chosen=names.get(chosen),
        targets=_targets(days, homes, platforms) if chosen in names else [],
        address=address,
        aside=lambda stop_id: address(Move(stop_id)),
        undo=_address(plan_id, made[:-1], platform=platform) if made else "",
    )


def _address(plan_id: UUID, made: Sequence[Move], **query: Any) -> str:
    kept = [moves.written(move) for move in made]
    known = {name: value for name, value in query.items() if value}
    return url_for("dispatcher.adjust", plan_id=plan_id, move=kept, **known)


def _chosen(desk: Desk) -> Move:
    """The move asked for by the form: to a trip, at a place, or at the best one."""
    vehicle_id, _parting, trip = request.args.get("to", "").partition("~")
    move = Move(request.args.get("stop", ""), vehicle_id, moves.whole(trip))
    at = request.args.get("at", "").strip()
    if at:
        return Move(move.stop_id, vehicle_id, move.trip, max(moves.whole(at), 1) - 1)
    return planning.best_place(desk, move)


def _tab(row: Any, days: Sequence[Any], homes: Mapping[str, str], platform: str, href: str) -> dict[str, Any]:
    used = sum(1 for day in days if homes[day.plate] == row.code and day.route)
    return {"href": href, "label": row.short_name, "count": used, "active": row.code == platform}


def _breaches(desk: Desk, names: Mapping[str, Named]) -> list[tuple[str, str]]:
    """(where, sentence) of each breach."""
    firms = day_table.short_names(names)
    return [(breach_place(one, firms), breach_text(one, firms)) for one in desk.judgement.breaches]


def _help(one: Help, desk: Desk, names: Mapping[str, Named], address: Any) -> dict[str, Any]:
    """Where the stop could go instead, as a link, or what would have to change."""
    firm = names[one.stop_id].short_name if one.stop_id in names else one.stop_id
    place = one.place
    href = ""
    if place is not None and not (place.new_trip and place.trip < len(desk.orders.get(place.vehicle_id, ()))):
        href = address(Move(one.stop_id, place.vehicle_id, place.trip, place.position))
    return {"firm": firm, "place": place, "href": href, "ways": remedies({"remedies": one.remedies})}


def _targets(
    days: Sequence[Any], homes: Mapping[str, str], platforms: Sequence[Any]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Trips to move to, by platform: each that there is, and a further one per vehicle."""
    found = []
    for row in platforms:
        options = []
        for day in (day for day in days if homes[day.plate] == row.code):
            options += [
                (f"{day.plate}~{trip.seq - 1}", _trip_name(day.plate, trip.seq, len(trip.rows)))
                for trip in day.trips
            ]
            options.append((f"{day.plate}~{len(day.trips)}", _("%(plate)s · 新的一趟", plate=day.plate)))
        found.append((row.short_name, options))
    return found


def _trip_name(plate: str, seq: int, stops: int) -> str:
    return _("%(plate)s · 第 %(trip)s 趟（%(stops)s 站）", plate=plate, trip=seq, stops=stops)


def _again(violation: RuleViolation, plan_id: UUID) -> Any:
    return adjust(plan_id, violation)


@pages.post("/plans/<uuid:plan_id>/adjust")
@acting("plan.run", on_violation=_again)
def save_order(act: Act, plan_id: UUID) -> Any:
    """Keep the moves as a new draft."""
    row = planning.save_order(
        act.session,
        actor=act.actor,
        plan_id=plan_id,
        moves=moves.read(request.form.getlist("move")),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("已另存为草案 %(number)s，移动过的站点已钉住。", number=row.plan_no), "good")
    return redirect(url_for("dispatcher.adjust", plan_id=row.id, platform=request.form.get("platform", "")))


@pages.post("/plans/<uuid:plan_id>/pins")
@acting("plan.run", on_violation=_again)
def hold_fast(act: Act, plan_id: UUID) -> Any:
    """Keep pins and locks; where asked, plan the rest again."""
    shown = _pins_of_form()
    plan = boards.plan_board(act.session, actor=act.actor, plan_id=plan_id)
    pins = _merged(Pins.read(plan.pins), shown)
    version = version_of(request.form)
    if request.form.get("then") != "rest":
        planning.hold_fast(act.session, actor=act.actor, plan_id=plan_id, pins=pins, version=version)
        flash(_("钉住和锁定已保存。"), "good")
        return redirect(_address(plan_id, [], platform=request.form.get("platform", "")))
    run = planning.request_rest(
        act.session, actor=act.actor, plan_id=plan_id, pins=pins, version=version, now=act.now
    )
    queue_after_commit(run.id)
    return redirect(url_for("dispatcher.run", run_id=run.id))


def _pins_of_form() -> Pins:
    held: dict[str, set[str]] = {"": set(), "orders": set(), "rounds": set()}
    for plate in request.form.getlist("shown_plate"):
        held.get(request.form.get(f"hold~{plate}", ""), set()).add(plate)
    return Pins(frozenset(request.form.getlist("pin")), frozenset(held["orders"]), frozenset(held["rounds"]))


def _merged(kept: Pins, shown: Pins) -> Pins:
    """The form shows one platform: what it shows is replaced, what other platforms hold stays."""
    stops, plates = set(request.form.getlist("shown_stop")), set(request.form.getlist("shown_plate"))
    return Pins(
        (kept.stops - stops) | shown.stops,
        (kept.orders - plates) | shown.orders,
        (kept.rounds - plates) | shown.rounds,
    )
