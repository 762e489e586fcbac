"""What the ledger costs, beside the bare limits of the same run: `python3 -m wastehub bench ledger`.

--events N       entries in the generated logs (default 10,000,000 to verify and prove, a tenth to ask)
--cycles N       kills, power cuts, half the forgeries (default 1,000)
--quick          a look in some minutes: 100,000 entries, 25 cycles
--only NAME      one measure (repeatable); without it all of them
--resume         leave out what was measured within the last twelve hours
--report FILE    default docs/benchmarks/ledger.md

Each measure is a function of MEASURES: it returns rows, which are kept in var/bench/ledger.jsonl; the newest
row of each name makes the page. All of it in full takes about two hours and 12 GB of disk for a while.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ledger_costs import drains, faults, flushing, lookups, rows, web_acts
from bench.ledger_costs.rows import Row
from wastehub.ledger import canonical, tree, wh_verify
from wastehub.ledger.checkpoints import TreeHead, in_base64
from wastehub.ledger.exports import reports
from wastehub.ledger.exports.bundles import FORMAT, add_entries
from wastehub.ledger.exports.zipping import StoredZip
from wastehub.ledger.notes import Cosigner, LogSigner, sign
from wastehub.ledger.signing import ALGORITHM, Signer

ROOT = Path(__file__).resolve().parents[1]
ORIGIN = "wastehub.bench/ledger"
LOG = LogSigner(ORIGIN, Signer.from_seed(b"log".ljust(32)))
WITNESS = Cosigner("bureau.bench/witness", Signer.from_seed(b"witness".ljust(32)))
SERVICE = Signer.from_seed(b"service".ljust(32))
POLICY = f"log {LOG.key}\nwitness bureau {WITNESS.key}\nquorum bureau\n"
SITES, AUTHORS = 5_000, 200
# So many entries carry real signatures: enough to time a level, few enough to make.
SIGNED = 5_000


# --- a log without a database ------------------------------------------------------------------------------


def generated(count: int, *, signed: bool) -> Iterator[bytes]:
    """Leaves of a log that is whole: registrations of one container each, numbered and chained.

    Unsigned ones carry bytes of the right length in place of the signature: level 0 never looks at it.
    """
    authors: dict[str, tuple[int, str]] = {}
    sites: dict[str, tuple[int, str]] = {}
    blank = bytes(64)
    for at in range(count):
        author, site = f"user:{at % AUTHORS:04d}", f"ent:{at % SITES:018d}"
        ev = _key_event() if at == 0 else _registration(at, author, site)
        author, site = str(ev["author"]), str(ev["site"])
        number, before = authors.get(author, (0, ""))
        ev |= {"aseq": number + 1, "aprev": before}
        message = canonical.dumps(ev)
        sseq, sprev = sites.get(site, (0, ""))
        leaf = canonical.dumps(
            {
                "ev": ev,
                "key": SERVICE.key_id,
                "recv": "2026-03-02T08:00:00.000+00:00",
                "sig": in_base64(SERVICE.sign(message) if signed else blank),
                "sseq": sseq + 1,
                "sprev": sprev,
            }
        )
        authors[author] = (number + 1, hashlib.sha256(message).hexdigest())
        sites[site] = (sseq + 1, tree.leaf_hash(leaf).hex())
        yield leaf


def _event(kind: str, at: int, author: str, site: str) -> dict[str, object]:
    return {
        "v": 1, "id": f"01950000-0000-7000-8000-{at:012x}", "type": kind,
        "eventTime": "2026-03-02T15:59:00.000+08:00", "author": author, "site": site, "subject": "",
        "lines": [], "facts": {}, "after": [], "pd": {},
    }  # fmt: skip


def _key_event() -> dict[str, object]:
    facts = {"algorithm": ALGORITHM, "key": SERVICE.key_id, "public_key": SERVICE.public_key.hex()}
    return _event("key.registered", 0, "service", "hub") | {"facts": facts}


def _registration(at: int, author: str, site: str) -> dict[str, object]:
    number = f"HWCS2026{at:011d}"
    line = {"label": f"{at:037d}", "batch": f"{site}/{number}", "code": "900-214-08", "mass_g": 25_000}
    facts = {"basis": "weighed", "internal_name": "废矿物油", "form": "liquid"}
    return _event("batch.registered", at, author, site) | {
        "subject": number, "lines": [line], "facts": facts,
    }  # fmt: skip


@dataclass(frozen=True)
class Generated:
    """A bundle on disk. `blocks`: how many SHA-256 blocks its leaves and nodes need at least."""

    path: Path
    policy: Path
    events: int
    blocks: int


def quickly(count: int) -> Iterator[bytes]:
    """The same bytes as `generated(count, signed=False)`, made from their texts: a tenth of the time."""
    yield from generated(min(count, 1), signed=False)
    sample = b"".join(list(generated(2, signed=False))[1:]).decode()
    authors, sites = [(0, "")] * AUTHORS, [(0, "")] * SITES
    form = _form(sample)
    for at in range(1, count):
        author, site = at % AUTHORS, at % SITES
        number, before = authors[author]
        sseq, sprev = sites[site]
        name = f"ent:{site:018d}"
        values = (before, number + 1, author, at, name, at, at, name, at, sprev, sseq + 1)
        leaf = (form % values).encode()
        message = leaf[6 : leaf.index(b',"key":"')]
        authors[author] = (number + 1, hashlib.sha256(message).hexdigest())
        sites[site] = (sseq + 1, hashlib.sha256(b"\0" + leaf).hexdigest())
        yield leaf


def _form(sample: str) -> str:
    """Entry 1 with gaps where entries differ."""
    name, number = f"ent:{1:018d}", f"HWCS2026{1:011d}"
    gaps = (
        ('"aprev":""', '"aprev":"%s"'),
        ('"aseq":1', '"aseq":%d'),
        ('"user:0001"', '"user:%04d"'),
        (f"8000-{1:012x}", "8000-%012x"),
        (f'"batch":"{name}/{number}"', None),
        (f'"label":"{1:037d}"', '"label":"%037d"'),
        (f'"site":"{name}"', '"site":"%s"'),
        (f'"subject":"{number}"', '"subject":"HWCS2026%011d"'),
        ('"sprev":""', '"sprev":"%s"'),
        ('"sseq":1', '"sseq":%d'),
    )
    made = sample.replace("%", "%%")
    for old, new in gaps:
        if made.count(old) != 1:
            raise SystemExit(f"the form of an entry has changed: {old}")
        made = made.replace(old, new or '"batch":"%s/HWCS2026%011d"')
    return made


def bundle(
    folder: Path, events: int, *, signed: bool = False, reported: bool = True, name: str = "bundle.zip"
) -> Generated:
    """Written in one pass. `reported`: with the reports, which level 0 does not read."""
    blocks = 0

    def counted() -> Iterator[bytes]:
        nonlocal blocks
        for leaf in generated(events, signed=True) if signed else quickly(events):
            blocks += (len(leaf) + 1 + 9 + 63) // 64 + 2
            yield leaf

    path, policy = folder / name, folder / "policy"
    policy.write_text(POLICY)
    said = {"format": FORMAT, "scope": "all", "origin": ORIGIN, "size": events, "entries": events}
    with path.open("wb") as out, StoredZip(out) as made:
        size, root = add_entries(made, counted())
        text = TreeHead(ORIGIN, size, root).text()
        note = sign(text, [LOG]) + WITNESS.line(text, at_s=1_772_400_000)
        made.add("bundle.json", json.dumps(said).encode())
        made.add("checkpoint", note.encode())
        for report, chunks in _reports(events) if reported else ():
            made.add_chunks(report, chunks)
    return Generated(path, policy, events, blocks)


def _reports(events: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    def rows() -> Iterator[tuple[object, ...]]:
        for at in range(1, events):
            site, number = f"ent:{at % SITES:018d}", f"HWCS2026{at:011d}"
            yield ("GEN", site, "900-214-08", f"{site}/{number}", 0, 25_000)
            yield ("STOCK", site, "900-214-08", f"{site}/{number}", 25_000, 0)

    yield "reports/balances.csv", reports.csv_chunks(reports.BALANCES, rows())
    yield "reports/cases.csv", reports.csv_chunks(reports.CASES, ())
    yield "reports/held.csv", reports.csv_chunks(reports.HELD, ())


# --- measuring ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float
    peak_bytes: int


def run(made: Generated, *options: str) -> Cost:
    """The shipped file in a process of its own, as an auditor starts it. It must say that all is good."""
    command = [sys.executable, "-S", "-I", wh_verify.__file__, str(made.path), "--policy", str(made.policy)]
    started = time.perf_counter()
    child = subprocess.Popen([*command, "--lang", "en", *options], stdout=subprocess.DEVNULL)
    peak_bytes = 0
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        peak_bytes = max(peak_bytes, resident_peak(child.pid))
        time.sleep(0.02)
    wall_s = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"the verifier refused a whole bundle: exit code {child.returncode}")
    return Cost(used.ru_utime + used.ru_stime, wall_s, peak_bytes)


def resident_peak(pid: int) -> int:
    """Of the running program: ru_maxrss would still count the process that started it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) * 1024 if found else 0


