"""The 37-character identification code 数字识别码, its QR payload, and the sizes of the label.

Source: HJ 1276-2022. The code's four segments (unit 18, waste code 8, date 8, running number 3) are confirmed
as four segments of 37 characters in all; the split of lengths is derived. Sizes: Table 1, read second hand.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote, urlsplit

from wastehub.domain import waste_codes
from wastehub.domain.errors import Conflict, InvalidInput, RuleViolation

CODE_LENGTH = 37
RUNNING_MAX = 999

# What can be wrong with a code: key -> Chinese, English.
PROBLEMS = {
    "length": ("长度不是37位", "it does not have 37 characters"),
    "unit_code": ("前18位不是单位编码", "its first 18 characters are not a unit code"),
    "waste_code": ("第19至26位不是废物代码", "its characters 19 to 26 are not a waste code"),
    "date": ("第27至34位不是日期", "its characters 27 to 34 are not a date"),
    "running": ("末3位不是顺序号", "its last three characters are not a running number"),
    "not_a_label_link": ("二维码中没有识别码", "the QR code holds no identification code"),
}


@dataclass(frozen=True, slots=True)
class LabelCode:
    """The four segments. `credit_code` is a unified social credit code, or the unit's code under HJ 608."""

    credit_code: str
    waste_code: str
    produced_on: date
    running: int


@dataclass(frozen=True, slots=True)
class LabelSize:
    """A square label for containers up to and including `volume_l_max` (None: without end)."""

    volume_l_max: int | None
    side_mm: int
    text_height_mm: int
    copies: int


# Above 450 L the label stands on two opposite sides.
LABEL_SIZES = (LabelSize(50, 100, 3, 1), LabelSize(450, 150, 5, 1), LabelSize(None, 200, 6, 2))


def identification_code(credit_code: str, waste_code: str, produced_on: date, running: int) -> str:
    """The 37 characters of one container. Raises Conflict("label.running_exhausted", produced_on=)."""
    if not re.fullmatch(r"[0-9A-Z]{18}", credit_code):
        raise ValueError(f"a unit code has 18 characters: {credit_code!r}")
    if not 0 <= running <= RUNNING_MAX:
        raise Conflict("label.running_exhausted", waste_code=waste_code, produced_on=produced_on)
    return f"{credit_code}{waste_codes.digits(waste_code)}{produced_on:%Y%m%d}{running:03d}"


def parse_identification_code(text: str, field: str = "label_code") -> LabelCode:
    """The segments of a code as scanned or typed: spaces, hyphens, lower case and full width do not matter.

    Raises InvalidInput("label.malformed", problem=, problem_zh=, problem_en=, given=).
    """
    code = normalise(text)
    if len(code) != CODE_LENGTH:
        raise _malformed("length", field, text)
    unit, waste, day, running = code[:18], code[18:26], code[26:34], code[34:]
    if not re.fullmatch(r"[0-9A-Z]{18}", unit):
        raise _malformed("unit_code", field, text)
    try:
        waste_code = waste_codes.parse(waste)
    except RuleViolation as wrong:
        raise _malformed("waste_code", field, text) from wrong
    if not re.fullmatch(r"[0-9]{3}", running):
        raise _malformed("running", field, text)
    return LabelCode(unit, waste_code, _date(day, field, text), int(running))


def normalise(text: str) -> str:
    """The bare characters of a code, without judging them."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def qr_payload(base_url: str, code: str) -> str:
    """The URL in the QR code: any camera opens the page, the app reads the last segment without a network."""
    return f"{base_url.rstrip('/')}/c/{code}"


def code_from_payload(text: str, field: str = "label_code") -> str:
    """The 37 characters in a scanned text: a URL of any host with /c/<code>, or the bare code.

    Raises InvalidInput("label.malformed", problem=...).
    """
    bare = text.strip()
    if "/" in bare or ":" in bare:
        path = unquote(urlsplit(bare).path) if len(bare) <= 500 else ""
        # The seal behind the code, if there is one, is judged in label_seals.
        found = re.search(r"/[cC]/([^/]+)(?:/[0-9]+)?/?$", path)
        if found is None:
            raise _malformed("not_a_label_link", field, text)
        bare = found.group(1)
    parse_identification_code(bare, field)
    return normalise(bare)


def label_size(volume_l: int) -> LabelSize:
    """The smallest lawful label of a container."""
    if volume_l <= 0:
        raise ValueError(f"a container has a volume: {volume_l}")
    for size in LABEL_SIZES:
        if size.volume_l_max is None or volume_l <= size.volume_l_max:
            return size
    raise AssertionError("the last size has no end")


def label_size_mm(volume_l: int) -> int:
    """The side of the square label in millimetres."""
    return label_size(volume_l).side_mm


def copies(volume_l: int) -> int:
    """How many labels the container carries: two above 450 L."""
    return label_size(volume_l).copies


def require_printable(text: str, ranges: Sequence[Sequence[int]], field: str) -> None:
    """Whether the label font has every character; `ranges` are sorted inclusive pairs of code points.

    Raises InvalidInput("text.character_not_printable", characters=).
    """
    starts = [pair[0] for pair in ranges]

    def covered(character: str) -> bool:
        place = bisect_right(starts, ord(character)) - 1
        return place >= 0 and ord(character) <= ranges[place][1]

    missing = [character for character in dict.fromkeys(text) if not covered(character)]
    if missing:
        raise InvalidInput("text.character_not_printable", field=field, characters=_named(missing))


def _named(characters: Sequence[str]) -> str:
    return " ".join(
        f"{character} (U+{ord(character):04X})" if character.isprintable() else f"U+{ord(character):04X}"
        for character in characters[:10]
    )


def _date(day: str, field: str, text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", day):
        raise _malformed("date", field, text)
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError as wrong:
        raise _malformed("date", field, text) from wrong


def _malformed(problem: str, field: str, text: str) -> InvalidInput:
    problem_zh, problem_en = PROBLEMS[problem]
    return InvalidInput(
        "label.malformed",
        field=field,
        problem=problem,
        problem_zh=problem_zh,
        problem_en=problem_en,
        given=text.strip()[:60],
    )
