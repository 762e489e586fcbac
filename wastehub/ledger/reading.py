"""Questions asked of the log and of the books."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, literal, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from wastehub.db import beside

from . import canonical
from .accounts import PHYSICAL, STOCK, SUSP, LabelState
from .events import Event, from_body
from .postings import load_labels
from .rows import AnyRow, AnySelect, rows_in
from .stock_lines import StockReader
from .store import (
    AccountRow,
    BalanceRow,
    DiscrepancyRow,
    EntryBatchRow,
    EntryLabelRow,
    EntryRow,
    HeldRow,
    LabelStateRow,
    OriginRow,
    PostingRow,
    PrivateBlobRow,
    RollupRow,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf, decoded. `commitments`: name -> base64 of the commitment to a personal value.

    `held_reason`: why it is not in the books. `posted_idx`: it was held at first and posted with that entry.
    """

    idx: int
    event: Event
    recorded_at: datetime
    aseq: int
    sseq: int
    key: str
    leaf_hash: bytes
    held_reason: str | None
    held_detail: str
    commitments: Mapping[str, str]
    posted_idx: int | None = None


class Balance(NamedTuple):
    """Grams into and out of an account; `batch` is empty in a roll-up. A tuple: questions give thousands."""

    kind: str
    place: str
    code: str
    batch: str
    in_g: int
    out_g: int

    @property
    def balance_g(self) -> int:
        return self.in_g - self.out_g


@dataclass(frozen=True, slots=True)
class OriginBalance:
    """Grams now in the accounts of one kind for batches of one origin: the part of their names before "/".

    `place_kind`: the part of the accounts' places before ":".
    """

    origin: str
    kind: str
    place_kind: str
    balance_g: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting, with its accounts spelled out; `dst_code`, `dst_batch` differ after repacking only."""

    idx: int
    src_kind: str
    src_place: str
    dst_kind: str
    dst_place: str
    code: str
    batch: str
    mass_g: int
    dst_code: str
    dst_batch: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A difference beyond tolerance that nobody has explained yet. `mass_g` > 0: missing, < 0: surplus."""

    key: str
    label: str
    place: str
    code: str
    batch: str
    mass_g: int
    opened_idx: int
    due_on: date | None


Some = str | Sequence[str] | None


def _among(column: InstrumentedAttribute[str], wanted: Some) -> list[ColumnElement[bool]]:
    if wanted is None:
        return []
    return [column == wanted] if isinstance(wanted, str) else [column.in_(wanted)]


