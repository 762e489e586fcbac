"""verify(): walks the whole log, re-derives everything that follows from it, and names what does not fit."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import canonical, tree
from .accounts import Account
from .appending import KEY_REVOKED
from .book_checks import Aside, BookCheck
from .events import Event, from_body
from .findings import VerifyReport
from .rows import AnyRow, table
from .seal_checks import SealCheck
from .signing import Checker
from .store import AccountRow, AuthorHeadRow, AuthorKeyRow, EntryRow, HeadRow, SiteHeadRow
from .vocabulary import TYPES

STRIDE = 2_000


def verify(
    session: Session, *, progress: Callable[[int, int], None] | None = None, signature_every: int = 1
) -> VerifyReport:
    """Is the log whole and unchanged, and do the books follow from it to the gram?

    `progress(done, total)` is called every 2,000 entries. `signature_every`: 1 checks each signature
    (0.1-0.2 ms each), n every n-th entry, 0 none. Finds and locates changed bytes, missing, added and
    reordered entries, a log shorter or longer than its head says, altered index columns, postings,
    balances, roll-ups, label states, holds and cases. Hand it a fresh session (`database.reading()`): it
    then sees one snapshot while others write. A rewrite of everything by somebody who has the signing key
    passes: that takes outside anchors.
    """
    take_snapshot(session)
    walk = _Walk(session, signature_every)
    for rows in _strides(session):
        walk.take(rows)
        if progress is not None:
            progress(walk.report.entries, walk.head_size)
    walk.finish()
    return walk.report


def take_snapshot(session: Session) -> None:
    """See one state of the database throughout, so that entries that arrive meanwhile raise no alarm.

    SQLite reads from one snapshot anyway. On PostgreSQL this takes a session that has not yet asked anything.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _strides(session: Session) -> Iterator[list[AnyRow]]:
    """All entries in index order, a few at a time."""
    last = -(2**62)
    while True:
        statement = select(*table(EntryRow).c).where(EntryRow.idx > last).order_by(EntryRow.idx).limit(STRIDE)
        rows = list(session.execute(statement))
        if not rows:
            return
        yield rows
        last = rows[-1].idx


