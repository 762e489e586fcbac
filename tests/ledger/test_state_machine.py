"""The log as a machine on both databases: facts, repetitions, equivocations and checkpoints in any order.

After every step the books close; at the end the stored log verifies, equals a replay and the second
implementation, and every checkpoint ever made is a prefix of it (I1 to I6, I8, I9, I12, I13, I15).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.databases import KINDS
from tests.ledger.acts import NOW, Desk
from tests.ledger.bundles import canonical, root_of
from tests.ledger.logs import LOG
from tests.ledger.test_invariants import LABELS, MASSES, adverse, check, known, likely
from tests.ledger.test_wh_verify import second_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, integrating
from wastehub.ledger.store import EntryRow


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


class Machine(RuleBasedStateMachine):
    """One transaction on a database, rolled back at the end, beside a desk without any database."""

    log: Database

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.session = self.log.session()
        self.sent: list[Event] = []
        self.unsent: list[Event] = []
        self.checkpoints: list[tuple[int, bytes]] = []

    @rule(label=st.sampled_from(LABELS), choice=st.integers(0, 1_000), mass_g=MASSES, fits=st.integers(0, 4))
    def act(self, label: str, choice: int, mass_g: int, fits: int) -> None:
        made = likely(self.desk, known(self.desk, label, choice), choice, mass_g)
        if fits == 0 and self.desk.log:
            made = adverse(self.desk, label, choice, mass_g)
        self.desk.do(made)
        self.unsent.append(made)

    @rule()
    def send(self) -> None:
        """All that waits goes in one call: how it is cut makes no difference."""
        receipts = ledger.append(self.session, self.unsent, now=NOW)
        assert [receipt.replayed for receipt in receipts] == [False] * len(receipts)
        self.sent += self.unsent
        self.unsent = []

    @rule(at=st.integers(0, 100))
    def repeat(self, at: int) -> None:
        if self.sent:
            (receipt,) = ledger.append(self.session, [self.sent[at % len(self.sent)]], now=NOW)
            assert receipt.replayed

    @rule(at=st.integers(0, 100))
    def say_something_else_under_the_same_id(self, at: int) -> None:
        if self.sent:
            other = replace(self.sent[at % len(self.sent)], subject="otherwise")
            (receipt,) = ledger.append(self.session, [other], now=NOW)
            assert receipt.held_reason == "equivocation"

    @rule()
    def make_a_checkpoint(self) -> None:
        made = integrating.integrate(self.session, [LOG], now=NOW)
        if made is not None:
            self.checkpoints.append((made.size, made.head.root))

    @invariant()
    def the_books_close(self) -> None:
        check(self.desk.books)

    def teardown(self) -> None:
        try:
            self.send()
            self.compare()
        finally:
            self.session.rollback()
            self.session.close()

    def compare(self) -> None:
        report = ledger.verify(self.session, signature_every=0)
        assert report.ok, report.problems
        assert ledger.unexplained_g(self.session) == 0
        entries = ledger.entries_for(self.session)
        # The key's registration stands before the first fact.
        assert [entry.event.id for entry in entries[1:]] == [event.id for event in self.sent]
        stored = {
            (row.kind, row.place, row.code, row.batch): [row.in_g, row.out_g]
            for row in ledger.balances(self.session)
        }
        second = second_books(self.sent)
        assert stored == {account: sums[:2] for account, sums in second.sums.items()}
        assert {entry.idx - 1: entry.held_reason for entry in ledger.held_facts(self.session)} == second.held
        leaves = [self.leaf_of(entry.idx) for entry in entries]
        for size, root in self.checkpoints:
            assert root == root_of(leaves[:size])
        for batch in {key[3] for key in stored if key[0] == "GEN"}:
            assert sum(row.balance_g for row in ledger.traced(self.session, [batch])[batch]) == 0

    def leaf_of(self, idx: int) -> bytes:
        leaf = self.session.scalar(select(EntryRow.leaf).where(EntryRow.idx == idx))
        assert leaf is not None and canonical(json.loads(leaf)) == leaf
        return leaf


def run(log: Database, **limits: Any) -> None:
    machine = type("Machine", (Machine,), {"log": log})
    run_state_machine_as_test(machine, settings=settings(deadline=None, **limits))  # type: ignore[no-untyped-call]


def test_whatever_happens_the_log_and_its_books_hold(log: Database) -> None:
    run(log, max_examples=6, stateful_step_count=30)


@pytest.mark.long
def test_whatever_happens_the_log_and_its_books_hold_for_long(log: Database) -> None:
    run(log, max_examples=300, stateful_step_count=80)
