"""Statutory tables as plain values: what a page shows and a file holds is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from wastehub.domain import calendar

Kind = Literal["text", "tonnes", "number", "on", "at"]
Cell = str | int | date | datetime | None
NUMBERED = re.compile(r"[A-C]\.[0-9]")


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

    @property
    def heading(self) -> str:
        """The title, behind the number that the norm gives the table ("B.1"); our own tables have none."""
        return f"{self.code} {self.title}" if NUMBERED.fullmatch(self.code) else self.title

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


def tonnes(mass_g: int, least: int = 3) -> str:
    """Grams as tonnes, exact: `least` digits, more only where there are any."""
    whole, rest = divmod(abs(mass_g), 1_000_000)
    digits = f"{rest:06d}"
    return f"{'-' if mass_g < 0 else ''}{whole}.{digits[:least]}{digits[least:].rstrip('0')}"


def shown(value: Cell, kind: Kind, digits: int = 3) -> str:
    """A cell as it is printed; `digits`: of its table."""
    if value is None:
        return ""
    if kind == "tonnes" and isinstance(value, int):
        return tonnes(value, digits)
    if isinstance(value, datetime):
        return f"{value.astimezone(calendar.SHANGHAI):%Y-%m-%d %H:%M}"
    return str(value)


def printed(sheet: Sheet) -> Iterator[list[str]]:
    """The rows as texts; all tonnes have the digits of the finest, so that they line up."""
    kinds, digits = [column.kind for column in sheet.columns], _digits(sheet)
    for row in sheet.rows:
        yield [shown(value, kind, digits) for value, kind in zip(row, kinds, strict=True)]


def _digits(sheet: Sheet) -> int:
    """How many digits the tonnes of a table need."""
    columns = [at for at, column in enumerate(sheet.columns) if column.kind == "tonnes"]
    masses = [value for row in sheet.rows for at in columns if isinstance(value := row[at], int)]
    for digits, grams in ((3, 1_000), (4, 100), (5, 10)):
        if all(mass_g % grams == 0 for mass_g in masses):
            return digits
    return 6
