"""Facts that came too early wait for what they need, and the books depend on the order of the log alone."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger import acts
from tests.ledger.acts import FIRM, NOW, PLATFORM, VEHICLE, Desk
from tests.ledger.bundles import exported, verify
from tests.ledger.logs import checkpointed, cosigned, proven, put
from tests.ledger.test_invariants import check
from tests.ledger.test_wh_verify import assert_same_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, Line
from wastehub.ledger.accounts import Held, Posted
from wastehub.ledger.books import Books

REGISTERED, LOADED, RECEIVED, TREATED = (UUID(int=number) for number in range(101, 105))


def way(label: str = "L1") -> list[Event]:
    """Registered, loaded, received, treated, each resting on the one before."""
    return [
        acts.registered(label, id=REGISTERED),
        acts.loaded(label, id=LOADED, after=(REGISTERED,)),
        acts.received(label, 99_800, id=RECEIVED, after=(LOADED,)),
        replace(acts.treated(label), id=TREATED, after=(RECEIVED,)),
    ]


def test_a_fact_waits_for_its_parent_and_is_posted_with_it() -> None:
    desk, (first, second, third, fourth) = Desk(), way()
    assert desk.refuse(fourth) == "parent.missing"
    assert desk.refuse(third) == "parent.missing"
    assert desk.refuse(second) == "parent.missing"
    assert isinstance(desk.do(first), Posted)
    assert [retried.idx for retried in desk.books.retried] == [2, 1, 0]
    assert desk.totals() == {("GEN", FIRM): -100_000, ("DONE", PLATFORM): 99_800, ("TOL", PLATFORM): 200}


def test_a_fact_about_an_unknown_label_waits_for_its_registration() -> None:
    desk = Desk()
    assert desk.refuse(acts.loaded("L1")) == "label.unknown"
    desk.post(acts.registered("L1"))
    assert desk.books.labels["L1"].state.kind == "TRANS"


def test_a_resolution_waits_for_its_case() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    assert desk.refuse(acts.resolved(f"{RECEIVED}.0")) == "case.unknown"
    desk.post(acts.received("L1", 50_000, id=RECEIVED))
    assert desk.open_cases() == []
    assert desk.totals()["LOSS", PLATFORM] == 50_000


def test_what_contradicts_the_books_is_never_tried_again() -> None:
    """Two crews claim one container: the second stays held, also when the container comes back."""
    desk = Desk()
    desk.post(acts.registered("L1"), acts.loaded("L1"))
    other = acts.act("container.loaded", FIRM, Line("L1", to_place="veh:2"))
    assert desk.refuse(other) == "label.elsewhere"
    desk.post(acts.returned("L1"))
    assert desk.books.retried == []
    assert desk.books.labels["L1"].state.kind == "STOCK"


def test_of_two_that_wait_for_the_same_the_earlier_entry_goes_first() -> None:
    desk = Desk()
    first = acts.act("container.loaded", FIRM, Line("L1", to_place="veh:1"))
    second = acts.act("container.loaded", FIRM, Line("L1", to_place="veh:2"))
    assert desk.refuse(first) == desk.refuse(second) == "label.unknown"
    desk.post(acts.registered("L1"))
    assert desk.books.labels["L1"].state.place == "veh:1"
    assert [type(retried.result) for retried in desk.books.retried] == [Posted, Held]


def test_it_waits_for_the_next_thing_it_lacks() -> None:
    desk = Desk()
    assert desk.refuse(acts.loaded("L1", after=(RECEIVED, LOADED))) == "parent.missing"
    desk.post(acts.act("policy.changed", id=RECEIVED))
    (retried,) = desk.books.retried
    assert isinstance(retried.result, Held)
    assert retried.result.detail == str(LOADED)
    desk.post(acts.act("policy.changed", id=LOADED), acts.registered("L1"))
    assert desk.books.labels["L1"].state.kind == "TRANS"


def test_a_fact_whose_parent_is_held_waits_for_ever() -> None:
    desk = Desk()
    desk.post(acts.registered("L1"))
    wrong = acts.act("container.loaded", PLATFORM, Line("L1", to_place=VEHICLE), id=LOADED)
    assert desk.refuse(wrong) == "label.elsewhere"
    assert desk.refuse(acts.act("container.loaded", FIRM, Line("L1", to_place=VEHICLE), after=(LOADED,))) == (
        "parent.missing"
    )
    desk.post(acts.registered("L2"))
    assert desk.books.labels["L1"].state.kind == "STOCK"


def test_a_fact_that_rests_on_itself_is_never_posted() -> None:
    desk = Desk()
    assert desk.refuse(acts.registered("L1", id=LOADED, after=(LOADED,))) == "parent.missing"


def test_entries_of_the_first_version_keep_their_meaning() -> None:
    """An old log replays as it was written: no gate, no second try."""
    desk = Desk()
    assert desk.refuse(replace(acts.loaded("L1"), v=1)) == "label.unknown"
    desk.post(acts.registered("L1"))
    assert (desk.books.retried, desk.books.labels["L1"].state.kind) == ([], "STOCK")
    desk.post(replace(acts.loaded("L1"), v=1, after=(TREATED,)))


# -- in the database -------------------------------------------------------------------------------


def orders(log: Database, calls: list[list[Event]]) -> None:
    for events in calls:
        put(log, *events)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_what_waited_is_posted_in_later_calls_too(log: Database, size: int) -> None:
    facts = way()[::-1]
    orders(log, [facts[at : at + size] for at in range(0, 4, size)])
    proven(log)
    with log.reading() as session:
        assert ledger.held_facts(session) == []
        assert {row.kind: row.balance_g for row in ledger.rollups(session) if row.balance_g} == {
            "GEN": -100_000, "DONE": 99_800, "TOL": 200,
        }  # fmt: skip
        assert [entry.posted_idx for entry in ledger.entries_for(session, label="L1")] == [4, 4, 4, None]


def test_the_receipt_says_how_it_stands_at_the_end_of_the_call(log: Database) -> None:
    first, second, *_ = way()
    assert [receipt.posted for receipt in put(log, second, first)] == [True, True]
    (late,) = put(log, replace(way("L2")[1], id=TREATED, after=(RECEIVED,)))
    assert (late.posted, late.held_reason) == (False, "parent.missing")


def test_a_fact_sent_again_after_it_was_posted_is_told_so(log: Database) -> None:
    first, second, *_ = way()
    assert not put(log, second)[0].posted
    put(log, first)
    (again,) = put(log, second)
    assert (again.posted, again.replayed, again.idx) == (True, True, 1)
    proven(log)


def test_batches_that_became_known_later_are_indexed(log: Database) -> None:
    put(log, acts.loaded("L1"))
    with log.reading() as session:
        assert ledger.entries_for(session, batch=acts.BATCH) == []
        (held,) = ledger.held_facts(session)
        assert (held.held_reason, held.event.type) == ("label.unknown", "container.loaded")
    put(log, acts.registered("L1"))
    with log.reading() as session:
        assert [entry.idx for entry in ledger.entries_for(session, batch=acts.BATCH)] == [1, 2]
    proven(log)


def test_an_exported_bundle_counts_what_was_held_at_its_checkpoint(log: Database, tmp_path: Any) -> None:
    put(log, *way()[:0:-1])
    cosigned(log, checkpointed(log))
    before = exported(log, tmp_path / "before.zip")
    assert "parent.missing" in before.read_bytes().decode("utf-8", "replace")
    assert verify(before, "--level", "2").code == 0
    put(log, way()[0])
    assert verify(exported(log, tmp_path / "same.zip"), "--level", "2").code == 0, (
        "posted after the checkpoint"
    )
    cosigned(log, checkpointed(log))
    assert verify(exported(log, tmp_path / "after.zip"), "--level", "3").code == 0
    proven(log)


# -- any order of arrival (I5) ---------------------------------------------------------------------


def causal(draw: Any) -> list[Event]:
    """A history in which every fact names what it rests on, one label after the other."""
    facts: list[Event] = []
    tips: dict[str, UUID] = {}

    def add(event: Event, *labels: str) -> None:
        made = UUID(int=1_000 + len(facts))
        parents = tuple(dict.fromkeys(tips[label] for label in labels if label in tips))
        facts.append(replace(event, id=made, after=parents))
        tips.update(dict.fromkeys([*labels, *(line.label for line in event.lines)], made))

    for number in range(draw(st.integers(1, 4))):
        label = f"L{number}"
        add(acts.registered(label, 100_000))
        if draw(st.booleans()):
            add(acts.loaded(label), label)
            if draw(st.booleans()):
                add(acts.relayed(label), label)
                received = acts.act(
                    "container.received", PLATFORM, Line(label, mass_g=99_800), facts=acts.POLICY
                )
                add(received, label)
            else:
                weighed_g = draw(st.sampled_from([70_000, 99_800, 130_000]))
                add(acts.received(label, weighed_g), label)
                if weighed_g != 99_800 and draw(st.booleans()):
                    add(acts.resolved(f"{tips[label]}.0", "TOL"), label)
            if draw(st.booleans()):
                add(acts.spilled(label, 100, PLATFORM), label)
    received_labels = {event.lines[0].label for event in facts if event.type == "container.received"}
    stored = [label for label in tips if label in received_labels]
    if stored:
        add(acts.poured(stored, {"R1": 60_000, "R2": 5_000}, site=PLATFORM), *stored)
        add(acts.treated("R1"), "R1")
        if draw(st.booleans()):
            add(acts.reversal(tips["R1"], "R1"), "R1")
    return facts


def booked(events: list[Event]) -> tuple[Any, Books]:
    """The books after some entries, without the numbers of the entries that made them."""
    books = Books()
    seen: set[UUID] = set()
    idx = 0
    for event in events:
        assert event.id is not None
        if event.id not in seen:
            seen.add(event.id)
            books.apply(idx, event)
            idx += 1
    check(books)
    totals = {account: sums.balance_g for account, sums in books.accounts.items() if sums.balance_g}
    states = {label: record.state for label, record in books.labels.items()}
    return (totals, states, {key: record.case for key, record in books.cases.items()}, books.descent), books


def shuffled(facts: list[Event], chance: random.Random) -> list[Event]:
    sent = facts + chance.sample(facts, len(facts) // 2)
    chance.shuffle(sent)
    return sent


def test_the_causal_histories_post_in_their_own_order() -> None:
    """The generator is worth nothing if its facts contradict each other."""

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        desk = Desk()
        for event in causal(data.draw):
            result = desk.do(event)
            assert isinstance(result, Posted), (event, result)

    run()


@settings(max_examples=150, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_books(data: st.DataObject, chance: random.Random) -> None:
    """I5: reordered and doubled, a causal history ends in the same books, and nothing else is held."""
    facts = causal(data.draw)
    right, books = booked(facts)
    for _ in range(3):
        found, again = booked(shuffled(facts, chance))
        assert found == right
        assert again.waiting_count() == books.waiting_count()


@settings(max_examples=60, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_the_second_implementation_lets_facts_wait_alike(data: st.DataObject, chance: random.Random) -> None:
    """I8: also what is held, retried and posted late is derived twice, by code that shares nothing."""
    facts = causal(data.draw)
    chance.shuffle(facts)
    dropped = chance.randrange(len(facts))
    assert_same_books(facts)
    assert_same_books(facts[:dropped] + facts[dropped + 1 :])


@pytest.mark.long
@settings(max_examples=3_000, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_books_thousands_of_times(
    data: st.DataObject, chance: random.Random
) -> None:
    facts = causal(data.draw)
    right, _ = booked(facts)
    for _ in range(4):
        assert booked(shuffled(facts, chance))[0] == right


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(1, 9), st.randoms(use_true_random=False))
def test_a_stored_log_in_any_order_and_any_cut_verifies(
    log: Database, data: st.DataObject, size: int, chance: random.Random
) -> None:
    """I5, I8, I15: the stored books are those of the replay, whatever arrives when and however it is cut."""
    facts = causal(data.draw)
    sent = shuffled(facts, chance)
    with log.session() as session:
        for at in range(0, len(sent), size):
            ledger.append(session, sent[at : at + size], now=NOW)
        report = ledger.verify(session, signature_every=0)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0
        totals = {
            (row.kind, row.place, row.code, row.batch): row.balance_g
            for row in ledger.balances(session) if row.balance_g
        }  # fmt: skip
        assert totals == {tuple(account): grams for account, grams in booked(facts)[0][0].items()}
        for batch in {row.batch for row in ledger.balances(session, kind="GEN")}:
            assert sum(row.balance_g for row in ledger.traced(session, [batch])[batch]) == 0
        session.rollback()
