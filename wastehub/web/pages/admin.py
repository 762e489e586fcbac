"""For administrators: accounts, units, the catalogue and the limits of law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, roles, signs
from ...domain.errors import InvalidInput, RuleViolation
from ...models import organisations as organisation_rows
from ...models import reference
from ...models.reference import LegalLimit
from ...models.users import User
from ...services import accounts, administration
from .. import formatting, words
from ..acting import Act, acting, viewing
from ..context import current_actor, database
from ..form_states import blank, refused, version_of
from ..forms import FormState
from ..listing import Column, read_query
from ..navigation import ROLE_NAMES

pages = Blueprint("admin", __name__, url_prefix="/admin")

KIND_NAMES = {
    "enterprise": _l("产废单位"),
    "platform": _l("收集平台"),
    "plant": _l("利用处置单位"),
    "authority": _l("生态环境部门"),
}


@pages.get("/")
@viewing("user.manage")
def home(act: Act) -> str:
    facts = administration.overview(act.session, actor=act.actor, on=calendar.on_date(act.now))
    return render_template("admin/home.html", facts=facts, stop=ledger.posting_stopped(act.session))


# --- accounts --------------------------------------------------------------------------------------

USER_COLUMNS = (
    Column("login", _l("账号"), "code", sortable=False),
    Column("display_name", _l("姓名"), sortable=False),
    Column("role", _l("角色"), value=lambda row: ROLE_NAMES[row.role], sortable=False),
    Column(
        "organisation",
        _l("单位"),
        value=lambda row: row.organisation.name if row.organisation else "",
        sortable=False,
        priority=2,
    ),
    Column("created_at", _l("建立时间"), "at", sortable=False, priority=2),
    Column(
        "active",
        _l("状态"),
        "status",
        value=lambda row: ("good", _("启用")) if row.active else ("neutral", _("停用")),
        sortable=False,
    ),
)


@pages.get("/users")
@viewing("user.manage")
def users(act: Act) -> Any:
    query = read_query(request.args, USER_COLUMNS, sort="login", filters=("q", "role"))
    wanted, text = query.filters["role"], query.filters["q"].lower()
    rows = [
        row
        for row in accounts.users(act.session, actor=act.actor)
        if (not wanted or row.role == wanted) and (text in row.login or text in row.display_name.lower())
    ]
    listing = query.show(rows[query.offset : query.offset + query.limit], count=len(rows))
    if query.export:
        return listing.export("users")
    return render_template(
        "admin/users.html",
        listing=listing,
        roles=[("", _("全部")), *ROLE_NAMES.items()],
        user_href=lambda row: url_for("admin.user", user_id=row.id),
    )


def _user_form(session: Session, form: FormState) -> str:
    units = [
        (str(row.id), row.name)
        for kind in ("platform", "plant")
        for row in organisation_rows.organisations_of(session, kind)
    ]
    counties = [(row.code, words.in_language(row, "name")) for row in administration.counties(session)]
    return render_template(
        "admin/new_user.html", form=form, roles=list(ROLE_NAMES.items()), units=units, counties=counties
    )


@pages.get("/users/new")
@viewing("user.manage")
def new_user(act: Act) -> str:
    return _user_form(act.session, blank())


def _new_user_refused(violation: RuleViolation) -> str:
    with database().reading() as session:
        return _user_form(session, refused(request.form, violation))


@pages.post("/users/new")
@acting("user.manage", on_violation=_new_user_refused)
def new_user_submit(act: Act) -> Any:
    made = accounts.create_user(
        act.session,
        actor=act.actor,
        login=request.form.get("login", ""),
        display_name=request.form.get("display_name", ""),
        password=request.form.get("password", ""),
        role=request.form.get("role", ""),
        organisation_id=_unit_of_form(act.session),
        county_code=request.form.get("county_code") or None,
        now=act.now,
    )
    flash(_("已建立账号 %(login)s。", login=made.login), "good")
    return redirect(url_for("admin.user", user_id=made.id))


def _unit_of_form(session: Session) -> UUID | None:
    """A platform or plant from the list, or a firm by its credit code."""
    chosen = request.form.get("organisation_id", "")
    if chosen:
        try:
            return UUID(chosen)
        except ValueError as malformed:
            raise InvalidInput("user.organisation_needed", field="organisation_id") from malformed
    code = request.form.get("credit_code", "").strip().upper()
    if not code:
        return None
    found = organisation_rows.organisation_by_code(session, code)
    if found is None:
        raise InvalidInput("user.credit_code_unknown", field="credit_code", given=code[:40])
    return found.id


def _user_page(session: Session, user_id: UUID, form: FormState | None = None) -> str:
    found = accounts.user(session, actor=current_actor(), user_id=user_id)
    crew = accounts.crew_choices(session, actor=current_actor(), user_id=user_id)
    linked = next((str(row.id) for row in crew if row.user_id == user_id), "")
    return render_template(
        "admin/user.html",
        user=found,
        form=form or blank({"crew_member_id": linked}, version=found.version),
        role_names=ROLE_NAMES,
        crew=[(str(row.id), f"{row.name} {row.certificate_no}") for row in crew],
    )


@pages.get("/users/<uuid:user_id>")
@viewing("user.manage")
def user(act: Act, user_id: UUID) -> str:
    return _user_page(act.session, user_id)


def _user_refused(dialog: str) -> Callable[..., str]:
    def show(violation: RuleViolation, user_id: UUID) -> str:
        with database().reading() as session:
            return _user_page(session, user_id, refused(request.form, violation, dialog=dialog))

    return show


@pages.post("/users/<uuid:user_id>/active")
@acting("user.manage", on_violation=_user_refused("active"))
def set_user_active(act: Act, user_id: UUID) -> Any:
    active = request.form.get("active") == "1"
    changed: User = accounts.set_active(
        act.session,
        actor=act.actor,
        user_id=user_id,
        active=active,
        version=version_of(request.form),
        now=act.now,
    )
    flash(
        _("账号 %(login)s 已启用。", login=changed.login)
        if active
        else _("账号 %(login)s 已停用，其所有登录已失效。", login=changed.login),
        "good",
    )
    return redirect(url_for("admin.user", user_id=user_id))


@pages.post("/users/<uuid:user_id>/password")
@acting("user.manage", on_violation=_user_refused("password"))
def set_user_password(act: Act, user_id: UUID) -> Any:
    accounts.set_password(
        act.session,
        actor=act.actor,
        user_id=user_id,
        password=request.form.get("password", ""),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("密码已重置。请把新密码当面告知本人，并提醒其尽快修改。"), "good")
    return redirect(url_for("admin.user", user_id=user_id))


@pages.post("/users/<uuid:user_id>/crew-member")
@acting("user.manage", on_violation=_user_refused("crew"))
def link_crew_member(act: Act, user_id: UUID) -> Any:
    chosen = request.form.get("crew_member_id", "")
    if not chosen:
        raise InvalidInput("choice.missing", field="crew_member_id")
    row = accounts.link_crew_member(
        act.session,
        actor=act.actor,
        user_id=user_id,
        crew_member_id=UUID(chosen),
        version=version_of(request.form),
        now=act.now,
    )
    flash(_("该账号现在对应 %(name)s。", name=row.name), "good")
    return redirect(url_for("admin.user", user_id=user_id))


# --- units -----------------------------------------------------------------------------------------

ORGANISATION_COLUMNS = (
    Column("name", _l("单位名称")),
    Column("code", _l("编码"), "code"),
    Column("kind", _l("类别"), value=lambda row: KIND_NAMES[row.kind], sortable=False),
    Column("address", _l("地址"), sortable=False, priority=3),
    Column("enrolled_at", _l("入网时间"), "at", priority=2),
)


@pages.get("/organisations")
@viewing("organisation.manage")
def organisations(act: Act) -> Any:
    query = read_query(request.args, ORGANISATION_COLUMNS, sort="code", filters=("q", "kind", "county"))
    rows, count, sums = administration.organisations(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        kind=query.filters["kind"],
        county=query.filters["county"],
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("organisations")
    counties = [(row.code, words.in_language(row, "name")) for row in administration.counties(act.session)]
    return render_template(
        "admin/organisations.html",
        listing=listing,
        kinds=[("", _("全部")), *KIND_NAMES.items()],
        counties=[("", _("全部")), *counties],
    )


# --- the catalogue and the limits ------------------------------------------------------------------

CODE_COLUMNS = (
    Column("code", _l("废物代码"), "code"),
    Column("name_zh", _l("名称"), value=lambda row: words.in_language(row, "name")),
    Column("hazards", _l("危险特性"), sortable=False),
    Column("group_code", _l("相容性分组"), value=lambda row: row.group_code or _("未分组，单独运输")),
    Column("edition", _l("名录版本"), sortable=False, priority=2),
    Column(
        "unverified",
        _l("2025 版核对"),
        "status",
        value=lambda row: ("warn", _("待核对")) if row.unverified_against_2025 else ("good", _("已核对")),
        sortable=False,
        priority=2,
    ),
)


@pages.get("/waste-codes")
@viewing("reference.manage")
def waste_codes(act: Act) -> Any:
    query = read_query(request.args, CODE_COLUMNS, sort="code", filters=("q", "group"))
    rows, count, sums = administration.waste_codes(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        group=query.filters["group"],
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("waste-codes")
    return render_template(
        "admin/waste_codes.html",
        listing=listing,
        groups=[("", _("全部")), ("none", _("未分组")), *_groups(act.session)],
        code_href=lambda row: url_for("admin.waste_code", code=row.code),
    )


def _groups(session: Session) -> list[tuple[str, str]]:
    found = reference.segregation_groups(session)
    return [(row.code, f"{row.code} {words.in_language(row, 'name')}") for row in found]


def _code_page(session: Session, code: str, form: FormState | None = None) -> str:
    row = reference.waste_code(session, code)
    return render_template(
        "admin/waste_code.html",
        row=row,
        form=form or blank({"group_code": row.group_code or ""}),
        groups=[("", _("不分组（单独运输）")), *_groups(session)],
    )


@pages.get("/waste-codes/<code>")
@viewing("reference.manage")
def waste_code(act: Act, code: str) -> str:
    return _code_page(act.session, code)


def _assign_refused(violation: RuleViolation, code: str) -> str:
    with database().reading() as session:
        return _code_page(session, code, refused(request.form, violation))


@pages.post("/waste-codes/<code>/group")
@acting("reference.manage", on_violation=_assign_refused)
def assign_group(act: Act, code: str) -> Any:
    administration.assign_group(
        act.session,
        actor=act.actor,
        code=code,
        group_code=request.form.get("group_code", ""),
        reason=request.form.get("reason", ""),
        now=act.now,
    )
    flash(_("已更新 %(code)s 的相容性分组，并记入账本。", code=code), "good")
    return redirect(url_for("admin.waste_code", code=code))


LIMIT_UNITS = {
    "d": _l("天"),
    "working_d": _l("工作日"),
    "month": _l("个月"),
    "y": _l("年"),
    "count": _l("个"),
}


def _limit_value(row: LegalLimit) -> str:
    """The limit as people read it: 3 t, 20 minutes, 5 working days."""
    if row.unit == "g":
        return formatting.mass_short(row.value_int)
    if row.unit == "g/y":
        return _("每年 %(mass)s", mass=formatting.mass_short(row.value_int))
    if row.unit == "s":
        return formatting.duration(row.value_int)
    if row.unit == "ppm":
        return formatting.percent(row.value_int // 1_000)
    if row.unit == "rgb":
        return signs.hex_colour(row.value_int)
    return f"{formatting.number(row.value_int)} {LIMIT_UNITS.get(row.unit, row.unit)}"


LIMIT_COLUMNS = (
    Column("name", _l("名称"), value=lambda row: words.in_language(row, "name"), sortable=False),
    Column("value_int", _l("数值"), value=lambda row: _limit_value(row), sortable=False),
    Column("effective_from_on", _l("生效日期"), "on", sortable=False, priority=2),
    Column("effective_until_on", _l("失效日期"), "on", sortable=False, priority=3),
    Column(
        "certainty",
        _l("依据"),
        "status",
        value=lambda row: {
            "P": ("good", _("法规原文")),
            "S": ("active", _("二手来源")),
            "2": ("active", _("两处二手来源")),
            "N": ("warn", _("未证实，可配置")),
        }[row.certainty],
        sortable=False,
    ),
    Column("source", _l("来源"), sortable=False, priority=2),
)


@pages.get("/limits")
@viewing("reference.manage")
def limits(act: Act) -> Any:
    query = read_query(request.args, LIMIT_COLUMNS, sort="name", filters=())
    rows = administration.legal_limits(act.session, actor=act.actor)
    listing = query.show(rows, count=len(rows))
    return listing.export("limits") if query.export else render_template("admin/limits.html", listing=listing)


assert set(ROLE_NAMES) == set(roles.ROLES)
