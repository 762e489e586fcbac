"""The chain of a batch in words: its steps, its time line, what is late about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import ledger
from ..services.audits import Trace
from . import formatting
from .locale import select_locale

OVERDUE: Mapping[str, Any] = {
    "enterprise_storage": _l("产废单位贮存时间"),
    "platform_storage": _l("平台贮存时间"),
    "manifest": _l("联单待接受人确认"),
    "request": _l("收运申请待收运"),
    "case": _l("称重差异待查"),
    "road": _l("收运途中，未见入库"),
    "transfer": _l("转移途中，未见处置单位接收"),
    "second_manifest": _l("出库没有第二张联单"),
    "untreated": _l("处置单位已接收，未利用处置"),
    "held": _l("记录未过账"),
    "unexplained": _l("账目不平"),
    "chain": _l("全程未闭环"),
}

PLACES: Mapping[str, Any] = {
    "enterprise": _l("在产废单位"),
    "road": _l("运输途中"),
    "platform": _l("在收集平台"),
    "plant": _l("在利用处置单位"),
    "treated": _l("已利用处置"),
}

ICONS = {
    "batch": "produced",
    "label": "label",
    "container": "container",
    "request": "request",
    "manifest": "manifest",
    "lot": "lot",
    "case": "discrepancy",
    "mass": "mass",
    "round": "truck",
    "stop": "stop",
}
TONES = {
    "container.load_refused": "bad",
    "container.refused": "bad",
    "lot.refused": "bad",
    "stop.missed": "warn",
    "case.opened": "bad",
    "mass.corrected": "warn",
    "container.voided": "warn",
    "label.replaced": "warn",
    "container.treated": "good",
    "container.received": "active",
    "lot.received": "active",
}


def type_name(name: str) -> str:
    """What an act is called in the reader's language."""
    kind = ledger.TYPES[name]
    return kind.en if select_locale() == "en" else kind.zh


def steps_of(trace: Trace) -> list[dict[str, Any]]:
    """The five stations of a batch: done when nothing is left before them, with the grams now there."""
    fate = trace.fate
    stations = [
        (_("产生并贮存"), "produced", fate.enterprise_g),
        (_("运输途中"), "truck", fate.road_g),
        (_("收集平台"), "stored", fate.platform_g),
        (_("利用处置单位"), "plant", fate.plant_g),
        (_("已利用处置"), "treatment", fate.treated_g),
    ]
    furthest = max((n for n, (_label, _icon, grams) in enumerate(stations) if grams), default=0)
    steps = []
    for number, (label, icon, grams) in enumerate(stations):
        if grams:
            state = "done" if number == len(stations) - 1 else "now"
        else:
            state = "done" if number < furthest else "todo"
        steps.append(
            {"label": label, "icon": icon, "state": state, "mass": formatting.mass(grams) if grams else ""}
        )
    return steps
