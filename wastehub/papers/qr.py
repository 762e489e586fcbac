"""QR codes as vectors: which modules are dark, and one path of merged runs for all of them."""

from __future__ import annotations

import functools
import re
from typing import Any, Literal

import qrcode
from qrcode import constants, util
from reportlab.lib.units import mm

from . import qr_masks

Level = Literal["L", "M", "Q", "H"]
Matrix = tuple[tuple[bool, ...], ...]
_LEVELS = {
    "L": constants.ERROR_CORRECT_L,
    "M": constants.ERROR_CORRECT_M,
    "Q": constants.ERROR_CORRECT_Q,
    "H": constants.ERROR_CORRECT_H,
}
# A run of so many digits is cheaper in numeric mode than the two changes of mode cost.
_DIGITS_RUN = 17


class TooLong(ValueError):
    """The text does not fit into the version that was asked for."""


@functools.lru_cache(maxsize=64)
def matrix(text: str, *, level: Level = "Q", version: int | None = None) -> Matrix:
    """The modules without the white zone, row by row; the smallest version that holds the text unless given.

    Raises TooLong.
    """
    code = qr_masks.Drawn(version=version, error_correction=_LEVELS[level], border=0, mask_pattern=0)
    for piece in segments(text):
        code.add_data(piece)
    try:
        code.make(fit=version is None)
    except qrcode.exceptions.DataOverflowError as overflow:
        raise TooLong(f"{len(text)} characters do not fit into version {version}-{level}") from overflow
    return tuple(tuple(row) for row in qr_masks.best(code).tolist())


def segments(text: str) -> list[util.QRData]:
    """The text cut where another mode is cheaper: long runs of digits apart from the rest."""
    made = []
    for piece in re.split(rf"([0-9]{{{_DIGITS_RUN},}})", text):
        if piece:
            made.append(util.QRData(piece))
    return made


def draw(canvas: Any, modules: Matrix, x_mm: float, y_mm: float, side_mm: float, quiet: int = 4) -> None:
    """Black on white; (x, y) is the lower left corner of the square that holds code and white zone."""
    size = len(modules) + 2 * quiet
    unit = side_mm * mm / size
    canvas.saveState()
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(x_mm * mm, y_mm * mm, side_mm * mm, side_mm * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.translate(x_mm * mm + quiet * unit, y_mm * mm + (size - quiet) * unit)
    canvas.scale(unit, -unit)
    canvas.addLiteral(_path(modules))
    canvas.restoreState()


@functools.lru_cache(maxsize=64)
def _path(modules: Matrix) -> str:
    """PDF operators: a rectangle for each run of dark modules of a row, filled at once."""
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
            parts.append(f"{x} {y} {end - x} 1 re")
            x = end
    return " ".join([*parts, "f"])
