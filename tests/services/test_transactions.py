"""Who writes on SQLite waits for his turn, and nobody waits for himself."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from wastehub import db, turns
from wastehub.db import Database
from wastehub.models.numbers import NumberSeries, take_numbers
from wastehub.turns import MOST, SharedCommitFailed


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
            while len(empty_database._turns._waiting) <= number:  # type: ignore[union-attr]
                pass
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_a_transaction_within_a_transaction_is_refused_at_once(empty_database: Database) -> None:
    refused = pytest.raises(RuntimeError, match="wait for itself")
    with empty_database.transaction(), refused, empty_database.transaction():
        pass


class Neighbours:
    """Threads that each write a number, all of them while the first one's turn lasts: they share a commit."""

    def __init__(self, database: Database, *, acts: dict[int, Callable[[Session], object]]) -> None:
        self.database, self.acts = database, acts
        self.raised: dict[int, BaseException] = {}
        self.seen_when_done: dict[int, set[int]] = {}

    def run(self, count: int) -> None:
        threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]
        given_up = suppress(ZeroDivisionError, SharedCommitFailed, DBAPIError)
        with given_up, self.database.transaction() as session:
            for number, thread in enumerate(threads):
                thread.start()
                while len(self.database._turns._waiting) <= number:  # type: ignore[union-attr]
                    time.sleep(0.001)
            take_numbers(session, {"first": 1})
            self.acts.get(-1, lambda session: None)(session)
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, number: int) -> None:
        try:
            with self.database.transaction() as session:
                take_numbers(session, {str(number): 1})
                self.acts.get(number, lambda session: None)(session)
            self.seen_when_done[number] = written(self.database)
        except BaseException as error:
            self.raised[number] = error


def written(database: Database) -> set[int]:
    """The numbers that others can see."""
    with database.reading() as session:
        rows = session.scalars(select(NumberSeries.series).where(NumberSeries.series != "first"))
        return {int(row) for row in rows}


@pytest.fixture(autouse=True)
def shared_for(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the neighbours share a commit; a test may ask for another time."""
    monkeypatch.setattr(turns, "SHARED_S", getattr(request, "param", 3600.0))


@pytest.fixture
def commits(database: Database) -> list[int]:
    """An element for each commit that reached the driver from here on."""
    seen: list[int] = []
    usual = database.engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        seen.append(len(seen))
        usual(connection)

    database.engine.dialect.do_commit = do_commit  # type: ignore[method-assign,assignment]
    return seen


def test_acts_that_wait_share_a_commit_and_are_done_after_it(database: Database, commits: list[int]) -> None:
    neighbours = Neighbours(database, acts={})
    neighbours.run(5)
    assert len(commits) == 1
    assert neighbours.raised == {}
    assert list(neighbours.seen_when_done.values()) == [{0, 1, 2, 3, 4}] * 5, (
        "nobody is told before the commit"
    )


def test_more_than_may_share_a_commit_take_two(database: Database, commits: list[int]) -> None:
    neighbours = Neighbours(database, acts={})
    neighbours.run(MOST)
    assert len(commits) == 2
    assert written(database) == set(range(MOST))


@pytest.mark.parametrize("shared_for", [0.0], indirect=True)
def test_nobody_joins_a_transaction_that_is_too_old(database: Database, commits: list[int]) -> None:
    neighbours = Neighbours(database, acts={})
    neighbours.run(3)
    assert len(commits) == 4
    assert written(database) == {0, 1, 2}


def fails(_session: Session) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("failing", [{1}, {0, 4}, {2, 3}, {0, 1, 2, 3, 4}, {-1}, {-1, 0}])
def test_an_act_that_fails_leaves_no_trace_and_disturbs_nobody(database: Database, failing: set[int]) -> None:
    neighbours = Neighbours(database, acts=dict.fromkeys(failing, fails))
    neighbours.run(5)
    assert set(neighbours.raised) == failing - {-1}
    assert all(isinstance(error, ZeroDivisionError) for error in neighbours.raised.values())
    assert written(database) == set(range(5)) - failing


def ends_all(session: Session) -> None:
    """What SQLite does by itself when the disk is full."""
    session.connection().exec_driver_sql("ROLLBACK")


def test_if_sqlite_ends_the_transaction_nobody_before_is_told_it_was_kept(database: Database) -> None:
    neighbours = Neighbours(database, acts={2: ends_all})
    neighbours.run(5)
    assert set(neighbours.raised) == {0, 1, 2}
    assert isinstance(neighbours.raised[0], SharedCommitFailed)
    assert written(database) == {3, 4}, "who came after it has a transaction of his own"


@pytest.mark.parametrize("number", [-1, 1])
def test_an_act_that_takes_back_what_it_did_takes_back_its_own(database: Database, number: int) -> None:
    neighbours = Neighbours(database, acts={number: lambda session: session.rollback()})
    neighbours.run(3)
    assert neighbours.raised == {}
    assert written(database) == {0, 1, 2} - {number}


def test_a_commit_that_fails_fails_for_all_of_its_acts(database: Database) -> None:
    def refuse(connection: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    usual = database.engine.dialect.do_commit
    database.engine.dialect.do_commit = refuse  # type: ignore[method-assign,assignment]
    neighbours = Neighbours(database, acts={})
    neighbours.run(3)
    database.engine.dialect.do_commit = usual  # type: ignore[method-assign,assignment]
    assert set(neighbours.raised) == {0, 1, 2}
    assert written(database) == set()
    with database.transaction() as session:
        assert take_numbers(session, {"0": 1}) == {"0": range(1, 2)}, "and the next goes on"


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
