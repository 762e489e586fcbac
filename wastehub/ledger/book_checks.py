"""Compares the stored books with those that the log gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .accounts import Account, Held, Posted
from .books import Books, by_origin, rollup
from .events import Event
from .findings import VerifyReport
from .postings import case_values, label_values
from .rows import table
from .store import (
    AccountRow,
    BalanceRow,
    DescentRow,
    DiscrepancyRow,
    EntryBatchRow,
    EntryLabelRow,
    HeldRow,
    LabelStateRow,
    OriginRow,
    PostingRow,
    RollupRow,
)


class Aside:
    """What is stored beside the entries of one stride: postings, label and batch indexes."""

    def __init__(self, session: Session, first: int, last: int, accounts: Mapping[int, Account]) -> None:
        self.postings: dict[int, list[Any]] = {}
        self.labels: dict[int, list[str]] = {}
        self.batches: dict[int, list[str]] = {}
        for row in _between(session, PostingRow, first, last):
            made = (accounts.get(row.src, row.src), accounts.get(row.dst, row.dst), row.mass_g)
            self.postings.setdefault(row.idx, []).append(made)
        for row in _between(session, EntryLabelRow, first, last):
            self.labels.setdefault(row.idx, []).append(row.label)
        for row in _between(session, EntryBatchRow, first, last):
            self.batches.setdefault(row.idx, []).append(row.batch)


def _between(session: Session, row: type[Any], first: int, last: int) -> Iterable[Any]:
    made = table(row)
    statement = select(*made.c).where(made.c.idx.between(first, last)).order_by(*made.primary_key)
    return session.execute(statement)


class BookCheck:
    """Replays the log and compares, entry by entry and then account by account."""

    def __init__(self, session: Session, report: VerifyReport) -> None:
        self._session = session
        self._report = report
        self._books = Books()
        self._counts: dict[type[Any], int] = dict.fromkeys((PostingRow, EntryLabelRow, EntryBatchRow), 0)
        self._held: dict[int, dict[str, Any]] = {}
        self._late: dict[int, list[str]] = {}
        self._first_mentions: dict[int, int] = {}

    def take(self, idx: int, event: Event, label: str | None, aside: Aside) -> None:
        """Run the kernel on one entry and compare with what was stored beside it."""
        result = self._books.apply(idx, event)
        self._note(idx, idx, result)
        postings = [tuple(made) for made in result.postings] if isinstance(result, Posted) else []
        for retried in self._books.retried:
            self._note(idx, retried.idx, retried.result)
            if isinstance(retried.result, Posted):
                postings += [tuple(made) for made in retried.result.postings]
                self._check_late(retried.idx, retried.event)
        labels, batches = self._books.mentions(event)
        several = sorted(labels) if len(labels) > 1 else []
        self._same(idx, "posting", aside.postings.get(idx, []), postings)
        self._same(idx, "label", label, labels[0] if len(labels) == 1 else None)
        self._same(idx, "entry_label", sorted(aside.labels.get(idx, [])), several)
        stored = sorted(aside.batches.get(idx, []))
        if isinstance(result, Held):
            # More batches may have become known since, when the fact was posted after all.
            self._late[idx], self._first_mentions[idx] = stored, len(batches)
            stored = [batch for batch in stored if batch in batches]
        self._same(idx, "entry_batch", stored, sorted(batches))
        for row, count in (
            (PostingRow, len(postings)),
            (EntryLabelRow, len(several)),
            (EntryBatchRow, len(batches)),
        ):
            self._counts[row] += count

    def _note(self, idx: int, own_idx: int, result: Posted | Held) -> None:
        """What the table of held facts must say of the entry `own_idx` after entry `idx`."""
        if isinstance(result, Held):
            self._held[own_idx] = {"idx": own_idx, **result._asdict(), "posted_idx": None}
        elif own_idx != idx:
            self._held[own_idx]["posted_idx"] = idx

    def _check_late(self, idx: int, event: Event) -> None:
        """The batches of a fact that was posted after all: its labels may have been unknown before."""
        stored, batches = self._late.pop(idx), self._books.mentions(event)[1]
        self._same(idx, "entry_batch", stored, sorted(batches))
        self._counts[EntryBatchRow] += len(stored) - self._first_mentions.pop(idx)

    def _same(self, idx: int, what: str, stored: Any, given: Any) -> None:
        if stored != given:
            self._report.misbooked(idx, f"{what}.changed", f"stored {stored!r}, the log gives {given!r}")

    def finish(self) -> None:
        """Compare the totals: rows beside no entry, balances, roll-ups, label states, cases."""
        for row, count in self._counts.items():
            stored = self._session.scalar(select(func.count()).select_from(table(row))) or 0
            if stored != count:
                self._report.misbooked(
                    -1, f"{row.__tablename__}.count", f"{stored} rows, the log gives {count}"
                )
        books = self._books
        self._compare("held", self._stored(HeldRow, "idx"), self._held, lambda value: int(value["idx"]))
        self._compare("descent", self._stored_descent(), {
            (child, parent): mass_g
            for child, parents in books.descent.items() for parent, mass_g in parents.items()
        }, lambda value: -1)  # fmt: skip
        self._compare("balance", self._stored_balances(), {
            account: (sums.in_g, sums.out_g, sums.last_idx) for account, sums in books.accounts.items()
        }, lambda value: int(value[2]))  # fmt: skip
        self._compare("rollup", self._stored_rollups(), {
            key: (in_g, out_g) for key, (in_g, out_g) in rollup(books.accounts.items()).items()
        }, lambda value: -1)  # fmt: skip
        given = by_origin(books.accounts.items())
        self._compare("origin", self._stored_origins(), given, lambda value: -1)
        self._compare("label_state", self._stored(LabelStateRow, "label"), {
            label: label_values(label, record) for label, record in books.labels.items()
        }, lambda value: int(value["last_idx"]))  # fmt: skip
        self._compare("case", self._stored(DiscrepancyRow, "key"), {
            key: case_values(record) for key, record in books.cases.items()
        }, lambda value: int(value["opened_idx"]))  # fmt: skip

    def _compare(
        self,
        what: str,
        stored: Iterable[tuple[Any, Any]],
        given: Mapping[Any, Any],
        idx_of: Callable[[Any], int],
    ) -> None:
        found = set()
        for key, value in stored:
            found.add(key)
            right = given.get(key)
            if right is None:
                self._report.misbooked(idx_of(value), f"{what}.surplus", f"{key}: not in the log")
            elif right != value:
                self._report.misbooked(idx_of(right), f"{what}.changed", f"{key}: {_told(value, right)}")
        for key in given.keys() - found:
            self._report.misbooked(
                idx_of(given[key]), f"{what}.missing", f"{key}: the log gives {given[key]!r}"
            )

    def _stored_balances(self) -> Iterable[tuple[Account, tuple[int, int, int]]]:
        account, balance = AccountRow, BalanceRow
        statement = select(
            account.kind,
            account.place,
            account.code,
            account.batch,
            balance.in_g,
            balance.out_g,
            balance.last_idx,
        ).outerjoin(balance, balance.account == account.id)
        for row in self._session.execute(statement.execution_options(yield_per=2_000)):
            yield Account(*row[:4]), (row[4], row[5], -1 if row[6] is None else row[6])

    def _stored_rollups(self) -> Iterable[tuple[tuple[str, str, str], tuple[int, int]]]:
        for row in self._session.execute(select(*table(RollupRow).c)):
            yield (row.kind, row.place, row.code), (row.in_g, row.out_g)

    def _stored_origins(self) -> Iterable[tuple[tuple[str, str, str], int]]:
        made = OriginRow
        for row in self._session.execute(select(*table(made).c).where(made.balance_g != 0)):
            yield (row.origin, row.kind, row.place_kind), row.balance_g

    def _stored_descent(self) -> Iterable[tuple[tuple[str, str], int]]:
        for row in self._session.execute(select(*table(DescentRow).c)):
            yield (row.child, row.parent), row.mass_g

    def _stored(self, row_class: type[Any], key: str) -> Iterable[tuple[Any, dict[str, Any]]]:
        statement = select(*table(row_class).c).execution_options(yield_per=2_000)
        for row in self._session.execute(statement):
            yield getattr(row, key), dict(row._mapping)


def _told(stored: Any, given: Any) -> str:
    """The difference in words; of rows only the columns that differ."""
    if isinstance(stored, dict):
        names = [name for name in given if stored.get(name) != given[name]]
        return ", ".join(
            f"{name} stored {stored.get(name)!r}, the log gives {given[name]!r}" for name in names
        )
    return f"stored {stored!r}, the log gives {given!r}"
