"""What supervision asks of the log beyond the books: what hangs, what is where, which entries fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from .reading import Entry, _entries, _entry
from .rows import AnySelect, chunks
from .store import (
    AccountRow,
    BalanceRow,
    CheckpointRow,
    CosignatureRow,
    DiscrepancyRow,
    EntryBatchRow,
    EntryLabelRow,
    EntryRow,
    HeldRow,
    LabelStateRow,
    OriginRow,
)


def last_act_at(session: Session, labels: Iterable[str]) -> dict[str, datetime]:
    """When the last act of the books on each label happened."""
    found: dict[str, datetime] = {}
    for some in chunks(labels):
        statement = (
            select(LabelStateRow.label, EntryRow.event_at)
            .join(EntryRow, EntryRow.idx == LabelStateRow.last_idx)
            .where(LabelStateRow.label.in_(some))
        )
        found.update({label: at for label, at in session.execute(statement)})
    return found


# --- seals -------------------------------------------------------------------------------------------------


def covering_sizes(session: Session, indexes: Sequence[int]) -> dict[int, int]:
    """For each entry the size of the oldest checkpoint that covers it; unsealed entries are left out."""
    found: dict[int, int] = {}
    covered = select(func.min(CheckpointRow.size)).where(CheckpointRow.size > EntryRow.idx).scalar_subquery()
    for some in chunks(indexes):
        rows = session.execute(select(EntryRow.idx, covered).where(EntryRow.idx.in_(some)))
        found.update({idx: size for idx, size in rows if size is not None})
    return found


def cosigned_sizes(session: Session) -> dict[str, int]:
    """Each witness that ever cosigned, and the largest size it did: it vouches for everything below."""
    statement = select(CosignatureRow.witness, func.max(CosignatureRow.size)).group_by(CosignatureRow.witness)
    return {witness: size for witness, size in session.execute(statement)}


# --- grams by batch ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KindBalance:
    """Grams of some batches in accounts of one kind; `place_kind` the part of the places before ":"."""

    kind: str
    place_kind: str
    balance_g: int


def before_mark(
    session: Session, column: InstrumentedAttribute[str] | ColumnElement[str], mark: str
) -> ColumnElement[str]:
    """The part of a text before a mark; the whole text when the mark is not in it."""
    quoted: ColumnElement[str] = literal_column(f"'{mark}'")
    if session.get_bind().dialect.name == "postgresql":
        return func.split_part(column, quoted, 1)
    return func.substr(column, 1, func.instr(column.concat(quoted), quoted) - 1)


def kinds_of_origins(session: Session, origins: Select[Any] | None) -> list[KindBalance]:
    """Balances by kind of account and of place, over the origins that the query names (None: all)."""
    made = OriginRow
    statement = select(made.kind, made.place_kind, func.sum(made.balance_g))
    if origins is not None:
        statement = statement.where(made.origin.in_(origins))
    rows = session.execute(statement.group_by(made.kind, made.place_kind))
    return [KindBalance(kind, place, int(grams)) for kind, place, grams in rows]


def kinds_by_group(session: Session, groups: AnySelect) -> dict[str, list[KindBalance]]:
    """The same for groups of origins: the query names pairs of origin and group."""
    made, pair = OriginRow, groups.subquery()
    origin, group = pair.c
    statement = (
        select(group, made.kind, made.place_kind, func.sum(made.balance_g))
        .join(made, made.origin == origin)
        .group_by(group, made.kind, made.place_kind)
    )
    found: dict[str, list[KindBalance]] = {}
    for name, kind, place, grams in session.execute(statement):
        found.setdefault(name, []).append(KindBalance(kind, place, int(grams)))
    return found


def kinds_among(session: Session, batches: Select[Any]) -> list[KindBalance]:
    """Balances by kind of account and of place, over the batches that the query names."""
    account, balance = AccountRow, BalanceRow
    place_kind = before_mark(session, account.place, ":")
    statement = (
        select(account.kind, place_kind, func.sum(balance.in_g - balance.out_g))
        .join(balance, balance.account == account.id)
        .where(account.batch.in_(batches))
        .group_by(account.kind, place_kind)
    )
    return [KindBalance(kind, place, int(grams)) for kind, place, grams in session.execute(statement)]


def grams_by_batch(
    session: Session, batches: Select[Any] | None, *, kinds: Sequence[str], place_kind: str = ""
) -> dict[str, int]:
    """Grams of each batch in accounts of these kinds; batches with none there are left out."""
    account, balance = AccountRow, BalanceRow
    total = func.sum(balance.in_g - balance.out_g)
    statement = (
        select(account.batch, total)
        .join(balance, balance.account == account.id)
        .where(account.kind.in_(kinds))
        .group_by(account.batch)
        .having(total != 0)
    )
    if place_kind:
        statement = statement.where(account.place.startswith(place_kind + ":", autoescape=True))
    if batches is not None:
        statement = statement.where(account.batch.in_(batches))
    return {batch: int(grams) for batch, grams in session.execute(statement)}


def batches_at(place: str) -> Select[Any]:
    """The batches that were ever in stock at a place, as a query to put into another one."""
    return select(AccountRow.batch).where(AccountRow.place == place, AccountRow.kind == "STOCK")


# --- the entries that fit ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are wanted; empty fields ask for nothing. `batches`: full keys.

    `sites` None: of everywhere. `since_at` and `until_at` bound the time of recording, the latter excluded.
    """

    type: str = ""
    at_sites: tuple[str, ...] = ()
    author: str = ""
    text: str = ""
    batches: tuple[str, ...] = ()
    since_at: datetime | None = None
    until_at: datetime | None = None
    held: bool = False
    cases: bool = False
    sites: tuple[str, ...] | None = None


