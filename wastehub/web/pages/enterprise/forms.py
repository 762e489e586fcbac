"""How the generator's forms are read, and how its batches and requests are told as a story."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from .... import ledger
from ....domain import batch_lifecycle, quantities
from ....domain.errors import InvalidInput
from ....services import batches, requests, stock
from ... import formatting, words
from ...acting import Act
from ...form_states import version_of
from ...locale import select_locale

_ROW = re.compile(r"containers\.(\d{1,3})\.(container_type|mass_kg)")


def in_rows(form: Mapping[str, str]) -> dict[str, str]:
    """The form with its container rows numbered without gaps; rows without a mass and type fall out."""
    rows: dict[int, dict[str, str]] = {}
    plain: dict[str, str] = {}
    for name in form:
        match = _ROW.fullmatch(name)
        if match:
            rows.setdefault(int(match[1]), {})[match[2]] = form[name].strip()
        else:
            plain[name] = form[name]
    kept = [rows[number] for number in sorted(rows) if rows[number].get("mass_kg")]
    for index, row in enumerate(kept):
        for name, value in row.items():
            plain[f"containers.{index}.{name}"] = value
    return plain


def row_count(values: Mapping[str, Any]) -> int:
    return sum(1 for name in values if _ROW.fullmatch(name) and name.endswith("container_type"))


def batch_draft(act: Act, values: Mapping[str, str]) -> batches.BatchDraft:
    """The draft a person typed. Raises InvalidInput (mass.*, day.malformed) with the input's name."""
    containers = []
    for index in range(row_count(values)):
        prefix = f"containers.{index}"
        containers.append(
            batches.ContainerDraft(
                container_type=values.get(f"{prefix}.container_type", ""),
                mass_g=quantities.parse_mass_g(values[f"{prefix}.mass_kg"], field=f"{prefix}.mass_g"),
            )
        )
    assert act.actor.organisation_id is not None, "an enterprise's user without a firm"
    return batches.BatchDraft(
        actor=act.actor,
        enterprise_id=act.actor.organisation_id,
        waste_code=values.get("waste_code", ""),
        internal_name=values.get("internal_name", ""),
        form=values.get("form", ""),
        produced_on=day("produced_on"),
        basis=values.get("basis", ""),
        main_components=values.get("main_components", ""),
        harmful_components=values.get("harmful_components", ""),
        note=values.get("note", ""),
        containers=tuple(containers),
    )


