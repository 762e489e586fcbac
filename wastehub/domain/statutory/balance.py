"""The balance of a declaration, per waste code and to the gram.

opening + generated + received = own use/disposal + outsourced + closing + loss + weighing difference + cases

Source: HJ 1259-2022, Annex C; the columns beyond it (received, loss, differences) are what a unit that
receives or weighs waste needs so that nothing is left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Booked(Protocol):
    """A line of the unit's ledger with the day it counts for."""

    @property
    def on(self) -> date: ...
    @property
    def kind(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def mass_g(self) -> int: ...
    @property
    def tolerance_g(self) -> int: ...
    @property
    def case_g(self) -> int: ...
    @property
    def stock_g(self) -> int: ...


# Kind of line -> column of the balance.
_COLUMN: Mapping[str, str] = {
    "generated": "generated_g",
    "received": "received_g",
    "left": "outsourced_g",
    "treated": "own_g",
    "lost": "lost_g",
    "spilled": "lost_g",
    "other": "other_g",
}
IN = ("opening_g", "generated_g", "received_g", "other_g")
OUT = ("own_g", "outsourced_g", "lost_g", "tolerance_g", "case_g", "closing_g")


@dataclass(slots=True)
class BalanceRow:
    """One waste code in a period, grams. `tolerance_g`, `case_g` > 0: missing.

    `other_g`: acts that have no column.
    """

    code: str
    opening_g: int = 0
    generated_g: int = 0
    received_g: int = 0
    other_g: int = 0
    own_g: int = 0
    outsourced_g: int = 0
    lost_g: int = 0
    tolerance_g: int = 0
    case_g: int = 0
    closing_g: int = 0

    @property
    def off_g(self) -> int:
        """What does not add up; 0 is right."""
        came: int = sum(getattr(self, name) for name in IN)
        went: int = sum(getattr(self, name) for name in OUT)
        return came - went

    @property
    def empty(self) -> bool:
        return not any(getattr(self, name) for name in (*IN, *OUT))


def balance(lines: Iterable[Booked], *, start_on: date, end_on: date) -> list[BalanceRow]:
    """The rows of a period, in the order of codes; codes that nothing happened to are left out."""
    rows: dict[str, BalanceRow] = {}
    for line in lines:
        if line.on > end_on:
            continue
        row = rows.setdefault(line.code, BalanceRow(line.code))
        row.closing_g += line.stock_g
        if line.on < start_on:
            row.opening_g += line.stock_g
            continue
        row.tolerance_g += line.tolerance_g
        row.case_g += line.case_g
        if line.kind in _COLUMN:
            setattr(row, _COLUMN[line.kind], getattr(row, _COLUMN[line.kind]) + line.mass_g)
    return [rows[code] for code in sorted(rows) if not rows[code].empty]


def unbalanced(rows: Iterable[BalanceRow]) -> dict[str, int]:
    """Code -> grams, of the rows that do not add up."""
    return {row.code: row.off_g for row in rows if row.off_g}
