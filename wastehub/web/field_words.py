"""Phones and conflicts of the field in words: states, kinds, choices and what each of them does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain import devices as rules
from ..domain import roles
from ..models.field import Device, FieldConflict
from ..services.field import boards
from ..services.field.handing_in import HandedIn, Line
from . import formatting, words
from .acting import Act
from .explanations import explain_code
from .words import Word

DEVICE_STATES: Mapping[str, Word] = {
    "active": ("good", _l("在用")),
    "expired": ("warn", _l("久未联网")),
    "revoked": ("neutral", _l("已停用")),
}
CONFLICT_STATES: Mapping[str, Word] = {
    "open": ("warn", _l("待处理")),
    "resolved": ("good", _l("已处理")),
    "dismissed": ("neutral", _l("仅存证")),
}
KINDS: Mapping[str, Any] = {
    "not_yet": _l("等待另一台手机的记录"),
    "order_unknown": _l("先后无法判断"),
    "container_taken": _l("同一容器有两份记录"),
    "mass_differs": _l("两次称重不一致"),
    "stop_changed": _l("任务已变更"),
    "stop_closed": _l("站点已离开"),
    "after_correction": _l("记录早于更正"),
    "too_old": _l("迟报超过三天"),
    "chain_broken": _l("手机记录不连贯"),
    "records_lost": _l("手机缺少记录"),
    "device_revoked": _l("手机已停用"),
    "device_expired": _l("手机久未联网"),
    "server_failed": _l("平台处理出错"),
}
# For the office; the driver reads the sentence of the refusal.
MEANINGS: Mapping[str, Any] = {
    "not_yet": _l("它要等另一台手机的记录或前面的决定；到齐后自动补上，也可以现在决定。"),
    "order_unknown": _l("两台手机都记录了这个容器的装卸，无法判断先后，请电话核实容器现在在哪里。"),
    "container_taken": _l("这个容器已有另一份记录，两份不能同时成立；请核实实物在哪里。"),
    "mass_differs": _l("两台手机对同一容器的称重不一致；先到的一份已经计入。"),
    "stop_changed": _l("任务已改派、改期或取消，手机离线时还不知道。"),
    "stop_closed": _l("另一台手机已先离开这个站点，这条记录没有计入。"),
    "after_correction": _l("操作之后，重量或标签已经更正，这条记录没有计入。"),
    "too_old": _l("操作三天以后才上传，需要核实后再计入。"),
    "chain_broken": _l("这条记录与手机的上一条接不上，手机可能丢过数据。"),
    "records_lost": _l(
        "手机自己说明这些编号的记录已不在手机里，内容无法找回。请问清当时做了什么，再按现场情况补办；"
        "决定之前，后面因此办不成的记录也列在这里。"
    ),
    "device_revoked": _l("记录来自已停用的手机或账号，需要核实后再计入。"),
    "device_expired": _l("手机太久没有联网，密钥过期以后的记录需要核实。"),
    "server_failed": _l("平台处理这条记录时出错，记录完整，可以再次执行。"),
}
CHOICES: Mapping[str, tuple[Any, Any]] = {
    "carry_out": (
        _l("按手机记录执行"),
        _l("以记录人的名义、按记录的时间补办；现行规则照常核对，账本注明由调度决定。"),
    ),
    "keep": (_l("仅作凭证留存"), _l("现有记录不变；手机签名的原文留作凭证。")),
    "raise_problem": (_l("列入问题清单"), _l("现有记录不变；交由生态环境部门交办和验收。")),
}
EVENTS: Mapping[str, Any] = {
    "load": _l("装车"),
    "refuse": _l("拒绝装车"),
    "unload_back": _l("撤销装车"),
    "round_start": _l("出车"),
    "trip_start": _l("再次出车"),
    "stop_close": _l("离开站点"),
    "trip_arrive": _l("到达平台"),
    "round_finish": _l("收车"),
    "label_bound": _l("绑定预印标签"),
    "hand_over": _l("交接签字"),
    "change_agreed": _l("现场变更"),
    "rest_begin": _l("开始休息"),
    "rest_end": _l("结束休息"),
    "relay_out": _l("换车移出"),
    "relay_in": _l("换车接收"),
    "revision_seen": _l("已阅任务调整"),
    "day_close": _l("当日结束"),
    "records_lost": _l("缺号说明"),
}
OUTCOMES: Mapping[str, Word] = {
    "accepted": ("good", _l("已采纳")),
    "refused": ("bad", _l("已退回")),
    "conflict": ("warn", _l("交调度处理")),
}
# Out of a file: a number before it is missing.
WAITS: Word = ("waiting", _l("缺前面的编号"))
STOP_STATES: Mapping[str, Any] = {
    "planned": _l("未到"),
    "done": _l("已收运"),
    "partly_done": _l("部分收运"),
    "missed": _l("未收成"),
    "cancelled": _l("已取消"),
}
ROUND_STATES: Mapping[str, Any] = {
    "planned": _l("未发布"),
    "published": _l("待出车"),
    "under_way": _l("进行中"),
    "finished": _l("已收车"),
    "cancelled": _l("已取消"),
}
# Less than this is the network's delay.
SKEW_TOLD_S = 120
Row = tuple[str, str]


def device_state(row: Device, now: datetime) -> Word:
    state = rules.state(expires_at=row.expires_at, revoked_at=row.revoked_at, now=now)
    return DEVICE_STATES[state]


def skew(skew_s: int) -> str:
    """How far a phone's clock is off."""
    if abs(skew_s) < SKEW_TOLD_S:
        return _("准")
    size = formatting.duration(abs(skew_s))
    return _("慢 %(size)s", size=size) if skew_s > 0 else _("快 %(size)s", size=size)


