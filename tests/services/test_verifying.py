"""The log is verified in the background: asked for, watched, cancelled, taken over, and its result kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.firms import NOW, admin
from tests.ledger.logs import whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, NotFound
from wastehub.models import leases
from wastehub.models.verification_runs import VerificationRun
from wastehub.services import audits
from wastehub.services.audits import verifying

REGULATOR = Actor(author="user:regulator", role="regulator")


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def asked(database: Database) -> VerificationRun:
    with database.transaction() as session:
        return audits.request_verification(session, actor=REGULATOR, now=NOW)


def run_of(database: Database, run: VerificationRun) -> VerificationRun:
    with database.reading() as session:
        return audits.verification(session, actor=REGULATOR, run_id=run.id)


class Clock:
    """A second later at each look, so that every stride says how far it is."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> object:
        self.at += timedelta(seconds=2)
        return self.at


def test_a_whole_log_gives_size_root_and_a_good_result(database: Database) -> None:
    whole_way(database)
    run = asked(database)
    assert audits.execute_verification(database, run_id=run.id, now=lambda: NOW)
    done = run_of(database, run)
    with database.reading() as session:
        assert (done.size, done.root) == (ledger.size(session), ledger.verify(session).root.hex())
    assert done.good and done.problems == 0 and done.signatures == done.size
    assert not audits.execute_verification(database, run_id=run.id, now=lambda: NOW), "harmless to repeat"


def test_a_changed_entry_is_named(database: Database) -> None:
    whole_way(database)
    with database.transaction() as session:
        session.execute(text("DROP TRIGGER IF EXISTS ledger_entry_no_update"))
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type='trigger'")).all():
            session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(text("UPDATE ledger_entry SET subject = 'another' WHERE idx = 4"))
    run = asked(database)
    audits.execute_verification(database, run_id=run.id, now=lambda: NOW)
    done = run_of(database, run)
    assert not done.good and done.log_ok is False
    assert done.findings[0][:2] == [4, "column.changed"]


def test_a_second_one_waits_for_the_first(database: Database) -> None:
    asked(database)
    with pytest.raises(Conflict, match=r"verification\.under_way"):
        asked(database)


def test_a_waiting_run_is_cancelled_at_once_and_a_working_one_at_its_next_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_way(database)
    run = asked(database)
    with database.transaction() as session:
        audits.cancel_verification(session, actor=REGULATOR, run_id=run.id, now=NOW)
    assert run_of(database, run).state == "cancelled"
    assert not audits.execute_verification(database, run_id=run.id, now=lambda: NOW)
    again = asked(database)
    seen: list[tuple[int, int]] = []

    def walk(session: object, *, progress: object, signature_every: int) -> object:
        with database.transaction() as other:
            audits.cancel_verification(other, actor=REGULATOR, run_id=again.id, now=NOW)
        seen.append((3, 9))
        progress(3, 9)  # type: ignore[operator]
        raise AssertionError("the walk went on")

    monkeypatch.setattr(ledger, "verify", walk)
    assert not audits.execute_verification(database, run_id=again.id, now=Clock())  # type: ignore[arg-type]
    assert seen and run_of(database, again).state == "cancelled"
    with database.transaction() as session, pytest.raises(Conflict, match=r"verification\.over"):
        audits.cancel_verification(session, actor=REGULATOR, run_id=again.id, now=NOW)


def test_progress_is_told_while_the_walk_goes_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_way(database)
    run = asked(database)
    real, told = ledger.verify, []

    def walk(session: object, *, progress: object, signature_every: int) -> object:
        progress(3, 9)  # type: ignore[operator]
        told.append(run_of(database, run).done)
        return real(session, signature_every=signature_every)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "verify", walk)
    assert audits.execute_verification(database, run_id=run.id, now=Clock())  # type: ignore[arg-type]
    assert told == [3]


def test_what_a_dead_worker_left_is_put_back_and_given_up_after_three_times(database: Database) -> None:
    run = asked(database)
    later = NOW + timedelta(minutes=5)
    for _ in range(leases.ATTEMPTS_MAX):
        assert verifying._Held.take(database, run.id, lambda: NOW) is not None
        with database.transaction() as session:
            waiting = audits.requeue_verifications(session, now=later)
        with database.transaction() as session:
            row = session.get_one(VerificationRun, run.id)
            if row.state == "queued":
                assert waiting == [run.id]
    assert (run_of(database, run).state, run_of(database, run).failure) == (
        "failed",
        "verification.worker_lost",
    )


def test_a_result_of_a_worker_that_lost_its_run_is_dropped(database: Database) -> None:
    run = asked(database)
    held = verifying._Held.take(database, run.id, lambda: NOW)
    assert held is not None
    held.attempt = 0
    held.close(state="done", log_ok=True)
    assert run_of(database, run).state == "running"


def test_only_supervision_verifies(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(Forbidden):
            audits.request_verification(session, actor=Actor("user:x", "dispatcher"), now=NOW)
        with pytest.raises(NotFound):
            audits.verification(session, actor=admin(), run_id=__import__("uuid").uuid4())
