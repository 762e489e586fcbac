"""Random tampering with a log, done alike to its bundle and to its database, for both verifiers to notice.

The forger has files and tables but no key: entries are changed, dropped, doubled, swapped or given other
masses, and everything that can be recomputed without a key is recomputed. The signed checkpoint stays as it
was.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from tests.ledger import acts
from tests.ledger.bundles import Forger, exported, members_of, verify
from tests.ledger.logs import checkpointed, cosigned, ledger_only, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import tree
from wastehub.ledger.rows import table
from wastehub.ledger.store import EntryRow, HeadRow
from wastehub.ledger.triggers import sealed_tables

Leaves = list[bytes]


def _flip(leaves: Leaves, chance: random.Random) -> None:
    at = chance.randrange(len(leaves))
    data = bytearray(leaves[at])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    leaves[at] = bytes(data)


def _drop(leaves: Leaves, chance: random.Random) -> None:
    del leaves[chance.randrange(len(leaves))]


def _double(leaves: Leaves, chance: random.Random) -> None:
    leaves.insert(chance.randrange(len(leaves)), chance.choice(leaves))


def _swap(leaves: Leaves, chance: random.Random) -> None:
    one, other = chance.sample(range(len(leaves)), 2)
    leaves[one], leaves[other] = leaves[other], leaves[one]


def _forge(leaves: Leaves, chance: random.Random) -> None:
    """Another mass in an entry that has one, in perfect form; only the signature is the old one."""
    weighed = [at for at, leaf in enumerate(leaves) if json.loads(leaf)["ev"]["lines"]]
    at = chance.choice(weighed)
    leaf = json.loads(leaves[at])
    leaf["ev"]["lines"][0]["mass_g"] = leaf["ev"]["lines"][0].get("mass_g", 0) + chance.choice((-1, 1, 500))
    leaves[at] = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


KINDS: dict[str, Callable[[Leaves, random.Random], None]] = {
    "flip": _flip,
    "drop": _drop,
    "double": _double,
    "swap": _swap,
    "forge": _forge,
}


@dataclass(frozen=True)
class Original:
    """A sealed log of some dozen entries, as database file and as bundle."""

    database: Path
    bundle: Path

    @classmethod
    def made(cls, folder: Path) -> Original:
        path = folder / "original.db"
        log = ledger_only(f"sqlite:///{path}")
        whole_way(log)
        for at in range(12):
            put(log, acts.registered(f"M{at}", 50_000 + at), acts.loaded(f"M{at}"))
        cosigned(log, checkpointed(log))
        bundle = exported(log, folder / "original.zip")
        with log.engine.begin() as connection:
            for made in sealed_tables():
                for act in ("update", "delete", "replace"):
                    connection.exec_driver_sql(f"DROP TRIGGER {made.name}_no_{act}")
        log.dispose()
        with contextlib.closing(sqlite3.connect(path)) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute("PRAGMA journal_mode=DELETE")
        return cls(path, bundle)


def noticed(original: Original, seed: int, folder: Path) -> tuple[str, bool, bool]:
    """One random change: its kind, and whether the verifier of the bundle and that of the database saw it."""
    chance = random.Random(seed)
    forger = Forger.of(original.bundle)
    before = list(forger.leaves)
    kind = chance.choice(list(KINDS))
    while forger.leaves == before:
        KINDS[kind](forger.leaves, chance)
    return kind, _in_bundle(forger, folder), _in_database(original, forger.leaves, folder)


def _in_bundle(forger: Forger, folder: Path) -> bool:
    made = forger.sealed(folder / "forged.zip", note=forger.members["checkpoint"])
    verdict = verify(made, "--level", "2")
    return verdict.code == 1 and "program.fault" not in verdict.found


def _in_database(original: Original, leaves: Leaves, folder: Path) -> bool:
    path = folder / "forged.db"
    shutil.copyfile(original.database, path)
    log = Database(f"sqlite:///{path}")
    with log.transaction() as session:
        old = list(session.execute(select(*table(EntryRow).c).order_by(EntryRow.idx)).mappings())
        session.execute(delete(EntryRow))
        try:
            session.execute(insert(table(EntryRow)), _rows(leaves, old))
        except Exception:  # two entries with one event id or number: the tables themselves refuse it
            session.rollback()
            log.dispose()
            return True
        edge = tree.CompactRange()
        for leaf in leaves:
            edge.append(tree.leaf_hash(leaf))
        changed = {"size": edge.size, "root": edge.root(), "frontier": edge.to_bytes()}
        session.execute(update(HeadRow).values(**changed))
    with log.reading() as session:
        report = ledger.verify(session)
    log.dispose()
    return not report.ok


def _rows(leaves: Leaves, old: list[dict[str, object]]) -> list[dict[str, object]]:
    """The columns say what the leaves say, as far as they can be read."""
    rows = []
    for idx, leaf in enumerate(leaves):
        row = dict(old[min(idx, len(old) - 1)]) | {
            "idx": idx,
            "leaf": leaf,
            "leaf_hash": tree.leaf_hash(leaf),
        }
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(leaf)
            ev = said["ev"]
            row |= {name: ev[name] for name in ("author", "aseq", "site", "type", "subject")}
            row |= {"event_id": uuid.UUID(ev["id"]), "sseq": said["sseq"]}
            row["event_at"] = datetime.fromisoformat(ev["eventTime"]).astimezone(UTC)
            row["recorded_at"] = datetime.fromisoformat(said["recv"]).astimezone(UTC)
        rows.append(row)
    return rows


def flipped_file(original: Original, seed: int, folder: Path) -> str:
    """One bit anywhere in the database file: who noticed, or "no evidence" where nothing that counts
    changed.
    """
    chance = random.Random(seed)
    path = folder / "flipped.db"
    data = bytearray(original.database.read_bytes())
    first, length = 0, len(data)
    if seed % 2:
        leaf = chance.choice(Forger.of(original.bundle).leaves)
        # A long entry may lie in two pages: its beginning is in one.
        first, length = data.find(leaf[:64]), 64
    data[first + chance.randrange(length)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    try:
        log = Database(f"sqlite:///{path}")
        try:
            with log.reading() as session:
                if not ledger.verify(session).ok:
                    return "verifier"
            again = exported(log, folder / "again.zip")
        finally:
            log.dispose()
        with contextlib.closing(sqlite3.connect(path)) as raw:
            if raw.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return "engine check"
        same = members_of(again) == members_of(original.bundle)
        return "no evidence" if same else "unnoticed"
    except Exception:
        return "engine"
