"""QR codes and labels as SVG: what is on the screen is laid out as what is printed (papers/label_layout)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from ..papers import label_layout, labels, qr, symbols
from ..papers.label_layout import Block, LabelPaper, Layout

GROUND = "rgb({},{},{})".format(*labels.GROUND)
FONT = "SimHei, 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


def qr_svg(text: str, *, side_mm: float, quiet: int = 4, label: str = "") -> Markup:
    """A QR code of its own, `side_mm` wide with its quiet zone; `label` is what a screen reader says."""
    modules = qr.matrix(text, level="M")
    size = len(modules) + 2 * quiet
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_mm}mm" height="{side_mm}mm" '
        f'viewBox="0 0 {size} {size}" shape-rendering="crispEdges" role="img" aria-label="{escape(label)}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path fill="#000" d="{_path(modules, quiet, quiet)}"/></svg>'
    )


def _path(modules: Sequence[Sequence[bool]], left: float, top: float, unit: float = 1) -> str:
    """Runs of dark modules of a row as one stroke each."""
    parts = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            parts.append(
                f"M{left + x * unit:.3f} {top + y * unit:.3f}h{(end - x) * unit:.3f}"
                f"v{unit:.3f}h-{(end - x) * unit:.3f}z"
            )
            x = end
    return "".join(parts)


def label_svg(paper: LabelPaper) -> Markup:
    """One label in its lawful size. All text is the statutory Chinese, whatever the reader's language.

    Raises InvalidInput: text.character_not_printable, label.text_too_long, label.base_url_too_long.
    """
    layout, side = labels.check(paper), paper.side_mm
    edge = label_layout.BLANK_MM + label_layout.BORDER_MM / 2
    parts = [
        f'<rect width="{side}" height="{side}" fill="{GROUND}"/>',
        f'<rect x="{edge}" y="{edge}" width="{side - 2 * edge}" height="{side - 2 * edge}" fill="none" '
        f'stroke="#000" stroke-width="{label_layout.BORDER_MM}"/>',
        _title(layout, side),
        _lines(layout, side),
        *(_block(block, layout, side) for block in (*layout.blocks, layout.hazards)),
        *(_symbol(paper, place, side) for place in layout.symbols),
        _codes(paper, layout, side),
    ]
    return Markup(
        f'<svg class="hazard-label" xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm" '
        f'viewBox="0 0 {side} {side}" role="img" font-family="{FONT}" fill="#000">{"".join(parts)}</svg>'
    )


def _title(layout: Layout, side: int) -> str:
    frame = layout.frame
    y = side - frame.title_low - frame.size * 0.48
    return _text(side / 2, y, labels.TITLE, frame.size * 1.62, 'text-anchor="middle" font-weight="700"')


def _lines(layout: Layout, side: int) -> str:
    frame = layout.frame
    across = [(frame.title_low, frame.low, frame.high), *layout.across]
    strokes = [f"M{x1:.2f} {side - y:.2f}H{x2:.2f}" for y, x1, x2 in across]
    strokes += [f"M{x:.2f} {side - y1:.2f}V{side - y2:.2f}" for x, y1, y2 in layout.upright]
    return f'<path d="{"".join(strokes)}" stroke="#000" stroke-width="{label_layout.LINE_MM}"/>'


def _block(block: Block, layout: Layout, side: int) -> str:
    size, leading = layout.frame.size, layout.leading
    y = side - block.top + (leading - size) / 2 + size * 0.88
    head = (
        f'<text x="{block.x:.2f}" y="{y:.2f}" font-size="{size:.2f}"><tspan font-weight="700">'
        f"{escape(block.caption)}</tspan>{escape(block.lines[0])}</text>"
    )
    rest = (_text(block.x, y + leading * at, line, size) for at, line in enumerate(block.lines) if at)
    return head + "".join(rest)


def _text(x: float, y: float, text: str, size: float, more: str = "") -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}" {more}>{escape(text)}</text>'


def _codes(paper: LabelPaper, layout: Layout, side: int) -> str:
    frame = layout.frame
    x, top = frame.split + frame.pad, side - frame.low - frame.pad - frame.qr_side
    square = f'width="{frame.qr_side:.2f}" height="{frame.qr_side:.2f}"'
    parts = [f'<rect x="{x:.2f}" y="{top:.2f}" {square} fill="#fff"/>']
    if paper.qr_text:
        modules = labels.modules_of(paper)
        unit = frame.qr_side / (len(modules) + 2 * label_layout.QR_QUIET)
        at = label_layout.QR_QUIET * unit
        path = _path(modules, x + at, top + at, unit)
        parts.append(f'<path fill="#000" shape-rendering="crispEdges" d="{path}"/>')
    short = label_layout.short_above_qr(paper, frame)
    if short:
        middle = 'text-anchor="middle" font-weight="700"'
        parts.append(
            _text(x + frame.qr_side / 2, top - frame.pad - frame.size * 0.25, short, frame.size, middle)
        )
    return "".join(parts)


def _symbol(paper: LabelPaper, place: tuple[str, float, float, float], side: int) -> str:
    letter, x, y, wide = place
    pen = _Pen()
    symbols.shape(pen, letter, paper.grounds)
    scale = wide / 100
    return (
        f'<g transform="translate({x:.2f} {side - y:.2f}) scale({scale:.5f} {-scale:.5f})">'
        f"{''.join(pen.parts)}</g>"
    )


class _Pen:
    """Takes the strokes that papers/symbols draws, and keeps them as SVG."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.fill = "#000"

    def setFillColorRGB(self, red: float, green: float, blue: float) -> None:
        self.fill = "#{:02x}{:02x}{:02x}".format(*(round(part * 255) for part in (red, green, blue)))

    def circle(self, x: float, y: float, radius: float, **_how: Any) -> None:
        self.parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="{self.fill}"/>')

    def beginPath(self) -> _PenPath:
        return _PenPath()

    def drawPath(self, path: _PenPath, **_how: Any) -> None:
        self.parts.append(f'<path d="{"".join(path.steps)}" fill="{self.fill}"/>')


class _PenPath:
    def __init__(self) -> None:
        self.steps: list[str] = []

    def moveTo(self, x: float, y: float) -> None:
        self.steps.append(f"M{x:.2f} {y:.2f}")

    def lineTo(self, x: float, y: float) -> None:
        self.steps.append(f"L{x:.2f} {y:.2f}")

    def curveTo(self, *points: float) -> None:
        self.steps.append("C" + " ".join(f"{point:.2f}" for point in points))

    def close(self) -> None:
        self.steps.append("Z")
