"""Evidence bundles: one zip file that a court can check with Python alone. Format: docs/ledger.md.

The same log at the same checkpoint gives the same bytes. Memory stays flat: entries pass through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import integrating, projector, proofs, receipts, stored_tiles, tiles, tree
from ..audit import take_snapshot
from ..checkpoints import TreeHead, short_form
from ..integrating import Checkpoint, LedgerDamaged
from ..rows import chunks
from ..store import EntryRow, HeldRow
from . import cover, reports, words
from .scopes import REGION_TIME, Part, Scope, part_of
from .zipping import StoredZip

FORMAT = "wastehub-bundle/1"
STOPPED = "STOPPED.txt"
VERIFIER = Path(__file__).parent.parent / "wh_verify.py"
_STRIDE = 8 * tiles.WIDTH
# Among so many of the newest checkpoints the one with the most witnesses is taken.
_RECENT = 50


class NothingSealed(LookupError):
    """The log has no checkpoint yet: run `wastehub ledger checkpoint` first."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written. `root`: its short form, as papers carry it. `stopped`: without balances, because
    posting stands still.
    """

    scope: str
    size: int
    entries: int
    root: str
    stopped: bool = False


def write_bundle(
    session: Session, out: IO[bytes], *, scope: Scope, policy: str, size: int | None = None
) -> Made:
    """Write the bundle of a scope at the checkpoint of `size`; without a size at a recent one.

    `policy`: the trust policy that the hub suggests. Hand over a fresh session: it then sees one snapshot.
    Raises NothingSealed, UnknownScope, LedgerDamaged.
    """
    take_snapshot(session)
    checkpoint = sealed_at(session, size)
    note = integrating.cosigned(session, checkpoint.size)
    part = None if scope.kind == "all" else part_of(session, scope, size=checkpoint.size)
    count = checkpoint.size if part is None else sum(1 for _ in part.indexes(session))
    shown = part.scope if part else scope
    stop = projector.stopped(session)
    with StoredZip(out) as bundle:
        bundle.add("README.txt", words.readme().encode())
        bundle.add("wh_verify.py", VERIFIER.read_bytes())
        bundle.add("policy", "\n".join([*words.POLICY_WARNING, policy]).encode())
        bundle.add("bundle.json", _declared(checkpoint, shown, part, count))
        bundle.add("checkpoint", note.encode())
        if stop is not None:
            bundle.add(STOPPED, _stopped_text(session, stop).encode())
        sums = _add_reports(session, bundle, checkpoint.size, shown, part, posting=stop is None)
        facts = _facts(session, checkpoint, note, shown, part, count)
        bundle.add("cover.pdf", cover.pdf(replace(facts, stopped=stop is not None), sums))
        if part is None:
            add_log(bundle, leaves(session, checkpoint.size), checkpoint.size, checkpoint.root)
        else:
            _add_part(session, bundle, part, checkpoint, note)
    root = short_form(checkpoint.size, checkpoint.root)
    return Made(str(shown), checkpoint.size, count, root, stop is not None)


def _stopped_text(session: Session, stop: projector.Stop) -> str:
    """What everybody who opens an export must know while posting stands still."""
    waits = select(func.count()).where(
        HeldRow.reason == projector.PROJECTOR_STOPPED, HeldRow.posted_idx.is_(None)
    )
    return words.stopped(
        scope=stop.scope, kind=stop.problem_kind, idx=stop.problem_idx,
        since=f"{stop.stopped_at.astimezone(REGION_TIME):%Y-%m-%d %H:%M}", waiting=session.scalar(waits) or 0,
    )  # fmt: skip


def sealed_at(session: Session, size: int | None) -> Checkpoint:
    """The checkpoint of that size; without a size the newest of those that most witnesses have cosigned.

    Raises NothingSealed.
    """
    if size is not None:
        found = integrating.at_size(session, size)
        if found is None:
            raise NothingSealed(f"there is no checkpoint of size {size}")
        return found
    recent = integrating.history(session, limit=_RECENT)
    if not recent:
        raise NothingSealed("the log has no checkpoint yet: run wastehub ledger checkpoint")
    witnessed: dict[int, int] = {}
    for each in integrating.cosignatures(session, [checkpoint.size for checkpoint in recent]):
        witnessed[each.size] = witnessed.get(each.size, 0) + 1
    return max(recent, key=lambda checkpoint: (witnessed.get(checkpoint.size, 0), checkpoint.size))


def _declared(checkpoint: Checkpoint, scope: Scope, part: Part | None, count: int) -> bytes:
    """bundle.json: how to check it. Proves nothing."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "scope": str(scope),
        "origin": TreeHead.parse(checkpoint.note).origin,
        "size": checkpoint.size,
        "entries": count,
    }
    if part is not None and part.first >= 0:
        said |= {"first": part.first, "last": part.last}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _facts(
    session: Session, checkpoint: Checkpoint, note: str, scope: Scope, part: Part | None, count: int
) -> cover.Facts:
    recorded = select(func.min(EntryRow.recorded_at), func.max(EntryRow.recorded_at))
    chosen = EntryRow.idx < checkpoint.size if part is None else EntryRow.idx.in_(part.chosen)
    since, until = session.execute(recorded.where(chosen)).one()
    head = TreeHead.parse(checkpoint.note)
    witnesses = len(integrating.cosignatures(session, [checkpoint.size]))
    return cover.Facts(
        scope=scope, origin=head.origin, size=head.size, root=head.root, sealed_at=checkpoint.at,
        witnesses=witnesses, entries=count, since=since, until=until, note=note,
    )  # fmt: skip


