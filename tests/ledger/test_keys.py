"""Keys change hands: revoked service keys, announced log keys, receipts under the best checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, ORIGIN, WITNESS, checkpointed, cosigned, many, proven, put, whole_way
from wastehub import config, ledger
from wastehub.db import Database
from wastehub.ledger import integrating, notes, policies, receipts, transparency
from wastehub.ledger.anchor import Anchor, Refusal
from wastehub.ledger.appending import KEY_REVOKED, SERVICE_AUTHOR, SERVICE_SITE
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.notes import LogSigner
from wastehub.ledger.signing import RevokedKey, Signer
from wastehub.ledger.transparency import NotSealedYet, Transparency

OLD, NEW = Signer.from_seed(bytes(32)), Signer.from_seed(b"new".ljust(32))
WITNESSED = policies.parse(f"log {LOG.key}\nwitness bureau {WITNESS.key}\nquorum bureau\n".encode())


def revoke(log: Database, signer: Signer) -> None:
    put(log, ledger.Event(KEY_REVOKED, SERVICE_AUTHOR, SERVICE_SITE, NOW, subject=signer.key_id))


@pytest.fixture
def held(tmp_path: Path) -> Transparency:
    return Transparency([LOG], Anchor(tmp_path / "anchor"), policies.NO_WITNESSES)


def test_what_a_key_signed_before_its_revocation_stays_good(log: Database) -> None:
    whole_way(log)
    log.signer = NEW
    revoke(log, OLD)
    put(log, acts.registered("L7"))
    proven(log)
    with log.reading() as session:
        assert [(key.key_id, key.revoked) for key in transparency.author_keys(session)] == [
            (OLD.key_id, True),
            (NEW.key_id, False),
        ]


def test_a_revoked_key_signs_nothing_more(log: Database) -> None:
    whole_way(log)
    revoke(log, OLD)
    with pytest.raises(RevokedKey):
        put(log, acts.registered("L7"))
    proven(log)


def test_what_a_revoked_key_signed_all_the_same_is_found(
    log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thief has the key and the database, and our own refusal does not bind him."""
    whole_way(log)
    revoke(log, OLD)
    monkeypatch.setattr("wastehub.ledger.appending._require_unrevoked", lambda end, signer: None)
    (receipt,) = put(log, acts.registered("L7"))
    with log.reading() as session:
        report = ledger.verify(session)
    assert [(problem.idx, problem.kind) for problem in report.problems[:1]] == [(receipt.idx, "key.revoked")]


def test_a_log_key_is_entered_in_the_log_before_it_signs(log: Database, held: Transparency) -> None:
    assert held.seal(log, now=NOW) is None, "an empty log stays empty"
    whole_way(log)
    made = held.seal(log, now=NOW)
    assert made is not None and made.size == 9
    successor = LogSigner(ORIGIN, NEW)
    put(log, acts.registered("L7"))
    both = replace(held, log_signers=[LOG, successor]).seal(log, now=NOW)
    assert both is not None and both.size == 11
    with log.reading() as session:
        added = [e.event.facts["vkey"] for e in ledger.entries_for(session, site=SERVICE_SITE)[1:]]
    assert added == [str(LOG.key), str(successor.key)]
    proven(log)


@pytest.mark.parametrize(
    ("table", "column", "kind", "idx"),
    [
        ("ledger_tile", "data", "tile.changed", 256),
        ("ledger_tile", "root", "tile.changed", 256),
        ("ledger_checkpoint", "root", "checkpoint.root", 600),
    ],
)
def test_a_changed_tile_or_checkpoint_is_found(
    log: Database, table: str, column: str, kind: str, idx: int
) -> None:
    many(log, 600)
    checkpointed(log)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
        source = f"(SELECT {column} FROM ledger_tile WHERE idx = 0)"
        where = "idx = 1" if table == "ledger_tile" else "size = 601"
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = {source} WHERE {where}")
    with log.reading() as session:
        report = ledger.verify(session)
    assert (report.problems[0].idx, report.problems[0].kind) == (idx, kind)


def test_a_missing_tile_and_a_checkpoint_of_too_much_are_found(log: Database) -> None:
    many(log, 600)
    checkpointed(log)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
        connection.exec_driver_sql("DELETE FROM ledger_tile WHERE idx = 0")
    with log.reading() as session:
        assert ledger.verify(session).problems[0].kind == "tile.missing"


