"""A roll of labels printed beforehand: everything to write on by hand, and the short number with its QR code.

150 mm a side with text of at least 5 mm, so that it serves containers up to 450 L (HJ 1276-2022, Table 1,
read second hand). What nobody can know yet (waste, date, mass, the 37 characters) is left to be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from reportlab.lib.units import mm

from . import fonts, page, qr

SIDE_MM = 150.0
BORDER_MM = 1.5
MARGIN_MM = 3.5
TEXT_MM = 5.0
QR_MM = 40.0
GROUND = (255, 150, 0)
TITLE = "危险废物"
# Caption and share of the height of each line to write on, from top to bottom; beside the QR code the last.
HIGH_MM, HIGH_BESIDE_MM = 10.6, 12.0
LINES = (
    "废物名称",
    "废物类别及代码",
    "废物形态",
    "主要成分、有害成分",
    "危险特性  □毒性 □腐蚀 □易燃 □反应",
    "注意事项",
)
BESIDE = ("产生日期", "废物重量  kg", "数字识别码（登记后填写）", "备注")


@dataclass(frozen=True, slots=True)
class RollLabelPaper:
    """One label: its serial, its short number as printed, what the QR code says."""

    serial: int
    short_code: str
    qr_text: str


@dataclass(frozen=True, slots=True)
class RollPaper:
    """A roll: whose it is, and its labels."""

    roll_no: str
    unit_name: str
    contact: str
    labels: Sequence[RollLabelPaper]


def write(file: IO[bytes], roll: RollPaper) -> int:
    """One label a page. Returns the pages. Raises InvalidInput("text.character_not_printable")."""
    fonts.register()
    fonts.require_printable(roll.unit_name + roll.contact, "unit_name")
    made = page.canvas(file, title=f"预印标签 {roll.roll_no}", size_mm=(SIDE_MM, SIDE_MM))
    for label in roll.labels:
        _draw(made, roll, label)
        made.showPage()
    made.save()
    return len(roll.labels)


def _draw(made: Any, roll: RollPaper, label: RollLabelPaper) -> None:
    made.setFillColorRGB(*(part / 255 for part in GROUND))
    made.rect(0, 0, SIDE_MM * mm, SIDE_MM * mm, stroke=0, fill=1)
    made.setFillColorRGB(0, 0, 0)
    inner = SIDE_MM - 2 * MARGIN_MM
    made.setLineWidth(BORDER_MM * mm)
    half = BORDER_MM / 2
    made.rect((MARGIN_MM + half) * mm, (MARGIN_MM + half) * mm, *([(inner - BORDER_MM) * mm] * 2))
    size = fonts.size_of_height(TEXT_MM)
    left, right = MARGIN_MM + BORDER_MM + 2, SIDE_MM - MARGIN_MM - BORDER_MM - 2
    top = SIDE_MM - MARGIN_MM - BORDER_MM
    fonts.draw(made, SIDE_MM / 2, top - 10, TITLE, fonts.size_of_height(8), bold=True, anchor="middle")
    y = top - 13.0
    for caption in LINES:
        y = _line(made, left, right, y, caption, size, HIGH_MM)
    code_x = right - QR_MM
    low = y - HIGH_BESIDE_MM * len(BESIDE)
    qr.draw(made, qr.matrix(label.qr_text, level="Q"), code_x, low + 7.4, QR_MM)
    fonts.draw(made, code_x + QR_MM / 2, low + 1.8, label.short_code, size, bold=True, anchor="middle")
    for caption in BESIDE:
        y = _line(made, left, code_x - 2, y, caption, size, HIGH_BESIDE_MM)
    _foot(made, roll, label, left, right, low, size)


def _line(made: Any, left: float, right: float, y: float, caption: str, size: float, high: float) -> float:
    """A field to write in, with its caption; returns where the next one begins."""
    page.line(made, left, y, right, y)
    fonts.draw(made, left + 1, y - size * 1.05, caption, size)
    return y - high


def _foot(
    made: Any, roll: RollPaper, label: RollLabelPaper, left: float, right: float, low: float, size: float
) -> None:
    page.line(made, left, low, right, low)
    who = f"{roll.unit_name} {roll.contact}".strip()
    lines = fonts.wrap(who, size, right - left - 2)[:1]
    fonts.draw(made, left + 1, low - size * 1.05, lines[0] if lines else "", size)
    number = f"{roll.roll_no}  №{label.serial}"
    fonts.draw(made, right - 1, MARGIN_MM + BORDER_MM + 1.5, number, size * 0.7, anchor="end")
