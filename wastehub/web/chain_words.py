"""The chain of a batch in words: its steps, its time line, what is late about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import ledger
from ..services.audits import Trace
from . import formatting, words
from .locale import select_locale

OVERDUE: Mapping[str, Any] = {
    "enterprise_storage": _l("产废单位贮存时间"),
    "platform_storage": _l("平台贮存时间"),
    "manifest": _l("联单待接受人确认"),
    "request": _l("收运申请待收运"),
    "case": _l("称重差异待查"),
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


def timeline_of(trace: Trace, href: Callable[[int], str]) -> list[dict[str, Any]]:
    """Every act on the batch, oldest first, each with its entry in the log."""
    sites = {trace.enterprise.site: trace.enterprise.name}
    for paper in trace.manifests:
        sites[paper.mover_out.site] = paper.mover_out.name
        sites[paper.acceptor.site] = paper.acceptor.name
    for unit in trace.holders.values():
        sites[unit.site] = unit.name
    key = f"{trace.enterprise.site}/{trace.batch.batch_no}"
    return [_event(list(same), key, sites, href) for _act, same in groupby(trace.entries, _same_act)]


def _same_act(entry: ledger.Entry) -> tuple[str, ...]:
    """Seven drums scanned one after the other are one step of the story, though seven entries of the log."""
    facts = entry.event.facts
    return (entry.event.type, entry.event.site, entry.event.subject, str(facts.get("reason", "")))


def _event(
    entries: list[ledger.Entry], key: str, sites: Mapping[str, str], href: Callable[[int], str]
) -> dict[str, Any]:
    entry = entries[0]
    event = entry.event
    lines = [line for each in entries for line in each.event.lines if line.batch in ("", key)]
    mass_g = sum(line.mass_g for line in lines) or None
    # A difference has a key, but no number that people know it by.
    parts = [event.subject] if event.subject and not event.type.startswith("case.") else []
    if lines:
        parts.append(words.containers(len(lines)))
    for name in ("reason", "note"):
        if isinstance(event.facts.get(name), str) and event.facts[name]:
            parts.append(words.reason(event.facts[name]))
    return {
        "at": event.at,
        "title": type_name(event.type),
        "who": sites.get(event.site, event.site.partition(":")[2] or event.site),
        "text": " · ".join(parts),
        "mass_g": mass_g,
        "href": href(entry.idx),
        "link": _("账本条目 %(idx)s", idx=_range(entry.idx, entries[-1].idx)),
        "tone": TONES.get(event.type, "neutral"),
        "icon": ICONS.get(event.type.partition(".")[0], "dot"),
        "seal": entry.leaf_hash.hex()[:8],
    }


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
