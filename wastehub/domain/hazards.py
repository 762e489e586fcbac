"""Hazard properties 危险特性 of the catalogue, and what two of them demand of each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wastehub.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class HazardProperty:
    code: str
    name_zh: str
    name_en: str


PROPERTIES: Mapping[str, HazardProperty] = MappingProxyType(
    {
        row.code: row
        for row in (
            HazardProperty("T", "毒性", "Toxic"),
            HazardProperty("C", "腐蚀性", "Corrosive"),
            HazardProperty("I", "易燃性", "Ignitable"),
            HazardProperty("R", "反应性", "Reactive"),
            HazardProperty("In", "感染性", "Infectious"),
        )
    }
)
_CANONICAL = {code.lower(): code for code in PROPERTIES}


def parse(text: str, field: str = "hazards") -> tuple[str, ...]:
    """The letters of "T,I" or "T/C/I/R" in the order given, each once.

    The comma (all of them) and the slash (one or more of them) are read alike: both say what may be there.
    Raises InvalidInput: hazard.missing, hazard.unknown(given).
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,/、;]+", unicodedata.normalize("NFKC", text).strip()):
        if not word:
            continue
        letter = _CANONICAL.get(word.lower())
        if letter is None:
            raise InvalidInput("hazard.unknown", field=field, given=word[:20])
        found[letter] = None
    if not found:
        raise InvalidInput("hazard.missing", field=field)
    return tuple(found)


def incompatible_by_property(a: Iterable[str], b: Iterable[str]) -> bool:
    """Whether one is reactive and the other ignitable or corrosive: then at least S, a partition between.

    A WasteHub rule on top of the group matrix, for two different wastes.
    """
    one, other = set(a), set(b)
    starters = {"I", "C"}
    return ("R" in one and bool(other & starters)) or ("R" in other and bool(one & starters))
