"""The firm's own compliance check in words: what is so, what it means, what to do (F16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from ..services.stock import Check
from .presenting import present_params

# key -> title, text, endpoint of the remedy, words of the remedy, source
_TABLE: Mapping[str, tuple[Any, Any, str, Any, str]] = {
    "contract_missing": (
        _l("没有在有效期内的收集合同"),
        _l("没有书面合同不能提出收运申请。请与本县（市、区）收集平台签订合同后在此登记。"),
        "enterprise.contracts",
        _l("登记合同"),
        "危险废物转移管理办法 第十条",
    ),
    "contract_ending": (
        _l("收集合同将于 %(until_on)s 到期"),
        _l("到期后不能再提出收运申请。请提前与收集平台续签。"),
        "enterprise.contracts",
        _l("查看合同"),
        "危险废物转移管理办法 第十条",
    ),
    "contract_ok": (
        _l("收集合同有效至 %(until_on)s"),
        "",
        "enterprise.contracts",
        _l("查看合同"),
        "危险废物转移管理办法 第十条",
    ),
    "plan_missing": (
        _l("%(year)s 年的管理计划还没有备案"),
        _l("未列入管理计划的废物不能填写转移联单。请在每年 3 月 31 日前备案并在此登记备案编号。"),
        "enterprise.contracts",
        _l("登记管理计划"),
        "HJ 1259-2022；危险废物转移管理办法 第十四条",
    ),
    "plan_ok": (
        _l("%(year)s 年管理计划已备案（%(filing_no)s）"),
        "",
        "enterprise.contracts",
        _l("查看管理计划"),
        "HJ 1259-2022",
    ),
    "codes_not_planned": (
        _l("在库废物未列入管理计划：%(codes)s"),
        _l("这些废物不能申请收运。请先变更备案，再把代码补登到管理计划。"),
        "enterprise.contracts",
        _l("补登计划"),
        "危险废物转移管理办法 第十四条",
    ),
    "plan_exceeded": (
        _l("产生量已超过管理计划：%(codes)s"),
        _l("内容有变化的应及时变更管理计划。"),
        "enterprise.contracts",
        _l("变更计划"),
        "HJ 1259-2022",
    ),
    "point_good": (
        _l("贮存点存量 %(stock_g)s，未超过 %(limit_g)s"),
        "",
        "enterprise.stock",
        _l("查看库存"),
        "GB 18597-2023 8.3.5",
    ),
    "point_warn": (
        _l("贮存点存量 %(stock_g)s，接近上限 %(limit_g)s"),
        _l("任何时刻都不得超过上限。请尽快申请收运。"),
        "enterprise.request_new",
        _l("申请收运"),
        "GB 18597-2023 8.3.5",
    ),
    "point_bad": (
        _l("贮存点存量 %(stock_g)s，已超过上限 %(limit_g)s"),
        _l("请立即申请收运。"),
        "enterprise.request_new",
        _l("申请收运"),
        "GB 18597-2023 8.3.5",
    ),
    "storage_overdue": (
        _l("%(count)s 个容器贮存超过 %(limit_days)s 天"),
        _l("请立即申请收运，并向属地生态环境部门说明原因。"),
        "enterprise.stock",
        _l("查看超期容器"),
        "",
    ),
    "storage_warned": (
        _l("%(count)s 个容器贮存已满 %(warn_days)s 天"),
        _l("请在满 %(limit_days)s 天前安排收运。"),
        "enterprise.stock",
        _l("查看临期容器"),
        "",
    ),
    "storage_ok": (
        _l("没有贮存超过 %(warn_days)s 天的容器"),
        "",
        "enterprise.stock",
        _l("查看库存"),
        "",
    ),
    "unlabelled": (
        _l("%(count)s 个容器还没有打印标签"),
        _l("容器应在产生时贴好标签；没有标签的不能收运。"),
        "enterprise.stock",
        _l("打印标签"),
        "HJ 1276-2022",
    ),
    "labels_ok": (_l("在库容器都有标签"), "", "enterprise.stock", _l("查看库存"), "HJ 1276-2022"),
}
# Points about contract and plan that need a person.
PAPERS = ("contract_missing", "contract_ending", "plan_missing", "codes_not_planned", "plan_exceeded")
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "storage_overdue": {"clock": "overdue"},
    "storage_warned": {"clock": "warning"},
    "unlabelled": {"step": "print"},
}


def in_words(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Title, text, remedy and source of each point, the worst first."""
    order = {"bad": 0, "warn": 1, "good": 2}
    shown = []
    for check in sorted(checks, key=lambda each: order[each.tone]):
        title, text, endpoint, action, source = _TABLE[check.key]
        params = present_params(check.params)
        shown.append(
            {
                "key": check.key,
                "tone": check.tone,
                "title": str(title) % params if params else str(title),
                "text": str(text) % params if params else str(text),
                "href": url_for(endpoint, **_FILTERS.get(check.key, {})),
                "action": action,
                "source": source,
            }
        )
    return shown
