"""Where the log and the books end: what an append goes on from, in two statements.

The first locks the head, and with it the order of the log; the second, which must come after the lock, sees
everything that was appended before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from . import tree
from .rows import add_missing, table
from .store import (
    AccountRow,
    AuthorHeadRow,
    AuthorKeyRow,
    EntryRow,
    HeadRow,
    HeldRow,
    ProjectorRow,
    SiteHeadRow,
)

Last = tuple[int, bytes]


@dataclass(slots=True)
class Edge:
    """`authors`, `sites`: of those asked for, the last sequence number and hash. `key_*`: of the key that is
    to sign. `stopped`: the projector stands still. `waiting`: some held fact may still be posted. `account`:
    the highest number of an account.
    """

    authors: dict[str, Last] = field(default_factory=dict)
    sites: dict[str, Last] = field(default_factory=dict)
    key_known: bool = False
    key_revoked: bool = False
    stopped: bool = False
    waiting: bool = False
    account: int = 0


def lock_head(connection: Connection) -> tree.CompactRange:
    """The right edge of the log, locked. On SQLite the transaction itself is the lock.

    On PostgreSQL whoever has waited longest is next: behind a row's lock alone, those that come while it
    changes hands overtake those that wait, and some wait many times as long as others.
    """
    head = _HEAD_IN_TURN if connection.dialect.name == "postgresql" else _HEAD
    row = connection.execute(head).one_or_none()
    if row is None:
        empty = {"id": 1, "size": 0, "root": tree.EMPTY_ROOT, "frontier": b""}
        add_missing(connection, HeadRow, [empty])
        row = connection.execute(_HEAD).one()
    return tree.CompactRange.from_bytes(row.size, row.frontier)


def read(
    connection: Connection,
    *,
    key: tuple[str, str],
    revocation: str,
    authors: Iterable[str],
    sites: Iterable[str],
) -> Edge:
    """What stands beside the locked head. `key`: author and id of the key that is to sign; `revocation`: the
    type of event that ends a key.
    """
    edge = Edge()
    asked = {
        "key_author": key[0],
        "key_id": key[1],
        "revocation": revocation,
        "authors": sorted(set(authors)),
        "sites": sorted(set(sites)),
    }
    for what, name, number, digest in connection.execute(_EDGE, asked):
        if what == "author":
            edge.authors[name] = (number, digest)
        elif what == "site":
            edge.sites[name] = (number, digest)
        else:
            setattr(edge, what, number if what == "account" else bool(number))
    return edge


def _edge() -> Any:
    author, site, key = table(AuthorHeadRow).c, table(SiteHeadRow).c, table(AuthorKeyRow).c
    entry, held, projector = table(EntryRow).c, table(HeldRow).c, table(ProjectorRow).c
    given = bindparam("key_id", type_=String)
    return union_all(
        select(_text("author"), author.author, author.aseq, author.hash).where(
            author.author.in_(bindparam("authors", expanding=True))
        ),
        select(_text("site"), site.site, site.sseq, site.hash).where(
            site.site.in_(bindparam("sites", expanding=True))
        ),
        _yes("key_known", key.author == bindparam("key_author"), key.key_id == given),
        _yes("key_revoked", entry.type == bindparam("revocation"), entry.subject == given),
        _yes("stopped", projector.id.is_not(None)),
        _yes("waiting", held.need > "", held.posted_idx.is_(None)),
        select(_text("account"), _text(""), func.coalesce(func.max(table(AccountRow).c.id), 0), null()),
    )


def _yes(name: str, *conditions: Any) -> Any:
    return select(_text(name), _text(""), case((exists().where(*conditions), 1), else_=0), null())


def _text(text: str) -> Any:
    return literal_column(f"'{text}'", String)


_OF_HEAD = select(table(HeadRow).c.size, table(HeadRow).c.frontier).where(table(HeadRow).c.id == 1)
_HEAD = _OF_HEAD.with_for_update()
# Any number that no other advisory lock of this database has.
_TURN = select(func.pg_advisory_xact_lock(0x57484C47).label("mine")).cte("turn")
_HEAD_IN_TURN = _OF_HEAD.select_from(table(HeadRow).join(_TURN, true())).with_for_update(of=table(HeadRow))
_EDGE = _edge()
