"""The statutory label 危险废物标签 at its exact size, a page each or several on A4. Source: HJ 1276-2022."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import IO, Any

from reportlab.lib.units import mm

from wastehub.domain.errors import InvalidInput

from . import fonts, label_layout, page, qr, symbols
from .label_layout import (
    BLANK_MM,
    BORDER_MM,
    LINE_MM,
    QR_LEVEL,
    QR_LEVELS,
    QR_MM,
    QR_QUIET,
    QR_VERSION,
    Block,
    LabelPaper,
    Layout,
)

__all__ = [
    "BLANK_MM",
    "BORDER_MM",
    "QR_LEVEL",
    "QR_LEVELS",
    "QR_MM",
    "QR_QUIET",
    "QR_VERSION",
    "LabelPaper",
    "check",
    "draw",
    "modules_of",
    "write",
]

GROUND = (255, 150, 0)
TITLE = "危险废物"
A4_GAP_MM = 2.0


def write(file: IO[bytes], labels: Iterable[LabelPaper], *, format: str = "single") -> int:
    """All labels in one file: a page each ("single") or A4 sheets with cut marks ("a4").

    Returns the number of pages. Raises InvalidInput: text.character_not_printable, label.text_too_long,
    label.base_url_too_long.
    """
    made = page.canvas(file, title="危险废物标签")
    pages = _singles(made, labels) if format == "single" else _sheets(made, labels)
    made.save()
    return pages


def _singles(made: Any, labels: Iterable[LabelPaper]) -> int:
    count = 0
    for label in labels:
        made.setPageSize((label.side_mm * mm, label.side_mm * mm))
        draw(made, label, 0, 0)
        made.showPage()
        count += 1
    return count


def per_sheet(side_mm: int) -> tuple[int, int]:
    """Columns and rows of labels on an A4 sheet."""
    wide, high = page.A4_MM
    columns = int((wide + A4_GAP_MM) // (side_mm + A4_GAP_MM))
    return columns, int((high + A4_GAP_MM) // (side_mm + A4_GAP_MM))


def _sheets(made: Any, labels: Iterable[LabelPaper]) -> int:
    """Labels in their order; another size begins another sheet."""
    count, at, side = 0, 0, 0
    made.setPageSize((page.A4_MM[0] * mm, page.A4_MM[1] * mm))
    for label in labels:
        columns, rows = per_sheet(label.side_mm)
        if label.side_mm != side or at == columns * rows:
            if count:
                made.showPage()
            count, at, side = count + 1, 0, label.side_mm
            _marks(made, side)
        draw(made, label, *_place(side, at))
        at += 1
    if count:
        made.showPage()
    return count


def _place(side: int, at: int) -> tuple[float, float]:
    """Lower left corner of the n-th label of a sheet: the block of labels stands in the middle."""
    columns, rows = per_sheet(side)
    wide, high = page.A4_MM
    left = (wide - columns * side - (columns - 1) * A4_GAP_MM) / 2
    top = high - (high - rows * side - (rows - 1) * A4_GAP_MM) / 2
    column, row = at % columns, at // columns
    return left + column * (side + A4_GAP_MM), top - side - row * (side + A4_GAP_MM)


def _marks(made: Any, side: int) -> None:
    columns, rows = per_sheet(side)
    places = [_place(side, at) for at in range(columns * rows)]
    page.crop_marks(
        made,
        sorted({edge for x, _ in places for edge in (x, x + side)}),
        sorted({edge for _, y in places for edge in (y, y + side)}),
    )


def check(label: LabelPaper) -> Layout:
    """Whether every text can be printed and has room, without drawing.

    Raises InvalidInput: text.character_not_printable, label.text_too_long.
    """
    for key, caption, value in label.cells:
        fonts.require_printable(caption + value, key)
    fonts.require_printable(label.hazards_caption + label.hazards, "hazards")
    fonts.require_printable(label.short_caption + label.short_code, "short_code")
    return label_layout.lay_out(label)


def draw(made: Any, label: LabelPaper, x_mm: float, y_mm: float) -> None:
    """One label; (x, y) is its lower left corner."""
    layout, modules = check(label), modules_of(label)
    made.saveState()
    made.translate(x_mm * mm, y_mm * mm)
    _ground(made, label)
    _lines(made, layout)
    for block in (*layout.blocks, layout.hazards):
        _text(made, block, layout)
    for letter, x, y, side in layout.symbols:
        symbols.draw(made, letter, x, y, side, label.grounds)
    _codes(made, label, layout, modules)
    made.restoreState()


def modules_of(label: LabelPaper) -> qr.Matrix:
    """The QR code at the strongest correction that holds its text.

    Raises InvalidInput("label.base_url_too_long") when the address leaves no room for the seal.
    """
    for level in QR_LEVELS:
        with contextlib.suppress(qr.TooLong):
            return qr.matrix(label.qr_text, level=level, version=QR_VERSION)
    raise InvalidInput("label.base_url_too_long", field="base_url", given=len(label.qr_text))


def _ground(made: Any, label: LabelPaper) -> None:
    side = label.side_mm
    made.setFillColorRGB(*(part / 255 for part in GROUND))
    made.rect(0, 0, side * mm, side * mm, stroke=0, fill=1)
    made.setFillColorRGB(0, 0, 0)
    made.setStrokeColorRGB(0, 0, 0)
    at = BLANK_MM + BORDER_MM / 2
    made.setLineWidth(BORDER_MM * mm)
    made.rect(at * mm, at * mm, (side - 2 * at) * mm, (side - 2 * at) * mm, stroke=1, fill=0)


def _lines(made: Any, layout: Layout) -> None:
    frame = layout.frame
    middle = (frame.low + frame.high) / 2
    fonts.draw(
        made,
        middle,
        frame.title_low + frame.size * 0.48,
        TITLE,
        frame.size * 1.62,
        bold=True,
        anchor="middle",
    )
    page.line(made, frame.low, frame.title_low, frame.high, frame.title_low, LINE_MM)
    for y, x1, x2 in layout.across:
        page.line(made, x1, y, x2, y, LINE_MM)
    for x, y1, y2 in layout.upright:
        page.line(made, x, y1, x, y2, LINE_MM)


def _text(made: Any, block: Block, layout: Layout) -> None:
    size, leading = layout.frame.size, layout.leading
    # The characters stand in the middle of their line, 0.86 of the size above and 0.09 below the base line.
    y = block.top - (leading - size) / 2 - size * 0.88
    fonts.draw(made, block.x, y, block.caption, size, bold=True)
    fonts.draw(made, block.x + fonts.width_mm(block.caption, size), y, block.lines[0], size)
    for line in block.lines[1:]:
        y -= leading
        fonts.draw(made, block.x, y, line, size)


def _codes(made: Any, label: LabelPaper, layout: Layout, modules: qr.Matrix) -> None:
    frame = layout.frame
    x, low = frame.split + frame.pad, frame.low + frame.pad
    qr.draw(made, modules, x, low, frame.qr_side, QR_QUIET)
    text = label_layout.short_above_qr(label, frame)
    if text:
        middle, y = x + frame.qr_side / 2, low + frame.qr_side + frame.pad + frame.size * 0.25
        fonts.draw(made, middle, y, text, frame.size, bold=True, anchor="middle")
