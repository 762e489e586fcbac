"""What a verification found, for people who need not know what a hash is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..models.verification_runs import VerificationRun
from . import formatting


@dataclass(frozen=True)
class Finding:
    """One problem: which entry (-1: no single one), what it means, what to do, and the program's words."""

    idx: int
    meaning: str
    remedy: str
    kind: str
    detail: str
    href: str


_RECOVER = _l("请保存现场，由管理员从备份恢复，并与见证方保存的封存点对照；同时报告主管部门。")
_REBUILD = _l("账本条目本身完好，可由条目重新推导账目。请管理员停止过账并按运行手册重算。")

# First part of a finding's kind -> what it means, what to do.
MEANINGS: Mapping[str, tuple[Any, Any]] = {
    "entry": (_l("有记录缺失、多出或被换了位置：账本不再完整。"), _RECOVER),
    "leaf": (_l("这条记录的内容被改动过：它算出的指纹与封存时不同。"), _RECOVER),
    "author": (_l("经办人的记录序号不连续：有记录被抽走或插入。"), _RECOVER),
    "site": (_l("这个地点的记录序号不连续：有记录被抽走或插入。"), _RECOVER),
    "signature": (_l("签名与内容不符：这条记录不是由登记的密钥写入的。"), _RECOVER),
    "key": (_l("签名密钥的登记与账本不符。"), _RECOVER),
    "head": (_l("账本末尾与封存的摘要不符。"), _RECOVER),
    "tile": (_l("封存用的摘要文件缺失或被改动。"), _RECOVER),
    "checkpoint": (_l("已签发的封存点与现在的记录不符：封存之后有人改动过以前的记录。"), _RECOVER),
    "column": (_l("便于查询的栏目与记录内容不一致；记录内容以账本条目为准。"), _REBUILD),
    "posting": (_l("过账与记录不符：公斤数不是按记录推导出来的。"), _REBUILD),
    "held": (_l("这条记录是否过账，与记录推导的结果不一致。"), _REBUILD),
    "balance": (_l("一个账户的余额与记录推导的结果不一致。"), _REBUILD),
    "rollup": (_l("汇总数与记录推导的结果不一致。"), _REBUILD),
    "origin": (_l("按产生单位汇总的余额与记录推导的结果不一致。"), _REBUILD),
    "label_state": (_l("一个容器的现状与记录推导的结果不一致。"), _REBUILD),
    "case": (_l("一项称重差异与记录推导的结果不一致。"), _REBUILD),
}
_OTHER = (_l("账本与由它推导的内容不一致。"), _RECOVER)


def told(idx: int, kind: str, detail: str) -> Finding:
    """A finding in words."""
    meaning, remedy = MEANINGS.get(kind.partition(".")[0], _OTHER)
    href = url_for("regulator.entry", idx=idx) if idx >= 0 else ""
    return Finding(idx, str(meaning), str(remedy), kind, detail, href)


def verdict(run: VerificationRun) -> tuple[str, str]:
    """Tone and one sentence."""
    if run.state in ("queued", "running"):
        return "waiting", _("正在核验")
    if run.state == "cancelled":
        return "neutral", _("已取消，没有结论")
    if run.state == "failed":
        return "warn", _("没有完成，没有结论")
    size = formatting.number(run.size or 0)
    if run.good:
        return "good", _("%(count)s 条记录全部完好：没有一条被改动、删除或插入，账目与记录一致", count=size)
    if run.log_ok:
        return "bad", _(
            "%(count)s 条记录本身完好，但账目有 %(problems)s 处与记录不符",
            count=size,
            problems=formatting.number(run.problems),
        )
    return "bad", _("账本被改动：发现 %(problems)s 处", problems=formatting.number(run.problems))
