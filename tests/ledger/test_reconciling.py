"""Reconciliation: damage is found by the right run and located; posting stops, the log does not."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.bundles import POLICY, exported, members_of, verify
from tests.ledger.logs import checkpointed, cosigned, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import exports, projector, reconciling
from wastehub.ledger.rebuilding import NothingToResume, NotRepaired, resume
from wastehub.ledger.reconciling import Reconciler, Run

BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = getattr(request, "param", "sqlite")
    return kind


@pytest.fixture
def books(log: Database) -> Database:
    """A log that went all the way, without triggers: as whoever owns the database can make it."""
    whole_way(log)
    put(log, acts.registered("L7", batch="ent:示例乙/B7"))
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
    return log


def tamper(log: Database, statement: str, **values: Any) -> None:
    with log.transaction() as session:
        assert session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]


def run(log: Database, scope: Any, at: Any = NOW) -> Run:
    return Reconciler(log).run(scope, now=at)


def kinds(found: Run) -> str:
    return found.problem.kind if found.problem else ""


def stop_of(log: Database) -> projector.Stop | None:
    with log.reading() as session:
        return projector.stopped(session)


def state_of(log: Database) -> dict[str, Any]:
    """Every table that follows from the log, as rows."""
    tables = ("ledger_balance", "ledger_rollup", "ledger_label_state", "ledger_discrepancy", "ledger_held",
              "ledger_posting", "ledger_entry_batch", "ledger_descent", "ledger_account")  # fmt: skip
    with log.reading() as session:
        return {
            name: sorted(map(tuple, session.execute(text(f"SELECT * FROM {name}"))), key=str)
            for name in tables
        }


@pytest.mark.parametrize("scope", reconciling.SCOPES)
def test_whole_books_pass_every_run(books: Database, scope: Any) -> None:
    found = run(books, scope)
    assert found.problem is None and stop_of(books) is None
    with books.reading() as session:
        [kept] = reconciling.runs(session)
        assert kept == found and kept.upto_idx == ledger.size(session)


@BOTH
def test_the_sum_finds_a_changed_roll_up_and_says_which(books: Database) -> None:
    tamper(books, "UPDATE ledger_rollup SET in_g = in_g + 7 WHERE kind = 'DONE'")
    found = run(books, "sum")
    assert found.problem is not None and found.problems == 2
    assert (
        found.problem.kind == "rollup.changed" and found.problem.idx >= 0 and "DONE" in found.problem.detail
    )


def test_the_sum_does_not_see_what_only_a_recomputation_finds(books: Database) -> None:
    tamper(books, "UPDATE ledger_balance SET in_g = in_g + 7, out_g = out_g + 7")
    assert run(books, "sum").problem is None
    assert kinds(run(books, "full")) == "balance.changed"


def test_the_tail_finds_a_changed_posting_at_its_entry_and_old_ones_are_left_to_the_night(
    books: Database,
) -> None:
    with books.reading() as session:
        old = session.scalar(text("SELECT min(idx) FROM ledger_posting"))
    run(books, "full")
    put(books, acts.registered("L8", batch="ent:示例乙/B8"))
    with books.reading() as session:
        new = session.scalar(text("SELECT max(idx) FROM ledger_posting"))
    tamper(books, "UPDATE ledger_posting SET mass_g = mass_g + 1 WHERE idx = :idx", idx=old)
    clean = run(books, "tail", NOW + timedelta(hours=1))
    assert clean.problem is None and clean.entries == 1
    put(books, acts.registered("L9", batch="ent:示例乙/B9"))
    tamper(books, "UPDATE ledger_posting SET mass_g = mass_g + 1 WHERE idx = :idx", idx=new + 1)
    found = run(books, "tail", NOW + timedelta(hours=2))
    assert found.problem is not None and (found.problem.kind, found.problem.idx) == (
        "posting.changed",
        new + 1,
    )
    night = Reconciler(books).run("full", now=NOW + timedelta(hours=9))
    assert night.problem is not None and (night.problem.kind, night.problem.idx) == ("posting.changed", old)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE ledger_label_state SET mass_g = mass_g + 1 WHERE label = 'L7'", "label_state.changed"),
        ("DELETE FROM ledger_label_state WHERE label = 'L7'", "label_state.missing"),
        ("UPDATE ledger_balance SET out_g = out_g + 5 WHERE account = 2", "balance.changed"),
        ("DELETE FROM ledger_posting WHERE idx = (SELECT max(idx) FROM ledger_posting)", "posting.missing"),
        ("UPDATE ledger_account SET place = 'plat:JX-P99' WHERE batch = 'ent:示例乙/B7'", "posting.missing"),
    ],
)  # fmt: skip
def test_the_full_run_finds_every_table(books: Database, statement: str, kind: str) -> None:
    tamper(books, statement)
    found = run(books, "full")
    assert kinds(found) == kind


def test_a_kept_second_ledger_goes_on_where_it_ended(books: Database) -> None:
    reconciler = Reconciler(books)
    first = reconciler.run("full", now=NOW)
    put(books, acts.loaded("L7", 100_200))
    tail = reconciler.run("tail", now=NOW + timedelta(hours=1))
    assert tail.problem is None and (tail.entries, tail.upto_idx) == (1, first.upto_idx + 1)
    assert reconciler.run("tail", now=NOW + timedelta(hours=2)).entries == 0
    put(books, acts.received("L7", 100_100))
    tamper(books, "UPDATE ledger_label_state SET place = 'plat:JX-P99' WHERE label = 'L7'")
    assert kinds(reconciler.run("tail", now=NOW + timedelta(hours=3))) == "label_state.changed"


def stopped_books(books: Database) -> Run:
    tamper(books, "UPDATE ledger_balance SET in_g = in_g + 7 WHERE account = 1")
    return run(books, "full")


def test_a_difference_stops_posting_and_never_the_log(books: Database) -> None:
    stopped_books(books)
    stop = stop_of(books)
    assert stop is not None and stop.problem_kind == "balance.changed" and stop.scope == "full"
    with books.reading() as session:
        size = ledger.size(session)
        alarm = ledger.latest(session, limit=1)[0]
        assert alarm.event.type == "projector.stopped" and alarm.event.facts["kind"] == "balance.changed"
    [receipt] = put(books, acts.registered("L8", batch="ent:示例乙/B8"))
    assert receipt.posted and receipt.held_reason == "projector.stopped"
    with books.reading() as session:
        assert ledger.size(session) == size + 1
        assert ledger.label_states(session, ["L8"]) == {}
        [entry] = ledger.entries_for(session, label="L8")
        assert entry.held_reason == "projector.stopped"
    run(books, "full", NOW + timedelta(days=1))
    assert stop_of(books) == stop, "the first finding stays"


@BOTH
def test_resuming_gives_the_books_that_there_would_have_been_without_the_stop(books: Database) -> None:
    before = state_of(books)
    stopped_books(books)
    tamper(books, "UPDATE ledger_balance SET in_g = in_g - 7 WHERE account = 1")
    assert state_of(books) == before
    put(books, acts.loaded("L7", 100_200))
    put(books, acts.received("L7", 100_100))
    put(books, acts.loaded("L404", 1_000))
    made = resume(books, by="user:admin", reason="示例", now=NOW)
    assert (made.facts_waited, made.postings_corrected) == (3, 0)
    assert stop_of(books) is None
    with books.reading() as session:
        assert ledger.verify(session).problems == []
        assert ledger.label_states(session, ["L7"])["L7"].place == acts.PLATFORM
        [lost] = ledger.entries_for(session, label="L404")
        assert lost.held_reason == "label.unknown", "what the books refuse they refuse now"
        assert ledger.latest(session, limit=1)[0].event.type == "projector.resumed"
    [receipt] = put(books, acts.treated("L7"))
    assert receipt.posted and receipt.held_reason is None
    assert run(books, "full").problem is None


@BOTH
def test_damaged_postings_are_put_right_only_when_somebody_says_so(books: Database) -> None:
    before = state_of(books)
    tamper(
        books,
        "UPDATE ledger_posting SET mass_g = mass_g + 1 WHERE idx = (SELECT max(idx) FROM ledger_posting)",
    )
    run(books, "full")
    with pytest.raises(NotRepaired, match="postings stored"):
        resume(books, by="user:admin", reason="示例", now=NOW)
    assert stop_of(books) is not None, "nothing was changed"
    made = resume(books, by="user:admin", reason="示例", repair=True, now=NOW)
    assert made.postings_corrected == 1
    after = state_of(books)
    assert {name: rows for name, rows in after.items() if name != "ledger_entry_batch"} == {
        name: rows for name, rows in before.items() if name != "ledger_entry_batch"
    }
    with pytest.raises(Exception, match="cannot be changed"):
        tamper(books, "UPDATE ledger_posting SET mass_g = 1")


def test_projections_that_were_deleted_come_back(books: Database) -> None:
    before = state_of(books)
    for name in ("ledger_balance", "ledger_rollup", "ledger_label_state"):
        tamper(books, f"DELETE FROM {name}")
    assert kinds(run(books, "full")) in ("balance.missing", "rollup.missing")
    resume(books, by="user:admin", reason="示例", now=NOW)
    assert state_of(books) == before


def test_a_running_projector_is_not_resumed(books: Database) -> None:
    with pytest.raises(NothingToResume):
        resume(books, by="user:admin", reason="示例", now=NOW)


def test_when_each_run_is_due() -> None:
    def last(scope: Any, minutes: int) -> Run:
        return Run(scope, NOW - timedelta(minutes=minutes), 1, 1, 1, 0, None)

    assert reconciling.due([], NOW) == ["full", "sum"]
    fresh = [last("full", 120), last("tail", 10), last("sum", 0)]
    assert reconciling.due(fresh, NOW) == []
    assert reconciling.due([last("full", 120), last("tail", 60), last("sum", 1)], NOW) == ["tail", "sum"]
    assert reconciling.due([last("full", 30), last("sum", 0)], NOW) == [], "a full run is a tail as well"
    night = NOW.replace(hour=18)
    old = [Run("full", night - timedelta(hours=21), 1, 1, 1, 0, None)]
    assert "full" in reconciling.due(old, night) and "full" not in reconciling.due(
        old, night.replace(hour=23)
    )
    late = [Run("full", NOW - timedelta(hours=36), 1, 1, 1, 0, None)]
    assert "full" in reconciling.due(late, NOW)


# --- what leaves the house meanwhile -----------------------------------------------------------------------


def test_a_bundle_of_half_posted_books_carries_no_balances_and_says_why(
    books: Database, tmp_path: Path
) -> None:
    stopped_books(books)
    put(books, acts.loaded("L7"))
    cosigned(books, checkpointed(books))
    with books.reading() as session, (tmp_path / "told.zip").open("wb") as out:
        told = exports.write(session, out, form="bundle", scope=exports.Scope.parse("all"), policy=POLICY)
    assert "posting stands still" in told and "STOPPED.txt" in told
    made = exported(books, tmp_path / "stopped.zip")
    members = members_of(made)
    assert not {"reports/balances.csv", "reports/cases.csv"} & members.keys()
    said = members["STOPPED.txt"].decode()
    assert "停止入账" in said and "共 1 条" in said and "full, balance.changed" in said
    assert b"projector.stopped" in members["reports/held.csv"]
    assert verify(made, "--level", "1").code == 0, "the entries are as good as ever"
    judged = verify(made)
    assert judged.code == 2 and "member.missing" in judged.found, "not checkable, and no accusation"


def test_after_posting_goes_on_the_balances_are_there_again(books: Database, tmp_path: Path) -> None:
    stopped_books(books)
    tamper(books, "UPDATE ledger_balance SET in_g = in_g - 7 WHERE account = 1")
    put(books, acts.loaded("L7"))
    resume(books, by="user:admin", reason="示例", now=NOW)
    cosigned(books, checkpointed(books))
    made = exported(books, tmp_path / "whole.zip")
    assert "STOPPED.txt" not in members_of(made)
    assert verify(made).code == 0


@pytest.mark.parametrize("form", ["csv", "hj1259", "epcis"])
def test_what_is_told_from_the_entries_is_whole_all_the_same(books: Database, form: str) -> None:
    """Those forms follow from the log, not from the books that stand still."""
    waiting, posted = io.BytesIO(), io.BytesIO()
    stopped_books(books)
    tamper(books, "UPDATE ledger_balance SET in_g = in_g - 7 WHERE account = 1")
    put(books, acts.loaded("L7"))
    checkpointed(books)
    scope = exports.Scope.parse(f"batch:{acts.FIRM.replace('甲', '乙')}/B7")
    for out in (waiting, posted):
        with books.reading() as session:
            exports.write(session, out, form=form, scope=scope, policy=POLICY)
        if out is waiting:
            resume(books, by="user:admin", reason="示例", now=NOW)
    assert waiting.getvalue() == posted.getvalue() and waiting.getvalue()
