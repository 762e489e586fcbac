"""CSV files read strictly: every cell is checked, and a fault names its file and line."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..paths import data_dir

Cell = Callable[[str], Any]


class SeedError(Exception):
    """Data that cannot be loaded: "seed/regions/jiaxing/zones.csv:7: unknown group 'XX'"."""


@dataclass(frozen=True)
class Row:
    """One line of a file, its cells already turned into values."""

    where: str
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def fault(self, message: str) -> SeedError:
        return SeedError(f"{self.where}: {message}")

    def require(self, column: str, known: Collection[Any], what: str) -> None:
        """Every value of the cell must be known. Raises SeedError."""
        value = self.values[column]
        for name in value if isinstance(value, tuple) else (value,):
            if name is not None and name not in known:
                raise self.fault(f"unknown {what} {name!r} in {column}")


def shown(path: Path) -> str:
    """The path as people know it: from `seed/` on for shipped data, else with its folder."""
    seed = data_dir("seed")
    if path.is_relative_to(seed):
        return f"seed/{path.relative_to(seed).as_posix()}"
    return f"{path.parent.name}/{path.name}"


def read(path: Path, cells: Mapping[str, Cell], *, key: tuple[str, ...]) -> list[Row]:
    """All rows of a file whose columns are exactly those of `cells`; `key` must not repeat.

    Raises SeedError with file and line.
    """
    if not path.is_file():
        raise SeedError(f"{shown(path)}: the file is missing")
    rows: list[Row] = []
    seen: dict[tuple[Any, ...], str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        _check_header(path, header, cells)
        for fields in reader:
            where = f"{shown(path)}:{reader.line_num}"
            row = _row(where, header, fields, cells)
            identity = tuple(row[column] for column in key)
            if identity in seen:
                raise row.fault(f"{'/'.join(map(str, identity))} stands already in {seen[identity]}")
            seen[identity] = where
            rows.append(row)
    return rows


def _check_header(path: Path, header: list[str], cells: Mapping[str, Cell]) -> None:
    for name in header:
        if name not in cells:
            raise SeedError(f"{shown(path)}:1: unknown column {name!r}")
    for name in cells:
        if header.count(name) != 1:
            raise SeedError(f"{shown(path)}:1: column {name!r} must stand there once")


def _row(where: str, header: list[str], fields: list[str], cells: Mapping[str, Cell]) -> Row:
    if len(fields) != len(header):
        raise SeedError(f"{where}: {len(fields)} cells, {len(header)} expected")
    values: dict[str, Any] = {}
    for name, text in zip(header, fields, strict=True):
        try:
            values[name] = cells[name](text)
        except ValueError as error:
            raise SeedError(f"{where}: {name}: {error}") from None
    return Row(where, values)


# --- cells ------------------------------------------------------------------------------------------


def text(at_most: int) -> Cell:
    """Words that must be there and fit into the column."""

    def cell(value: str) -> str:
        if not value.strip():
            raise ValueError("must not be empty")
        return optional(at_most)(value)

    return cell


def optional(at_most: int) -> Callable[[str], str]:
    """Words that may be missing."""

    def cell(value: str) -> str:
        if len(value) > at_most:
            raise ValueError(f"longer than {at_most} characters: {value!r}")
        return value

    return cell


def pattern(expression: str) -> Cell:
    def cell(value: str) -> str:
        if not re.fullmatch(expression, value):
            raise ValueError(f"{value!r} does not have the form {expression}")
        return value

    return cell


def choice(*names: str) -> Cell:
    def cell(value: str) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is none of {', '.join(names)}")
        return value

    return cell


def names(separator: str = ";") -> Cell:
    """A list in one cell; an empty cell is an empty list."""

    def cell(value: str) -> tuple[str, ...]:
        found = tuple(value.split(separator)) if value else ()
        if len(set(found)) != len(found) or "" in found:
            raise ValueError(f"an empty or repeated name in {value!r}")
        return found

    return cell


def integer(least: int, most: int) -> Cell:
    def cell(value: str) -> int:
        if not re.fullmatch(r"-?\d+", value, re.ASCII) or not least <= int(value) <= most:
            raise ValueError(f"{value!r} is no whole number from {least} to {most}")
        return int(value)

    return cell


def scaled(factor: int, least: int, most: int) -> Cell:
    """A decimal number of a larger unit, kept as a whole number of the smaller: degrees to e6, t to g."""

    def cell(value: str) -> int:
        try:
            product = Decimal(value) * factor
        except InvalidOperation:
            raise ValueError(f"{value!r} is no number") from None
        if not product.is_finite() or product != int(product) or not least <= product <= most:
            raise ValueError(f"{value!r} is out of range or too fine")
        return int(product)

    return cell


def maybe(cell: Cell) -> Cell:
    """An empty cell is None."""
    return lambda value: None if value == "" else cell(value)


def day(value: str) -> date:
    return date.fromisoformat(value)


def flag(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError(f"{value!r} is neither 0 nor 1")
    return value == "1"


def clock_s(value: str) -> int:
    """ "07:30" as seconds from midnight."""
    hit = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)|(24):(00)", value)
    if hit is None:
        raise ValueError(f"{value!r} is no time of day")
    return int(hit[1] or hit[3]) * 3600 + int(hit[2] or hit[4]) * 60
