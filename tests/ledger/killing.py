"""Processes that are killed or paused while they append and seal:
python -m tests.ledger.killing kill|pause URL FOLDER CYCLES SEED.

kill: each cycle forks a writer, kills it (-9) after some milliseconds and looks at what is there: what was
acknowledged must be, what was not is there whole or not at all, numbers have no gap, the anchor still
agrees, and the next writer goes on. pause: one leader is stopped again and again at any moment while
another one writes and seals; then it wakes and goes on. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, SERVICE, put
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import sealing
from wastehub.ledger.anchor import Anchor
from wastehub.ledger.store import EntryRow

SIZES = (1, 2, 5, 40)
VERIFY_EVERY = 100
# Threads of a process that is to be killed.
WRITERS = 4


@dataclass
class Tally:
    """`unsaid`: kills that left a call committed but not acknowledged. `sealed`: checkpoints anchored."""

    cycles: int = 0
    acknowledged: int = 0
    entries: int = 0
    lost: int = 0
    torn: int = 0
    gaps: int = 0
    unsaid: int = 0
    refused: int = 0
    damaged: int = 0
    sealed: int = 0


def write_together(url: str, folder: Path, name: str, said: IO[str], writers: int) -> None:
    """Several threads of one process, which may share their commits. Ends when one of them does."""
    database, ended = Database(url, signer=SERVICE), threading.Event()

    def run(at: int) -> None:
        try:
            write(database, folder, f"{name}-{at}", said, seals=at == 0)
        finally:
            ended.set()

    for at in range(writers):
        threading.Thread(target=run, args=(at,), daemon=True).start()
    ended.wait()


def write(database: Database, folder: Path, name: str, said: IO[str], *, seals: bool) -> None:
    """Append and seal until killed; a line per acknowledged call."""
    chance, anchor = random.Random(name), Anchor(folder)
    for call in range(1_000_000):
        count = chance.choice(SIZES)
        events = [
            acts.registered(f"L{name}.{call}.{at}", subject=f"{name}.{call}.{count}") for at in range(count)
        ]
        receipts = put(database, *events)
        # One write of the system each, so that the lines of several threads do not mix.
        os.write(said.fileno(), f"{receipts[0].idx} {receipts[-1].idx} {name}.{call}.{count}\n".encode())
        if seals and chance.random() < 0.3:
            sealing.seal(database, [LOG], anchor, now=NOW)


def fork_writer(url: str, folder: Path, name: str, writers: int = 1) -> tuple[int, IO[str]]:
    """The process id of a new writer, and what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as said:
                write_together(url, folder, name, said, writers)
        except BaseException:
            # A writer never ends by itself: if it does, the test says of what.
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)
    os.close(writing)
    return child, os.fdopen(reading)


def kill(child: int, heard: IO[str], before: str = "") -> list[list[str]]:
    """End the writer at once; the lines that it said, those already read before included."""
    os.kill(child, signal.SIGKILL)
    with heard:
        lines = [line.split() for line in (before + heard.read()).split("\n")[:-1]]
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit("the writer ended by itself")
    return lines


def look(url: str, folder: Path, before: int, lines: list[list[str]], tally: Tally, whole: bool) -> int:
    """Compare what is there with what was said; how many entries there are."""
    database = Database(url, signer=SERVICE)
    try:
        tally.refused += sealing.check(database, Anchor(folder)) is not None
        with database.reading() as session:
            count, last = session.execute(select(func.count(), func.max(EntryRow.idx))).one()
            tally.gaps += count != (last if last is not None else -1) + 1
            found = dict(
                session.execute(
                    select(EntryRow.idx, EntryRow.subject)
                    .where(EntryRow.idx >= before, EntryRow.type != "key.registered")
                    .order_by(EntryRow.idx)
                ).all()
            )
            calls = Counter(found.values())
            tally.torn += sum(amount != int(call.rpartition(".")[2]) for call, amount in calls.items())
            for first, final, call in lines:
                tally.lost += sum(found.get(idx) != call for idx in range(int(first), int(final) + 1))
            tally.unsaid += len([call for call in calls if not call.startswith("other")]) > len(lines)
            if whole:
                tally.damaged += not ledger.verify(session, signature_every=50).ok
        tally.acknowledged += sum(int(final) - int(first) + 1 for first, final, _ in lines)
        tally.entries = count
        anchored = Anchor(folder).read()
        tally.sealed = anchored.size if anchored else 0
        return int(count)
    finally:
        database.dispose()


def kill_cycles(url: str, folder: Path, cycles: int, seed: int) -> Tally:
    tally, size, chance = Tally(), 0, random.Random(seed)
    for cycle in range(cycles):
        child, heard = fork_writer(url, folder, f"{seed}-{cycle}", WRITERS)
        # Every other writer gets as far as its first acknowledgement, however busy the machine is.
        first = heard.readline() if cycle % 2 else ""
        time.sleep(chance.uniform(0.0, 0.3))
        lines = kill(child, heard, first)
        tally.cycles += 1
        whole = cycle == cycles - 1 or cycle % VERIFY_EVERY == VERIFY_EVERY - 1
        size = look(url, folder, size, lines, tally, whole)
    return tally


def impatient(url: str) -> Database:
    """Gives up soon where the paused leader holds the lock."""
    database = Database(url, signer=SERVICE)
    sqlite = url.startswith("sqlite")

    @event.listens_for(database.engine, "connect")
    def settings(dbapi: Any, _record: Any) -> None:
        dbapi.cursor().execute("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = '50ms'")
        if not sqlite:
            dbapi.commit()

    return database


def pause_cycles(url: str, folder: Path, cycles: int, seed: int) -> Tally:
    """`unsaid`: how often the other leader could not write because the paused one held the lock."""
    tally, chance, anchor = Tally(), random.Random(seed), Anchor(folder, patience_s=0.05)
    child, heard = fork_writer(url, folder, f"{seed}-leader")
    database = impatient(url)
    cycle = 0
    # On a busy machine until the other leader was let in, and signed, at all.
    while cycle < cycles or (not (tally.acknowledged and tally.sealed) and cycle < 50 * cycles):
        cycle += 1
        time.sleep(chance.uniform(0.01, 0.08))
        os.kill(child, signal.SIGSTOP)
        for at in range(3):
            try:
                put(
                    database, acts.registered(f"O{seed}-{cycle}.{at}", subject=f"other-{seed}-{cycle}-{at}.1")
                )
                tally.acknowledged += 1
                tally.sealed += sealing.seal(database, [LOG], anchor, now=NOW) is not None
            except OperationalError:
                tally.unsaid += 1
        os.kill(child, signal.SIGCONT)
        tally.cycles += 1
    database.dispose()
    own = tally.acknowledged
    look(url, folder, 0, kill(child, heard), tally, whole=True)
    tally.lost += own != others(url)
    return tally


def others(url: str) -> int:
    """How many entries the other leader has in the log."""
    database = Database(url)
    with database.reading() as session:
        wanted = select(func.count()).where(EntryRow.subject.like("other-%"))
        found = session.scalar(wanted) or 0
    database.dispose()
    return found


def main(mode: str, url: str, folder: str, cycles: str, seed: str) -> None:
    run = kill_cycles if mode == "kill" else pause_cycles
    print(json.dumps(asdict(run(url, Path(folder), int(cycles), int(seed)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
