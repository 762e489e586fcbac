"""Hazard symbols, drawn by us as vectors: a square on its point with corrosion, poison, flame or explosion.

Every shape stands in a grid of 100 x 100 with the origin at the lower left of the square's bounding box.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm

from wastehub.domain.label_templates import SYMBOLS as GROUNDS
from wastehub.domain.label_templates import Colour

BLACK: Colour = (0, 0, 0)
LETTERS = tuple(GROUNDS)

_Points = Sequence[tuple[float, float]]


def draw(
    canvas: Any,
    letter: str,
    x_mm: float,
    y_mm: float,
    side_mm: float,
    colours: Mapping[str, Colour] | None = None,
) -> None:
    """One symbol; (x, y) is the lower left corner of its bounding square. Raises KeyError: no such symbol."""
    ground = _ground(letter, colours)
    # Drawn once in a file, shown as often as needed.
    name = "symbol-{}-{:02x}{:02x}{:02x}".format(letter, *ground)
    if not canvas.hasForm(name):
        canvas.beginForm(name, 0, 0, 100, 100)
        shape(canvas, letter, colours)
        canvas.endForm()
    canvas.saveState()
    canvas.translate(x_mm * mm, y_mm * mm)
    canvas.scale(side_mm * mm / 100, side_mm * mm / 100)
    canvas.doForm(name)
    canvas.restoreState()


def _ground(letter: str, colours: Mapping[str, Colour] | None) -> Colour:
    return (colours or GROUNDS).get(letter, GROUNDS[letter])


def shape(canvas: Any, letter: str, colours: Mapping[str, Colour] | None = None) -> None:
    """The strokes of a symbol in its own grid; `canvas` fills paths and circles, nothing more."""
    ground = _ground(letter, colours)
    _polygon(canvas, [(50, 0), (100, 50), (50, 100), (0, 50)], BLACK)
    _polygon(canvas, [(50, 3), (97, 50), (50, 97), (3, 50)], ground)
    if letter == "C":
        _polygon(canvas, [(50, 3), (86, 39), (14, 39)], BLACK)
    _SHAPES[letter](canvas, ground)


def _fill(canvas: Any, colour: Colour) -> None:
    canvas.setFillColorRGB(*(part / 255 for part in colour))


def _polygon(canvas: Any, points: _Points, colour: Colour) -> None:
    _fill(canvas, colour)
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _curves(
    canvas: Any, start: tuple[float, float], curves: Sequence[Sequence[float]], colour: Colour
) -> None:
    """A closed shape of Bézier curves: control point, control point, end."""
    _fill(canvas, colour)
    path = canvas.beginPath()
    path.moveTo(*start)
    for curve in curves:
        path.curveTo(*curve)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _disc(canvas: Any, x: float, y: float, radius: float, colour: Colour) -> None:
    _fill(canvas, colour)
    canvas.circle(x, y, radius, stroke=0, fill=1)


def _bar(
    canvas: Any, x1: float, y1: float, x2: float, y2: float, thick: float, colour: Colour = BLACK
) -> None:
    across = math.hypot(x2 - x1, y2 - y1)
    dx, dy = (y2 - y1) / across * thick / 2, (x1 - x2) / across * thick / 2
    _polygon(canvas, [(x1 + dx, y1 + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x1 - dx, y1 - dy)], colour)


def _flame(canvas: Any, ground: Colour) -> None:
    _curves(
        canvas,
        (52, 84),
        (
            (56, 70, 68, 64, 70, 47),
            (71, 36, 64, 28, 56, 26),
            (61, 34, 60, 42, 53, 48),
            (53, 40, 47, 38, 46, 26),
            (36, 28, 29, 36, 30, 48),
            (31, 56, 36, 60, 37, 68),
            (41, 64, 42, 60, 42, 56),
            (48, 64, 52, 72, 52, 84),
        ),
        BLACK,
    )
    _bar(canvas, 37, 22, 63, 22, 3.4)


def _skull(canvas: Any, ground: Colour) -> None:
    for x1, y1, x2, y2 in ((34, 30, 66, 42), (34, 42, 66, 30)):
        _bar(canvas, x1, y1, x2, y2, 4.4)
        for x, y in ((x1, y1), (x2, y2)):
            _disc(canvas, x, y + 1.9, 2.9, BLACK)
            _disc(canvas, x, y - 1.9, 2.9, BLACK)
    _curves(
        canvas,
        (50, 82),
        ((64, 82, 70, 74, 69, 65), (68, 59, 64, 57, 61, 55), (61, 50, 61, 48, 58, 46),
         (53, 44, 47, 44, 42, 46),
         (39, 48, 39, 50, 39, 55), (36, 57, 32, 59, 31, 65), (30, 74, 36, 82, 50, 82)),
        BLACK,
    )  # fmt: skip
    _disc(canvas, 42, 65, 4.6, ground)
    _disc(canvas, 58, 65, 4.6, ground)
    _polygon(canvas, [(50, 62), (53, 56), (47, 56)], ground)
    for x in (46, 50, 54):
        _bar(canvas, x, 46, x, 52, 1.2, ground)


def _corrosion(canvas: Any, ground: Colour) -> None:
    """Two tubes drip onto a bar of metal and onto a hand, which both are eaten away."""
    for side in (-1, 1):
        inner, outer = 50 + side * 3, 50 + side * 19
        _bar(canvas, inner, 76, outer, 69, 9)
        _bar(canvas, inner + side * 2, 75.2, outer + side * 0.5, 68.8, 5, ground)
        for at, low in ((18, 58), (19, 50.5)):
            _drop(canvas, 50 + side * at, low)
    _polygon(canvas, [(17, 43), (46, 43), (46, 50), (36, 50), (33.5, 46.5), (31.5, 48), (29, 45.5), (27, 48),
                      (25, 50), (17, 50)], BLACK)  # fmt: skip
    _curves(
        canvas,
        (54, 43),
        ((55, 49, 58, 51.5, 64, 51), (66, 50.8, 66, 47, 68, 46.5), (69.5, 46, 70, 48.5, 72, 48.5),
         (73, 48.5, 74, 50, 76, 50), (79, 50, 82, 49, 83, 47), (83.5, 45, 83, 43.5, 82, 43)),
        BLACK,
    )  # fmt: skip


def _drop(canvas: Any, x: float, low: float) -> None:
    _curves(
        canvas,
        (x, low + 6.5),
        ((x + 2.6, low + 3, x + 2.2, low, x, low), (x - 2.2, low, x - 2.6, low + 3, x, low + 6.5)),
        BLACK,
    )


def _explosion(canvas: Any, ground: Colour) -> None:
    _disc(canvas, 50, 38, 13, BLACK)
    _bar(canvas, 55, 49, 59, 56, 6)
    rays = [(20, 57), (29, 62), (24, 70), (35, 67), (37, 79), (45, 69), (52, 84), (57, 71), (68, 79),
            (66, 67),
            (77, 66), (70, 59), (79, 54), (66, 53), (60, 56), (50, 60), (38, 56)]  # fmt: skip
    _polygon(canvas, rays, BLACK)
    for x1, y1, x2, y2 in ((34, 34, 27, 31.5), (37, 28, 33, 24.5), (66, 34, 73, 31.5), (63, 28, 67, 24.5)):
        _bar(canvas, x1, y1, x2, y2, 2.6)
    _bar(canvas, 38, 21.5, 62, 21.5, 2.6)


_SHAPES: Mapping[str, Callable[[Any, Colour], None]] = {
    "C": _corrosion,
    "T": _skull,
    "I": _flame,
    "R": _explosion,
}
