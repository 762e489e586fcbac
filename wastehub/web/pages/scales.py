"""Scales of a unit, and whether small differences add up to one side: by scale and by driver."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import calendar, quantities
from ...domain.errors import InvalidInput, NotFound, RuleViolation
from ...services import weighing
from ...services.weighing import DriftBoard, ScaleDraft, Series
from .. import formatting, words
from ..acting import Act, acting, viewing
from ..drift_charts import Point, drift_svg
from ..form_states import blank, refused, version_of
from ..listing import Column, read_query

pages = Blueprint("scales", __name__, url_prefix="/scales")
pages.record_once(lambda state: words.register(state.app))

STATES = {
    "steady": ("good", _l("正常")),
    "watch": ("warn", _l("留意")),
    "drift": ("bad", _l("单边偏移")),
    "few": ("neutral", _l("次数不足")),
    "none": ("neutral", _l("没有称重")),
}
MEANINGS = {
    "steady": _l("多少相抵，合计在偶然范围内。"),
    "watch": _l("合计偏向一边，尚可能是偶然。请在下月留意，并检查零点。"),
    "drift": _l("小差异总偏一边，偶然的可能不到千分之三。请立即校准计量器具；器具无误的，核查途中和交接。"),
    "few": _l("本月称重次数太少，不作判断。"),
    "none": _l("本月没有称重。"),
}
CLASSES = {"bench": _l("台秤"), "portable": _l("便携秤"), "bridge": _l("汽车衡")}


def show(template: str, **values: Any) -> str:
    return render_template(
        template,
        states=STATES,
        meanings=MEANINGS,
        classes=CLASSES,
        name_of=_name,
        month_text=month_text,
        **values,
    )


def _name(row: Any) -> str:
    return str(words.in_language(row, "name"))


def month_text(first: date) -> str:
    return f"{first:%Y-%m}"


@pages.get("/drift")
@viewing("scale.view")
def drift(act: Act) -> str:
    board = weighing.drift_board(act.session, actor=act.actor, today=calendar.on_date(act.now))
    return show(
        "scales/drift.html", board=board, charts=_charts(board), may_manage=act.actor.role != "regulator"
    )


def _charts(board: DriftBoard) -> dict[UUID, Any]:
    """One small drawing for each scale and driver, all to the same measure."""
    every = [*board.scales, *board.crews]
    reach = [
        max(abs(row.month.sum_g), board.sigma * row.month.sigma_g)
        for series in every
        for row in series.months
    ]
    top = max(reach, default=0)
    return {series.key: drift_svg(_points(series, board), title=_name(series), top=top) for series in every}


def _points(series: Series, board: DriftBoard) -> list[Point]:
    return [
        Point(
            label=f"{row.month.first_on:%m}",
            value=row.month.sum_g,
            band=board.sigma * row.month.sigma_g,
            text=f"{formatting.signed_mass(row.month.sum_g)} {STATES[row.state][1]}",
            href=_month_href(series, row.month.first_on) if row.month.weighings else "",
            tone={"drift": "bad", "watch": "warn"}.get(row.state, ""),
        )
        for row in series.months
    ]


def _month_href(series: Series, first: date) -> str:
    return url_for("scales.month", by=series.by, key=series.key, month=month_text(first))


WEIGHING_COLUMNS = (
    Column("decided_at", _l("称重时间"), "at", sortable=False),
    Column("label_code", _l("容器"), "label_code", sortable=False),
    Column("firm", _l("产废单位"), sortable=False, priority=2),
    Column("reception_no", _l("接收单号"), "code", sortable=False),
    Column("driver", _l("驾驶员"), sortable=False, priority=2),
    Column("scale_code", _l("计量器具"), "code", sortable=False, priority=2),
    Column("expected_g", _l("记录重量"), "mass", total=True, sortable=False),
    Column("weighed_g", _l("过磅重量"), "mass", total=True, sortable=False),
    Column(
        "difference_g", _l("差异"), "mass", total=True, sortable=False, custom=True,
        value=lambda row: row.difference_g,
    ),
)  # fmt: skip


@pages.get("/drift/<by>/<uuid:key>/<month>")
@viewing("scale.view")
def month(act: Act, by: str, key: UUID, month: str) -> Any:
    """Every weighing behind one column of a chart."""
    board = weighing.month_board(
        act.session, actor=act.actor, by=by, key=key, month=month, today=calendar.on_date(act.now)
    )
    query = read_query(request.args, WEIGHING_COLUMNS, sort="decided_at")
    rows = board.weighings
    names = ("expected_g", "weighed_g", "difference_g")
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    listing = query.show(rows, count=len(rows), sums=sums)
    if query.export:
        return listing.export("weighings")
    return show(
        "scales/month.html", board=board, listing=listing, weighing_href=_weighing_href(act.actor.role)
    )


def _weighing_href(role: str) -> Any:
    """Where a reader of this role sees a weighing in its place."""

    def of(row: Any) -> str:
        if row.trip_id is not None:
            return url_for("facility.reception", trip_id=row.trip_id)
        if role == "regulator":
            return url_for("regulator.batch", batch_id=row.batch_id)
        return url_for("facility.lot", lot_id=row.lot_id)

    return of


# --- the register ------------------------------------------------------------------------------------


@pages.get("")
@viewing("scale.manage")
def index(act: Act) -> str:
    rows = weighing.own_scales(act.session, actor=act.actor)
    return show("scales/index.html", rows=rows, today_on=calendar.on_date(act.now))


@pages.get("/new")
@viewing("scale.manage")
def new_scale(act: Act, violation: RuleViolation | None = None) -> str:
    form = blank({"scale_class": "bench"}) if violation is None else refused(request.form, violation)
    return show("scales/new_scale.html", form=form)


@pages.post("/new")
@acting("scale.manage", on_violation=lambda violation: new_scale(violation))
def register(act: Act) -> Any:
    row = weighing.register_scale(act.session, actor=act.actor, draft=_draft(), now=act.now)
    flash(_("计量器具 %(code)s 已登记，过磅时可以选用。", code=row.code), "good")
    return redirect(url_for("scales.index"))


@pages.get("/<uuid:scale_id>")
@viewing("scale.manage")
def scale(act: Act, scale_id: UUID, violation: RuleViolation | None = None) -> str:
    row = next(
        (each for each in weighing.own_scales(act.session, actor=act.actor) if each.id == scale_id), None
    )
    if row is None:
        raise NotFound("object.not_found")
    form = (
        blank(_present(row), version=row.version) if violation is None else refused(request.form, violation)
    )
    return show("scales/scale.html", form=form, row=row)


def _present(row: Any) -> dict[str, str]:
    return {
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "scale_class": row.scale_class,
        "division_kg": formatting.mass_kg(row.division_g) if row.division_g else "",
        "verified_until_on": row.verified_until_on.isoformat() if row.verified_until_on else "",
        "standard": "1" if row.standard else "",
        "retired": "" if row.active else "1",
    }


@pages.post("/<uuid:scale_id>")
@acting("scale.manage", on_violation=lambda violation, scale_id: scale(scale_id, violation))
def change(act: Act, scale_id: UUID) -> Any:
    row = weighing.change_scale(
        act.session, actor=act.actor, scale_id=scale_id, draft=_draft(), version=version_of(request.form)
    )
    flash(_("计量器具 %(code)s 已更新；以前的称重仍记在它名下。", code=row.code), "good")
    return redirect(url_for("scales.index"))


def _draft() -> ScaleDraft:
    form = request.form
    division, until = form.get("division_kg", "").strip(), form.get("verified_until_on", "").strip()
    try:
        until_on = date.fromisoformat(until) if until else None
    except ValueError:
        raise InvalidInput("input.invalid", field="verified_until_on") from None
    return ScaleDraft(
        code=form.get("code", ""),
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        scale_class=form.get("scale_class", ""),
        division_g=quantities.parse_mass_g(division, field="division_g") if division else None,
        verified_until_on=until_on,
        standard=bool(form.get("standard")),
        active=not form.get("retired"),
    )
