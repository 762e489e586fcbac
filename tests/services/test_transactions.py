"""Who writes on SQLite waits for his turn, and nobody waits for himself."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from wastehub import db
from wastehub.db import Database
from wastehub.models.numbers import take_numbers


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """PostgreSQL queues writers itself."""
    kind: str = getattr(request, "param", "sqlite")
    return kind


def test_threads_write_in_the_order_in_which_they_came(empty_database: Database) -> None:
    order: list[int] = []
    here: list[threading.Event] = [threading.Event() for _ in range(5)]

    def write(number: int) -> None:
        here[number].set()
        with empty_database.transaction() as session:
            session.execute(text("SELECT 1"))
            order.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    with empty_database.transaction():
        for number, thread in enumerate(threads):
            thread.start()
            assert here[number].wait(60)
            while len(empty_database._turns._waiting) <= number:  # type: ignore[attr-defined]
                pass
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_a_transaction_within_a_transaction_is_refused_at_once(empty_database: Database) -> None:
    refused = pytest.raises(RuntimeError, match="wait for itself")
    with empty_database.transaction(), refused, empty_database.transaction():
        pass


def test_after_a_failed_transaction_the_next_has_its_turn(empty_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), empty_database.transaction():
        raise ZeroDivisionError
    with empty_database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_who_only_looks_never_takes_the_lock(empty_database: Database) -> None:
    with empty_database.transaction() as session, empty_database.reading() as looking:
        assert looking.execute(text("SELECT 1")).scalar() == 1
        looking.rollback()
        assert looking.execute(text("SELECT 2")).scalar() == 2, "nor after a second beginning"
        assert session.execute(text("SELECT 3")).scalar() == 3


def test_a_connection_that_looked_writes_again_afterwards(empty_database: Database) -> None:
    """What marks a connection for looking does not stay on it: two writers would turn up at once."""
    with empty_database.reading() as looking:
        looking.execute(text("SELECT 1"))
    with empty_database.transaction() as session:
        session.execute(text("SELECT 1"))
        with empty_database.engine.connect() as other:
            other.connection.cursor().execute("PRAGMA busy_timeout=0")
            with pytest.raises(OperationalError, match="locked"):
                other.execute(text("SELECT 1"))


def backend(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("rested", [True, False])
def test_a_restart_of_the_server_is_not_noticed_after_a_rest(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch, rested: bool
) -> None:
    monkeypatch.setattr(db, "RESTED_S", 0.0 if rested else 3600.0)
    old = backend(empty_database)
    assert backend(empty_database) == old, "the connection is used again"
    operator = Database(empty_database.url)
    with operator.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": old})
    operator.dispose()
    if not rested:
        with pytest.raises(OperationalError):
            backend(empty_database)
    assert backend(empty_database) != old


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_numbers_of_a_series_go_on_and_never_repeat(database: Database) -> None:
    with database.transaction() as session:
        assert take_numbers(session, {"b": 2, "a": 1}) == {"a": range(1, 2), "b": range(1, 3)}
        assert take_numbers(session, {"b": 3}) == {"b": range(3, 6)}
        assert take_numbers(session, {}) == {}
    with database.transaction() as session:
        assert take_numbers(session, {"a": 1, "b": 1}) == {"a": range(2, 3), "b": range(6, 7)}
