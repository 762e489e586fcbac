"""append(): what is stored, what comes back, and what a repetition does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.ledger import acts
from tests.ledger.acts import BATCH, CODE, FIRM, NOW, PLATFORM
from tests.ledger.logs import proven, put, whole_way
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, Line, Receipt, signing, tree
from wastehub.ledger.store import AuthorKeyRow, EntryRow, EquivocationRow, PrivateBlobRow

A, B = UUID(int=0xA), UUID(int=0xB)
PINNED = (
    '{"ev":{"after":[],"aprev":"","aseq":1,"author":"user:1","eventTime":"2026-03-02T08:00:00.000+00:00",'
    '"facts":{"basis":"weighed"},"id":"00000000-0000-0000-0000-00000000000a","lines":[{"batch":"ent:示例甲/B1",'
    '"code":"900-214-08","label":"L1","mass_g":100000}],"pd":{},"site":"ent:示例甲","subject":"",'
    '"type":"batch.registered","v":2},"key":"139e3940e64b5491","recv":"2026-03-02T08:00:00.000+00:00",'
    '"sig":"uUwtXisRCUpMC4KOLJmaMUdglWHyaXKhHVPbq0sqxfM/BUFcAUHNht0BC/b3E/s4lRxAtsEXCcBihF/nVX2YCA==",'
    '"sprev":"","sseq":1}'
)
# The first version of the rules: what was sealed under it stays as it is, for ever.
PINNED_V1 = PINNED.replace('"v":2', '"v":1').replace(
    "uUwtXisRCUpMC4KOLJmaMUdglWHyaXKhHVPbq0sqxfM/BUFcAUHNht0BC/b3E/s4lRxAtsEXCcBihF/nVX2YCA==",
    "5QT10Qn0CYTa/gqajkylO9rovk3NllTl6K9ZqG2duv1wemwKwYN7BhIONM1kYeIR7dk1LDhzzcbu6zKLD8+NDw==",
)


def leaf(log: Database, idx: int) -> bytes:
    with log.reading() as session:
        found = session.scalar(select(EntryRow.leaf).where(EntryRow.idx == idx))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("version", "pinned", "hashed"),
    [
        (1, PINNED_V1, "95f687d69596b7f3593274f3089821699f9fd4e74b5016d3996aa707461dc7eb"),
        (2, PINNED, "88e4cea7991119376a6955ff0c42ad5327162bc67ccdfcd187050ca3422f13b6"),
    ],
)
def test_the_bytes_of_a_leaf_are_pinned(log: Database, version: int, pinned: str, hashed: str) -> None:
    put(log, replace(acts.registered(id=A), v=version))
    assert leaf(log, 1).decode() == pinned
    with log.reading() as session:
        stored = session.scalar(select(EntryRow.leaf_hash).where(EntryRow.idx == 1))
    assert stored == tree.leaf_hash(pinned.encode())
    assert stored.hex() == hashed
    proven(log)


def test_a_fact_of_the_first_version_sent_again_is_the_same_fact(log: Database) -> None:
    """A phone that repeats itself after the rules grew gets its old receipt."""
    (first,) = put(log, replace(acts.registered(id=A), v=1))
    (again,) = put(log, acts.registered(id=A))
    assert (again.idx, again.replayed, again.posted) == (first.idx, True, True)
    (other,) = put(log, acts.registered(id=A, mass_g=1))
    assert other.held_reason == "equivocation"


def test_rules_of_a_version_that_does_not_exist_are_refused(log: Database) -> None:
    with pytest.raises(ledger.NotCanonical, match="version 3"):
        put(log, replace(acts.registered(id=A), v=3))


def test_the_first_append_registers_the_key_and_the_next_does_not(log: Database) -> None:
    assert put(log, acts.registered())[0].idx == 1
    assert put(log, acts.registered("L2"))[0].idx == 2
    with log.reading() as session:
        (entry,) = ledger.entries_for(session, subject=log.signer.key_id)
        key = session.execute(select(AuthorKeyRow.public_key, AuthorKeyRow.from_idx)).one()
    assert (entry.idx, entry.event.type, entry.event.author) == (0, "key.registered", "service")
    assert tuple(key) == (log.signer.public_key, 0)
    proven(log)


def test_another_key_registers_itself(log: Database) -> None:
    put(log, acts.registered())
    log.signer = signing.Signer.from_seed(b"1" * 32)
    assert put(log, acts.registered("L2"))[0].idx == 3
    proven(log)


def test_without_a_signer_nothing_is_written(log: Database) -> None:
    log.signer = None
    with pytest.raises(ledger.NoSigner, match="signer"):
        put(log, acts.registered())
    with log.reading() as session:
        assert ledger.size(session) == 0


def test_no_events_are_no_entries(log: Database) -> None:
    assert put(log) == []
    with log.reading() as session:
        assert ledger.size(session) == 0


def test_an_unknown_type_is_refused(log: Database) -> None:
    with pytest.raises(ledger.UnknownEventType):
        put(log, acts.registered(), acts.act("batch.eaten"))
    with log.reading() as session:
        assert ledger.size(session) == 0


@pytest.mark.parametrize(
    "event",
    [
        acts.registered("L" * 121),
        acts.registered(batch="B" * 161),
        acts.act("request.placed", subject="R" * 121),
        acts.act("request.placed", author=""),
        acts.act("request.placed", subject="\x00"),
        acts.registered(mass_g=-1),
        acts.registered(mass_g=2**53),
        acts.act("request.placed", facts={"mass": 0.5}),
        acts.act("request.placed", personal={"司机": "x"}),
    ],
)
def test_an_event_that_cannot_be_stored_is_refused(log: Database, event: Event) -> None:
    with pytest.raises(ledger.NotCanonical):
        put(log, event)
    with log.reading() as session:
        assert ledger.size(session) == 0


def test_a_rolled_back_transaction_leaves_no_entry(log: Database) -> None:
    with pytest.raises(RuntimeError), log.transaction() as session:
        ledger.append(session, [acts.registered()], now=NOW)
        raise RuntimeError
    put(log, acts.registered())
    assert proven(log).entries == 2


def test_authors_and_sites_are_numbered_and_chained(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", author="user:2"))
    put(log, acts.act("container.refused", PLATFORM), acts.registered("L3"))
    with log.reading() as session:
        entries = ledger.entries_for(session, after_idx=0)
    assert [(entry.event.author, entry.aseq) for entry in entries] == [
        ("user:1", 1), ("user:2", 1), ("user:1", 2), ("user:1", 3),
    ]  # fmt: skip
    assert [(entry.event.site, entry.sseq) for entry in entries] == [
        (FIRM, 1),
        (FIRM, 2),
        (PLATFORM, 1),
        (FIRM, 3),
    ]
    last = json.loads(leaf(log, 4))
    assert last["sprev"] == entries[1].leaf_hash.hex()
    proven(log)


def test_a_held_fact_is_logged_with_its_reason(log: Database) -> None:
    receipt = put(log, acts.loaded("unknown"))[0]
    assert (receipt.posted, receipt.held_reason) == (False, "label.unknown")
    with log.reading() as session:
        (entry,) = ledger.entries_for(session, label="unknown")
    assert (entry.held_reason, entry.held_detail) == ("label.unknown", "unknown")
    proven(log)


def test_a_receipt_says_posted_for_acts_without_mass(log: Database) -> None:
    assert put(log, acts.act("request.placed", subject="R1"))[0].posted


# -- repetition ------------------------------------------------------------------------------------


def test_the_same_fact_again_gives_the_same_receipt(log: Database) -> None:
    events = acts.registered(id=A), acts.loaded("L9", id=B)
    first = put(log, *events)
    again = put(log, *events)
    assert again == [replace(receipt, replayed=True) for receipt in first]
    assert proven(log).entries == 3


def test_the_same_fact_twice_in_one_call_is_one_entry(log: Database) -> None:
    first, second = put(log, acts.registered(id=A), acts.registered(id=A))
    assert second == replace(first, replayed=True)
    assert proven(log).entries == 2


@pytest.mark.parametrize("together", [True, False])
def test_the_same_id_with_other_content_is_kept_as_equivocation(log: Database, together: bool) -> None:
    events = acts.registered(id=A), acts.registered(mass_g=99_000, id=A)
    receipts = put(log, *events) if together else [*put(log, events[0]), *put(log, events[1])]
    assert receipts[1] == Receipt(receipts[0].idx, A, posted=False, held_reason="equivocation")
    with log.reading() as session:
        kept = session.scalars(select(EquivocationRow.event)).one()
        assert ledger.label_states(session, ["L1"])["L1"].mass_g == 100_000
    assert json.loads(kept)["lines"][0]["mass_g"] == 99_000
    assert proven(log).entries == 2


def test_a_fact_repeated_with_its_personal_values_is_the_same_fact(log: Database) -> None:
    event = acts.registered(id=A, personal={"driver": "示例司机"})
    put(log, event)
    assert put(log, event)[0].replayed
    other = put(log, replace(event, personal={"driver": "另一人"}))[0]
    assert other.held_reason == "equivocation"
    assert put(log, replace(event, personal={}))[0].held_reason == "equivocation"


# -- what the leaf says ----------------------------------------------------------------------------


def test_the_entry_tells_the_event_as_it_was_given(log: Database) -> None:
    event = acts.act(
        "lot.shipped",
        PLATFORM,
        Line("L1", BATCH, CODE, 0, PLATFORM, "veh:1", "weighed", "why"),
        Line("L2"),
        id=A,
        subject="LOT1",
        facts={"deep": {"list": [1, "二", True]}},
        after=(B,),
    )
    put(log, event)
    with log.reading() as session:
        (entry,) = ledger.entries_for(session, subject="LOT1")
    assert entry.event == event
    assert entry.recorded_at == NOW


def test_texts_are_stored_in_unicode_form_c(log: Database) -> None:
    put(log, acts.act("organisation.enrolled", subject="Cafe\u0301"))
    with log.reading() as session:
        assert ledger.entries_for(session, subject="Caf\u00e9")[0].event.subject == "Caf\u00e9"
    proven(log)


def test_times_keep_milliseconds(log: Database) -> None:
    at = datetime(2026, 3, 2, 8, 0, 0, 123_456, UTC)
    put(log, acts.registered(at=at))
    with log.reading() as session:
        assert ledger.entries_for(session, label="L1")[0].event.at == at.replace(microsecond=123_000)
    proven(log)


def test_personal_values_are_not_in_the_leaf(log: Database) -> None:
    put(log, acts.registered(id=A, personal={"driver": "示例司机"}))
    assert "示例司机".encode() not in leaf(log, 1)
    assert b"\\u" not in leaf(log, 1)
    with log.reading() as session:
        (entry,) = ledger.entries_for(session, label="L1")
        assert ledger.personal_values(session, entry) == {"driver": "示例司机"}


def test_the_leaf_verifies_after_the_personal_value_was_erased(log: Database) -> None:
    event = acts.registered(id=A, personal={"driver": "示例司机"})
    put(log, event)
    with log.transaction() as session:
        for blob in session.scalars(select(PrivateBlobRow)):
            blob.salt = blob.value = None
    with log.reading() as session:
        (entry,) = ledger.entries_for(session, label="L1")
        assert ledger.personal_values(session, entry) == {}
    assert put(log, event)[0].replayed
    proven(log)


def test_an_event_larger_than_16_kib_is_refused_and_in_parts_it_fits(log: Database) -> None:
    lines = tuple(Line(f"{at:037d}", BATCH, CODE, 1_000) for at in range(150))
    event = acts.act("batch.registered", FIRM, *lines, subject="B1")
    with pytest.raises(ledger.LeafTooLarge):
        put(log, event)
    put(log, *ledger.in_parts(event))
    with log.reading() as session:
        parts = ledger.entries_for(session, subject="B1")
        sizes = [(len(part.event.lines), part.event.facts["part"]) for part in parts]
        assert sizes == [(60, 1), (60, 2), (30, 3)]
        assert ledger.rollups(session, kind="STOCK")[0].balance_g == 150_000
    proven(log)


# -- reading ---------------------------------------------------------------------------------------


def test_entries_are_found_by_label_batch_site_and_subject(log: Database) -> None:
    whole_way(log)
    put(log, acts.act("lot.packed", PLATFORM, Line("L1"), Line("L2"), subject="LOT1"))
    with log.reading() as session:
        assert [entry.idx for entry in ledger.entries_for(session, label="L1")] == [1, 3, 5, 7, 8]
        assert [entry.idx for entry in ledger.entries_for(session, batch=BATCH)] == list(range(1, 9))
        assert [entry.idx for entry in ledger.entries_for(session, site=PLATFORM)] == [5, 6, 7, 8]
        assert [entry.idx for entry in ledger.entries_for(session, site=PLATFORM, label="L2")] == [6, 8]
        assert [entry.idx for entry in ledger.entries_for(session, after_idx=2, limit=2)] == [3, 4]
        assert [entry.idx for entry in ledger.entries_for(session, subject="LOT1")] == [8]
    proven(log)


def test_balances_and_rollups_tell_where_the_kilograms_are(log: Database) -> None:
    whole_way(log)
    with log.reading() as session:
        held = {(made.kind, made.place): made.balance_g for made in ledger.rollups(session) if made.balance_g}
        assert held == {
            ("GEN", FIRM): -150_000, ("STOCK", PLATFORM): 40_000, ("DONE", PLATFORM): 99_800,
            ("TOL", PLATFORM): 200, ("SUSP", PLATFORM): 10_000,
        }  # fmt: skip
        (stock,) = ledger.balances(session, kind="STOCK", place=[PLATFORM])
        assert (stock.batch, stock.in_g, stock.out_g) == (BATCH, 139_800, 99_800)
        moves = ledger.movements(session, batch=BATCH)
        assert sum(move.mass_g for move in moves if move.dst_kind == "DONE") == 99_800
        (case,) = ledger.open_cases(session, place=PLATFORM)
        assert (case.label, case.mass_g) == ("L2", 10_000)
    put(log, acts.resolved(case.key))
    with log.reading() as session:
        assert ledger.open_cases(session) == []
        assert [entry.event.type for entry in ledger.entries_for(session, label="L2")][-1] == "case.resolved"
    proven(log)


def test_the_newest_entries_come_first(log: Database) -> None:
    whole_way(log)
    with log.reading() as session:
        assert [entry.idx for entry in ledger.latest(session, limit=3)] == [7, 6, 5]
        assert [entry.idx for entry in ledger.latest(session, text="L1", before_idx=7)] == [5, 3, 1]
        assert [entry.idx for entry in ledger.latest(session, text="container.treated")] == [7]
        assert [entry.idx for entry in ledger.latest(session, site=PLATFORM)] == [7, 6, 5]
        assert ledger.recorded_at(session, [3, 99]) == {3: NOW}


def test_label_states_name_the_event_to_correct(log: Database) -> None:
    (receipt,) = put(log, acts.registered())
    with log.reading() as session:
        state = ledger.label_states(session, ["L1", "none"])
    assert list(state) == ["L1"]
    assert put(log, acts.corrected("L1", 90_000, state["L1"].mass_event))[0].posted
    assert state["L1"].mass_event == str(receipt.event_id)
    proven(log)


def test_how_events_are_cut_into_calls_changes_no_leaf(log: Database) -> None:
    """I15: the same stream in one call or one by one gives the same tree and the same books."""
    with log.transaction() as session:
        session.info["new_id"] = lambda at: UUID(int=1)
        events = [acts.registered("L1", id=UUID(int=21)), acts.loaded(id=UUID(int=22)),
                  acts.received(mass_g=80_000, id=UUID(int=23)), acts.treated()]  # fmt: skip
        events[3] = replace(events[3], id=UUID(int=24))
        ledger.append(session, events, now=NOW)
        together = ledger.verify(session).root, ledger.balances(session)
        session.rollback()
    with log.transaction() as session:
        session.info["new_id"] = lambda at: UUID(int=1)
        for event in events:
            ledger.append(session, [event], now=NOW)
        assert (ledger.verify(session).root, ledger.balances(session)) == together
