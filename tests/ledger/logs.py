"""Writing to a log and proving it: helpers for tests with a database."""

from __future__ import annotations

from tests.ledger import acts
from tests.ledger.acts import NOW
from wastehub import ledger
from wastehub.db import Base, Database
from wastehub.ledger import Event, Receipt, integrating, notes
from wastehub.ledger.integrating import Checkpoint
from wastehub.ledger.notes import Cosigner, LogSigner
from wastehub.ledger.signing import Signer

ORIGIN = "wastehub.test/ledger"
LOG = LogSigner(ORIGIN, Signer.from_seed(b"log".ljust(32)))
SERVICE = Signer.from_seed(bytes(32))
WITNESS = Cosigner("bureau.test/witness", Signer.from_seed(b"witness".ljust(32)))


def ledger_only(url: str) -> Database:
    """A new database with the tables and triggers of the ledger and nothing else."""
    log = Database(url, signer=SERVICE)
    tables = [made for made in Base.metadata.sorted_tables if made.name.startswith("ledger_")]
    with log.engine.begin() as connection:
        Base.metadata.create_all(connection, tables)
        ledger.create_triggers(connection)
    return log


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


def many(log: Database, count: int) -> None:
    """That many entries that move no mass."""
    put(log, *(acts.act("policy.changed", subject=f"P{at}") for at in range(count)))


def integrated(log: Database) -> Checkpoint | None:
    with log.transaction() as session:
        return integrating.integrate(session, [LOG], now=NOW)


def checkpointed(log: Database) -> Checkpoint:
    made = integrated(log)
    assert made is not None
    return made


def cosigned(log: Database, checkpoint: Checkpoint, witness: Cosigner = WITNESS) -> None:
    """The witness' line under the checkpoint, at the time of the acts."""
    note = checkpoint.note + witness.line(checkpoint.head.text(), at_s=int(NOW.timestamp()))
    (signature,) = notes.open_note(note, [witness.key]).signatures
    with log.transaction() as session:
        integrating.keep_cosignature(session, checkpoint.size, signature, at=NOW)
