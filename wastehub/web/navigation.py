"""What each role finds on the left (and, on the phone, at the bottom): by task, not by table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from ..models.users import User

HOME: Mapping[str, str] = {
    "enterprise": "enterprise.home",
    "driver": "driver.home",
    "dispatcher": "dispatcher.home",
    "plant": "facility.plant_home",
    "regulator": "regulator.home",
    "admin": "admin.home",
}

ROLE_NAMES = {
    "enterprise": _l("产废单位"),
    "driver": _l("驾驶员 / 押运员"),
    "dispatcher": _l("平台调度"),
    "plant": _l("利用处置单位"),
    "regulator": _l("生态环境监管"),
    "admin": _l("系统管理"),
}

Item = tuple[str, Any, str, bool]  # endpoint, label, icon, shown in the phone's bottom bar

MENUS: Mapping[str, list[tuple[Any, list[Item]]]] = {
    "enterprise": [
        ("", [("enterprise.home", _l("今日待办"), "home", True)]),
        (
            _l("危险废物"),
            [
                ("enterprise.register_batch", _l("登记产生"), "add", True),
                ("enterprise.stock", _l("贮存库存"), "stock", True),
                ("enterprise.requests", _l("收运申请"), "truck", True),
            ],
        ),
        (
            _l("手续"),
            [
                ("enterprise.contracts", _l("合同与管理计划"), "contract", False),
                ("enterprise.consents", _l("收运授权"), "signature", False),
                ("statutory.index", _l("台账与申报"), "list", False),
                ("manifests.index", _l("转移联单"), "manifest", False),
                ("cases.index", _l("差异处理"), "case", False),
                ("problems.index", _l("问题清单"), "flag", False),
                ("rolls.index", _l("预印标签"), "label", False),
                ("signs.index", _l("标志和企业码"), "hazard", False),
            ],
        ),
    ],
    "driver": [
        (
            "",
            [
                ("driver.home", _l("今日任务"), "truck", True),
                ("manifests.index", _l("转移联单"), "manifest", True),
            ],
        )
    ],
    "dispatcher": [
        ("", [("dispatcher.home", _l("今日待办"), "home", True)]),
        (
            _l("调度"),
            [
                ("dispatcher.request_pool", _l("待收申请"), "request", True),
                ("dispatcher.plans", _l("收运计划"), "plan", True),
                ("forecasts.week", _l("本周预排"), "calendar", False),
                ("dispatcher.rounds", _l("收运任务"), "truck", False),
                ("dispatcher.unconfirmed", _l("未确认的交接"), "signature", False),
                ("field.conflicts", _l("现场冲突"), "compare", False),
                ("field.phones", _l("手机与设备"), "handset", False),
            ],
        ),
        (
            _l("平台"),
            [
                ("facility.receptions", _l("入库接收"), "reception", True),
                ("facility.zones", _l("贮存分区"), "stock", False),
                ("counts.index", _l("日盘点"), "scan", False),
                ("scales.drift", _l("称重偏移"), "weighing", False),
                ("facility.lots", _l("出库转移"), "lot", False),
                ("enterprises.index", _l("产废单位名录"), "enterprise", False),
                ("manifests.index", _l("转移联单"), "manifest", False),
                ("cases.index", _l("差异处理"), "case", False),
                ("problems.index", _l("问题清单"), "flag", False),
                ("rolls.index", _l("预印标签"), "label", False),
                ("signs.index", _l("标志和企业码"), "hazard", False),
                ("statutory.index", _l("台账与申报"), "list", False),
                ("statutory.firms", _l("代为申报"), "contract", False),
            ],
        ),
    ],
    "plant": [
        ("", [("facility.plant_home", _l("今日待办"), "home", True)]),
        (
            _l("利用处置"),
            [
                ("facility.plant_lots", _l("到厂接收"), "reception", True),
                ("facility.treatments", _l("利用处置记录"), "treatment", True),
                ("counts.index", _l("日盘点"), "scan", False),
                ("scales.drift", _l("称重偏移"), "weighing", False),
                ("manifests.index", _l("转移联单"), "manifest", True),
                ("cases.index", _l("差异处理"), "case", False),
                ("statutory.index", _l("台账与申报"), "list", False),
            ],
        ),
    ],
    "regulator": [
        ("", [("regulator.home", _l("全市总览"), "home", True)]),
        (
            _l("监管"),
            [
                ("regulator.batches", _l("批次追溯"), "trace", True),
                ("balances.flow", _l("公斤去向"), "balance", False),
                ("regulator.overdue", _l("未闭环与超期"), "clock", True),
                ("open_loops.index", _l("待答复事项"), "bell", False),
                ("cases.index", _l("差异处理"), "case", False),
                ("problems.index", _l("问题清单"), "flag", False),
                ("field.conflicts", _l("现场冲突"), "compare", False),
                ("field.phones", _l("手机与设备"), "handset", False),
                ("counts.sites", _l("各场所日盘点"), "scan", False),
                ("facility.repackings", _l("合并、分装记录"), "stock", False),
                ("scales.drift", _l("称重偏移"), "weighing", False),
                ("manifests.index", _l("转移联单"), "manifest", False),
                ("statutory.supervision", _l("申报监管"), "list", False),
                ("regulator.enterprises", _l("产废单位名录"), "enterprise", False),
            ],
        ),
        (
            _l("账本"),
            [
                ("regulator.ledger", _l("闭环账本"), "ledger", True),
                ("transparency.checkpoints", _l("封存与见证"), "shield", False),
                ("evidence_bundles.index", _l("证据包"), "evidence", False),
            ],
        ),
    ],
    "admin": [
        ("", [("admin.home", _l("系统概况"), "home", True)]),
        (
            _l("管理"),
            [
                ("admin.users", _l("账号"), "person", True),
                ("field.phones", _l("手机与设备"), "handset", False),
                ("enterprises.index", _l("产废单位名录"), "enterprise", True),
                ("admin.organisations", _l("单位名录"), "organisation", False),
                ("admin.waste_codes", _l("危险废物名录"), "list", True),
                ("admin.limits", _l("法定限值"), "clock", False),
                ("label_templates.template", _l("标签模板"), "print", False),
                ("sign_templates.template", _l("标志模板"), "flag", False),
                ("papers.transport_classes", _l("危险货物运输类别"), "truck", False),
                ("regulator.ledger", _l("闭环账本"), "ledger", False),
                ("transparency.checkpoints", _l("封存与见证"), "shield", False),
                ("evidence_bundles.index", _l("证据包"), "evidence", False),
            ],
        ),
    ],
}


def home_of(role: str) -> str:
    return url_for(HOME[role])


def navigation_for(user: User) -> list[dict[str, Any]]:
    """The menu of a person, with the present page marked."""
    groups = []
    for title, items in MENUS[user.role]:
        shown = [
            {
                "href": url_for(endpoint),
                "label": label,
                "icon": icon,
                "phone": phone,
                "active": request.endpoint == endpoint,
            }
            for endpoint, label, icon, phone in items
        ]
        groups.append({"title": title, "items": shown})
    return groups


def viewer_of(user: User) -> dict[str, Any]:
    """What the menu in the top right says about who is signed in."""
    return {
        "name": user.display_name,
        "organisation": user.organisation.name if user.organisation else "",
        "role": ROLE_NAMES[user.role],
        "links": [{"href": url_for("account.password"), "label": _l("修改密码"), "icon": "settings"}],
    }
