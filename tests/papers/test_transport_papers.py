"""Golden files: every paper of a small fixed day, field by field, and read back from the PDF."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from tests.databases import Databases
from tests.papers import transport_story
from tests.papers.transport_story import LINK, PRINTED, SEAL, Story
from wastehub.domain import manifests as rules
from wastehub.models.batches import Container
from wastehub.models.handing_over import AgreedChange
from wastehub.models.reference import WasteCode
from wastehub.papers import certificate, manifest, safety_card, waybill
from wastehub.papers.sheet import Head, Seal
from wastehub.services.handing_over import HandingOver
from wastehub.web import manifest_fields, transport_papers
from wastehub.web.formatting import at

GOLDEN = Path(__file__).parent / "golden"
FORMS = Path(__file__).parents[2] / "docs" / "forms.md"


@pytest.fixture(scope="module")
def story(test_databases: Databases) -> Iterator[Story]:
    for database in test_databases.lent("sqlite", "reference"):
        yield transport_story.told(database)


def facts_of(story: Story, name: str) -> Any:
    if name == "waybill":
        return transport_papers.waybill_facts(story.waybill(), link=LINK, seal=SEAL, now=PRINTED)
    if name == "safety_card":
        return transport_papers.safety_facts(story.waybill(), link=LINK, seal=SEAL, now=PRINTED)
    if name == "certificate":
        return story.certificate(story.batch)
    return story.manifest({"manifest": story.first, "manifest_difference": story.second,
                           "manifest_onward": story.onward}[name])  # fmt: skip


DRAWERS = {
    "manifest": manifest, "manifest_difference": manifest, "manifest_onward": manifest, "waybill": waybill,
    "safety_card": safety_card, "certificate": certificate,
}  # fmt: skip


def plain(value: Any) -> Any:
    """Facts as JSON has them; the seal's text is the test's own."""
    if isinstance(value, Seal):
        return value.short
    if isinstance(value, Head):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def words(value: Any) -> Iterator[str]:
    """Every text of the facts that must be on the paper."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in ("link", "author", "hazards", "seal"):
                yield from words(each)
    elif isinstance(value, list):
        for each in value:
            yield from words(each)
    elif isinstance(value, str) and value:
        yield value


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return squeezed("".join(page.get_textpage().get_text_bounded() for page in document))


