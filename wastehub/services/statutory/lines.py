"""The ledger of a unit: its lines from the sealed log, each with the day that it counts for and its codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar
from ...domain.batch_numbers import Stage
from ...domain.statutory.numbering import Numbering, own_code
from ...models.organisations import Organisation

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line with the day it counts for: waste counts from the day it arose, all else from its act."""

    line: ledger.StockLine
    on: date
    intake_code: str = ""  # 入库批次编码 under which it lay in store
    out_code: str = ""  # 出库批次编码

    @property
    def kind(self) -> str:
        return self.line.kind

    @property
    def code(self) -> str:
        return self.line.code

    @property
    def mass_g(self) -> int:
        return self.line.mass_g

    @property
    def tolerance_g(self) -> int:
        return self.line.tolerance_g

    @property
    def case_g(self) -> int:
        return self.line.case_g

    @property
    def stock_g(self) -> int:
        return self.line.stock_g

    @property
    def batch_no(self) -> str:
        return self.line.batch.rpartition("/")[2]


@dataclass(slots=True)
class UnitBook:
    """All lines of a unit up to `size` entries of the log, in log order."""

    unit: Organisation
    size: int
    lines: list[UnitLine]
    unread_g: dict[str, int] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=Numbering)

    def between(self, start_on: date, end_on: date, *kinds: str) -> list[UnitLine]:
        """The lines of a period that still count, by day, act and container."""
        found = [
            each
            for each in self.lines
            if start_on <= each.on <= end_on and each.kind in kinds and each.mass_g
        ]
        return sorted(found, key=lambda each: (each.on, each.line.idx, each.line.label))


def book_of(
    session: Session, unit: Organisation, *, size: int | None = None, watch: Watch | None = None
) -> UnitBook:
    """The ledger of a unit; `watch(done, total)` hears how far the reading is, and may raise to stop it."""
    known = ledger.size(session) if size is None else size
    reader = ledger.stock_of(session, place=unit.site, size=known, watch=watch)
    booked, listed = reader.booked_g(), reader.listed_g()
    off = {code: booked.get(code, 0) - listed.get(code, 0) for code in booked.keys() | listed.keys()}
    book = UnitBook(unit, known, [], {code: grams for code, grams in off.items() if grams})
    book.lines = list(_coded(reader.lines, book.numbering))
    return book


def _coded(lines: list[ledger.StockLine], numbering: Numbering) -> Iterator[UnitLine]:
    in_store: dict[str, str] = {}
    for line in lines:
        on = day_of(line)
        key = line.event.subject, line.code
        if line.kind in ("generated", "received") or (line.kind == "other" and line.mass_g > 0):
            in_store[line.label] = numbering.of(Stage.INTAKE, on, (*key, line.kind))
        code = in_store.get(line.label, "")
        out = ""
        if line.kind == "left" or (line.kind == "other" and line.mass_g < 0):
            out = own_code(line.event.subject, Stage.OUTBOUND) or numbering.of(Stage.OUTBOUND, on, key)
        yield UnitLine(line, on, code, out)


def day_of(line: ledger.StockLine) -> date:
    produced = line.event.facts.get("produced_on") if line.kind == "generated" else None
    return date.fromisoformat(produced) if isinstance(produced, str) else calendar.on_date(line.event.at)
