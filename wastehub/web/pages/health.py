"""Is the process alive, is it ready? For operators and for `wastehub run`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from sqlalchemy import text

from ... import __version__, migrate
from ...ledger import transparency
from ..context import database
from ..writing import held

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> Any:
    return jsonify(status="ok", version=__version__)


@pages.get("/readyz")
def ready() -> Any:
    """Ready: the database answers and stands at the migration this code needs.

    `ledger`: whether anything may be written, and who says what against it (docs/operations.md).
    """
    with database().reading() as session:
        session.execute(text("SELECT 1"))
    current = migrate.is_current(database().engine)
    refusals = {source: refusal.code for source, refusal in held().anchor.refusals().items()}
    closed = transparency.writing_refused(held().anchor) is not None
    answer = jsonify(
        status="ok" if current else "migration needed",
        ledger={"writable": not closed, "refusals": refusals},
    )
    return answer, 200 if current else 503
