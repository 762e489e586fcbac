"""Transfer manifests 转移联单 for everybody who has a part in them: the list, and the form on A4."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ...domain import calendar
from ...domain.errors import RuleViolation
from ...services import manifests
from .. import words
from ..acting import Act, acting, viewing
from ..context import current_actor, database, settings
from ..form_states import blank, refused
from ..label_drawing import qr_svg
from ..listing import Column, read_query
from ..printed_seals import printed_seal

pages = Blueprint("manifests", __name__, url_prefix="/manifests")

STATES: dict[str, tuple[str, Any]] = {
    "draft": ("neutral", _l("草稿")),
    "submitted": ("waiting", _l("待装车")),
    "loaded": ("active", _l("已移出")),
    "in_transit": ("active", _l("运输中")),
    "arrived": ("warn", _l("已运抵，待确认")),
    "discrepancy": ("bad", _l("差异待处理")),
    "accepted": ("good", _l("已接受，办结")),
    "rejected": ("bad", _l("拒收，退运")),
    "void": ("neutral", _l("已作废")),
    "paper_pending": ("warn", _l("纸质联单待补录")),
}
LEGS = {1: _l("产废单位 → 收集平台"), 2: _l("收集平台 → 利用处置单位")}
OPINIONS = {"accepted": _l("接受"), "partly": _l("部分接受"), "refused": _l("不接受")}

COLUMNS = (
    Column("number", _l("联单编号"), "code"),
    Column("mover_out", _l("移出人")),
    Column("acceptor", _l("接受人"), priority=2),
    Column("plate", _l("车牌号"), "code", priority=2),
    Column("mass_g", _l("重量"), "mass", total=True),
    Column("opened_at", _l("填写时间"), "at"),
    Column("confirm_due_on", _l("确认期限"), "on", custom=True, priority=2),
    Column("state", _l("状态"), "status", value=lambda row: words.of(STATES, row.state), sortable=False),
)


@pages.get("/")
@viewing("manifest.view")
def index(act: Act) -> Any:
    """The manifests one has a part in."""
    query = read_query(
        request.args, COLUMNS, filters=("q", "state", "leg", "from_on", "until_on"), sort="-opened_at"
    )
    rows, count, sums = manifests.list_manifests(
        act.session,
        actor=act.actor,
        today=calendar.on_date(act.now),
        text=query.filters["q"],
        state=query.filters["state"],
        leg=query.filters["leg"],
        from_on=_day(query.filters["from_on"]),
        until_on=_day(query.filters["until_on"]),
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("manifests")
    choices = [("", _("全部")), ("open", _("未办结")), ("overdue", _("确认已逾期"))]
    choices += [(key, str(word)) for key, (_tone, word) in STATES.items() if key not in ("draft", "loaded")]
    return render_template(
        "manifests/index.html",
        listing=listing,
        states=choices,
        on=calendar.on_date(act.now),
        href=lambda row: url_for("manifests.manifest", manifest_id=row.id),
    )


def _day(text: str) -> date | None:
    """A day of the address, or None when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@pages.get("/<uuid:manifest_id>")
@viewing("manifest.view")
def manifest(act: Act, manifest_id: UUID) -> str:
    """The form with everything that Art. 10-13 and 18 ask, ready for A4."""
    form = manifests.manifest_view(act.session, actor=act.actor, manifest_id=manifest_id)
    return _form_page(act.session, form, blank({}, version=form.manifest.version))


def _form_page(session: Session, form: manifests.ManifestForm, number_form: Any) -> str:
    return render_template(
        "manifests/manifest.html",
        form=form,
        doc=form.manifest,
        qr=qr_svg(
            settings().base_url.rstrip("/") + request.path.removesuffix("/number"),
            side_mm=24,
            label=form.manifest.number,
        ),
        seal=printed_seal(session),
        number_form=number_form,
        state=words.of(STATES, form.manifest.state),
        leg=LEGS[form.manifest.leg],
        opinion=words.of(OPINIONS, form.manifest.opinion) if form.manifest.opinion else "",
    )


def _refused_number(violation: RuleViolation, *, manifest_id: UUID) -> str:
    with database().reading() as session:
        form = manifests.manifest_view(session, actor=current_actor(), manifest_id=manifest_id)
        return _form_page(session, form, refused(request.form, violation))


@pages.post("/<uuid:manifest_id>/number")
@acting("manifest.number", on_violation=_refused_number)
def record_number(act: Act, manifest_id: UUID) -> Any:
    """Enter the number that the national system has issued."""
    version = request.form.get("version", "")
    paper = manifests.record_official_number(
        act.session,
        actor=act.actor,
        manifest_id=manifest_id,
        number=request.form.get("official_number", ""),
        version=int(version) if version.isdigit() else None,
        now=act.now,
    )
    flash(_("已填写联单编号 %(number)s", number=paper.official_no), "good")
    return redirect(url_for("manifests.manifest", manifest_id=manifest_id))
