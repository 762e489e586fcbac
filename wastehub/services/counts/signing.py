"""The second signature under a count."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import stock_counts, texts
from ...domain.actors import Actor
from ...models.stock_counts import StockCount
from .finding import own_count


def sign(
    session: Session, *, actor: Actor, count_id: UUID, version: int | None, note: str = "", now: datetime
) -> StockCount:
    """Somebody of the unit who did not count confirms the result; the ledger keeps who, and of which list.

    Raises NotFound, StaleVersion, InvalidInput(text.*), Conflict (count.not_counted, count.already_signed,
    count.second_person_needed).
    """
    row = own_count(
        session, actor=actor, count_id=count_id, action="count.sign", states=("counted",), version=version
    )
    counted = {row.opened_by, row.counted_by, *(line.seen_by for line in row.lines)} - {""}
    stock_counts.require_second_person(signer=actor.author, counted=counted)
    row.note = texts.clean(note, field="note", longest=stock_counts.NOTE_LONGEST)
    row.state, row.signed_by, row.signed_at = "signed", actor.author, now
    session.flush()
    ledger.append(session, [_signed(row, actor, now)], now=now)
    return row


def _signed(row: StockCount, actor: Actor, now: datetime) -> ledger.Event:
    findings: dict[str, int] = {}
    for line in row.lines:
        findings[line.finding] = findings.get(line.finding, 0) + 1
    return ledger.Event(
        type="stock.signed_off",
        author=actor.author,
        site=row.organisation.site,
        at=now,
        subject=row.count_no,
        facts={
            "zone": row.zone.code if row.zone is not None else "",
            "counted_on": row.counted_on.isoformat(),
            "counted_by": row.counted_by,
            "expected": row.expected,
            "expected_g": row.expected_g,
            "difference_g": row.difference_g,
            "findings": findings,
            "lines_sha256": lines_sha256(row),
            "note": row.note,
        },
    )


def lines_sha256(row: StockCount) -> str:
    """What exactly was signed: label, books, scale and finding of every line, in the order of the labels."""
    listed = [
        [line.label_code, line.expected_g, line.weighed_g, line.finding]
        for line in sorted(row.lines, key=lambda line: line.label_code)
    ]
    return hashlib.sha256(json.dumps(listed, separators=(",", ":")).encode()).hexdigest()
