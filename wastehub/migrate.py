"""The database's shape: bring it up to date, ask how far it is, compare it with the models.

Alembic without alembic.ini: the migrations travel inside the package (wastehub/paths.py).

    python -m wastehub.migrate upgrade [URL]
    python -m wastehub.migrate revision "message"      drafts a migration by comparing an empty
                                                       database, migrated to head, with the models
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import tempfile
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData
from sqlalchemy.engine import Connection

from . import config, db, ledger, models, paths


class DatabaseNotCurrent(Exception):
    """The database was migrated to another revision than this code needs."""


def all_tables() -> MetaData:
    """The metadata of every table, after importing each module that declares some."""
    for package in (models, ledger):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    return db.Base.metadata


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings in code; `connection` is what env.py migrates, in its own transaction."""
    settings = Config()
    settings.set_main_option("script_location", str(paths.data_dir("migrations")).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def head_revision() -> str | None:
    """The newest migration that this code knows; None while there is none."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def current_revision(engine: Engine) -> str | None:
    """The migration that the database has reached; None for an empty one."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    return current_revision(engine) == head_revision()


def require_current(engine: Engine) -> None:
    """Raises DatabaseNotCurrent, with the remedy, when the database is behind or ahead."""
    found, needed = current_revision(engine), head_revision()
    if found != needed:
        raise DatabaseNotCurrent(
            f"the database stands at migration {found or 'none'}, this version needs {needed}:"
            " run `wastehub migrate` (after `wastehub backup`), or use the matching version"
        )


class BrokenReferences(Exception):
    """A migration left rows that point to nothing; it was rolled back."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate to `revision` in one transaction: all of it or nothing.

    Raises BrokenReferences when rows would point to nothing afterwards (SQLite only: PostgreSQL
    checks as it goes).
    """
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if sqlite:
            # Altering means copying and dropping the table: with the checks on, the drop would
            # delete what refers to it. SQLite ignores the switch inside a transaction.
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                command.upgrade(alembic_config(connection), revision)
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise BrokenReferences(f"rows without their counterpart: {broken[:5]}")
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


def differences(engine: Engine) -> list[Any]:
    """What the migrated database lacks or has too much, compared with the models; [] is right."""
    metadata = all_tables()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def draft_revision(message: str) -> None:
    """Write a migration for what the models have and the migrations lack. Read it before use."""
    with tempfile.TemporaryDirectory() as folder:
        database = db.Database(f"sqlite:///{folder}/draft.db")
        try:
            upgrade(database.engine)
            with database.engine.begin() as connection:
                settings = alembic_config(connection)
                # 0001, 0002, ...: two branches that add a migration clash in git, early.
                number = len(list(ScriptDirectory.from_config(settings).walk_revisions())) + 1
                command.revision(settings, message, autogenerate=True, rev_id=f"{number:04d}")
        finally:
            database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m wastehub.migrate", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("upgrade", help="bring a database to the newest migration")
    up.add_argument("url", nargs="?", default=None)
    draft = actions.add_parser("revision", help="draft a migration from the models")
    draft.add_argument("message")
    arguments = parser.parse_args()
    if arguments.action == "revision":
        draft_revision(arguments.message)
        return
    settings = config.from_environment()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    database = db.Database(arguments.url or settings.database_url)
    upgrade(database.engine)
    print("at migration", current_revision(database.engine))
    database.dispose()


if __name__ == "__main__":
    main()
