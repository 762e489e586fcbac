"""Between the books in memory and their tables: load what events can touch, save what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from wastehub.db import asked

from . import canonical
from .accounts import Account, Case, Held, LabelState, Posted, Posting, Weighing, origin_key
from .books import Books, CaseRecord, LabelRecord, Sums, Waiting
from .edge import Edge
from .events import Event, from_body
from .rows import AnyRow, Rows, rows_asked, table
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
    RollupRow,
)
from .vocabulary import TYPES
from .workings import event_need, label_need

# Rules that ask what came out of what, or that change it.
DESCENDING = frozenset(("generate", "repack", "recode", "reverse"))

_account, _balance, _entry, _held = table(AccountRow), table(BalanceRow), table(EntryRow), table(HeldRow)
_LABELS = asked(select(*table(LabelStateRow).c), table(LabelStateRow).c.label)
_CASES = asked(select(*table(DiscrepancyRow).c), table(DiscrepancyRow).c.key)
_DESCENT = asked(select(*table(DescentRow).c), table(DescentRow).c.child)
_WAITING = asked(
    select(*_held.c, _entry.c.leaf)
    .join_from(_held, _entry, _entry.c.idx == _held.c.idx)
    .where(_held.c.posted_idx.is_(None)),
    _held.c.need,
)
_MENTIONED = asked(select(*table(EntryBatchRow).c), table(EntryBatchRow).c.idx)
_PARENTS = asked(
    select(_entry.c.event_id, _entry.c.type, _entry.c.leaf, _held.c.idx, _held.c.posted_idx).outerjoin_from(
        _entry, _held, _held.c.idx == _entry.c.idx
    ),
    _entry.c.event_id,
)
_ACCOUNTS = asked(
    select(
        _account.c.kind, _account.c.place, _account.c.code, _account.c.batch, _account.c.id,
        _balance.c.in_g, _balance.c.out_g, _balance.c.last_idx,
    ).join_from(_account, _balance, _balance.c.account == _account.c.id),
    _account.c.batch,
)  # fmt: skip


class Keeper:
    """The books of one append: filled with what its events can touch, saved in one go."""

    def __init__(self, connection: Connection, end: Edge, events: Sequence[Event]) -> None:
        self._connection = connection
        self._last_account = end.account
        self.books = Books()
        self._account_ids: dict[Account, int] = {}
        self._posted: dict[int, list[Posting]] = {}
        self._held: dict[int, dict[str, Any]] = {}
        self._mentioned: dict[int, set[str]] = {}
        self._late_batches: list[dict[str, Any]] = []
        self._dirty_labels: dict[str, None] = {}
        self._dirty_cases: dict[str, None] = {}
        self._dirty_descent: dict[tuple[str, str], None] = {}
        self._load([*events, *self._load_waiting(events)] if end.waiting else events)

    def apply(self, idx: int, event: Event) -> Posted | Held:
        """The outcome of the entry's own event; facts that waited for it are posted along with it."""
        result = self.books.apply(idx, event)
        self._note(idx, idx, result)
        for retried in self.books.retried:
            self._note(idx, retried.idx, retried.result)
            if isinstance(retried.result, Posted):
                self._mention_late(retried.idx, retried.event)
        if isinstance(result, Held):
            self._mentioned[idx] = set(self.books.mentions(event)[1])
        return result

    def posted_late(self, idx: int) -> bool:
        """Whether the entry was held at first and is posted by now."""
        held = self._held.get(idx)
        return held is not None and held["posted_idx"] is not None

    def _note(self, idx: int, own_idx: int, result: Posted | Held) -> None:
        """What is to be saved of an outcome at entry `idx` for the fact of entry `own_idx`."""
        if isinstance(result, Held):
            self._held[own_idx] = {"idx": own_idx, **result._asdict(), "posted_idx": None}
            return
        if own_idx != idx:
            self._held[own_idx]["posted_idx"] = idx
        self._posted.setdefault(idx, []).extend(result.postings)
        self._dirty_labels.update(dict.fromkeys(result.labels))
        self._dirty_cases.update(dict.fromkeys(result.cases))
        self._dirty_descent.update(dict.fromkeys((each.child, each.parent) for each in result.descent))

    def _mention_late(self, idx: int, event: Event) -> None:
        """Batches that the fact's labels were not known to belong to while it was held."""
        for batch in self.books.mentions(event)[1]:
            if batch not in self._mentioned[idx]:
                self._mentioned[idx].add(batch)
                self._late_batches.append({"idx": idx, "batch": batch})

    # -- load ------------------------------------------------------------------------------------------------

    def _load_waiting(self, events: Sequence[Event]) -> list[Event]:
        """Held facts that these events, or what they release in turn, may bring into the books."""
        found: dict[int, Event] = {}
        needs = _needs_met(events)
        while needs:
            rows = rows_asked(self._connection, _WAITING, needs)
            more = [row for row in rows if row.idx not in found]
            for row in more:
                event = found[row.idx] = from_body(canonical.loads(row.leaf)["ev"])
                self.books.wait(Waiting(row.idx, event, Held(row.reason, row.detail, row.need)))
                self._held[row.idx] = {
                    "idx": row.idx, "reason": row.reason, "detail": row.detail, "need": row.need,
                    "posted_idx": None,
                }  # fmt: skip
            needs = _needs_met([found[row.idx] for row in more])
        self._mentioned.update({idx: set() for idx in found})
        for idx, batch in rows_asked(self._connection, _MENTIONED, found):
            self._mentioned[idx].add(batch)
        return list(found.values())

    def _load(self, events: Sequence[Event]) -> None:
        labels = dict.fromkeys(line.label for event in events for line in event.lines if line.label)
        for row in rows_asked(self._connection, _LABELS, labels):
            self.books.labels[row.label] = label_record(row)
        cases = {str(event.facts.get("case", "")) for event in events if event.type == "case.resolved"}
        for record in self.books.labels.values():
            # An undone loading brings the weighing before it back.
            for state in (record.state, record.state.before):
                if state is not None and state.weighing is not None:
                    cases.add(state.weighing.case)
        for row in rows_asked(self._connection, _CASES, sorted(cases - {""})):
            self.books.cases[row.key] = case_record(row)
        batches = {line.batch for event in events for line in event.lines if line.batch}
        batches.update(record.state.batch for record in self.books.labels.values())
        batches.update(record.case.batch for record in self.books.cases.values())
        self._load_accounts(sorted(batches))
        if any(TYPES[event.type].rule in DESCENDING for event in events):
            # A batch that came out of others has got grams of them, and with these its accounts.
            self._load_descent(sorted(batches & self.books.batches))
        self._load_parents(events)

    def _load_descent(self, batches: Sequence[str]) -> None:
        for child, parent, mass_g in rows_asked(self._connection, _DESCENT, batches):
            self.books.descent.setdefault(child, {})[parent] = mass_g

    def _load_parents(self, events: Sequence[Event]) -> None:
        """Which of the facts named as parents are posted; the labels of pourings that are to be reversed."""
        parents = {parent for event in events for parent in event.after}
        reversed_ids = {str(event.facts.get("reverses")) for event in events if event.type == "fact.reversed"}
        poured = {found for text in reversed_ids if (found := _uuid(text)) is not None}
        wanted = sorted(parents | poured)
        for event_id, kind, leaf, held, posted_idx in rows_asked(self._connection, _PARENTS, wanted):
            if held is not None and posted_idx is None:
                continue
            self.books.note_posted(event_id)
            if event_id in poured and TYPES[kind].rule in ("repack", "recode"):
                lines = canonical.loads(leaf)["ev"]["lines"]
                self.books.pourings[str(event_id)] = tuple(line["label"] for line in lines)

    def _load_accounts(self, batches: Sequence[str]) -> None:
        for row in rows_asked(self._connection, _ACCOUNTS, batches):
            key = Account(*row[:4])
            self._account_ids[key] = row[4]
            self.books.accounts[key] = Sums(*row[5:])
            self.books.batches.add(key.batch)

    # -- save ------------------------------------------------------------------------------------------------

    def save(self, rows: Rows) -> None:
        """Collect postings, held reasons, balances, roll-ups, label states, cases and descent."""
        touched = self._moved()
        rows.insert(AccountRow, self._new_accounts(touched))
        rows.insert(PostingRow, self._posting_rows())
        rows.upsert(HeldRow, list(self._held.values()))
        rows.insert(EntryBatchRow, self._late_batches)
        rows.upsert(BalanceRow, [self._balance_row(account) for account in touched])
        rows.upsert(RollupRow, _rollup_rows(touched), plus=("in_g", "out_g"))
        rows.upsert(OriginRow, _origin_rows(touched), plus=("balance_g",))
        labels, cases, descent = self.books.labels, self.books.cases, self.books.descent
        rows.upsert(LabelStateRow, [label_values(label, labels[label]) for label in self._dirty_labels])
        rows.upsert(DiscrepancyRow, [case_values(cases[key]) for key in self._dirty_cases])
        rows.upsert(DescentRow, [
            {"child": child, "parent": parent, "mass_g": descent[child][parent]}
            for child, parent in self._dirty_descent
        ])  # fmt: skip

    def _new_accounts(self, touched: Iterable[Account]) -> list[dict[str, Any]]:
        new = [account for account in touched if account not in self._account_ids]
        self._account_ids.update((made, self._last_account + at) for at, made in enumerate(new, 1))
        return [{"id": self._account_ids[made], **made._asdict()} for made in new]

    def _posting_rows(self) -> list[dict[str, Any]]:
        ids = self._account_ids
        return [
            {"idx": idx, "line": at, "src": ids[made.src], "dst": ids[made.dst], "mass_g": made.mass_g}
            for idx, postings in self._posted.items()
            for at, made in enumerate(postings)
        ]

    def _balance_row(self, account: Account) -> dict[str, Any]:
        sums = self.books.accounts[account]
        return {
            "account": self._account_ids[account],
            "in_g": sums.in_g,
            "out_g": sums.out_g,
            "last_idx": sums.last_idx,
        }

    def _moved(self) -> dict[Account, list[int]]:
        """Grams into and out of each account, in the order in which the postings name them."""
        made: dict[Account, list[int]] = {}
        for postings in self._posted.values():
            for src, dst, mass_g in postings:
                if src not in made:
                    made[src] = [0, 0]
                if dst not in made:
                    made[dst] = [0, 0]
                made[src][1] += mass_g
                made[dst][0] += mass_g
        return made


