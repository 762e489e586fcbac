"""Evidence bundles out of a database: what is in them, that they are whole, and that they repeat."""

from __future__ import annotations

import base64
import io
import json
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.ledger import acts
from tests.ledger.bundles import POLICY, Forger, exported, members_of, verify
from tests.ledger.logs import checkpointed, cosigned, many, proven, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import canonical, erasing, exports, policies, reading, signing
from wastehub.ledger.exports import NothingSealed, Scope, UnknownScope, cover
from wastehub.ledger.exports.zipping import StoredZip
from wastehub.ledger.integrating import LedgerDamaged
from wastehub.ledger.statistics import statistics
from wastehub.ledger.store import EntryRow, PrivateBlobRow
from wastehub.ledger.triggers import drop_triggers


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def log(empty_database: Database) -> Database:
    empty_database.signer = signing.Signer.from_seed(bytes(32))
    return empty_database


def sealed(log: Database) -> None:
    cosigned(log, checkpointed(log))


def test_the_whole_log_verifies_at_every_level(log: Database, tmp_path: Path) -> None:
    whole_way(log)
    many(log, 300)
    sealed(log)
    assert verify(exported(log, tmp_path / "b.zip"), "--level", "3").code == 0


def test_entries_after_the_checkpoint_change_nothing(log: Database, tmp_path: Path) -> None:
    """Balances, cases and holds are those of the checkpoint, to the gram."""
    whole_way(log)
    put(log, acts.registered("L3"), acts.loaded("L3", 60_000))
    sealed(log)
    before = exported(log, tmp_path / "before.zip").read_bytes()
    with log.reading() as session:
        key = ledger.open_cases(session)[0].key
    put(log, acts.registered("L3"), acts.resolved(key), acts.registered("L9", 7_000, batch="ent:示例甲/B9"))
    put(log, acts.received("L3", 10_000))
    assert exported(log, tmp_path / "after.zip").read_bytes() == before
    assert verify(tmp_path / "after.zip").code == 0


SCOPES = (
    f"site:{acts.PLATFORM}",
    f"firm:{acts.FIRM}",
    f"batch:{acts.BATCH}",
    "batch:B1",
    "period:2026-03-02..2026-03-02",
)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_part_verifies_and_holds_what_it_is_about(log: Database, tmp_path: Path, scope: str) -> None:
    whole_way(log)
    put(log, acts.registered("L3", subject="B1"), acts.registered("X1", batch="ent:乙/B1"))
    at = acts.NOW + timedelta(days=2)
    with log.transaction() as session:
        ledger.append(session, [acts.act("policy.changed", "hub", at=at)], now=at)
    sealed(log)
    path = exported(log, tmp_path / "p.zip", scope)
    assert verify(path, "--level", "3").code == 0
    labels = {line["label"] for ev in events_of(path) for line in ev["lines"]}
    assert labels == ({"L1", "L2"} if scope.startswith("site") else {"L1", "L2", "L3"}) | (
        {"X1"} if scope.startswith(("firm", "period")) else set()
    )


def events_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(data)["ev"] for name, data in members_of(path).items() if name.startswith("entries/")]


BAD_SCOPES = (
    "everything",
    "site:",
    "site:plat:nowhere",
    "firm:91330000000000000X",
    "batch:HWCS19990101001",
    "batch:ent:示例甲/NO",
    "period:2026-03-02",
    "period:2026-13-01..2026-13-02",
    "period:2026-03-09..2026-03-02",
    "period:1999-01-01..1999-12-31",
)


@pytest.mark.parametrize("text", BAD_SCOPES)
def test_an_unknown_scope_is_refused_with_a_sentence(log: Database, text: str) -> None:
    whole_way(log)
    sealed(log)
    with pytest.raises(UnknownScope, match=r"\w+ \w+"), log.reading() as session:
        exports.write_bundle(session, io.BytesIO(), scope=Scope.parse(text), policy=POLICY)


def test_a_batch_number_that_two_firms_use_is_not_guessed(log: Database) -> None:
    for firm in ("ent:甲", "ent:乙"):
        line = acts.Line(f"{firm}-1", f"{firm}/B1", acts.CODE, 1_000)
        put(log, acts.act("batch.registered", firm, line, subject="B1"))
    sealed(log)
    several = "choose one: batch:ent:乙/B1, batch:ent:甲/B1"
    with pytest.raises(UnknownScope, match=several), log.reading() as session:
        exports.write_bundle(session, io.BytesIO(), scope=Scope.parse("batch:B1"), policy=POLICY)


def test_nothing_is_exported_before_it_is_sealed(log: Database) -> None:
    whole_way(log)
    with pytest.raises(NothingSealed, match="wastehub ledger checkpoint"), log.reading() as session:
        exports.write_bundle(session, io.BytesIO(), scope=Scope("all"), policy=POLICY)


