"""Databases for tests: SQLite files and one real PostgreSQL server per run, copied from templates.

Fixtures (each test runs once per kind of database; a folder's conftest.py may override
`database_kind` with fewer):

    session          a Session with reference data and the region; rolled back after the test, even
                     when the code under test commits. Fast: use it for services.
    database         a wastehub.db.Database of its own with the same data: for real transactions,
                     threads, processes, the web application. Functions that fill it are built
                     once and copied for later tests if they are `remembered` (tests/worlds.py).
    empty_database   the same with tables but not a single row of reference data.
    bare_database    no tables at all: for migrations, backup, restore.

A template is made once per run and kind: by the migrations, or straight from the models while there
are no migrations or when WASTEHUB_TEST_SCHEMA=models. WASTEHUB_TEST_DATABASE_URL names a PostgreSQL
server to use instead of the embedded one; its user must be allowed to create databases.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.database_kinds import PostgresServer, SqliteFiles
from tests.worlds import Worlds

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wastehub.db import Database

KINDS = ("sqlite", "postgresql")
# When the reference data of the templates was loaded.
REFERENCE_AT = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def test_databases(run_dir: Path) -> Iterator[Databases]:
    own_dir = run_dir / f"own-{uuid.uuid4().hex[:8]}"
    own_dir.mkdir()
    made = Databases(run_dir, own_dir)
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
def database(
    request: pytest.FixtureRequest, test_databases: Databases, database_kind: str
) -> Iterator[Database]:
    # Under a patch another world may come about than the one that was kept.
    unpatched = "monkeypatch" not in request.fixturenames
    yield from test_databases.lent(database_kind, "reference", remembers=unpatched)


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
        self._worlds: dict[str, Worlds] = {}
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

    def lent(self, kind: str, template: str | None, *, remembers: bool = False) -> Iterator[Database]:
        url = self.copy(kind, template)
        opened = self._pointed_at(kind, url)
        self.worlds(kind).lend(opened, remembers)
        try:
            yield opened
        finally:
            in_use = opened.engine.pool.checkedout()  # type: ignore[attr-defined]
            opened.dispose()
            self.maker(kind).drop(url)
            # The next test would find what a thread of this one goes on to write.
            assert not in_use, f"{in_use} connections are still in use"
            self._idle.setdefault(kind, []).append(opened)

    def worlds(self, kind: str) -> Worlds:
        if kind not in self._worlds:
            self._worlds[kind] = Worlds(self.maker(kind))
        return self._worlds[kind]

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
        self.worlds(kind).watch(opened)

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
