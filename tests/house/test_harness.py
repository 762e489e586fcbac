"""The databases that tests are given: real, separate, and clean afterwards."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from tests.databases import REFERENCE_AT, Databases
from tests.worlds import remembered
from wastehub.db import Database, new_id

BUILT: list[float] = []


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_a_session_does_is_gone_afterwards_even_if_committed(session: Session, attempt: int) -> None:
    names = inspect(session.connection()).get_table_names()
    assert "harness_trace" not in names
    session.execute(text("CREATE TABLE harness_trace (id INTEGER)"))
    session.commit()


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_has_a_database_of_its_own(database: Database, attempt: int) -> None:
    assert "harness_trace" not in inspect(database.engine).get_table_names()
    with database.transaction() as session:
        session.execute(text("CREATE TABLE harness_trace (id INTEGER)"))
    assert "harness_trace" in inspect(database.engine).get_table_names()


def test_the_kind_is_what_it_says(empty_database: Database, database_kind: str) -> None:
    assert empty_database.engine.dialect.name == database_kind
    assert inspect(empty_database.engine).get_table_names()


def test_a_bare_database_has_no_tables(bare_database: Database) -> None:
    assert inspect(bare_database.engine).get_table_names() == []


@remembered
def traced(database: Database, mark: float) -> tuple[Database, UUID]:
    """A world with one row in it, whose key comes from the database's source of chance."""
    BUILT.append(mark)
    with database.transaction() as session:
        made = new_id(session, REFERENCE_AT)
        session.execute(text("CREATE TABLE harness_world (mark INTEGER, id TEXT)"))
        session.execute(
            text("INSERT INTO harness_world VALUES (:mark, :id)"), {"mark": mark, "id": str(made)}
        )
    return database, made


@remembered
def traced_twice(database: Database) -> None:
    BUILT.append(0)
    with database.transaction() as session:
        session.execute(text("INSERT INTO harness_world SELECT mark + 1, id FROM harness_world"))


def marks(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT mark FROM harness_world ORDER BY mark")))


def next_id(database: Database) -> UUID:
    with database.reading() as session:
        return new_id(session, REFERENCE_AT)


@pytest.fixture
def two_databases(test_databases: Databases, database_kind: str) -> Iterator[list[Database]]:
    """What two tests of one worker are given, with nothing remembered from before."""
    test_databases.worlds(database_kind).kept.clear()
    BUILT.clear()
    lent = contextmanager(test_databases.lent)
    borrow = functools.partial(lent, database_kind, "reference", remembers=True)
    with borrow() as first, borrow() as second:
        yield [first, second]


def cheap(databases: list[Any]) -> bool:
    """Elsewhere nothing is remembered, and the tests hold all the same."""
    return all(database.worlds.copies_cheaply for database in databases)


def test_a_world_is_built_once_and_copied_whole(two_databases: list[Database]) -> None:
    answers = [traced(database, 7) for database in two_databases]
    assert BUILT == [7] or not cheap(two_databases)
    assert [marks(database) for database in two_databases] == [[7], [7]]
    # The answer speaks of the database of its own test, and chance goes on where it went on the first time.
    assert [database for database, _ in answers] == two_databases
    assert answers[0][1] == answers[1][1] and answers[0][1] != next_id(two_databases[1])
    assert next_id(two_databases[0]) != answers[0][1]


def test_what_is_written_to_a_copy_stays_there(two_databases: list[Database]) -> None:
    first, second = two_databases
    traced(first, 7)
    with first.transaction() as session:
        session.execute(text("DELETE FROM harness_world"))
    traced(second, 7)
    assert (marks(first), marks(second)) == ([], [7])


def test_another_argument_makes_another_world(two_databases: list[Database]) -> None:
    for database, mark in zip(two_databases, (1, 1.0), strict=True):
        traced(database, mark)
    traced_twice(two_databases[0])
    assert BUILT == [1, 1.0, 0]
    assert [marks(database) for database in two_databases] == [[1, 2], [1]]


def test_a_world_after_a_world_is_remembered_too(two_databases: list[Database]) -> None:
    for database in two_databases:
        traced(database, 7)
        traced_twice(database)
        assert marks(database) == [7, 8]
    assert BUILT == [7, 0] or not cheap(two_databases)


@pytest.mark.parametrize("statement", ["CREATE TABLE harness_trace (id INTEGER)", "DELETE FROM users"])
def test_where_something_was_written_before_the_world_is_built(
    two_databases: list[Database], statement: str
) -> None:
    first, second = two_databases
    traced(first, 7)
    with second.transaction() as session:
        session.execute(text(statement))
    traced(second, 7)
    assert BUILT == [7, 7]


def test_a_database_in_use_is_left_alone(two_databases: list[Database]) -> None:
    first, second = two_databases
    traced(first, 7)
    with second.reading() as session:
        before = session.scalar(text("SELECT count(*) FROM users"))
        traced(second, 7)
        assert session.scalar(text("SELECT count(*) FROM users")) == before
    assert BUILT == [7, 7]
