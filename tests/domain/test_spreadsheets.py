"""What a spreadsheet makes of the texts in our files: neither formulas nor rounded codes."""

from __future__ import annotations

import pytest

from wastehub.domain import spreadsheets


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "－1-x"])
def test_what_would_run_stays_a_text(text: str) -> None:
    assert spreadsheets.csv_text(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "示例", "a=1", "-0.150", "-12", "0.150", "12345678901", "0", "900-041-49"]
)
def test_what_a_spreadsheet_reads_as_it_is_meant_is_left_alone(text: str) -> None:
    assert spreadsheets.csv_text(text) == text


@pytest.mark.parametrize("text", ["911234567890123456", "20263304000001", "123456789012", "0573", "007"])
def test_digits_that_would_be_rounded_or_shortened_stay_a_text(text: str) -> None:
    assert spreadsheets.csv_text(text) == text + "\t"


def test_chinese_takes_twice_the_room() -> None:
    assert spreadsheets.width("示例·嘉兴恒达厂", "abc") == 7 * 2 + 1 + 2
    assert spreadsheets.width() == spreadsheets.NARROWEST
    assert spreadsheets.width("长" * 200) == spreadsheets.WIDEST