# Sorted: two databases that hold the same log write the same rows in the same order.


def _rollup_rows(moved: Mapping[Account, Sequence[int]]) -> list[dict[str, Any]]:
    change: dict[tuple[str, str, str], list[int]] = {}
    for account, (in_g, out_g) in moved.items():
        row = change.setdefault(account[:3], [0, 0])
        row[0] += in_g
        row[1] += out_g
    return [
        {"kind": key[0], "place": key[1], "code": key[2], "in_g": in_g, "out_g": out_g}
        for key, (in_g, out_g) in sorted(change.items())
    ]


def _origin_rows(moved: Mapping[Account, Sequence[int]]) -> list[dict[str, Any]]:
    """What changed on balance: what came and went within one append is not written."""
    change: dict[tuple[str, str, str], int] = {}
    for account, (in_g, out_g) in moved.items():
        if in_g != out_g:
            key = origin_key(account)
            change[key] = change.get(key, 0) + in_g - out_g
    return [
        {"origin": key[0], "kind": key[1], "place_kind": key[2], "balance_g": grams}
        for key, grams in sorted(change.items())
        if grams
    ]


def _needs_met(events: Sequence[Event]) -> list[str]:
    """What waiting facts may wait for that these events can bring."""
    labels = [label_need(line.label) for event in events for line in event.lines if line.label]
    return sorted({*labels, *(event_need(str(event.id)) for event in events)})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def load_labels(session: Session, labels: Iterable[str]) -> dict[str, LabelRecord]:
    """The state of each label that the books know."""
    return {row.label: label_record(row) for row in rows_asked(session.connection(), _LABELS, labels)}