class _Walk:
    """State of one pass over the log."""

    def __init__(self, session: Session, signature_every: int) -> None:
        self._session = session
        self._signature_every = signature_every
        self.report = VerifyReport()
        self._next_idx = 0
        self._range = tree.CompactRange()
        self._authors: dict[str, tuple[int, str]] = {}
        self._sites: dict[str, tuple[int, str]] = {}
        self._checkers: dict[str, Checker] = {}
        self._keys: dict[tuple[str, str], tuple[bytes, int]] = {}
        self._revoked: set[str] = set()
        self._seals = SealCheck(session, self.report)
        self._books = BookCheck(session, self.report)
        self._accounts = {row.id: Account(*row[1:]) for row in session.execute(select(*table(AccountRow).c))}
        self._head = session.execute(select(*table(HeadRow).c)).one_or_none()
        self.head_size: int = self._head.size if self._head is not None else 0

    def take(self, rows: list[AnyRow]) -> None:
        aside = Aside(self._session, rows[0].idx, rows[-1].idx, self._accounts)
        self._seals.load(rows[0].idx, rows[-1].idx)
        for row in rows:
            self._take_entry(row, aside)

    def _take_entry(self, row: AnyRow, aside: Aside) -> None:
        report = self.report
        if row.idx != self._next_idx:
            report.damaged(
                self._next_idx, "entry.missing", f"entries {self._next_idx} to {row.idx - 1} are not there"
            )
        self._next_idx = row.idx + 1
        report.entries += 1
        leaf_hash = tree.leaf_hash(row.leaf)
        self._range.append(leaf_hash)
        self._seals.take(leaf_hash)
        if leaf_hash != row.leaf_hash:
            report.damaged(row.idx, "leaf.changed", "the stored bytes do not have the stored hash")
        try:
            leaf, event = _decode(row.leaf)
            self._register_key(row.idx, event)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            report.damaged(row.idx, "leaf.unreadable", f"{type(error).__name__}: {error}")
            return
        self._check_chains(row.idx, leaf, event, leaf_hash)
        self._check_signature(row.idx, leaf)
        self._note_revocation(event)
        self._check_columns(row, leaf, event)
        # Once the log is damaged its books cannot be derived any more: later differences would only be noise.
        if report.log_ok:
            self._books.take(row.idx, event, row.label, aside)

    def _register_key(self, idx: int, event: Event) -> None:
        if event.type == "key.registered":
            public_key, name = bytes.fromhex(event.facts["public_key"]), event.facts["key"]
            self._checkers[name] = Checker(public_key)
            self._keys[event.author, name] = (public_key, idx)

    def _note_revocation(self, event: Event) -> None:
        """After the entry's own signature was judged: the last act of a key may be its own revocation."""
        if event.type == KEY_REVOKED:
            self._revoked.add(event.subject)

    def _check_chains(self, idx: int, leaf: dict[str, Any], event: Event, leaf_hash: bytes) -> None:
        """Numbers without a gap and the hash of the predecessor, per author and per site."""
        ev = leaf["ev"]
        signed_hash = hashlib.sha256(canonical.dumps(ev)).hexdigest()
        for what, heads, name, number, previous, digest in (
            ("author", self._authors, event.author, ev["aseq"], ev["aprev"], signed_hash),
            ("site", self._sites, event.site, leaf["sseq"], leaf["sprev"], leaf_hash.hex()),
        ):
            last, last_hash = heads.get(name, (0, ""))
            if number != last + 1:
                self.report.damaged(idx, f"{what}.sequence", f"{name}: number {number} after {last}")
            elif previous != last_hash:
                self.report.damaged(
                    idx, f"{what}.chain", f"{name}: does not follow number {last} as it is stored"
                )
            heads[name] = (number, digest)

    def _check_signature(self, idx: int, leaf: dict[str, Any]) -> None:
        checker = self._checkers.get(leaf["key"])
        if checker is None:
            self.report.damaged(idx, "key.unknown", f"key {leaf['key']} was not registered before")
        elif leaf["key"] in self._revoked:
            self.report.damaged(idx, "key.revoked", f"key {leaf['key']} was revoked before")
        elif self._signature_every and idx % self._signature_every == 0:
            self.report.signatures += 1
            if not checker.accepts(base64.b64decode(leaf["sig"]), canonical.dumps(leaf["ev"])):
                self.report.damaged(idx, "signature.wrong", f"key {leaf['key']} did not sign this")

    def _check_columns(self, row: AnyRow, leaf: dict[str, Any], event: Event) -> None:
        """The columns beside the leaf say the same as the leaf."""
        for name, said in (
            ("event_id", event.id), ("author", event.author), ("aseq", leaf["ev"]["aseq"]), ("site",
            event.site), ("sseq", leaf["sseq"]), ("type", event.type), ("subject", event.subject),
            ("event_at", event.at), ("recorded_at", datetime.fromisoformat(leaf["recv"])),
        ):  # fmt: skip
            stored = getattr(row, name)
            if stored != said:
                self.report.damaged(row.idx, "column.changed", f"{name} is {stored}, the leaf says {said}")

    def finish(self) -> None:
        self.report.root = self._range.root()
        self._check_head()
        self._seals.finish(self._next_idx)
        self._check_names("author", AuthorHeadRow, self._authors)
        self._check_names("site", SiteHeadRow, self._sites)
        self._check_keys()
        if self.report.log_ok:
            self._books.finish()
        else:
            self.report.misbooked(
                -1, "books.unchecked", "the books follow from the log, and the log is damaged"
            )

    def _check_head(self) -> None:
        report = self.report
        if self._head is None:
            if report.entries:
                report.damaged(-1, "head.missing", f"{report.entries} entries, but no head")
            return
        if self.head_size > self._next_idx:
            last = self.head_size - 1
            report.damaged(
                self._next_idx, "entry.missing", f"entries {self._next_idx} to {last} are not there"
            )
        elif self.head_size < self._next_idx:
            report.damaged(
                self.head_size, "entry.surplus", f"the head of the log ends at {self.head_size - 1}"
            )
        elif self._head.root != report.root or self._head.frontier != self._range.to_bytes():
            report.damaged(-1, "head.root", "the root over all entries is not the one in the head")

    def _check_names(self, what: str, row_class: type[Any], heads: dict[str, tuple[int, str]]) -> None:
        """The last number and hash of each author or site are those kept beside the log."""
        stored = {
            row[0]: (row[1], row[2].hex()) for row in self._session.execute(select(*table(row_class).c))
        }
        for name in sorted(stored.keys() | heads.keys()):
            kept, found = stored.get(name), heads.get(name)
            if kept != found:
                self.report.damaged(-1, f"{what}.head", f"{name}: kept {kept}, the log ends with {found}")

    def _check_keys(self) -> None:
        stored = {
            (row.author, row.key_id): (row.public_key, row.from_idx)
            for row in self._session.execute(select(*table(AuthorKeyRow).c))
        }
        for key in sorted(stored.keys() ^ self._keys.keys()):
            self.report.damaged(-1, "key.changed", f"{key[1]} of {key[0]}: table and log disagree")
        for key in sorted(stored.keys() & self._keys.keys()):
            if stored[key] != self._keys[key]:
                self.report.damaged(
                    self._keys[key][1], "key.changed", f"{key[1]} of {key[0]}: table and log disagree"
                )


def _decode(data: bytes) -> tuple[dict[str, Any], Event]:
    """The leaf and the event it tells. Raises ValueError, KeyError, TypeError when it is not ours."""
    leaf = canonical.loads(data)
    if canonical.dumps(leaf) != data:
        raise ValueError("not in canonical form")
    event = from_body(leaf["ev"])
    if event.type not in TYPES:
        raise ValueError(f"unknown type {event.type}")
    numbers = (leaf["ev"]["aseq"], leaf["sseq"])
    texts = (leaf["ev"]["aprev"], leaf["sprev"], leaf["sig"], leaf["key"], leaf["recv"])
    if not all(type(number) is int for number in numbers) or not all(type(text) is str for text in texts):
        raise ValueError("a field of the wrong type")
    base64.b64decode(leaf["sig"], validate=True)
    datetime.fromisoformat(leaf["recv"])
    return leaf, event
