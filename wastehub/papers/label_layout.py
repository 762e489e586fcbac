"""Where everything stands on a label, in millimetres, and whether it has room. Draws nothing.

Above, across the whole label, what the waste is. Below on the left the other fields, on the right the
hazard symbols, the short code and the QR code. Texts are wrapped and the lines brought closer, but no
character gets lower than the standard's minimum: what does not fit is refused. The text height is that
of a square Chinese character (国), measured, not the nominal size of the font. Source: HJ 1276-2022,
Table 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wastehub.domain.errors import InvalidInput

from . import fonts, qr, symbols

BLANK_MM = 3.2  # outside the border; the standard asks for at least 3
BORDER_MM = 1.2  # at least 1
LINE_MM = 0.3
# Side of the QR symbol without its white zone, by the side of the label.
QR_MM: Mapping[int, float] = {100: 32.0, 150: 37.0, 200: 50.0}
# From docs/benchmarks/label_decode.md: the strongest correction that holds our addresses with a seal in
# modules above 0.5 mm. A longer address takes the next level, in the same number of modules.
QR_LEVELS: tuple[qr.Level, ...] = ("H", "Q")
QR_LEVEL = QR_LEVELS[0]
QR_VERSION = 10
QR_MODULES = 17 + 4 * QR_VERSION
QR_QUIET = 4
# Rows across the label: fields, and the share of the row that the first of two takes.
_WIDE = (("waste_name",), ("category",), ("waste_code", "form"))
_FIRST_SHARE = 0.56
# Leading, and air above and below a row, in font sizes: from roomy to tight.
_FITS = ((1.22, 0.34), (1.16, 0.24), (1.12, 0.16), (1.08, 0.10), (1.05, 0.06))
_SYMBOL_MIN = 2.5  # font sizes
_PAD, _TITLE, _SHORT = 0.28, 1.95, 1.3  # font sizes

Cell = tuple[str, str, str]
"""Key, caption, value."""


@dataclass(frozen=True, slots=True)
class LabelPaper:
    """All that is drawn on one label. `cells` from top to bottom without those of the right column."""

    side_mm: int
    text_height_mm: float
    cells: tuple[Cell, ...]
    hazards_caption: str
    hazards: str
    letters: tuple[str, ...]
    short_caption: str
    short_code: str
    qr_text: str
    grounds: Mapping[str, symbols.Colour]


@dataclass(frozen=True, slots=True)
class Block:
    """One field: its text in lines, and the place of its upper left corner."""

    key: str
    caption: str
    lines: tuple[str, ...]
    x: float = 0.0
    top: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The fixed places: inner edges of the border, line below the title, left edge of the QR column."""

    size: float
    pad: float
    low: float
    high: float
    split: float
    title_low: float
    qr_side: float


@dataclass(frozen=True, slots=True)
class Layout:
    frame: Frame
    leading: float
    blocks: tuple[Block, ...]
    across: tuple[tuple[float, float, float], ...]  # y, from x, to x
    upright: tuple[tuple[float, float, float], ...]  # x, from y, to y
    hazards: Block
    symbols: tuple[tuple[str, float, float, float], ...]  # letter, x, y, side


def frame_of(label: LabelPaper) -> Frame:
    size = fonts.size_of_height(label.text_height_mm)
    low, pad = BLANK_MM + BORDER_MM, size * _PAD
    high = label.side_mm - low
    qr_side = QR_MM[label.side_mm] * (QR_MODULES + 2 * QR_QUIET) / QR_MODULES
    return Frame(size, pad, low, high, high - qr_side - 2 * pad, high - size * _TITLE, qr_side)


def lay_out(label: LabelPaper) -> Layout:
    """The roomiest arrangement that fits. Raises InvalidInput("label.text_too_long", field=the longest)."""
    frame = frame_of(label)
    wide, narrow = _rows(label, frame)
    told = ("hazards", label.hazards_caption, label.hazards)
    hazards = _block(told, frame.size, frame.qr_side, items=True)
    for leading, air in _FITS:
        made = _arranged(label, frame, wide, narrow, hazards, leading * frame.size, air * frame.size)
        if made is not None:
            return made
    raise _too_long(frame, wide, narrow)


def _rows(label: LabelPaper, frame: Frame) -> tuple[list[list[Block]], list[Block]]:
    """The rows across the label and those beside the QR column, wrapped."""
    cells = {cell[0]: cell for cell in label.cells}
    full, size = frame.high - frame.low - 2 * frame.pad, frame.size
    wide = []
    for keys in _WIDE:
        present = [cells[key] for key in keys if key in cells]
        if len(present) == 2:
            first = full * _FIRST_SHARE - frame.pad
            wide.append(
                [_block(present[0], size, first), _block(present[1], size, full - first - 2 * frame.pad)]
            )
        elif present:
            wide.append([_block(present[0], size, full)])
    above = {key for keys in _WIDE for key in keys}
    beside = frame.split - frame.low - 2 * frame.pad
    narrow = [cell for cell in label.cells if cell[0] not in above]
    if label.short_code and not short_above_qr(label, frame):
        narrow.append(("short_code", label.short_caption, label.short_code))
    return wide, [_block(cell, size, beside) for cell in narrow]


