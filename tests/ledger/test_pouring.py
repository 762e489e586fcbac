"""Merging, splitting, recoding, relays and exact reversals in the mass kernel."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select

from tests.ledger import acts
from tests.ledger.acts import BATCH, CODE, FIRM, PLATFORM, VEHICLE, Desk
from tests.ledger.logs import proven, put
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Event, Line
from wastehub.ledger.descent import share_out

OTHER = "900-249-08"
B2 = f"{FIRM}/B2"


@pytest.fixture
def desk() -> Desk:
    """L1 with 100 kg of one batch, L2 with 50 kg of another, at the firm."""
    made = Desk()
    made.post(acts.registered("L1"), acts.registered("L2", 50_000, batch=B2))
    return made


def by_batch(desk: Desk) -> dict[tuple[str, str], int]:
    made: dict[tuple[str, str], int] = {}
    for account, sums in desk.books.accounts.items():
        if sums.balance_g:
            made[account.kind, account.batch] = made.get((account.kind, account.batch), 0) + sums.balance_g
    return made


# -- pouring ---------------------------------------------------------------------------------------


def test_inputs_are_poured_into_outputs_in_the_order_of_the_lines(desk: Desk) -> None:
    event = acts.poured(["L1", "L2"], {"R1": 120_000, "R2": 29_000})
    postings = desk.post(event).postings
    assert [(made.src.batch, made.dst.kind, made.mass_g) for made in postings] == [
        (BATCH, "STOCK", 100_000),
        (B2, "STOCK", 20_000),
        (B2, "STOCK", 29_000),
        (B2, "LOSS", 1_000),
    ]
    assert desk.books.descent == {f"{FIRM}/R-R1": {BATCH: 100_000, B2: 49_000}}
    assert {label: record.state.kind for label, record in desk.books.labels.items()} == {
        "L1": "REPACKED", "L2": "REPACKED", "R1": "STOCK", "R2": "STOCK",
    }  # fmt: skip


def test_another_order_of_the_lines_is_another_pouring(desk: Desk) -> None:
    desk.post(acts.poured(["L2", "L1"], {"R1": 149_000}))
    assert by_batch(desk)["LOSS", BATCH] == 1_000


def test_a_split_needs_no_reason_when_nothing_is_left(desk: Desk) -> None:
    desk.post(acts.poured(["L1"], {"R1": 60_000, "R2": 40_000}, reason=""))
    assert ("LOSS", BATCH) not in by_batch(desk)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (acts.poured(["L1"], {"R1": 99_999}, reason=""), "reason.missing"),
        (acts.poured(["L1"], {"R1": 100_001}), "mass.exceeds_content"),
        (acts.poured(["L1"], {"R1": 0}), "mass.missing"),
        (acts.poured(["L1"], {"L2": 1}), "label.used"),
        (acts.poured(["L1"], {"L1": 1}), "label.used"),
        (acts.poured(["L1", "L1"], {"R1": 1}), "label.consumed"),
        (acts.poured(["L1"], {"R1": 1}, batch=BATCH), "batch.used"),
        (acts.poured(["L1"], {"R1": 1}, batch=B2), "batch.used"),
        (acts.poured(["L1"], {"R1": 1}, inputs=0), "facts.invalid"),
        (acts.poured(["L1"], {"R1": 1}, inputs=2), "facts.invalid"),
        (acts.poured(["L1"], {"R1": 1}, inputs="1"), "facts.invalid"),
        (acts.poured(["L1"], {"R1": 1}, site=PLATFORM), "label.elsewhere"),
        (acts.poured(["L9"], {"R1": 1}), "label.unknown"),
        (acts.poured(["L1"], {"R1": 1}, code=OTHER, reason=""), "reason.missing"),
        (
            acts.act("container.repacked", FIRM, Line("L1"), Line("R1", f"{FIRM}/R", OTHER, 1),
                     facts={"inputs": 1, "reason": "x"}),
            "code.recode_needed",
        ),
        (
            acts.act("container.recoded", FIRM, Line("L1"), Line("R1", f"{FIRM}/R", CODE, 1),
                     facts={"inputs": 1, "reason": "x"}),
            "code.unchanged",
        ),
        (
            acts.act("container.repacked", FIRM, Line("L1", mass_g=99), Line("R1", f"{FIRM}/R", CODE, 1),
                     facts={"inputs": 1, "reason": "x"}),
            "mass.differs_from_record",
        ),
        (
            acts.act("container.repacked", FIRM, Line("L1"), Line("R1", "", CODE, 1), facts={"inputs": 1}),
            "batch.mismatch",
        ),
    ],
)  # fmt: skip
def test_a_pouring_that_does_not_fit_is_held(desk: Desk, event: Event, reason: str) -> None:
    assert desk.refuse(acts.act(event.type, event.site, *event.lines, facts=event.facts)) == reason


def test_two_codes_are_never_poured_together_not_even_by_a_recoding(desk: Desk) -> None:
    desk.post(acts.registered("L3", 1_000, code=OTHER, batch=f"{FIRM}/B3"))
    assert desk.refuse(acts.poured(["L1", "L3"], {"R1": 1})) == "code.recode_needed"
    assert desk.refuse(acts.poured(["L1", "L3"], {"R1": 1}, code="900-041-49")) == "code.recode_needed"


def test_a_recoding_keeps_the_grams_under_another_code(desk: Desk) -> None:
    desk.post(acts.poured(["L1"], {"R1": 100_000}, code=OTHER))
    codes = {
        account.code: sums.balance_g for account, sums in desk.books.accounts.items() if sums.balance_g > 0
    }
    assert codes == {OTHER: 100_000, CODE: 50_000}


def test_a_consumed_label_is_never_issued_again(desk: Desk) -> None:
    desk.post(acts.poured(["L1"], {"R1": 100_000}))
    assert desk.refuse(acts.registered("L1")) == "label.used"
    assert desk.refuse(acts.poured(["L2"], {"L1": 1})) == "label.used"
    assert desk.refuse(acts.loaded("L1")) == "label.consumed"


def test_nothing_is_generated_into_a_mixture_and_nothing_of_it_is_voided(desk: Desk) -> None:
    desk.post(acts.poured(["L1"], {"R1": 100_000}))
    assert desk.refuse(acts.registered("L3", batch=f"{FIRM}/R-R1")) == "batch.derived"
    assert desk.refuse(acts.voided("R1")) == "void.after_movement"


def test_a_mixture_goes_its_way_and_is_poured_again(desk: Desk) -> None:
    desk.post(acts.poured(["L1", "L2"], {"R1": 150_000}), acts.loaded("R1"), acts.received("R1", 149_800))
    desk.post(acts.poured(["R1"], {"S1": 100_000, "S2": 49_800}, site=PLATFORM), acts.treated("S1"))
    assert desk.books.descent[f"{PLATFORM}/R-S1"] == {f"{FIRM}/R-R1": 149_800}
    assert sum(sums.balance_g for sums in desk.books.accounts.values()) == 0


# -- relay -----------------------------------------------------------------------------------------


def test_a_relay_changes_the_vehicle(desk: Desk) -> None:
    desk.post(acts.loaded("L1"), acts.relayed("L1"))
    assert desk.totals()["TRANS", "veh:2"] == 100_000
    assert desk.refuse(acts.received("L1")) == "label.elsewhere", "it is no longer on the first vehicle"


def test_a_relay_needs_another_vehicle_and_a_load(desk: Desk) -> None:
    assert desk.refuse(acts.relayed("L1")) == "label.elsewhere"
    desk.post(acts.loaded("L1"))
    assert desk.refuse(acts.relayed("L1", to_place=VEHICLE)) == "place.same"
    assert desk.refuse(acts.relayed("L1", to_place="")) == "place.missing"


def test_after_a_relay_the_loading_is_not_undone(desk: Desk) -> None:
    desk.post(acts.loaded("L1"), acts.relayed("L1"))
    assert desk.refuse(acts.load_undone("L1")) == "load.not_undoable"


# -- reversal --------------------------------------------------------------------------------------


def gate(desk: Desk) -> None:
    desk.post(acts.loaded("L1"))


def road(desk: Desk) -> None:
    desk.post(acts.loaded("L1"), acts.received("L1", 99_900))


REVERSIBLE = [
    (gate, acts.received("L1", 99_800), ("L1",)),
    (gate, acts.received("L1", 70_000), ("L1",)),
    (gate, acts.received("L1", 130_000), ("L1",)),
    (gate, acts.received("L1"), ("L1",)),
    (gate, acts.returned("L1"), ("L1",)),
    (gate, acts.relayed("L1", 99_700), ("L1",)),
    (gate, acts.spilled("L1", 1_000), ("L1",)),
    (gate, acts.spilled("L1", 100_000), ("L1",)),
    (road, acts.act("lot.shipped", PLATFORM, Line("L1", to_place=VEHICLE)), ("L1",)),
    (road, acts.treated("L1"), ("L1",)),
    (road, acts.lost("L1", 99_900, site=PLATFORM), ("L1",)),
    (road, acts.lost("L1", 1, site=PLATFORM), ("L1",)),
    (road, acts.poured(["L1"], {"R1": 50_000, "R2": 1}, site=PLATFORM), ("L1", "R1", "R2")),
    (road, acts.poured(["L1"], {"R1": 99_900}, site=PLATFORM, code=OTHER), ("L1", "R1")),
]  # fmt: skip


@pytest.mark.parametrize(("prepare", "event", "labels"), REVERSIBLE)
def test_a_reversal_restores_the_books_and_is_itself_never_reversed(
    desk: Desk, prepare: Any, event: Event, labels: tuple[str, ...]
) -> None:
    prepare(desk)
    before = desk.snapshot()
    again = acts.act(event.type, event.site, *event.lines, facts=event.facts)
    desk.post(again)
    back = acts.reversal(again.id, *labels)
    desk.post(back)
    totals, states, cases = desk.snapshot()
    assert totals == before[0]
    assert {label: state for label, state in states.items() if state.kind != "VOID"} == before[1]
    assert not [key for key in desk.open_cases() if key not in before[2]]
    assert desk.refuse(acts.reversal(back.id, *labels)) == "reversal.not_the_last"
    assert desk.refuse(acts.reversal(again.id, *labels)) == "reversal.not_the_last"
    assert cases.keys() >= before[2].keys()


def test_it_is_refused_once_something_rests_on_the_fact(desk: Desk) -> None:
    gate(desk)
    received = acts.received("L1", 99_800)
    desk.post(received, acts.counted("L1", 99_700, PLATFORM))
    assert desk.refuse(acts.reversal(received.id, "L1")) == "reversal.not_the_last"


def test_facts_with_a_counter_act_of_their_own_are_not_reversed_here(desk: Desk) -> None:
    registered = desk.log[0]
    assert desk.refuse(acts.reversal(registered.id, "L1")) == "reversal.not_the_last"
    desk.post(acts.counted("L1", 99_000))
    assert desk.refuse(acts.reversal(desk.log[-1].id, "L1")) == "reversal.not_the_last"
    assert desk.refuse(acts.reversal("", "L1")) == "reversal.not_the_last"


def test_a_pouring_is_reversed_whole_and_in_its_order(desk: Desk) -> None:
    event = acts.poured(["L1", "L2"], {"R1": 150_000})
    desk.post(event)
    for labels in (("L1", "R1"), ("L2", "L1", "R1"), ("L1", "L2")):
        assert desk.refuse(acts.reversal(event.id, *labels)) == "reversal.not_whole"
    desk.post(acts.reversal(event.id, "L1", "L2", "R1"))
    assert desk.books.descent == {f"{FIRM}/R-R1": {BATCH: 0, B2: 0}}
    assert desk.refuse(acts.poured(["L1"], {"R1": 1})) == "label.used", "its label lived once"


def test_it_is_refused_once_its_case_was_resolved(desk: Desk) -> None:
    gate(desk)
    received = acts.received("L1", 70_000)
    desk.post(received)
    desk.post(acts.resolved(desk.open_cases()[0]))
    assert desk.refuse(acts.reversal(received.id, "L1")) == "case.closed"


def test_a_container_named_twice_is_not_reversed_twice(desk: Desk) -> None:
    gate(desk)
    received = acts.received("L1", 99_800)
    desk.post(received)
    assert desk.refuse(acts.reversal(received.id, "L1", "L1")) == "reversal.not_the_last"


# -- sharing out -----------------------------------------------------------------------------------


@given(st.data())
def test_every_row_and_every_column_of_a_sharing_is_exact(data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
    columns = data.draw(st.lists(st.integers(-1_000, 10**5), max_size=5))
    columns.append(sum(weights) - sum(columns))
    rows = share_out(columns, weights)
    assert [sum(row) for row in rows] == weights
    assert [sum(column) for column in zip(*rows, strict=True)] == columns
    if min(columns) >= 0:
        assert min(min(row) for row in rows) >= 0


def test_a_sharing_is_in_proportion() -> None:
    assert share_out([90, 60, -6], [96, 48]) == [[60, 40, -4], [30, 20, -2]]
    with pytest.raises(ValueError, match="cannot be shared"):
        share_out([1], [2])


def test_origins_close_through_every_pouring(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", 50_000, batch=B2))
    put(log, acts.loaded("L1"), acts.loaded("L2"), acts.received("L1", 99_800), acts.received("L2", 49_900))
    put(log, acts.poured(["L1", "L2"], {"R1": 100_000, "R2": 49_000}, site=PLATFORM))
    put(log, acts.poured(["R1"], {"S1": 100_000}, site=PLATFORM), acts.treated("S1"))
    proven(log)
    with log.reading() as session:
        found = ledger.traced(session, [BATCH, B2])
        ends = {
            batch: {
                kind: sum(row.balance_g for row in rows if row.kind == kind)
                for kind in ("DONE", "STOCK", "LOSS")
            }
            for batch, rows in found.items()
        }
        assert all(sum(row.balance_g for row in rows) == 0 for rows in found.values())
        assert sum(each["DONE"] for each in ends.values()) == 100_000
        assert sum(each["STOCK"] for each in ends.values()) == 49_000
        assert ends[B2]["LOSS"] == 700
        assert ledger.below(session, BATCH) == [f"{PLATFORM}/R-R1", f"{PLATFORM}/R-S1"]
        assert [(each.child, each.parent) for each in ledger.family(session, f"{PLATFORM}/R-S1")] == [
            (f"{PLATFORM}/R-R1", BATCH),
            (f"{PLATFORM}/R-R1", B2),
            (f"{PLATFORM}/R-S1", f"{PLATFORM}/R-R1"),
        ]
        out = [move for move in ledger.movements(session, batch=BATCH) if move.dst_batch != BATCH]
        assert [(move.dst_batch, move.mass_g) for move in out] == [(f"{PLATFORM}/R-R1", 99_800)]


def test_a_reversed_pouring_is_no_descent(log: Database) -> None:
    (made,) = put(log, acts.registered("L1"), acts.poured(["L1"], {"R1": 100_000}))[1:]
    put(log, acts.reversal(made.event_id, "L1", "R1", site=FIRM))
    proven(log)
    with log.reading() as session:
        assert ledger.family(session, BATCH) == []
        assert {row.batch for row in ledger.traced(session, [BATCH])[BATCH]} == {BATCH}


def test_only_the_mixtures_that_are_asked_for_are_read(log: Database) -> None:
    other = "ent:示例乙/B1"
    put(log, acts.registered("L1"), acts.registered("L2", batch=other), acts.registered("L3", batch=B2))
    for label in ("L1", "L2", "L3"):
        put(log, acts.loaded(label), acts.received(label))
    put(log, acts.poured(["L1", "L2"], {"R1": 200_000}, site=PLATFORM))
    put(log, acts.poured(["L3"], {"R2": 60_000, "R3": 40_000}, site=PLATFORM))
    put(log, acts.poured(["R1"], {"S1": 200_000}, site=PLATFORM))
    with log.reading() as session:
        made, shares = ledger.mixtures(session)
        assert set(made) == {f"{PLATFORM}/R-{name}" for name in ("R1", "R2", "S1")}
        assert set(shares) == {BATCH, other, B2}
        origin, batches = select(literal("ent:示例乙")), select(literal(B2))
        assert ledger.mixtures(session, origins=origin) == ({}, {other: shares[other]})
        assert ledger.mixtures(session, batches=batches) == ({}, {B2: shares[B2]})
        assert ledger.mixtures(session, origins=select(literal(PLATFORM))) == (made, {})
        assert ledger.mixtures(session, batches=select(literal(f"{PLATFORM}/R-S1"))) == (
            {f"{PLATFORM}/R-S1": made[f"{PLATFORM}/R-S1"]},
            {},
        )
