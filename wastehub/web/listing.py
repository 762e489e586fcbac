"""Lists: what the reader asked for, what the page shows, and the export of exactly that.

COLUMNS = (Column("batch_no", _l("批次")), Column("mass_g", _l("重量"), "mass", total=True))
query = read_query(request.args, COLUMNS, filters=("q", "state"), sort="-produced_on")
rows, count, sums = service(session, sort=query.sort, descending=query.descending,
                            limit=query.limit, offset=query.offset, **query.filters)
listing = query.show(rows, count=count, sums=sums)
return listing.export("batches") if query.export else render_template(..., listing=listing)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response

from ..domain import spreadsheets
from . import formatting

PAGE_SIZE = 50
# An export is one file in memory; larger ones are a job of their own.
EXPORT_LIMIT = 100_000
NUMERIC_KINDS = frozenset({"mass", "number", "money", "distance", "duration"})
_SHOW: dict[str, Callable[[Any], str]] = {
    "mass": formatting.mass,
    "number": formatting.number,
    "money": formatting.money,
    "distance": formatting.km,
    "duration": formatting.duration,
    "on": formatting.on,
    "at": formatting.at,
}


@dataclass(frozen=True)
class Column:
    """One column of a list and of its export.

    `kind`     text, prose (whole sentences), code, label_code, number, mass (g), money (fen), distance (m),
               duration (s), on, at, status (a pair of tone and word).
    `custom`   the template draws the cell; `value` still feeds the export.
    `value`    row -> value, when it is not simply the row's attribute or item `key`.
    `priority` 1 always, 2 from 1200 px, 3 from 1500 px of window; the phone's cards show 1 and 2.
    """

    key: str
    label: Any
    kind: str = "text"
    sortable: bool = True
    total: bool = False
    custom: bool = False
    value: Callable[[Any], Any] | None = None
    priority: int = 1

    def of(self, row: Any) -> Any:
        """The value of this column in `row` (a mapping, a row or an object)."""
        if self.value is not None:
            return self.value(row)
        if isinstance(row, Mapping):
            return row.get(self.key)
        return getattr(row, self.key, None)

    @property
    def css(self) -> str:
        numeric = " num" if self.kind in NUMERIC_KINDS else ""
        return f"col-{self.kind}{numeric}" + (f" col-p{self.priority}" if self.priority > 1 else "")

    def show(self, value: Any) -> str:
        return _SHOW[self.kind](value) if self.kind in _SHOW else str(value)


@dataclass(frozen=True)
class ListQuery:
    """What the address of a list asks for."""

    columns: Sequence[Column]
    filters: Mapping[str, str]
    sort: str
    descending: bool
    default_sort: str
    page: int = 1
    page_size: int = PAGE_SIZE
    export: str = ""

    @property
    def limit(self) -> int:
        return EXPORT_LIMIT if self.export else self.page_size

    @property
    def offset(self) -> int:
        return 0 if self.export else (self.page - 1) * self.page_size

    @property
    def window(self) -> dict[str, Any]:
        """Sort and part of the list, as the arguments of a list service."""
        return {
            "sort": self.sort,
            "descending": self.descending,
            "limit": self.limit,
            "offset": self.offset,
        }

    def show(self, rows: Iterable[Any], *, count: int, sums: Mapping[str, int] | None = None) -> Listing:
        """The listing of the rows found; `count` and `sums` are of all filtered rows, not of this page."""
        return Listing(self, list(rows), count, dict(sums or {}))


def read_query(
    args: Mapping[str, str],
    columns: Sequence[Column],
    *,
    sort: str,
    filters: Sequence[str] = (),
    page_size: int = PAGE_SIZE,
) -> ListQuery:
    """Read a list's address. `sort` is the default ("-produced_on": descending); unknown asks are ignored."""
    asked = args.get("sort", sort)
    if asked.removeprefix("-") not in {column.key for column in columns if column.sortable}:
        asked = sort
    page = args.get("page", "1")
    export = args.get("export", "")
    return ListQuery(
        columns=columns,
        filters={name: args.get(name, "").strip() for name in filters},
        sort=asked.removeprefix("-"),
        descending=asked.startswith("-"),
        default_sort=sort,
        page=max(1, min(int(page), 1_000_000)) if page.isascii() and page.isdigit() else 1,
        page_size=page_size,
        export=export if export in ("csv", "xlsx") else "",
    )


