"""The stations of a drawn chain in words: what happened, kilograms in and out, paper, seal, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from ..models.manifests import Manifest
from ..services.audits import DrawnChain, Station
from . import chain_drawing, chain_words, formatting, words


@dataclass(frozen=True)
class StationView:
    """One row of the drawing. `way`: how containers parted or met; `wrong`: what is red, in words."""

    tracks: Markup
    icon: str
    tone: str
    title: str
    at: datetime
    who: str
    text: str
    route: str
    way: str
    in_g: int
    out_g: int
    difference_g: int
    containers: int
    wrong: str
    wrong_href: str
    paper: Manifest | None
    seal: str
    seal_tone: str
    receipt_href: str
    entry_href: str
    entries: str


def stations_of(chain: DrawnChain) -> list[StationView]:
    """All rows of the drawing, oldest first."""
    made: list[StationView] = []
    before: tuple[int, ...] = ()
    for number, station in enumerate(chain.stations):
        made.append(_view(chain, station, before, last=number == len(chain.stations) - 1))
        before = station.placed.leaving
    return made


def _view(chain: DrawnChain, station: Station, before: tuple[int, ...], *, last: bool) -> StationView:
    event, masses = station.event, station.masses
    wrong, tone = _wrong(station)
    first = station.entries[0]
    return StationView(
        tracks=chain_drawing.tracks_svg(station.placed, before, lanes=chain.lanes, tone=tone, last=last),
        icon=chain_words.ICONS.get(event.type.partition(".")[0], "dot"),
        tone=tone,
        title=chain_words.type_name(event.type),
        at=event.at,
        who=chain.names.get(event.site, event.site),
        text=_text(station),
        route=_route(chain, station),
        way=_way(station),
        in_g=masses.in_g,
        out_g=masses.out_g,
        difference_g=masses.difference_g,
        containers=len(station.labels),
        wrong=wrong,
        wrong_href=url_for("cases.index") if masses.case_g else "",
        paper=station.paper,
        seal=_seal(station),
        seal_tone="good" if station.proven else "neutral" if station.sealed_size is None else "bad",
        receipt_href=_receipt(station),
        entry_href=url_for("regulator.entry", idx=first.idx),
        entries=_range(first.idx, station.entries[-1].idx),
    )


def _wrong(station: Station) -> tuple[str, str]:
    """What does not fit at this act, in one sentence, and the tone of its node."""
    masses = station.masses
    if station.held_reason:
        return _("已记录但没有过账：与账目矛盾，须有人说明"), "bad"
    if masses.case_g > 0:
        return _("少 %(mass)s，超过允差，建立差异待查", mass=formatting.mass(masses.case_g)), "bad"
    if masses.case_g < 0:
        more = formatting.mass(-masses.case_g)
        if station.event.type == "case.resolved":
            return "", "good"
        return _("多 %(mass)s，超过允差，建立差异待查", mass=more), "bad"
    return "", chain_words.TONES.get(station.event.type, "")


def _text(station: Station) -> str:
    event = station.event
    parts = [event.subject] if event.subject and not event.type.startswith("case.") else []
    if station.labels:
        parts.append(words.containers(len(station.labels)))
    for name in ("reason", "note"):
        value = event.facts.get(name)
        if isinstance(value, str) and value:
            parts.append(words.reason(value))
    return " · ".join(dict.fromkeys(parts))


def _route(chain: DrawnChain, station: Station) -> str:
    """From where to where the containers went, when they went anywhere."""
    lines = [line for entry in station.entries for line in entry.event.lines]
    ends = [
        words.joined(dict.fromkeys(chain.names.get(place, place) for place in places if place))
        for places in ([line.place for line in lines], [line.to_place for line in lines])
    ]
    here = chain.names.get(station.event.site, station.event.site)
    start, end = ends[0] or here, ends[1] or here
    return "" if start == end or not any(ends) else f"{start} → {end}"


def _way(station: Station) -> str:
    """Where containers part or meet, for those who do not see the tracks."""
    placed = station.placed
    said = []
    if placed.apart:
        said.append(
            str(
                ngettext(
                    "%(num)s 个容器留在原处，由此分开",
                    "%(num)s 个容器留在原处，由此分开",
                    placed.apart,
                )
            )
        )
    if placed.joined:
        said.append(_("%(count)s 路容器在此会合", count=placed.joined))
    return " · ".join(said)


def _seal(station: Station) -> str:
    if station.sealed_size is None:
        return _("待封存")
    if not station.proven:
        return _("已封存，但与封存号不符")
    if not station.witnesses:
        return _("已封存 · 未被改动")
    return str(
        ngettext(
            "已封存 · 未被改动 · %(num)s 家见证",
            "已封存 · 未被改动 · %(num)s 家见证",
            len(station.witnesses),
        )
    )


def _receipt(station: Station) -> str:
    if station.sealed_size is None:
        return ""
    return url_for("transparency.receipt", event_id=station.event.id)


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
