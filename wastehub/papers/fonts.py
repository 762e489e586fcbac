"""The font of every paper: Noto Sans SC (a 黑体), embedded as the subset of characters that a file uses."""

from __future__ import annotations

import functools
import re
from typing import Any, Literal

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from wastehub import paths
from wastehub.domain.errors import InvalidInput

FONT, FONT_FILE = "NotoSansSC", paths.DIST / "label-font.ttf"
# The height of a square Chinese character (国) in this font: 875 of 1000 units; 856 on the safe side.
CHARACTER_HEIGHT = 0.856
# Thickness of the stroke that makes a character bold: there is one weight in the file.
BOLD_STROKE = 0.035

Anchor = Literal["start", "middle", "end"]

# Marks that begin no line: they stay with the character before them.
_CLOSING = "，。；：、！？）》】」』”’%℃…·,.;:!?)"
_PIECES = re.compile(rf"(?:[!-~]+|.)[{re.escape(_CLOSING)}]*")
_ITEMS = re.compile(r"[^、/ ]+[、/]*|[、/ ]")


@functools.cache
def register() -> TTFont:
    """The font, known to reportlab from now on. Raises FileNotFoundError when the assets were not built."""
    font = TTFont(FONT, str(FONT_FILE))
    pdfmetrics.registerFont(font)
    return font


def size_of_height(height_mm: float) -> float:
    """The font size in millimetres at which Chinese characters are that high."""
    return height_mm / CHARACTER_HEIGHT


@functools.lru_cache(maxsize=4_096)
def _wide(text: str) -> float:
    register()
    return float(pdfmetrics.stringWidth(text, FONT, 1.0))


def width_mm(text: str, size_mm: float) -> float:
    """How wide a text is at a font size in millimetres."""
    return _wide(text) * size_mm


def wrap(
    text: str, size_mm: float, room_mm: float, first_mm: float | None = None, *, items: bool = False
) -> list[str]:
    """Lines that fit into `room_mm` (the first one into `first_mm`): Latin words stay whole while they can.

    `items`: so do the items of a list (毒性、易燃性). An empty text is one empty line.
    """
    lines, line, room = [], "", room_mm if first_mm is None else first_mm
    for word in (_ITEMS if items else _PIECES).findall(" ".join(text.split())):
        for piece in [word] if width_mm(word, size_mm) <= room_mm else list(word):
            # Beside a caption the first line may be too short for even one word: it stays empty.
            if (line or room < room_mm) and width_mm((line + piece).rstrip(), size_mm) > room:
                lines.append(line.rstrip())
                line, room = "", room_mm
            if piece != " " or line:
                line += piece
    return [*lines, line.rstrip()]


def draw(
    canvas: Any, x_mm: float, y_mm: float, text: str, size_mm: float, *, bold: bool = False,
    anchor: Anchor = "start",
) -> None:  # fmt: skip
    """One line of text; (x, y) is on its base line."""
    if anchor != "start":
        x_mm -= width_mm(text, size_mm) * (0.5 if anchor == "middle" else 1.0)
    line = canvas.beginText(x_mm * mm, y_mm * mm)
    line.setFont(FONT, size_mm * mm)
    if bold:
        canvas.saveState()
        canvas.setLineWidth(size_mm * BOLD_STROKE * mm)
        line.setTextRenderMode(2)
    line.textOut(text)
    if bold:
        line.setTextRenderMode(0)
    canvas.drawText(line)
    if bold:
        canvas.restoreState()


def missing(text: str) -> list[str]:
    """The characters that the font lacks, each once."""
    known = register().face.charToGlyph
    return [each for each in dict.fromkeys(text) if each not in "\n\r\t" and ord(each) not in known]


def require_printable(text: str, field: str) -> None:
    """Raises InvalidInput("text.character_not_printable", characters=): a gap on a paper is worse."""
    lacking = missing(text)
    if lacking:
        named = " ".join(f"{each} (U+{ord(each):04X})" for each in lacking[:10] if each.isprintable())
        raise InvalidInput(
            "text.character_not_printable",
            field=field,
            characters=named or " ".join(f"U+{ord(each):04X}" for each in lacking[:10]),
        )
