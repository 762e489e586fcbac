"""A backup brings everything back, on the same kind of database or the other; nothing half, nothing twice."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from tests.databases import KINDS, Databases, signer
from tests.firms import NOW
from tests.services.chain_world import Chain
from wastehub import backups, config, ledger, migrate
from wastehub.backups import BadBackup
from wastehub.db import Database
from wastehub.services import photos

PHOTO = b"not really a picture, but it has a hash"


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    return config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, test_databases: Databases) -> Iterator[Database]:
    """An empty database to restore into, of either kind."""
    yield from test_databases.lent(request.param, None)


@pytest.fixture
def empty(test_databases: Databases) -> Iterator[Database]:
    """For what is refused before the kind of database matters."""
    yield from test_databases.lent("sqlite", None)


@pytest.fixture
def photo(settings: config.Settings) -> Path:
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    path = photos.path_of(photos.folder_of(settings.blob_url), sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def backup(chain: Chain, settings: config.Settings, photo: Path, tmp_path: Path) -> Path:
    path = tmp_path / "day.zip"
    backups.write(chain.database, path, settings=settings, now=NOW)
    return path


def restore(database: Database, path: Path, settings: config.Settings) -> dict[str, int]:
    return backups.restore(database, path, settings=settings, now=NOW)


def elsewhere(settings: config.Settings, tmp_path: Path) -> config.Settings:
    return replace(settings, blob_url=(tmp_path / "elsewhere").as_uri())


def content(database: Database, table: Table) -> list[Any]:
    with database.reading() as session:
        query = select(table).order_by(*table.primary_key.columns)
        return [tuple(row) for row in session.execute(query)]


def changed(path: Path, target: Path, **members: bytes | None) -> Path:
    """A copy of a backup with some members replaced (None: left out); the zip itself is sound."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            wanted = members.pop(name, source.read(name))
            if wanted is not None:
                copy.writestr(name, wanted)
        for name, wanted in members.items():
            assert wanted is not None, name
            copy.writestr(name, wanted)
    return target


def test_everything_comes_back_on_either_kind_of_database(
    chain: Chain, target: Database, backup: Path, settings: config.Settings, tmp_path: Path
) -> None:
    there = elsewhere(settings, tmp_path)
    counts = restore(target, backup, there)
    assert counts["containers"] == 8 and counts["ledger_entry"] > 20
    for table in migrate.all_tables().sorted_tables:
        if not table.name.startswith("ledger_"):  # the ledger goes on: it says that it was restored
            assert content(target, table) == content(chain.database, table), table.name
    with chain.database.reading() as before, target.reading() as after:
        report = ledger.verify(after)
        assert report.ok and report.entries == counts["ledger_entry"] + 1
        assert ledger.unexplained_g(after) == 0
        old, new = ledger.latest(before, limit=1_000), ledger.latest(after, limit=1_000)
        assert [entry.leaf_hash for entry in new[1:]] == [entry.leaf_hash for entry in old]
        assert new[0].event.type == "backup.restored" and new[0].event.subject == NOW.isoformat()
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    assert photos.path_of(photos.folder_of(there.blob_url), sha256).read_bytes() == PHOTO


def test_the_signing_key_is_not_in_the_file(backup: Path) -> None:
    private = signer()
    with zipfile.ZipFile(backup) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
    assert {name.partition("/")[0] for name in names} == {"tables", "blobs", "manifest.json"}
    secrets = [bytes(value) for value in vars_of(private) if isinstance(value, bytes)]
    assert b"PRIVATE KEY" not in everything
    assert all(secret not in everything and secret.hex().encode() not in everything for secret in secrets)


def vars_of(thing: Any) -> list[Any]:
    """The private parts of a signer as bytes, however it keeps them."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    names = [*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())]
    found = [getattr(thing, name) for name in names if hasattr(thing, name)]
    keys = [each.private_bytes_raw() for each in found if isinstance(each, Ed25519PrivateKey)]
    assert keys, "a signer without a private key"
    return keys


def test_a_database_with_data_is_never_overwritten(
    chain: Chain, backup: Path, settings: config.Settings
) -> None:
    with chain.database.reading() as session:
        size = ledger.size(session)
    with pytest.raises(BadBackup, match="holds data already"):
        restore(chain.database, backup, settings)
    with chain.database.reading() as session:
        assert ledger.size(session) == size


def test_a_file_that_is_no_backup_is_refused(
    empty: Database, settings: config.Settings, tmp_path: Path
) -> None:
    text, other = tmp_path / "text.zip", tmp_path / "other.zip"
    text.write_text("nothing of the kind")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "another zip")
    for path in (text, other, tmp_path / "missing.zip"):
        with pytest.raises(BadBackup, match="no readable backup"):
            restore(empty, path, settings)


def test_another_version_is_refused_with_the_way_out(
    empty: Database, backup: Path, settings: config.Settings, tmp_path: Path
) -> None:
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    older = json.dumps(manifest | {"revision": "0000"}).encode()
    with pytest.raises(BadBackup, match="restore with the version that wrote it"):
        restore(empty, changed(backup, tmp_path / "older.zip", **{"manifest.json": older}), settings)
    foreign = json.dumps(manifest | {"format": "other-1"}).encode()
    with pytest.raises(BadBackup, match="this version reads"):
        restore(empty, changed(backup, tmp_path / "foreign.zip", **{"manifest.json": foreign}), settings)


def test_a_damaged_file_is_refused_and_leaves_nothing_behind(
    chain: Chain, empty: Database, backup: Path, settings: config.Settings, tmp_path: Path
) -> None:
    with zipfile.ZipFile(backup) as archive:
        table = archive.read("tables/containers.jsonl")
        blob = next(name for name in archive.namelist() if name.startswith("blobs/"))
    there = elsewhere(settings, tmp_path)
    flipped = bytearray(backup.read_bytes())
    flipped[len(flipped) // 2] ^= 0xFF
    rotten, cut = tmp_path / "rotten.zip", tmp_path / "cut.zip"
    rotten.write_bytes(flipped)
    cut.write_bytes(backup.read_bytes()[:-2_000])
    damaged = [
        rotten,
        cut,
        changed(backup, tmp_path / "a.zip", **{"tables/containers.jsonl": table.replace(b"000", b"001", 1)}),
        changed(backup, tmp_path / "b.zip", **{"tables/containers.jsonl": table[:-30]}),
        changed(backup, tmp_path / "c.zip", **{"tables/containers.jsonl": None}),
        changed(backup, tmp_path / "d.zip", **{blob: b"another picture"}),
        changed(backup, tmp_path / "e.zip", **{f"blobs/../{Path(blob).name}": PHOTO}),
    ]
    for path in damaged:
        with pytest.raises(BadBackup):
            restore(empty, path, there)
    assert not (tmp_path / "elsewhere").exists()
    assert restore(empty, backup, there)["containers"] == 8, "the sound file still fits"