def handed_in(line: Line) -> tuple[Word, str]:
    """What became of a record out of a file, and why: as its driver would have read it, or for the office."""
    verdict = line.verdict
    word = OUTCOMES.get(verdict.outcome, WAITS)
    if verdict.code == "event.signature_wrong":
        return word, _("内容与签名不符，没有执行。")
    if verdict.outcome == "waiting":
        return word, _("要先有第 %(missing)s 号记录。", missing=verdict.params["missing"])
    message = explain_code(verdict.code, verdict.params, verdict.field).message if verdict.code else ""
    return word, message


def tally(phone: HandedIn) -> list[dict[str, Any]]:
    """How many of what among the records that were new to the platform, and how many it had before."""
    counted = {word: phone.count(outcome) for outcome, word in {**OUTCOMES, "waiting": WAITS}.items()}
    made = [{"label": word, "value": count} for (_tone, word), count in counted.items() if count]
    if phone.before:
        made.append({"label": _("此前已收到"), "value": phone.before})
    return made


def numbers(first: int, last: int) -> str:
    """Numbers of a phone's records."""
    if first == last:
        return _("第 %(first)s 号", first=first)
    return _("第 %(first)s 至 %(last)s 号", first=first, last=last)


def event_kind(kind: str) -> str:
    return str(EVENTS.get(kind, kind))


def todo(act: Act) -> int:
    """Conflicts that wait for the office; none for who never sees them."""
    if not roles.may(act.actor.role, "conflict.decide"):
        return 0
    return boards.waiting(act.session, actor=act.actor)


def theirs(row: FieldConflict, name: str) -> list[Row]:
    """What the phone recorded, as lines of a table."""
    said, found = row.theirs.get("said", {}), row.theirs
    lines = [(_("记录"), event_kind(found["kind"])), (_("记录人"), name)]
    lines.append((_("时间"), _moment(found["acted_at"])))
    if abs(_seconds(found["said_at"], found["acted_at"])) >= SKEW_TOLD_S:
        lines.append((_("手机显示的时间"), _moment(found["said_at"])))
    lines.append((_("上传时间"), _moment(found["received_at"])))
    lines += _said(said)
    number = _("第 %(seq)s 号记录", seq=found["seq"])
    lines.append((_("手机"), f"{found['device_name']} · {number}"))
    lines += _placed(found)
    return lines


def _said(said: Mapping[str, Any]) -> list[Row]:
    made: list[Row] = []
    for name, label in (("measured_g", _("净重")), ("gross_g", _("毛重")), ("tare_g", _("皮重"))):
        if isinstance(said.get(name), int):
            made.append((label, formatting.mass(said[name])))
    if said.get("outcome"):
        made.append((_("结果"), _("已收运") if said["outcome"] == "done" else _("未收成")))
    if said.get("reason"):
        made.append((_("原因"), str(words.reason(said["reason"]))))
    if said.get("note"):
        made.append((_("备注"), said["note"]))
    if isinstance(said.get("first"), int):
        made.append((_("缺少的编号"), numbers(said["first"], said.get("last", said["first"]))))
    if said.get("roll_code"):
        made.append((_("预印号"), said["roll_code"]))
    return made


def ours(row: FieldConflict, names: Mapping[str, str]) -> list[Row]:
    """What the platform knew at that moment."""
    found = row.ours
    made: list[Row] = []
    if "round_no" in found:
        made.append((_("车次"), f"{found['round_no']} · {ROUND_STATES[found['round_state']]}"))
    if "stop" in found:
        made.append((_("站点"), f"{found['stop']} · {STOP_STATES[found['stop_state']]}"))
    if "closed_at" in found:
        made.append((_("离开时间"), _moment(found["closed_at"])))
    if "container_state" in found:
        made.append((_("容器"), str(words.CONTAINER_STATES[found["container_state"]][1])))
        made.append((_("现记重量"), formatting.mass(found["mass_g"])))
    if "loaded" in found:
        made += _loaded(found["loaded"], names)
    return made or [(_("记录"), _("没有与它对应的记录"))]


def _loaded(found: Mapping[str, Any], names: Mapping[str, str]) -> list[Row]:
    made = [
        (_("装车人"), names.get(found["author"], "—")),
        (_("装车时间"), _moment(found["scanned_at"])),
        (_("上传时间"), _moment(found["received_at"])),
        (_("装车净重"), formatting.mass(found["measured_g"])),
    ]
    return made + _placed(found)


def _placed(found: Mapping[str, Any]) -> list[Row]:
    place = found.get("place")
    if not place:
        return []
    return [(_("位置"), f"{place['lat_e6'] / 1e6:.5f}, {place['lon_e6'] / 1e6:.5f}")]


def _moment(text: str) -> str:
    return formatting.at(datetime.fromisoformat(text))


def _seconds(one: str, other: str) -> float:
    return (datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds()
