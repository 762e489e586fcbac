"""What must never be lost or pass: kill -9, power cuts, tampering, by the machinery of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from bench.ledger_costs import stores
from bench.ledger_costs.rows import Row
from tests.ledger import tampering

ROOT = Path(__file__).resolve().parents[2]
NEVER = ("lost", "torn", "gaps", "refused", "damaged")


def kills(folder: Path, cycles: int) -> list[Row]:
    """kill -9 of a process that appends and seals, on SQLite; a tenth as many on PostgreSQL."""
    return [row for kind in stores.KINDS for row in _kills(folder, kind, cycles)]


def _kills(folder: Path, kind: str, cycles: int) -> list[Row]:
    count = cycles if kind == "SQLite" else max(cycles // 10, 5)
    place = folder / kind
    place.mkdir()
    with stores.ledger_only(kind, place) as database:
        address = database.engine.url.render_as_string(hide_password=False)
        database.dispose()
        words = ["kill", address, str(place / "anchor"), str(count), "7"]
        command = [sys.executable, "-m", "tests.ledger.killing", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    tally = json.loads(done.stdout)
    faults = sum(tally[name] for name in NEVER)
    detail = (
        f"{tally['acknowledged']:,} acknowledged; {tally['unsaid']} kills between commit and "
        f"acknowledgement; half calls, gaps, refused starts, damaged logs: {faults - tally['lost']}"
    )
    name = f"acknowledged events lost, {count:,} kills, {kind}"
    return [Row(name, str(tally["lost"]), "0", faults == 0, detail)]


def power_cuts(folder: Path, cycles: int) -> list[Row]:
    from tests.ledger import test_fault_power as power

    image = power.written_image(folder)
    vfs = power.Vfs()
    lost = power.cuts(vfs, folder, image, range(20_000, 20_000 + cycles))
    vfs.unregister()
    detail = (
        "SQLite FULL on a file system that forgets, tears and reorders what was not synced; all logs whole"
    )
    return [Row(f"acknowledged events lost, {cycles:,} power cuts", str(lost), "0", lost == 0, detail)]


def forgeries(folder: Path, cycles: int) -> list[Row]:
    """Each change is shown to the verifier of bundles and to the one of the database."""
    original = tampering.Original.made(folder)
    found = [tampering.noticed(original, seed, folder) for seed in range(50_000, 50_000 + 2 * cycles)]
    kinds = Counter(kind for kind, _, _ in found)
    rows = []
    for at, name in ((1, "wh_verify.py"), (2, "ledger verify")):
        seen = sum(each[at] for each in found)  # type: ignore[misc]
        detail = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        value = f"{seen:,} of {len(found):,}"
        rows.append(Row(f"tampering noticed by {name}", value, "100 %", seen == len(found), detail))
    return rows
