"""May anything be written at present? After a rollback of the database: no, until it is recovered."""

from __future__ import annotations

from flask import current_app, g

from ..domain.errors import RuleViolation
from ..ledger import transparency
from ..ledger.transparency import Transparency


class LedgerClosed(RuleViolation):
    """The database contradicts its anchor or a witness: 503, for every write."""

    code = "ledger.rolled_back"
    status = 503


def held() -> Transparency:
    """Keys, anchor and witnesses of this installation."""
    made: Transparency = current_app.extensions["wastehub.transparency"]
    return made


def require_writable() -> None:
    """Raises LedgerClosed with the code of what stands against writing. Looked up once in a request."""
    if "writable" in g:
        return
    refusal = transparency.writing_refused(held().anchor)
    if refusal is not None:
        raise LedgerClosed(refusal.code, **refusal.params)
    g.writable = True
