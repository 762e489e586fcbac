"""The queue carries only ids; what it loses is made up for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from huey import MemoryHuey, SqliteHuey
from sqlalchemy import update

from tests.services import planning_world as world
from wastehub import clock, config, jobs
from wastehub.db import Database
from wastehub.domain import calendar
from wastehub.ledger import signing
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun
from wastehub.models.vehicles import CrewMember
from wastehub.services import planning


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
        patience = time.monotonic() + 60
        while state_of(world_today, run_id) in ("queued", "running") and time.monotonic() < patience:
            _nap(worker)
        assert state_of(world_today, run_id) == "done"
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(15)


def _nap(worker: subprocess.Popen[bytes]) -> None:
    """Look again in a moment, at once if the worker died."""
    try:
        worker.wait(0.3)
    except subprocess.TimeoutExpired:
        return
