"""Lists: the address decides, and the export is exactly what is shown."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest

from wastehub.web.forms import FormState
from wastehub.web.listing import Column, as_csv, as_xlsx, read_query

COLUMNS = (
    Column("name", "单位"),
    Column("mass_g", "重量", "mass", total=True),
    Column("on", "日期", "on"),
    Column("state", "状态", "status"),
    Column("note", "备注", sortable=False),
)
ROWS = [
    {
        "name": "示例甲",
        "mass_g": 812_501,
        "on": date(2026, 3, 16),
        "state": ("good", "已入库"),
        "note": "=1+1",
    },
    {"name": "示例乙", "mass_g": None, "on": None, "state": ("warn", "临期"), "note": ""},
]


def test_the_address_decides_filter_order_and_page() -> None:
    query = read_query(
        {"q": " 油 ", "sort": "-mass_g", "page": "3", "other": "x"}, COLUMNS, filters=("q",), sort="name"
    )
    assert (query.filters, query.sort, query.descending, query.offset, query.limit) == (
        {"q": "油"},
        "mass_g",
        True,
        100,
        50,
    )


@pytest.mark.parametrize(
    "args", [{"sort": "password"}, {"sort": "-note"}, {"page": "-1"}, {"page": "²"}, {"export": "exe"}]
)
def test_an_address_that_asks_for_something_else_gets_the_usual_list(args: dict[str, str]) -> None:
    query = read_query(args, COLUMNS, sort="-on")
    assert (query.sort, query.descending, query.page, query.export) == ("on", True, 1, "")


def test_links_keep_the_filters_and_turn_the_order() -> None:
    listing = read_query({"q": "油", "sort": "mass_g"}, COLUMNS, filters=("q",), sort="name").show(
        ROWS, count=120
    )
    assert listing.sort_href(COLUMNS[1]) == "?q=%E6%B2%B9&sort=-mass_g"
    assert listing.sort_href(COLUMNS[2]) == "?q=%E6%B2%B9&sort=-on"
    assert listing.page_href(2) == "?q=%E6%B2%B9&sort=mass_g&page=2"
    assert listing.export_href("csv") == "?q=%E6%B2%B9&sort=mass_g&export=csv"
    assert (listing.page_count, listing.filtered) == (3, True)


def test_an_export_asks_for_all_filtered_rows() -> None:
    query = read_query({"export": "xlsx", "page": "4"}, COLUMNS, sort="name")
    assert query.offset == 0
    assert query.limit > 50
    answer = query.show(ROWS, count=2).export("batches")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="batches.xlsx"'


def test_csv_says_what_the_list_says_in_kilograms_and_runs_no_formula() -> None:
    body = as_csv(COLUMNS, ROWS)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows == [
        ["单位", "重量 (kg)", "日期", "状态", "备注"],
        ["示例甲", "812.501", "2026-03-16", "已入库", "'=1+1"],
        ["示例乙", "", "", "临期", ""],
    ]


def test_the_workbook_keeps_numbers_as_numbers_and_texts_as_texts() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(COLUMNS, ROWS))).active
    assert [cell.value for cell in sheet[2]] == ["示例甲", 812.501, datetime(2026, 3, 16), "已入库", "=1+1"]
    assert (sheet["C2"].number_format, sheet["E2"].data_type) == ("yyyy-mm-dd", "s")
    assert sheet.freeze_panes == "A2"


def test_the_workbook_is_as_wide_as_its_texts_and_prints_on_a4() -> None:
    columns = (Column("name", "单位"), Column("at", "时间", "at"), Column("code", "识别码", "label_code"))
    code, name = "911234567890123456" + "9000412620260316001", "示例·嘉兴恒达精密机械配件有限公司"
    row = {"name": name, "at": datetime(2026, 3, 16, 6, 5, tzinfo=UTC), "code": code}
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(columns, [row]))).active
    assert [cell.value for cell in sheet[2]] == [name, datetime(2026, 3, 16, 14, 5), code]
    assert (sheet["B2"].number_format, sheet["C2"].data_type) == ("yyyy-mm-dd hh:mm", "s")
    for letter, texts in (("A", name), ("B", "2026-03-16 14:05"), ("C", code)):
        assert sheet.column_dimensions[letter].width >= len(texts.encode("gb18030")), letter
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.print_title_rows == "$1:$1"
    # In a CSV the same digits stay a text as well.
    assert f"{code}\t" in as_csv(columns, [row]).decode("utf-8-sig")


def test_an_instant_in_an_export_is_shanghai_time() -> None:
    column = Column("at", "时间", "at")
    assert "2026-03-16 14:05" in as_csv([column], [{"at": datetime(2026, 3, 16, 6, 5, tzinfo=UTC)}]).decode(
        "utf-8-sig"
    )


def test_an_input_in_kilograms_shows_the_error_of_the_grams() -> None:
    form = FormState(values={"mass_kg": "-3"}, errors={"mass_g": "重量必须大于 0。"})
    assert form.error("mass_kg") == "重量必须大于 0。"
    assert form.anchor("mass_g") == "mass_kg"
    assert form.error("note") == ""
