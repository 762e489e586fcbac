"""The migrations make what the models say, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from wastehub import migrate
from wastehub.db import Database

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def test_migrations_equal_models(bare_database: Database) -> None:
    migrate.upgrade(bare_database.engine)
    assert migrate.is_current(bare_database.engine)
    assert migrate.differences(bare_database.engine) == []


def test_every_table_is_made_by_a_migration(bare_database: Database) -> None:
    migrate.upgrade(bare_database.engine)
    made = set(inspect(bare_database.engine).get_table_names()) - {"alembic_version"}
    assert made == set(migrate.all_tables().tables)


def test_migrating_twice_changes_nothing(bare_database: Database) -> None:
    migrate.upgrade(bare_database.engine)
    migrate.upgrade(bare_database.engine)
    assert migrate.is_current(bare_database.engine)


def test_an_empty_database_is_not_current(bare_database: Database) -> None:
    with pytest.raises(migrate.DatabaseNotCurrent, match="wastehub migrate"):
        migrate.require_current(bare_database.engine)


def test_migrations_form_one_numbered_line() -> None:
    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert len(script.get_heads()) == 1
    names = sorted(path.name for path in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_\w+\.py", name) for name in names)
