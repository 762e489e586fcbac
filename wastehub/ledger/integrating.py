"""Checkpoints: new entries are folded into tiles, hashed anew from their stored bytes, and the root signed.

Runs beside the write path (a second after the facts, in a transaction of its own) and locks nothing that
`append` needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import notes, proofs, stored_tiles, tree
from .checkpoints import TreeHead, in_base64
from .notes import LogSigner, Signature
from .rows import table
from .store import CheckpointRow, CosignatureRow, EntryRow, HeadRow
from .tiles import Builder

STRIDE = 2_048


class LedgerDamaged(RuntimeError):
    """What is stored does not lead to the root that it should: nothing is signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`note` is signed by the log; the cosignatures of witnesses are kept apart (`cosigned`)."""

    size: int
    root: bytes
    note: str
    at: datetime

    @property
    def head(self) -> TreeHead:
        return TreeHead(TreeHead.parse(self.note).origin, self.size, self.root)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness' line under a checkpoint. `witness`: verifier key; `at`: the time the witness stated."""

    size: int
    witness: str
    line: str
    at: datetime


def integrate(session: Session, log_signers: Sequence[LogSigner], *, now: datetime) -> Checkpoint | None:
    """Sign the log as it stands, unless the newest checkpoint already says so.

    Every leaf that is new since the last full tile is hashed from its stored bytes; the root must equal the
    one in the head of the log, and the last checkpoint must be a prefix. The first signer's name is the
    origin. Two integrators at once: the transaction of one of them fails (IntegrityError), harmlessly.

    Raises LedgerDamaged.
    """
    head = session.execute(select(HeadRow.size, HeadRow.root).where(HeadRow.id == 1)).one_or_none()
    size, expected = (0, tree.EMPTY_ROOT) if head is None else (head.size, bytes(head.root))
    before = latest(session)
    if before is not None:
        _require_continued(session, before, size, expected)
        if before.size == size:
            return None
    if size == 0:
        return None
    root = _fold(session, size)
    if root != expected:
        said = in_base64(expected)
        raise LedgerDamaged(f"the entries have the root {in_base64(root)}, the head of the log says {said}")
    return _sign(session, log_signers, TreeHead(log_signers[0].key.name, size, root), before, now)


def fold_part(session: Session, *, entries_max: int = 65_536) -> bool:
    """Make full tiles of the next entries, without signing anything; False when so few wait that `integrate`
    does them in one go.

    A log that was never sealed is folded in parts, so that nobody waits long for the database's write lock.
    Raises LedgerDamaged.
    """
    size = session.scalar(select(HeadRow.size).where(HeadRow.id == 1)) or 0
    folded = _builder(session).size
    if size - folded <= entries_max:
        return False
    _fold(session, folded + entries_max)
    return True


def _require_continued(session: Session, before: Checkpoint, size: int, root: bytes) -> None:
    """The newest checkpoint is a prefix of the log, by what tiles and leaves say today."""
    if before.size > size:
        raise LedgerDamaged(f"a checkpoint covers {before.size} entries, the log has {size}")
    if before.root != (root if before.size == size else root_at(session, before.size)):
        raise LedgerDamaged(f"the first {before.size} entries have not the root that was signed")


def _fold(session: Session, size: int) -> bytes:
    """Make the full tiles up to `size`; the root over all entries."""
    builder = _builder(session)
    for leaf_hashes in _fresh_hashes(session, builder.size, size):
        stored_tiles.keep(session, [tile for each in leaf_hashes for tile in builder.append(each)])
    if builder.size != size:
        raise LedgerDamaged(f"{builder.size} entries where the head of the log says {size}")
    return builder.root()


@contextmanager
def whole() -> Iterator[None]:
    """Inside, a tile or an entry that should be there and is not raises LedgerDamaged."""
    try:
        yield
    except stored_tiles.NoSuchTile as missing:
        raise LedgerDamaged(f"missing: {missing}") from missing


def _builder(session: Session) -> Builder:
    with whole():
        return stored_tiles.builder(session)


def _fresh_hashes(session: Session, begin: int, end: int) -> Iterator[list[bytes]]:
    """Leaf hashes made from the stored bytes, some at a time; ends early where an entry is missing."""
    while begin < end:
        stop = min(begin + STRIDE, end)
        statement = select(EntryRow.leaf).where(EntryRow.idx >= begin, EntryRow.idx < stop)
        leaves = session.scalars(statement.order_by(EntryRow.idx)).all()
        yield [tree.leaf_hash(leaf) for leaf in leaves]
        if len(leaves) != stop - begin:
            return
        begin = stop


