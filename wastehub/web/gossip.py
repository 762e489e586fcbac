"""Phones know checkpoints of the log that they were shown: what they name must still be its beginning.

A phone's word has no signature of the log under it, so it raises an alarm for people; it stops nothing, or
one lost phone could stop a city's collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from ..db import Database
from ..domain.field_events import Seen
from ..ledger import integrating
from ..ledger import size as log_size
from ..ledger.anchor import Refusal
from ..ledger.integrating import LedgerDamaged
from .writing import held

# Of many events of one upload the newest say most.
COMPARED_MAX = 4


def compare_seen(database: Database, device_id: UUID, seen: Sequence[Seen]) -> None:
    """Raise the alarm when a phone was shown another log than this one; end it when that is settled."""
    newest = sorted(set(seen), key=lambda each: each.size)[-COMPARED_MAX:]
    if not newest:
        return
    with database.reading() as session:
        size = log_size(session)
        found = None
        for each in newest:
            if each.size > size:
                params = {"device": str(device_id), "seen": each.size, "size": size}
                found = Refusal("ledger.device_ahead", params)
            elif each.size and _root(session, each.size) not in ("", each.root):
                found = Refusal("ledger.device_disagrees", {"device": str(device_id), "seen": each.size})
                break
    held().anchor.note_refusal(f"device:{device_id}", found)


def _root(session: Session, size: int) -> str:
    """In hexadecimal; "" where the log itself is damaged: that has its own alarm."""
    try:
        return integrating.root_at(session, size).hex()
    except LedgerDamaged:
        return ""
