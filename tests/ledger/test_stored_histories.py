"""Random histories through the database: what append keeps is what a replay of the log gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.acts import NOW
from tests.ledger.test_invariants import STEPS, lived
from tests.ledger.test_wh_verify import assert_same_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger.books import Sums


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.integers(1, 12))
def test_a_history_in_calls_of_any_size_verifies(
    log: Database, steps: list[tuple[str, int, int, int]], size: int
) -> None:
    """I8, I13: incremental books = replayed books, whatever the cut; numbers without a gap."""
    desk = lived(steps)
    with log.session() as session:
        receipts = []
        for at in range(0, len(desk.log), size):
            receipts += ledger.append(session, desk.log[at : at + size], now=NOW)
        report = ledger.verify(session, signature_every=0)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0
        states = ledger.label_states(session, list(desk.books.labels))
        assert states == {label: record.state for label, record in desk.books.labels.items()}
        held = {(made.kind, made.place, made.code, made.batch): made for made in ledger.balances(session)}
        assert {tuple(account): (sums.in_g, sums.out_g) for account, sums in desk.books.accounts.items()} == {
            key: (made.in_g, made.out_g) for key, made in held.items()
        }
        assert all(isinstance(sums, Sums) for sums in desk.books.accounts.values())
        again = ledger.append(session, desk.log, now=NOW)
        assert [receipt.idx for receipt in again] == [receipt.idx for receipt in receipts]
        waiting = {entry.idx: entry.held_reason for entry in ledger.held_facts(session)}
        # What was held at first may have been posted since; never the other way round.
        assert all(receipt.held_reason == waiting.get(receipt.idx) for receipt in again)
        assert all(now.posted or not then.posted for then, now in zip(receipts, again, strict=True))
        session.rollback()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.integers(0, 40))
def test_a_log_whose_rules_changed_on_the_way_verifies(
    log: Database, steps: list[tuple[str, int, int, int]], cut: int
) -> None:
    """What was sealed under version 1 keeps its meaning, and version 2 goes on from its books (F16)."""
    events = [
        replace(event, v=1 if at < cut else 2) for at, event in enumerate(lived(steps).log)
    ]  # fmt: skip
    assert_same_books(events)
    with log.session() as session:
        ledger.append(session, events, now=NOW)
        report = ledger.verify(session, signature_every=0)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0
        late = [entry for entry in ledger.entries_for(session) if entry.posted_idx is not None]
        assert all(entry.event.v == 2 for entry in late)
        session.rollback()
