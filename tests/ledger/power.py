"""A disk that loses power: SQLite on a file system of ours (an apsw VFS) that knows what was really written.

Beside each file it keeps the image that is durable, i.e. what was written before the last completed sync. A
cut leaves that image plus any part of the later writes, in any order, each torn at 512-byte sectors: what
`kill -9` can never show, because the operating system's cache survives it.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from wastehub.db import Database

SECTOR = 512
Write = tuple[int, bytes | None]


class PowerLost(apsw.IOError):
    """Nothing answers any more."""


@dataclass
class Disk:
    """`cut_after` operations the power fails; `full` refuses growth; `sync_fails`: so many syncs go wrong,
    and what they should have written is lost although later syncs report success.
    """

    cut_after: int | None = None
    full: bool = False
    sync_fails: int = 0
    operations: int = 0
    durable: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Write]] = field(default_factory=dict)

    def open(self, name: str) -> None:
        if name not in self.durable:
            path = Path(name)
            self.durable[name] = bytearray(path.read_bytes() if path.exists() else b"")
            self.pending[name] = []

    def step(self) -> None:
        self.operations += 1
        if self.cut_after is not None and self.operations > self.cut_after:
            raise PowerLost("power lost")

    def sync(self, name: str) -> None:
        waiting, self.pending[name] = self.pending[name], []
        if self.sync_fails:
            self.sync_fails -= 1
            raise apsw.IOError("sync failed")
        for write in waiting:
            put(self.durable[name], write)

    def survivors(self, chance: random.Random) -> dict[str, bytes]:
        """The files as they are found after the cut: nothing, everything or any torn part of the rest."""
        found = {}
        for name, image in self.durable.items():
            made, share = bytearray(image), chance.choice((0.0, 0.5, 0.9, 1.0))
            for write in self.pending[name]:
                for part in torn(write):
                    if chance.random() < share:
                        put(made, part)
            found[name] = bytes(made)
        return found


def torn(write: Write) -> Iterator[Write]:
    offset, data = write
    if data is None:
        yield write
        return
    for at in range(0, len(data), SECTOR):
        yield offset + at, data[at : at + SECTOR]


def put(image: bytearray, write: Write) -> None:
    offset, data = write
    if data is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk, self._name = disk, name
        disk.open(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.step()
        if self._disk.full and offset + len(data) > self.xFileSize():
            raise apsw.FullError("disk full")
        self._disk.pending[self._name].append((offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.step()
        self._disk.pending[self._name].append((newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.step()
        self._disk.sync(self._name)


class Vfs(apsw.VFS):
    """One for the whole process; `disk` is the disk of the moment."""

    NAME = "wastehub-power"

    def __init__(self) -> None:
        super().__init__(self.NAME, "")
        self.disk = Disk()

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        if text is None:
            return apsw.VFSFile("", name, flags)
        return _File(self.disk, text, flags)


def opened(vfs: Vfs, path: Path, disk: Disk, *, synchronous: str = "FULL") -> Database:
    """The product's own Database on that disk, with the product's own settings."""
    vfs.disk = disk
    connect = _Connection(path, vfs.NAME)
    engine = create_engine("sqlite://", module=_dbapi(), creator=lambda: connect, poolclass=StaticPool)
    database = Database("sqlite://", engine=engine)

    @event.listens_for(database.engine, "connect")
    def settings(dbapi: Any, _record: Any) -> None:
        assert dbapi.cursor().execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert dbapi.cursor().execute("PRAGMA synchronous").fetchall() == [(2,)]
        dbapi.cursor().execute(f"PRAGMA synchronous={synchronous}")
        # Often, so that cuts fall into checkpoints of the WAL as well.
        dbapi.cursor().execute("PRAGMA wal_autocheckpoint=60")

    return database


# --- as much of a DB-API module over apsw as SQLAlchemy asks for
# ------------------------------------------------


def _dbapi() -> Any:
    module = types.ModuleType("apsw_dbapi")
    for name in dir(sqlite3):
        if name.endswith(("Error", "Warning")) or name in ("paramstyle", "sqlite_version_info", "Binary"):
            setattr(module, name, getattr(sqlite3, name))
    module.sqlite_version_info = tuple(map(int, apsw.sqlite_lib_version().split(".")))
    return module


class _Connection:
    isolation_level: Any = None

    def __init__(self, path: Path, vfs: str) -> None:
        self._raw = apsw.Connection(str(path), vfs=vfs)

    def create_function(self, name: str, count: int, made: Any, deterministic: bool = False) -> None:
        self._raw.create_scalar_function(name, made, count, deterministic=deterministic)

    def cursor(self) -> _Cursor:
        return _Cursor(self._raw)

    @property
    def in_transaction(self) -> bool:
        return self._raw.in_transaction

    def commit(self) -> None:
        if self._raw.in_transaction:
            self.cursor().execute("COMMIT")

    def rollback(self) -> None:
        if self._raw.in_transaction:
            self.cursor().execute("ROLLBACK")

    def close(self) -> None:
        with contextlib.suppress(apsw.Error):  # closing writes, too, and the disk may be gone
            self._raw.close()


class _Cursor:
    arraysize = 1
    lastrowid = None

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw = raw
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1

    def execute(self, sql: str, values: Sequence[Any] = ()) -> _Cursor:
        return self._run(lambda cursor: cursor.execute(sql, tuple(values)))

    def executemany(self, sql: str, values: Sequence[Sequence[Any]]) -> _Cursor:
        return self._run(lambda cursor: cursor.executemany(sql, [tuple(each) for each in values]))

    def _run(self, call: Any) -> _Cursor:
        cursor = self._raw.cursor()
        self.description = None
        cursor.exec_trace = self._started
        try:
            self._rows = list(call(cursor))
        except apsw.ConstraintError as error:
            raise sqlite3.IntegrityError(str(error)) from error
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error
        self.rowcount = self._raw.changes()
        return self

    def _started(self, cursor: apsw.Cursor, _sql: str, _values: Any) -> bool:
        described = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _type in described] or None
        return True

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[Any]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []
