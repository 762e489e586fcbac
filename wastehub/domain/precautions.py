"""The line 注意事项 of a label: what to beware of, by hazard property.

The standard prints the field and leaves its words to the generator (HJ 1276-2022); these are defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

PRECAUTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "T": ("避免接触、吸入和误食", "Avoid contact, inhalation and ingestion"),
        "C": ("防止灼伤，佩戴防护手套和护目镜", "Causes burns: wear gloves and goggles"),
        "I": ("远离火种和热源，防止静电", "Keep away from fire, heat and static"),
        "R": ("避免撞击、受热和接触不相容物质", "Avoid shock, heat and incompatible substances"),
        "In": ("密闭包装，防止感染", "Keep sealed, prevent infection"),
    }
)

# With three hazards and more the full lines leave no room on the smallest label.
BRIEF_ZH: Mapping[str, str] = MappingProxyType(
    {
        "T": "勿接触、吸入、误食",
        "C": "防灼伤，戴手套和护目镜",
        "I": "远离火源热源，防静电",
        "R": "勿撞击、受热",
        "In": "密闭包装，防感染",
    }
)


def precautions_zh(hazards: Iterable[str]) -> str:
    """The statutory (Chinese) precaution line for some hazard letters, in the order given."""
    letters = list(hazards)
    if len(letters) > 2:
        return "；".join(BRIEF_ZH[letter] for letter in letters)
    return "；".join(PRECAUTIONS[letter][0] for letter in letters)


def precautions_en(hazards: Iterable[str]) -> str:
    return "; ".join(PRECAUTIONS[letter][1] for letter in hazards)
