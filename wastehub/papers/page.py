"""Files and pages: the same facts give the same bytes, and nothing but our font is named in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from . import fonts, streaming

A4_MM = (210.0, 297.0)
# Compressed streams as they are: writing them as text costs a fifth of the file and of the time.
rl_config.useA85 = 0


def canvas(file: IO[bytes], *, title: str, size_mm: tuple[float, float] = A4_MM, author: str = "") -> Any:
    """An empty file with pages of that size; finish each page with showPage() and the file with save().

    A finished page is written at once: nothing is kept of it, and nothing can refer to it.
    """
    fonts.register()
    made = Canvas(
        file,
        pagesize=(size_mm[0] * mm, size_mm[1] * mm),
        pageCompression=1,
        invariant=1,
        initialFontName=fonts.FONT,
        lang="zh-CN",
    )
    streaming.attach(made, file)
    made.setTitle(title)
    if author:
        made.setAuthor(author)
    return made


def line(made: Any, x1_mm: float, y1_mm: float, x2_mm: float, y2_mm: float, width_mm: float = 0.3) -> None:
    """A straight black line; points in millimetres from the lower left corner."""
    made.setLineWidth(width_mm * mm)
    made.line(x1_mm * mm, y1_mm * mm, x2_mm * mm, y2_mm * mm)


def crop_marks(made: Any, xs_mm: Sequence[float], ys_mm: Sequence[float], long_mm: float = 3) -> None:
    """Where to cut: short lines outside a block of labels, at every edge; a millimetre away from it."""
    gap = 1.0
    for x in xs_mm:
        line(made, x, max(ys_mm) + gap, x, max(ys_mm) + gap + long_mm, 0.1)
        line(made, x, min(ys_mm) - gap, x, min(ys_mm) - gap - long_mm, 0.1)
    for y in ys_mm:
        line(made, max(xs_mm) + gap, y, max(xs_mm) + gap + long_mm, y, 0.1)
        line(made, min(xs_mm) - gap, y, min(xs_mm) - gap - long_mm, y, 0.1)
