"""Many events in one call: what phones have collected, with device signatures checked, and imports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from bench.ledger_costs import stores
from bench.ledger_costs.rows import Row
from wastehub import ledger, memory
from wastehub.db import Database
from wastehub.ledger import Event, Line, canonical, signing
from wastehub.ledger.events import body
from wastehub.ledger.signing import Checker

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALLS, EVENTS, OUTBOX, FIRMS = 8, 1_000, 100, 200
LIMITS_PER_S = {"SQLite": 5_000, "PostgreSQL": 2_500}
Call = Callable[[Database, int], tuple[int, float, float]]
FACTS = {"basis": "weighed", "tolerance_floor_g": 500, "tolerance_ppm": 5_000}


@dataclass(frozen=True)
class Device:
    """A phone with a key of its own; `checker` is what the service knows of it."""

    signer: signing.Signer
    checker: Checker

    @classmethod
    def made(cls, number: int) -> Device:
        signer = signing.Signer.from_seed(number.to_bytes(32, "big"))
        return cls(signer, Checker(signer.public_key))


def registration(call: int, at: int, **changes: object) -> Event:
    """A batch of one container, at one of many firms."""
    number = f"{call:04d}{at:06d}"
    site = f"ent:{at % FIRMS:018d}"
    line = Line(f"{number}{0:027d}", f"{site}/{number}", "900-214-08", 12_500 + at)
    made = Event("batch.registered", "user:bench", site, NOW, lines=(line,), subject=number, facts=FACTS)
    for name, value in changes.items():
        object.__setattr__(made, name, value)
    return made


def measure(folder: Path, kind: str, calls: int = CALLS) -> list[Row]:
    with stores.ledger_only(kind, folder) as database:
        raw = stores.raw_commits_per_s(database.engine.url.render_as_string(hide_password=False))
        _append(database, [registration(9_999, at) for at in range(100)])
        memory.settle()  # as wastehub.wsgi does
        imports = _Rate.of(database, calls, _imported)
        outbox = _Rate.of(database, calls, _drained)
        with database.reading() as session:
            assert ledger.unexplained_g(session) == 0
    limit = LIMITS_PER_S[kind]
    return [
        Row(
            f"outbox drain, device signatures checked, {kind}",
            f"{outbox.per_cpu_s:,.0f} events/s/core",
            "1,000",
            outbox.per_cpu_s >= 1_000,
            f"{OUTBOX} events a commit, Ed25519; {outbox.per_s:,.0f}/s by the clock; "
            f"raw commits {raw:,.0f}/s",
        ),
        Row(
            f"imports signed by the service, {kind}",
            f"{imports.per_cpu_s:,.0f} events/s/core",
            f"{limit:,}",
            imports.per_cpu_s >= limit,
            f"{EVENTS:,} events a commit; {imports.per_s:,.0f}/s by the clock; raw commits {raw:,.0f}/s",
        ),
    ]


@dataclass(frozen=True)
class _Rate:
    """Events per second of CPU, of this process and of the database server, and per second by the clock."""

    per_cpu_s: float
    per_s: float

    @classmethod
    def of(cls, database: Database, calls: int, call: Call) -> _Rate:
        server_s = stores.server_cpu_s(database)
        made = [call(database, number) for number in range(calls)]
        events, cpu_s, wall_s = (sum(column) for column in zip(*made, strict=True))
        return cls(events / (cpu_s + stores.server_cpu_s(database) - server_s), events / wall_s)


def _append(database: Database, events: list[Event]) -> None:
    with database.transaction() as session:
        receipts = ledger.append(session, events, now=NOW)
    assert all(receipt.posted and not receipt.replayed for receipt in receipts)


def _imported(database: Database, call: int) -> tuple[int, float, float]:
    events = [registration(call, at) for at in range(EVENTS)]
    cpu, wall = time.process_time(), time.perf_counter()
    _append(database, events)
    return EVENTS, time.process_time() - cpu, time.perf_counter() - wall


def _drained(database: Database, call: int) -> tuple[int, float, float]:
    """Ten phones, each with an outbox of a hundred events that it numbered and signed."""
    boxes = []
    for phone in range(10):
        device = Device.made(phone + 1)
        first = (call * 10 + phone) * OUTBOX
        events = [
            registration(5_000 + call, phone * OUTBOX + at, id=UUID(int=10**9 + first + at))
            for at in range(OUTBOX)
        ]
        signed = [(event, device.signer.sign(canonical.dumps(body(event)))) for event in events]
        boxes.append((device, signed))
    cpu, wall = time.process_time(), time.perf_counter()
    for device, signed in boxes:
        for event, signature in signed:
            if not device.checker.accepts(signature, canonical.dumps(body(event))):
                raise SystemExit("a good signature was refused")
        _append(database, [event for event, _ in signed])
    return 10 * OUTBOX, time.process_time() - cpu, time.perf_counter() - wall