def is_behind(session: Session) -> bool:
    """Whether there are entries that no checkpoint covers yet."""
    size = session.scalar(select(HeadRow.size).where(HeadRow.id == 1)) or 0
    before = latest(session)
    return size != (before.size if before else 0)


def root_at(session: Session, size: int) -> bytes:
    """The root over the first `size` entries, from tiles and stored bytes; the log must be that long.

    Raises LedgerDamaged where an entry or a tile is missing.
    """
    builder = _builder(session)
    if size <= builder.size:
        with whole():
            return proofs.root(size, stored_tiles.reader(session, size))
    for leaf_hashes in _fresh_hashes(session, builder.size, size):
        for each in leaf_hashes:
            builder.append(each)
    if builder.size != size:
        raise LedgerDamaged(f"{builder.size} entries where there were {size}")
    return builder.root()


def _sign(
    session: Session,
    log_signers: Sequence[LogSigner],
    head: TreeHead,
    before: Checkpoint | None,
    now: datetime,
) -> Checkpoint:
    made = Checkpoint(head.size, head.root, notes.sign(head.text(), log_signers), now)
    row = {
        "size": made.size,
        "prev_size": before.size if before else 0,
        "root": made.root,
        "note": made.note,
        "at": now,
    }
    session.execute(table(CheckpointRow).insert(), [row])
    return made


# --- reading -----------------------------------------------------------------------------------------------


def latest(session: Session) -> Checkpoint | None:
    """The newest checkpoint; None before the first."""
    return next(iter(history(session, limit=1)), None)


def at_size(session: Session, size: int) -> Checkpoint | None:
    """The checkpoint of exactly that size."""
    return next(iter(history(session, limit=1, up_to=size, down_to=size)), None)


def covering(session: Session, idx: int) -> Checkpoint | None:
    """The oldest checkpoint that covers the entry."""
    statement = select(func.min(CheckpointRow.size)).where(CheckpointRow.size > idx)
    size = session.scalar(statement)
    return None if size is None else at_size(session, size)


def history(
    session: Session, *, limit: int, offset: int = 0, up_to: int | None = None, down_to: int | None = None
) -> list[Checkpoint]:
    """Checkpoints, newest first, with sizes between the two bounds."""
    statement = select(CheckpointRow.size, CheckpointRow.root, CheckpointRow.note, CheckpointRow.at)
    if up_to is not None:
        statement = statement.where(CheckpointRow.size <= up_to)
    if down_to is not None:
        statement = statement.where(CheckpointRow.size >= down_to)
    rows = session.execute(statement.order_by(CheckpointRow.size.desc()).limit(limit).offset(offset))
    return [Checkpoint(row.size, bytes(row.root), row.note, row.at) for row in rows]


def count(session: Session) -> int:
    """How many checkpoints there are."""
    return session.scalar(select(func.count()).select_from(CheckpointRow)) or 0


# --- cosignatures ------------------------------------------------------------------------------------------


def cosignatures(session: Session, sizes: Sequence[int]) -> list[Cosignature]:
    """The cosignatures of those checkpoints, in the order in which they were made."""
    statement = select(*table(CosignatureRow).c).where(CosignatureRow.size.in_(sizes))
    rows = session.execute(statement.order_by(CosignatureRow.at, CosignatureRow.witness))
    return [Cosignature(row.size, row.witness, row.line, row.at) for row in rows]


def cosigned(session: Session, size: int) -> str:
    """The note of the checkpoint with the lines of all witnesses. Raises LookupError without checkpoint."""
    checkpoint = at_size(session, size)
    if checkpoint is None:
        raise LookupError(f"no checkpoint of size {size}")
    return checkpoint.note + "".join(each.line for each in cosignatures(session, [size]))


def last_cosigned(session: Session, witness: str) -> int:
    """The largest size that the witness cosigned, as far as we know; 0 when never."""
    return session.scalar(select(func.max(CosignatureRow.size)).where(CosignatureRow.witness == witness)) or 0


def keep_cosignature(session: Session, size: int, signature: Signature, *, at: datetime) -> None:
    """Store a checked line of a witness, unless it is there already."""
    witness = str(signature.key)
    if session.get(CosignatureRow, (size, witness)) is None:
        row = {"size": size, "witness": witness, "line": signature.line, "at": at}
        session.execute(table(CosignatureRow).insert(), [row])
