"""Signs of stores and facilities 贮存分区标志、设施标志 (HJ 1276-2022): their sizes and colours.

Sizes by viewing distance are known from general knowledge of the standard only: they are template data with
certainty N, rows of `legal_limits` under the keys here, which an administrator changes from a day on.
Ground yellow (255,255,0), waste fields orange (255,150,0), black text: likewise not re-read in the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wastehub.domain.errors import Conflict, InvalidInput

YELLOW = (255, 255, 0)
ORANGE = (255, 150, 0)
CERTAINTY = "N"
PREFIX = "sign_"  # of the keys in `legal_limits`
SIDE_MM_MIN, SIDE_MM_MAX = 100, 3_000
# Width to height in percent between which text, plan and code still have their room.
ZONE_SHAPE, FACILITY_SHAPE = (60, 180), (130, 250)
BRIGHTNESS_MIN = 100  # of 255 (BT.601): the text on it is black

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SignColour:
    """One ground of the signs; `key` names the template data, its value is 0xRRGGBB."""

    key: str
    default: Colour
    name_zh: str
    name_en: str


GROUND = SignColour("sign_ground_rgb", YELLOW, "标志底色", "Ground of the signs")
FIELD = SignColour("sign_field_rgb", ORANGE, "分区标志的废物区底色", "Waste fields of the zone sign")
COLOURS = (GROUND, FIELD)
_GROUNDS = frozenset(each.key for each in COLOURS)


@dataclass(frozen=True, slots=True)
class SignSize:
    """A sign seen from at most so far (decimetres); `width_key` and `height_key` name the template data."""

    key: str
    distance_dm_max: int | None
    width_mm: int
    height_mm: int
    where_zh: str
    where_en: str

    @property
    def width_key(self) -> str:
        return f"sign_{self.key}_width_mm"

    @property
    def height_key(self) -> str:
        return f"sign_{self.key}_height_mm"


ZONE: Mapping[str, SignSize] = MappingProxyType(
    {
        each.key: each
        for each in (
            SignSize("zone_near", 25, 300, 300, "观察距离 2.5 米以内", "Seen from up to 2.5 m"),
            SignSize("zone_middle", 40, 450, 450, "观察距离 2.5 至 4 米", "Seen from 2.5 to 4 m"),
            SignSize("zone_far", None, 600, 600, "观察距离 4 米以上", "Seen from beyond 4 m"),
        )
    }
)
FACILITY: Mapping[str, SignSize] = MappingProxyType(
    {
        each.key: each
        for each in (
            SignSize("facility_near", 40, 300, 186, "室内，4 米以内", "Indoors, up to 4 m"),
            SignSize("facility_middle", 100, 600, 372, "室内，4 至 10 米", "Indoors, 4 to 10 m"),
            SignSize("facility_far", None, 900, 558, "露天，10 米以上", "Outdoors, beyond 10 m"),
        )
    }
)


def size_mm(sizes: Mapping[str, SignSize], key: str, template: Mapping[str, int]) -> tuple[int, int]:
    """Width and height of a sign: the template's, else our default. Raises InvalidInput."""
    found = sizes.get(key)
    if found is None:
        raise InvalidInput("sign.size_unknown", field="size", given=key[:40])
    return template.get(found.width_key, found.width_mm), template.get(found.height_key, found.height_mm)


def template_of(limits: Mapping[str, int]) -> dict[str, int]:
    """The template data of the signs among all limits of a day."""
    return {key: value for key, value in limits.items() if key.startswith(PREFIX)}


def colour(which: SignColour, template: Mapping[str, int]) -> Colour:
    """A ground: the template's, else our default."""
    number = template.get(which.key)
    return which.default if number is None else ((number >> 16) & 255, (number >> 8) & 255, number & 255)


def current(template: Mapping[str, int]) -> dict[str, int]:
    """Every size and colour by its key, as the signs are drawn now."""
    found: dict[str, int] = {}
    for sizes in (ZONE, FACILITY):
        for size in sizes.values():
            found[size.width_key], found[size.height_key] = size_mm(sizes, size.key, template)
    return found | {each.key: number_of(colour(each, template)) for each in COLOURS}


def number_of(ground: Colour) -> int:
    red, green, blue = ground
    return red << 16 | green << 8 | blue


def hex_colour(number: int) -> str:
    return f"#{number:06x}"


def shown(template: Mapping[str, int]) -> dict[str, str]:
    """Every size and colour as a form shows it."""
    return {
        key: hex_colour(value) if key in _GROUNDS else str(value) for key, value in current(template).items()
    }


def changes(given: Mapping[str, str], seen: Mapping[str, str], template: Mapping[str, int]) -> dict[str, int]:
    """What a person changes in the template of the day from which it is to hold.

    `given`: the fields of a form, `seen`: what each showed when it was opened. A field left as it was shown
    changes nothing, whatever holds on that day; one that was changed by somebody else meanwhile, or holds
    another value on that day, is looked at again first.
    Raises InvalidInput: sign.size_range, sign.shape, sign.colour, sign.colour_dark, sign.nothing_changed,
    sign.basis_missing; Conflict: sign.changed_meanwhile.
    """
    before = current(template)
    after = dict(before)
    for key in before.keys() & touched(given, seen):
        after[key] = _value(key, given[key])
        if key not in seen:
            raise InvalidInput("sign.basis_missing", field=key)
        if after[key] != before[key] and seen[key] != shown(template)[key]:
            raise Conflict("sign.changed_meanwhile", field=key, seen=seen[key], present=shown(template)[key])
    made = {key: value for key, value in after.items() if value != before[key]}
    if not made:
        raise InvalidInput("sign.nothing_changed")
    for sizes, (least, most) in ((ZONE, ZONE_SHAPE), (FACILITY, FACILITY_SHAPE)):
        for size in sizes.values():
            shape = after[size.width_key] * 100 // after[size.height_key]
            if not least <= shape <= most:
                raise InvalidInput("sign.shape", field=size.width_key, least=least, most=most, percent=shape)
    return made


def touched(given: Mapping[str, str], seen: Mapping[str, str]) -> set[str]:
    """The fields that a person changed."""
    return {key for key, text in given.items() if text.strip().lower() != seen.get(key)}


def _value(key: str, text: str) -> int:
    return _ground(key, text) if key in _GROUNDS else _side_mm(key, text)


def _side_mm(key: str, text: str) -> int:
    plain = text.strip()
    value = int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 6 else 0
    if not SIDE_MM_MIN <= value <= SIDE_MM_MAX:
        raise InvalidInput("sign.size_range", field=key, least=SIDE_MM_MIN, most=SIDE_MM_MAX)
    return value


def _ground(key: str, text: str) -> int:
    found = re.fullmatch(r"#([0-9a-fA-F]{6})", text.strip())
    if found is None:
        raise InvalidInput("sign.colour", field=key, given=text[:20])
    number = int(found.group(1), 16)
    red, green, blue = (number >> 16) & 255, (number >> 8) & 255, number & 255
    if (299 * red + 587 * green + 114 * blue) // 1000 < BRIGHTNESS_MIN:
        raise InvalidInput("sign.colour_dark", field=key, given=text[:20])
    return number
