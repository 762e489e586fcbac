"""Signs of a store: every zone has its plan, and what finds no room is not left out in silence."""

from __future__ import annotations

import io

import pypdfium2

from wastehub.papers import signs


def said(kinds: tuple[str, ...], zones: int = 12) -> str:
    file = io.BytesIO()
    boxes = [signs.ZoneBox(f"Z{number:02d}", "示例分区", kinds) for number in range(1, zones + 1)]
    signs.write_zone_sign(file, signs.ZoneSign("示例单位", boxes), (600, 600))
    return str(pypdfium2.PdfDocument(file.getvalue())[0].get_textpage().get_text_range())


def test_a_zone_that_has_room_says_all_its_wastes() -> None:
    text = said(("矿物油", "900-210-08、900-214-08、900-218-08、900-249-08"))
    assert text.count("900-249-08") == 12 and "等" not in text


def test_a_zone_without_room_for_all_says_that_there_are_more() -> None:
    text = said(("矿物油", "、".join(f"900-{number:03d}-08" for number in range(100, 140))))
    assert text.count("900-100-08") == 12 and "900-139-08" not in text
    assert text.count(signs.MORE.strip()) == 12
