"""Waste codes of the national catalogue: 900-249-08 and its category HW08.

Source: National Catalogue of Hazardous Wastes 国家危险废物名录, explanatory articles: industry code (3),
running number (3), category (2). Whether a code is listed is a question to the reference tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from wastehub.domain.errors import InvalidInput

_HYPHENS = re.compile(r"[\s\-‐‑‒–—―−－﹣]+")
_DIGITS = re.compile(r"[0-9]{6}(?:0[1-9]|[1-4][0-9]|50)")


def parse(text: str, field: str = "waste_code") -> str:
    """The code as printed, "900-249-08", from any spelling with its eight digits.

    Raises InvalidInput("waste_code.malformed", given=).
    """
    plain = _HYPHENS.sub("", unicodedata.normalize("NFKC", text).strip())
    if not _DIGITS.fullmatch(plain):
        raise InvalidInput("waste_code.malformed", field=field, given=text.strip()[:40])
    return from_digits(plain)


def category(code: str) -> str:
    """The category of a code: "900-249-08" -> "HW08"."""
    return f"HW{code[-2:]}"


def digits(code: str) -> str:
    """The eight digits as labels print them: "900-249-08" -> "90024908"."""
    return code.replace("-", "")


def from_digits(eight: str) -> str:
    """The printed form of eight digits: "90024908" -> "900-249-08"."""
    assert len(eight) == 8, eight
    return f"{eight[:3]}-{eight[3:6]}-{eight[6:]}"


def require_category(code: str, category: str, field: str = "category") -> None:
    """Raises InvalidInput("waste_code.category_mismatch", expected=, given=) unless digits 7-8 agree."""
    expected = f"HW{code[-2:]}"
    if category != expected:
        raise InvalidInput("waste_code.category_mismatch", field=field, expected=expected, given=category)


def methods_for(code: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """The methods a plant uses for a code: of the code itself first, then of its category; none: ().

    `known`: what the plant is registered to do, method by code or category ("900-045-49" or "HW08").
    """
    fitting = (known.get(code), known.get(category(code)))
    return tuple(dict.fromkeys(method for method in fitting if method))