def label_values(label: str, record: LabelRecord) -> dict[str, Any]:
    """The row of a label's state."""
    state = record.state
    memory = {
        "origin": state.origin,
        "mass_from": state.mass_from,
        "moves": state.moves,
        "weighing": list(state.weighing or ()),
        "before": [*state.before[:10], list(state.before.weighing or ())] if state.before else [],
        "loaded_by": state.loaded_by,
    }
    return {
        "label": label,
        "kind": state.kind,
        "place": state.place,
        "code": state.code,
        "batch": state.batch,
        "mass_g": state.mass_g,
        "basis": state.basis,
        "mass_event": UUID(state.mass_event),
        "last_event": UUID(record.last_event),
        "last_idx": record.last_idx,
        "memory": canonical.dumps(memory).decode(),
    }


def label_record(row: AnyRow) -> LabelRecord:
    """A label's state from its row: the inverse of `label_values`."""
    memory: dict[str, Any] = canonical.loads(row.memory.encode())
    before: list[Any] = memory["before"]
    state = LabelState(
        kind=row.kind,
        place=row.place,
        code=row.code,
        batch=row.batch,
        mass_g=row.mass_g,
        basis=row.basis,
        origin=memory["origin"],
        mass_from=memory["mass_from"],
        mass_event=str(row.mass_event),
        moves=memory["moves"],
        weighing=_weighing(memory["weighing"]),
        before=LabelState._make([*before[:10], _weighing(before[10]), None, ""]) if before else None,
        loaded_by=memory["loaded_by"],
    )
    return LabelRecord(state, str(row.last_event), row.last_idx)


def _weighing(values: Sequence[Any]) -> Weighing | None:
    return Weighing(*values) if values else None


def case_values(record: CaseRecord) -> dict[str, Any]:
    case = record.case
    return {
        "key": case.key,
        "label": case.label,
        "place": case.place,
        "code": case.code,
        "batch": case.batch,
        "mass_g": case.mass_g,
        "opened_idx": record.opened_idx,
        "closed_idx": record.closed_idx,
        "resolution": case.closed,
        "due_on": date.fromisoformat(case.due_on) if case.due_on else None,
    }


def case_record(row: AnyRow) -> CaseRecord:
    due_on = row.due_on.isoformat() if row.due_on else ""
    case = Case(row.key, row.label, row.place, row.code, row.batch, row.mass_g, due_on, row.resolution)
    return CaseRecord(case, row.opened_idx, row.closed_idx)