@pytest.mark.parametrize("name", sorted(DRAWERS))
def test_a_paper_says_what_its_golden_file_says(story: Story, name: str) -> None:
    found = plain(facts_of(story, name))
    path = GOLDEN / f"{name}.json"
    if os.environ.get("WASTEHUB_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(DRAWERS))
def test_everything_is_read_back_from_the_pdf(story: Story, name: str) -> None:
    facts = facts_of(story, name)
    said = text_of(DRAWERS[name].pdf(facts))
    missing = [text for text in words(plain(facts)) if squeezed(text) not in said]
    assert missing == []


def test_the_codes_hold_the_link_the_number_and_the_checkpoint(story: Story) -> None:
    [page, *_] = pypdfium2.PdfDocument(manifest.pdf(story.manifest(story.first)))
    found = {code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    assert found == {f"{LINK}/manifests/1#{transport_story.OFFICIAL}", SEAL.note}


def test_the_same_facts_give_the_same_bytes(story: Story) -> None:
    facts = facts_of(story, "waybill")
    assert waybill.pdf(facts) == waybill.pdf(facts)


def test_every_font_is_embedded_and_every_page_is_a4(story: Story) -> None:
    for name, drawer in DRAWERS.items():
        data = drawer.pdf(facts_of(story, name))
        fonts = set(re.findall(rb"/BaseFont\s*/([\w+-]+)", data))
        assert fonts and all(re.fullmatch(rb"[A-Z]{6}\+NotoSansSC.*", font) for font in fonts), fonts
        assert data.count(b"/FontFile2") == len(fonts)
        for page in pypdfium2.PdfDocument(data):
            assert [round(side / 72 * 25.4) for side in page.get_size()] == [210, 297]


# -- every statutory field has a source ------------------------------------------------------------


def rows_of(heading: str) -> dict[str, str]:
    """Field -> source from a table of docs/forms.md."""
    part = FORMS.read_text(encoding="utf-8").split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()
            if line.startswith("| `")]  # fmt: skip
    return {row[0].strip("`"): row[-1] for row in rows}


def test_every_field_of_the_manifest_has_a_source_and_a_place_on_the_paper() -> None:
    assert manifest_fields.missing_sources() == set()
    assert {row.name for row in rules.PARTS} == manifest.layout_names()


def test_the_table_of_forms_tells_the_source_of_every_field_of_the_manifest() -> None:
    told = rows_of("Manifest")
    assert set(told) == {row.name for row in rules.PARTS} | set(manifest.REMARKS)
    assert all(told.values())


def test_the_table_of_forms_tells_the_source_of_every_field_of_waybill_and_certificate() -> None:
    cells = {name for name, *_ in (*waybill.GOODS, *waybill.MANIFESTS, *waybill.CHECKS)}
    assert set(rows_of("Waybill")) == set(waybill.FIELDS) | cells
    cells = {name for name, *_ in (*certificate.SOURCES, *certificate.TREATMENTS, *certificate.MANIFESTS,
                                    *certificate.WHERE)}  # fmt: skip
    assert set(rows_of("Certificate")) == set(certificate.FIELDS) | cells


def test_a_statutory_field_without_a_source_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = {k: v for k, v in manifest_fields.FORM_FIELDS.items() if k != "driver_name"}
    monkeypatch.setattr(manifest_fields, "FORM_FIELDS", lacking)
    assert manifest_fields.missing_sources() == {"driver_name"}


def test_what_the_papers_say_is_what_the_form_demands(story: Story) -> None:
    """A closed manifest of the story is complete by domain/manifests."""
    facts = story.manifest(story.first)
    fields: dict[str, object] = dict(facts.values)
    rules.require_complete(fields | {"lines": [dict(line) for line in facts.lines]}, "arrived")


def test_no_remark_stands_in_a_cell_of_the_form() -> None:
    assert not manifest.REMARKS.keys() & (manifest.layout_names() | manifest_fields.FORM_FIELDS.keys())


def test_a_manifest_says_what_both_changed_at_the_gate() -> None:
    label = Container(label_code="91330400MA2XXXXX1X9002490820260315001")
    who = {"container": label, "firm_name": "示例签字人", "crew_name": "示例驾驶员", "agreed_at": PRINTED}
    changes = [
        AgreedChange(what="amount", before_g=150_000, after_g=140_000, **who),
        AgreedChange(what="packaging", before_type="a", after_type="b", **who),
    ]
    found = HandingOver([], changes, frozenset())
    assert manifest_fields.hand_over_of(found, {"a": ("铁桶", "drum"), "b": ("吨桶", "IBC")}) == [
        f"现场变更 …20260315001 {what}（示例签字人、示例驾驶员）{at(PRINTED)}"
        for what in ("登记重量 150.0 kg → 140.0 kg", "包装 铁桶 → 吨桶")
    ]


def test_a_manifest_without_a_confirmation_has_no_remark(story: Story) -> None:
    facts = story.manifest(story.onward)
    assert facts.hand_over == [] and "现场交接确认" not in text_of(manifest.pdf(facts))


def test_the_safety_card_says_what_the_load_may_never_meet(story: Story) -> None:
    """Every forbidden pair of its groups with the reason, and no pair that may share a trip."""
    view = story.waybill()
    facts = transport_papers.safety_facts(view, link=LINK, seal=SEAL, now=PRINTED)
    assert {(each.own.code, each.other.code) for each in view.apart} == {
        ("SC", "A2"), ("SC", "OX"), ("OIL", "A2"), ("OIL", "OX"),
    }  # fmt: skip
    assert all(
        each.pair.relation == "F" and each.pair.reason_zh in facts.never_together for each in view.apart
    )
    assert "矿物油 × 沾染物" not in facts.never_together and "单独运输" not in facts.never_together


def test_a_waste_without_a_group_travels_alone_and_the_card_says_so(story: Story) -> None:
    view = story.waybill()
    first = view.goods[0]
    with story.database.reading() as session:
        waste = session.scalars(select(WasteCode).where(WasteCode.group_code.is_(None))).first()
    assert waste is not None
    lone = dataclasses.replace(view, goods=[dataclasses.replace(first, waste=waste)], apart=[])
    facts = transport_papers.safety_facts(lone, link=LINK, seal=SEAL, now=PRINTED)
    assert f"（{waste.code}）：未确定相容性分组，单独运输" in facts.never_together
    empty = dataclasses.replace(view, goods=[], apart=[])
    assert transport_papers.safety_facts(empty, link=LINK, seal=SEAL, now=PRINTED).never_together == ""
