"""Random histories through the database: what append keeps is what a replay of the log gives."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.acts import NOW
from tests.ledger.test_invariants import LABELS, STEPS, lived
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger.books import Sums


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
        states = ledger.label_states(session, LABELS)
        assert states == {label: record.state for label, record in desk.books.labels.items()}
        held = {(made.kind, made.place, made.code, made.batch): made for made in ledger.balances(session)}
        assert {tuple(account): (sums.in_g, sums.out_g) for account, sums in desk.books.accounts.items()} == {
            key: (made.in_g, made.out_g) for key, made in held.items()
        }
        assert all(isinstance(sums, Sums) for sums in desk.books.accounts.values())
        again = ledger.append(session, desk.log, now=NOW)
        assert [(receipt.idx, receipt.posted, receipt.held_reason) for receipt in again] == [
            (receipt.idx, receipt.posted, receipt.held_reason) for receipt in receipts
        ]
        session.rollback()