def test_the_checkpoint_with_most_witnesses_is_taken(log: Database, tmp_path: Path) -> None:
    """A newer one that nobody has cosigned yet would not reach the auditor's quorum."""
    whole_way(log)
    sealed(log)
    many(log, 5)
    checkpointed(log)
    path = exported(log, tmp_path / "b.zip")
    assert verify(path).code == 0
    assert json.loads(members_of(path)["bundle.json"])["size"] == 8


def test_damaged_entries_are_not_handed_out(log: Database, tmp_path: Path) -> None:
    whole_way(log)
    sealed(log)
    with log.engine.begin() as connection:
        drop_triggers(connection)
    with log.transaction() as session:
        leaf = session.get_one(EntryRow, 3).leaf
        session.get_one(EntryRow, 3).leaf = leaf.replace(b"L1", b"L2")
    for scope in ("all", f"firm:{acts.FIRM}"):
        with pytest.raises(LedgerDamaged):
            exported(log, tmp_path / "b.zip", scope)


# --- what is in it -----------------------------------------------------------------------------------------


def test_the_same_log_gives_the_same_bytes(log: Database, tmp_path: Path) -> None:
    whole_way(log)
    sealed(log)
    for scope in ("all", f"site:{acts.PLATFORM}"):
        first = exported(log, tmp_path / "a.zip", scope).read_bytes()
        assert exported(log, tmp_path / "b.zip", scope).read_bytes() == first


def test_an_exported_log_can_be_written_again_byte_for_byte(log: Database, tmp_path: Path) -> None:
    """I14: what is in the bundle is all that is needed to make it."""
    whole_way(log)
    many(log, 300)
    sealed(log)
    path = exported(log, tmp_path / "a.zip")
    forger = Forger.of(path)
    again = forger.sealed(tmp_path / "b.zip", forger.members["checkpoint"])
    evidence = {name: data for name, data in members_of(path).items() if name.startswith(("tile/", "check"))}
    assert evidence.items() <= members_of(again).items()


def test_the_bundle_explains_itself_in_both_languages(log: Database, tmp_path: Path) -> None:
    whole_way(log)
    sealed(log)
    members = members_of(exported(log, tmp_path / "b.zip"))
    readme = members["README.txt"].decode()
    assert "怎样核验" in readme and "不能证明什么" in readme
    assert "How to check it" in readme and "What it does not prove" in readme
    suggested = members["policy"]
    assert suggested.decode().startswith("# 账册方自己的建议")
    assert policies.parse(suggested).quorum == "bureau"
    assert members["cover.pdf"].startswith(b"%PDF-")
    assert members["reports/balances.csv"].decode().startswith("\ufeffkind,place,code,batch,in_g,out_g\n")