def entries_for(
    session: Session,
    *,
    label: str | None = None,
    batch: str | None = None,
    site: str | None = None,
    subject: str | None = None,
    after_idx: int | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """The entries that fit every given filter, in log order, at most `limit`, after index `after_idx`."""
    statement = _entries()
    if label is not None:
        # A union of two indexed selects: PostgreSQL scans the whole table for an OR.
        alone = select(EntryRow.idx).where(EntryRow.label == label)
        among = select(EntryLabelRow.idx).where(EntryLabelRow.label == label)
        statement = statement.where(EntryRow.idx.in_(union(alone, among).scalar_subquery()))
    if batch is not None:
        statement = statement.where(
            EntryRow.idx.in_(select(EntryBatchRow.idx).where(EntryBatchRow.batch == batch))
        )
    if site is not None:
        statement = statement.where(EntryRow.site == site)
    if subject is not None:
        statement = statement.where(EntryRow.subject == subject)
    if after_idx is not None:
        statement = statement.where(EntryRow.idx > after_idx)
    return [_entry(row) for row in session.execute(statement.order_by(EntryRow.idx).limit(limit))]


def _entries() -> AnySelect:
    return select(
        EntryRow.idx, EntryRow.leaf, EntryRow.leaf_hash, EntryRow.recorded_at, HeldRow.reason, HeldRow.detail,
        HeldRow.posted_idx,
    ).outerjoin(HeldRow, HeldRow.idx == EntryRow.idx)  # fmt: skip


def _entry(row: AnyRow) -> Entry:
    leaf = canonical.loads(row.leaf)
    ev = leaf["ev"]
    held = row.posted_idx is None
    return Entry(
        row.idx, from_body(ev), row.recorded_at, ev["aseq"], leaf["sseq"], leaf["key"], row.leaf_hash,
        row.reason if held else None, (row.detail or "") if held else "", ev["pd"], row.posted_idx,
    )  # fmt: skip


def held_facts(
    session: Session, *, recorded_before: datetime | None = None, site: Some = None
) -> list[Entry]:
    """Facts that are in the log and not in the books, oldest first."""
    wanted = _entries().where(HeldRow.idx.is_not(None), HeldRow.posted_idx.is_(None))
    wanted = wanted.where(*_among(EntryRow.site, site))
    if recorded_before is not None:
        wanted = wanted.where(EntryRow.recorded_at < recorded_before)
    return [_entry(row) for row in session.execute(wanted.order_by(EntryRow.idx))]


def personal_values(session: Session, entry: Entry) -> dict[str, str]:
    """The personal values of an entry that have not been erased."""
    by_commitment = {base64.b64decode(text): name for name, text in entry.commitments.items()}
    statement = select(PrivateBlobRow.commitment, PrivateBlobRow.value)
    found = rows_in(session, statement, PrivateBlobRow.commitment, by_commitment)
    return {by_commitment[commitment]: value for commitment, value in found if value is not None}


def size(session: Session) -> int:
    """How many entries the log has."""
    return session.scalar(select(func.count()).select_from(EntryRow)) or 0


def balances(
    session: Session, *, kind: Some = None, place: Some = None, code: Some = None, batch: Some = None
) -> list[Balance]:
    """Accounts (per batch) that fit the filters, each one value or several."""
    account = AccountRow
    statement = select(
        account.kind, account.place, account.code, account.batch, BalanceRow.in_g, BalanceRow.out_g
    ).join(BalanceRow, BalanceRow.account == account.id)
    filters = (*_among(account.kind, kind), *_among(account.place, place), *_among(account.code, code))
    statement = statement.where(*filters, *_among(account.batch, batch))
    statement = statement.order_by(account.kind, account.place, account.code, account.batch)
    return [Balance._make(row) for row in beside(session).execute(statement)]


def rollups(
    session: Session,
    *,
    kind: Some = None,
    place: Some = None,
    code: Some = None,
    standing: bool = False,
) -> list[Balance]:
    """Balances summed over batches: cheap at any size of the log. `standing`: only what is there now."""
    made = RollupRow
    statement = select(made.kind, made.place, made.code, literal("").label("batch"), made.in_g, made.out_g)
    statement = statement.where(
        *_among(made.kind, kind), *_among(made.place, place), *_among(made.code, code)
    )
    if standing:
        statement = statement.where(made.in_g != made.out_g)
    ordered = statement.order_by(made.kind, made.place, made.code)
    return [Balance._make(row) for row in beside(session).execute(ordered)]


def balances_by_origin(session: Session) -> list[OriginBalance]:
    """Where the batches of every origin are now: a few rows an origin at any size of the log."""
    made = OriginRow
    statement = select(made.origin, made.kind, made.place_kind, made.balance_g).where(made.balance_g != 0)
    return [OriginBalance(*row) for row in session.execute(statement)]


def label_states(session: Session, labels: Iterable[str]) -> dict[str, LabelState]:
    """Where the books have each label. `mass_event` is what mass.corrected must name in "corrects"."""
    return {label: record.state for label, record in load_labels(session, labels).items()}


def movements(session: Session, *, batch: str) -> list[Movement]:
    """Every posting of a batch in log order: where its kilograms went."""
    src, dst = AccountRow.__table__.alias("src"), AccountRow.__table__.alias("dst")
    wanted = (
        select(PostingRow.idx, PostingRow.line, src.c.kind, src.c.place, dst.c.kind, dst.c.place,
               src.c.code, src.c.batch, PostingRow.mass_g, dst.c.code, dst.c.batch)
        .select_from(PostingRow)
        .join(src, src.c.id == PostingRow.src)
        .join(dst, dst.c.id == PostingRow.dst)
    )  # fmt: skip
    # Two indexed selects: PostgreSQL scans the whole table for an OR. Only repacking has two batches.
    rows = {
        (row[0], row[1]): Movement(row[0], *row[2:])
        for side in (src, dst)
        for row in session.execute(wanted.where(side.c.batch == batch))
    }
    return [rows[key] for key in sorted(rows)]


def open_cases(
    session: Session, *, place: Some = None, label: Some = None, batch: Some = None
) -> list[OpenCase]:
    """Differences nobody has explained yet, oldest first."""
    made = DiscrepancyRow
    filters = (*_among(made.place, place), *_among(made.label, label), *_among(made.batch, batch))
    statement = select(made).where(made.closed_idx.is_(None), *filters).order_by(made.opened_idx, made.key)
    return [
        OpenCase(row.key, row.label, row.place, row.code, row.batch, row.mass_g, row.opened_idx, row.due_on)
        for row in session.scalars(statement)
    ]


def stock_of(
    session: Session,
    *,
    place: str,
    size: int | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> StockReader:
    """What came into and went out of a place by the first `size` entries, line by line.

    `watch(done, total)` hears how many of the entries are read; it may raise to stop.
    """
    batches = select(AccountRow.batch).where(AccountRow.place == place, AccountRow.kind == STOCK)
    about = select(EntryBatchRow.idx).where(EntryBatchRow.batch.in_(batches))
    held = select(HeldRow.idx).where(HeldRow.posted_idx.is_(None))
    wanted = EntryRow.idx.in_(about) & EntryRow.idx.not_in(held)
    posted_at = func.coalesce(HeldRow.posted_idx, EntryRow.idx)
    if size is not None:
        wanted &= posted_at < size
    both = select(EntryRow.idx, EntryRow.leaf).outerjoin(HeldRow, HeldRow.idx == EntryRow.idx).where(wanted)
    total = session.scalar(select(func.count()).select_from(both.subquery())) or 0
    reader = StockReader(place)
    statement = both.order_by(posted_at, EntryRow.idx)
    for done, row in enumerate(session.execute(statement.execution_options(yield_per=500)), 1):
        reader.read(row.idx, from_body(canonical.loads(row.leaf)["ev"]))
        if watch is not None and done % 200 == 0:
            watch(done, total)
    return reader


def unexplained_g(session: Session) -> int:
    """Grams that the books cannot account for; anything but 0 is a fault.

    The sum over all accounts, plus every difference between a physical account and the labels said to be
    there, plus every difference between a suspense account and its open cases, all as absolute values.
    """
    total = session.scalar(select(func.coalesce(func.sum(BalanceRow.in_g - BalanceRow.out_g), 0))) or 0
    state, case = LabelStateRow, DiscrepancyRow
    custody = select(state.kind, state.place, state.code, state.batch, (-state.mass_g).label("mass_g")).where(
        state.kind.in_(sorted(PHYSICAL))
    )
    cases = select(
        literal(SUSP).label("kind"), case.place, case.code, case.batch, (-case.mass_g).label("mass_g")
    ).where(case.closed_idx.is_(None))
    differences = (
        _differences(session, custody, sorted(PHYSICAL)),
        _differences(session, cases, [SUSP]),
    )
    return abs(int(total)) + sum(differences)


def _differences(session: Session, counterpart: AnySelect, kinds: Sequence[str]) -> int:
    """Sum of |balance - counterpart| over the accounts of these kinds."""
    account = AccountRow
    books = (
        select(
            account.kind, account.place, account.code, account.batch,
            (BalanceRow.in_g - BalanceRow.out_g).label("mass_g"),
        )
        .join(BalanceRow, BalanceRow.account == account.id)
        .where(account.kind.in_(kinds))
    )  # fmt: skip
    both = union_all(books, counterpart).subquery()
    per_account = (
        select(func.abs(func.sum(both.c.mass_g)).label("off_g"))
        .group_by(both.c.kind, both.c.place, both.c.code, both.c.batch)
        .subquery()
    )
    return int(session.scalar(select(func.coalesce(func.sum(per_account.c.off_g), 0))) or 0)


def latest(
    session: Session,
    *,
    text: str = "",
    site: Some = None,
    before_idx: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """The newest entries, newest first; `text` names a site, a subject, a label or an event type."""
    statement = _entries()
    statement = statement.where(*_among(EntryRow.site, site))
    if text:
        among = select(EntryLabelRow.idx).where(EntryLabelRow.label == text)
        named = select(EntryRow.idx).where(
            (EntryRow.subject == text)
            | (EntryRow.site == text)
            | (EntryRow.type == text)
            | (EntryRow.label == text)
        )
        statement = statement.where(EntryRow.idx.in_(union(named, among).scalar_subquery()))
    if before_idx is not None:
        statement = statement.where(EntryRow.idx < before_idx)
    return [_entry(row) for row in session.execute(statement.order_by(EntryRow.idx.desc()).limit(limit))]


def recorded_at(session: Session, indexes: Sequence[int]) -> dict[int, datetime]:
    """When some entries were recorded."""
    found: dict[int, datetime] = {}
    for start in range(0, len(indexes), 500):
        statement = select(EntryRow.idx, EntryRow.recorded_at).where(
            EntryRow.idx.in_(indexes[start : start + 500])
        )
        found.update({idx: at for idx, at in session.execute(statement)})
    return found
