"""The safety card 安全卡 of a load on A4: whom to call, what it is, what to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wastehub.domain import safety_cards

from . import fonts, symbols
from .sheet import LEFT, ROOM, Column, Field, Head, Pair, Sheet

SYMBOL_MM, CALL_MM = 22.0, 17.0
WASTES = (
    ("name", "废物名称", "Waste", 3.0), ("waste_code", "废物代码", "Code", 1.3),
    ("un_number", "UN 编号", "UN no.", 1.2), ("hazards", "危险特性", "Hazards", 1.6),
    ("form", "形态", "Form", 0.8), ("containers", "件数", "Packages", 0.8),
    ("mass", "质量/千克", "Mass, kg", 1.2),
)  # fmt: skip
GEAR = (
    ("随车应急器材", "Gear on board"),
    "反光背心、警告标志、手电筒、眼部冲洗液、防护手套、护目镜、铲、堵漏吸附材料、收集容器、灭火器",
)


@dataclass(frozen=True, slots=True)
class SafetyFacts:
    """`hazards`: letters of the load; `contacts`: name and number, the most urgent first."""

    head: Head
    hazards: Sequence[str]
    wastes: Sequence[Mapping[str, str]]
    contacts: Sequence[tuple[str, str]]
    values: Mapping[str, str]
    never_together: str = ""


def pdf(facts: SafetyFacts) -> bytes:
    sheet = Sheet(facts.head, label_mm=24.0)
    drawn = [letter for letter in facts.hazards if letter in symbols.LETTERS]
    sheet.space(2)
    if drawn:
        sheet.draw(SYMBOL_MM + 2, lambda canvas, x, y: _symbols(canvas, drawn, x, y))
    calls = [(number, name) for number, name in safety_cards.CALLS]
    sheet.draw(CALL_MM + 1, lambda canvas, x, y: _calls(canvas, calls, x, y))
    sheet.fields(
        *([Field((name, ""), number)] for name, number in facts.contacts),
        [Field(("车辆", "Vehicle"), facts.values.get("plate", "")),
         Field(("驾驶员、押运员", "Driver, escort"), facts.values.get("crew", ""))],
    )  # fmt: skip
    sheet.heading(("立即这样做", "Do this first"))
    for number, (zh, en) in enumerate(safety_cards.FIRST_STEPS, 1):
        sheet.note(f"{number}. {zh}", strong=True)
        sheet.note(en)
    sheet.heading(("所载废物", "The load"))
    columns = [Column((zh, en), share, right=key in ("containers", "mass")) for key, zh, en, share in WASTES]
    sheet.table(columns, [[row.get(key, "") or "—" for key, *_ in WASTES] for row in facts.wastes])
    sheet.heading(("危险性与处置", "Hazards and what to do"))
    for _key, name, advice in safety_cards.rows_for(facts.hazards):
        sheet.fields([Field(name, _joined(advice))])
    sheet.fields([Field(GEAR[0], GEAR[1])])
    if facts.never_together:
        sheet.fields([Field(("不得混装", "Never together"), facts.never_together)])
    return sheet.file()


def _joined(advice: Sequence[Pair]) -> str:
    """The Chinese sentences, then the English ones."""
    zh, en = "；".join(each[0] for each in advice), "; ".join(each[1] for each in advice)
    return f"{zh}。 {en}."


def _symbols(canvas: Any, letters: Sequence[str], x: float, y: float) -> None:
    for at, letter in enumerate(letters):
        symbols.draw(canvas, letter, x + at * (SYMBOL_MM + 4), y + 2, SYMBOL_MM)


def _calls(canvas: Any, calls: Sequence[tuple[str, Pair]], x: float, y: float) -> None:
    """The three numbers, large enough to be read at arm's length."""
    wide = ROOM / len(calls)
    canvas.setFillGray(0)
    canvas.setStrokeGray(0)
    for at, (number, (zh, en)) in enumerate(calls):
        left = LEFT + at * wide
        fonts.draw(canvas, left, y + 5, number, 11, bold=True)
        beside = left + fonts.width_mm(number, 11) + 2
        fonts.draw(canvas, beside, y + 9, zh, 4.4, bold=True)
        fonts.draw(canvas, beside, y + 5.2, en, 2.6)
