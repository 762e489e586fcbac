"""Who writes on SQLite waits for his turn, and nobody waits for himself."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from wastehub.db import Database


@pytest.fixture
def database_kind() -> str:
    """PostgreSQL queues writers itself."""
    return "sqlite"


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
            assert here[number].wait(5)
            while len(empty_database._turns._waiting) <= number:  # type: ignore[attr-defined]
                pass
    for thread in threads:
        thread.join(5)
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
