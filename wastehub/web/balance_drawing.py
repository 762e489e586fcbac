"""Where the kilograms went, drawn as streams through the stations of the chain. Pure.

Four columns: generated, collected, at the platforms, at the plants. At each station a part stays, a part
is written off with its reason, the rest goes on. All widths are the grams times one scale; the numbers
themselves stand beside the streams and in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .map_layout import text_width
from .svg import linked

LABEL_PX = 13
LEAST = 40  # pixels of an end, so that its label fits
GAP = 6


@dataclass(frozen=True)
class Part:
    """One number of the picture. `stage`: the column where it leaves, 1 to 4; `tone` good, warn, bad."""

    key: str
    label: str
    grams: int
    text: str
    stage: int
    href: str = ""
    tone: str = ""


def balance_svg(
    source: Part,
    parts: Sequence[Part],
    stages: Sequence[tuple[str, str]],
    *,
    title: str,
    size: tuple[int, int],
) -> Markup:
    """The source on the left; each part leaves the main stream at its stage and ends on the right.

    `stages`: the name of each station and what reached it, as people read it. Parts with nothing are left
    out here (the table has them); negative ones (gains) cannot be drawn as a
    stream and are left to the note beside the drawing.
    """
    wide, high = size
    drawn = [part for part in parts if part.grams > 0]
    narrow = wide < 600
    head = 46
    room = high - head - GAP * max(0, len(drawn) - 1)
    scale = _scale([part.grams for part in drawn], room)
    right = wide - max([150.0, *(24 + text_width(part.label, LABEL_PX) for part in drawn)])
    xs = _columns(right, len(stages), narrow)
    made = [_stage_names(stages, xs, high)] if not narrow else []
    made.append(_source(source, scale * sum(part.grams for part in drawn), head))
    y_left, y_right = float(head), float(head)
    for part in sorted(drawn, key=lambda each: -each.stage):
        thick = part.grams * scale
        slot = max(thick, LEAST)
        leave = xs[min(part.stage, len(xs)) - 1]
        made.append(
            _stream(part, y_left, leave, right, y_right + (slot - thick) / 2, thick, y_right + slot / 2)
        )
        y_left += thick
        y_right += slot + GAP
    spoken = ", ".join(f"{part.label} {part.text}" for part in (source, *drawn))
    return Markup(
        '<svg class="flow balance" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>'
    ).format(wide, max(high, round(y_right)), f"{title}: {spoken}", Markup("").join(made))


def _columns(right: float, count: int, narrow: bool) -> list[float]:
    """Where the streams of each stage leave; on the phone all at once."""
    first, last = 24.0, right - 90
    if narrow or count < 2:
        return [first] * count
    return [first + (last - first) * number / (count - 1) for number in range(count)]


def _scale(values: Sequence[int], room: float) -> float:
    """Pixels per gram, the same for all, so that even with room for each label everything fits."""
    total = sum(values)
    if total <= 0:
        return 0.0
    low, high = 0.0, room / total
    for _ in range(40):
        middle = (low + high) / 2
        if sum(max(value * middle, LEAST) for value in values) <= room:
            low = middle
        else:
            high = middle
    return low


def _stage_names(stages: Sequence[tuple[str, str]], xs: Sequence[float], high: int) -> Markup:
    # Above the drawing; the first one is the source's own label.
    return Markup("").join(
        Markup(
            '<line class="balance-station" x1="{0:.1f}" x2="{0:.1f}" y1="42" y2="{1}"></line>'
            '<text class="flow-source" x="{0:.1f}" y="16">{2}</text>'
            '<text class="flow-mass" x="{0:.1f}" y="36">{3}</text>'
        ).format(x, high, name, text)
        for (name, text), x in list(zip(stages, xs, strict=True))[1:]
    )


def _source(source: Part, thick: float, top: int) -> Markup:
    text = Markup(
        '<text class="flow-source" x="0" y="16">{}</text><text class="flow-mass" x="0" y="36">{}</text>'
    ).format(source.label, source.text)
    node = Markup('<rect class="flow-node" x="0" y="{}" width="12" height="{:.1f}" rx="2"></rect>').format(
        top, max(thick, 2)
    )
    return linked(text + node, source.href, f"{source.label} {source.text}")


def _stream(
    part: Part, y0: float, leave: float, right: float, y1: float, thick: float, label_y: float
) -> Markup:
    """Straight through the stations up to where it leaves, then to its end, as thick all along."""
    bend = (leave + right) / 2
    outline = (
        f"M12 {y0:.1f}H{leave:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {right:.1f} {y1:.1f}"
        f"V{y1 + thick:.1f}"
        f"C{bend:.1f} {y1 + thick:.1f} {bend:.1f} {y0 + thick:.1f} {leave:.1f} {y0 + thick:.1f}H12Z"
    )
    tone = f" balance-{part.tone}" if part.tone else ""
    drawn = Markup(
        '<path class="balance-stream{0}" d="{1}"></path>'
        '<rect class="balance-end{0}" x="{2:.1f}" y="{3:.1f}" width="6" height="{4:.1f}" rx="2"></rect>'
        '<text class="flow-label" x="{5:.1f}" y="{6:.1f}">{8}</text>'
        '<text class="flow-mass" x="{5:.1f}" y="{7:.1f}">{9}</text>'
    ).format(
        tone,
        outline,
        right,
        y1,
        max(thick, 1.5),
        right + 16,
        label_y - 3,
        label_y + 14,
        part.label,
        part.text,
    )
    return linked(drawn, part.href, f"{part.label} {part.text}")
