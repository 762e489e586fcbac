"""The clock of an open loop as a line: when it began, its limits, where today is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

HIGH = 92
LINE_Y = 46


@dataclass(frozen=True)
class Words:
    """What the marks are called, in the reader's language."""

    since: str
    own: str
    law: str
    promised: str
    today: str


def clock_svg(
    *,
    since_on: date,
    own_on: date,
    law_on: date | None,
    promised_on: date | None,
    today: date | None,
    words: Words,
    title: str,
) -> Markup:
    """As wide as its frame; `today` None: the loop is closed. The same days stand beside it as text."""
    marks = [(since_on, words.since, "since"), (own_on, words.own, "own")]
    if law_on is not None and law_on != own_on:
        marks.append((law_on, words.law, "law"))
    if promised_on is not None:
        marks.append((promised_on, words.promised, "promised"))
    end = max([on for on, *_ in marks] + ([today] if today else []))
    whole = max(1, (end - since_on).days)

    def at(on: date) -> float:
        return 1 + 96 * max(0, (on - since_on).days) / whole

    parts = [_band(at(since_on), at(end), "ground")]
    if today is not None:
        law_at = at(law_on) if law_on is not None else 101.0
        parts.append(_band(at(since_on), min(at(today), at(own_on)), "within"))
        if today > own_on:
            parts.append(_band(at(own_on), min(at(today), max(law_at, at(own_on))), "own"))
        if law_on is not None and today > law_on:
            parts.append(_band(law_at, at(today), "law"))
        marks.append((today, words.today, "today"))
    for number, (on, word, css) in enumerate(sorted(marks)):
        parts.append(_mark(at(on), f"{word} {on.isoformat()}", css, above=number % 2 == 0))
    spoken = ", ".join(f"{word} {on.isoformat()}" for on, word, _css in sorted(marks))
    return Markup('<svg class="clock" role="img" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        f"{title}: {spoken}", HIGH, Markup("").join(parts)
    )


def _band(start: float, end: float, css: str) -> Markup:
    return Markup(
        '<rect class="clock-{}" x="{:.2f}%" y="{}" width="{:.2f}%" height="8" rx="2"></rect>'
    ).format(css, start, LINE_Y - 4, max(0.0, end - start))


def _mark(x: float, text: str, css: str, *, above: bool) -> Markup:
    anchor = "start" if x < 25 else "end" if x > 75 else "middle"
    return Markup(
        '<line class="clock-mark clock-mark-{}" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"></line>'
        '<text x="{:.2f}%" y="{}" text-anchor="{}">{}</text>'
    ).format(css, x, x, LINE_Y - 14, LINE_Y + 14, x, LINE_Y - 22 if above else LINE_Y + 32, anchor, text)
