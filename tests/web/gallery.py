"""A page with every macro on it, in a Flask app of its own: for tests and for looking at the design."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, render_template_string, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup

from wastehub.web import assets, formatting, headers, words
from wastehub.web.drawing import (
    Bar,
    LegendItem,
    Spot,
    areas_from_geojson,
    bars_svg,
    columns_svg,
    flow_svg,
    map_svg,
    paths_from_geojson,
    route_css,
)
from wastehub.web.drawing import (
    Path as Line,
)
from wastehub.web.forms import FormState
from wastehub.web.listing import Column, read_query

ROOT = Path(__file__).resolve().parents[2]
PAGES = Path(__file__).parent / "gallery"
GEO = ROOT / "seed" / "regions" / "jiaxing"
NOW = datetime(2026, 3, 16, 6, 5, tzinfo=UTC)
CODE = "91330400MA2B000X5" + "R" + "90021408" + "20260302" + "001"
COLUMNS = (
    Column("batch_no", "批次", "code"),
    Column("waste", "废物", custom=True, value=lambda row: row["waste"], sortable=False),
    Column("enterprise", "产废单位", priority=2),
    Column("mass_g", "重量", "mass", total=True),
    Column("produced_on", "产生日期", "on", priority=2),
    Column("due_on", "期限", custom=True, value=lambda row: row["due_on"]),
    Column("registered_at", "登记时间", "at", priority=3),
    Column("state", "状态", "status"),
)
STATES = [
    ("good", "已入库"),
    ("active", "运输中"),
    ("warn", "临近期限"),
    ("neutral", "待收运"),
    ("bad", "已超期"),
    ("waiting", "待确认"),
]
WASTES = [
    ("废矿物油", "900-214-08"),
    ("废包装桶", "900-041-49"),
    ("废切削液", "900-006-09"),
    ("废活性炭", "900-039-49"),
    ("含油污泥", "900-210-08"),
]
MASSES = [812_500, 1_240_000, 96_300, 24_000, 12_345_000]
FIRMS = [
    "示例·嘉善精密五金厂",
    "示例·海宁皮革助剂有限公司",
    "示例·桐乡化纤机械厂",
    "示例·平湖光电配件厂",
    "示例·海盐紧固件有限公司",
]
NAVIGATION = [
    ("", [("今日待办", "home", 7, True)]),
    (
        "调度",
        [
            ("待收申请", "request", 42, True),
            ("收运计划", "planning", 0, True),
            ("收运任务", "round", 6, True),
        ],
    ),
    (
        "平台",
        [
            ("入库接收", "reception", 3, False),
            ("贮存分区", "zone", 0, False),
            ("出库转移", "lot", 0, False),
            ("转移联单", "manifest", 0, False),
            ("差异处理", "discrepancy", 1, False),
        ],
    ),
]


def rows(count: int) -> list[dict[str, Any]]:
    made = []
    for number in range(count):
        waste, code = WASTES[number % 5]
        made.append(
            {
                "id": number,
                "batch_no": f"2026-0316-{number + 1:04d}",
                "waste": waste,
                "waste_code": code,
                "enterprise": FIRMS[number % 5],
                "mass_g": MASSES[number % 5],
                "produced_on": date(2026, 3, 1 + number % 15),
                "due_on": date(2026, 3, 14 + number % 9),
                "registered_at": NOW,
                "state": STATES[number % 6],
            }
        )
    return made


def geojson(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GEO / name).read_text(encoding="utf-8"))
    return found


def sketch(href: Any = None, with_rounds: bool = True) -> Any:
    """The county map with platforms and two rounds."""
    counties = geojson("counties.geojson")
    values = dict(
        zip(
            [f["properties"]["adcode"] for f in counties["features"]],
            [18_230_000, 9_120_000, 22_400_000, 31_050_000, 12_300_000, 41_800_000, 26_000_000],
            strict=False,
        )
    )
    routes = [
        [
            (120_850_000, 30_760_000),
            (120_920_000, 30_790_000),
            (121_000_000, 30_820_000),
            (121_010_000, 30_760_000),
            (120_850_000, 30_760_000),
        ],
        [
            (120_570_000, 30_640_000),
            (120_480_000, 30_660_000),
            (120_450_000, 30_600_000),
            (120_540_000, 30_570_000),
            (120_570_000, 30_640_000),
        ],
    ]
    spots = [
        Spot(120_850_000, 30_760_000, "site-platform", "南湖平台(示例)", "南湖平台", radius=6),
        Spot(120_570_000, 30_640_000, "site-platform", "桐乡平台(示例)", "桐乡平台", radius=6),
    ]
    lines = list(paths_from_geojson(geojson("roads.geojson")))
    if with_rounds:
        for index, route in enumerate(routes):
            lines.append(Line(tuple(route), route_css(index), f"车次 {index + 1}"))
            spots += [
                Spot(lon, lat, f"stop route-spot-{index}", f"站点 {n}", text=str(n), radius=9)
                for n, (lon, lat) in enumerate(route[1:-1], 1)
            ]
    areas = areas_from_geojson(counties, values=values, show=formatting.mass, href=href)
    return map_svg(
        areas=areas,
        paths=lines,
        spots=spots,
        title="各县(市、区)在库量",
        show_bound=formatting.mass_short,
        legend=[LegendItem("收集平台", "spot site-platform", "spot")],
    )


def context(name: str) -> dict[str, Any]:
    query = read_query(request.args, COLUMNS, filters=("q", "state", "from_on"), sort="-produced_on")
    found = [] if name == "empty" else rows(32)
    mass = sum(row["mass_g"] for row in found) * 3
    parts = [
        Bar("在库", 21_400_000, "21.400 t", "#"),
        Bar("运输中", 3_210_000, "3.210 t"),
        Bar("已接受", 9_800_000, "9.800 t"),
        Bar("已处置", 61_000_000, "61.000 t"),
        Bar("未闭合", 0, "0.0 kg", tone="bad"),
    ]
    source = Bar("产生", 95_410_000, "95.410 t")
    return {
        "now": NOW,
        "today": NOW,
        "code": CODE,
        "row_href": lambda row: f"#{row['batch_no']}",
        "row_tone": lambda row: row["state"][0] if row["state"][0] in ("warn", "bad") else "",
        "qr_svg": Markup(
            '<svg viewBox="0 0 21 21"><path d="M0 0h7v7h-7zM14 0h7v7h-7zM0 14h7v7h-7z"></path></svg>'
        ),
        "listing": query.show(found, count=len(found) * 40, sums={"mass_g": mass}),
        "columns": COLUMNS[:4],
        "some": rows(4),
        "form": FormState(
            values={"waste_code": "900-214-08", "mass_kg": "-3", "urgency": "normal"},
            errors={
                "mass_g": "重量必须大于 0。请按地磅或台秤读数填写。",
                "produced_on": "产生日期在未来。请填写实际产生的日期。",
            },
            version=3,
            idempotency_key="0199-gallery",
        ),
        "blank": FormState(),
        "map_drawing": sketch(lambda adcode: f"#{adcode}"),
        "bars": bars_svg(parts, title="去向"),
        "columns_chart": columns_svg(
            [Bar(f"{day}日", day * 37 % 90 + 10, str(day * 37 % 90 + 10)) for day in range(1, 31)],
            title="每日入库",
        ),
        "flow": flow_svg(source, parts, title="去向", size=(600, 300)),
        "flow_small": flow_svg(source, parts, title="去向", size=(340, 380)),
    }


def gallery_app(locale: str = "zh", translations: Path | None = None, viewer: bool = True) -> Flask:
    """An app that serves tests/web/gallery/<name>.html at /<name>."""
    app = Flask(
        "wastehub.gallery",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "wastehub" / "static"),
    )
    app.config.update(
        SECRET_KEY="gallery",
        TESTING=True,
        BABEL_TRANSLATION_DIRECTORIES=str(translations or ROOT / "wastehub/translations"),
    )
    Babel(app, locale_selector=lambda: locale)
    CSRFProtect(app)
    headers.init_app(app, https=False)
    assets.register(app)
    formatting.register(app)
    words.register(app)
    account = Blueprint("account", __name__, url_prefix="/account")
    account.add_url_rule("/locale", "set_locale", lambda: "", methods=["POST"])
    account.add_url_rule("/sign-out", "sign_out", lambda: "", methods=["POST"])
    app.register_blueprint(account)
    driver_app = Blueprint("driver_app", __name__, url_prefix="/driver")
    driver_app.add_url_rule("/install-card", "install_card", lambda: {})
    app.register_blueprint(driver_app)

    @app.context_processor
    def common() -> dict[str, Any]:
        groups = [
            {
                "title": title,
                "items": [
                    {
                        "href": "#",
                        "label": word,
                        "icon": icon,
                        "badge": badge,
                        "phone": phone,
                        "active": word == "入库接收",
                    }
                    for word, icon, badge, phone in items
                ],
            }
            for title, items in NAVIGATION
        ]
        person = {
            "name": "示例调度员",
            "organisation": "示例·南湖区小微危废收集平台",
            "role": "平台调度",
            "links": [],
        }
        return {
            "locale": locale,
            "region_name": "嘉兴 · 小微危废收运",
            "viewer": person if viewer else None,
            "navigation": groups if viewer else [],
            "home_href": "/",
        }

    @app.get("/codes")
    def codes() -> Any:
        return jsonify(
            [
                {"value": "900-214-08", "text": "废矿物油", "detail": "HW08 · T,I"},
                {"value": "900-041-49", "text": "废包装桶", "detail": "HW49 · T/In"},
            ]
        )

    @app.get("/error")
    def error() -> Any:
        explanation = {
            "code": "object.not_found",
            "message": "没有这个批次，或者它不属于您的单位。请从列表中重新打开。",
        }
        return render_template_string(
            '{% include "errors/error.html" %}', status=404, explanation=explanation, request_id="a1b2c3"
        ), 404

    @app.get("/label-keys.json")
    def label_keys() -> Any:
        """The scanner asks for the keys of the labels' seals."""
        return jsonify(origin="wastehub.gallery", hosts=[], keys=[])

    @app.get("/<name>")
    def page(name: str) -> str:
        if name == "list":
            flash("已入库 3 批，共 1.2 t。", "good")
        return render_template_string((PAGES / f"{name}.html").read_text(encoding="utf-8"), **context(name))

    return app
