"""日盘点: today's places, one count on the phone in the store, its signature; every store's days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import calendar, quantities
from ...domain.errors import InvalidInput, RuleViolation
from ...services import counts
from ...services.counts import Mark
from .. import words
from ..acting import Act, acting, viewing
from ..context import settings
from ..form_states import blank, refused, version_of
from ..label_drawing import qr_svg

pages = Blueprint("counts", __name__, url_prefix="/counts")
pages.record_once(lambda state: words.register(state.app))

STATES = {
    "open": ("active", _l("盘点中")),
    "counted": ("warn", _l("待签字")),
    "signed": ("good", _l("已签字")),
    "dropped": ("neutral", _l("已放弃")),
}
DAY_STATES = {
    "signed": ("good", _l("已签字")),
    "unsigned": ("warn", _l("待签字")),
    "partly": ("warn", _l("未盘全")),
    "none": ("bad", _l("未盘点")),
    "nothing": ("neutral", _l("无库存")),
    "before": ("neutral", _l("尚未开始")),
}
FINDINGS = {
    "same": ("good", _l("账实相符")),
    "within": ("good", _l("允差内")),
    "mass": ("bad", _l("重量不符")),
    "missing": ("bad", _l("未找到")),
    "wrong_zone": ("warn", _l("不在账面分区")),
    "elsewhere": ("bad", _l("账面在别处")),
    "unknown": ("bad", _l("系统中没有此标签")),
    "found_again": ("good", _l("失而复得")),
}
MEANINGS = {
    "mass": _l("超出允差，已建立差异。请复称，并在差异处理中说明原因。"),
    "missing": _l("全部重量已转入待查差异。请先在相邻分区和待出库区查找；再次盘点扫到即自动销案。"),
    "wrong_zone": _l("容器在库，但放错了位置。请搬回账面分区，或办理移库。"),
    "elsewhere": _l("账面显示容器不在本库。已记入账本备查；请核对接收、退运或出库手续。"),
    "unknown": _l("标签不是本系统登记的，或已更换。请查看实物标签，联系产废单位。"),
    "found_again": _l("以前盘点没有找到，这次找到了，原差异已按原数冲回。"),
}


def show(template: str, **values: Any) -> str:
    return render_template(
        template,
        states=STATES,
        day_states=DAY_STATES,
        findings=FINDINGS,
        meanings=MEANINGS,
        waste_name=lambda waste: words.in_language(waste, "name") if waste is not None else "",
        place_name=place_name,
        **values,
    )


def place_name(zone: Any) -> str:
    return f"{zone.code} {words.in_language(zone, 'name')}" if zone is not None else str(_("未分区"))


@pages.get("")
@viewing("count.record")
def index(act: Act, violation: RuleViolation | None = None) -> str:
    board = counts.today_board(act.session, actor=act.actor, today=calendar.on_date(act.now))
    return show(
        "counts/index.html",
        board=board,
        form=blank() if violation is None else refused(request.form, violation),
    )


@pages.post("")
@acting("count.record", on_violation=lambda violation: open_again(violation))
def open_count(act: Act) -> Any:
    row = counts.open_count(
        act.session,
        actor=act.actor,
        zone_id=_chosen("zone_id"),
        scale_id=_chosen("scale_id"),
        now=act.now,
    )
    return redirect(url_for("counts.count", count_id=row.id))


def open_again(violation: RuleViolation) -> Any:
    """Somebody counts there already: go on with that count."""
    if violation.code == "count.open_already":
        flash(_("该分区正在盘点（%(number)s），已为您打开。", number=violation.params["count_no"]), "info")
        return redirect(url_for("counts.count", count_id=violation.params["count_id"]))
    return index(violation)


def _chosen(name: str) -> UUID | None:
    text = request.form.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput("facility.nothing_chosen", field=name) from None


@pages.get("/sites")
@viewing("count.view")
def sites(act: Act) -> str:
    """The last days of every store that the reader supervises."""
    rows = counts.site_days(act.session, actor=act.actor, today=calendar.on_date(act.now), count=7)
    return show("counts/sites.html", rows=rows)


@pages.get("/<uuid:count_id>")
@viewing("count.view")
def count(act: Act, count_id: UUID, violation: RuleViolation | None = None, dialog: str = "") -> str:
    board = counts.board(act.session, actor=act.actor, count_id=count_id)
    own = act.actor.organisation_id == board.count.organisation_id
    return show(
        "counts/count.html",
        board=board,
        row=board.count,
        form=(
            blank(version=board.count.version)
            if violation is None
            else refused(request.form, violation, dialog=dialog)
        ),
        moved=violation is not None and violation.code == "count.moved_since_opened",
        may_count=own and board.count.state == "open",
        may_sign=own and board.count.state == "counted" and act.actor.author not in board.counters,
        counted_here=own and act.actor.author in board.counters,
        crumb_href=url_for("counts.sites" if act.actor.role == "regulator" else "counts.index"),
    )


def _again(violation: RuleViolation, count_id: UUID) -> str:
    return str(count(count_id, violation))


def _sign_again(violation: RuleViolation, count_id: UUID) -> str:
    return str(count(count_id, violation, "sign"))


@pages.post("/<uuid:count_id>/marks")
@acting("count.record", on_violation=_again)
def keep_marks(act: Act, count_id: UUID) -> Any:
    """What the form has so far, for whoever works without a script or stops in between."""
    lines = counts.mark(
        act.session, actor=act.actor, count_id=count_id, marks=marks_of(request.form), now=act.now
    )
    flash(_("已保存 %(count)s 个容器，其余的可以稍后继续。", count=len(lines)), "good")
    return redirect(url_for("counts.count", count_id=count_id))


@pages.post("/<uuid:count_id>/close")
@acting("count.record", on_violation=_again)
def close(act: Act, count_id: UUID) -> Any:
    row = counts.close(
        act.session,
        actor=act.actor,
        count_id=count_id,
        version=version_of(request.form),
        marks=marks_of(request.form),
        now=act.now,
    )
    if row.differing:
        flash(
            _("盘点 %(number)s 已提交：%(count)s 项不符。下一步：请另一人核对签字。",
              number=row.count_no, count=row.differing),
            "warn",
        )  # fmt: skip
    else:
        flash(_("盘点 %(number)s 已提交，账实相符。下一步：请另一人签字。", number=row.count_no), "good")
    return redirect(url_for("counts.count", count_id=count_id))


@pages.post("/<uuid:count_id>/refresh")
@acting("count.record", on_violation=_again)
def refresh(act: Act, count_id: UUID) -> Any:
    counts.refresh(
        act.session, actor=act.actor, count_id=count_id, version=version_of(request.form), now=act.now
    )
    flash(_("清单已按现在的账面更新，已扫到的容器保留。"), "good")
    return redirect(url_for("counts.count", count_id=count_id))


@pages.post("/<uuid:count_id>/drop")
@acting("count.record", on_violation=_again)
def drop(act: Act, count_id: UUID) -> Any:
    row = counts.drop(
        act.session, actor=act.actor, count_id=count_id, version=version_of(request.form), now=act.now
    )
    flash(_("盘点 %(number)s 已放弃，账本没有变化。", number=row.count_no), "info")
    return redirect(url_for("counts.index"))


@pages.post("/<uuid:count_id>/sign")
@acting("count.sign", on_violation=_sign_again)
def sign(act: Act, count_id: UUID) -> Any:
    row = counts.sign(
        act.session,
        actor=act.actor,
        count_id=count_id,
        version=version_of(request.form),
        note=request.form.get("note", ""),
        now=act.now,
    )
    flash(_("盘点 %(number)s 已签字，并记入账本。", number=row.count_no), "good")
    return redirect(url_for("counts.count", count_id=count_id))


@pages.get("/<uuid:count_id>/sheet")
@viewing("count.view")
def sheet(act: Act, count_id: UUID) -> str:
    """The paper for whoever counts with a pen; its QR code opens the count again."""
    board = counts.board(act.session, actor=act.actor, count_id=count_id)
    address = settings().base_url.rstrip("/") + url_for("counts.count", count_id=count_id)
    return show(
        "counts/sheet.html",
        board=board,
        row=board.count,
        printed_at=act.now,
        qr=qr_svg(address, side_mm=24, label=board.count.count_no),
    )


# --- reading the form --------------------------------------------------------------------------------


def marks_of(form: Mapping[str, str]) -> list[Mark]:
    """Rows that were ticked or weighed, those whose tick was taken away, and codes that were written down.

    Raises InvalidInput (mass.*) at marks.<row>.weighed_g.
    """
    made: list[Mark] = []
    for row in _rows(form):
        prefix = f"marks.{row}."
        text = form.get(prefix + "weighed_kg", "").strip()
        weighed_g = quantities.parse_mass_g(text, field=prefix + "weighed_g") if text else None
        if form.get(prefix + "seen") or weighed_g is not None:
            made.append(Mark(form.get(prefix + "code", ""), weighed_g=weighed_g, source="tick"))
        elif form.get(prefix + "was"):
            made.append(Mark(form.get(prefix + "code", ""), seen=False, source="tick"))
    made += [Mark(code, source="sheet") for code in form.get("other_codes", "").split()]
    return made


def _rows(form: Mapping[str, str]) -> list[int]:
    found = {name.split(".")[1] for name in form if name.startswith("marks.")}
    return sorted(int(text) for text in found if text.isascii() and text.isdigit())
