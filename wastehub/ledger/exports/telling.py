"""Entries as they are told to others: each container with the mass and the places that the books give it.

An act that only repeats the books states no mass; what it moved follows from all entries before it. So the
books are replayed from the first entry, also for a part: memory grows with the number of containers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import canonical, tree
from ..accounts import Held, LabelState
from ..books import Books
from ..events import Event, Line, from_body
from ..store import HeldRow
from . import bundles
from .scopes import Scope, part_of


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One container. `mass_g`: what it holds after the act; `found_at`, `now_at`: places before and after."""

    line: Line
    label: str
    batch: str
    code: str
    mass_g: int
    weighed: bool
    found_at: str
    now_at: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry. `recorded_at` as the leaf has it; `held`: why the books refused it, or nothing."""

    idx: int
    event: Event
    recorded_at: str
    leaf_hash: bytes
    held: str
    lines: tuple[ToldLine, ...]

    def poured(self) -> tuple[tuple[ToldLine, ...], tuple[ToldLine, ...]]:
        """Of a repacking: what was emptied and what was filled."""
        count = self.event.facts.get("inputs", 0)
        cut = count if type(count) is int and 0 <= count <= len(self.lines) else 0
        return self.lines[:cut], self.lines[cut:]


def told(session: Session, *, scope: Scope, size: int) -> Iterator[Told]:
    """The entries of a scope among the first `size`, in log order. Raises UnknownScope."""
    wanted = iter(range(size)) if scope.kind == "all" else part_of(session, scope, size=size).indexes(session)
    return _told(session, wanted, size)


def _told(session: Session, wanted: Iterator[int], size: int) -> Iterator[Told]:
    """Facts that were held at first are told when they were posted."""
    books, due, late = Books(), next(wanted, None), _posted_late(session, size)
    waiting: dict[int, tuple[str, bytes]] = {}
    for idx, leaf in enumerate(bundles.leaves(session, size)):
        if due is None and not waiting:
            return
        value = canonical.loads(leaf)
        event = from_body(value["ev"])
        before = {line.label: books.label(line.label) for line in event.lines}
        result = books.apply(idx, event)
        seal = value["recv"], tree.leaf_hash(leaf)
        if idx == due:
            due = next(wanted, None)
            if idx in late:
                waiting[idx] = seal
            else:
                held = result.reason if isinstance(result, Held) else ""
                yield _one(books, idx, event, seal, held, before)
        for retried in books.retried:
            if retried.idx in waiting and not isinstance(retried.result, Held):
                seal = waiting.pop(retried.idx)
                yield _one(books, retried.idx, retried.event, seal, "", retried.before)


def _posted_late(session: Session, size: int) -> set[int]:
    return set(session.scalars(select(HeldRow.idx).where(HeldRow.idx < size, HeldRow.posted_idx < size)))


def _one(
    books: Books,
    idx: int,
    event: Event,
    seal: tuple[str, bytes],
    held: str,
    before: dict[str, LabelState | None],
) -> Told:
    lines = tuple(_line(line, before[line.label], books.label(line.label)) for line in event.lines)
    return Told(idx, event, *seal, held, lines)


def _line(line: Line, before: LabelState | None, after: LabelState | None) -> ToldLine:
    known = after or before
    return ToldLine(
        line=line,
        label=line.label,
        batch=known.batch if known else line.batch,
        code=known.code if known else line.code,
        mass_g=known.mass_g if known else line.mass_g,
        weighed=line.mass_g > 0 and line.basis in ("", "weighed"),
        found_at=before.place if before else "",
        now_at=after.place if after else "",
    )