def short_above_qr(label: LabelPaper, frame: Frame) -> str:
    """The short code as it stands above the QR code; empty when there is none or it is too wide for that."""
    text = f"{label.short_caption} {label.short_code}" if label.short_code else ""
    return text if fonts.width_mm(text, frame.size) <= frame.qr_side else ""


def _block(cell: Cell, size: float, room: float, *, items: bool = False) -> Block:
    key, caption, value = cell
    caption = caption if caption.endswith("：") else caption + "："
    lines = fonts.wrap(value or "—", size, room, room - fonts.width_mm(caption, size), items=items)
    return Block(key, caption, tuple(lines))


def _arranged(
    label: LabelPaper,
    frame: Frame,
    wide: Sequence[Sequence[Block]],
    narrow: Sequence[Block],
    hazards: Block,
    leading: float,
    air: float,
) -> Layout | None:
    """Everything in its place with this leading; None when it does not fit."""
    y, blocks, across, upright = frame.title_low, list[Block](), list[tuple[float, float, float]](), []
    for row in wide:
        high = max(len(block.lines) for block in row) * leading + 2 * air
        for at, block in enumerate(row):
            x = frame.low + frame.pad
            if at:
                middle = frame.low + (frame.high - frame.low) * _FIRST_SHARE
                upright.append((middle, y, y - high))
                x = middle + frame.pad
            blocks.append(Block(block.key, block.caption, block.lines, x, y - air))
        y -= high
        across.append((y, frame.low, frame.high))
    upright.append((frame.split, y, frame.low))
    right = _right(label, frame, hazards, leading, y)
    spare = y - frame.low - sum(len(block.lines) * leading + 2 * air for block in narrow)
    if spare < 0 or right is None:
        return None
    share, hazards_top = spare / max(1, len(narrow)), y - frame.pad * 0.5
    for at, block in enumerate(narrow):
        if at:
            across.append((y, frame.low, frame.split))
        top = y - air - share / 2
        blocks.append(Block(block.key, block.caption, block.lines, frame.low + frame.pad, top))
        y -= len(block.lines) * leading + 2 * air + share
    across.append((_right_low(label, frame), frame.split, frame.high))
    told = Block(hazards.key, hazards.caption, hazards.lines, frame.split + frame.pad, hazards_top)
    return Layout(frame, leading, tuple(blocks), tuple(across), tuple(upright), told, right)


def _right_low(label: LabelPaper, frame: Frame) -> float:
    """Where the hazards end: above the short code and the QR code."""
    short = frame.size * _SHORT if short_above_qr(label, frame) else 0
    return frame.low + 2 * frame.pad + frame.qr_side + short


def _right(
    label: LabelPaper, frame: Frame, hazards: Block, leading: float, top: float
) -> tuple[tuple[str, float, float, float], ...] | None:
    """The places of the symbols, in rows that leave them largest; None when they get too small."""
    shown = [letter for letter in label.letters if letter in symbols.LETTERS]
    low = _right_low(label, frame) + frame.pad
    high = top - frame.pad - len(hazards.lines) * leading
    if not shown:
        return () if high >= low - frame.pad else None

    def side_of(columns: int) -> float:
        rows = -(-len(shown) // columns)
        return min((frame.qr_side - frame.pad) / columns, (high - low) / rows, frame.qr_side * 0.7)

    columns = max(range(1, len(shown) + 1), key=side_of)
    side, rows = side_of(columns), -(-len(shown) // columns)
    if side < _SYMBOL_MIN * frame.size:
        return None
    left, middle = frame.split + frame.pad, (high + low) / 2
    places = []
    for at, letter in enumerate(shown):
        x = left + frame.qr_side * (at % columns + 0.5) / columns
        y = middle + (rows - 1 - 2 * (at // columns)) * side / 2
        places.append((letter, x - side / 2, y - side / 2, side))
    return tuple(places)


def _too_long(frame: Frame, wide: Sequence[Sequence[Block]], narrow: Sequence[Block]) -> InvalidInput:
    """The field with most lines, and about how many lines are too many."""
    leading, air = _FITS[-1]
    rows = [max(row, key=lambda block: len(block.lines)) for row in wide] + list(narrow)
    lines = sum(len(block.lines) for block in rows)
    room = (frame.title_low - frame.low) / frame.size - 2 * air * len(rows)
    longest = max(rows, key=lambda block: len(block.lines))
    return InvalidInput(
        "label.text_too_long",
        field=longest.key,
        caption=longest.caption.rstrip("："),
        lines=len(longest.lines),
        over=max(1, lines - int(room / leading)),
    )
