"""Marks of a count: this label is here, and this is what the scale says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import labels, quantities
from ...domain.actors import Actor
from ...domain.errors import InvalidInput
from ...models import batches, label_lives
from ...models.batches import Container
from ...models.stock_counts import StockCount, StockCountLine
from .finding import own_count

SOURCES = ("scan", "tick", "sheet")
LINES_MAX = 5_000


@dataclass(frozen=True)
class Mark:
    """One container that somebody stands before. `text`: its code, or what the QR code on it says.

    `seen` False takes a mark back. `weighed_g` None: not weighed again (a mass marked before is dropped).
    """

    text: str
    seen: bool = True
    weighed_g: int | None = None
    source: str = "scan"


def mark(
    session: Session, *, actor: Actor, count_id: UUID, marks: Sequence[Mark], now: datetime
) -> list[StockCountLine]:
    """Note what was found, one line per mark. The same mark twice changes nothing.

    A label that the books do not have here is noted as well: what it means is said when the count is closed.
    Raises NotFound, Conflict(count.closed_already), InvalidInput (label.malformed, mass.*,
    count.source_unknown, count.too_long).
    """
    row = own_count(session, actor=actor, count_id=count_id)
    return apply_marks(session, row, actor=actor, marks=marks, now=now)


def apply_marks(
    session: Session, row: StockCount, *, actor: Actor, marks: Sequence[Mark], now: datetime
) -> list[StockCountLine]:
    """As `mark`, for a count that is locked already."""
    texts = {each.text for each in marks}
    # People type the short code; a number of a roll stands for the container it was bound to.
    meant = batches.labels_of_short_codes(session, texts) | label_lives.bound_codes(session, texts)
    for index, each in enumerate(marks):
        _require_plausible(each, index)
    codes = [
        meant.get(each.text) or labels.code_from_payload(each.text, field=f"marks.{index}.text")
        for index, each in enumerate(marks)
    ]
    lines = {line.label_code: line for line in row.lines}
    new = [code for code in dict.fromkeys(codes) if code not in lines]
    if len(lines) + len(new) > LINES_MAX:
        raise InvalidInput("count.too_long", field="marks", longest=LINES_MAX)
    known = batches.containers_by_label(session, new)
    for code, each in zip(codes, marks, strict=True):
        line = lines.get(code)
        if line is None:
            if not each.seen:
                continue
            line = lines[code] = _surplus(code, known.get(code))
            row.lines.append(line)
        _note(row, line, each, actor, now)
    session.flush()
    return [lines[code] for code in dict.fromkeys(codes) if code in lines and lines[code] in row.lines]


def _require_plausible(each: Mark, index: int) -> None:
    if each.source not in SOURCES:
        raise InvalidInput("count.source_unknown", field=f"marks.{index}.source", given=each.source[:20])
    if each.weighed_g is not None:
        quantities.require_mass_g(each.weighed_g, field=f"marks.{index}.weighed_g")


def _surplus(code: str, container: Container | None) -> StockCountLine:
    return StockCountLine(
        label_code=code,
        container_id=container.id if container else None,
        waste_code=container.batch.waste_code if container else "",
        expected_g=None,
        seen_by="",
        source="",
        finding="",
        difference_g=0,
        books_at="",
    )


def _note(row: StockCount, line: StockCountLine, each: Mark, actor: Actor, now: datetime) -> None:
    if not each.seen:
        if line.expected_g is None:
            row.lines.remove(line)
        line.seen_at, line.seen_by, line.source, line.weighed_g = None, "", "", None
    elif line.seen_at is None or line.weighed_g != each.weighed_g:
        line.seen_at, line.seen_by, line.source = now, actor.author, each.source
        line.weighed_g = each.weighed_g
