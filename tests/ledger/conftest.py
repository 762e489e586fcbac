"""A log of its own for each test: SQLite here, both databases in test_both_databases.py."""

from __future__ import annotations

import pytest

from wastehub.db import Database
from wastehub.ledger import signing


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def log(empty_database: Database) -> Database:
    """An empty log with a key that is always the same."""
    empty_database.signer = signing.Signer.from_seed(bytes(32))
    return empty_database
