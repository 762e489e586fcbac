"""Texts in files for spreadsheets: none is run as a formula, none is taken for a number."""

from __future__ import annotations

import re

# Wide ones too: spreadsheets with East Asian settings read them like the narrow ones.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# A spreadsheet shows longer numbers as 9.1E+17 and keeps fifteen digits of them.
DIGITS_KEPT = 11
NARROWEST, WIDEST = 8, 60


def csv_text(value: str) -> str:
    """A text for a cell of a CSV file, which has no kinds of cells.

    What would run gets an apostrophe before it. A code or telephone number of digits alone that a spreadsheet
    would round or whose leading zero it would drop gets a tab behind it, which nobody sees: it stays a text.
    """
    if value.startswith(FORMULA_STARTS):
        return value if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", value) else "'" + value
    if value.isascii() and value.isdigit() and (len(value) > DIGITS_KEPT or (value[0] == "0" != value)):
        return value + "\t"
    return value


def width(*texts: str) -> int:
    """How wide a column must be for its texts, in characters as workbooks count: Chinese ones are two."""
    return max(NARROWEST, min(WIDEST, max(map(_wide, texts), default=0) + 2))


def _wide(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(each >= "\u2e80" for each in text)
