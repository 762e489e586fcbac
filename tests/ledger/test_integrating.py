"""Checkpoints: what is signed, what is refused, and that tiles give the proofs (invariants I11, I12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.databases import KINDS
from tests.ledger.acts import NOW
from tests.ledger.logs import (
    LOG,
    ORIGIN,
    WITNESS,
    checkpointed,
    cosigned,
    integrated,
    many,
    proven,
    put,
    whole_way,
)
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, integrating, notes, proofs, stored_tiles, tiles, tree
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.integrating import LedgerDamaged
from wastehub.ledger.notes import LogSigner
from wastehub.ledger.signing import Signer


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def open_to_all(log: Database) -> Database:
    """A log of 700 entries with a checkpoint, whose owner has dropped the triggers."""
    many(log, 700)
    checkpointed(log)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
    return log


def change(log: Database, statement: str) -> None:
    with log.transaction() as session:
        session.execute(text(statement))


def test_an_empty_log_has_no_checkpoint(log: Database) -> None:
    assert integrated(log) is None
    with log.reading() as session:
        assert integrating.latest(session) is None


def test_a_checkpoint_signs_size_and_root_of_the_log(log: Database) -> None:
    whole_way(log)
    made = checkpointed(log)
    opened = notes.open_note(made.note, [LOG.key])
    report = proven(log)
    assert TreeHead.parse(opened.text) == TreeHead(ORIGIN, report.entries, report.root) == made.head
    with log.reading() as session:
        assert integrating.latest(session) == made
        assert integrating.cosigned(session, made.size) == made.note


def test_nothing_new_makes_no_new_checkpoint(log: Database) -> None:
    whole_way(log)
    assert integrated(log) is not None
    assert integrated(log) is None


def test_each_checkpoint_follows_the_one_before(log: Database) -> None:
    sizes = []
    for count in (3, 260, 1, 600, 255):
        many(log, count)
        sizes.append(checkpointed(log).size)
    assert sizes == [4, 264, 265, 865, 1120]
    with log.reading() as session:
        history = integrating.history(session, limit=10)
        read = stored_tiles.reader(session, 1120)
        for each in history:
            proof = proofs.consistency(each.size, 1120, read)
            assert proofs.proves_consistency(
                old_size=each.size, new_size=1120, old_root=each.root, new_root=history[0].root, proof=proof
            )
    proven(log)


def test_every_entry_is_proven_from_stored_tiles(log: Database) -> None:
    many(log, 600)
    made = checkpointed(log)
    many(log, 300)
    checkpointed(log)
    with log.reading() as session:
        entries = [leaf for at in (0, 1) for leaf in stored_tiles.entries(session, at)]
        entries += stored_tiles.entries(session, 2, made.size - 512)
        read = stored_tiles.reader(session, made.size)
        for index, leaf in enumerate(entries):
            proof = proofs.inclusion(index, made.size, read)
            assert proofs.proves_inclusion(
                index=index, size=made.size, leaf_hash=tree.leaf_hash(leaf), proof=proof, root=made.root
            )


def test_full_tiles_are_kept_and_partial_ones_follow_from_them(log: Database) -> None:
    many(log, 600)
    checkpointed(log)
    with log.reading() as session:
        leaves = stored_tiles.entries(session, 1)
        assert stored_tiles.hashes(session, 0, 1) == [tree.leaf_hash(leaf) for leaf in leaves]
        upper = stored_tiles.hashes(session, 1, 0, 2)
        assert upper[1] == tiles.folded(stored_tiles.hashes(session, 0, 1))
        with pytest.raises(stored_tiles.NoSuchTile):
            stored_tiles.hashes(session, 0, 2)
        with pytest.raises(stored_tiles.NoSuchTile):
            stored_tiles.hashes(session, 1, 0, 3)


@pytest.mark.parametrize("count", [255, 256, 257, pytest.param(65_536 + 255, marks=pytest.mark.long)])
def test_folding_goes_on_where_the_tiles_end(log: Database, count: int) -> None:
    many(log, count - 1)
    checkpointed(log)
    many(log, 1)
    assert checkpointed(log).root == proven_root(log)


def proven_root(log: Database) -> bytes:
    with log.reading() as session:
        return ledger.verify(session, signature_every=0).root


def test_a_long_log_is_folded_in_parts_to_the_same_root(log: Database) -> None:
    many(log, 1_000)
    parts = 0
    with log.transaction() as session:
        while integrating.fold_part(session, entries_max=256):
            parts += 1
    assert parts == 3
    assert checkpointed(log).root == proven_root(log)
    with log.transaction() as session:
        assert not integrating.fold_part(session, entries_max=256)


def test_a_changed_leaf_is_not_signed_even_with_its_hash_left_alone(log: Database) -> None:
    many(log, 5)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
    change(log, "UPDATE ledger_entry SET leaf = (SELECT leaf FROM ledger_entry WHERE idx = 2) WHERE idx = 3")
    with pytest.raises(LedgerDamaged, match="head of the log says"):
        integrated(log)
    with log.reading() as session:
        assert integrating.latest(session) is None


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE ledger_entry SET leaf = (SELECT leaf FROM ledger_entry WHERE idx = 2) WHERE idx = 690",
         "not the root that was signed"),
        ("UPDATE ledger_tile SET root = (SELECT root FROM ledger_tile WHERE idx = 0) WHERE idx = 1",
         "not the root that was signed"),
        ("DELETE FROM ledger_entry WHERE idx = 705", "720 entries where the head of the log says 721"),
        ("UPDATE ledger_checkpoint SET root = (SELECT root FROM ledger_tile WHERE idx = 0)",
         "not the root that was signed"),
        ("DELETE FROM ledger_tile WHERE idx = 0", "missing: tile/1/000.p/2"),
        ("UPDATE ledger_head SET size = 690", "covers 701 entries, the log has 690"),
    ],
)  # fmt: skip
def test_damage_behind_the_last_checkpoint_stops_the_signing(
    open_to_all: Database, statement: str, reason: str
) -> None:
    many(open_to_all, 20)
    change(open_to_all, statement)
    with pytest.raises(LedgerDamaged, match=reason):
        integrated(open_to_all)


def test_without_damage_the_same_log_is_signed(open_to_all: Database) -> None:
    many(open_to_all, 20)
    assert checkpointed(open_to_all).size == 721


def test_two_integrators_never_fork(log: Database) -> None:
    """Both saw the same predecessor: the second one's transaction fails."""
    many(log, 300)
    with pytest.raises(DBAPIError), log.reading() as slow:
        if log.engine.dialect.name == "postgresql":
            integrating.latest(slow)
        else:
            slow.execute(text("SELECT size FROM ledger_checkpoint"))
        checkpointed(log)
        many(log, 1)
        row = {"size": 302, "prev_size": 0, "root": bytes(32), "note": "", "at": NOW}
        slow.execute(integrating.table(integrating.CheckpointRow).insert(), [row])
        slow.commit()
    with log.reading() as session:
        assert [each.size for each in integrating.history(session, limit=5)] == [301]


