"""Statutory tables as plain values: what a page shows and a file holds is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from wastehub.domain import calendar

Kind = Literal["text", "tonnes", "number", "on", "at"]
Cell = str | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names the fact in docs/forms.md; `title` is as the norm prints it."""

    key: str
    title: str
    kind: Kind = "text"
    wide: int = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. Masses of `tonnes` columns are whole grams; the writers print tonnes."""

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]] = ()
    note: str = ""

    def filled(self, rows: Iterable[tuple[Cell, ...]], note: str = "") -> Sheet:
        made = list(rows)
        assert all(len(row) == len(self.columns) for row in made), self.code
        return Sheet(self.code, self.title, self.columns, made, note or self.note)

    def total(self, key: str) -> int:
        at = [column.key for column in self.columns].index(key)
        return sum(value for row in self.rows if isinstance(value := row[at], int))


@dataclass(frozen=True, slots=True)
class Document:
    """Several tables about one unit. `facts`: pairs for the head of every file.

    `seal`: the signed checkpoint of the ledger, for a QR; with `cover` the file is a book with a cover page.
    """

    title: str
    name: str
    facts: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = field(default=())
    seal: str = ""
    seal_short: str = ""
    cover: bool = False

    @property
    def size(self) -> int:
        """How many rows it has in all."""
        return sum(len(sheet.rows) for sheet in self.sheets)


def tonnes(mass_g: int) -> str:
    """Grams as tonnes, exact: three digits, more only where there are any."""
    whole, rest = divmod(abs(mass_g), 1_000_000)
    digits = f"{rest:06d}"
    return f"{'-' if mass_g < 0 else ''}{whole}.{digits[:3]}{digits[3:].rstrip('0')}"


def shown(value: Cell, kind: Kind) -> str:
    """A cell as it is printed."""
    if value is None:
        return ""
    if kind == "tonnes" and isinstance(value, int):
        return tonnes(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}"
    return str(value)


def printed(sheet: Sheet) -> Iterator[list[str]]:
    """The rows as texts."""
    kinds = [column.kind for column in sheet.columns]
    for row in sheet.rows:
        yield [shown(value, kind) for value, kind in zip(row, kinds, strict=True)]
