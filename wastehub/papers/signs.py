"""Signs to hang up: the plan of a store's zones, the facility, and the card with a firm's code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import IO, Any

from reportlab.lib.units import mm

from ..domain.signs import ORANGE, YELLOW, Colour
from . import fonts, page, qr

BLACK = (0, 0, 0)
WARNING = "危险废物"
MORE = " 等"


@dataclass(frozen=True, slots=True)
class ZoneBox:
    """One zone of the plan. `here`: the sign hangs in this zone. `kinds`: what may stand there."""

    code: str
    name: str
    kinds: tuple[str, ...]
    here: bool = False


@dataclass(frozen=True, slots=True)
class ZoneSign:
    """The plan of one store."""

    unit_name: str
    zones: Sequence[ZoneBox]
    contact: str = ""
    ground: Colour = YELLOW
    field: Colour = ORANGE


@dataclass(frozen=True, slots=True)
class FacilitySign:
    """A facility: its kind, whose it is, its code, who answers for it, where its QR code leads."""

    kind: str
    unit_name: str
    code: str
    contact: str
    qr_text: str
    ground: Colour = YELLOW


@dataclass(frozen=True, slots=True)
class CodeCard:
    """The firm's code 企业码, to hang at the gate."""

    unit_name: str
    credit_code: str
    county: str
    qr_text: str
    note: str


def _sheet(file: IO[bytes], title: str, wide: float, high: float, ground: Colour) -> Any:
    made = page.canvas(file, title=title, size_mm=(wide, high))
    made.setFillColorRGB(*(part / 255 for part in ground))
    made.rect(0, 0, wide * mm, high * mm, stroke=0, fill=1)
    made.setFillColorRGB(0, 0, 0)
    return made


def _centred(
    made: Any, x: float, y: float, text: str, high: float, room: float, *, bold: bool = False
) -> None:
    """One line in the middle of the room, smaller when it would not fit."""
    size = fonts.size_of_height(high)
    wide = fonts.width_mm(text, size)
    fonts.draw(made, x, y, text, size * min(1.0, room / wide) if wide else size, bold=bold, anchor="middle")


def _box(
    made: Any, x: float, y: float, wide: float, high: float, ground: tuple[int, int, int], line: float
) -> None:
    made.setLineWidth(line * mm)
    made.setFillColorRGB(*(part / 255 for part in ground))
    made.rect(x * mm, y * mm, wide * mm, high * mm, stroke=1, fill=1)
    made.setFillColorRGB(0, 0, 0)


def write_zone_sign(file: IO[bytes], sign: ZoneSign, size_mm: tuple[int, int]) -> None:
    """A plan of the zones with the waste of each; the zone where it hangs is marked.

    Raises InvalidInput("text.character_not_printable").
    """
    wide, high = map(float, size_mm)
    fonts.register()
    said = [
        sign.unit_name,
        sign.contact,
        *(text for zone in sign.zones for text in (zone.code, zone.name, *zone.kinds)),
    ]
    fonts.require_printable("".join(said), "name_zh")
    made = _sheet(file, "危险废物贮存分区标志", wide, high, sign.ground)
    unit = wide / 100
    _centred(made, wide / 2, high - 11 * unit, "危险废物贮存分区标志", 6 * unit, 92 * unit, bold=True)
    _plan(made, sign, unit, wide, high)
    _centred(made, wide / 2, 4 * unit, f"{sign.unit_name}  {sign.contact}".strip(), 2.6 * unit, 92 * unit)
    made.showPage()
    made.save()


def _plan(made: Any, sign: ZoneSign, unit: float, wide: float, high: float) -> None:
    """Zones in rows, as near to a square as their number allows."""
    columns = 1 if len(sign.zones) <= 2 else 2 if len(sign.zones) <= 8 else 3
    rows = max(1, ceil(len(sign.zones) / columns))
    gap, left, low, top = 2 * unit, 5 * unit, 9 * unit, high - 17 * unit
    box_wide = (wide - 2 * left - (columns - 1) * gap) / columns
    box_high = (top - low - (rows - 1) * gap) / rows
    for at, zone in enumerate(sign.zones):
        x = left + at % columns * (box_wide + gap)
        y = top - box_high - at // columns * (box_high + gap)
        _zone(made, zone, x, y, box_wide, box_high, unit, sign.field)


