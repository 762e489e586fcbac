"""verify(): every kind of tampering with the stored rows is found, and located."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import text

from tests.ledger import acts
from tests.ledger.acts import FIRM, PLATFORM
from tests.ledger.logs import proven, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import canonical, signing, tree


@pytest.fixture
def full(log: Database) -> Database:
    """Nine entries, one of them held, without triggers: as whoever owns the database can make it."""
    whole_way(log)
    put(log, acts.loaded("L9"))
    proven(log)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
    return log


def tamper(log: Database, statement: str, **values: Any) -> None:
    with log.transaction() as session:
        assert session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]


def found(log: Database, **options: Any) -> list[tuple[int, str]]:
    """(index, kind) of the problems."""
    with log.reading() as session:
        report = ledger.verify(session, **options)
    assert report.ok is not bool(report.problems)
    return [(problem.idx, problem.kind) for problem in report.problems]


def change_leaf(log: Database, idx: int, change: Any, *, rehash: bool, resign: bool = False) -> None:
    """Edit the JSON of a leaf the way a careful forger would."""
    with log.reading() as session:
        stored = session.scalar(text("SELECT leaf FROM ledger_entry WHERE idx = :idx"), {"idx": idx})
    leaf = json.loads(stored)
    change(leaf)
    if resign:
        other = signing.Signer.generate()
        leaf["sig"] = base64.b64encode(other.sign(canonical.dumps(leaf["ev"]))).decode()
    data = canonical.dumps(leaf)
    tamper(log, "UPDATE ledger_entry SET leaf = :leaf WHERE idx = :idx", leaf=data, idx=idx)
    if rehash:
        digest = tree.leaf_hash(data)
        tamper(log, "UPDATE ledger_entry SET leaf_hash = :hash WHERE idx = :idx", hash=digest, idx=idx)


def test_an_untouched_log_is_whole(log: Database) -> None:
    whole_way(log)
    report = proven(log)
    assert (report.entries, report.signatures) == (8, 8)


def test_an_empty_log_is_whole(log: Database) -> None:
    assert proven(log).root == tree.EMPTY_ROOT


def test_a_log_is_walked_in_strides(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wastehub.ledger.audit.STRIDE", 4)
    calls: list[tuple[int, int]] = []
    assert found(full, progress=lambda done, total: calls.append((done, total))) == []
    assert calls == [(4, 9), (8, 9), (9, 9)]


# -- evidence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("idx", range(9))
def test_a_flipped_bit_is_located(full: Database, idx: int) -> None:
    with full.reading() as session:
        leaf = bytearray(session.scalar(text("SELECT leaf FROM ledger_entry WHERE idx = :idx"), {"idx": idx}))
    for at in range(idx, len(leaf), 41):
        leaf[at] ^= 1
        tamper(full, "UPDATE ledger_entry SET leaf = :leaf WHERE idx = :idx", leaf=bytes(leaf), idx=idx)
        problems = found(full)
        assert problems[0] == (idx, "leaf.changed")
        leaf[at] ^= 1
    tamper(full, "UPDATE ledger_entry SET leaf = :leaf WHERE idx = :idx", leaf=bytes(leaf), idx=idx)
    proven(full)


def set_mass(leaf: dict[str, Any]) -> None:
    leaf["ev"]["lines"][0]["mass_g"] = 1


def test_a_changed_mass_with_a_new_hash_fails_its_signature(full: Database) -> None:
    change_leaf(full, 5, set_mass, rehash=True)
    assert found(full)[0] == (5, "signature.wrong")


def test_a_changed_mass_signed_with_another_key_fails_too(full: Database) -> None:
    change_leaf(full, 5, set_mass, rehash=True, resign=True)
    assert found(full)[0] == (5, "signature.wrong")


def test_without_signatures_the_chains_and_the_root_still_tell(full: Database) -> None:
    change_leaf(full, 5, set_mass, rehash=True)
    problems = found(full, signature_every=0)
    assert (6, "author.chain") in problems
    assert (6, "site.chain") in problems
    assert (-1, "head.root") in problems


def test_a_changed_receiving_time_breaks_the_chain_of_the_site(full: Database) -> None:
    change_leaf(full, 5, lambda leaf: leaf.update(recv="2026-01-01T00:00:00.000+00:00"), rehash=True)
    assert found(full)[:2] == [(5, "column.changed"), (6, "site.chain")]


def test_an_unregistered_key_is_named(full: Database) -> None:
    change_leaf(full, 8, lambda leaf: leaf.update(key="0" * 16), rehash=True)
    assert found(full)[0] == (8, "key.unknown")


@pytest.mark.parametrize("idx", [1, 4, 7])
def test_a_dropped_entry_is_located(full: Database, idx: int) -> None:
    tamper(full, "DELETE FROM ledger_entry WHERE idx = :idx", idx=idx)
    assert found(full)[0] == (idx, "entry.missing")


def test_a_dropped_first_entry_is_located(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_entry WHERE idx = 0")
    assert found(full)[0] == (0, "entry.missing")


def test_a_dropped_last_entry_is_told_by_the_head(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_entry WHERE idx = 8")
    assert found(full)[0] == (8, "entry.missing")


def test_a_log_emptied_but_for_its_head_is_noticed(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_entry")
    assert found(full)[0] == (0, "entry.missing")


def test_an_entry_beyond_the_head_is_noticed(full: Database) -> None:
    tamper(full, "UPDATE ledger_head SET size = 8")
    assert (8, "entry.surplus") in found(full)


def test_a_lost_head_is_noticed(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_head")
    assert (-1, "head.missing") in found(full)


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_an_altered_head_is_noticed(full: Database, column: str) -> None:
    tamper(full, f"UPDATE ledger_head SET {column} = :value", value=bytes(64 if column == "frontier" else 32))
    assert (-1, "head.root") in found(full)


def test_swapped_entries_are_noticed(full: Database) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        tamper(full, "UPDATE ledger_entry SET idx = :new WHERE idx = :old", old=old, new=new)
    assert found(full)[0] == (3, "author.sequence")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject", "other"), ("type", "container.treated"), ("author", "user:9"), ("site", "ent:other"),
        ("event_at", "2026-01-01 00:00:00.000000"), ("recorded_at", "2026-01-01 00:00:00.000000"),
        ("event_id", "0" * 32), ("aseq", 99), ("sseq", 99),
    ],
)  # fmt: skip
def test_an_altered_column_is_located(full: Database, column: str, value: object) -> None:
    tamper(full, f"UPDATE ledger_entry SET {column} = :value WHERE idx = 5", value=value)
    assert found(full)[0] == (5, "column.changed")


def test_an_altered_label_column_is_located(full: Database) -> None:
    tamper(full, "UPDATE ledger_entry SET label = NULL WHERE idx = 5")
    assert found(full) == [(5, "label.changed")]


def test_an_altered_key_is_noticed(full: Database) -> None:
    tamper(full, "UPDATE ledger_author_key SET public_key = :key", key=bytes(32))
    assert found(full)[0] == (0, "key.changed")


@pytest.mark.parametrize("table", ["ledger_author_head", "ledger_site_head"])
def test_an_altered_head_of_an_author_or_site_is_noticed(full: Database, table: str) -> None:
    tamper(full, f"UPDATE {table} SET hash = :hash", hash=bytes(32))
    assert {kind for _, kind in found(full)} == {f"{table.split('_')[1]}.head", "books.unchecked"}


# -- books -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE ledger_posting SET mass_g = mass_g + 1 WHERE idx = 5 AND line = 0", (5, "posting.changed")),
        ("DELETE FROM ledger_posting WHERE idx = 3", (3, "posting.changed")),
        ("UPDATE ledger_posting SET idx = 99 WHERE idx = 3", (3, "posting.changed")),
        ("INSERT INTO ledger_posting VALUES (99, 0, 1, 2, 5)", (-1, "ledger_posting.count")),
        ("UPDATE ledger_held SET reason = 'label.used'", (8, "held.changed")),
        ("UPDATE ledger_held SET posted_idx = 8", (8, "held.changed")),
        ("UPDATE ledger_held SET need = 'label:L1'", (8, "held.changed")),
        ("DELETE FROM ledger_held", (8, "held.missing")),
        ("INSERT INTO ledger_held VALUES (3, 'label.used', '', '', NULL)", (3, "held.surplus")),
        ("INSERT INTO ledger_descent VALUES ('a', 'b', 1)", (-1, "descent.surplus")),
        ("DELETE FROM ledger_entry_batch WHERE idx = 2", (2, "entry_batch.changed")),
        ("INSERT INTO ledger_entry_label VALUES (2, 'L1')", (2, "entry_label.changed")),
        ("UPDATE ledger_account SET place = 'ent:other' WHERE kind = 'GEN'", (1, "posting.changed")),
        ("UPDATE ledger_label_state SET mass_g = 1 WHERE label = 'L2'", (6, "label_state.changed")),
        ("UPDATE ledger_label_state SET memory = '{}' WHERE label = 'L2'", (6, "label_state.changed")),
        ("DELETE FROM ledger_label_state WHERE label = 'L1'", (7, "label_state.missing")),
        ("UPDATE ledger_discrepancy SET closed_idx = 7", (6, "case.changed")),
        ("DELETE FROM ledger_discrepancy", (6, "case.missing")),
        ("UPDATE ledger_rollup SET in_g = in_g + 1 WHERE kind = 'DONE'", (-1, "rollup.changed")),
        ("DELETE FROM ledger_rollup WHERE kind = 'DONE'", (-1, "rollup.missing")),
        ("INSERT INTO ledger_rollup VALUES ('DONE', 'plat:x', 'c', 1, 0)", (-1, "rollup.surplus")),
    ],
)
def test_altered_books_are_located(full: Database, statement: str, problem: tuple[int, str]) -> None:
    tamper(full, statement)
    assert found(full)[0] == problem


@pytest.mark.parametrize("change", ["in_g = in_g + 1", "in_g = in_g + 1, out_g = out_g + 1", "last_idx = 0"])
def test_an_altered_balance_is_located_at_the_entry_that_touched_it_last(full: Database, change: str) -> None:
    account = "(SELECT id FROM ledger_account WHERE kind = 'DONE')"
    tamper(full, f"UPDATE ledger_balance SET {change} WHERE account = {account}")
    assert found(full) == [(7, "balance.changed")]


def test_altered_balances_show_as_unexplained_grams(full: Database) -> None:
    account = f"(SELECT id FROM ledger_account WHERE kind = 'STOCK' AND place = '{PLATFORM}')"
    tamper(full, f"UPDATE ledger_balance SET in_g = in_g + 7 WHERE account = {account}")
    with full.reading() as session:
        assert ledger.unexplained_g(session) == 14  # the sum is off by 7, and so is the account


def test_a_lost_label_or_case_shows_as_unexplained_grams(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_label_state WHERE label = 'L2'")
    tamper(full, "DELETE FROM ledger_discrepancy")
    with full.reading() as session:
        assert ledger.unexplained_g(session) == 40_000 + 10_000


def test_a_damaged_log_says_that_its_books_are_unchecked(full: Database) -> None:
    tamper(full, "DELETE FROM ledger_entry WHERE idx = 4")
    with full.reading() as session:
        report = ledger.verify(session)
    assert (report.log_ok, report.books_ok) == (False, False)
    assert report.problems[-1].kind == "books.unchecked"


def test_a_very_long_list_of_problems_is_cut(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wastehub.ledger.findings.PROBLEMS_MAX", 2)
    tamper(full, "UPDATE ledger_entry SET subject = :value", value=FIRM)
    with full.reading() as session:
        report = ledger.verify(session)
    assert len(report.problems) == 2
    assert report.problems_left_out > 2
