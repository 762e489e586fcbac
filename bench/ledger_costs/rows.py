"""Rows of the page: one JSON object a line in var/bench/ledger.jsonl, the newest of each name counts."""

from __future__ import annotations

import json
import os
import platform
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy


@dataclass(frozen=True)
class Row:
    """One result. `limit` as text, empty when there is none; `met` None then. `load`: of the machine, others'
    work included, when it was measured.
    """

    name: str
    value: str
    limit: str
    met: bool | None
    detail: str
    at: str = ""
    load: float = 0.0
    measure: str = ""


HEAD = """\
# What the ledger costs

Written by `python3 -m wastehub bench ledger`; do not edit. Every row stands beside the bare limit of the
same run:

* *raw commits*: one row of 600 bytes a transaction, one writer, the bare driver, the same file or server and
  the same settings (SQLite `synchronous=FULL`, PostgreSQL `fsync` and `synchronous_commit` on);
* *each flush N ms later*: before it asks the disk, every fsync and fdatasync of that run sleeps N ms, in the
  raw commits as in web server, job worker and PostgreSQL (`--flush-ms N`). A cache that answers a flush at
  once leaves only the processor to compare; with the delay the row says how much of an act is waiting for
  the disk;
* *bare hashing*: the SHA-256 blocks that the leaves and nodes of the log need, hashed in one call on the same
  core.

The verifier is the shipped file in a process of its own, the bundle stored uncompressed and generated
without a database. HTTP acts go through gunicorn as `wastehub run` starts it, with the job worker that seals
beside it; clients, server and database share the machine. *Load* is the machine's load average when the row
was written: above its number of cores others were at work as well, and times by the clock are worse than
they would be alone.
"""


def kept(path: Path) -> list[Row]:
    """The last row of each name, in the order in which the names first appeared; those of a measure with
    delayed flushes behind those without.
    """
    found: dict[str, Row] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = Row(**json.loads(line))
            found[row.name] = row
    plain = [row.measure.partition("+")[0] for row in found.values()]
    return sorted(found.values(), key=lambda row: plain.index(row.measure.partition("+")[0]))


def add(path: Path, measure: str, made: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"at": at, "load": round(os.getloadavg()[0], 1), "measure": measure}
    with path.open("a", encoding="utf-8") as file:
        for row in made:
            print(f"{row.name}: {row.value} (limit {row.limit or '-'}); {row.detail}", flush=True)
            file.write(json.dumps(asdict(row) | said, ensure_ascii=False) + "\n")


def is_fresh(path: Path, measure: str, hours: int = 12) -> bool:
    """Whether the measure has rows of this day: a run that was interrupted goes on behind it."""
    oldest = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    return any(row.measure == measure and row.at > oldest for row in kept(path))


def write_page(path: Path, rows: Sequence[Row]) -> None:
    signs = {True: "yes", False: "**no**", None: ""}
    machine = f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"
    libraries = f"{' '.join(ssl.OPENSSL_VERSION.split()[:2])}, SQLAlchemy {sqlalchemy.__version__}"
    lines = [
        HEAD,
        f"Machine: {machine}, {libraries}, {platform.system()}.",
        "",
        "| measure | value | limit | reached | detail | load | run |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.name} | {row.value} | {row.limit} | {signs[row.met]} | {row.detail} | {row.load or ''} "
            f"| {row.at[:10]} |"
            for row in rows
        ),
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
