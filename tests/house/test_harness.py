"""The databases that tests are given: real, separate, and clean afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from wastehub.db import Database


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