def test_the_cover_sums_what_the_balances_say(log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_way(log)
    sealed(log)
    seen: list[cover.Sums] = []
    monkeypatch.setattr(cover, "pdf", lambda facts, sums: seen.append(sums) or b"")
    with log.reading() as session:
        exports.write_bundle(session, io.BytesIO(), scope=Scope("all"), policy=POLICY)
    expected = {"GEN": -150_000, "STOCK": 40_000, "TRANS": 0, "DONE": 99_800, "TOL": 200, "SUSP": 10_000}
    assert seen == [{acts.CODE: expected}]


def facts_of(scope: Scope) -> cover.Facts:
    return cover.Facts(scope, "x/ledger", 1, bytes(32), acts.NOW, 1, 1, acts.NOW, acts.NOW, "note")


def test_the_cover_embeds_its_font() -> None:
    """A court's computer need not have one, and nothing is left to a font of its own."""
    made = cover.pdf(facts_of(Scope("site", "ent:嘉兴鑫淼")), {})
    assert made.count(b"/FontFile2") == 1
    assert b"Helvetica" not in made


def test_five_hundred_codes_fit_one_page() -> None:
    sums = {f"900-{number:03d}-08": {"GEN": -number * 1_000} for number in range(500)}
    assert cover.pdf(facts_of(Scope("all")), sums).count(b"/Type /Page\n") == 1


# --- the zip file ------------------------------------------------------------------------------------------


def test_any_zip_program_reads_it(tmp_path: Path) -> None:
    out = io.BytesIO()
    with StoredZip(out) as made:
        made.add("a/b", b"one")
        made.add_chunks("c", iter([b"two", b"", b"three"]))
    with zipfile.ZipFile(out) as bundle:
        assert bundle.testzip() is None
        assert [(info.filename, info.compress_type) for info in bundle.infolist()] == [("a/b", 0), ("c", 0)]
        assert bundle.read("c") == b"twothree"


def test_more_members_than_16_bits_count(tmp_path: Path) -> None:
    out = io.BytesIO()
    with StoredZip(out) as made:
        for number in range(66_000):
            made.add(f"{number}", b"")
    with zipfile.ZipFile(out) as bundle:
        assert len(bundle.infolist()) == 66_000
        assert bundle.infolist()[-1].filename == "65999"


def test_an_interrupted_bundle_is_no_zip_file() -> None:
    out = io.BytesIO()
    with pytest.raises(RuntimeError), StoredZip(out) as made:
        made.add("a", b"one")
        raise RuntimeError
    assert not zipfile.is_zipfile(out)


def test_memory_does_not_grow_with_the_log(log: Database, tmp_path: Path) -> None:
    """Four times the entries, about the same peak."""

    def peak() -> int:
        tracemalloc.start()
        try:
            with log.reading() as session, (tmp_path / "b.zip").open("wb") as out:
                exports.write_bundle(session, out, scope=Scope("all"), policy=POLICY)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    many(log, 3_000)
    sealed(log)
    peak()
    small = peak()
    many(log, 9_000)
    sealed(log)
    assert peak() < small * 1.3


# --- erasing -----------------------------------------------------------------------------------------------


def with_driver(log: Database) -> bytes:
    """A commitment to a driver's name."""
    put(log, acts.registered("L1", personal={"driver": "张三丰-SECRET"}, subject="B1"))
    with log.reading() as session:
        (commitment,) = erasing.commitments_about(session, subject="B1")
    return commitment


def erased(log: Database, *commitments: bytes) -> list[ledger.Receipt]:
    with log.transaction() as session:
        return erasing.erase(
            session, commitments=commitments, basis="个人信息保护法第四十七条", author="service", now=acts.NOW
        )


def test_erased_values_are_gone_and_the_entries_verify(log: Database, tmp_path: Path) -> None:
    commitment = with_driver(log)
    (receipt,) = erased(log, commitment)
    assert erasing.sweep(log)
    with log.reading() as session:
        (told,) = reading.latest(session, limit=1)
        assert told.event.type == "personal.erased"
        assert told.event.facts["commitments"] == [base64.b64encode(commitment).decode()]
        assert told.event.facts["basis"] == "个人信息保护法第四十七条"
        row = session.get_one(PrivateBlobRow, commitment)
        assert (row.salt, row.value) == (None, None)
        first = ledger.entries_for(session, label="L1")[0]
        assert reading.personal_values(session, first) == {}
    assert receipt.posted
    proven(log)
    sealed(log)
    path = exported(log, tmp_path / "b.zip")
    assert verify(path, "--level", "3").code == 0
    assert b"SECRET" not in path.read_bytes()


def test_what_is_not_held_cannot_be_erased(log: Database) -> None:
    commitment = with_driver(log)
    erased(log, commitment)
    with pytest.raises(erasing.NothingToErase):
        erased(log, commitment)
    with pytest.raises(erasing.NothingToErase):
        erased(log, bytes(32))
    for text in ("", "x", base64.b64encode(b"short").decode()):
        with pytest.raises(erasing.NothingToErase):
            erasing.read_commitment(text)


def test_a_value_erased_can_be_repeated_as_the_same_fact(log: Database) -> None:
    """The phone sends its outbox again: the commitment cannot be compared any more, the fact is the same."""
    event = acts.registered("L1", personal={"driver": "张三"}, id=UUID(int=7 << 64 | 7 << 76))
    put(log, event)
    with log.reading() as session:
        entry = ledger.entries_for(session, label="L1")[0]
    erased(log, base64.b64decode(entry.commitments["driver"]))
    (again,) = put(log, event)
    assert again.replayed


def test_many_erasures_are_cut_into_entries_that_fit(log: Database) -> None:
    personal = {f"p{number}": f"value {number}" for number in range(150)}
    put(log, acts.registered("L1", personal=personal, subject="B1"))
    put(log, acts.registered("L2", personal=personal, subject="B1"))
    with log.reading() as session:
        commitments = erasing.commitments_about(session, subject="B1")
    assert len(erased(log, *commitments)) == 2


# --- statistics --------------------------------------------------------------------------------------------


def test_statistics_count_what_is_there(log: Database) -> None:
    commitment = with_driver(log)
    put(log, acts.registered("L1"))
    sealed(log)
    erased(log, commitment)
    with log.reading() as session:
        found = statistics(session)
        leaves = [bytes(leaf) for leaf in session.scalars(select(EntryRow.leaf).order_by(EntryRow.idx))]
    assert (found.entries, found.sealed, found.checkpoints, found.held) == (4, 3, 1, 1)
    assert (found.personal_values, found.erased_values, found.unexplained_g) == (0, 1, 0)
    assert found.leaf_bytes == sum(map(len, leaves))
    assert dict(found.by_type)["batch.registered"] == 2
    assert canonical.loads(leaves[0])["ev"]["type"] == "key.registered"
