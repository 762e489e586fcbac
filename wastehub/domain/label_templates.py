"""What stands on a label beside what the standard fixes: which fields, their captions, the symbols'
grounds.

Nine fields of HJ 1276-2022 are confirmed; the others, the wording of two captions and the colours
of the hazard symbols are not confirmed and therefore template data: an administrator decides them, from
a day on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wastehub.domain.errors import Conflict, InvalidInput

Colour = tuple[int, int, int]
CAPTION_MAX = 12


class LabelField(NamedTuple):
    """One field of the label. `fixed`: confirmed, always printed; `worded`: its caption is confirmed too."""

    key: str
    caption: str
    fixed: bool
    worded: bool
    say_zh: str
    say_en: str


FIELDS = (
    LabelField("waste_name", "废物名称", True, True, "废物名称", "Waste name"),
    LabelField("category", "废物类别", False, False, "废物类别", "Category"),
    LabelField("waste_code", "废物代码", True, True, "废物代码", "Waste code"),
    LabelField("form", "废物形态", False, False, "废物形态", "Form"),
    LabelField("hazards", "危险特性", True, True, "危险特性", "Hazard properties"),
    LabelField("main_components", "主要成分", True, True, "主要成分", "Main components"),
    LabelField("harmful_components", "有害成分", False, False, "有害成分", "Harmful components"),
    LabelField("precautions", "注意事项", False, False, "注意事项", "Precautions"),
    LabelField("label_code", "数字识别码", True, True, "数字识别码", "Identification code"),
    LabelField("unit", "产生/收集单位", True, False, "产生/收集单位", "Generator or collector"),
    LabelField("contact", "联系人和联系方式", True, False, "联系人和联系方式", "Contact"),
    LabelField("produced_on", "产生日期", True, True, "产生日期", "Date of generation"),
    LabelField("mass", "废物重量", False, False, "废物重量", "Mass"),
    LabelField("note", "备注", False, False, "备注", "Note"),
    LabelField("short_code", "短码", False, False, "短码（人工输入用）", "Short code (for typing)"),
)
BY_KEY: Mapping[str, LabelField] = {each.key: each for each in FIELDS}
SYMBOLS: Mapping[str, Colour] = {
    "C": (255, 255, 255),
    "T": (255, 255, 255),
    "I": (255, 0, 0),
    "R": (255, 255, 0),
}


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """`captions` of every field that is printed, in the order of FIELDS; `grounds` of the symbols."""

    captions: Mapping[str, str] = field(default_factory=lambda: {each.key: each.caption for each in FIELDS})
    grounds: Mapping[str, Colour] = field(default_factory=lambda: dict(SYMBOLS))

    def content(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "captions": dict(self.captions),
            "grounds": {letter: hex_colour(colour) for letter, colour in self.grounds.items()},
        }


DEFAULT = LabelTemplate()


def of_content(content: Mapping[str, Any]) -> LabelTemplate:
    """The template of what was kept or sent.

    Raises InvalidInput: label_template.field_fixed, label_template.caption, label_template.colour.
    """
    captions = dict(content.get("captions", {}))
    kept: dict[str, str] = {}
    for each in FIELDS:
        caption = " ".join(str(captions.get(each.key) or "").split())
        if not caption and not each.fixed:
            continue
        if not caption or (each.worded and caption != each.caption):
            raise InvalidInput(
                "label_template.field_fixed", field=f"caption_{each.key}", caption=each.caption
            )
        if len(caption) > CAPTION_MAX:
            raise InvalidInput(
                "label_template.caption", field=f"caption_{each.key}", given=len(caption), most=CAPTION_MAX
            )
        kept[each.key] = caption
    given = content.get("grounds", {})
    grounds = {
        letter: parse_colour(str(given.get(letter) or hex_colour(SYMBOLS[letter])), letter)
        for letter in SYMBOLS
    }
    return LabelTemplate(kept, grounds)


def composed(contents: Iterable[Mapping[str, Any]]) -> LabelTemplate:
    """The template after several decisions, the oldest first.

    A decision keeps under "changed" the fields that it changes, as `shown` names them. Decisions without it
    are of before forms said what they had shown: they set every field.
    """
    values = shown(DEFAULT)
    for content in contents:
        values |= content["changed"] if "changed" in content else shown(of_content(content))
    return _of_shown(values)


def shown(template: LabelTemplate) -> dict[str, str]:
    """Every caption and ground as a form shows it; a field that is not printed has an empty caption."""
    captions = {f"caption_{each.key}": template.captions.get(each.key, "") for each in FIELDS}
    return captions | {f"ground_{letter}": hex_colour(it) for letter, it in template.grounds.items()}


def _of_shown(values: Mapping[str, str]) -> LabelTemplate:
    captions = {each.key: values[f"caption_{each.key}"] for each in FIELDS}
    return of_content(
        {"captions": captions, "grounds": {letter: values[f"ground_{letter}"] for letter in SYMBOLS}}
    )


def changes(given: Mapping[str, str], seen: Mapping[str, str], present: LabelTemplate) -> dict[str, str]:
    """What a person changes in `present`, the template of the day from which it is to hold.

    `given`: the fields of a form, `seen`: what each showed when it was opened. A field left as it was shown
    changes nothing, whatever holds on that day; one that somebody else changed meanwhile, or that reads
    otherwise on that day, is looked at again first.
    Raises InvalidInput: label_template.* of `of_content`, label_template.basis_missing,
    label_template.nothing_changed; Conflict: label_template.changed_meanwhile.
    """
    before = shown(present)
    typed = {name: given[name] for name in before if name in touched(given, seen)}
    for name in typed:
        if name not in seen:
            raise InvalidInput("label_template.basis_missing", field=name)
    after = shown(_of_shown(before | typed))
    made = {name: after[name] for name in typed if after[name] != before[name]}
    for name in made:
        if seen[name] != before[name]:
            raise Conflict(
                "label_template.changed_meanwhile", field=name, seen=seen[name] or "—",
                present=before[name] or "—",
            )  # fmt: skip
    if not made:
        raise InvalidInput("label_template.nothing_changed")
    return made


def touched(given: Mapping[str, str], seen: Mapping[str, str]) -> set[str]:
    """The fields that a person changed."""
    return {name for name, text in given.items() if _plain(name, text) != seen.get(name)}


def _plain(name: str, text: str) -> str:
    plain = " ".join(text.split())
    return plain.lower() if name.startswith("ground_") else plain


def parse_colour(text: str, letter: str) -> Colour:
    """#rrggbb as three numbers.

    Raises InvalidInput: label_template.colour, label_template.colour_dark (the symbols are black).
    """
    found = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text.strip())
    if found is None:
        raise InvalidInput("label_template.colour", field=f"ground_{letter}", given=text[:20])
    red, green, blue = (int(part, 16) for part in found.groups())
    # Relative brightness (BT.601) of at least 70: red (76) is light enough for a black flame.
    if (299 * red + 587 * green + 114 * blue) // 1000 < 70:
        raise InvalidInput("label_template.colour_dark", field=f"ground_{letter}", given=text[:20])
    return red, green, blue


def hex_colour(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
