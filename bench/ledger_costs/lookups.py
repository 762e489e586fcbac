"""Questions to a long log: proof of an entry, trace of a batch, balance of a county, everything anew."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Select, column, insert, select, text
from sqlalchemy import table as named
from sqlalchemy.orm import Session

from bench.ledger_costs import stores
from bench.ledger_costs.rows import Row
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, Line, inquiries, proofs, reconciling, stored_tiles, tiles, tree
from wastehub.ledger.rows import table
from wastehub.ledger.store import EntryRow

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
QUESTIONS, PROOFS = 300, 2_000
COUNTIES, FIRMS, PLATFORMS = 7, 5_000, 7
# Containers that are still at their firms, however long the log is.
IN_STOCK = 2_000
CALL = 1_000


@dataclass(frozen=True)
class Took:
    """How long the same question took again and again: seconds by the clock, and of CPU.

    SQLite answers inside this process and everything is in memory, so alone on the machine both are the same.
    While others keep the cores busy the clock tells of them, and the CPU is what is judged.
    """

    clock_s: tuple[float, ...]
    cpu_s: tuple[float, ...]

    @classmethod
    def of(cls, questions: Iterable[Callable[[], Any]]) -> Took:
        clock, cpu = [], []
        for question in questions:
            begun, begun_cpu = time.perf_counter(), time.thread_time()
            question()
            clock.append(time.perf_counter() - begun)
            cpu.append(time.thread_time() - begun_cpu)
        return cls(tuple(clock), tuple(cpu))

    @property
    def p99_s(self) -> float:
        """What is judged."""
        return _p99(self.cpu_s if _busy() else self.clock_s)

    def told(self) -> str:
        clock = f"p50 {_at(self.clock_s, 50) * 1e3:.1f}, p99 {_p99(self.clock_s) * 1e3:.1f} ms by the clock"
        return f"judged by its CPU, {clock}" if _busy() else clock


def _busy() -> bool:
    return os.getloadavg()[0] > 0.75 * (os.cpu_count() or 1)


def _p99(values: Sequence[float]) -> float:
    return _at(values, 99)


def _at(values: Sequence[float], per_cent: int) -> float:
    return sorted(values)[len(values) * per_cent // 100]


# --- inclusion proofs --------------------------------------------------------------------------------------


def leaf(at: int) -> bytes:
    return b"%030d" % at


def proof(folder: Path, events: int) -> list[Row]:
    """From the tiles in SQLite, as a receipt is made. The leaves are small: proofs never read them, but for
    the last ones behind the last full tile.
    """
    size = max(events - events % 256 + 255, 511)
    chance = random.Random(1)
    with stores.ledger_only("SQLite", folder) as database:
        root = _fold(database, size)
        with database.reading() as session:
            asked = [chance.randrange(size) for _ in range(PROOFS)]
            made: list[list[bytes]] = []

            def prove(at: int) -> Callable[[], None]:
                return lambda: made.append(proofs.inclusion(at, size, stored_tiles.reader(session, size)))

            took = Took.of(prove(at) for at in asked)
    for at, path in zip(asked, made, strict=True):
        hashed = tree.leaf_hash(leaf(at))
        if not proofs.proves_inclusion(index=at, size=size, leaf_hash=hashed, proof=path, root=root):
            raise SystemExit(f"the proof of entry {at} does not hold")
    longest, ms = max(32 * len(path) for path in made), took.p99_s * 1e3
    detail = f"{PROOFS:,} entries at random, all proofs verified; {took.told()}"
    return [
        Row(f"inclusion proof at {events:,} events, p99", f"{ms:.2f} ms", "5 ms", ms <= 5, detail),
        Row(
            f"inclusion proof at {events:,} events, size",
            f"{longest} B",
            "768 B",
            longest <= 768,
            "longest path",
        ),
    ]


def _fold(database: Database, size: int) -> bytes:
    """Tiles over `size` leaves, and the leaves of the open tile."""
    builder, waiting = tiles.Builder(), []
    for at in range(size):
        waiting += builder.append(tree.leaf_hash(leaf(at)))
        if len(waiting) >= 512 or at == size - 1:
            with database.transaction() as session:
                stored_tiles.keep(session, waiting)
            waiting = []
    with database.transaction() as session:
        session.execute(insert(table(EntryRow)), [_row(at) for at in range(size - size % 256, size)])
    return builder.root()


def _row(at: int) -> dict[str, Any]:
    texts = {"author": "a", "site": "s", "type": "policy.changed", "subject": ""}
    times = {"event_at": NOW, "recorded_at": NOW}
    hashed = {"leaf": leaf(at), "leaf_hash": tree.leaf_hash(leaf(at))}
    return (
        {"idx": at, "event_id": UUID(int=at), "aseq": at, "sseq": at, "label": None} | texts | times | hashed
    )


# --- a long log --------------------------------------------------------------------------------------------


class QuickSigner:
    """Signs nothing: the questions asked here never look at a signature."""

    key_id, public_key = "bench", bytes(32)

    def sign(self, message: bytes) -> bytes:
        return bytes(64)


def history(events: int) -> Iterator[list[Event]]:
    """Containers that go their whole way in four acts: registered, loaded, received, treated. The last ones
    have only been registered.
    """
    call: list[Event] = []
    gone = containers_gone(events)
    for at in range(gone + in_stock(events)):
        call += way(at) if at < gone else way(at)[:1]
        if len(call) >= CALL:
            yield call
            call = []
    if call:
        yield call


def in_stock(events: int) -> int:
    return min(IN_STOCK, events // 2)


def containers_gone(events: int) -> int:
    return (events - in_stock(events)) // 4


def batch_of(at: int) -> str:
    return f"ent:{at % FIRMS:018d}/HWCS2026{at:011d}"


def way(at: int) -> list[Event]:
    firm, platform = f"ent:{at % FIRMS:018d}", f"plat:JX-P{at % PLATFORMS:02d}"
    label, vehicle = f"{at:037d}", f"veh:浙F示{at % 90:03d}"
    tolerance = {"tolerance_floor_g": 500, "tolerance_ppm": 5_000}
    born = Line(label, batch_of(at), f"900-{at % 9:03d}-08", 25_000 + at % 1_000)
    weighed = Line(label, mass_g=born.mass_g - at % 200, place=vehicle)
    made = (
        ("batch.registered", firm, born, {"basis": "weighed"}),
        ("container.loaded", firm, Line(label, to_place=vehicle), {}),
        ("container.received", platform, weighed, tolerance),
        ("container.treated", platform, Line(label), {"method": "R9"}),
    )
    return [
        Event(kind, f"user:{at % 200}", site, NOW, lines=(line,), facts=facts)
        for kind, site, line, facts in made
    ]


@dataclass(frozen=True)
class Asked:
    """How long the questions took; of the recomputation CPU seconds and accounts that differ."""

    trace: Took
    place: Took
    county: Took
    counties: Took
    recompute_cpu_s: float
    differences: int


def ask(folder: Path, events: int) -> Asked:
    with stores.ledger_only("SQLite", folder, QuickSigner()) as database:
        for call in history(events):
            with database.transaction() as session:
                ledger.append(session, call, now=NOW)
        with database.reading() as session:
            sites = _counties(session)
            gc.collect()
            gc.freeze()  # as wastehub.wsgi does
            try:
                return _asked(session, events, sites)
            finally:
                gc.unfreeze()


def _counties(session: Session) -> Select[Any]:
    """Pairs of a firm's site and its county, as the product asks its table of organisations for them."""
    session.execute(text("CREATE TEMP TABLE bench_firms (site TEXT, county TEXT)"))
    rows = [{"site": f"ent:{at:018d}", "county": str(at * COUNTIES // FIRMS)} for at in range(FIRMS)]
    firms = named("bench_firms", column("site"), column("county"))
    session.execute(insert(firms), rows)
    return select(firms.c.site, firms.c.county)


def _asked(session: Session, events: int, sites: Select[Any]) -> Asked:
    chance = random.Random(2)
    batches = [batch_of(chance.randrange(containers_gone(events))) for _ in range(QUESTIONS)]
    trace = Took.of((lambda batch=batch: _trace(session, batch)) for batch in batches)  # type: ignore[misc]
    firms = [f"ent:{at:018d}" for at in range(FIRMS // COUNTIES)]
    place = Took.of([lambda: _stock(session, firms)] * QUESTIONS)
    site, county_of = sites.selected_columns
    one = select(site).where(county_of == "3")
    county = Took.of([lambda: inquiries.kinds_of_origins(session, one)] * QUESTIONS)
    counties = Took.of([lambda: inquiries.kinds_by_group(session, sites)] * QUESTIONS)
    cpu = time.process_time()
    found = reconciling.Found()
    reconciling.check_balances_from_postings(session, found)
    cpu_s = time.process_time() - cpu
    return Asked(trace, place, county, counties, cpu_s, len(found.problems))


def _stock(session: Session, firms: Sequence[str]) -> None:
    if not ledger.rollups(session, kind="STOCK", place=firms, standing=True):
        raise SystemExit("nothing is in stock")


def _trace(session: Session, batch: str) -> None:
    chain = ledger.entries_for(session, batch=batch)
    moved = ledger.movements(session, batch=batch)
    if len(chain) != 4 or len(moved) < 3:
        raise SystemExit(f"{batch}: {len(chain)} entries, {len(moved)} postings")


def questions(folder: Path, events: int) -> list[Row]:
    (folder / "small").mkdir()
    (folder / "large").mkdir()
    small, large = ask(folder / "small", events // 10), ask(folder / "large", events)
    return [
        _question("trace of one batch", events, small.trace, large.trace),
        _question("stock of a county's firms, by roll-ups", events, small.place, large.place),
        _question("balance of one county by origin", events, small.county, large.county),
        _question("balance of all counties by origin", events, small.counties, large.counties),
        Row(
            f"recomputation of all balances, {events:,} events",
            f"{large.recompute_cpu_s:.2f} s of CPU",
            "3 s, 0 g",
            large.recompute_cpu_s <= 3 and large.differences == 0,
            f"every balance from its postings; {large.differences} differences",
        ),
    ]


def _question(name: str, events: int, small: Took, large: Took) -> Row:
    """Within 50 ms, and within twice what it takes at a tenth; below 2 ms the ratio is noise."""
    at_all, at_tenth = large.p99_s, small.p99_s
    ratio = at_all / at_tenth
    met = at_all <= 0.05 and (ratio <= 2 or at_all < 0.002)
    tenth = f"{at_tenth * 1e3:.1f} ms at {events // 10:,} events: {ratio:.1f} x"
    detail = f"SQLite, p99; {tenth}; {large.told()}"
    return Row(f"{name}, {events:,} events", f"{at_all * 1e3:.1f} ms", "50 ms, 2 x", met, detail)
