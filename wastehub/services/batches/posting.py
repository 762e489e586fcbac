"""Our own acts stand in the books or do not happen."""

from __future__ import annotations

from collections.abc import Sequence

from ... import ledger
from ...domain.errors import Conflict


def require_posted(receipts: Sequence[ledger.Receipt]) -> None:
    """Our own acts are never merely logged: what the books would hold back is refused."""
    for receipt in receipts:
        if not receipt.posted:
            raise Conflict("ledger.not_posted", reason=receipt.held_reason or "")