def _zone(
    made: Any, zone: ZoneBox, x: float, y: float, wide: float, high: float, unit: float, field: Colour
) -> None:
    _box(made, x, y, wide, high, field, 1.2 * unit if zone.here else 0.4 * unit)
    head = min(3.6 * unit, high / 6)
    size = fonts.size_of_height(head)
    title = f"{'★ ' if zone.here and not fonts.missing('★') else ''}{zone.code}  {zone.name}".strip()
    room = wide - 3 * unit
    fitted = size * min(1.0, room / max(fonts.width_mm(title, size), 0.1))
    line_y = y + high - head * 1.9
    fonts.draw(made, x + 1.5 * unit, line_y, title, fitted, bold=True)
    small = fonts.size_of_height(head * 0.62)
    lines = [line for kind in zone.kinds if kind for line in fonts.wrap(kind, small, room)]
    fit = max(1, int((line_y - y - small * 0.4) / (small * 1.35)))
    for line in _shortened(lines, fit, small, room):
        line_y -= small * 1.35
        fonts.draw(made, x + 1.5 * unit, line_y, line, small)


def _shortened(lines: list[str], fit: int, size: float, room: float) -> list[str]:
    """The lines that have room; where some have none the last one says that there is more."""
    if len(lines) <= fit:
        return lines
    last = lines[fit - 1].rstrip("、")
    while last and fonts.width_mm(last + MORE, size) > room:
        last = last[:-1]
    return [*lines[: fit - 1], last + MORE]


def write_facility_sign(file: IO[bytes], sign: FacilitySign, size_mm: tuple[int, int]) -> None:
    """Triangle and text beside the QR code. Raises InvalidInput("text.character_not_printable")."""
    wide, high = map(float, size_mm)
    fonts.register()
    fonts.require_printable(sign.kind + sign.unit_name + sign.code + sign.contact, "name")
    made = _sheet(file, sign.kind, wide, high, sign.ground)
    unit = high / 62
    _triangle(made, 17 * unit, 22 * unit, 28 * unit)
    _centred(made, 17 * unit, 12 * unit, WARNING, 5.2 * unit, 30 * unit, bold=True)
    left, room = 36 * unit, wide - 36 * unit - 4 * unit
    _centred(made, left + room / 2, high - 12 * unit, sign.kind, 6 * unit, room, bold=True)
    side = 21 * unit
    qr.draw(made, qr.matrix(sign.qr_text, level="Q"), wide - side - 3 * unit, 4 * unit, side)
    y, size = high - 21 * unit, fonts.size_of_height(2.5 * unit)
    for caption, text in (
        ("单位名称", sign.unit_name),
        ("设施编码", sign.code),
        ("负责人及联系方式", sign.contact),
    ):
        width = room if y > 25 * unit else room - side
        for line in fonts.wrap(f"{caption}：{text}", size, width):
            fonts.draw(made, left, y, line, size)
            y -= size * 1.4
        y -= size * 0.5
    made.showPage()
    made.save()


def _triangle(made: Any, x: float, low: float, side: float) -> None:
    """The warning triangle with an exclamation mark, black on yellow; x is its middle."""
    path = made.beginPath()
    top = low + side * 0.866
    for at, (px, py) in enumerate(((x - side / 2, low), (x + side / 2, low), (x, top))):
        (path.moveTo if at == 0 else path.lineTo)(px * mm, py * mm)
    path.close()
    made.setLineWidth(side * 0.07 * mm)
    made.setLineJoin(1)
    made.drawPath(path, stroke=1, fill=0)
    made.setLineWidth(side * 0.075 * mm)
    made.setLineCap(1)
    made.line(x * mm, (low + side * 0.27) * mm, x * mm, (low + side * 0.56) * mm)
    made.circle(x * mm, (low + side * 0.14) * mm, side * 0.045 * mm, stroke=0, fill=1)


def write_code_card(file: IO[bytes], card: CodeCard) -> None:
    """An A6 card: the firm and its code. Raises InvalidInput("text.character_not_printable")."""
    wide, high = 105.0, 148.0
    fonts.register()
    fonts.require_printable(card.unit_name + card.county + card.note, "name")
    made = page.canvas(file, title="企业码", size_mm=(wide, high))
    made.setLineWidth(0.6 * mm)
    made.roundRect(5 * mm, 5 * mm, (wide - 10) * mm, (high - 10) * mm, 3 * mm)
    _centred(made, wide / 2, high - 22, "企业码", 8, wide - 20, bold=True)
    size = fonts.size_of_height(4)
    y = high - 33.0
    for line in fonts.wrap(card.unit_name, size, wide - 22)[:2]:
        fonts.draw(made, wide / 2, y, line, size, anchor="middle")
        y -= size * 1.4
    qr.draw(made, qr.matrix(card.qr_text, level="Q"), (wide - 62) / 2, 30, 62)
    _centred(made, wide / 2, 24, card.credit_code, 3.4, wide - 20)
    _centred(made, wide / 2, 17, card.county, 3, wide - 20)
    _centred(made, wide / 2, 11, card.note, 2.6, wide - 16)
    made.showPage()
    made.save()
