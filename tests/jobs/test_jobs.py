"""The queue carries only ids; what it loses is made up for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from huey import MemoryHuey, SqliteHuey
from sqlalchemy import text, update

from tests.services import planning_world as world
from wastehub import clock, config, jobs, ledger
from wastehub.db import Database
from wastehub.domain import calendar
from wastehub.domain.actors import Actor
from wastehub.ledger import integrating, notes, signing
from wastehub.ledger.anchor import Anchor
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.transparency import Transparency
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun
from wastehub.models.vehicles import CrewMember
from wastehub.services import audits, planning

Answer = TypeVar("Answer")
PATIENCE_S = 60


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def ordered(database: Database, **changes: object) -> UUID:
    """A run for today by the system clock, over two firms that wait."""
    world.waiting(database, 2)
    today = calendar.on_date(clock.now_utc())
    who = world.dispatcher(database)
    with database.transaction() as session:
        session.execute(update(PickupRequest).values(ready_on=today, due_on=today))
        session.execute(update(CrewMember).values(certificate_valid_until_on=today + timedelta(days=9)))
        run = planning.request_run(
            session, actor=who, service_on=today, seed=1, budget_s=1, now=clock.now_utc()
        )
        for name, value in changes.items():
            setattr(run, name, value)
        return run.id


def state_of(database: Database, run_id: UUID) -> str:
    with database.reading() as session:
        return session.get_one(PlanningRun, run_id).state


@pytest.fixture
def world_today(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The day of the tests' firms is today."""
    monkeypatch.setattr(clock, "now_utc", lambda: world.NOW)
    return database


def test_a_queued_run_is_worked_off(world_today: Database) -> None:
    run_id = ordered(world_today)
    made = jobs.build(MemoryHuey("test", immediate=True, results=False), lambda: world_today)
    made.plan(str(run_id))
    assert state_of(world_today, run_id) == "done"


def test_a_run_that_the_queue_lost_is_put_back(world_today: Database) -> None:
    run_id = ordered(world_today, requested_at=world.NOW - timedelta(minutes=5))
    made = jobs.build(MemoryHuey("test", immediate=True, results=False), lambda: world_today)
    assert made.requeue() == [run_id]
    assert state_of(world_today, run_id) == "done"


def test_the_address_alone_chooses_the_queue(tmp_path: Path) -> None:
    queue = jobs.queue_at(f"sqlite:///{tmp_path}/queue.db")
    assert isinstance(queue, SqliteHuey) and (tmp_path / "queue.db").exists()
    with pytest.raises(ValueError, match="use sqlite, postgresql or redis"):
        jobs.queue_at("amqp://127.0.0.1")


def test_queueing_needs_no_database(tmp_path: Path) -> None:
    settings = replace(
        config.from_environment({"WASTEHUB_VAR": str(tmp_path)}),
        database_url="sqlite:////no/such/folder/x.db",
    )
    jobs.queuer(settings)(UUID(int=7))
    assert len(jobs.queue_at(settings.queue_url)) == 1


def test_a_worker_process_plans_and_ends_on_sigterm(world_today: Database, tmp_path: Path) -> None:
    run_id = ordered(world_today)
    var = tmp_path / "var"
    signing.load_or_create(var / "ledger-signing.key")
    environment = os.environ | {
        "WASTEHUB_VAR": str(var),
        "WASTEHUB_DATABASE_URL": world_today.url,
    }
    worker = subprocess.Popen([sys.executable, "-m", "wastehub.cli", "worker"], env=environment)
    try:
        jobs.queuer(config.from_environment(environment))(run_id)
        patience = time.monotonic() + PATIENCE_S
        while state_of(world_today, run_id) in ("queued", "running") and time.monotonic() < patience:
            _nap(worker)
        assert state_of(world_today, run_id) == "done"
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(PATIENCE_S)


def _nap(worker: subprocess.Popen[bytes]) -> None:
    """Look again in a moment, at once if the worker died."""
    try:
        worker.wait(0.3)
    except subprocess.TimeoutExpired:
        return


# --- sealing -----------------------------------------------------------------------------------------------


@pytest.fixture
def sealed_settings(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    monkeypatch.setattr(jobs, "SEAL_EVERY_S", 0.05)
    monkeypatch.setattr(jobs, "ASK_EVERY_S", 0.05)
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path)})
    return replace(read, database_url=database.url)


def log_one(database: Database) -> int:
    event = ledger.Event("policy.changed", "user:1", "hub", world.NOW)
    with database.transaction() as session:
        return ledger.append(session, [event], now=world.NOW)[0].idx


def eventually(ask: Callable[[], Answer | None]) -> Answer:
    """The first answer that is one: what another thread does takes as long as the machine is busy."""
    ends = time.monotonic() + PATIENCE_S
    while not (answer := ask()):
        assert time.monotonic() < ends, f"nothing came of it within {PATIENCE_S} s"
        time.sleep(0.05)
    return answer


