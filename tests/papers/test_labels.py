"""Labels read back from the PDF: millimetres, colours, text height, fonts, and QR codes that decode."""

from __future__ import annotations

import ctypes
import io
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp

from wastehub.domain import label_seals, label_templates
from wastehub.domain.errors import InvalidInput
from wastehub.papers import label_layout, labels
from wastehub.papers.label_layout import LabelPaper
from wastehub.seeding import label_samples
from wastehub.web import label_papers

MM = 25.4 / 72
BASE = "https://wastehub.example.cn"
# Characters that fill their square: the others (一, 口) are lower in every font.
SQUARE = set("废物名称类别代码危险特性数字识产生单位联系重量备注")
SIZES = {100: 3, 150: 5, 200: 6}


def paper(side: int = 100, **changes: Any) -> LabelPaper:
    fields = next(each for each in label_samples.samples(60) if each.side_mm == side)
    [made, *_] = label_papers.papers(
        [fields], template=label_templates.DEFAULT, sealer=label_samples.specimen_sealer(), base_url=BASE
    )
    return replace(made, **changes)


def with_value(made: LabelPaper, key: str, value: str) -> LabelPaper:
    cells = tuple((k, caption, value if k == key else said) for k, caption, said in made.cells)
    return replace(made, cells=cells)


def pdf_of(papers: Sequence[LabelPaper], format: str = "single") -> pypdfium2.PdfDocument:
    file = io.BytesIO()
    labels.write(file, papers, format=format)
    return pypdfium2.PdfDocument(file.getvalue())


def raster(page: pypdfium2.PdfPage, dpi: float) -> np.ndarray[Any, Any]:
    return np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB"))


