"""Writing to a log and proving it: helpers for tests with a database."""

from __future__ import annotations

from tests.ledger import acts
from tests.ledger.acts import NOW
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, Receipt


def put(log: Database, *events: Event) -> list[Receipt]:
    with log.transaction() as session:
        return ledger.append(session, events, now=NOW)


def proven(log: Database) -> ledger.VerifyReport:
    """Every test of the ledger ends with a full verification."""
    with log.reading() as session:
        report = ledger.verify(session)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0
    return report


def whole_way(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", 50_000))
    put(log, acts.loaded("L1"), acts.loaded("L2"))
    put(log, acts.received("L1", 99_800), acts.received("L2", 40_000), acts.treated("L1"))
