"""The firm's own compliance check in words: what is so, what it means, what to do (F16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import url_for
from flask_babel import lazy_gettext as _l

from .presenting import present_params


class Point(Protocol):
    """A point of a check, whichever service found it. `tone`: good, warn, bad."""

    @property
    def key(self) -> str: ...
    @property
    def tone(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


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
    "balance_off": (
        _l("物料不平衡：%(codes)s"),
        _l("台账各行与账户余额不一致，不能提交申报。请联系系统管理员核对账本。"),
        "statutory.ledger_tables",
        _l("查看台账表"),
        "HJ 1259-2022 附录 C",
    ),
    "balance_other": (
        _l("有不属于 B 表任何一类的变动：%(codes)s"),
        _l("这些变动列在平衡表“其他变动”中，请核对原因。"),
        "statutory.ledger_tables",
        _l("查看台账表"),
        "",
    ),
    "left_unweighed": (
        _l("%(count)s 个容器没有称重就转移了"),
        _l("转移的危险废物应当计量称重。请在说明中写明原因，今后装车时复称。"),
        "statutory.ledger_tables",
        _l("查看台账表"),
        "危险废物转移管理办法 第十条",
    ),
    "store_unweighed": (
        _l("在库 %(count)s 个容器只有估重"),
        _l("请称重后更正质量；装车时司机也会复称。"),
        "enterprise.stock",
        _l("查看库存"),
        "HJ 1259-2022 6.2",
    ),
    "period_not_planned": (
        _l("本期有废物未列入 %(year)s 年管理计划：%(codes)s"),
        _l("请变更备案，把代码补登到管理计划，并在说明中写明原因。"),
        "enterprise.contracts",
        _l("补登计划"),
        "危险废物转移管理办法 第十四条",
    ),
    "plan_drift_over": (
        _l("实际产生量比计划多出 %(percent)s%% 以上：%(codes)s"),
        _l("内容有变化的应及时变更管理计划。"),
        "enterprise.contracts",
        _l("变更计划"),
        "HJ 1259-2022 5.1",
    ),
    "plan_drift_under": (
        _l("全年产生量比计划少 %(percent)s%% 以上：%(codes)s"),
        _l("请核对是否有漏登记的容器；属实的，下一年按实际编制计划。"),
        "statutory.ledger_tables",
        _l("查看台账表"),
        "HJ 1259-2022 5.1",
    ),
    "registered_late": (
        _l("%(count)s 个容器在产生 %(days)s 天以后才登记"),
        _l("应在产生、包装时即称重、打码、入库。"),
        "statutory.ledger_tables",
        _l("查看台账表"),
        "HJ 1259-2022 6.2",
    ),
    "cases_open": (
        _l("%(count)s 件差异还没有处理（共 %(mass_g)s）"),
        _l("差异在平衡表中单列。请与对方核对后处理。"),
        "cases.index",
        _l("处理差异"),
        "危险废物转移管理办法 第十八条",
    ),
    "cases_overdue": (
        _l("%(count)s 件差异没有处理（共 %(mass_g)s），其中 %(overdue)s 件已逾期"),
        _l("请立即核对处理。"),
        "cases.index",
        _l("处理差异"),
        "危险废物转移管理办法 第十八条",
    ),
    "manifests_unnumbered": (
        _l("%(count)s 张联单还没有国家系统的 14 位编号"),
        _l("请把国家系统的联单编号抄到对应的联单。"),
        "manifests.index",
        _l("查看联单"),
        "危险废物转移管理办法 第十五条",
    ),
    "manifests_late": (
        _l("%(count)s 张联单逾期未确认"),
        _l("接受人应在五个工作日内确认。"),
        "manifests.index",
        _l("查看联单"),
        "危险废物转移管理办法 第十八条",
    ),
    "profile_missing": (
        _l("单位填报信息缺 %(count)s 项"),
        _l("设施编码、行业代码、法定代表人等只填一次，各张表都会用到。"),
        "statutory.profile",
        _l("填写单位信息"),
        "HJ 1259-2022 附录 A",
    ),
    "earlier_missing": (
        _l("上一期（%(period)s）还没有申报"),
        _l("本期的期初应等于上一期的期末；请先提交上一期。"),
        "statutory.index",
        _l("查看各期"),
        "HJ 1259-2022 7.1",
    ),
    "class_too_low": (
        _l("年产生量 %(mass_g)s，已超出现在的管理类别"),
        _l("管理类别决定计划表和申报周期。请向属地生态环境部门确认并变更。"),
        "statutory.plan",
        _l("查看管理计划表"),
        "HJ 1259-2022 4.2",
    ),
    "declarations_late": (
        _l("%(count)s 期申报已逾期：%(periods)s"),
        _l("请立即提交，并在说明中写明原因。"),
        "statutory.index",
        _l("去申报"),
        "HJ 1259-2022 7.1",
    ),
    "declarations_due": (
        _l("%(periods)s 的申报应在 %(due_on)s 前提交"),
        _l("申报表由台账预填，核对后提交。"),
        "statutory.index",
        _l("去申报"),
        "HJ 1259-2022 7.1",
    ),
    "declarations_ok": (
        _l("到期的申报都已提交"),
        "",
        "statutory.index",
        _l("查看各期"),
        "HJ 1259-2022 7.1",
    ),
}
# Points about contract and plan that need a person.
PAPERS = ("contract_missing", "contract_ending", "plan_missing", "codes_not_planned", "plan_exceeded")
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "storage_overdue": {"clock": "overdue"},
    "storage_warned": {"clock": "warning"},
    "unlabelled": {"step": "print"},
}


def in_words(checks: Sequence[Point]) -> list[dict[str, Any]]:
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


def worst(points: Sequence[Point]) -> str:
    """The tone of the worst point."""
    tones = {point.tone for point in points}
    return next(tone for tone in ("bad", "warn", "good") if tone in tones or tone == "good")
