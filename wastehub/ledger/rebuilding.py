"""The books anew from the log: how posting goes on after a stop, and how a damaged projection is repaired.

Everything beside the entries follows from them, so it can be written again. What waited is posted with the
entry it belongs to, as if there had been no stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from wastehub.db import Database

from . import canonical, edge, projector
from .accounts import Account, Held, Posted, Posting
from .appending import SERVICE_AUTHOR, SERVICE_SITE, append
from .audit import STRIDE
from .books import Books, by_origin, rollup
from .events import Event, from_body
from .postings import case_values, label_values
from .reconciling import check_whole
from .rows import chunks, table
from .store import (
    AccountRow,
    BalanceRow,
    DescentRow,
    DiscrepancyRow,
    EntryBatchRow,
    EntryRow,
    HeldRow,
    LabelStateRow,
    OriginRow,
    PostingRow,
    ProjectorRow,
    RollupRow,
)
from .triggers import create_triggers, drop_triggers


class NotRepaired(RuntimeError):
    """The stored postings contradict the log, or the books still differ: nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(problems[0] if problems else "")


class NothingToResume(RuntimeError):
    """The projector runs."""


@dataclass(slots=True)
class Rebuilt:
    """What was written: postings added (of facts that waited) and postings put right."""

    entries: int = 0
    postings_added: int = 0
    postings_corrected: int = 0
    facts_waited: int = 0
    wrong: list[str] = field(default_factory=list)


def resume(database: Database, *, by: str, reason: str, repair: bool = False, now: datetime) -> Rebuilt:
    """Write the books anew from the log, check them with the second implementation, and go on posting.

    `repair`: stored postings that contradict the log are put right as well (the triggers rest meanwhile). One
    transaction: it holds the head of the log, so facts that arrive wait until it is through. Raises
    NothingToResume, NotRepaired; then nothing was changed.
    """
    with database.transaction() as session:
        edge.lock_head(session.connection())
        stop = projector.stopped(session)
        if stop is None:
            raise NothingToResume("the projector runs: there is nothing to resume")
        connection = session.connection()
        if repair:
            drop_triggers(connection)
        rebuilt = _Rebuild(session, repair=repair).run()
        if repair:
            create_triggers(connection)
        if rebuilt.wrong:
            raise NotRepaired(rebuilt.wrong)
        session.execute(delete(table(ProjectorRow)))
        found = check_whole(session)
        if found.problems:
            raise NotRepaired([f"entry {each.idx}: {each.kind}: {each.detail}" for each in found.problems])
        facts = {
            "scope": stop.scope, "since": canonical.instant(stop.stopped_at), "kind": stop.problem_kind,
            "waited": rebuilt.facts_waited, "postings_corrected": rebuilt.postings_corrected,
            "decided_by": by, "reason": reason,
        }  # fmt: skip
        event = Event("projector.resumed", SERVICE_AUTHOR, SERVICE_SITE, now, subject=stop.scope, facts=facts)
        append(session, [event], now=now)
        return rebuilt


