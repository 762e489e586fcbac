"""The ledger for people: what was asked for, the rows shown, an entry in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.errors import InvalidInput
from ..ledger import Entry, Event, integrating
from ..services import audits
from ..services.audits import Asked
from . import chain_words, formatting, words
from .acting import Act
from .listing import Column, ListQuery, read_query

PAGE = 50
FILTERS = ("q", "type", "place", "author", "since", "until", "kind")
KINDS = (("", _l("全部")), ("held", _l("未过账")), ("cases", _l("称重差异")))
SEALED = {
    "sealed": ("good", _l("已封存")),
    "waiting": ("waiting", _l("待封存")),
    "held": ("bad", _l("未过账")),
}
COLUMNS = (
    Column("idx", _l("条目"), "number", sortable=False),
    Column("type", _l("类型"), sortable=False),
    Column("subject", _l("对象"), "code", sortable=False, custom=True),
    Column("place", _l("地点"), sortable=False),
    Column("containers", _l("容器"), "number", sortable=False),
    Column("mass_g", _l("重量"), "mass", sortable=False),
    Column("at", _l("发生时间"), "at", sortable=False),
    Column("recorded_at", _l("入账时间"), "at", sortable=False, priority=3),
    Column("author", _l("经办（代号）"), "code", sortable=False, priority=3),
    Column("state", _l("状态"), "status", sortable=False),
)


@dataclass(frozen=True)
class Reading:
    """An address of the explorer, read."""

    query: ListQuery
    asked: Asked
    before_idx: int | None

    def newest_href(self) -> str:
        """The first page again; empty on it."""
        return "" if self.before_idx is None else self._href()

    def older_href(self, entries: Sequence[Entry]) -> str:
        """The next page; empty when there is none."""
        return self._href(before=str(entries[-1].idx)) if len(entries) == PAGE else ""

    def _href(self, **more: str) -> str:
        asked = {name: value for name, value in self.query.filters.items() if value} | more
        return url_for("regulator.ledger") + ("?" + urlencode(asked) if asked else "")


def read(args: Mapping[str, str]) -> Reading:
    """What the address asks for. Raises InvalidInput(day.malformed)."""
    query = read_query(args, COLUMNS, sort="idx", filters=FILTERS)
    given = query.filters
    before = args.get("before", "")
    asked = Asked(
        type=given["type"],
        place=given["place"],
        author=given["author"],
        text=given["q"],
        since_on=_day(given["since"], "since"),
        until_on=_day(given["until"], "until"),
        held=given["kind"] == "held",
        cases=given["kind"] == "cases",
    )
    return Reading(query, asked, int(before) if before.isascii() and before.isdigit() else None)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InvalidInput("day.malformed", field=field, given=text) from wrong


@dataclass(frozen=True)
class Row:
    """One entry as the list and its export show it."""

    idx: int
    type: str
    subject: str
    place: str
    containers: int | None
    mass_g: int | None
    at: datetime
    recorded_at: datetime
    author: str
    state: tuple[str, Any]


@dataclass(frozen=True)
class Shown:
    """The rows of some entries."""

    rows: list[Row]

    @classmethod
    def of(cls, act: Act, entries: Sequence[Entry]) -> Shown:
        newest = integrating.latest(act.session)
        sealed_to = newest.size if newest else 0
        units = audits.unit_names(act.session, {entry.event.site for entry in entries})
        return cls([_row(entry, units, sealed_to) for entry in entries])


def _row(entry: Entry, units: Mapping[str, str], sealed_to: int) -> Row:
    event = entry.event
    state = "held" if entry.held_reason else "sealed" if entry.idx < sealed_to else "waiting"
    return Row(
        idx=entry.idx,
        type=chain_words.type_name(event.type),
        subject=event.subject,
        place=units.get(event.site) or _plain(event.site),
        containers=len({line.label for line in event.lines if line.label}) or None,
        mass_g=sum(line.mass_g for line in event.lines) or None,
        at=event.at,
        recorded_at=entry.recorded_at,
        author=event.author,
        state=SEALED[state],
    )


def _plain(site: str) -> str:
    if site in ("service", "hub"):
        return _("本系统")
    return site.partition(":")[2] or site


def types(act: Act) -> list[tuple[str, Any]]:
    """The types that occur, for the filter."""
    found = audits.types_present(act.session, actor=act.actor)
    return [("", _("全部")), *((name, chain_words.type_name(name)) for name in found)]


def names(act: Act, event: Event) -> dict[str, str]:
    """What the places of an entry are called."""
    places = {event.site} | {place for line in event.lines for place in (line.place, line.to_place) if place}
    known = audits.unit_names(act.session, places)
    return {place: known.get(place) or _plain(place) for place in places}


def sentence(act: Act, entry: Entry) -> str:
    """What happened, in one sentence."""
    event = entry.event
    row = _row(entry, names(act, event), 0)
    parts = [f"{formatting.at(event.at)} {row.place} {row.type}"]
    if event.subject:
        parts.append(event.subject)
    if row.containers:
        parts.append(words.containers(row.containers))
    if row.mass_g:
        parts.append(formatting.mass(row.mass_g))
    return " · ".join(parts)


def said(entry: Entry) -> list[tuple[str, str]]:
    """Reasons and notes that people gave, in words; the other facts stand in the raw entry."""
    labels = {"reason": _("原因"), "note": _("说明")}
    found = [
        (labels[name], words.reason(value))
        for name in labels
        if isinstance(value := entry.event.facts.get(name), str) and value
    ]
    promised = entry.event.facts.get("promised_on")
    return [*found, (_("承诺日期"), str(promised))] if promised else found


def pretty(leaf: bytes) -> str:
    """The raw entry, line by line; empty when it is not to be shown."""
    return json.dumps(json.loads(leaf), ensure_ascii=False, indent=2) if leaf else ""
