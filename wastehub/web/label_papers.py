"""From the fields of a label to what is drawn: statutory Chinese, whatever the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup

from ..domain import credit_codes, label_codes, precautions
from ..domain.errors import RuleViolation
from ..domain.hazards import PROPERTIES
from ..domain.label_templates import LabelTemplate
from ..papers.labels import LabelPaper
from ..services.label_keys import Sealer
from ..services.labels import LabelFields
from . import formatting, label_drawing
from .explanations import Explanation, explain

FORMS_ZH = {"liquid": "液态", "solid": "固态", "sludge": "泥态", "semi_solid": "半固态", "gas": "气态"}
# Drawn in the right column, beside the symbols and the QR code.
_RIGHT = ("hazards", "short_code")
# A code with the pattern of invented firms (credit_codes.demo_code).
SPECIMEN_CODE = credit_codes.demo_code("330402", 0) + "90024908" + "20260315" + "001"


def grouped(code: str) -> str:
    """The four segments of the identification code, apart: unit, waste, day, running number."""
    return f"{code[:18]} {code[18:26]} {code[26:34]} {code[34:]}"


def names(fields: LabelFields) -> str:
    if fields.waste_name == fields.catalogue_name:
        return fields.catalogue_name
    return f"{fields.waste_name}（{fields.catalogue_name}）"


def values(fields: LabelFields) -> dict[str, str]:
    """What stands in each field of the label, by its key in domain/label_templates."""
    return {
        "waste_name": names(fields),
        "category": f"{fields.category_code} {fields.category_name}",
        "waste_code": fields.waste_code,
        "form": FORMS_ZH[fields.form],
        "hazards": "、".join(PROPERTIES[letter].name_zh for letter in fields.hazards),
        "main_components": fields.main_components,
        "harmful_components": fields.harmful_components,
        "precautions": fields.precautions,
        "label_code": grouped(fields.label_code),
        "unit": fields.unit_name,
        "contact": fields.contact,
        "produced_on": fields.produced_on.isoformat(),
        "mass": formatting.mass(fields.mass_g),
        "note": " ".join(part for part in (fields.note, fields.batch_no) if part),
        "short_code": label_codes.grouped(label_codes.human_code(fields.short_no)),
    }


def papers(
    labels: Iterable[LabelFields], *, template: LabelTemplate, sealer: Sealer, base_url: str
) -> Iterator[LabelPaper]:
    """Every copy of every label, in order: containers above 450 L carry two."""
    for fields in labels:
        paper = paper_of(fields, template=template, qr_text=sealer.payload(base_url, fields.label_code))
        for _copy in range(fields.copies):
            yield paper


def shown(
    labels: Iterable[LabelFields], *, template: LabelTemplate, payload: Callable[[str], str]
) -> tuple[list[tuple[LabelFields, Markup]], list[Explanation]]:
    """Every copy of every label as a drawing, and why some cannot be printed: each reason once."""
    sheets: list[tuple[LabelFields, Markup]] = []
    found: dict[str, Explanation] = {}
    for fields in labels:
        paper = paper_of(fields, template=template, qr_text=payload(fields.label_code))
        try:
            drawing = label_drawing.label_svg(paper)
        except RuleViolation as violation:
            said = explain(violation)
            found.setdefault(said.message, said)
            continue
        sheets += [(fields, drawing)] * fields.copies
    return sheets, list(found.values())


def paper_of(fields: LabelFields, *, template: LabelTemplate, qr_text: str) -> LabelPaper:
    said, captions = values(fields), template.captions
    return LabelPaper(
        side_mm=fields.side_mm,
        text_height_mm=fields.text_height_mm,
        cells=tuple((key, caption, said[key]) for key, caption in captions.items() if key not in _RIGHT),
        hazards_caption=captions["hazards"],
        hazards=said["hazards"],
        letters=fields.hazards,
        short_caption=captions.get("short_code", ""),
        short_code=said["short_code"] if "short_code" in captions else "",
        qr_text=qr_text,
        grounds=template.grounds,
    )


def specimen(template: LabelTemplate) -> LabelPaper:
    """A label of an invented firm, to look at; its address leads nowhere and it carries no seal."""
    said = {
        "waste_name": "废矿物油（示例）",
        "category": "HW08 废矿物油与含矿物油废物",
        "waste_code": "900-249-08",
        "form": "液态",
        "main_components": "矿物油、添加剂",
        "harmful_components": "矿物油",
        "precautions": precautions.precautions_zh(("T", "C", "I", "R")),
        "label_code": grouped(SPECIMEN_CODE),
        "unit": "示例·嘉兴精密机械厂",
        "contact": "示例 13800000000",
        "produced_on": "2026-03-15",
        "mass": "170.0 kg",
        "note": "样张，不得使用",
    }
    captions = template.captions
    return LabelPaper(
        side_mm=150,
        text_height_mm=5,
        cells=tuple((key, caption, said[key]) for key, caption in captions.items() if key not in _RIGHT),
        hazards_caption=captions["hazards"],
        hazards="毒性、腐蚀性、易燃性、反应性",
        letters=("T", "C", "I", "R"),
        short_caption=captions.get("short_code", ""),
        short_code=label_codes.grouped(label_codes.human_code(label_codes.NUMBER_MIN))
        if "short_code" in captions
        else "",
        qr_text=f"HTTPS://WASTEHUB.EXAMPLE/C/{SPECIMEN_CODE}",
        grounds=template.grounds,
    )
