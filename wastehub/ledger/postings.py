"""Between the books in memory and their tables: load what events can touch, save what changed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Insert,
    Integer,
    Row,
    Select,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from . import canonical
from .accounts import Account, Case, Held, LabelState, Posted, Posting, Weighing, origin_key
from .books import Books, CaseRecord, LabelRecord, Sums, Waiting
from .events import Event, from_body
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

CHUNK = 500
# From so many rows on one statement for all is worth its preparation.
MANY = 20
# Rules that ask what came out of what, or that change it.
DESCENDING = frozenset(("generate", "repack", "recode", "reverse"))
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
    if not values:
        return
    dialect = session.get_bind().dialect.name
    many = dialect == "postgresql" and len(values) >= MANY
    statement = _upsert_of_many(table(row), plus) if many else None
    if statement is None:
        session.execute(_upsert_statement(dialect, table(row), plus), values)
    else:
        names = [column.name for column in table(row).c]
        session.execute(statement, {f"all_{name}": [each[name] for each in values] for name in names})


def _insert(dialect: str, made: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(made) if dialect == "sqlite" else postgresql.insert(made)


@functools.cache  # building one costs as much as running it
def _upsert_statement(dialect: str, made: Table, plus: tuple[str, ...]) -> Insert:
    return _or_change(_insert(dialect, made), made, plus)


@functools.cache
def _upsert_of_many(made: Table, plus: tuple[str, ...]) -> Insert | None:
    """One statement with a list for each column: PostgreSQL runs it several times faster than row after row.

    None: not for this table, some of its columns are neither texts nor whole numbers.
    """
    if not all(isinstance(column.type, String | Integer) for column in made.c):
        return None
    columns = [
        func.unnest(bindparam(f"all_{column.name}", type_=postgresql.ARRAY(column.type))).label(column.name)
        for column in made.c
    ]
    statement = postgresql.insert(made).from_select([column.name for column in made.c], select(*columns))
    return _or_change(statement, made, plus)


def _or_change(
    statement: sqlite.Insert | postgresql.Insert, made: Table, plus: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
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
        self._posted: dict[int, list[Posting]] = {}
        self._held: dict[int, dict[str, Any]] = {}
        self._mentioned: dict[int, set[str]] = {}
        self._late_batches: list[dict[str, Any]] = []
        self._dirty_labels: dict[str, None] = {}
        self._dirty_cases: dict[str, None] = {}
        self._dirty_descent: dict[tuple[str, str], None] = {}
        self._load([*events, *self._load_waiting(events)])

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
        while needs and self._any_waiting():
            statement = select(*table(HeldRow).c, EntryRow.leaf).join(EntryRow, EntryRow.idx == HeldRow.idx)
            rows = rows_in(self._session, statement.where(HeldRow.posted_idx.is_(None)), HeldRow.need, needs)
            more = [row for row in rows if row.idx not in found]
            for row in more:
                event = found[row.idx] = from_body(canonical.loads(row.leaf)["ev"])
                self.books.wait(Waiting(row.idx, event, Held(row.reason, row.detail, row.need)))
                self._held[row.idx] = {
                    "idx": row.idx, "reason": row.reason, "detail": row.detail, "need": row.need,
                    "posted_idx": None,
                }  # fmt: skip
            needs = _needs_met([found[row.idx] for row in more])
        mentioned = select(EntryBatchRow.idx, EntryBatchRow.batch)
        self._mentioned.update({idx: set() for idx in found})
        for idx, batch in rows_in(self._session, mentioned, EntryBatchRow.idx, found):
            self._mentioned[idx].add(batch)
        return list(found.values())

    def _any_waiting(self) -> bool:
        statement = select(HeldRow.idx).where(HeldRow.need > "", HeldRow.posted_idx.is_(None)).limit(1)
        return self._session.execute(statement).first() is not None

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
        if any(TYPES[event.type].rule in DESCENDING for event in events):
            self._load_descent(sorted(batches))
        self._load_parents(events)

    def _load_descent(self, batches: Sequence[str]) -> None:
        statement = select(*table(DescentRow).c)
        for child, parent, mass_g in rows_in(self._session, statement, DescentRow.child, batches):
            self.books.descent.setdefault(child, {})[parent] = mass_g

    def _load_parents(self, events: Sequence[Event]) -> None:
        """Which of the facts named as parents are posted; the labels of pourings that are to be reversed."""
        parents = {parent for event in events for parent in event.after}
        reversed_ids = {str(event.facts.get("reverses")) for event in events if event.type == "fact.reversed"}
        poured = {found for text in reversed_ids if (found := _uuid(text)) is not None}
        statement = select(EntryRow.event_id, EntryRow.type, EntryRow.leaf, HeldRow.idx, HeldRow.posted_idx)
        statement = statement.outerjoin(HeldRow, HeldRow.idx == EntryRow.idx)
        wanted = sorted(parents | poured)
        for event_id, kind, leaf, held, posted_idx in rows_in(
            self._session, statement, EntryRow.event_id, wanted
        ):
            if held is not None and posted_idx is None:
                continue
            self.books.note_posted(event_id)
            if event_id in poured and TYPES[kind].rule in ("repack", "recode"):
                lines = canonical.loads(leaf)["ev"]["lines"]
                self.books.pourings[str(event_id)] = tuple(line["label"] for line in lines)

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
            self.books.batches.add(key.batch)

    # -- save ------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write postings, held reasons, balances, roll-ups, label states, cases and descent."""
        touched = self._moved()
        self._save_new_accounts([account for account in touched if account not in self._account_ids])
        add(self._session, PostingRow, self._posting_rows())
        upsert(self._session, HeldRow, list(self._held.values()))
        add(self._session, EntryBatchRow, self._late_batches)
        upsert(self._session, BalanceRow, [self._balance_row(account) for account in touched])
        upsert(self._session, RollupRow, _rollup_rows(touched), plus=("in_g", "out_g"))
        upsert(self._session, OriginRow, _origin_rows(touched), plus=("balance_g",))
        labels = self.books.labels
        upsert(
            self._session, LabelStateRow, [label_values(label, labels[label]) for label in self._dirty_labels]
        )
        upsert(
            self._session, DiscrepancyRow, [case_values(self.books.cases[key]) for key in self._dirty_cases]
        )
        descent = self.books.descent
        upsert(self._session, DescentRow, [
            {"child": child, "parent": parent, "mass_g": descent[child][parent]}
            for child, parent in self._dirty_descent
        ])  # fmt: skip

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
