"""What must hold on SQLite and on PostgreSQL alike: order, repetition, and the refusal to change evidence."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from tests.databases import KINDS
from tests.ledger import acts
from tests.ledger.acts import BATCH, NOW, PLATFORM
from tests.ledger.logs import checkpointed, cosigned, many, proven, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger.store import AuthorKeyRow
from wastehub.ledger.triggers import sealed_tables

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def in_threads(count: int, work: Callable[[int], object]) -> list[BaseException]:
    """Run the work in threads that start together; what they raised."""
    barrier = threading.Barrier(count)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_head_of_the_log_goes_to_whoever_has_waited_longest(log: Database) -> None:
    """SQLite's writers queue before their transaction begins (tests/services/test_transactions.py)."""
    put(log, acts.registered("before"))
    labels = [f"L{number}" for number in range(6)]
    threads = [threading.Thread(target=put, args=(log, acts.registered(label))) for label in labels]
    with log.transaction() as first:
        ledger.append(first, [acts.registered("first")], now=NOW)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            until = time.monotonic() + 60
            while first.scalar(WAITING) < number:
                assert time.monotonic() < until
                first.execute(text("SELECT pg_stat_clear_snapshot()"))
    for thread in threads:
        thread.join(60)
    with log.reading() as session:
        order = {label: ledger.entries_for(session, label=label)[0].idx for label in labels}
    assert sorted(labels, key=order.__getitem__) == labels


def test_a_whole_way_is_booked_found_and_verified(log: Database) -> None:
    whole_way(log)
    put(log, acts.received("L9", id=UUID(int=0xB)), acts.registered("L3", personal={"driver": "示例司机"}))
    with log.reading() as session:
        assert [entry.idx for entry in ledger.entries_for(session, label="L1", site=PLATFORM)] == [5, 7]
        assert len(ledger.entries_for(session, batch=BATCH)) == 8
        assert ledger.rollups(session, kind="DONE")[0].balance_g == 99_800
        (case,) = ledger.open_cases(session)
        (entry,) = ledger.entries_for(session, label="L3")
        assert ledger.personal_values(session, entry) == {"driver": "示例司机"}
    put(log, acts.resolved(case.key))
    assert proven(log).entries == 11


def test_a_repetition_is_known_and_other_content_is_kept_as_evidence(log: Database) -> None:
    first = put(log, acts.registered(id=UUID(int=0xA)))[0]
    again, other = put(log, acts.registered(id=UUID(int=0xA)), acts.registered(mass_g=1, id=UUID(int=0xA)))
    assert (again.idx, again.replayed) == (first.idx, True)
    assert (other.posted, other.held_reason) == (False, "equivocation")
    proven(log)


def test_writers_at_the_same_time_leave_one_gapless_log(log: Database) -> None:
    put(log, acts.act("policy.changed"))

    def write(writer: int) -> None:
        for at in range(6):
            put(log, acts.registered(f"{writer}-{at}"), acts.registered("shared", id=UUID(int=at + 100)))

    assert in_threads(3, write) == []
    assert proven(log).entries == 2 + 18 + 6


def test_the_first_two_writers_of_an_empty_log_agree_on_its_beginning(log: Database) -> None:
    assert in_threads(2, lambda writer: put(log, acts.registered(f"{writer}"))) == []
    assert proven(log).entries == 3
    with log.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuthorKeyRow)) == 1


def test_what_arrives_during_a_verification_raises_no_alarm(
    log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wastehub.ledger.audit.STRIDE", 4)
    whole_way(log)

    def meanwhile(done: int, _total: int) -> None:
        put(log, acts.registered(f"late-{done}"))

    with log.reading() as session:
        report = ledger.verify(session, progress=meanwhile)
    assert (report.ok, report.entries) == (True, 8), report.problems
    assert proven(log).entries == 10


# -- triggers --------------------------------------------------------------------------------------


@pytest.fixture
def full(log: Database) -> Database:
    """At least one row in every sealed table."""
    whole_way(log)
    put(log, acts.act("lot.packed", PLATFORM, *(acts.Line(label) for label in ("L1", "L2"))))
    put(log, acts.registered("L5", id=UUID(int=5)), acts.registered("L6", id=UUID(int=5)))
    many(log, 256)
    cosigned(log, checkpointed(log))
    return log


def refused(log: Database, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="ledger evidence cannot be changed or deleted"),
        log.transaction() as session,
    ):
        session.execute(text(statement))


def test_no_row_of_evidence_can_be_updated_or_deleted(full: Database) -> None:
    for table in sealed_tables():
        with full.reading() as session:
            assert session.scalar(select(func.count()).select_from(table)), table.name
        column = next(iter(table.columns)).name
        refused(full, f"UPDATE {table.name} SET {column} = {column}")
        refused(full, f"DELETE FROM {table.name}")
    proven(full)


def test_no_row_of_evidence_can_be_replaced_or_truncated(full: Database) -> None:
    for table in sealed_tables():
        if full.engine.dialect.name == "sqlite":
            refused(full, f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}")
        else:
            refused(full, f"TRUNCATE {table.name}")
    proven(full)


def test_an_entry_cannot_be_replaced_through_another_unique_key(full: Database) -> None:
    if full.engine.dialect.name == "sqlite":
        columns = [column.name for column in sealed_tables()[0].columns]
        others = ", ".join("999 AS idx" if name == "idx" else name for name in columns)
        refused(full, f"INSERT OR REPLACE INTO ledger_entry SELECT {others} FROM ledger_entry WHERE idx = 3")
    proven(full)


def test_projections_may_be_rewritten(full: Database) -> None:
    with full.transaction() as session:
        session.execute(text("UPDATE ledger_balance SET in_g = in_g"))


def test_dropped_triggers_can_be_made_again(full: Database) -> None:
    with full.engine.begin() as connection:
        ledger.drop_triggers(connection)
        ledger.create_triggers(connection)
    refused(full, "DELETE FROM ledger_entry")


def test_the_role_of_the_application_may_add_evidence_but_not_change_it(full: Database) -> None:
    """PostgreSQL only: rights by role, with the triggers out of the way."""
    if full.engine.dialect.name != "postgresql":
        assert ledger.grants_sql("app")
        return
    role = "wastehub_app_test"
    with full.engine.begin() as connection:
        ledger.drop_triggers(connection)
        exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if not exists:
            connection.exec_driver_sql(f"CREATE ROLE {role}")
        for statement in ledger.grants_sql(role):
            connection.exec_driver_sql(statement)
    try:
        with full.transaction() as session:
            session.execute(text(f"SET LOCAL ROLE {role}"))
            assert ledger.append(session, [acts.registered("L7")], now=NOW)[0].posted
        for table in sealed_tables():
            column = next(iter(table.columns)).name
            for statement in (
                f"UPDATE {table.name} SET {column} = {column}",
                f"DELETE FROM {table.name}",
                f"TRUNCATE {table.name}",
            ):
                with pytest.raises(DatabaseError, match="permission denied"), full.transaction() as session:
                    session.execute(text(f"SET LOCAL ROLE {role}"))
                    session.execute(text(statement))
    finally:
        with full.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
    proven(full)


def test_a_role_name_is_not_a_way_to_run_other_statements() -> None:
    with pytest.raises(ValueError, match=re.escape("app; DROP")):
        ledger.grants_sql("app; DROP TABLE ledger_entry")
