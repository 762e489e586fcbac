"""Backup and restore: everything in one file that does not depend on the kind of database.

A zip with one JSON-lines member per table, the photos, and a manifest of counts and SHA-256 sums.
A backup from SQLite can be restored into PostgreSQL and the other way round. The private signing
key is not in it: whoever holds a backup must not be able to write history (docs/operations.md).
That a backup was restored is itself an entry in the ledger.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

from sqlalchemy import Table, func, inspect, select, text
from sqlalchemy.engine import Connection

from . import ledger, migrate
from .config import Settings
from .db import Database

FORMAT = "wastehub-backup-1"
MANIFEST, TABLES, BLOBS = "manifest.json", "tables/", "blobs/"
CHUNK = 2_000


class BadBackup(Exception):
    """The file cannot be restored here; the message says why and what to do."""


def blob_dir(settings: Settings) -> Path:
    """The folder of the photos (a file: address; object stores bring their own backups)."""
    return Path(url2pathname(urlsplit(settings.blob_url).path))


def write(database: Database, path: Path, *, settings: Settings, now: datetime) -> dict[str, int]:
    """Write the backup; returns rows by table. The file appears only when it is complete."""
    unfinished = path.with_name(path.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        counts, sums = _dump_tables(database, archive)
        for photo in _photos(blob_dir(settings)):
            archive.write(photo, f"{BLOBS}{photo.relative_to(blob_dir(settings)).as_posix()}")
        manifest = {
            "format": FORMAT,
            "revision": migrate.current_revision(database.engine),
            "written_at": now.isoformat(),
            "rows": counts,
            "sha256": sums,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    unfinished.replace(path)
    return counts


def _dump_tables(database: Database, archive: zipfile.ZipFile) -> tuple[dict[str, int], dict[str, str]]:
    """Every table as of one moment, while others go on writing; counts and checksums by table."""
    counts: dict[str, int] = {}
    sums: dict[str, str] = {}
    with database.reading() as session:
        if database.engine.dialect.name == "postgresql":
            # SQLite reads from one snapshot anyway.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        connection = session.connection()
        for table in migrate.all_tables().sorted_tables:
            with archive.open(f"{TABLES}{table.name}.jsonl", "w", force_zip64=True) as member:
                counts[table.name], sums[table.name] = _dump(connection, table, member)
    return counts, sums


def _photos(folder: Path) -> list[Path]:
    """The finished files of the blob store."""
    found = folder.rglob("*") if folder.is_dir() else []
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def _dump(connection: Connection, table: Table, member: IO[bytes]) -> tuple[int, str]:
    digest = hashlib.sha256()
    rows = connection.execution_options(yield_per=CHUNK).execute(
        select(table).order_by(*table.primary_key.columns)
    )
    count = 0
    for row in rows:
        line = json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n"
        digest.update(line)
        member.write(line)
        count += 1
    return count, digest.hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON; what JSON lacks becomes {"t": kind, "v": text}."""
    if isinstance(value, datetime):
        return {"t": "at", "v": value.isoformat()}
    if isinstance(value, date):
        return {"t": "on", "v": value.isoformat()}
    if isinstance(value, UUID):
        return {"t": "id", "v": str(value)}
    if isinstance(value, (bytes, memoryview)):
        return {"t": "b64", "v": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (dict, list)):
        return {"t": "json", "v": value}
    return value


