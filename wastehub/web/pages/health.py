"""Is the process alive, is it ready? For operators and for `wastehub run`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from sqlalchemy import text

from ... import __version__, migrate
from ..context import database

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> Any:
    return jsonify(status="ok", version=__version__)


@pages.get("/readyz")
def ready() -> Any:
    """Ready: the database answers and stands at the migration this code needs."""
    with database().reading() as session:
        session.execute(text("SELECT 1"))
    current = migrate.is_current(database().engine)
    return jsonify(status="ok" if current else "migration needed"), 200 if current else 503
