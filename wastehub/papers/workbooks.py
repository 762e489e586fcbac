"""Statutory tables as XLSX and CSV: tonnes as numbers with all their digits, texts as texts."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter

from wastehub.domain import calendar, spreadsheets
from wastehub.domain.statutory.sheets import Cell, Column, Document, Sheet, printed, shown

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MEASURED_ROWS = 500
A4 = 9  # as workbooks number paper
# 1980-01-01: the same facts give the same bytes.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
Watch = Callable[[int, int], None]


def write_xlsx(document: Document, file: IO[bytes], watch: Watch | None = None) -> None:
    """One sheet per table, after a first one that says what it is about. Written row by row to disk."""
    total, done = max(document.size, 1), 0
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        formats = {
            "bold": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "tonnes": book.add_format({"num_format": "#,##0.000###"}),
            "number": book.add_format({"num_format": "0"}),
            "on": book.add_format({"num_format": "yyyy-mm-dd"}),
            "at": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
        }
        _cover(book, document, formats)
        for sheet in document.sheets:
            for _ in _filled(book, sheet, formats):
                done += 1
                if watch is not None and done % 500 == 0:
                    watch(done, total)


def _cover(book: Any, document: Document, formats: dict[str, Any]) -> None:
    made = book.add_worksheet("说明")
    made.set_column(0, 0, 26)
    made.set_column(1, 1, 70)
    made.write_string(0, 0, document.title, formats["title"])
    for row, (name, value) in enumerate(document.facts, 2):
        made.write_string(row, 0, name)
        made.write_string(row, 1, value)
    for row, note in enumerate(document.notes, len(document.facts) + 3):
        made.write_string(row, 0, note)
    made.set_paper(A4)
    made.fit_to_pages(1, 0)


def _filled(book: Any, sheet: Sheet, formats: dict[str, Any]) -> Any:
    made = book.add_worksheet(sheet.code)
    for at, column in enumerate(sheet.columns):
        made.set_column(at, at, _width(sheet, at, column))
    _for_paper(made, sheet)
    made.freeze_panes(1, 0)
    made.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    for at, column in enumerate(sheet.columns):
        made.write_string(0, at, _heading(column), formats["bold"])
    for number, row in enumerate(sheet.rows, 1):
        for at, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _cell(made, number, at, column, value, formats)
        yield number


def _width(sheet: Sheet, at: int, column: Column) -> int:
    """Wide enough for what stands in the first rows; headings wrap."""
    texts = (shown(row[at], column.kind) for row in sheet.rows[:MEASURED_ROWS])
    return max(10 + 8 * column.wide, spreadsheets.width(*texts))


def _heading(column: Column) -> str:
    return f"{column.title}（吨）" if column.kind == "tonnes" else column.title


def _for_paper(made: Any, sheet: Sheet) -> None:
    """A4 across, as wide as the paper, with the heading on every page and the table's name over it."""
    made.set_paper(A4)
    made.set_landscape()
    made.fit_to_pages(1, 0)
    made.repeat_rows(0)
    made.set_header(f"&L{sheet.heading.replace('&', '&&')}&R&P / &N")


def _cell(made: Any, row: int, at: int, column: Column, value: Cell, formats: dict[str, Any]) -> None:
    if column.kind == "tonnes" and isinstance(value, int):
        # A double holds grams exactly up to nine million tonnes.
        made.write_number(row, at, value / 1_000_000, formats["tonnes"])
    elif column.kind == "number" and isinstance(value, int):
        made.write_number(row, at, value, formats["number"])
    elif isinstance(value, datetime):
        made.write_datetime(row, at, value.astimezone(calendar.SHANGHAI).replace(tzinfo=None), formats["at"])
    elif isinstance(value, date):
        made.write_datetime(row, at, value, formats["on"])
    else:
        made.write_string(row, at, shown(value, column.kind))


def write_csv(document: Document, file: IO[bytes], watch: Watch | None = None) -> None:
    """A zip file with one CSV per table (UTF-8 with byte order mark)."""
    total, done = max(document.size, 1), 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for sheet in document.sheets:
            info = zipfile.ZipInfo(f"{sheet.code}-{sheet.title.replace('/', '或')}.csv", ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with made.open(info, "w") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
                text.write("\ufeff")
                writer = csv.writer(text, lineterminator="\n")
                writer.writerow(_heading(column) for column in sheet.columns)
                for row in printed(sheet):
                    writer.writerow(spreadsheets.csv_text(value) for value in row)
                    done += 1
                    if watch is not None and done % 500 == 0:
                        watch(done, total)
