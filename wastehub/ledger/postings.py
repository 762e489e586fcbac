"""Between the books in memory and their tables: load what events can touch, save what changed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Insert, Row, Select, Table, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from . import canonical
from .accounts import Account, Case, Held, LabelState, Posted, Posting, Weighing
from .books import Books, CaseRecord, LabelRecord, Sums
from .events import Event
from .store import AccountRow, BalanceRow, DiscrepancyRow, HeldRow, LabelStateRow, PostingRow, RollupRow

CHUNK = 500
Value = TypeVar("Value")
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def chunks(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """Lists of at most `size` values: databases bound the number of parameters."""
    everything = list(values)
    for at in range(0, len(everything), size):
        yield everything[at : at + size]


def table(row: type[Any]) -> Table:
    made = row.__table__
    assert isinstance(made, Table)
    return made


def add(session: Session, row: type[Any], values: Sequence[dict[str, Any]]) -> None:
    if values:
        session.execute(insert(table(row)), values)


def add_missing(session: Session, row: type[Any], values: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those alone whose key is there already."""
    session.execute(_insert(session.get_bind().dialect.name, table(row)).on_conflict_do_nothing(), values)


def upsert(
    session: Session, row: type[Any], values: Sequence[dict[str, Any]], *, plus: tuple[str, ...] = ()
) -> None:
    """Insert rows or overwrite those with the same primary key; columns in `plus` are added to instead."""
    if values:
        session.execute(_upsert_statement(session.get_bind().dialect.name, table(row), plus), values)


def _insert(dialect: str, made: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(made) if dialect == "sqlite" else postgresql.insert(made)


@functools.cache  # building one costs as much as running it
def _upsert_statement(dialect: str, made: Table, plus: tuple[str, ...]) -> Insert:
    statement = _insert(dialect, made)
    keys = [column.name for column in made.primary_key]
    changes: dict[str, ColumnElement[Any]] = {
        name: made.c[name] + statement.excluded[name] if name in plus else statement.excluded[name]
        for name in made.columns.keys()  # noqa: SIM118
        if name not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)


def rows_in(
    session: Session, statement: AnySelect, column: InstrumentedAttribute[Any], values: Iterable[Any]
) -> Iterator[AnyRow]:
    """The rows of `statement` whose column is one of the values."""
    for part in chunks(values):
        yield from session.execute(statement.where(column.in_(part)))


class Keeper:
    """The books of one append: filled with what its events can touch, saved in one go."""

    def __init__(self, session: Session, events: Sequence[Event]) -> None:
        self._session = session
        self.books = Books()
        self._account_ids: dict[Account, int] = {}
        self._posted: list[tuple[int, tuple[Posting, ...]]] = []
        self._held: list[dict[str, Any]] = []
        self._dirty_labels: dict[str, None] = {}
        self._dirty_cases: dict[str, None] = {}
        self._load(events)

    def apply(self, idx: int, event: Event) -> Posted | Held:
        result = self.books.apply(idx, event)
        if isinstance(result, Held):
            self._held.append({"idx": idx, "reason": result.reason, "detail": result.detail})
            return result
        if result.postings:
            self._posted.append((idx, result.postings))
        self._dirty_labels.update(dict.fromkeys(result.labels))
        self._dirty_cases.update(dict.fromkeys(result.cases))
        return result

    # -- load ------------------------------------------------------------------------------------------------

    def _load(self, events: Sequence[Event]) -> None:
        labels = dict.fromkeys(line.label for event in events for line in event.lines if line.label)
        self.books.labels.update(load_labels(self._session, labels))
        cases = {str(event.facts.get("case", "")) for event in events if event.type == "case.resolved"}
        for record in self.books.labels.values():
            # An undone loading brings the weighing before it back.
            for state in (record.state, record.state.before):
                if state is not None and state.weighing is not None:
                    cases.add(state.weighing.case)
        self.books.cases.update(load_cases(self._session, sorted(cases - {""})))
        batches = {line.batch for event in events for line in event.lines if line.batch}
        batches.update(record.state.batch for record in self.books.labels.values())
        batches.update(record.case.batch for record in self.books.cases.values())
        self._load_accounts(sorted(batches))

    def _load_accounts(self, batches: Sequence[str]) -> None:
        account, balance = AccountRow, BalanceRow
        statement = select(
            account.kind, account.place, account.code, account.batch, account.id,
            balance.in_g, balance.out_g, balance.last_idx,
        ).join(balance, balance.account == account.id)  # fmt: skip
        for row in rows_in(self._session, statement, account.batch, batches):
            key = Account(*row[:4])
            self._account_ids[key] = row[4]
            self.books.accounts[key] = Sums(*row[5:])

    # -- save ------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write postings, held reasons, balances, roll-ups, label states and cases."""
        touched = dict.fromkeys(
            account for _, postings in self._posted for posting in postings for account in posting[:2]
        )
        self._save_new_accounts([account for account in touched if account not in self._account_ids])
        add(self._session, PostingRow, self._posting_rows())
        add(self._session, HeldRow, self._held)
        upsert(self._session, BalanceRow, [self._balance_row(account) for account in touched])
        upsert(self._session, RollupRow, self._rollup_rows(), plus=("in_g", "out_g"))
        labels = self.books.labels
        upsert(
            self._session, LabelStateRow, [label_values(label, labels[label]) for label in self._dirty_labels]
        )
        upsert(
            self._session, DiscrepancyRow, [case_values(self.books.cases[key]) for key in self._dirty_cases]
        )

    def _save_new_accounts(self, new: Sequence[Account]) -> None:
        if not new:
            return
        first = (self._session.scalar(select(func.max(AccountRow.id))) or 0) + 1
        self._account_ids.update((account, first + at) for at, account in enumerate(new))
        add(self._session, AccountRow, [{"id": self._account_ids[made], **made._asdict()} for made in new])

    def _posting_rows(self) -> list[dict[str, Any]]:
        ids = self._account_ids
        return [
            {"idx": idx, "line": at, "src": ids[made.src], "dst": ids[made.dst], "mass_g": made.mass_g}
            for idx, postings in self._posted
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

    def _rollup_rows(self) -> list[dict[str, Any]]:
        change: dict[tuple[str, str, str], list[int]] = {}
        for _, postings in self._posted:
            for src, dst, mass_g in postings:
                change.setdefault(src[:3], [0, 0])[1] += mass_g
                change.setdefault(dst[:3], [0, 0])[0] += mass_g
        # Sorted: two databases that hold the same log write the same rows in the same order.
        return [
            {"kind": key[0], "place": key[1], "code": key[2], "in_g": in_g, "out_g": out_g}
            for key, (in_g, out_g) in sorted(change.items())
        ]


def load_labels(session: Session, labels: Iterable[str]) -> dict[str, LabelRecord]:
    """The state of each label that the books know."""
    statement = select(*table(LabelStateRow).c)
    return {row.label: label_record(row) for row in rows_in(session, statement, LabelStateRow.label, labels)}


def load_cases(session: Session, keys: Iterable[str]) -> dict[str, CaseRecord]:
    statement = select(*table(DiscrepancyRow).c)
    return {row.key: case_record(row) for row in rows_in(session, statement, DiscrepancyRow.key, keys)}


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
