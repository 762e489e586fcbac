"""The short number on a label printed beforehand 预印标签, before anybody knows what will be in the drum.

It is no identification code 数字识别码: that one holds waste code and date, so nobody can print it before the
fill. The short number is bound once, at the first scan, to the container whose 37 characters then count; the
statutory label is filled in by hand on the roll's label and printed at the next printer.

Eight characters of chance and one check character, in an alphabet of 31 without 0, 1, I, L, O. 31 is prime
and the weights differ, so every wrong character and every swap of two characters is noticed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from wastehub.domain.errors import InvalidInput

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BODY = 8
LENGTH = BODY + 1
NUMBERS = len(ALPHABET) ** BODY  # 8.5e11: two rolls of 500 out of a million handed out collide with p < 1e-3

_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def make(number: int) -> str:
    """The code of a number of chance, 0 <= number < NUMBERS."""
    if not 0 <= number < NUMBERS:
        raise ValueError(f"no such number: {number}")
    body = ""
    for _ in range(BODY):
        number, value = divmod(number, len(ALPHABET))
        body += ALPHABET[value]
    return body + _check(body)


def _check(body: str) -> str:
    """The character that makes the weighted sum of all nine a multiple of 31."""
    total = sum(weight * _VALUE[character] for weight, character in enumerate(body, start=2))
    return ALPHABET[-total % len(ALPHABET)]


def bare(text: str) -> str:
    """What was scanned or typed without blanks and hyphens; of an address the last part after /p/."""
    shown = text.strip()
    if "/" in shown:
        found = re.search(r"/[pP]/([^/]+)/?$", unquote(urlsplit(shown).path) if len(shown) <= 300 else "")
        shown = found.group(1) if found else shown
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", shown)).upper()


def looks_like(text: str) -> bool:
    """Whether the text could be such a number and nothing else; its check character is not judged."""
    code = bare(text)
    return len(code) == LENGTH and all(character in _VALUE for character in code)


def parse(text: str, field: str = "roll_code") -> str:
    """The nine characters. Raises InvalidInput("roll_code.malformed", given=)."""
    code = bare(text)
    if not looks_like(code) or _check(code[:BODY]) != code[BODY]:
        raise InvalidInput("roll_code.malformed", field=field, given=text.strip()[:40])
    return code


def grouped(code: str) -> str:
    """As it is printed: "4K7M-Q2XD-9"."""
    return "-".join(part for part in (code[:4], code[4:8], code[8:]) if part)


def scanned(texts: Iterable[str]) -> dict[str, str]:
    """Of several scanned texts those that hold such a number: text -> code."""
    found = {}
    for text in texts:
        if looks_like(text):
            try:
                found[text] = parse(text)
            except InvalidInput:
                continue
    return found
