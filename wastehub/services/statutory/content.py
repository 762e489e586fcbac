"""What a declaration says: Annex C and the balance, from the ledger alone, and as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ...domain.statutory import tables
from ...domain.statutory.balance import BalanceRow, balance
from ...domain.statutory.periods import Period
from ...domain.statutory.sheets import Cell, Sheet
from .facts import Facts, look_up
from .lines import UnitBook, UnitLine
from .plan_tables import natures

SHEETS = (*tables.DECLARATION, tables.RECEIVED, tables.BALANCE)


def content_of(
    session: Session, book: UnitBook, period: Period
) -> tuple[tuple[Sheet, ...], list[BalanceRow]]:
    """The tables of Annex C and the balance, from the ledger alone."""
    rows = balance(book.lines, start_on=period.start_on, end_on=period.end_on)
    kinds = ("generated", "treated", "left", "received")
    lines = book.between(period.start_on, period.end_on, *kinds)
    facts = look_up(session, book, [each for each in lines if each.kind == "left"])
    nature = natures(session, book, {row.code for row in rows}, period.end_on.year)
    named = {code: nature[code].waste_cells for code in nature}
    return (
        tables.C1.filled(
            (*named[row.code], *nature[row.code].nature_cells, row.generated_g, tables.UNIT)
            for row in rows
            if row.generated_g
        ),
        tables.C2.filled(
            (*named[code], method, mass_g, tables.UNIT)
            for (code, method), mass_g in _sums(
                [(each, (each.code, str(each.line.event.facts.get("method", "")))) for each in lines],
                "treated",
            )
        ),
        tables.C3.filled(_outsourced(lines, facts, named)),
        tables.C4.filled((*named[row.code], row.opening_g, row.closing_g, tables.UNIT) for row in rows),
        tables.RECEIVED.filled(_received(lines, named)),
        balance_sheet(rows),
    ), rows


def balance_sheet(rows: Sequence[BalanceRow]) -> Sheet:
    """The balance as a table."""
    return tables.BALANCE.filled(
        (
            row.code, row.opening_g, row.generated_g, row.received_g, row.other_g, row.own_g,
            row.outsourced_g, row.lost_g, row.tolerance_g, row.case_g, row.closing_g, row.off_g, tables.UNIT,
        )
        for row in rows
    )  # fmt: skip


def _sums(keyed: Sequence[tuple[UnitLine, Any]], kind: str) -> list[tuple[Any, int]]:
    found: dict[Any, int] = {}
    for line, key in keyed:
        if line.kind == kind:
            found[key] = found.get(key, 0) + line.mass_g
    return sorted(found.items())


def _outsourced(
    lines: Sequence[UnitLine], facts: Facts, named: Mapping[str, tuple[Cell, ...]]
) -> list[tuple[Cell, ...]]:
    def key(line: UnitLine) -> tuple[str, str, str, str, str]:
        acceptor = facts.acceptor(line)
        unit = acceptor.unit
        return (
            line.code,
            facts.provinces.get(unit.id, "") if unit else "",
            unit.name if unit else line.line.now_at,
            facts.licence(unit, line.code, line.on),
            acceptor.method or "收集、贮存",
        )

    sums = _sums([(line, key(line)) for line in lines if line.kind == "left"], "left")
    return [
        (*named[code], province, name, number, method, mass_g, tables.UNIT)
        for (code, province, name, number, method), mass_g in sums
    ]


def _received(lines: Sequence[UnitLine], named: Mapping[str, tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    origins: dict[str, set[str]] = {}
    for line in lines:
        if line.kind == "received":
            origins.setdefault(line.code, set()).add(line.line.batch.rpartition("/")[0])
    sums = _sums([(line, line.code) for line in lines], "received")
    return [(*named[code], len(origins[code]), mass_g, tables.UNIT) for code, mass_g in sums]


def written(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The tables as they are kept with a declaration: rows under the codes of their tables."""
    return {sheet.code: [list(row) for row in sheet.rows] for sheet in sheets}


def read(content: Mapping[str, Any]) -> tuple[Sheet, ...]:
    """The tables of a declaration as it was filed."""
    return tuple(sheet.filled(tuple(row) for row in content.get(sheet.code, ())) for sheet in SHEETS)