def wait_until_sealed(database: Database, idx: int) -> integrating.Checkpoint:
    def newest() -> integrating.Checkpoint | None:
        with database.reading() as session:
            found = integrating.latest(session)
        return found if found is not None and found.size > idx else None

    return eventually(newest)


def test_while_the_worker_runs_new_entries_are_sealed(
    database: Database, sealed_settings: config.Settings
) -> None:
    with jobs.sealing(sealed_settings):
        for _ in range(2):
            made = wait_until_sealed(database, log_one(database))
    assert Anchor(sealed_settings.anchor_path).read() == made.head


def test_a_worker_over_an_old_copy_seals_nothing_and_says_why(
    database: Database,
    sealed_settings: config.Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[float] = []
    seal = Transparency.seal

    def counted(*things: Any, **options: Any) -> Any:
        tries.append(time.monotonic())
        return seal(*things, **options)

    log_one(database)
    held = Transparency.of(sealed_settings)
    made = held.seal(database, now=world.NOW)
    assert made is not None
    further = TreeHead(made.head.origin, made.size + 5, bytes(32))
    held.anchor.advance(made.head, notes.sign(further.text(), held.log_signers))
    monkeypatch.setattr(Transparency, "seal", counted)
    with jobs.sealing(sealed_settings):
        log_one(database)
        before = len(tries)
        eventually(lambda: len(tries) > before + 3)
    with database.reading() as session:
        assert integrating.latest(session) == made
    assert held.anchor.refusals()["anchor"].code == "ledger.rolled_back"
    said = [record.message for record in caplog.records if record.name == "wastehub.jobs"]
    assert said[0].startswith("anchor: ledger.rolled_back")
    assert said.count("the ledger is not sealed at present") == 1


def test_a_witness_that_is_down_holds_up_neither_sealing_nor_the_end(
    database: Database, sealed_settings: config.Settings, tmp_path: Path
) -> None:
    policy = tmp_path / "witnesses.policy"
    key = notes.Cosigner("bureau.test/witness", signing.Signer.generate()).key
    policy.write_text(f"witness bureau {key} http://127.0.0.1:9\nquorum bureau\n")
    settings = replace(sealed_settings, witnesses_path=policy)
    with jobs.sealing(settings):
        wait_until_sealed(database, log_one(database))
        states = eventually(Anchor(settings.anchor_path).witnesses)
    assert states["bureau"].outcome == "down"
    assert Anchor(settings.anchor_path).refusals() == {}


def test_while_the_worker_runs_the_books_are_compared_and_damage_stops_posting(
    database: Database, sealed_settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RECONCILE_EVERY_S", 0.05)
    log_one(database)
    with database.transaction() as session:
        session.execute(text("INSERT INTO ledger_rollup VALUES ('STOCK', 'plat:X', '900-249-08', 7, 0)"))

    def stopped() -> Any:
        with database.reading() as session:
            return ledger.posting_stopped(session)

    with jobs.sealing(sealed_settings):
        stop = eventually(stopped)
    assert stop.problem_kind.startswith("rollup.")


# --- supervision -------------------------------------------------------------------------------------------


def test_a_queued_verification_is_worked_off_and_a_lost_one_put_back(database: Database) -> None:
    log_one(database)
    made = jobs.build(MemoryHuey("test", immediate=True, results=False), lambda: database)
    regulator = Actor(author="user:regulator", role="regulator")
    ids = []
    for asked_at in (clock.now_utc(), clock.now_utc() - timedelta(minutes=5)):
        with database.transaction() as session:
            run = audits.request_verification(session, actor=regulator, now=asked_at)
        ids.append(run.id)
        if len(ids) == 1:
            made.verify(str(run.id))
        else:
            made.requeue()
    with database.reading() as session:
        assert [audits.verification(session, actor=regulator, run_id=key).good for key in ids] == [True, True]


def test_the_daily_job_puts_open_loops_before_somebody_once(
    world_today: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.waiting(world_today, 2)
    late = world.NOW + timedelta(days=30)
    monkeypatch.setattr(clock, "now_utc", lambda: late)
    made = jobs.build(MemoryHuey("test", immediate=True, results=False), lambda: world_today)
    assert made.escalate() == 2
    assert made.escalate() == 0
    with world_today.reading() as session:
        assert [entry.event.type for entry in ledger.latest(session, limit=2)] == ["loop.escalated"] * 2


def test_a_worker_starts_although_the_daily_job_fails(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> int:
        raise RuntimeError("no limits are loaded")

    jobs._catch_up(replace(jobs.build(MemoryHuey("test", results=False), lambda: None), escalate=broken))  # type: ignore[arg-type, return-value]
    assert "open loops were not put before anybody" in caplog.text