class _Rebuild:
    """One pass: the kernel over all entries, then every table that follows from them."""

    def __init__(self, session: Session, *, repair: bool) -> None:
        self._session, self._repair = session, repair
        self._books = Books()
        self._held: dict[int, dict[str, Any]] = {}
        self._made = Rebuilt()
        accounts = session.execute(select(*table(AccountRow).c))
        self._ids: dict[Account, int] = {Account(*row[1:]): row[0] for row in accounts}
        self._names = {key: account for account, key in self._ids.items()}
        self._next_id: int = max(self._names, default=0) + 1

    def run(self) -> Rebuilt:
        waiting = select(func.count()).where(HeldRow.reason == projector.PROJECTOR_STOPPED)
        self._made.facts_waited = self._session.scalar(waiting) or 0
        for rows in self._strides():
            given = {row.idx: self._take(row.idx, from_body(canonical.loads(row.leaf)["ev"])) for row in rows}
            self._compare_postings(
                rows[0].idx, rows[-1].idx, {key: made for key, made in given.items() if made}
            )
            self._made.entries += len(rows)
        self._write_projections()
        return self._made

    def _strides(self) -> Iterator[list[Any]]:
        last = -1
        while True:
            statement = select(EntryRow.idx, EntryRow.leaf).where(EntryRow.idx > last)
            rows = list(self._session.execute(statement.order_by(EntryRow.idx).limit(STRIDE)))
            if not rows:
                return
            yield rows
            last = rows[-1].idx

    def _take(self, idx: int, event: Event) -> list[Posting]:
        """What is posted at an entry: its own fact and what waited for it."""
        result = self._books.apply(idx, event)
        postings = self._note(idx, idx, result)
        self._mention(idx, event)
        for retried in self._books.retried:
            postings += self._note(idx, retried.idx, retried.result)
            self._mention(retried.idx, retried.event)
        return postings

    def _note(self, idx: int, own_idx: int, result: Posted | Held) -> list[Posting]:
        if isinstance(result, Held):
            self._held[own_idx] = {"idx": own_idx, **result._asdict(), "posted_idx": None}
            return []
        if own_idx != idx:
            self._held[own_idx]["posted_idx"] = idx
        return list(result.postings)

    def _mention(self, idx: int, event: Event) -> None:
        """Batches that could not be known while the books stood still; the index only grows."""
        batches = self._books.mentions(event)[1]
        if not batches:
            return
        there = set(self._session.scalars(select(EntryBatchRow.batch).where(EntryBatchRow.idx == idx)))
        rows = [{"idx": idx, "batch": batch} for batch in batches if batch not in there]
        if rows:
            self._session.execute(insert(table(EntryBatchRow)), rows)

    # --- postings --------------------------------------------------------------------------------

    def _compare_postings(self, first: int, last: int, given: Mapping[int, list[Posting]]) -> None:
        statement = select(*table(PostingRow).c).where(PostingRow.idx.between(first, last))
        stored: dict[int, list[Any]] = {}
        for row in self._session.execute(statement.order_by(PostingRow.idx, PostingRow.line)):
            made = (self._names.get(row.src), self._names.get(row.dst), row.mass_g)
            stored.setdefault(row.idx, []).append(made)
        for idx in sorted(stored.keys() | given.keys()):
            has, right = stored.get(idx, []), [tuple(made) for made in given.get(idx, [])]
            if has == right:
                continue
            if has and not self._repair:
                self._made.wrong.append(f"entry {idx}: postings stored {has!r}, the log gives {right!r}")
                continue
            if has:
                self._session.execute(delete(table(PostingRow)).where(PostingRow.idx == idx))
                self._made.postings_corrected += 1
            self._add_postings(idx, given.get(idx, []))

    def _add_postings(self, idx: int, postings: list[Posting]) -> None:
        rows = [
            {
                "idx": idx,
                "line": at,
                "src": self._id(made.src),
                "dst": self._id(made.dst),
                "mass_g": made.mass_g,
            }
            for at, made in enumerate(postings)
        ]
        if rows:
            self._session.execute(insert(table(PostingRow)), rows)
            self._made.postings_added += len(rows)

    def _id(self, account: Account) -> int:
        if account not in self._ids:
            self._ids[account] = self._next_id
            self._names[self._next_id] = account
            values = {"id": self._next_id, **account._asdict()}
            self._session.execute(insert(table(AccountRow)), [values])
            self._next_id += 1
        return self._ids[account]

    # --- projections -----------------------------------------------------------------------------

    def _write_projections(self) -> None:
        books = self._books
        self._replace(BalanceRow, [
            {"account": self._id(account), "in_g": sums.in_g, "out_g": sums.out_g, "last_idx": sums.last_idx}
            for account, sums in books.accounts.items()
        ])  # fmt: skip
        self._replace(RollupRow, [
            {"kind": key[0], "place": key[1], "code": key[2], "in_g": in_g, "out_g": out_g}
            for key, (in_g, out_g) in sorted(rollup(books.accounts.items()).items())
        ])  # fmt: skip
        self._replace(OriginRow, [
            {"origin": key[0], "kind": key[1], "place_kind": key[2], "balance_g": grams}
            for key, grams in sorted(by_origin(books.accounts.items()).items())
        ])  # fmt: skip
        self._replace(LabelStateRow, [label_values(*each) for each in books.labels.items()])
        self._replace(DiscrepancyRow, [case_values(record) for record in books.cases.values()])
        self._replace(DescentRow, [
            {"child": child, "parent": parent, "mass_g": mass_g}
            for child, parents in books.descent.items() for parent, mass_g in parents.items()
        ])  # fmt: skip
        self._replace(HeldRow, list(self._held.values()))

    def _replace(self, row: type[Any], values: list[dict[str, Any]]) -> None:
        self._session.execute(delete(table(row)))
        for part in chunks(values):
            self._session.execute(insert(table(row)), part)
