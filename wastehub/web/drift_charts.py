"""Small multiples of sums around zero: grams by month, inside or outside of what chance explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .svg import linked, titled

WIDE, HIGH, FOOT = 320, 128, 18
_BOX = 'x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"'
_AXIS = Markup('<line class="axis" x1="0" x2="{}" y1="{:.1f}" y2="{:.1f}"></line>')
_BAND = Markup(f'<rect class="drift-band" {_BOX}></rect>')
_BAR = Markup(f'<rect class="bar{{}}" {_BOX}>{{}}</rect>')
_LABEL = Markup('<text class="column-label" x="{:.2f}" y="{}" text-anchor="middle">{}</text>')


@dataclass(frozen=True)
class Point:
    """A month: the sum, and how far chance takes it (`band`). `tone` good, warn, bad or empty."""

    label: str
    value: int
    band: int
    text: str
    href: str = ""
    tone: str = ""


def drift_svg(points: Sequence[Point], *, title: str, top: int) -> Markup:
    """Columns up and down from zero, each before its band. `top`: the largest value of all charts."""
    most = max(top, 1)
    middle = (HIGH - FOOT) / 2
    each = WIDE / max(1, len(points))
    px = (middle - 6) / most
    parts = [_AXIS.format(WIDE, middle, middle)]
    for number, point in enumerate(points):
        x = number * each
        drawn = Markup("")
        if point.band:
            band = max(1.0, point.band * px)
            drawn += _BAND.format(x + each * 0.1, middle - band, each * 0.8, 2 * band)
        if point.value:
            high = max(1.5, abs(point.value) * px)
            top_y = middle - high if point.value > 0 else middle
            tone = f" bar-{point.tone}" if point.tone else ""
            told = titled(f"{point.label} {point.text}")
            drawn += _BAR.format(tone, x + each * 0.26, top_y, each * 0.48, high, told)
        if number % 3 == len(points) % 3 or number == len(points) - 1:
            drawn += _LABEL.format(x + each / 2, HIGH - 3, point.label)
        parts.append(linked(drawn, point.href, f"{point.label} {point.text}"))
    role = "group" if any(point.href for point in points) else "img"
    spoken = f"{title}: " + ", ".join(f"{point.label} {point.text}" for point in points if point.value)
    return Markup('<svg class="drift" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}</svg>').format(
        WIDE, HIGH, role, spoken, Markup("").join(parts)
    )