@dataclass(frozen=True)
class Listing:
    """A list ready to be drawn by templates/_macros/list.html or to be exported."""

    query: ListQuery
    rows: list[Any]
    count: int
    sums: dict[str, int]

    @property
    def columns(self) -> Sequence[Column]:
        return self.query.columns

    @property
    def sort(self) -> str:
        return self.query.sort

    @property
    def descending(self) -> bool:
        return self.query.descending

    @property
    def page(self) -> int:
        return self.query.page

    @property
    def page_count(self) -> int:
        return max(1, -(-self.count // self.query.page_size))

    @property
    def sort_text(self) -> str:
        """The sort as the address says it; empty when it is the default."""
        text = ("-" if self.descending else "") + self.sort
        return "" if text == self.query.default_sort else text

    @property
    def filtered(self) -> bool:
        return any(self.query.filters.values())

    @property
    def totals(self) -> list[tuple[Column, int]]:
        return [
            (column, self.sums[column.key])
            for column in self.columns
            if column.total and column.key in self.sums
        ]

    def filter(self, name: str) -> str:
        return self.query.filters.get(name, "")

    def _href(self, **changes: str) -> str:
        asked = {name: value for name, value in self.query.filters.items() if value}
        if self.sort_text:
            asked["sort"] = self.sort_text
        asked.update(changes)
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    def sort_href(self, column: Column) -> str:
        """Sort by this column; a second time turns the order. Numbers and times start with the largest."""
        if column.key == self.sort:
            return self._href(sort=column.key if self.descending else "-" + column.key)
        first_down = column.kind in NUMERIC_KINDS or column.kind in ("on", "at")
        return self._href(sort=("-" if first_down else "") + column.key)

    def page_href(self, page: int) -> str:
        return self._href(page=str(page))

    def export_href(self, kind: str) -> str:
        return self._href(export=kind)

    def export(self, name: str) -> Response:
        """The filtered rows as a file: the same columns in the same order."""
        if self.query.export == "xlsx":
            body, mime = as_xlsx(self.columns, self.rows), _XLSX
        else:
            body, mime = as_csv(self.columns, self.rows), "text/csv; charset=utf-8"
        headers = {"Content-Disposition": f'attachment; filename="{name}.{self.query.export or "csv"}"'}
        return Response(body, mimetype=mime, headers=headers)


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNITS = {"mass": ("kg", 1_000), "money": ("元", 100), "distance": ("km", 1_000), "duration": ("min", 60)}


def _heading(column: Column) -> str:
    unit = _UNITS.get(column.kind)
    return f"{column.label} ({unit[0]})" if unit else str(column.label)


def _cell(column: Column, row: Any) -> Any:
    """A number, a day, an instant as the clock in Shanghai showed it, or a text."""
    value = column.of(row)
    if value is None:
        return ""
    if column.kind in _UNITS:
        return value / _UNITS[column.kind][1]
    if column.kind == "status":
        return str(value[1])
    if isinstance(value, datetime):
        return value.astimezone(formatting.SHANGHAI).replace(tzinfo=None)
    return value if isinstance(value, int | date) and not isinstance(value, bool) else str(value)


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def as_csv(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    """CSV for spreadsheets: UTF-8 with its mark; texts that a spreadsheet leaves as they are."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_heading(column) for column in columns])
    for row in rows:
        cells = [_cell(column, row) for column in columns]
        writer.writerow([spreadsheets.csv_text(c) if isinstance(c, str) else _text(c) for c in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def as_xlsx(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    """A workbook of one sheet: heading frozen, filter on, texts as texts, days as days; ready for A4."""
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1})
        exact = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
        widths = [spreadsheets.width(_heading(column) + _FILTER_ARROW) for column in columns]
        for index, column in enumerate(columns):
            sheet.write_string(0, index, _heading(column), bold)
        last = 0
        for last, row in enumerate(rows, start=1):
            for index, column in enumerate(columns):
                cell = _cell(column, row)
                widths[index] = max(widths[index], spreadsheets.width(_text(cell)))
                if isinstance(cell, date):
                    kind = "at" if isinstance(cell, datetime) else "on"
                    sheet.write_datetime(last, index, cell, exact[kind])
                else:
                    sheet.write(last, index, cell, exact.get(column.kind))
        for index, wide in enumerate(widths):
            sheet.set_column(index, index, wide)
        if columns:
            sheet.autofilter(0, 0, last, len(columns) - 1)
        _for_paper(sheet)
    return out.getvalue()


def _for_paper(sheet: Any) -> None:
    """A4 across, as wide as the paper, the heading on every page and before the eyes."""
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


_FILTER_ARROW = "   "
_FORMATS = {
    "mass": "#,##0.000",
    "money": "#,##0.00",
    "distance": "#,##0.0",
    "duration": "0.0",
    "number": "#,##0",
    "on": "yyyy-mm-dd",
    "at": "yyyy-mm-dd hh:mm",
}
