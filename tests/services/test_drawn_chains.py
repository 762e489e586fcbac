"""The chain of a batch as it is drawn: masses in and out, papers, differences, seals and proofs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.services.chain_world import NOW, REGULATOR, Chain
from wastehub import ledger
from wastehub.ledger import integrating, notes, signing
from wastehub.services import audits
from wastehub.services.audits import DrawnChain, Station


@pytest.fixture(scope="module")
def chain(test_databases: Any) -> Any:
    """SQLite only: nothing here is said differently to PostgreSQL."""
    from tests.services import chain_world

    for database in test_databases.lent("sqlite", "reference"):
        yield chain_world.build(database)


def drawn(chain: Chain, session: Session, name: str) -> DrawnChain:
    return audits.drawn_chain(session, audits.trace(session, actor=REGULATOR, batch_id=chain.batches[name]))


def stations(chain: Chain, session: Session, name: str, type: str) -> list[Station]:
    return [each for each in drawn(chain, session, name).stations if each.event.type == type]


def seal(session: Session) -> None:
    signer = notes.LogSigner("log.test/1", signing.Signer.generate())
    assert integrating.integrate(session, [signer], now=NOW)


def test_kilograms_go_in_and_come_out_of_every_act(chain: Chain, tale: Session) -> None:
    [registered] = stations(chain, tale, "treated", "batch.registered")
    assert (registered.masses.in_g, registered.masses.out_g) == (0, 250_000)
    for station in drawn(chain, tale, "treated").stations[1:]:
        masses = station.masses
        assert masses.in_g == masses.out_g + masses.difference_g, station.event.type


def test_what_goes_another_way_has_a_lane_of_its_own(chain: Chain, tale: Session) -> None:
    found = drawn(chain, tale, "treated")
    assert found.lanes == 2
    [treated] = stations(chain, tale, "treated", "container.treated")
    assert treated.placed.apart == 1
    assert drawn(chain, tale, "refused").lanes == 1


def test_a_difference_beyond_tolerance_is_told_where_it_was_found(chain: Chain, tale: Session) -> None:
    cases = {
        station.event.type: station.masses.case_g
        for station in drawn(chain, tale, "differing").stations
        if station.masses.case_g
    }
    assert cases == {"container.received": 751 - 1_000} or sum(cases.values()) == -249


def test_acts_carry_their_papers(chain: Chain, tale: Session) -> None:
    [shipped] = stations(chain, tale, "treated", "lot.shipped")
    assert shipped.paper and shipped.paper.leg == 2
    loaded = stations(chain, tale, "treated", "container.loaded")
    assert {each.paper and each.paper.leg for each in loaded} == {1}
    [registered] = stations(chain, tale, "treated", "batch.registered")
    assert registered.paper is None


def test_before_the_first_checkpoint_nothing_is_sealed_and_afterwards_all_is_proven(
    chain: Chain, tale: Session
) -> None:
    before = drawn(chain, tale, "treated")
    assert not before.whole and {each.sealed_size for each in before.stations} == {None}
    seal(tale)
    after = drawn(chain, tale, "treated")
    assert after.whole
    assert {each.sealed_size for each in after.stations} == {ledger.size(tale)}
    assert {each.witnesses for each in after.stations} == {()}


def test_an_entry_that_was_changed_afterwards_is_not_called_unchanged(
    chain: Chain, tale: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(tale)
    idx = drawn(chain, tale, "treated").stations[2].entries[0].idx
    from wastehub.ledger import inquiries

    stored = inquiries.leaves_of
    monkeypatch.setattr(
        inquiries, "leaves_of", lambda session, some: stored(session, some) | {idx: b'{"ev":"another"}'}
    )
    found = drawn(chain, tale, "treated")
    assert not found.whole
    assert [each.proven for each in found.stations].count(False) == 1


def test_what_was_poured_into_a_mixture_is_followed_and_still_adds_up(chain: Chain, tale: Session) -> None:
    surplus = chain.label(tale, "differing", 1)
    state = ledger.label_states(tale, [surplus])[surplus]
    before = audits.balance(tale, actor=REGULATOR, scope=audits.BalanceScope()).parts
    batch = f"{state.place}/HWFZ20260317001"
    new = ledger.Line("X" * 37, batch, state.code, state.mass_g, basis="weighed")
    events = [
        ledger.Event("container.repacked", "user:x", state.place, NOW, subject="HWFZ20260317001",
                     facts={"inputs": 1}, lines=(ledger.Line(surplus, state.batch, state.code), new)),
        ledger.Event("container.moved", "user:x", state.place, NOW, lines=(ledger.Line(new.label, batch),)),
    ]  # fmt: skip
    assert all(receipt.posted for receipt in ledger.append(tale, events, now=NOW))
    found = drawn(chain, tale, "differing").stations
    poured, moved = found[-2], found[-1]
    assert poured.event.type == "container.repacked" and moved.event.type == "container.moved"
    assert new.label in poured.labels and surplus in poured.labels
    assert moved.placed.lane == poured.placed.lane and not moved.placed.apart
    assert poured.masses.elsewhere_g == state.mass_g
    after = audits.balance(tale, actor=REGULATOR, scope=audits.BalanceScope()).parts
    assert after == before
    _made, rows = audits.balance_rows(tale, actor=REGULATOR, scope=audits.BalanceScope(), part="platform")
    assert [(row.batch_id, row.mass_g) for row in rows] == [(chain.batches["differing"], state.mass_g)]
