"""Balances by origin say what all accounts say: in random histories, after a migration, after tampering."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal, select, text, union_all
from sqlalchemy.orm import Session

from tests.databases import KINDS
from tests.ledger import acts
from tests.ledger.acts import FIRM, NOW, Desk
from tests.ledger.logs import proven, put, whole_way
from tests.ledger.test_invariants import adverse, likely
from wastehub import ledger, migrate
from wastehub.db import Database
from wastehub.ledger import Event, inquiries, projector, reconciling
from wastehub.ledger.rebuilding import resume
from wastehub.ledger.reconciling import Reconciler

OTHER = "ent:示例乙"
Key = tuple[str, str, str]


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def slowly(session: Session) -> dict[Key, int]:
    """The sums over all accounts, by plain Python."""
    made: Counter[Key] = Counter()
    for row in ledger.balances(session):
        made[row.batch.split("/")[0], row.kind, row.place.split(":")[0]] += row.balance_g
    return {key: grams for key, grams in made.items() if grams}


def stored(session: Session) -> dict[Key, int]:
    rows = ledger.balances_by_origin(session)
    made = {(row.origin, row.kind, row.place_kind): row.balance_g for row in rows}
    assert len(made) == len(rows)
    return made


def history(seed: int, length: int = 70) -> list[Event]:
    """Containers of three firms on likely ways, every fifth act one that need not fit."""
    desk, chance = Desk(), random.Random(seed)
    names = [f"L{number}" for number in range(6)]
    for at in range(length):
        label = chance.choice([*names, *desk.books.labels])
        choice, mass_g = chance.randrange(40), chance.choice([0, 1, 70_000, 99_600, 100_400, 130_000])
        if label not in desk.books.labels:
            site = (FIRM, OTHER, "ent:示例丙")[names.index(label) % 3]
            event = acts.registered(label, max(mass_g, 1), batch=f"{site}/B{label}")
        else:
            event = (adverse if at % 5 == 4 else likely)(desk, label, choice, mass_g)
        desk.do(event)
    return desk.log


@pytest.mark.parametrize("seed", range(4))
def test_sums_by_origin_equal_the_sums_over_all_accounts(log: Database, seed: int) -> None:
    chance, events = random.Random(seed), history(seed)
    while events:
        taken = chance.choice([1, 1, 2, 15])
        put(log, *events[:taken])
        del events[:taken]
    with log.reading() as session:
        right = slowly(session)
        assert stored(session) == right and len({key[0] for key in right}) >= 3
        kinds: Counter[tuple[str, str]] = Counter()
        for (_origin, kind, place), grams in right.items():
            kinds[kind, place] += grams
        found = {
            (row.kind, row.place_kind): row.balance_g for row in inquiries.kinds_of_origins(session, None)
        }
        assert found == {key: kinds[key] for key in found} and set(kinds) <= set(found)
        assert reconciling.check_whole(session).problems == []
    proven(log)


def test_groups_of_origins_have_the_sums_of_their_members(log: Database) -> None:
    whole_way(log)
    put(log, acts.registered("L7", 7_000, batch=f"{OTHER}/B7"), acts.registered("L8", batch="ent:z/B8"))
    firms = ((FIRM, "a"), (OTHER, "b"), ("ent:none", "c"))
    each = [select(literal(site).label("site"), literal(county).label("county")) for site, county in firms]
    pairs = union_all(*each).subquery()
    with log.reading() as session:
        groups = inquiries.kinds_by_group(session, select(pairs.c.site, pairs.c.county))
        assert set(groups) == {"a", "b"}, "of others, and of those without waste, nothing is told"
        assert {(row.kind, row.balance_g) for row in groups["b"]} == {("GEN", -7_000), ("STOCK", 7_000)}
        one = select(pairs.c.site).where(pairs.c.county == "a")
        key = lambda row: (row.kind, row.place_kind)  # noqa: E731
        assert sorted(groups["a"], key=key) == sorted(inquiries.kinds_of_origins(session, one), key=key)
        assert sum(row.balance_g for row in groups["a"]) == 0


def test_what_came_and_went_leaves_nothing_behind(log: Database) -> None:
    """A firm's stock that is gone is a row of nothing, or none: both are told alike."""
    put(log, acts.registered("L1"))
    put(log, acts.loaded("L1"))
    put(log, acts.registered("L2", 50_000), acts.loaded("L2"))
    with log.reading() as session:
        assert stored(session) == {(FIRM, "GEN", "ent"): -150_000, (FIRM, "TRANS", "veh"): 150_000}
    proven(log)