def find_entries(
    session: Session, wanted: Filters, *, before_idx: int | None = None, limit: int = 50
) -> list[Entry]:
    """The entries that fit, newest first, below an index."""
    statement = _entries()
    statement = statement.where(*_conditions(session, wanted))
    if before_idx is not None:
        statement = statement.where(EntryRow.idx < before_idx)
    return [_entry(row) for row in session.execute(statement.order_by(EntryRow.idx.desc()).limit(limit))]


def count_entries(session: Session, wanted: Filters, *, most: int = 10_000) -> int:
    """How many entries fit, counted up to `most` + 1: a log of millions is not walked for a number."""
    some = select(EntryRow.idx).where(*_conditions(session, wanted)).limit(most + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _conditions(session: Session, wanted: Filters) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    for column, value in ((EntryRow.type, wanted.type), (EntryRow.author, wanted.author)):
        if value:
            made.append(column == value)
    if wanted.at_sites:
        made.append(EntryRow.site.in_(wanted.at_sites))
    if wanted.sites is not None:
        made.append(EntryRow.site.in_(wanted.sites))
    if wanted.text:
        made.append(EntryRow.idx.in_(_named(wanted)))
    if wanted.since_at is not None:
        made += [
            EntryRow.recorded_at >= wanted.since_at,
            EntryRow.idx >= _first_idx(session, wanted.since_at),
        ]
    if wanted.until_at is not None:
        made.append(EntryRow.recorded_at < wanted.until_at)
    if wanted.held:
        made.append(EntryRow.idx.in_(select(HeldRow.idx).where(HeldRow.posted_idx.is_(None))))
    if wanted.cases:
        case = DiscrepancyRow
        concerns = (case.opened_idx == EntryRow.idx) | (case.closed_idx == EntryRow.idx)
        made.append(exists(select(case.key).where(concerns)))
    return made


def _named(wanted: Filters) -> Any:
    """A union of indexed selects: PostgreSQL scans the whole table for an OR."""
    text = wanted.text
    parts = [
        select(EntryRow.idx).where(EntryRow.subject == text),
        select(EntryRow.idx).where(EntryRow.label == text),
        select(EntryLabelRow.idx).where(EntryLabelRow.label == text),
    ]
    if wanted.batches:
        parts.append(select(EntryBatchRow.idx).where(EntryBatchRow.batch.in_(wanted.batches)))
    return union(*parts).scalar_subquery()


def _first_idx(session: Session, at: datetime) -> int:
    """An index below which nothing was recorded at or after that time: entries are numbered as they come."""
    low, high = 0, (session.scalar(select(func.max(EntryRow.idx))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        recorded_at = session.scalar(select(EntryRow.recorded_at).where(EntryRow.idx == middle))
        if recorded_at is not None and recorded_at < at:
            low = middle + 1
        else:
            high = middle
    return low


def types_present(session: Session) -> list[str]:
    """The types of entries that the log holds."""
    return list(session.scalars(select(EntryRow.type).distinct().order_by(EntryRow.type)))


def leaves_of(session: Session, indexes: Sequence[int]) -> dict[int, bytes]:
    """The stored bytes of some entries."""
    found: dict[int, bytes] = {}
    for some in chunks(indexes):
        rows = session.execute(select(EntryRow.idx, EntryRow.leaf).where(EntryRow.idx.in_(some)))
        found.update({idx: bytes(leaf) for idx, leaf in rows})
    return found
