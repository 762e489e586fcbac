"""The books at a checkpoint as CSV: what the verifier compares with what the entries give."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ..store import AccountRow, BalanceRow, DiscrepancyRow, HeldRow, PostingRow
from .scopes import Part, Scope

BALANCES = ("kind", "place", "code", "batch", "in_g", "out_g")
CASES = (
    "key", "label", "place", "code", "batch", "mass_g", "opened_idx", "closed_idx", "resolution", "due_on",
)  # fmt: skip
HELD = ("idx", "reason")
_ROWS_A_CHUNK = 1_000
Row = Sequence[Any]


def csv_chunks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark (spreadsheets need it for Chinese) and plain newlines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    text.write("\ufeff")
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % _ROWS_A_CHUNK == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def balances(session: Session, *, size: int, scope: Scope) -> Iterator[Row]:
    """(kind, place, code, batch, in_g, out_g) as the first `size` entries made them, oldest account first."""
    later_in, later_out = _later(session, size)
    account, balance = AccountRow, BalanceRow
    statement = (
        select(account.id, account.kind, account.place, account.code, account.batch, balance.in_g,
               balance.out_g)
        .join(balance, balance.account == account.id)
        .where(*_about(scope))
        .order_by(account.id)
        .execution_options(yield_per=2_000)
    )  # fmt: skip
    for row in session.execute(statement):
        in_g = row.in_g - later_in.get(row.id, 0)
        out_g = row.out_g - later_out.get(row.id, 0)
        # An account begins with its first posting: without any it is not there yet.
        if in_g or out_g:
            yield (*row[1:5], in_g, out_g)


def _later(session: Session, size: int) -> tuple[dict[int, int], dict[int, int]]:
    """Grams posted into and out of accounts after the checkpoint: a few seconds' worth."""

    def sums(side: Any) -> dict[int, int]:
        statement = select(side, func.sum(PostingRow.mass_g)).where(PostingRow.idx >= size).group_by(side)
        return {account: int(mass_g) for account, mass_g in session.execute(statement)}

    return sums(PostingRow.dst), sums(PostingRow.src)


def _about(scope: Scope) -> list[ColumnElement[bool]]:
    if scope.kind == "site":
        return [AccountRow.place == scope.name]
    if scope.kind == "batch":
        return [AccountRow.batch == scope.name]
    if scope.kind == "firm":
        return [AccountRow.batch.startswith(scope.name + "/", autoescape=True)]
    return []


def cases(session: Session, *, size: int, scope: Scope) -> Iterator[Row]:
    """Differences beyond tolerance that the first `size` entries opened."""
    made = DiscrepancyRow
    filters = {
        "site": made.place == scope.name,
        "batch": made.batch == scope.name,
        "firm": made.batch.startswith(scope.name + "/", autoescape=True),
    }
    statement = select(made).where(made.opened_idx < size)
    if scope.kind in filters:
        statement = statement.where(filters[scope.kind])
    ordered = statement.order_by(made.opened_idx, made.key).execution_options(yield_per=2_000)
    for row in session.scalars(ordered):
        closed = row.closed_idx is not None and row.closed_idx < size
        yield (
            row.key, row.label, row.place, row.code, row.batch, row.mass_g, row.opened_idx,
            row.closed_idx if closed else "", row.resolution if closed else "",
            row.due_on.isoformat() if row.due_on else "",
        )  # fmt: skip


def held(session: Session, *, size: int, part: Part | None) -> Iterator[Row]:
    """Entries that are in the log, but at that size not in the books, and why."""
    unposted = HeldRow.posted_idx.is_(None) | (HeldRow.posted_idx >= size)
    statement = select(HeldRow.idx, HeldRow.reason).where(HeldRow.idx < size, unposted).order_by(HeldRow.idx)
    if part is not None:
        statement = statement.where(HeldRow.idx.in_(part.chosen))
    for row in session.execute(statement.execution_options(yield_per=2_000)):
        yield tuple(row)
