"""Altering a table that others refer to loses no row, and a migration is all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from wastehub import migrate, paths
from wastehub.db import Database

FIRST = """
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
"""
ALTER = """
    with op.batch_alter_table("parent") as batch:
        batch.alter_column("name", existing_type=sa.Text(), nullable=False)
"""
ALTER_AND_FAIL = (
    ALTER
    + """
    op.add_column("child", sa.Column("note", sa.Text))
    raise RuntimeError("half way")
"""
)
LOSE_PARENTS = """
    op.execute("DELETE FROM parent")
"""


@pytest.fixture
def write_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Adds the next migration, with this body, to a folder that stands in for ours."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    shutil.copy(paths.data_dir("migrations") / "env.py", folder)

    def stand_in(connection: Connection | None = None) -> Config:
        settings = Config()
        settings.set_main_option("script_location", str(folder))
        settings.set_main_option("path_separator", "os")
        settings.attributes["connection"] = connection
        return settings

    monkeypatch.setattr(migrate, "alembic_config", stand_in)

    def write(body: str) -> None:
        number = len(list((folder / "versions").glob("*.py"))) + 1
        before = f'"{number - 1:04d}"' if number > 1 else "None"
        imports = "import sqlalchemy as sa\nfrom alembic import op\n"
        head = f'{imports}revision = "{number:04d}"\ndown_revision = {before}\n'
        (folder / "versions" / f"{number:04d}_step.py").write_text(f"{head}\ndef upgrade():{body}")

    return write


def fill(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO parent (id, name) VALUES (1, '示例')"))
        session.execute(text("INSERT INTO child (id, parent_id) VALUES (1, 1), (2, 1)"))


def children(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM child")).scalar_one())


def test_altering_a_table_keeps_the_rows_that_refer_to_it(
    bare_database: Database, write_migration: Callable[[str], None]
) -> None:
    write_migration(FIRST)
    migrate.upgrade(bare_database.engine)
    fill(bare_database)
    write_migration(ALTER)
    assert not migrate.is_current(bare_database.engine)
    migrate.upgrade(bare_database.engine)
    assert migrate.current_revision(bare_database.engine) == "0002"
    assert children(bare_database) == 2


def test_a_migration_that_fails_half_way_leaves_no_trace(
    bare_database: Database, write_migration: Callable[[str], None]
) -> None:
    write_migration(FIRST)
    migrate.upgrade(bare_database.engine)
    fill(bare_database)
    write_migration(ALTER_AND_FAIL)
    with pytest.raises(RuntimeError, match="half way"):
        migrate.upgrade(bare_database.engine)
    assert migrate.current_revision(bare_database.engine) == "0001"
    assert [column["name"] for column in inspect(bare_database.engine).get_columns("child")] == [
        "id",
        "parent_id",
    ]
    assert children(bare_database) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_rows_that_would_point_to_nothing_stop_the_migration(
    bare_database: Database, write_migration: Callable[[str], None]
) -> None:
    """SQLite does not check while tables are rebuilt: we do, before the end."""
    write_migration(FIRST)
    migrate.upgrade(bare_database.engine)
    fill(bare_database)
    write_migration(LOSE_PARENTS)
    with pytest.raises(migrate.BrokenReferences):
        migrate.upgrade(bare_database.engine)
    assert children(bare_database) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_afterwards_references_are_checked_again(
    bare_database: Database, write_migration: Callable[[str], None]
) -> None:
    write_migration(FIRST)
    migrate.upgrade(bare_database.engine)
    with bare_database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