def test_cosignatures_stand_under_the_note_once_each(log: Database) -> None:
    many(log, 3)
    made = checkpointed(log)
    cosigned(log, made)
    cosigned(log, made)
    with log.reading() as session:
        note = integrating.cosigned(session, made.size)
        assert integrating.last_cosigned(session, str(WITNESS.key)) == made.size
    opened = notes.open_note(note, [WITNESS.key, LOG.key])
    assert [signature.key for signature in opened.signatures] == [LOG.key, WITNESS.key]


def test_while_keys_change_hands_both_sign(log: Database) -> None:
    successor = LogSigner(ORIGIN, Signer.from_seed(b"next".ljust(32)))
    many(log, 3)
    with log.transaction() as session:
        made = integrating.integrate(session, [LOG, successor], now=NOW)
    assert made is not None
    for key in (LOG.key, successor.key):
        assert notes.open_note(made.note, [key]).signed_by(key)


def test_the_oldest_checkpoint_that_covers_an_entry_is_found(log: Database) -> None:
    many(log, 3)
    first = checkpointed(log)
    many(log, 3)
    second = checkpointed(log)
    with log.reading() as session:
        assert integrating.covering(session, 0) == first
        assert integrating.covering(session, first.size - 1) == first
        assert integrating.covering(session, first.size) == second
        assert integrating.covering(session, second.size) is None
        assert integrating.count(session) == 2


@pytest.fixture
def event() -> Callable[[str], Event]:
    return lambda subject: Event("policy.changed", "user:1", "hub", NOW, subject=subject)


def test_facts_are_logged_while_a_checkpoint_is_made(
    log: Database, event: Callable[[str], Event], database_kind: str
) -> None:
    """On PostgreSQL nobody waits; on SQLite the one writer at a time is the file's own rule."""
    if database_kind == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    many(log, 3)
    with log.transaction() as integrator:
        made = integrating.integrate(integrator, [LOG], now=NOW)
        put(log, event("meanwhile"))
    assert made is not None and made.size == 4
    assert checkpointed(log).size == 5
