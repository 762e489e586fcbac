"""The list of problems 问题清单: found, assigned, put right with evidence, accepted, closed (S9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import calendar, problems, roles
from ...domain.errors import InvalidInput, RuleViolation
from ...models.scans import Photo
from ...services import photos
from ...services import problems as service
from .. import words
from ..acting import Act, acting, viewing
from ..context import settings
from ..form_states import blank, refused, version_of
from ..forms import FormState
from ..listing import Column, read_query
from ..locale import select_locale

pages = Blueprint("problems", __name__, url_prefix="/problems")
pages.record_once(lambda state: words.register(state.app))

STATES = {
    "found": ("bad", _l("待交办")),
    "assigned": ("warn", _l("整改中")),
    "rectified": ("active", _l("待验收")),
    "accepted": ("good", _l("已验收，待销号")),
    "closed": ("neutral", _l("已销号")),
}
ACTS = {
    "find": _l("发现"),
    "assign": _l("交办"),
    "rectify": _l("报告整改完成"),
    "return": _l("退回重改"),
    "accept": _l("验收通过"),
    "close": _l("销号"),
    "dismiss": _l("核实不属实，销号"),
}
ICONS = {"find": "flag", "assign": "send", "rectify": "check", "return": "undo", "accept": "good"}


def kind_name(kind: str) -> str:
    chinese, english, _days = problems.KINDS[kind]
    return english if select_locale() == "en" else chinese


COLUMNS = (
    Column("problem_no", _l("编号"), "code"),
    Column("kind", _l("问题"), sortable=False, value=lambda row: kind_name(row.kind)),
    Column("where", _l("地点"), sortable=False, value=lambda row: _where(row)),
    Column("found_at", _l("发现时间"), "at"),
    Column("unit", _l("整改单位"), sortable=False, priority=2,
           value=lambda row: row.assigned_to.name if row.assigned_to else ""),
    Column("due_on", _l("整改期限"), "on"),
    Column("state", _l("状态"), "status", value=lambda row: STATES[row.state]),
)  # fmt: skip


def _where(row: Any) -> str:
    if row.place:
        return str(row.place)
    if row.lon_e6 is not None and row.lat_e6 is not None:
        return f"{row.lat_e6 / 1e6:.5f}, {row.lon_e6 / 1e6:.5f}"
    return "—"


@pages.get("")
@viewing("problem.view")
def index(act: Act) -> Any:
    today = calendar.on_date(act.now)
    query = read_query(request.args, COLUMNS, filters=("q", "state", "county"), sort="-found_at")
    filters = query.filters
    rows, count, sums = service.problem_list(
        act.session,
        actor=act.actor,
        text=filters["q"],
        state=filters["state"] or "open",
        county=filters["county"],
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("problems")
    office = roles.may(act.actor.role, "problem.manage")
    return render_template(
        "problems/index.html",
        listing=listing,
        states=STATES,
        counties=service.counties(act.session) if office and not act.actor.county_code else [],
        tallies=service.tallies(act.session, actor=act.actor, today=today) if office else [],
        href=lambda row: url_for("problems.detail", problem_id=row.id),
        tone=lambda row: "bad" if row.state != "closed" and row.due_on and row.due_on < today else "",
        month=today.replace(day=1),
        may_enter=office,
    )


@pages.get("/new")
@viewing("problem.manage")
def new(act: Act, form: FormState | None = None) -> Any:
    """What the office has found itself, and who has to put it right."""
    return render_template(
        "problems/new.html",
        form=form or blank({"problem_id": str(uuid4())}),
        kinds=[(kind, kind_name(kind)) for kind in problems.KINDS],
        today=calendar.on_date(act.now),
    )


@pages.post("/new")
@acting("problem.manage", on_violation=lambda violation: new(form=refused(request.form, violation)))
def enter(act: Act) -> Any:
    form = request.form
    finding = service.Finding(
        problem_id=_id(form.get("problem_id", "")) or uuid4(),
        kind=form.get("kind", ""),
        unit_code=form.get("unit_code", ""),
        note=form.get("note", ""),
        place=form.get("place", ""),
        due_on=_day(form.get("due_on", "")),
    )
    photo = _photo(act, photos.store_finding)
    row = service.enter(act.session, actor=act.actor, finding=finding, photo_sha256=photo, now=act.now)
    flash(_("问题 %(number)s 已登记并交办。", number=row.problem_no), "good")
    return redirect(url_for("problems.detail", problem_id=row.id))


@pages.get("/units")
@viewing("problem.manage")
def units(act: Act) -> Any:
    """Suggestions while the office types a unit's name or code."""
    found = service.find_units(act.session, actor=act.actor, text=request.args.get("q", ""))
    return jsonify([{"value": row.code, "text": row.name, "detail": row.address or ""} for row in found])


