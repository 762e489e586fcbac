"""Kilograms as people write them, grams as we keep them, and how far two weighings may differ."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from wastehub.domain.errors import InvalidInput

CONTAINER_MASS_MAX_G = 30_000_000

_GRAMS_PER_UNIT = {
    "": 1_000,
    "kg": 1_000,
    "公斤": 1_000,
    "千克": 1_000,
    "t": 1_000_000,
    "吨": 1_000_000,
    "g": 1,
    "克": 1,
}
_MASS = re.compile(
    r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:[.]([0-9]{0,12}))?\s*"
    rf"({'|'.join(_GRAMS_PER_UNIT)})"
)


def parse_mass_g(text: str, *, field: str = "mass_g", max_g: int = CONTAINER_MASS_MAX_G) -> int:
    """Grams in "12.5", "12.5 kg", "１２．５公斤", "0.8 t", "500 g", "1,250"; kilograms when no unit stands.

    Raises InvalidInput: mass.not_a_number, mass.not_positive, mass.too_precise (parts of a gram),
    mass.too_large(max_g).
    """
    # Chinese keyboards put the ideographic full stop where the decimal point is meant.
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("。", ".").replace("−", "-")
    match = _MASS.fullmatch(plain)
    if match is None:
        raise InvalidInput("mass.not_a_number", field=field, given=text.strip()[:40])
    sign, whole, fraction, unit = match.groups()
    value_g = Decimal(f"{whole.replace(',', '')}.{fraction or '0'}") * _GRAMS_PER_UNIT[unit]
    if sign == "-":
        value_g = -value_g
    if value_g != int(value_g):
        raise InvalidInput("mass.too_precise", field=field, given=text.strip()[:40])
    return require_mass_g(int(value_g), field=field, max_g=max_g)


def require_mass_g(mass_g: int, *, field: str = "mass_g", max_g: int = CONTAINER_MASS_MAX_G) -> int:
    """The grams back if they can be a mass. Raises InvalidInput: mass.not_positive, mass.too_large(max_g)."""
    if mass_g <= 0:
        raise InvalidInput("mass.not_positive", field=field, mass_g=mass_g)
    if mass_g > max_g:
        raise InvalidInput("mass.too_large", field=field, mass_g=mass_g, max_g=max_g)
    return mass_g


@dataclass(frozen=True, slots=True)
class ToleranceRule:
    """How far a second weighing may differ: a floor in grams or a share in parts per million, if larger.

    No legal figure was found; the values are configuration, kept with their effective dates.
    """

    floor_g: int
    ppm: int

    def __post_init__(self) -> None:
        if self.floor_g < 0 or self.ppm < 0:
            raise ValueError(f"a tolerance is not negative: {self}")


@dataclass(frozen=True, slots=True)
class Difference:
    """`difference_g` is weighed minus declared: positive when more arrived than was declared."""

    difference_g: int
    allowed_g: int
    within: bool


def allowed_difference_g(mass_g: int, rule: ToleranceRule) -> int:
    """Grams by which a second weighing of `mass_g` may differ, rounded down to a whole gram."""
    return max(rule.floor_g, mass_g * rule.ppm // 1_000_000)


def weighing_difference(declared_g: int, weighed_g: int, rule: ToleranceRule) -> Difference:
    """How the weighed mass stands to the declared one; the limit itself is still within."""
    difference_g = weighed_g - declared_g
    allowed_g = allowed_difference_g(declared_g, rule)
    return Difference(difference_g, allowed_g, abs(difference_g) <= allowed_g)
