"""For regulators: the county's kilograms, the chain of a batch, open loops, the sealed log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ... import regions
from ...domain import calendar, open_loops, roles
from ...domain.errors import NotFound
from ...ledger import size as ledger_size
from ...models.organisations import organisations_of
from ...services import administration, audits, dispatch, enrolment, photos
from ...services.audits import LoopState
from .. import (
    chain_words,
    charts,
    drawing,
    evidence,
    explorer,
    formatting,
    label_words,
    loop_words,
    problem_words,
    station_words,
    store_words,
    words,
)
from ..acting import Act, viewing
from ..context import settings
from ..listing import EXPORT_LIMIT, Column, read_query
from ..locale import select_locale
from ..writing import held

pages = Blueprint("regulator", __name__, url_prefix="/regulator")
pages.record_once(lambda state: words.register(state.app))

FATE_COLUMNS = (
    Column("generated_g", _l("产生"), "mass", total=True),
    Column("enterprise_g", _l("产废单位贮存"), "mass", total=True),
    Column("road_g", _l("运输途中"), "mass", total=True),
    Column("platform_g", _l("平台在库"), "mass", total=True),
    Column("plant_g", _l("处置单位在库"), "mass", total=True),
    Column("treated_g", _l("已利用处置"), "mass", total=True),
    Column("lost_g", _l("已说明损耗"), "mass", total=True, priority=2),
    Column("tolerance_g", _l("允差内差异"), "mass", total=True, priority=2),
    Column("open_cases_g", _l("待查差异"), "mass", total=True),
    Column("unexplained_g", _l("不明"), "mass", total=True),
)


def _of_fate(name: str) -> Callable[[Any], int]:
    return lambda row: int(getattr(row.fate, name))


COUNTY_COLUMNS = (
    Column(
        "county", _l("县（市、区）"), value=lambda row: words.in_language(row.area, "name"), sortable=False
    ),
    Column("firms", _l("入网单位"), "number", total=True, sortable=False),
    *(replace(column, sortable=False, value=_of_fate(column.key)) for column in FATE_COLUMNS),
)


# On the page two of the export's columns stand as one, and the number of firms beside the map.
LOSSES = Column(
    "losses_g", _l("损耗与允差"), "mass", value=lambda row: row.fate.lost_g + row.fate.tolerance_g
)
PAGE_COLUMNS = (
    COUNTY_COLUMNS[0],
    *COUNTY_COLUMNS[2:8],
    LOSSES,
    *COUNTY_COLUMNS[-2:],
)
# Beside the map: what it shows, in figures.
BRIEF_COLUMNS = (
    *COUNTY_COLUMNS[:2],
    Column("open_g", _l("尚未利用处置"), "mass", value=lambda row: row.fate.generated_g - row.fate.treated_g),
    Column("cases_g", _l("待查差异"), "mass", value=lambda row: row.fate.open_cases_g),
)


@pages.get("/")
@viewing("county.view")
def home(act: Act) -> Any:
    rows = audits.county_balances(act.session, actor=act.actor)
    total = audits.total_of(row.fate for row in rows)
    query = read_query(request.args, COUNTY_COLUMNS, sort="county")
    sums = {c.key: getattr(total, c.key) for c in FATE_COLUMNS} | {"firms": sum(r.firms for r in rows)}
    if query.export:
        return query.show(rows, count=len(rows), sums=sums).export("counties")
    late = [row for row in audits.overdue(act.session, actor=act.actor, now=act.now) if row.late]
    return render_template(
        "regulator/home.html",
        rows=rows,
        sums=sums | {"losses_g": total.lost_g + total.tolerance_g},
        brief=BRIEF_COLUMNS,
        county_columns=PAGE_COLUMNS,
        columns=FATE_COLUMNS,
        total=total,
        late=len(late),
        cases=len(audits.open_cases(act.session, actor=act.actor)),
        loops=loop_words.todo(act),
        problems=problem_words.todo(act),
        store=store_words.todo(act),
        map=_county_map(act, rows),
        county_href=lambda row: url_for("regulator.county", code=row.area.code),
        **_flows(total),
    )


def _flows(fate: audits.Fate) -> dict[str, Any]:
    """Where the kilograms are as a drawing, for a desk and for a phone, and what it cannot draw."""
    gained_g = -(fate.lost_g + fate.tolerance_g) - min(fate.open_cases_g, 0)
    source, parts, title = _bar(_("产生"), fate.generated_g), _flow_parts(fate), _("公斤去向")
    return {
        "flow": charts.flow_svg(source, parts, title=title, size=(1120, 380)),
        "gained": formatting.mass(gained_g) if gained_g > 0 else "",
        "narrow_flow": charts.flow_svg(source, parts, title=title, size=(340, 380)),
    }


def _bar(label: str, mass_g: int) -> charts.Bar:
    return charts.Bar(label, mass_g, formatting.mass(mass_g))


def _flow_parts(fate: audits.Fate) -> list[charts.Bar]:
    parts = (
        (_("产废单位贮存"), fate.enterprise_g),
        (_("运输途中"), fate.road_g),
        (_("平台在库"), fate.platform_g),
        (_("处置单位在库"), fate.plant_g),
        (_("已利用处置"), fate.treated_g),
        (_("损耗与允差"), fate.lost_g + fate.tolerance_g),
        (_("待查差异"), fate.open_cases_g),
    )
    return [_bar(label, mass_g) for label, mass_g in parts if mass_g > 0]


def _county_map(act: Act, rows: list[audits.CountyBalance]) -> drawing.MapDrawing:
    """Counties shaded by what is still under way, with platforms and plants."""
    region = regions.load(settings().region)
    open_g = {row.area.code: row.fate.generated_g - row.fate.treated_g for row in rows}
    areas = drawing.areas_from_geojson(
        region.geojson("counties"),
        name="name_en" if select_locale() == "en" else "name_zh",
        values=open_g,
        show=formatting.mass,
        href=lambda code: url_for("regulator.county", code=code),
    )
    spots = [
        drawing.Spot(
            unit.lon_e6, unit.lat_e6, f"site-{kind}", title=unit.name, radius=6 if kind == "platform" else 5
        )
        for kind in ("platform", "plant")
        for unit in organisations_of(act.session, kind)
        if unit.county_code
    ]
    return drawing.map_svg(
        areas=areas,
        paths=drawing.paths_from_geojson(region.geojson("roads")),
        spots=spots,
        title=_("各县（市、区）尚未利用处置的废物"),
        show_bound=formatting.mass_short,
        legend=[
            drawing.LegendItem(_("收集平台"), "spot site-platform", "spot"),
            drawing.LegendItem(_("利用处置单位"), "spot site-plant", "spot"),
        ],
    )


@pages.get("/counties/<code>")
@viewing("county.view")
def county(act: Act, code: str) -> Any:
    rows = audits.county_balances(act.session, actor=act.actor)
    row = next((each for each in rows if each.area.code == code), None)
    if row is None:
        raise NotFound("object.not_found")
    late = [
        each
        for each in audits.overdue(act.session, actor=act.actor, now=act.now)
        if each.unit is not None and each.unit.county_code == code
    ]
    new_year_on = calendar.on_date(act.now).replace(month=1, day=1)
    return render_template(
        "regulator/county.html",
        row=row,
        columns=FATE_COLUMNS,
        **_flows(row.fate),
        late=late,
        kinds=chain_words.OVERDUE,
        saving=dispatch.county_saving(act.session, actor=act.actor, county_code=code, since_on=new_year_on),
    )


# --- batches ---------------------------------------------------------------------------------------

BATCH_COLUMNS = (
    Column("batch_no", _l("批次"), "code", value=lambda row: row.Batch.batch_no),
    Column("enterprise", _l("产废单位"), value=lambda row: row.Organisation.name),
    Column("waste_code", _l("废物代码"), "code", value=lambda row: row.Batch.waste_code, sortable=False),
    Column(
        "internal_name", _l("名称"), value=lambda row: row.Batch.internal_name, sortable=False, priority=2
    ),
    Column("containers", _l("容器"), "number", sortable=False),
    Column("mass_g", _l("现记重量"), "mass", total=True),
    Column("produced_on", _l("产生日期"), "on", value=lambda row: row.Batch.produced_on),
)


@pages.get("/batches")
@viewing("county.view")
def batches(act: Act) -> Any:
    query = read_query(request.args, BATCH_COLUMNS, sort="-produced_on", filters=("q", "state", "county"))
    state = query.filters["state"]
    rows, count, sums = audits.search_batches(
        act.session,
        actor=act.actor,
        text=query.filters["q"],
        county=query.filters["county"],
        state=state if state in audits.PLACES else "",
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("batches")
    counties = [(row.code, words.in_language(row, "name")) for row in administration.counties(act.session)]
    return render_template(
        "regulator/batches.html",
        listing=listing,
        counties=[("", _("全部")), *counties],
        states=[("", _("全部")), *chain_words.PLACES.items()],
        batch_href=lambda row: url_for("regulator.batch", batch_id=row.Batch.id),
        dead_label=label_words.told(act.session, query.filters["q"]),
    )


@pages.get("/batches/<uuid:batch_id>")
@viewing("audit.trace")
def batch(act: Act, batch_id: UUID) -> str:
    trace = audits.trace(act.session, actor=act.actor, batch_id=batch_id)
    drawn = audits.drawn_chain(act.session, trace)
    return render_template(
        "regulator/batch.html",
        trace=trace,
        fate_columns=FATE_COLUMNS,
        may_open_treatments=roles.may(act.actor.role, "treatment.view"),
        may_export=roles.may(act.actor.role, "evidence.export"),
        steps=chain_words.steps_of(trace),
        photos=_photos(act, batch_id),
        drawn=drawn,
        stations=station_words.stations_of(drawn),
    )


def _photos(act: Act, batch_id: UUID) -> list[dict[str, Any]]:
    if not roles.may(act.actor.role, "photo.view"):
        return []
    return evidence.shown(photos.taken(act.session, actor=act.actor, batch_id=batch_id))


# --- open loops ------------------------------------------------------------------------------------


def _overdue_columns(today: date, states: dict[str, LoopState]) -> tuple[Column, ...]:
    """The list's columns; what was put before whom and promised stands in `states`, by the loops' keys."""
    none = audits.LoopState([], [])
    return (
        Column("subject", _l("对象"), "code"),
        Column("kind", _l("事项"), value=lambda row: chain_words.OVERDUE[row.kind]),
        Column("unit", _l("责任单位"), value=lambda row: row.unit.name if row.unit else "", sortable=False),
        Column("mass_g", _l("重量"), "mass", total=True, sortable=False),
        Column("since_on", _l("起始"), "on", priority=2),
        Column("starts_on", _l("内部期限"), "on"),
        Column("law_due_on", _l("法定期限"), "on"),
        Column("step", _l("已送达"), value=lambda row: _step_of(states.get(row.key, none)), sortable=False),
        Column(
            "promised_on",
            _l("承诺日期"),
            "on",
            value=lambda row: states.get(row.key, none).promised_on,
            sortable=False,
            priority=2,
        ),
        Column(
            "late",
            _l("状态"),
            "status",
            value=lambda row: loop_words.status_of(row, today),
            sortable=False,
        ),
    )


def _step_of(state: LoopState) -> str:
    return str(loop_words.step_name(state.steps[-1].step)) if state.steps else ""


@pages.get("/overdue")
@viewing("county.view")
def overdue(act: Act) -> Any:
    today = calendar.on_date(act.now)
    loops = audits.overdue(act.session, actor=act.actor, now=act.now)
    states = audits.loop_states(act.session, [row.key for row in loops])
    columns = _overdue_columns(today, states)
    query = read_query(request.args, columns, sort="starts_on", filters=("kind", "late"))
    rows = [row for row in loops if _fits(row, query.filters["kind"], query.filters["late"], today)]
    rows.sort(key=lambda row: str(getattr(row, query.sort)), reverse=query.descending)
    sums = {"mass_g": sum(row.mass_g or 0 for row in rows)}
    shown = rows[query.offset : query.offset + query.limit]
    listing = query.show(shown, count=len(rows), sums=sums)
    if query.export:
        return listing.export("overdue")
    return render_template(
        "regulator/overdue.html",
        listing=listing,
        kinds=[("", _("全部")), *chain_words.OVERDUE.items()],
        lates=[("", _("全部")), ("1", _("已超期")), ("law", _("超过法定期限")), ("break", _("链条中断"))],
        row_href=lambda row: loop_words.href_of(row, states[row.key].newest if row.key in states else None),
        tone=lambda row: "bad" if row.late else "warn",
        limits=audits.stage_limits(act.session, today=today),
        step_days=audits.step_days(act.session, today=today),
        steps=open_loops.STEPS,
        loop_words=loop_words,
    )


def _fits(row: audits.OverdueRow, kind: str, late: str, today: date) -> bool:
    if kind and row.kind != kind:
        return False
    if late == "law":
        return row.clock(today) == "law"
    return row.is_break if late == "break" else row.late or not late


# --- firms -----------------------------------------------------------------------------------------

FIRM_COLUMNS = (
    Column("name", _l("单位名称")),
    Column("code", _l("统一社会信用代码"), "code"),
    Column("industry", _l("行业"), sortable=False, priority=2),
    Column("enrolled_at", _l("入网时间"), "at", priority=2),
)


@pages.get("/enterprises")
@viewing("county.view")
def enterprises(act: Act) -> Any:
    industry_of = words.industries(enrolment.industries(act.session))
    columns = [replace(each, value=industry_of) if each.key == "industry" else each for each in FIRM_COLUMNS]
    query = read_query(request.args, columns, sort="code", filters=("q", "county"))
    rows, count, sums = administration.organisations(
        act.session,
        actor=act.actor,
        kind="enterprise",
        text=query.filters["q"],
        county=query.filters["county"],
        **query.window,
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("enterprises")
    counties = [(row.code, words.in_language(row, "name")) for row in administration.counties(act.session)]
    return render_template(
        "regulator/enterprises.html",
        listing=listing,
        counties=[("", _("全部")), *counties],
        firm_href=lambda row: url_for("regulator.enterprise", organisation_id=row.id),
    )


@pages.get("/enterprises/<uuid:organisation_id>")
@viewing("county.view")
def enterprise(act: Act, organisation_id: UUID) -> str:
    view = audits.firm_view(act.session, actor=act.actor, organisation_id=organisation_id, now=act.now)
    return render_template(
        "regulator/enterprise.html",
        view=view,
        fate_columns=FATE_COLUMNS,
        industry=words.industries(enrolment.industries(act.session))(view.firm),
    )


# --- the log ---------------------------------------------------------------------------------------


@pages.get("/ledger")
@viewing("ledger.view")
def ledger(act: Act) -> Any:
    found = explorer.read(request.args)
    if found.query.export:
        entries = audits.explore(act.session, actor=act.actor, asked=found.asked, limit=EXPORT_LIMIT)
        view = explorer.Shown.of(act, entries)
        return found.query.show(view.rows, count=len(view.rows)).export("ledger")
    entries = audits.explore(
        act.session,
        actor=act.actor,
        asked=found.asked,
        before_idx=found.before_idx,
        limit=explorer.PAGE,
    )
    view = explorer.Shown.of(act, entries)
    count = audits.count_explored(act.session, actor=act.actor, asked=found.asked)
    return render_template(
        "regulator/ledger.html",
        listing=found.query.show(view.rows, count=count),
        counted_max=audits.COUNTED_MAX,
        size=ledger_size(act.session),
        older_href=found.older_href(entries),
        newest_href=found.newest_href(),
        entry_href=lambda row: url_for("regulator.entry", idx=row.idx),
        types=explorer.types(act),
        kinds=explorer.KINDS,
        may_verify=roles.may(act.actor.role, "ledger.verify"),
    )


@pages.get("/ledger/<int:idx>")
@viewing("ledger.view")
def entry(act: Act, idx: int) -> str:
    found = audits.sealed_entry(act.session, actor=act.actor, idx=idx, policy=held().policy)
    event = found.entry.event
    return render_template(
        "regulator/entry.html",
        entry=found.entry,
        found=found,
        sentence=explorer.sentence(act, found.entry),
        said=explorer.said(found.entry),
        leaf=explorer.pretty(found.leaf),
        proof=[each.hex() for each in found.proof],
        units=explorer.names(act, event),
        type_name=chain_words.type_name,
    )
