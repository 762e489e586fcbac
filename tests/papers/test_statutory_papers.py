"""Statutory tables as PDF, XLSX and CSV: every field is there, long ones go on, the seal can be read."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import openpyxl
import pypdfium2
import pytest
import zxingcpp
from openpyxl.utils import get_column_letter

from wastehub.domain.statutory import tables
from wastehub.domain.statutory.sheets import Document, Sheet, printed
from wastehub.papers import statutory as papers

AT = datetime(2026, 3, 17, 2, 0, tzinfo=UTC)
ROOT = "AAAAbbbbCCCCddddEEEEffffGGGGhhhhIIIIjjjjKKK="
SEAL = f"wastehub.test/ledger\n1206\n{ROOT}\n\n— wastehub.test/ledger 5gAAAA==\n"


def ledger_of(count: int) -> tuple[Sheet, ...]:
    """The five tables with that many rows each, every cell filled."""
    made = []
    for sheet in tables.LEDGER:
        rows = []
        for number in range(1, count + 1):
            texts = {"number": number, "mass_g": 150_000 + number, "container_count": 1}
            texts |= {"container_code": f"91330400MA2XXXXX1X9002490820260316{number:03d}"}
            kinds = {"on": date(2026, 3, 16), "at": AT}
            rows.append(
                tuple(
                    texts.get(column.key, kinds.get(column.kind, f"{column.title[:3]}{number}"))
                    for column in sheet.columns
                )
            )
        made.append(sheet.filled(rows))
    return tuple(made)


def document(count: int = 2, **changes: object) -> Document:
    values = {
        "title": "危险废物管理台账",
        "name": "台账",
        "facts": (("单位名称", "示例单位"), ("期间", "2026-03")),
        "sheets": ledger_of(count),
        "notes": ("保存期限",),
    }
    return Document(**(values | changes))  # type: ignore[arg-type]


def drawn(made: Document, form: str) -> bytes:
    out = io.BytesIO()
    papers.write(made, form, out)
    return out.getvalue()


def text_of(pdf: bytes) -> list[str]:
    """The text of each page without white space."""
    opened = pypdfium2.PdfDocument(pdf)
    return [re.sub(r"\s+", "", page.get_textpage().get_text_range()) for page in opened]


def test_every_column_and_value_is_on_the_paper() -> None:
    made = document()
    text = "".join(text_of(drawn(made, "pdf")))
    for sheet in made.sheets:
        assert sheet.title.replace(" ", "") in text
        for column in sheet.columns:
            assert column.title in text, column.title
        for row in printed(sheet):
            for value in row:
                assert value.replace(" ", "") in text, value


def test_the_paper_is_a4_across_and_has_its_font() -> None:
    pdf = drawn(document(), "pdf")
    page = pypdfium2.PdfDocument(pdf)[0]
    assert [round(side * 25.4 / 72) for side in page.get_size()] == [297, 210]
    assert set(re.findall(rb"/BaseFont /([\w+-]+)", pdf)) and b"Helvetica" not in pdf
    assert b"/FontFile2" in pdf


def test_a_long_table_goes_on_under_its_headings() -> None:
    made = document(120, sheets=ledger_of(120)[:1])
    pages = text_of(drawn(made, "pdf"))
    assert len(pages) > 2
    assert all("产生批次编码" in page for page in pages)
    assert f"第{len(pages)}页" in pages[-1]


def test_an_empty_table_says_so() -> None:
    assert "本期无记录" in "".join(text_of(drawn(document(0), "pdf")))


def test_the_book_has_a_cover_with_a_seal_that_can_be_read() -> None:
    pdf = drawn(document(seal=SEAL, seal_short="1206 · AAAAbbbb", cover=True), "pdf")
    opened = pypdfium2.PdfDocument(pdf)
    picture = opened[0].render(scale=203 / 72).to_pil()
    [found] = zxingcpp.read_barcodes(picture)
    assert found.text == SEAL
    cover = text_of(pdf)[0]
    assert "目录" in cover and "1206·AAAAbbbb" in cover
    assert all(sheet.title in cover for sheet in tables.LEDGER)


def test_a_book_before_the_first_seal_says_so() -> None:
    assert "尚无封存点" in text_of(drawn(document(cover=True), "pdf"))[0]


def cells(workbook: bytes, number: int) -> list[list[str]]:
    """The cells of a sheet: texts as written, numbers as they are stored."""
    opened = zipfile.ZipFile(io.BytesIO(workbook))
    root = ElementTree.fromstring(opened.read(f"xl/worksheets/sheet{number}.xml"))
    space = {"x": root.tag[1 : root.tag.index("}")]}
    return [
        ["".join(cell.itertext()) for cell in row.findall("x:c", space)]
        for row in root.findall(".//x:row", space)
    ]


def test_a_workbook_keeps_masses_as_numbers_to_the_gram() -> None:
    made = document()
    workbook = drawn(made, "xlsx")
    rows = cells(workbook, 2)
    at = [column.key for column in tables.B1.columns].index("mass_g")
    assert rows[0][at] == "产生量（吨）"
    assert [row[at] for row in rows[1:]] == ["0.150001", "0.150002"]
    assert rows[1][1] == "产生批1"


def test_a_workbook_has_days_as_days_and_prints_on_a4() -> None:
    book = openpyxl.load_workbook(io.BytesIO(drawn(document(), "xlsx")))
    found = {}
    for table in tables.LEDGER:
        sheet = book[table.code]
        assert (sheet.page_setup.paperSize, sheet.print_title_rows) == (9, "$1:$1")
        label = 1 + [column.key for column in table.columns].index("container_code")
        assert sheet.column_dimensions[get_column_letter(label)].width > 37
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        for number, column in enumerate(table.columns, 1):
            found[column.kind] = sheet.cell(2, number)
    assert (found["on"].value, found["on"].number_format) == (datetime(2026, 3, 16), "yyyy-mm-dd")
    assert (found["at"].value, found["at"].number_format) == (
        datetime(2026, 3, 17, 10, 0), "yyyy-mm-dd hh:mm",
    )  # fmt: skip


def test_a_csv_holds_every_table_and_no_formula() -> None:
    wicked = tables.B1.filled(
        [tuple("=1+1" if column.key == "internal_name" else "x" for column in tables.B1.columns)]
    )
    made = document(sheets=(wicked, *ledger_of(2)[1:]))
    opened = zipfile.ZipFile(io.BytesIO(drawn(made, "csv")))
    assert [name[:3] for name in opened.namelist()] == ["B.1", "B.2", "B.3", "B.4", "B.5"]
    read = list(csv.reader(io.StringIO(opened.read(opened.namelist()[0]).decode("utf-8-sig"))))
    assert read[0][5:8] == [column.title for column in tables.B1.columns[5:7]] + ["产生量（吨）"]
    assert "'=1+1" in read[1]


@pytest.mark.parametrize("form", ["pdf", "xlsx", "csv"])
def test_whoever_watches_may_stop_it(form: str) -> None:
    heard: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        heard.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        papers.write(document(600, sheets=ledger_of(600)[:1]), form, io.BytesIO(), watch)
    assert heard[0][1] == 600


def test_the_same_facts_give_the_same_paper() -> None:
    assert drawn(document(), "pdf") == drawn(document(), "pdf")
