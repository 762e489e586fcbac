"""Charts drawn by the server as SVG: bars, columns, and where a mass went. Pure functions of plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .map_layout import text_width
from .svg import linked, titled

LABEL_PX = 13  # of .chart svg text


@dataclass(frozen=True)
class Bar:
    """One bar or one stream: `text` is the value as people read it; `tone` good, warn, bad or empty."""

    label: str
    value: int
    text: str
    href: str = ""
    tone: str = ""


def bars_svg(bars: Sequence[Bar], *, title: str, top: int | None = None) -> Markup:
    """Horizontal bars, one below the other, as wide as their frame; texts keep their size on the phone."""
    row_px = 40
    most = max([top or 0, *(bar.value for bar in bars)], default=0) or 1
    parts = []
    for number, bar in enumerate(bars):
        y = number * row_px
        share = min(100.0, max(0.0, 100 * bar.value / most))
        tone = f" bar-{bar.tone}" if bar.tone else ""
        drawn = Markup(
            '<text class="bar-label" x="0" y="{}">{}</text>'
            '<text class="bar-value" x="100%" y="{}" text-anchor="end">{}</text>'
            '<rect class="bar-ground" x="0" y="{}" width="100%" height="8" rx="2"></rect>'
            '<rect class="bar{}" x="0" y="{}" width="{:.2f}%" height="8" rx="2"></rect>'
        ).format(y + 14, bar.label, y + 14, bar.text, y + 22, tone, y + 22, share)
        parts.append(linked(drawn, bar.href, f"{bar.label} {bar.text}"))
    role = "group" if any(bar.href for bar in bars) else "img"
    return Markup('<svg class="bars" role="{}" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        role, _spoken(title, bars), max(row_px, len(bars) * row_px), Markup("").join(parts)
    )


def columns_svg(bars: Sequence[Bar], *, title: str, height_px: int = 200, every: int = 0) -> Markup:
    """Upright columns, for a course over days or months; every n-th label is written (0: as many as fit)."""
    most = max((bar.value for bar in bars), default=0) or 1
    each = 100 / max(1, len(bars))
    step = every or max(1, math.ceil(len(bars) / 12))
    plot = height_px - 44
    parts = [Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"></line>').format(plot + 20)]
    for number, bar in enumerate(bars):
        high = max(1.0 if bar.value else 0.0, plot * bar.value / most)
        tone = f" bar-{bar.tone}" if bar.tone else ""
        column = Markup(
            '<rect class="bar{}" x="{:.3f}%" y="{:.1f}" width="{:.3f}%" height="{:.1f}">{}</rect>'
        ).format(
            tone,
            (number + 0.18) * each,
            plot + 20 - high,
            each * 0.64,
            high,
            titled(f"{bar.label} {bar.text}"),
        )
        middle = (number + 0.5) * each
        if number % step == 0:
            column += Markup(
                '<text class="column-label" x="{:.3f}%" y="{}" text-anchor="middle">{}</text>'
            ).format(middle, height_px - 6, bar.label)
        if len(bars) <= 12:
            column += Markup(
                '<text class="column-value" x="{:.3f}%" y="{:.1f}" text-anchor="middle">{}</text>'
            ).format(middle, plot + 14 - high, bar.text)
        parts.append(linked(column, bar.href, f"{bar.label} {bar.text}"))
    role = "group" if any(bar.href for bar in bars) else "img"
    return Markup('<svg class="columns" role="{}" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        role, _spoken(title, bars), height_px, Markup("").join(parts)
    )


def flow_svg(source: Bar, parts: Sequence[Bar], *, title: str, size: tuple[int, int] = (720, 320)) -> Markup:
    """Where a mass went: one source on the left, streams as thick as their share to the right.

    The streams should add up to the source; what is missing stays visible as an end without a stream.
    """
    wide, high = size
    gap, head, node, least = 8, 46, 12, 38
    room = high - head - gap * max(0, len(parts) - 1)
    px_per_g = _thickness([part.value for part in parts], room, min(least, room / max(1, len(parts))))
    widest = max((text_width(part.label, LABEL_PX) for part in parts), default=0)
    right = wide - max(170 if wide >= 600 else 132, 24 + widest)
    drawn = [
        Markup(
            '<text class="flow-source" x="0" y="16">{}</text><text class="flow-mass" x="0" y="36">{}</text>'
        ).format(source.label, source.text),
        Markup('<rect class="flow-node" x="0" y="{}" width="{}" height="{:.1f}" rx="2"></rect>').format(
            head, node, max(source.value * px_per_g, 2)
        ),
    ]
    y_left, y_right = float(head), float(head)
    for part in parts:
        thick = part.value * px_per_g
        slot = max(thick, least)
        drawn.append(
            _stream(part, (node, y_left), (right, y_right + (slot - thick) / 2), thick, y_right + slot / 2)
        )
        y_left += thick
        y_right += slot + gap
    role = "group" if any(part.href for part in (source, *parts)) else "img"
    return Markup('<svg class="flow" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}</svg>').format(
        wide, high, role, _spoken(title, [source, *parts]), Markup("").join(drawn)
    )


def _thickness(values: Sequence[int], room: float, least: float) -> float:
    """Pixels per gram so that all streams fit into `room`, each with `least` for its label."""
    total = sum(values)
    if total <= 0:
        return 0.0
    thin: set[int] = set()
    while len(thin) < len(values):
        px_per_g = (room - least * len(thin)) / sum(
            value for index, value in enumerate(values) if index not in thin
        )
        thinner = {index for index, value in enumerate(values) if value * px_per_g < least} | thin
        if thinner == thin:
            return px_per_g
        thin = thinner
    return least / max(values)


def _stream(
    part: Bar, start: tuple[float, float], end: tuple[float, float], thick: float, label_y: float
) -> Markup:
    """One stream of the same thickness all along, its end, and its label beside the end."""
    (x0, y0), (x1, y1) = start, end
    bend = (x0 + x1) / 2
    tone = f" flow-{part.tone}" if part.tone else ""
    drawn = Markup("")
    if part.value:
        outline = (
            f"M{x0} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
            f"V{y1 + thick:.1f}"
            f"C{bend:.1f} {y1 + thick:.1f} {bend:.1f} {y0 + thick:.1f} {x0} {y0 + thick:.1f}Z"
        )
        drawn += Markup('<path class="flow-band{}" d="{}"></path>').format(tone, outline)
    drawn += Markup(
        '<rect class="flow-node{}" x="{:.1f}" y="{:.1f}" width="6" height="{:.1f}" rx="2"></rect>'
    ).format(
        tone if part.value else " flow-empty",
        x1,
        y1 if part.value else label_y - 8,
        max(thick, 1.5) if part.value else 16,
    )
    drawn += Markup(
        '<text class="flow-label" x="{0:.1f}" y="{1:.1f}">{3}</text>'
        '<text class="flow-mass" x="{0:.1f}" y="{2:.1f}">{4}</text>'
    ).format(x1 + 16, label_y - 3, label_y + 14, part.label, part.text)
    return linked(drawn, part.href, f"{part.label} {part.text}")


def _spoken(title: str, bars: Sequence[Bar]) -> str:
    """What a screen reader says for a chart; the numbers themselves stand in its table."""
    return f"{title}: " + ", ".join(f"{bar.label} {bar.text}" for bar in bars[:12])