def day(field: str) -> date:
    """A date input. Raises InvalidInput("day.malformed")."""
    text = request.form.get(field, "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field=field, given=text[:20]) from wrong


def windows() -> tuple[tuple[int, int], ...]:
    """The one or two windows of a form; an empty one falls out. Raises InvalidInput("window.malformed")."""
    found = []
    for name in ("window", "window2"):
        opens, closes = request.form.get(f"{name}_from", ""), request.form.get(f"{name}_to", "")
        if opens or closes:
            found.append((clock_s(opens, name), clock_s(closes, name)))
    return tuple(found)


def clock_s(text: str, field: str) -> int:
    """Seconds from local midnight in "08:30". Raises InvalidInput("window.malformed")."""
    match = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", text.strip())
    if match is None:
        raise InvalidInput("window.malformed", field=field, given=text[:20])
    return int(match[1]) * 3600 + int(match[2]) * 60


def chosen_ids(field: str) -> list[UUID]:
    return [one_id(text, field) for text in request.form.getlist(field)]


def one_id(text: str, field: str = "") -> UUID:
    """An id from a form or address. Raises InvalidInput("choice.missing")."""
    try:
        return UUID(text)
    except ValueError as wrong:
        raise InvalidInput("choice.missing", field=field) from wrong


def version() -> int | None:
    return version_of(request.form)


# --- stories ----------------------------------------------------------------------------------------

_TONES = {
    "container.load_refused": "bad",
    "container.refused": "bad",
    "container.returned": "warn",
    "container.voided": "warn",
    "label.replaced": "warn",
    "mass.corrected": "warn",
    "batch.amended": "warn",
    "stop.missed": "warn",
    "request.cancelled": "warn",
    "container.treated": "good",
    "container.received": "good",
    "lot.received": "good",
}
_ICONS = {
    "batch.registered": "produced",
    "label.printed": "label",
    "label.replaced": "label",
    "label.bound": "label",
    "request.placed": "request",
    "request.rescheduled": "calendar",
    "container.loaded": "moving",
    "container.received": "reception",
    "container.moved": "stored",
    "lot.packed": "lot",
    "lot.shipped": "issued",
    "lot.received": "reception",
    "container.treated": "treatment",
    "mass.corrected": "edit",
    "container.voided": "delete",
    "container.refused": "refused",
    "container.load_refused": "refused",
    "container.returned": "undo",
}


def events(
    entries: Sequence[ledger.Entry], places: Mapping[str, str], *, batch: str = ""
) -> list[dict[str, Any]]:
    """Ledger entries as a time line: when, what, at whose place, how many containers and grams.

    `batch`: the batch the line is about. A lot's entry lists what other firms gave to it, too: not theirs
    to know.
    """
    english = select_locale() == "en"
    shown = []
    for entry in entries:
        event = entry.event
        kind = ledger.TYPES[event.type]
        lines = [line for line in event.lines if not batch or line.batch in ("", batch)]
        texts = []
        if lines:
            texts.append(words.containers(len(lines)))
        if method := event.facts.get("method"):
            texts.append(str(method))
        if reason := event.facts.get("reason"):
            texts.append(words.reason(str(reason)))
        if entry.held_reason:
            texts.append(_("账本未入账，等待处理"))
        shown.append(
            {
                "at": event.at,
                "title": kind.en if english else kind.zh,
                "who": places.get(event.site, event.site),
                "text": " · ".join(texts),
                "mass_g": sum(line.mass_g for line in lines) or None,
                "tone": _TONES.get(event.type, "neutral"),
                "icon": _ICONS.get(event.type, "dot"),
                "seal": entry.leaf_hash.hex()[:8],
            }
        )
    return shown


def fate_rows(view: stock.BatchView) -> list[dict[str, Any]]:
    """Where each gram of the batch is by the books."""
    order = list(words.FATES)
    rows = []
    for kind, place, grams in sorted(view.fate, key=lambda row: (order.index(row[0]), row[1])):
        icon, tone, word = words.FATES[kind]
        rows.append(
            {
                "icon": icon,
                "tone": tone,
                "word": word,
                "place": view.places.get(place, place),
                "mass_g": grams,
            }
        )
    return rows


_STAGES = (
    ("produced", "produced", batch_lifecycle.AT_ENTERPRISE),
    ("moving", "moving", frozenset({"loaded", "refused_on_arrival"})),
    ("stored", "stored", batch_lifecycle.AT_PLATFORM),
    ("shipped", "issued", frozenset({"shipped"})),
    ("plant", "reception", batch_lifecycle.AT_PLANT),
    ("treated", "treatment", frozenset({"treated"})),
)


# Where a count did not find what the books had there.
_LOST_AT = {"plat": "stored", "plant": "plant"}
_ELSEWHERE = {"stored": "platform_g", "shipped": "moving_g", "plant": "plant_g", "treated": "treated_g"}


def chain(view: stock.BatchView) -> list[dict[str, Any]]:
    """产生 → 收运 → 入库 → 转移 → 接受 → 处置, with the grams that stand at each step."""
    names = {
        "produced": _("产生"),
        "moving": _("收运"),
        "stored": _("平台入库"),
        "shipped": _("出库转移"),
        "plant": _("处置单位接收"),
        "treated": _("利用处置"),
    }
    live = [row for row in view.batch.containers if row.state != "void"]
    at = {
        number: sum(row.mass_g for row in live if row.state in states)
        for number, (_key, _icon, states) in enumerate(_STAGES)
    }
    missing = _missing(view)
    # What a platform poured into containers of its own goes on in those.
    for number, (key, _icon, _states) in enumerate(_STAGES):
        at[number] += view.elsewhere.get(_ELSEWHERE.get(key, ""), 0) + missing.get(key, 0)
    furthest = max((number for number, grams in at.items() if grams), default=-1)
    steps = []
    for number, (key, icon, states) in enumerate(_STAGES):
        refused = any(row.state == "refused_on_arrival" for row in live if row.state in states)
        if at[number] and key != "treated":
            state = "bad" if refused or key in missing else "now"
        else:
            state = "done" if number <= furthest else "todo"
        mass = formatting.mass(at[number]) if at[number] else ""
        note = _("盘点未找到 %(mass)s", mass=formatting.mass(missing[key])) if key in missing else ""
        steps.append({"label": names[key], "icon": icon, "state": state, "mass": mass, "note": note})
    return steps


def _missing(view: stock.BatchView) -> dict[str, int]:
    """Grams that a count did not find, at the step where the books had them; they wait as an open case."""
    found: dict[str, int] = {}
    if any(row.state == "missing" for row in view.batch.containers):
        for kind, place, grams in view.fate:
            step = _LOST_AT.get(place.partition(":")[0])
            if kind == "SUSP" and step and grams > 0:
                found[step] = found.get(step, 0) + grams
    return found


def request_chain(view: requests.RequestView) -> list[dict[str, Any]]:
    """提交 → 排车 → 上门 → 到平台, as far as the request has come."""
    row = view.row
    visit = view.visits[0] if view.visits else None
    live = row.state in ("scheduled", "collected", "partly_collected")
    arrived = bool(view.containers) and all(
        container.state not in (*batch_lifecycle.AT_ENTERPRISE, "loaded", "void")
        for container in view.containers
    )
    came = row.state in ("collected", "partly_collected")
    scheduled = {"label": _("排车次"), "icon": "plan", "state": "done" if live else "now"}
    if row.state == "cancelled":
        scheduled = {"label": _("已取消"), "icon": "refused", "state": "warn"}
    elif live and visit:
        scheduled["note"] = formatting.on(visit[1].service_on)
    pick = {"label": _("上门收运"), "icon": "moving", "state": "done" if came else "todo"}
    if row.state == "scheduled":
        pick["state"] = "now"
        if visit:
            pick["note"] = formatting.clock(visit[0].arrive_s)
    if row.state == "partly_collected":
        pick["state"] = "warn"
    return [
        {"label": _("提交申请"), "icon": "request", "state": "done", "note": formatting.at(row.placed_at)},
        scheduled,
        pick,
        {
            "label": _("平台入库"),
            "icon": "reception",
            "state": "done" if arrived and came else "now" if came else "todo",
        },
    ]