@pytest.mark.parametrize("side", SIZES)
def test_page_border_and_margin_have_their_millimetres(side):
    [page] = pdf_of([paper(side)])
    assert [round(edge * MM, 2) for edge in page.get_size()] == [side, side]
    dots_per_mm = 20
    seen = raster(page, dots_per_mm * 25.4)
    middle = seen[seen.shape[0] * 2 // 3]  # a row below the title
    for line in (middle, middle[::-1], seen[:, seen.shape[1] // 5], seen[::-1, seen.shape[1] // 5]):
        black = (line.astype(int).sum(axis=1) < 120).nonzero()[0]
        blank_mm = black[0] / dots_per_mm
        gap = (np.diff(black) > 1).nonzero()[0]
        border_mm = (gap[0] + 1 if len(gap) else len(black)) / dots_per_mm
        assert blank_mm >= 3.0
        assert border_mm >= 1.0
        assert tuple(line[int(1.5 * dots_per_mm)]) == (255, 150, 0)
    assert tuple(seen[int(5.0 * dots_per_mm), int(8 * dots_per_mm)]) == (255, 150, 0)


@pytest.mark.parametrize(("side", "text_mm"), SIZES.items())
def test_no_character_is_lower_than_the_standard_allows(side, text_mm):
    [page] = pdf_of([paper(side)])
    text = page.get_textpage()
    heights = {}
    for at in range(text.count_chars()):
        character = text.get_text_range(at, 1)
        if character in SQUARE:
            _, low, _, high = text.get_charbox(at)
            heights[character] = min(heights.get(character, 99), (high - low) * MM)
    assert len(heights) >= 15
    assert min(heights.values()) >= text_mm, heights


def test_every_field_of_the_template_stands_on_the_label():
    made = paper()
    text = pdf_of([made])[0].get_textpage().get_text_range().replace("\r\n", "").replace(" ", "")
    for key, caption, value in made.cells:
        assert caption + "：" in text, key
        assert value.replace(" ", "") in text, key
    assert "危险废物" in text
    assert made.short_code.replace(" ", "") in text


def test_only_our_font_is_in_the_file_embedded_as_a_subset():
    document = pdf_of([paper(side) for side in SIZES])
    names = set()
    for page in document:
        for each in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(each.raw)
            assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
            buffer = ctypes.create_string_buffer(100)
            pdfium.FPDFFont_GetBaseFontName(font, buffer, 100)
            names.add(buffer.value.decode())
    assert names == {"NotoSansSC-Regular"}
    file = io.BytesIO()
    labels.write(file, [paper()])
    assert b"/FontName /AAAAAA+NotoSansSC-Regular" in file.getvalue()
    assert b"/FontFile2" in file.getvalue()
    assert len(file.getvalue()) < 100_000, "the whole font has ten million bytes"


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("side", SIZES)
def test_printed_qr_codes_are_read_by_two_decoders(side, dpi):
    made = paper(side)
    seen = raster(pdf_of([made])[0], dpi)
    grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
    assert zxingcpp.read_barcode(grey).text == made.qr_text
    assert (
        cv2.QRCodeDetector().detectAndDecode(
            cv2.copyMakeBorder(grey, *[40] * 4, cv2.BORDER_CONSTANT, value=200)
        )[0]
        == made.qr_text
    )
    scanned = label_seals.read(made.qr_text)
    assert scanned.host == "wastehub.example.cn"
    assert label_seals.open_seal(scanned.seal) is not None


@pytest.mark.parametrize("side", SIZES)
def test_the_qr_code_has_its_side_and_its_modules(side):
    """Measured in the picture: the corners of the symbol that the decoder found."""
    found = zxingcpp.read_barcode(raster(pdf_of([paper(side)])[0], 508)).position
    across_mm = (found.top_right.x - found.top_left.x) / 20
    assert across_mm == pytest.approx(label_layout.QR_MM[side], abs=0.5)
    assert across_mm >= 29.5
    assert label_layout.QR_MM[side] >= 30
    assert label_layout.QR_MM[side] / label_layout.QR_MODULES >= 0.5


def test_a4_sheets_hold_four_small_labels_or_one_large_with_cut_marks():
    document = pdf_of([paper(100)] * 5 + [paper(150)], "a4")
    assert [tuple(round(edge * MM) for edge in page.get_size()) for page in document] == [(210, 297)] * 3
    seen = raster(document[0], 203)
    texts = {found.text for found in zxingcpp.read_barcodes(seen)}
    assert texts == {paper(100).qr_text}
    orange = (np.abs(seen.astype(int) - (255, 150, 0)).sum(axis=2) < 12).any(axis=0).nonzero()[0]
    assert (orange[-1] - orange[0]) / 203 * 25.4 == pytest.approx(202, abs=1)
    above = seen[: int(47 / 25.4 * 203)]
    assert (above.sum(axis=2) < 650).any(), "no cut marks above the labels"


def test_two_labels_for_a_container_above_450_litres():
    fields = next(each for each in label_samples.samples(60) if each.side_mm == 200)
    made = label_papers.papers(
        [fields], template=label_templates.DEFAULT, sealer=label_samples.specimen_sealer(), base_url=BASE
    )
    assert len(list(made)) == 2


@pytest.mark.parametrize("letters", [("C",), ("T", "I"), ("C", "T", "I", "R"), ("In",)])
def test_symbols_are_drawn_on_their_grounds(letters):
    seen = raster(pdf_of([paper(hazards="、".join(letters), letters=letters)])[0], 150)
    red = (np.abs(seen.astype(int) - (255, 0, 0)).sum(axis=2) < 12).sum()
    yellow = (np.abs(seen.astype(int) - (255, 255, 0)).sum(axis=2) < 12).sum()
    assert (red > 500) == ("I" in letters)
    assert (yellow > 500) == ("R" in letters)


@pytest.mark.parametrize("side", SIZES)
def test_no_line_ends_inside_the_name_of_a_hazard(side):
    names = {"T": "毒性", "C": "腐蚀性", "I": "易燃性", "R": "反应性"}
    for count in range(1, 5):
        for letters in itertools.combinations(names, count):
            made = paper(side, hazards="、".join(names[each] for each in letters), letters=letters)
            layout = labels.check(made)
            lines = layout.hazards.lines
            assert [name for line in lines for name in line.strip("、").split("、") if name] == [
                names[each] for each in letters
            ]
            assert [letter for letter, *_ in layout.symbols] == list(letters)
            assert all(side_mm >= 8.5 for *_, side_mm in layout.symbols)


def test_symbols_keep_apart_and_inside_the_column():
    made = paper(hazards="毒性、腐蚀性、易燃性、反应性", letters=("T", "C", "I", "R"))
    layout = labels.check(made)
    left, right = layout.frame.split, layout.frame.high
    for letter, x, y, side in layout.symbols:
        assert left <= x <= x + side <= right
        for other, x2, y2, _ in layout.symbols:
            assert letter == other or max(abs(x - x2), abs(y - y2)) >= side - 0.01


def test_a_text_that_has_no_room_is_refused_with_its_field_and_never_set_smaller():
    roomy = labels.check(with_value(paper(), "main_components", "矿物油、添加剂、水"))
    assert roomy.frame.size == pytest.approx(3 / 0.856)
    with pytest.raises(InvalidInput) as refused:
        labels.check(with_value(paper(), "harmful_components", "多环芳烃、" * 30))
    assert (refused.value.code, refused.value.field) == ("label.text_too_long", "harmful_components")
    assert refused.value.params["caption"] == "有害成分"
    assert refused.value.params["over"] >= 1


def test_a_character_that_the_font_lacks_is_refused_with_its_field():
    with pytest.raises(InvalidInput) as refused:
        labels.check(with_value(paper(), "unit", "示例\N{PILE OF POO}厂"))
    assert (refused.value.code, refused.value.field) == ("text.character_not_printable", "unit")


def with_host(long: int) -> LabelPaper:
    return paper(qr_text=paper().qr_text.replace("WASTEHUB", "W" * long))


def test_a_longer_address_takes_weaker_correction_in_the_same_symbol():
    short, long = labels.modules_of(with_host(17)), labels.modules_of(with_host(18))
    assert len(short) == len(long) == label_layout.QR_MODULES
    made = zxingcpp.read_barcode(raster(pdf_of([with_host(18)])[0], 203))
    assert made.text == with_host(18).qr_text
    assert made.ec_level == "Q"
    assert zxingcpp.read_barcode(raster(pdf_of([with_host(17)])[0], 203)).ec_level == "H"


def test_an_address_that_leaves_no_room_for_the_seal_is_refused():
    with pytest.raises(InvalidInput) as refused:
        pdf_of([with_host(64)])
    assert refused.value.code == "label.base_url_too_long"


def test_a_field_that_the_template_leaves_out_is_not_there():
    captions = {key: caption for key, caption in label_templates.DEFAULT.captions.items() if key != "note"}
    fields = next(iter(label_samples.samples(1)))
    template = label_templates.LabelTemplate(captions, label_templates.DEFAULT.grounds)
    made = label_papers.paper_of(fields, template=template, qr_text=paper().qr_text)
    assert "备注" not in pdf_of([made])[0].get_textpage().get_text_range()


def test_the_same_labels_give_the_same_bytes():
    one, two = io.BytesIO(), io.BytesIO()
    labels.write(one, [paper()])
    labels.write(two, [paper()])
    assert one.getvalue() == two.getvalue()


def test_all_sample_labels_have_room():
    for fields in label_samples.samples(120):
        labels.check(label_papers.paper_of(fields, template=label_templates.DEFAULT, qr_text=""))
