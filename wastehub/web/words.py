"""What states, forms and hazards are called, and the tone in which a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain import reasons
from .locale import select_locale

Word = tuple[str, Any]  # tone, text

CONTAINER_STATES: Mapping[str, Word] = {
    "registered": ("warn", _l("待打印标签")),
    "labelled": ("neutral", _l("贮存中")),
    "loaded": ("active", _l("运输中")),
    "refused_on_arrival": ("bad", _l("平台拒收，待退回")),
    "stored": ("active", _l("平台在库")),
    "in_lot": ("active", _l("平台待出库")),
    "shipped": ("active", _l("转移中")),
    "at_plant": ("active", _l("处置单位已接收")),
    "missing": ("bad", _l("盘点未找到")),
    "treated": ("good", _l("已利用处置")),
    "repacked": ("neutral", _l("已倒入其他容器")),
    "lost": ("neutral", _l("已全部申报损耗")),
    "void": ("neutral", _l("已作废")),
}

# What the seal in a label's QR code proves (domain/label_seals).
LABEL_SEALS: Mapping[str, Word] = {
    "genuine": ("good", _l("标签为本系统签发，签名有效")),
    "unsigned": ("neutral", _l("标签没有签名，无法离线辨别真伪")),
    "forged": ("bad", _l("签名与编码不符：标签被篡改或伪造，请核对实物并报告")),
    "key_unknown": ("bad", _l("签名所用密钥未公布：可能是伪造标签，请联网更新密钥后再扫一次")),
    "key_revoked": ("bad", _l("签发该标签的密钥已吊销，签名不再有效，请重新打印标签")),
    "other_origin": ("warn", _l("这是其他城市或其他系统的标签，本系统不能辨别真伪")),
}

REQUEST_STATES: Mapping[str, Word] = {
    "open": ("waiting", _l("待安排")),
    "scheduled": ("active", _l("已排车次")),
    "collected": ("good", _l("已收运")),
    "partly_collected": ("warn", _l("部分收运")),
    "cancelled": ("neutral", _l("已取消")),
}

STORAGE_CLOCK: Mapping[str, Word] = {
    "ok": ("good", _l("期限内")),
    "warning": ("warn", _l("临近期限")),
    "overdue": ("bad", _l("已超期")),
}

FORMS: Mapping[str, Any] = {
    "liquid": _l("液态"),
    "solid": _l("固态"),
    "sludge": _l("泥态"),
    "semi_solid": _l("半固态"),
    "gas": _l("气态"),
}

BASES: Mapping[str, Any] = {"estimated": _l("估重"), "weighed": _l("实际称重")}

HAZARDS: Mapping[str, Any] = {
    "T": _l("毒性"),
    "C": _l("腐蚀性"),
    "I": _l("易燃性"),
    "R": _l("反应性"),
    "In": _l("感染性"),
}

MANAGEMENT_CLASSES: Mapping[str, Any] = {
    "key": _l("重点监管单位"),
    "simplified": _l("简化管理单位"),
    "registration": _l("登记管理单位"),
}

STORAGE_KINDS: Mapping[str, Any] = {"point": _l("贮存点"), "store": _l("贮存库")}

# Accounts of the books as the owner of a batch reads them.
FATES: Mapping[str, tuple[str, str, Any]] = {
    "STOCK": ("stored", "neutral", _l("贮存")),
    "TRANS": ("moving", "active", _l("运输途中")),
    "DONE": ("treatment", "good", _l("已利用处置")),
    "TOL": ("mass", "neutral", _l("称重允差内差异")),
    "SUSP": ("suspense", "bad", _l("待查差异")),
    "LOSS": ("minus", "warn", _l("已说明损耗")),
    "SPILL": ("warn", "bad", _l("已申报泄漏")),
}

ROUND_STATES: Mapping[str, Word] = {
    "planned": ("waiting", _l("未发布")),
    "published": ("active", _l("已发布")),
    "under_way": ("active", _l("收运中")),
    "finished": ("good", _l("已完成")),
    "cancelled": ("neutral", _l("已取消")),
}

STOP_STATES: Mapping[str, Word] = {
    "planned": ("waiting", _l("待上门")),
    "done": ("good", _l("已收运")),
    "partly_done": ("warn", _l("部分收运")),
    "missed": ("bad", _l("未收成")),
    "cancelled": ("neutral", _l("已撤回")),
}


# How a firm confirmed what it handed over, and who agreed to a change at its gate.
CONFIRMATIONS: Mapping[str, Any] = {
    "glass": _l("手签"),
    "code": _l("交接码"),
    "standing": _l("常年授权"),
}
FIRM_ROLES: Mapping[str, Any] = {
    "contact": _l("联系人"),
    "warehouse": _l("仓库管理员"),
    "manager": _l("负责人"),
    "guard": _l("门卫"),
    "other": _l("其他人员"),
}


def hazards(letters: str) -> str:
    """ "T/I" as "毒性、易燃性"."""
    return joined(HAZARDS[letter] for letter in letters.split("/") if letter in HAZARDS)


def joined(parts: Iterable[Any]) -> str:
    """Parts of a list: "A、B" or "A, B"."""
    return (", " if select_locale() == "en" else "、").join(str(part) for part in parts)


def containers(count: int) -> str:
    """A number of containers."""
    return str(ngettext("%(num)s 个容器", "%(num)s 个容器", count))


def in_language(row: Any, name: str) -> str:
    """`name_zh` or `name_en` of a reference row, whichever the reader reads."""
    return str(getattr(row, f"{name}_{select_locale()}"))


def industries(rows: Iterable[Any]) -> Callable[[Any], str]:
    """firm -> what it does, in the reader's language; its own words where the list has none."""
    names = {row.code: in_language(row, "name") for row in rows}
    return lambda firm: names.get(firm.industry) or str(firm.industry_zh)


def reason(code: str) -> str:
    """The words for a reason of any catalogue of domain/reasons; what is none of them is shown as it is."""
    for catalogue in reasons.CATALOGUES.values():
        if code in catalogue:
            return in_language(catalogue[code], "name")
    return code


def reason_in(catalogue: str, code: str) -> str:
    """The words for a reason of one catalogue: "lost" of a label is not "lost" of a load."""
    found = reasons.CATALOGUES[catalogue].get(code)
    return in_language(found, "name") if found else code


def of(table: Mapping[str, Any], key: str) -> Any:
    """The word (or tone and word) for a value; an unknown value is shown as it is."""
    found = table.get(key)
    if found is not None:
        return found
    return ("neutral", key) if table and isinstance(next(iter(table.values())), tuple) else key


def register(app: Any) -> None:
    """Make the tables known to templates as `words.FORMS` and the like."""
    import sys

    app.jinja_env.globals["words"] = sys.modules[__name__]