def bare_hash_s(blocks: int) -> float:
    """CPU seconds to hash as many SHA-256 blocks in one go: what no verifier can undercut."""
    piece = os.urandom(1 << 20)
    started = time.process_time()
    hashed = hashlib.sha256()
    for _ in range(-(-blocks * 64 // len(piece))):
        hashed.update(piece)
    return time.process_time() - started


def verify_level_0(folder: Path, events: int) -> list[Row]:
    made = bundle(folder, events, reported=False)
    limit_s = bare_hash_s(made.blocks)
    cost = run(made, "--level", "0")
    limit_s = min(limit_s, bare_hash_s(made.blocks))
    ratio = cost.cpu_s / limit_s
    us = cost.cpu_s / events * 1e6
    detail = (
        f"{us:.2f} us an event, bare {limit_s / events * 1e6:.2f}; {cost.wall_s:.1f} s by the clock, "
        f"{made.path.stat().st_size / 1e6:.0f} MB"
    )
    time_row = Row(
        f"verify {events:,} events, level 0", f"{ratio:.2f} x bare hashing", "4.5 x", ratio <= 4.5, detail
    )
    memory, small = f"{cost.peak_bytes / 1e6:.0f} MB", cost.peak_bytes < 64e6
    name = f"memory at {events:,} events, level 0"
    return [time_row, Row(name, memory, "64 MB", small, "peak resident size of the process")]


def verify_incrementally(folder: Path, events: int) -> list[Row]:
    """A tenth is new."""
    new = max(events // 10, 1)
    state = folder / "state.json"
    before = bundle(folder, events - new, reported=False, name="before.zip")
    run(before, "--level", "0", "--state", str(state))
    before.path.unlink()
    cost = run(bundle(folder, events, reported=False), "--level", "0", "--state", str(state))
    us = cost.cpu_s / new * 1e6
    detail = f"{new:,} new of {events:,}; start of Python and reading the directory included"
    return [Row("incremental audit, level 0", f"{us:.2f} us per new event", "4 us", us <= 4, detail)]


def verify_other_levels(folder: Path, events: int) -> list[Row]:
    """Levels 1 and 2 at a tenth of the events, level 3 on a log with real signatures."""
    rows = []
    count = max(events // 10, SIGNED)
    made = bundle(folder, count)
    for level in ("1", "2"):
        cost = run(made, "--level", level)
        us, detail = cost.cpu_s / count * 1e6, f"{count:,} events, {cost.peak_bytes / 1e6:.0f} MB"
        rows.append(Row(f"verify, level {level}", f"{us:.1f} us an event", "", None, detail))
    cost = run(bundle(folder, SIGNED, signed=True), "--level", "3")
    detail = f"{SIGNED:,} events, Ed25519 in plain Python"
    rows.append(Row("verify, level 3", f"{cost.cpu_s / SIGNED * 1e6:.0f} us an event", "", None, detail))
    return rows


@dataclass(frozen=True)
class Amount:
    """How much is measured."""

    events: int
    cycles: int
    seconds: int

    @property
    def asked(self) -> int:
        """Entries of the logs that have a database and books: each costs as much as a real one."""
        return self.events // 10


Measure = Callable[[Path, Amount], list[Row]]
MEASURES: dict[str, Measure] = {
    "http-sqlite": lambda folder, amount: web_acts.measure(folder, "SQLite", amount.seconds),
    "http-postgresql": lambda folder, amount: web_acts.measure(folder, "PostgreSQL", amount.seconds),
    "drain-sqlite": lambda folder, amount: drains.measure(folder, "SQLite"),
    "drain-postgresql": lambda folder, amount: drains.measure(folder, "PostgreSQL"),
    "level-0": lambda folder, amount: verify_level_0(folder, amount.events),
    "incremental": lambda folder, amount: verify_incrementally(folder, min(amount.events, 1_000_000)),
    "levels": lambda folder, amount: verify_other_levels(folder, amount.asked),
    "proof": lambda folder, amount: lookups.proof(folder, amount.events),
    "questions": lambda folder, amount: lookups.questions(folder, amount.asked),
    "kills": lambda folder, amount: faults.kills(folder, amount.cycles),
    "power": lambda folder, amount: faults.power_cuts(folder, amount.cycles),
    "forgeries": lambda folder, amount: faults.forgeries(folder, amount.cycles),
}
# Where a flush is part of what is measured.
FLUSHING = ("http-sqlite", "http-postgresql")
FULL, QUICK = Amount(10_000_000, 1_000, 20), Amount(100_000, 25, 5)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int)
    parser.add_argument("--cycles", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=list(MEASURES))
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--flush-ms", type=int, default=0, help="acts over HTTP, each flush so much later")
    parser.add_argument("--rows", type=Path, default=ROOT / "var" / "bench" / "ledger.jsonl")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "ledger.md")
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(arguments)
    if options.flush_ms and not set(options.only or FLUSHING) <= set(FLUSHING):
        parser.error(f"--flush-ms goes with --only {' and '.join(FLUSHING)}")
    if options.flush_ms != flushing.delayed_ms():
        return flushing.run_again(options.flush_ms, "bench.ledger", arguments)
    usual = QUICK if options.quick else FULL
    amount = Amount(options.events or usual.events, options.cycles or usual.cycles, usual.seconds)
    for name in options.only or (FLUSHING if options.flush_ms else MEASURES):
        kept_as = f"{name}+{options.flush_ms}ms" if options.flush_ms else name
        if options.resume and rows.is_fresh(options.rows, kept_as):
            continue
        with tempfile.TemporaryDirectory(prefix="wastehub-bench-") as folder:
            rows.add(options.rows, kept_as, MEASURES[name](Path(folder), amount))
        rows.write_page(options.report, rows.kept(options.rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