def _value(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    kind, content = plain["t"], plain["v"]
    if kind == "json":
        return content
    read: dict[str, Callable[[str], Any]] = {
        "at": datetime.fromisoformat,
        "on": date.fromisoformat,
        "id": UUID,
        "b64": base64.b64decode,
    }
    return read[kind](content)


def restore(database: Database, path: Path, *, settings: Settings, now: datetime) -> dict[str, int]:
    """Fill an empty database from a backup, in one transaction. Returns rows by table.

    Raises BadBackup for a damaged or foreign file, another version, or a database with data.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _require_same_version(manifest)
        _require_empty(database)
        _require_whole(archive)
        migrate.upgrade(database.engine)
        with database.transaction() as session:
            connection = session.connection()
            for table in migrate.all_tables().sorted_tables:
                _load(connection, table, archive, manifest)
            _continue_counting(connection)
            ledger.append(session, [_restored(manifest, now)], now=now)
        for name in _blobs(archive):
            _restore_blob(archive, name, blob_dir(settings))
    rows: dict[str, int] = manifest["rows"]
    return rows


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadBackup(f"{path} is no readable backup: {error}") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        read: Any = json.loads(archive.read(MANIFEST))
        found = read.get("format")
    except (KeyError, ValueError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadBackup(f"{path} is no readable backup: {error}") from error
    if found != FORMAT:
        raise BadBackup(f"{path} has format {found!r}; this version reads {FORMAT}")
    manifest: dict[str, Any] = read
    return manifest


def _require_whole(archive: zipfile.ZipFile) -> None:
    """Every member can be read, every photo is what its name says: found out before anything is written."""
    try:
        broken = archive.testzip()
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BadBackup(f"the backup is damaged: {error}") from error
    if broken is not None:
        raise BadBackup(f"the backup is damaged: {broken} cannot be read")
    for name in _blobs(archive):
        content = PurePosixPath(name)
        if content.is_absolute() or ".." in content.parts:
            raise BadBackup(f"the backup leads out of the photo folder: {name}")
        if hashlib.sha256(archive.read(name)).hexdigest() != content.stem:
            raise BadBackup(f"the backup is damaged: photo {content.name} differs from its name")


def _blobs(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if name.startswith(BLOBS) and not name.endswith("/")]


def _restored(manifest: dict[str, Any], now: datetime) -> ledger.Event:
    return ledger.Event(
        type="backup.restored",
        author="service",
        site="service",
        at=now,
        subject=manifest["written_at"],
        facts={"entries": manifest["rows"]["ledger_entry"]},
    )


def _require_same_version(manifest: dict[str, Any]) -> None:
    if manifest["revision"] != migrate.head_revision():
        raise BadBackup(
            f"the backup was written at migration {manifest['revision']}, this version stands at "
            f"{migrate.head_revision()}: restore with the version that wrote it, then migrate"
        )


def _require_empty(database: Database) -> None:
    if "organisations" not in inspect(database.engine).get_table_names():
        return
    with database.reading() as session:
        for name in ("organisations", "ledger_entry", "users"):
            table = migrate.all_tables().tables[name]
            if session.scalar(select(func.count()).select_from(table)):
                raise BadBackup("the database holds data already: restore into an empty one")


def _load(connection: Connection, table: Table, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    digest = hashlib.sha256()
    names = [column.key for column in table.columns]
    chunk: list[dict[str, Any]] = []
    try:
        with archive.open(f"{TABLES}{table.name}.jsonl") as member:
            for line in _lines(member, digest):
                chunk.append(dict(zip(names, map(_value, json.loads(line)), strict=True)))
                if len(chunk) == CHUNK:
                    connection.execute(table.insert(), chunk)
                    chunk = []
    except (KeyError, ValueError, TypeError) as error:
        raise BadBackup(f"the backup is damaged: table {table.name}: {error}") from error
    if chunk:
        connection.execute(table.insert(), chunk)
    if digest.hexdigest() != manifest["sha256"][table.name]:
        raise BadBackup(f"the backup is damaged: table {table.name} differs from its checksum")


def _lines(member: IO[bytes], digest: Any) -> Iterator[bytes]:
    for line in member:
        digest.update(line)
        yield line


def _continue_counting(connection: Connection) -> None:
    """PostgreSQL's counters must go on after the restored keys."""
    if connection.dialect.name != "postgresql":
        return
    for table in migrate.all_tables().sorted_tables:
        key = table.autoincrement_column
        if key is None:
            continue
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :key)"), {"table": table.name, "key": key.name}
        )
        if sequence:
            newest = connection.scalar(select(func.max(key)))
            connection.execute(
                text("SELECT setval(:sequence, :value, :used)"),
                {"sequence": sequence, "value": newest or 1, "used": newest is not None},
            )


def _restore_blob(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    """A photo at its place in the store."""
    target = folder.joinpath(*PurePosixPath(name.removeprefix(BLOBS)).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(archive.read(name))
