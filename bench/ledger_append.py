"""How many events a second `append` takes, and how long `verify` needs: python bench/ledger_append.py."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from wastehub import ledger
from wastehub.db import Base, Database
from wastehub.ledger import Event, Line

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALLS, EVENTS, LINES = 10, 1_000, 2


def registrations(call: int) -> list[Event]:
    """Batches of two containers each, every batch at one of 200 sites."""
    made = []
    for at in range(EVENTS):
        site, number = f"ent:{at % 200:018d}", f"{call:04d}{at:06d}"
        lines = tuple(
            Line(f"{number}{line:027d}", f"{site}/{number}", "900-214-08", 12_500 + at)
            for line in range(LINES)
        )
        facts = {"basis": "weighed", "tolerance_floor_g": 500, "tolerance_ppm": 5_000}
        made.append(
            Event("batch.registered", "user:bench", site, NOW, lines=lines, subject=number, facts=facts)
        )
    return made


def measure(url: str) -> dict[str, float]:
    database = Database(url, signer=ledger.Signer.generate())
    with database.engine.begin() as connection:
        Base.metadata.create_all(connection)
        ledger.create_triggers(connection)
    seconds = []
    for call in range(CALLS):
        events = registrations(call)
        started = time.perf_counter()
        with database.transaction() as session:
            ledger.append(session, events, now=NOW)
        seconds.append(time.perf_counter() - started)
    single = time.perf_counter()
    for event in registrations(CALLS)[:100]:
        with database.transaction() as session:
            ledger.append(session, [event], now=NOW)
    single = time.perf_counter() - single
    started = time.perf_counter()
    with database.reading() as session:
        report = ledger.verify(session)
    checked = time.perf_counter() - started
    assert report.ok, report.problems[:3]
    database.dispose()
    median = sorted(seconds)[CALLS // 2]
    return {
        "append_1000_s_median": round(median, 3),
        "append_1000_s_max": round(max(seconds), 3),
        "events_per_s": round(EVENTS / median),
        "one_event_per_commit_per_s": round(100 / single),
        "verify_us_per_entry": round(checked / report.entries * 1e6),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(f"sqlite:///{Path(folder) / 'bench.db'}"), indent=1))
