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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab

from . import clock
from .config import Settings
from .db import Database
from .papers import statutory as papers
from .services import audits, duty, planning, statutory

log = logging.getLogger("wastehub.jobs")

# Ten past midnight in Shanghai; the queue counts in UTC.
DAILY_AT = {"hour": "16", "minute": "10"}
SEAL_EVERY_S = 2
ASK_EVERY_S = 10
RECONCILE_EVERY_S = 60
NOT_SEALED = "the ledger is not sealed at present"
STOP_PATIENCE_S = 5


@dataclass(frozen=True)
class Jobs:
    """The queue with its tasks. `plan(run_id)` and `verify(run_id)` put a run into the queue.

    `escalate()` puts open loops before the next person, each step once.
    """

    huey: Huey
    plan: Callable[[str], Any]
    requeue: Callable[[], list[UUID]]
    verify: Callable[[str], Any]
    escalate: Callable[[], int]
    export: Callable[[str], Any] | None = None


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

    @huey.task(name="verify")
    def verify(run_id: str) -> None:
        done = audits.execute_verification(database(), run_id=UUID(run_id), now=clock.now_utc)
        log.info("verification %s %s", run_id, "went through" if done else "was not to be done")

    def escalate() -> int:
        with database().transaction() as session:
            return len(audits.escalate(session, now=clock.now_utc()))

    @huey.periodic_task(crontab(**DAILY_AT), name="escalate")
    def escalate_each_day() -> None:
        log.info("%s open loops put before somebody", escalate())

    def requeue() -> list[UUID]:
        with database().transaction() as session:
            waiting = planning.requeue_expired(session, now=clock.now_utc())
            unverified = audits.requeue_verifications(session, now=clock.now_utc())
        for run_id in waiting:
            plan(str(run_id))
        for run_id in unverified:
            verify(str(run_id))
        return waiting

    @huey.periodic_task(crontab(minute="*"), name="requeue")
    def requeue_each_minute() -> None:
        requeue()

    add_duty(huey, database)
    return Jobs(huey, plan, requeue, verify, escalate)


def add_duty(huey: Huey, database: Callable[[], Database]) -> None:
    """Each minute firms hear of new arrival times; each hour positions whose days are over go."""

    @huey.periodic_task(crontab(minute="*"), name="arrivals")
    def tell_arrivals() -> None:
        with database().transaction() as session:
            told = duty.update_arrivals(session, now=clock.now_utc())
        if told:
            log.info("%s firms told of a new arrival time", told)

    @huey.periodic_task(crontab(minute="23"), name="purge_positions")
    def purge_positions() -> None:
        with database().transaction() as session:
            gone = duty.purge_positions(session, now=clock.now_utc())
        log.info("%s positions deleted: their days were over", gone)


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

    huey = queue_at(settings.queue_url)
    folder = statutory.folder_of(settings.blob_url)
    return replace(build(huey, database), export=add_exports(huey, database, folder))


def add_exports(huey: Huey, database: Callable[[], Database], folder: Path) -> Callable[[str], Any]:
    """Register the making of files; `export(run_id)` puts one into the queue."""

    @huey.task(name="export")
    def export(run_id: str) -> None:
        made = statutory.execute_export(
            database(), run_id=UUID(run_id), folder=folder, write=papers.write, now=clock.now_utc
        )
        log.info("export %s %s", run_id, "is there" if made else "was not made")

    @huey.periodic_task(crontab(minute="*"), name="requeue_exports")
    def requeue_exports() -> None:
        with database().transaction() as session:
            waiting = statutory.requeue_exports(session, now=clock.now_utc())
        for run_id in waiting:
            export(str(run_id))

    @huey.periodic_task(crontab(minute="7"), name="purge_exports")
    def purge_exports() -> None:
        with database().transaction() as session:
            gone = statutory.purge_exports(session, folder=folder, now=clock.now_utc())
        log.info("%s exported files deleted: their days were over", gone)

    return export  # type: ignore[no-any-return]


def export_queuer(settings: Settings) -> Callable[[UUID], None]:
    """A function that puts an export into the queue; the queue is opened at its first use."""
    opened: list[Jobs] = []

    def enqueue(run_id: UUID) -> None:
        if not opened:
            opened.append(for_settings(settings))
        assert opened[0].export is not None
        opened[0].export(str(run_id))

    return enqueue


def queuer(settings: Settings) -> Callable[[UUID], None]:
    """A function that puts a planning run into the queue; the queue is opened at its first use."""
    opened: list[Jobs] = []

    def enqueue(run_id: UUID) -> None:
        if not opened:
            opened.append(for_settings(settings))
        opened[0].plan(str(run_id))

    return enqueue


def verification_queuer(settings: Settings) -> Callable[[UUID], None]:
    """The same for verifications of the ledger."""
    opened: list[Jobs] = []

    def enqueue(run_id: UUID) -> None:
        if not opened:
            opened.append(for_settings(settings))
        opened[0].verify(str(run_id))

    return enqueue


def work(settings: Settings) -> None:
    """Work off the queue until a signal comes."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    jobs = for_settings(settings)
    jobs.requeue()
    _catch_up(jobs)
    with sealing(settings):
        # One at a time: a plan uses what the machine has.
        jobs.huey.create_consumer(workers=1, worker_type="thread", initial_delay=0.05, max_delay=0.5).run()


def _catch_up(jobs: Jobs) -> None:
    """The daily job, in case the worker slept through its hour. What goes wrong keeps nobody from working."""
    try:
        jobs.escalate()
    except Exception:
        log.exception("open loops were not put before anybody")


@contextmanager
def sealing(settings: Settings) -> Iterator[None]:
    """Meanwhile checkpoints are signed, witnesses asked, and the books compared with the log."""
    from .ledger import signing
    from .ledger.reconciling import Reconciler
    from .ledger.transparency import Transparency, writing_refused

    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    transparency = Transparency.of(settings)
    for source, refusal in transparency.check_at_start(database, now=clock.now_utc()).items():
        log.error("%s: %s %s", source, refusal.code, refusal.params)
    stop, reconciler = threading.Event(), Reconciler(database)

    def reconcile() -> None:
        if writing_refused(transparency.anchor) is None:
            for run in reconciler.run_due(now=clock.now_utc()):
                if run.problem is not None:
                    log.error("books and log differ (%s), posting stands still: %s", run.scope, run.problem)

    acts = (
        (SEAL_EVERY_S, lambda: transparency.seal(database, now=clock.now_utc()), NOT_SEALED),
        # A thread of their own: a witness that lets us wait delays no checkpoint.
        (ASK_EVERY_S, lambda: transparency.ask_witnesses(database, now=clock.now_utc()), NOT_SEALED),
        (RECONCILE_EVERY_S, reconcile, "the books are not compared with the log at present"),
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


def _repeat(stop: threading.Event, every_s: float, act: Callable[[], object], trouble: str) -> None:
    """Do it again and again; what goes wrong is logged once, until something else does."""
    said = ""
    while not stop.wait(every_s):
        try:
            act()
            said = ""
        except Exception as error:
            if said != (said := f"{type(error).__name__}: {error}"):
                log.exception(trouble)