# --- reports -----------------------------------------------------------------------------------------------


def _add_reports(
    session: Session, bundle: StoredZip, size: int, scope: Scope, part: Part | None, *, posting: bool
) -> cover.Sums:
    """The books as CSV; their sums by waste code for the cover. Half-posted books are not handed out."""
    sums: cover.Sums = {}
    if scope.kind != "period" and posting:
        rows = _summed(reports.balances(session, size=size, scope=scope), sums)
        bundle.add_chunks("reports/balances.csv", reports.csv_chunks(reports.BALANCES, rows))
        cases = reports.cases(session, size=size, scope=scope)
        bundle.add_chunks("reports/cases.csv", reports.csv_chunks(reports.CASES, cases))
    held = reports.held(session, size=size, part=part)
    bundle.add_chunks("reports/held.csv", reports.csv_chunks(reports.HELD, held))
    return sums


def _summed(rows: Iterable[reports.Row], sums: cover.Sums) -> Iterator[reports.Row]:
    """The rows as they pass, added up by waste code and kind of account."""
    for row in rows:
        kind, _, code, _, in_g, out_g = row
        by_kind = sums.setdefault(code, {})
        by_kind[kind] = by_kind.get(kind, 0) + in_g - out_g
        yield row


# --- the evidence ------------------------------------------------------------------------------------------


def leaves(session: Session, size: int) -> Iterator[bytes]:
    """The stored bytes of the first `size` entries. Raises LedgerDamaged when one is missing."""
    for begin in range(0, size, _STRIDE):
        end = min(begin + _STRIDE, size)
        statement = select(EntryRow.leaf).where(EntryRow.idx >= begin, EntryRow.idx < end)
        found = session.scalars(statement.order_by(EntryRow.idx)).all()
        if len(found) != end - begin:
            raise LedgerDamaged(f"of the entries {begin} to {end - 1} only {len(found)} are there")
        yield from map(bytes, found)


def add_log(bundle: StoredZip, entries: Iterable[bytes], size: int, root: bytes) -> None:
    """All entries and hash tiles, laid out as C2SP tlog-tiles. Raises LedgerDamaged when they lead to
    another root: what does not verify is not handed out.
    """
    if add_entries(bundle, entries) != (size, root):
        raise LedgerDamaged(
            "the entries do not lead to the root of the checkpoint: run wastehub ledger verify"
        )


def add_entries(bundle: StoredZip, entries: Iterable[bytes]) -> tuple[int, bytes]:
    """The same, whatever they lead to: size and root."""
    builder = tiles.Builder()
    group: list[bytes] = []
    for leaf in entries:
        group.append(leaf)
        done = builder.append(tree.leaf_hash(leaf))
        if len(group) == tiles.WIDTH:
            index = builder.size // tiles.WIDTH - 1
            bundle.add(tiles.entries_path(index), tiles.encode_bundle(group))
            group = []
        for full in done:
            bundle.add(tiles.tile_path(full.level, full.index), full.data)
    if group:
        bundle.add(tiles.entries_path(builder.size // tiles.WIDTH, len(group)), tiles.encode_bundle(group))
    for level, edge in enumerate(builder.edges):
        if edge:
            index = builder.size >> (tiles.HEIGHT * (level + 1))
            bundle.add(tiles.tile_path(level, index, len(edge)), b"".join(edge))
    return builder.size, builder.root()


def _add_part(session: Session, bundle: StoredZip, part: Part, checkpoint: Checkpoint, note: str) -> None:
    """Each entry with its own C2SP tlog-proof."""
    read = stored_tiles.reader(session, checkpoint.size)
    for indexes in chunks(part.indexes(session), 500):
        statement = select(EntryRow.idx, EntryRow.leaf).where(EntryRow.idx.in_(indexes))
        for row in session.execute(statement.order_by(EntryRow.idx)):
            path = proofs.inclusion(row.idx, checkpoint.size, read)
            if not proofs.proves_inclusion(
                index=row.idx, size=checkpoint.size, leaf_hash=tree.leaf_hash(row.leaf), proof=path,
                root=checkpoint.root,
            ):  # fmt: skip
                raise LedgerDamaged(f"entry {row.idx} does not stand in the sealed tree as it is stored")
            receipt = receipts.Receipt(row.idx, tuple(path), note)
            bundle.add(f"entries/{row.idx}.leaf", bytes(row.leaf))
            bundle.add(f"proofs/{row.idx}{receipts.SUFFIX}", receipt.text().encode())
