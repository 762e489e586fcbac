"""The colour of a firm's code in words, and why it is not green."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.firm_states import Reason
from .presenting import present_params

COLOURS: Mapping[str, tuple[str, Any]] = {
    "green": ("good", _l("绿码：管理正常")),
    "yellow": ("warn", _l("黄码：有事项需要处理")),
    "red": ("bad", _l("红码：有超期或缺失事项")),
}

_REASONS: Mapping[str, Any] = {
    "stock_overdue": _l("%(count)s 个容器超过贮存期限"),
    "stock_warned": _l("%(count)s 个容器临近贮存期限"),
    "store_over": _l("在库 %(stock_g)s，超过上限 %(limit_g)s"),
    "store_nearly_full": _l("在库 %(stock_g)s，已达上限 %(limit_g)s 的八成"),
    "unlabelled": _l("%(count)s 个容器还没有贴标签"),
    "inactive": _l("单位已停用"),
    "contract_missing": _l("没有在有效期内的收集合同"),
    "contract_ending": _l("收集合同将于 %(until_on)s 到期"),
    "plan_missing": _l("%(year)s 年的管理计划还没有备案"),
    "cases_late": _l("%(count)s 项称重差异超期未处理"),
    "cases_open": _l("%(count)s 项称重差异待处理"),
    "problems_late": _l("%(count)s 个问题超期未整改"),
    "problems_open": _l("%(count)s 个问题整改中"),
}


def in_words(found: Sequence[Reason]) -> list[tuple[str, str]]:
    """(tone, sentence) of each reason."""
    return [
        (COLOURS[each.colour][0], str(_REASONS[each.code]) % present_params(each.params)) for each in found
    ]


def public_line() -> str:
    """All that a stranger learns."""
    return _("该单位已纳入小微企业危险废物收集体系。管理状态仅对监管部门、收集平台和本单位显示。")
