"""Backup and restore: everything in one file that does not depend on the kind of database.

A zip with one JSON-lines member per table, the photos, and a manifest of counts and SHA-256 sums.
A backup from SQLite can be restored into PostgreSQL and the other way round. The private signing
key is not in it: whoever holds a backup must not be able to write history (docs/operations.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

from sqlalchemy import Table, func, inspect, select, text
from sqlalchemy.engine import Connection

from . import migrate
from .config import Settings
from .db import Database

FORMAT = "wastehub-backup-1"
CHUNK = 2_000


class BadBackup(Exception):
    """The file cannot be restored here; the message says why and what to do."""


def blob_dir(settings: Settings) -> Path:
    """The folder of the photos (a file: address; object stores bring their own backups)."""
    return Path(url2pathname(urlsplit(settings.blob_url).path))


def write(database: Database, path: Path, *, settings: Settings, now: datetime) -> dict[str, int]:
    """Write the backup; returns rows by table. The file appears only when it is complete."""
    unfinished = path.with_name(path.name + ".part")
    counts: dict[str, int] = {}
    sums: dict[str, str] = {}
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        with database.reading() as session:
            connection = session.connection()
            for table in migrate.all_tables().sorted_tables:
                with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                    counts[table.name], sums[table.name] = _dump(connection, table, member)
        for photo in sorted(blob_dir(settings).glob("*")) if blob_dir(settings).is_dir() else []:
            archive.write(photo, f"blobs/{photo.name}")
        manifest = {
            "format": FORMAT,
            "revision": migrate.current_revision(database.engine),
            "written_at": now.isoformat(),
            "rows": counts,
            "sha256": sums,
        }
        archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    unfinished.replace(path)
    return counts


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
    read = {
        "at": datetime.fromisoformat,
        "on": date.fromisoformat,
        "id": UUID,
        "b64": base64.b64decode,
    }[kind]
    return read(content)


def restore(database: Database, path: Path, *, settings: Settings) -> dict[str, int]:
    """Fill an empty database from a backup, in one transaction. Returns rows by table.

    Raises BadBackup for a damaged or foreign file, another version, or a database with data.
    """
    try:
        archive = zipfile.ZipFile(path)
        manifest = json.loads(archive.read("manifest.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadBackup(f"{path} is no readable backup: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BadBackup(f"{path} has format {manifest.get('format')!r}; this version reads {FORMAT}")
    with archive:
        _require_same_version(manifest)
        _require_empty(database)
        migrate.upgrade(database.engine)
        with database.transaction() as session:
            connection = session.connection()
            for table in migrate.all_tables().sorted_tables:
                _load(connection, table, archive, manifest)
            _continue_counting(connection)
        for name in archive.namelist():
            if name.startswith("blobs/"):
                _restore_blob(archive, name, blob_dir(settings))
    rows: dict[str, int] = manifest["rows"]
    return rows


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
    with archive.open(f"tables/{table.name}.jsonl") as member:
        for line in _lines(member, digest):
            chunk.append(dict(zip(names, map(_value, json.loads(line)), strict=True)))
            if len(chunk) == CHUNK:
                connection.execute(table.insert(), chunk)
                chunk = []
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
    """A photo under the name of its content; a name that leads elsewhere is refused."""
    content = archive.read(name)
    stem = Path(name).name
    if hashlib.sha256(content).hexdigest() != stem.split(".")[0]:
        raise BadBackup(f"the backup is damaged: photo {stem} differs from its name")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stem).write_bytes(content)
