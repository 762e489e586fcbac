"""What the statutory pages call states, periods, classes and kinds of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.statutory.periods import Period
from .locale import select_locale

PERIOD_STATES: Mapping[str, tuple[str, Any]] = {
    "late": ("bad", _l("逾期未申报")),
    "soon": ("warn", _l("即将到期")),
    "due": ("waiting", _l("待申报")),
    "filed": ("active", _l("已申报，待登记回执")),
    "receipted": ("good", _l("已申报，回执已登记")),
}
RUN_STATES: Mapping[str, tuple[str, Any]] = {
    "queued": ("waiting", _l("排队中")),
    "running": ("active", _l("生成中")),
    "done": ("good", _l("可下载")),
    "failed": ("bad", _l("没有生成")),
    "cancelled": ("neutral", _l("已取消")),
    "expired": ("neutral", _l("已过保留期")),
}
KINDS: Mapping[str, Any] = {
    "ledger": _l("台账表 B.1–B.5"),
    "plan": _l("管理计划表"),
    "declaration": _l("申报表"),
    "book": _l("台账册（迎检）"),
}
FORMS: Mapping[str, Any] = {"xlsx": "XLSX", "csv": _l("CSV（zip）"), "pdf": "PDF"}


def period_name(period: Period) -> str:
    """2026 年 3 月, 2026 年第 1 季度, 2026 年度."""
    if period.kind == "month":
        month = f"{period.number:02d}" if select_locale() == "en" else period.number  # English: 2026-09
        return _("%(year)s 年 %(month)s 月", year=period.year, month=month)
    if period.kind == "quarter":
        return _("%(year)s 年第 %(quarter)s 季度", year=period.year, quarter=period.number)
    return _("%(year)s 年度", year=period.year)


def about(kind: str, options: Mapping[str, Any]) -> str:
    """What a file is about, in short."""
    if kind == "ledger":
        return f"{options['start_on']} – {options['end_on']}"
    return str(options.get("year") or options.get("period", ""))
