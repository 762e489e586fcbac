"""Power cuts, full disks, failing syncs: F2 and F3 of the fault cases, with the product's own settings."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, SERVICE, ledger_only, proven, put
from tests.ledger.power import Disk, Vfs, opened
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import integrating
from wastehub.ledger.events import Event
from wastehub.ledger.store import EntryRow

OPERATIONS = range(5, 700)


@pytest.fixture(scope="module")
def vfs() -> Iterator[Vfs]:
    made = Vfs()
    yield made
    made.unregister()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written_image(tmp_path_factory.mktemp("image"))


def written_image(folder: Path) -> bytes:
    """A log of four entries, all of it on the disk."""
    path = folder / "image.db"
    database = ledger_only(f"sqlite:///{path}")
    put(database, acts.registered("old-1"), acts.registered("old-2"), acts.loaded("old-1"))
    database.dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@dataclass
class Life:
    """What a client was told: the receipts of every call that came back, and the size of each call."""

    size: int = 4
    acknowledged: list[ledger.Receipt] = field(default_factory=list)
    calls: list[int] = field(default_factory=lambda: [4])

    def go_on(self, database: Database, chance: random.Random, calls: int) -> None:
        """Append until something breaks; a checkpoint is signed now and then."""
        for call in range(calls):
            events = facts(f"{self.size}.{call}", chance.choice((1, 1, 2, 7, 30)))
            receipts = put(database, *events)
            self.acknowledged += receipts
            self.size += len(receipts)
            self.calls.append(self.size)
            if chance.random() < 0.2:
                with database.transaction() as session:
                    integrating.integrate(session, [LOG], now=NOW)


def facts(name: str, count: int) -> list[Event]:
    return [acts.registered(f"L{name}.{at}") for at in range(count)]


def started(vfs: Vfs, path: Path, disk: Disk, image: bytes, **settings: str) -> Database:
    path.write_bytes(image)
    database = opened(vfs, path, disk, **settings)
    database.signer = SERVICE
    return database


def found_again(folder: Path, disk: Disk, chance: random.Random) -> Database:
    """The files after the cut, opened by an ordinary SQLite."""
    path = folder / "found.db"
    for name, data in disk.survivors(chance).items():
        suffix = "-wal" if name.endswith("-wal") else ""
        if data or not suffix:
            path.with_name(path.name + suffix).write_bytes(data)
    return Database(f"sqlite:///{path}", signer=SERVICE)


def cut_once(vfs: Vfs, folder: Path, image: bytes, seed: int, **settings: str) -> bool:
    """Live, lose power, look: False when an acknowledged entry is gone. Anything else must be whole."""
    chance = random.Random(seed)
    disk, life = Disk(cut_after=chance.choice(OPERATIONS)), Life()
    database = started(vfs, folder / "live.db", disk, image, **settings)
    with pytest.raises(OperationalError):
        life.go_on(database, chance, calls=200)
    database.dispose()
    found = found_again(folder, disk, chance)
    try:
        report = proven(found)
        if report.entries < life.size:
            return False
        assert report.entries == life.size or report.entries - life.size in (1, 2, 7, 30), seed
        with found.reading() as session:
            kept = dict(session.execute(select(EntryRow.event_id, EntryRow.idx)).all())
        assert all(kept[receipt.event_id] == receipt.idx for receipt in life.acknowledged), seed
        put(found, acts.registered("after"))
        with found.transaction() as session:
            assert integrating.integrate(session, [LOG], now=NOW) is not None
        return True
    finally:
        found.dispose()
        for left in folder.iterdir():
            left.unlink()


def cuts(vfs: Vfs, folder: Path, image: bytes, seeds: range, **settings: str) -> int:
    """How many of the cuts lost something that was acknowledged."""
    place = folder / "disk"
    place.mkdir()
    return sum(not cut_once(vfs, place, image, seed, **settings) for seed in seeds)


def test_no_power_cut_loses_what_was_acknowledged(vfs: Vfs, image: bytes, tmp_path: Path) -> None:
    assert cuts(vfs, tmp_path, image, range(12)) == 0


@pytest.mark.long
def test_a_thousand_power_cuts_lose_nothing(vfs: Vfs, image: bytes, tmp_path: Path) -> None:
    assert cuts(vfs, tmp_path, image, range(1_000, 2_000)) == 0


def test_with_less_than_full_syncing_the_same_cuts_do_lose(vfs: Vfs, image: bytes, tmp_path: Path) -> None:
    """The disk is worth nothing if it forgives: this is why the product runs with FULL."""
    assert cuts(vfs, tmp_path, image, range(12), synchronous="NORMAL") > 0


def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(
    vfs: Vfs, image: bytes, tmp_path: Path
) -> None:
    disk = Disk()
    database = started(vfs, tmp_path / "live.db", disk, image)
    put(database, *facts("before", 3))
    disk.full = True
    with pytest.raises(OperationalError, match="full"):
        for at in range(50):
            put(database, *facts(f"full{at}", 30))
    kept = proven(database).entries
    disk.full = False
    put(database, *facts("after", 1))
    assert proven(database).entries == kept + 1


@pytest.mark.parametrize("seed", range(6))
def test_after_a_sync_that_failed_nothing_acknowledged_is_lost(
    vfs: Vfs, image: bytes, tmp_path: Path, seed: int
) -> None:
    """The writes of the failed sync are gone though the next sync succeeds, as on Linux: SQLite must write
    them again, not sync again. Then the power fails, too.
    """
    chance = random.Random(seed)
    disk, life = Disk(), Life()
    database = started(vfs, tmp_path / "live.db", disk, image)
    life.go_on(database, chance, calls=chance.randrange(1, 12))
    disk.sync_fails = 1
    with pytest.raises(OperationalError):
        for at in range(200):
            receipts = put(database, acts.registered(f"failing{at}"))
            life.acknowledged += receipts
            life.size += 1
    life.go_on(database, chance, calls=5)
    disk.cut_after = disk.operations + chance.choice((1, 5, 40))
    with pytest.raises(OperationalError):
        life.go_on(database, chance, calls=200)
    database.dispose()
    (tmp_path / "found").mkdir()
    found = found_again(tmp_path / "found", disk, chance)
    assert proven(found).entries >= life.size
    found.dispose()
