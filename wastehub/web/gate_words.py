"""What the phone says at the gate, in the reader's language: short words, the sentences of verdicts."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from ..domain import custody
from .explanation_tables import TABLES

# Beside the refusals of a scan.
OTHERS = ("scan.duplicate", "scan.mass_outside_tolerance")


def gate_words() -> dict[str, Any]:
    """Words by name for frontend/src/gate_*.js; in braces what the phone fills in."""
    return {"sentences": _sentences(), **_scanning(), **_weighing(), **_changing(), **_leaving()}


def _sentences() -> dict[str, str]:
    """Explanations as they stand in the tables, the numbers still as %(name)s."""
    english = str(get_locale() or "zh").startswith("en")
    codes = (*(f"scan.{reason}" for reason in custody.REASONS), *OTHERS)
    return {code: TABLES[code][1 if english else 0] for code in codes}


def _scanning() -> dict[str, str]:
    return {
        "notHere": _("这个标签不在本车次的清单里，请先不要装车。"),
        "ownNotListed": _("是本单位的标签，但不在本次申请里，请先不要装车。"),
        "otherFirm": _("这是 {firm} 的标签，不属于本站，不能装车。"),
        "judgedHere": _("（离线判断，上传后再核对）"),
        "typedWrong": _("校验位不对，编码输错了。请核对标签后重新输入。"),
        "typedNone": _("本站清单里没有这个结尾的标签。请多输入几位，或输入完整的 10 位短码。"),
        "typedSeveral": _("有几个标签都是这个结尾。请多输入几位。"),
        "scannedBefore": _("{label} 已经扫过"),
        "scannedGood": _("{name} {label} · 登记 {mass} · 共 {n} 桶待称"),
        "trayTight": _("{name} {label} · 共 {n} 桶待称，登记重量已超过剩余载重 {room}"),
        "wrongDrum": _("错桶"),
        "denied": _("不能装车"),
        "loaded": _("已装车"),
        "refused": _("已拒收"),
        "undone": _("已撤销装车"),
        "savedOnPhone": _("已存手机。"),
        "notRecorded": _("没有登记"),
        "conflict": _("交由调度处理"),
        "left": _("还有 {n} 个没有处理"),
        "allDone": _("本站容器都处理完了"),
        "reason": _("请选择原因。"),
        "note": _("这个原因要写说明。"),
        "photo": _("这个原因要拍照。"),
    }


def _weighing() -> dict[str, str]:
    return {
        "weighing": _("称重"),
        "gross": _("毛重"),
        "net": _("净重 {mass}"),
        "mass": _("请填写称出的重量，单位公斤，例如 152.5。"),
        "massGross": _("毛重要大于皮重。请检查两个数，单位公斤。"),
        "same": _("与登记相符。"),
        "more": _("比登记多 {kg} kg（{percent}）。"),
        "less": _("比登记少 {kg} kg（{percent}）。"),
        "withinTolerance": _("在允许误差内"),
        "beyondTolerance": _("超过允许误差 {mass}，会记为差异"),
        "oneOf": _("第 {at} 桶 / 共 {n} 桶"),
        "allTogether": _("{n} 桶 {name}，登记共 {mass}"),
        "shares": _("平均每桶 {each}，余数记在最后一桶：{last}"),
        "sharesEven": _("平均每桶 {each}"),
        "drums": _("{n} 桶 · {mass}"),
        "notAllLoaded": _("有的桶没有装车"),
        "scale": _("电子秤"),
        "scaleAsking": _("正在查找蓝牙秤…"),
        "scaleOn": _("已连接 {name}，读数自动填入"),
        "scaleNone": _("没有选择蓝牙秤。"),
        "scaleFailed": _("连接不上蓝牙秤。请确认秤已打开，或手工填写。"),
        "scaleLost": _("蓝牙秤断开了，请手工填写或重新连接。"),
        "scaleUnstable": _("秤还没有稳定"),
    }


def _changing() -> dict[str, str]:
    return {
        "changed": _("已变更"),
        "changedNext": _("联单已更新。标签上还是旧内容，单位之后补打。"),
        "changeWhat": _("请选择变更重量还是包装。"),
        "changeSame": _("新重量与登记相同，不用变更。"),
        "changeAbsurd": _("与登记重量相差 10 倍以上。请检查小数点和标签。"),
        "changeType": _("请选择新包装。"),
        "changeNotLiquid": _("这种包装不能装液体。请选择可装液体的包装。"),
        "changeTooSmall": _("{type} 最多装 {most}，装不下。"),
        "changeWho": _("请填写单位人员的姓名和身份。"),
    }


def _leaving() -> dict[str, str]:
    return {
        "confirmed": _("单位已确认交接"),
        "leaving": _("离开"),
        "missing": _("未能收运"),
        "nameMissing": _("请填写签字人姓名。"),
        "signMissing": _("请单位人员在框内签字。"),
        "codeDigits": _("交接码是 6 位数字。"),
    }
