"""Unified social credit codes 统一社会信用代码: the check character, and the pattern kept for demo firms.

Source: GB 32100-2015 (18 characters; check character by weights 3^i modulo 31).
"""

from __future__ import annotations

import re
import unicodedata

from wastehub.domain.errors import InvalidInput

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_DEMO = re.compile(r"91\d{6}DEM\d{6}[0-9A-Y]")


def check_character(first17: str) -> str:
    """The 18th character that belongs to the first 17. Source: GB 32100-2015."""
    if len(first17) != 17:
        raise ValueError(f"17 characters are needed, not {len(first17)}")
    total = sum(
        ALPHABET.index(character) * weight for character, weight in zip(first17, WEIGHTS, strict=True)
    )
    return ALPHABET[-total % 31]


def validate(code: str, field: str = "credit_code") -> str:
    """The code in its written form (upper case, no spaces).

    Raises InvalidInput: credit_code.malformed(given, length), credit_code.wrong(given, expected).
    """
    plain = "".join(unicodedata.normalize("NFKC", code).split()).upper()
    if len(plain) != 18 or not set(plain) <= set(ALPHABET):
        raise InvalidInput("credit_code.malformed", field=field, given=plain[:40], length=len(plain))
    expected = check_character(plain[:17])
    if plain[17] != expected:
        raise InvalidInput("credit_code.wrong", field=field, given=plain[17], expected=expected)
    return plain


def demo_code(area6: str, serial: int) -> str:
    """A code with a right check character for an invented firm: 91, area, DEM, six-digit serial."""
    if not re.fullmatch(r"[0-9]{6}", area6):
        raise ValueError(f"six digits of a county are needed: {area6!r}")
    if not 0 <= serial <= 999_999:
        raise ValueError(f"demo serials have six digits: {serial}")
    first17 = f"91{area6}DEM{serial:06d}"
    return first17 + check_character(first17)


def is_demo_code(code: str) -> bool:
    """Whether the code has the pattern of `demo_code`: such a firm is invented."""
    return _DEMO.fullmatch(code) is not None