# --- receipts ----------------------------------------------------------------------------------------------


def test_a_receipt_stands_under_the_newest_checkpoint_with_a_quorum(log: Database) -> None:
    many(log, 300)
    witnessed = checkpointed(log)
    cosigned(log, witnessed)
    many(log, 300)
    newest = checkpointed(log)
    with log.reading() as session:
        early = transparency.receipt(session, 7, WITNESSED)
        assert receipts.check(early, transparency.leaf_of(session, 7), WITNESSED) == witnessed.head
        late = transparency.receipt(session, 500, WITNESSED)
        log_only = policies.parse(f"log {LOG.key}\nquorum none\n".encode())
        assert receipts.check(late, transparency.leaf_of(session, 500), log_only) == newest.head


def test_an_entry_waits_for_its_checkpoint(log: Database) -> None:
    many(log, 3)
    with log.reading() as session:
        with pytest.raises(NotSealedYet):
            transparency.receipt(session, 2)
        with pytest.raises(LookupError, match="no entry 99"):
            transparency.receipt(session, 99)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_tile SET data = (SELECT data FROM ledger_tile WHERE idx = 0) WHERE idx = 1",
        "DELETE FROM ledger_tile WHERE idx = 1",
    ],
)
def test_a_receipt_that_would_not_hold_is_not_handed_out(log: Database, statement: str) -> None:
    many(log, 600)
    checkpointed(log)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
        connection.exec_driver_sql(statement)
    with log.reading() as session, pytest.raises(integrating.LedgerDamaged):
        transparency.receipt(session, 300)


def test_an_entry_is_found_by_its_event_id(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", id=UUID(int=7)))
    with log.reading() as session:
        assert transparency.index_of(session, UUID(int=7)) == 2
        assert transparency.index_of(session, UUID(int=8)) is None


# --- the installation --------------------------------------------------------------------------------------


def test_an_installation_makes_its_log_key_and_reads_its_witnesses(tmp_path: Path) -> None:
    policy = tmp_path / "witnesses.policy"
    policy.write_text(f"witness 局 {WITNESS.key} http://localhost:8010\nquorum 局\n", encoding="utf-8")
    settings = config.from_environment({"WASTEHUB_VAR": str(tmp_path), "WASTEHUB_WITNESSES": str(policy)})
    held = Transparency.of(settings)
    (signer,) = held.log_signers
    assert signer.key.name == "wastehub.jiaxing/ledger"
    assert (tmp_path / "ledger-log.key").stat().st_mode & 0o777 == 0o600
    again = policies.parse(held.policy_text().encode())
    assert again.keys_of("wastehub.jiaxing/ledger") == [signer.key]
    assert again.reached({WITNESS.key}) and not again.reached(set())


def test_each_database_has_an_anchor_of_its_own_unless_one_is_named(tmp_path: Path) -> None:
    first = config.from_environment({"WASTEHUB_VAR": str(tmp_path)})
    second = replace(first, database_url="sqlite:///other.db")
    assert first.anchor_path != second.anchor_path
    named = config.from_environment({"WASTEHUB_VAR": str(tmp_path), "WASTEHUB_ANCHOR": str(tmp_path / "a")})
    assert replace(named, database_url="sqlite:///other.db").anchor_path == named.anchor_path


def test_damage_stops_the_signing_but_not_the_facts(held: Transparency) -> None:
    held.anchor.note_refusal("anchor", Refusal("ledger.damaged", {"detail": "entry 5"}))
    assert transparency.writing_refused(held.anchor) is None
    held.anchor.note_refusal("anchor", Refusal("ledger.rolled_back", {"size": 1, "anchored": 2}))
    refusal = transparency.writing_refused(held.anchor)
    assert refusal is not None and refusal.code == "ledger.rolled_back"


def test_a_start_remembers_what_stands_against_writing(log: Database, held: Transparency) -> None:
    whole_way(log)
    held.seal(log, now=NOW)
    assert held.check_at_start(log, now=NOW) == {}
    held.anchor.advance(held.anchor.read(), note_of(99))
    assert held.check_at_start(log, now=NOW)["anchor"].code == "ledger.rolled_back"


def note_of(size: int) -> str:
    return notes.sign(TreeHead(ORIGIN, size, bytes(32)).text(), [LOG])
