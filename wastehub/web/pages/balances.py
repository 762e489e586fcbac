"""公斤去向: the balance of a city, county, platform or firm as a flow, and the list behind each number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain.errors import InvalidInput
from ...models.organisations import organisations_of
from ...services import administration, audits
from ...services.audits import Balance, BalanceScope
from .. import balance_drawing, formatting, words
from ..acting import Act, viewing
from ..balance_drawing import Part
from ..listing import Column, read_query

pages = Blueprint("balances", __name__, url_prefix="/regulator/balance")
pages.record_once(lambda state: words.register(state.app))

# Part -> label, stage at which it leaves the stream (1 firm, 2 road, 3 platform, 4 plant), tone.
PARTS: dict[str, tuple[Any, int, str]] = {
    "treated": (_l("已利用处置"), 4, "good"),
    "plant": (_l("处置单位在库"), 4, ""),
    "transfer": (_l("转移至处置单位途中"), 3, ""),
    "platform": (_l("收集平台在库"), 3, ""),
    "road": (_l("收运途中"), 2, ""),
    "enterprise": (_l("产废单位贮存"), 1, ""),
    "lost": (_l("已说明损耗"), 3, "warn"),
    "tolerance": (_l("允差内差异"), 3, ""),
    "cases": (_l("待查差异"), 3, "bad"),
    "unexplained": (_l("不明"), 4, "bad"),
}
SCOPE_NAMES = {"county": _l("县（市、区）"), "platform": _l("收集平台"), "firm": _l("产废单位")}


def scope_of(args: Any) -> BalanceScope:
    """The scope that an address names. Raises InvalidInput."""
    kind, _colon, code = args.get("scope", "").partition(":")
    if kind not in ("", "all", "county", "platform", "firm"):
        raise InvalidInput("input.invalid", field="scope")
    return BalanceScope(kind or "all", code, audits.month_of(args.get("month", "")))


def _address(scope: BalanceScope) -> dict[str, Any]:
    asked = {} if scope.kind == "all" else {"scope": f"{scope.kind}:{scope.code}"}
    return asked | ({"month": scope.month.isoformat()[:7]} if scope.month else {})


@pages.get("/")
@viewing("county.view")
def flow(act: Act) -> Any:
    found = audits.balance(act.session, actor=act.actor, scope=scope_of(request.args))
    rows = _rows(found)
    source, parts = rows[0], rows[1:]
    stages = [
        (name, formatting.mass(sum(part.grams for part in parts if part.stage >= number)))
        for number, name in enumerate((_("产生"), _("收运"), _("收集平台"), _("利用处置单位")), start=1)
    ]
    gained_g = -sum(part.grams for part in parts if part.grams < 0)
    return render_template(
        "balances/flow.html",
        balance=found,
        name=_name(found),
        rows=rows,
        total=sum(part.grams for part in parts),
        gained=formatting.mass(gained_g) if gained_g else "",
        wide=balance_drawing.balance_svg(source, parts, stages, title=_("公斤去向"), size=(1120, 460)),
        narrow=balance_drawing.balance_svg(source, parts, stages, title=_("公斤去向"), size=(340, 460)),
        scopes=_scopes(act),
        months=[("", _("全部月份")), *((m.isoformat()[:7], m.isoformat()[:7]) for m in _months(act))],
        chosen=request.args.get("scope", ""),
        month=request.args.get("month", ""),
    )


def _months(act: Act) -> Any:
    return audits.months(act.session, actor=act.actor, now=act.now)


def _name(found: Balance) -> str:
    if found.scope.kind == "all":
        return _("全市")
    return words.in_language(found, "name")


def _rows(found: Balance) -> list[Part]:
    """The source and then every part, also those with nothing."""
    made = [_part(found, "generated", _("产生"), 1, "")]
    return made + [_part(found, key, str(label), stage, tone) for key, (label, stage, tone) in PARTS.items()]


def _part(found: Balance, key: str, label: str, stage: int, tone: str) -> Part:
    grams = found.parts[key]
    listed = key != "unexplained"
    href = url_for("balances.batches", part=key, **_address(found.scope)) if listed and grams else ""
    return Part(key, label, grams, formatting.mass(grams), stage, href, tone if grams else "")


def _scopes(act: Act) -> list[tuple[Any, list[tuple[str, str]]]]:
    """Whose kilograms can be chosen: counties and platforms of the actor's area."""
    own = act.actor.county_code
    counties = [
        (f"county:{row.code}", words.in_language(row, "name"))
        for row in administration.counties(act.session)
        if own in (None, row.code)
    ]
    platforms = [
        (f"platform:{row.code}", row.short_name)
        for row in organisations_of(act.session, "platform")
        if own in (None, row.county_code)
    ]
    return [(SCOPE_NAMES["county"], counties), (SCOPE_NAMES["platform"], platforms)]


COLUMNS = (
    Column("batch_no", _l("批次"), "code", sortable=False),
    Column("firm", _l("产废单位"), sortable=False),
    Column("waste_code", _l("废物代码"), "code", sortable=False),
    Column("internal_name", _l("名称"), sortable=False, priority=2),
    Column("produced_on", _l("产生日期"), "on", sortable=False),
    Column("mass_g", _l("重量"), "mass", total=True),
)


@pages.get("/batches")
@viewing("county.view")
def batches(act: Act) -> Any:
    """The batches behind one number: they add up to it."""
    scope, part = scope_of(request.args), request.args.get("part", "generated")
    found, rows = audits.balance_rows(act.session, actor=act.actor, scope=scope, part=part)
    query = read_query(request.args, COLUMNS, sort="-mass_g", filters=("part", "scope", "month"))
    rows.sort(key=lambda row: row.mass_g, reverse=query.descending)
    sums = {"mass_g": sum(row.mass_g for row in rows)}
    listing = query.show(rows[query.offset : query.offset + query.limit], count=len(rows), sums=sums)
    if query.export:
        return listing.export(f"balance-{part}")
    label = _("产生") if part == "generated" else str(PARTS[part][0])
    return render_template(
        "balances/batches.html",
        listing=listing,
        name=_name(found),
        label=label,
        number_g=found.parts[part],
        back=url_for("balances.flow", **_address(found.scope)),
        batch_href=_batch_href,
        month=request.args.get("month", ""),
    )


def _batch_href(row: audits.BalanceRow) -> str:
    batch_id: UUID = row.batch_id
    return url_for("regulator.batch", batch_id=batch_id)
