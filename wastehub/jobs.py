"""Background work: a queue that carries only the id of a planning run, and the worker that empties it and
seals the ledger.

The truth about a run is its row (services/planning/runs). A lost queue loses nothing: each minute, and at
its start, the worker puts back what was committed but never queued and what a dead worker left behind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab

from . import clock
from .config import Settings
from .db import Database
from .services import planning

log = logging.getLogger("wastehub.jobs")

SEAL_EVERY_S = 2
ASK_EVERY_S = 10
STOP_PATIENCE_S = 5


@dataclass(frozen=True)
class Jobs:
    """The queue with its tasks. `plan(run_id)` puts a run into the queue."""

    huey: Huey
    plan: Callable[[str], Any]
    requeue: Callable[[], list[UUID]]


def queue_at(url: str) -> Huey:
    """The queue of an installation: a file, PostgreSQL or Redis, told by the address alone."""
    shared: dict[str, Any] = {"name": "wastehub", "results": False}
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        return SqliteHuey(filename="/" + rest.lstrip("/"), fsync=True, **shared)
    if scheme.startswith("postgres"):
        return PostgresHuey(dsn=url.replace("postgresql+psycopg", "postgresql", 1), **shared)
    if scheme in ("redis", "rediss"):
        return RedisHuey(url=url, **shared)
    raise ValueError(f"WASTEHUB_QUEUE_URL: no queue is known for {scheme!r}; use sqlite, postgresql or redis")


def build(huey: Huey, database: Callable[[], Database]) -> Jobs:
    """Register the tasks. `database` is asked only where a task runs, never where it is queued."""

    @huey.task(name="plan")
    def plan(run_id: str) -> None:
        plan_id = planning.execute_run(database(), run_id=UUID(run_id), now=clock.now_utc)
        log.info("planning run %s ended with plan %s", run_id, plan_id)

    def requeue() -> list[UUID]:
        with database().transaction() as session:
            waiting = planning.requeue_expired(session, now=clock.now_utc())
        for run_id in waiting:
            plan(str(run_id))
        return waiting

    @huey.periodic_task(crontab(minute="*"), name="requeue")
    def requeue_each_minute() -> None:
        requeue()

    return Jobs(huey, plan, requeue)


def for_settings(settings: Settings) -> Jobs:
    """The jobs of an installation, with its database opened on first use."""
    opened: list[Database] = []

    def database() -> Database:
        if not opened:
            # Not at the top: the web server queues without ever opening a second database.
            from .ledger import signing

            signer = signing.load_or_create(settings.signing_key_path)
            opened.append(Database(settings.database_url, signer=signer))
        return opened[0]

    return build(queue_at(settings.queue_url), database)


def queuer(settings: Settings) -> Callable[[UUID], None]:
    """A function that puts a planning run into the queue; the queue is opened at its first use."""
    opened: list[Jobs] = []

    def enqueue(run_id: UUID) -> None:
        if not opened:
            opened.append(for_settings(settings))
        opened[0].plan(str(run_id))

    return enqueue


def work(settings: Settings) -> None:
    """Work off the queue until a signal comes."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    jobs = for_settings(settings)
    jobs.requeue()
    with sealing(settings):
        # One at a time: a plan uses what the machine has.
        jobs.huey.create_consumer(workers=1, worker_type="thread", initial_delay=0.05, max_delay=0.5).run()


@contextmanager
def sealing(settings: Settings) -> Iterator[None]:
    """Meanwhile checkpoints are signed within seconds, and witnesses asked."""
    from .ledger import signing
    from .ledger.transparency import Transparency

    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    transparency = Transparency.of(settings)
    for source, refusal in transparency.check_at_start(database, now=clock.now_utc()).items():
        log.error("%s: %s %s", source, refusal.code, refusal.params)
    stop = threading.Event()
    acts = (
        (SEAL_EVERY_S, lambda: transparency.seal(database, now=clock.now_utc())),
        # A thread of their own: a witness that lets us wait delays no checkpoint.
        (ASK_EVERY_S, lambda: transparency.ask_witnesses(database, now=clock.now_utc())),
    )
    threads = [threading.Thread(target=_repeat, args=(stop, *act), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            # A witness that lets us wait does not hold up the end: nothing is half done without its answer.
            thread.join(STOP_PATIENCE_S)
        database.dispose()


def _repeat(stop: threading.Event, every_s: float, act: Callable[[], object]) -> None:
    """Do it again and again; what goes wrong is logged once, until something else does."""
    said = ""
    while not stop.wait(every_s):
        try:
            act()
            said = ""
        except Exception as error:
            if said != (said := f"{type(error).__name__}: {error}"):
                log.exception("the ledger is not sealed at present")