@pages.get("/<uuid:problem_id>")
@viewing("problem.view")
def detail(act: Act, problem_id: UUID, form: FormState | None = None) -> Any:
    row = service.detail(act.session, actor=act.actor, problem_id=problem_id)
    role = act.actor.role
    office = roles.may(role, "problem.manage")
    mine = roles.may(role, "problem.rectify") and row.assigned_to_id == act.actor.organisation_id
    open_acts = [
        each
        for each in ("assign", "rectify", "accept", "return", "close", "dismiss")
        if problems.may(row.state, each) and (mine if each == "rectify" else office)
    ]
    return render_template(
        "problems/detail.html",
        row=row,
        state=STATES[row.state],
        kind=kind_name(row.kind),
        where=_where(row),
        acts=open_acts,
        act_names=ACTS,
        may_see_contact=office,
        units=service.units_for(act.session, row) if office else [],
        events=[_event(step) for step in row.steps],
        photo_needed=row.kind in problems.PHOTO_NEEDED,
        noted=problems.NOTED,
        form=form,
        fresh=blank,
        on=calendar.on_date(act.now),
    )


def _event(step: Any) -> dict[str, Any]:
    photo = url_for("api_photos.show", sha256=step.photo_sha256) if step.photo_sha256 else ""
    return {
        "at": step.acted_at,
        "title": words.of(ACTS, step.act),
        "text": step.note,
        "href": photo,
        "link": _("查看照片") if photo else "",
        "tone": STATES[step.state][0],
        "icon": ICONS.get(step.act, "dot"),
        "who": _("公众报告") if step.acted_by == service.PUBLIC else "",
    }


def _again(violation: RuleViolation, problem_id: UUID) -> Any:
    form = refused(request.form, violation, dialog=request.form.get("act", ""))
    return detail(problem_id=problem_id, form=form)


@pages.post("/<uuid:problem_id>")
@acting("problem.view", on_violation=_again)
def move(act: Act, problem_id: UUID) -> Any:
    """One step further; which role may do which step is the service's question."""
    form = request.form
    wanted = form.get("act", "")
    if wanted not in ACTS or wanted == "find":
        raise InvalidInput("choice.missing", field="act")
    step = service.Move(
        act=wanted,
        note=form.get("note", ""),
        photo_sha256=_photo(act, photos.store_evidence) if wanted == "rectify" else None,
        unit_id=_id(form.get("unit_id", "")),
        due_on=_day(form.get("due_on", "")),
    )
    row = service.move(
        act.session, actor=act.actor, problem_id=problem_id, move=step, version=version_of(form), now=act.now
    )
    flash(_("问题 %(number)s：%(act)s。", number=row.problem_no, act=words.of(ACTS, wanted)), "good")
    return redirect(url_for("problems.detail", problem_id=problem_id))


def _photo(act: Act, store: Callable[..., Photo]) -> str | None:
    file = request.files.get("photo")
    data = file.read(photos.BYTES_MAX + 1) if file and file.filename else b""
    if not data:
        return None
    folder = photos.folder_of(settings().blob_url)
    return store(act.session, actor=act.actor, data=data, folder=folder, now=act.now).sha256


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field="due_on", given=text[:20]) from wrong