def test_a_migration_fills_the_sums_of_an_older_database(bare_database: Database) -> None:
    migrate.upgrade(bare_database.engine, "0011")
    accounts = [
        ("GEN", "ent:甲", "ent:甲/B1", 0, 900), ("STOCK", "plat:P", "ent:甲/B1", 900, 500),
        ("TRANS", "veh:1", "ent:甲/B1", 400, 400), ("STOCK", "plat:Q", "ent:甲/B2/x", 5, 0),
        ("DONE", "nowhere", "plain", 2**40, 0),
    ]  # fmt: skip
    with bare_database.transaction() as session:
        for number, (kind, place, batch, in_g, out_g) in enumerate(accounts):
            named = {"id": number, "kind": kind, "place": place, "batch": batch, "in_g": in_g, "out_g": out_g}
            session.execute(
                text("INSERT INTO ledger_account VALUES (:id, :kind, :place, 'c', :batch)"), named
            )
            session.execute(text("INSERT INTO ledger_balance VALUES (:id, :in_g, :out_g, 1)"), named)
    migrate.upgrade(bare_database.engine)
    with bare_database.reading() as session:
        assert stored(session) == slowly(session) == {
            ("ent:甲", "GEN", "ent"): -900, ("ent:甲", "STOCK", "plat"): 405,
            ("plain", "DONE", "nowhere"): 2**40,
        }  # fmt: skip


# --- tampering ---------------------------------------------------------------------------------------------

CHANGED = "UPDATE ledger_origin SET balance_g = balance_g + 1 WHERE kind = 'DONE'"
DELETED = "DELETE FROM ledger_origin WHERE kind = 'DONE'"
INVENTED = "INSERT INTO ledger_origin VALUES ('ent:x', 'DONE', 'plat', 1)"


def tamper(log: Database, *statements: str) -> None:
    with log.transaction() as session:
        for statement in statements:
            assert session.execute(text(statement)).rowcount  # type: ignore[attr-defined]


def run(log: Database, scope: Any) -> str:
    found = Reconciler(log).run(scope, now=NOW + timedelta(hours=1))
    return found.problem.kind if found.problem else ""


@pytest.mark.parametrize(
    ("statement", "verified"),
    [(CHANGED, "origin.changed"), (DELETED, "origin.missing"), (INVENTED, "origin.surplus")],
)
def test_an_altered_sum_is_found_by_every_check(log: Database, statement: str, verified: str) -> None:
    whole_way(log)
    tamper(log, statement)
    with log.reading() as session:
        assert [each.kind for each in ledger.verify(session).problems] == [verified]
        found = reconciling.check_whole(session)
        assert found.problems and all(each.kind.startswith("origin.") for each in found.problems)
    assert run(log, "sum") == ("origin.sum" if statement == INVENTED else "origin.changed")


def test_the_tail_sees_a_changed_sum_of_what_it_touched(log: Database) -> None:
    whole_way(log)
    put(log, acts.registered("L7", batch=f"{OTHER}/B7"))
    assert run(log, "full") == ""
    shifted = "UPDATE ledger_origin SET balance_g = balance_g {} 5 WHERE origin = :o AND kind = '{}'"
    with log.transaction() as session:  # adds up to zero all the same
        session.execute(text(shifted.format("-", "GEN")), {"o": OTHER})
        session.execute(text(shifted.format("+", "STOCK")), {"o": OTHER})
    assert run(log, "sum") == ""
    put(log, acts.registered("L8"))
    assert run(log, "tail") == "", "that firm was not touched"
    put(log, acts.registered("L9", batch=f"{OTHER}/B9"))
    assert run(log, "tail") == "origin.changed"


def test_a_repair_writes_the_sums_anew(log: Database) -> None:
    whole_way(log)
    with log.reading() as session:
        before = stored(session)
    tamper(log, "DELETE FROM ledger_origin")
    assert run(log, "full") == "origin.changed"
    with log.reading() as session:
        assert projector.stopped(session) is not None
    resume(log, by="user:admin", reason="示例", now=NOW)
    with log.reading() as session:
        assert stored(session) == before == slowly(session)
    proven(log)
