"""The explorer finds by every filter, page by page, and shows to each only what is theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.services import chain_world as world
from tests.services.chain_world import NOW, REGULATOR, Chain, county_regulator
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, NotFound
from wastehub.ledger import integrating, notes, signing
from wastehub.ledger.policies import NO_WITNESSES
from wastehub.models.batches import Batch
from wastehub.models.organisations import Organisation
from wastehub.services import audits
from wastehub.services.audits import Asked


def found(session: Session, actor: Actor = REGULATOR, **asked: Any) -> list[ledger.Entry]:
    entries = audits.explore(session, actor=actor, asked=Asked(**asked), limit=1_000)
    assert audits.count_explored(session, actor=actor, asked=Asked(**asked)) == len(entries)
    assert [entry.idx for entry in entries] == sorted((entry.idx for entry in entries), reverse=True)
    return entries


def test_every_filter_narrows(chain: Chain, tale: Session) -> None:
    everything = found(tale)
    assert len(everything) == ledger.size(tale)
    assert {entry.event.type for entry in found(tale, type="lot.shipped")} == {"lot.shipped"}
    author = found(tale, type="lot.shipped")[0].event.author
    assert {entry.event.author for entry in found(tale, author=author)} == {author}
    firm = tale.get_one(Organisation, chain.firms["treated"])
    assert {entry.event.site for entry in found(tale, place=firm.site)} == {firm.site}
    assert found(tale, place=firm.name) == found(tale, place=firm.site)
    assert found(tale, place="no such unit") == []
    label = chain.label(tale, "treated")
    blanks = f"{label[:18]} {label[18:26]} {label[26:]}"
    assert {entry.idx for entry in found(tale, text=blanks)} == {
        entry.idx for entry in ledger.entries_for(tale, label=label)
    } | {entry.idx for entry in everything if entry.event.subject == label}


def test_a_batch_is_found_by_its_number_and_by_its_full_name(chain: Chain, tale: Session) -> None:
    batch = tale.get_one(Batch, chain.batches["treated"])
    firm = tale.get_one(Organisation, chain.firms["treated"])
    key = f"{firm.site}/{batch.batch_no}"
    exact = {entry.idx for entry in ledger.entries_for(tale, batch=key)}
    assert {entry.idx for entry in found(tale, text=key)} >= exact
    assert {entry.idx for entry in found(tale, text=batch.batch_no)} >= exact


def test_days_are_those_of_recording_in_shanghai_both_included(chain: Chain, tale: Session) -> None:
    everything = found(tale)
    on = date(2026, 3, 17)
    inside = found(tale, since_on=on, until_on=on)
    assert 0 < len(inside) < len(everything)
    assert {(entry.recorded_at.astimezone(world.facility.GATE.tzinfo)).date() for entry in inside} <= {
        on, date(2026, 3, 16),
    }  # fmt: skip
    assert len(found(tale, until_on=date(2026, 3, 16))) + len(found(tale, since_on=on)) == len(everything)


def test_holds_and_differences_have_a_filter_of_their_own(chain: Chain, tale: Session) -> None:
    assert found(tale, held=True) == []
    event = ledger.Event("loss.declared", "user:x", "plat:X", NOW, lines=(ledger.Line("nobody"),))
    [receipt] = ledger.append(tale, [event], now=NOW)
    assert [entry.idx for entry in found(tale, held=True)] == [receipt.idx]
    opened = {case.opened_idx for case in ledger.open_cases(tale)}
    assert {entry.idx for entry in found(tale, cases=True)} == opened


def test_pages_go_down_by_index_and_meet_no_entry_twice(chain: Chain, tale: Session) -> None:
    seen: list[int] = []
    before = None
    while entries := audits.explore(tale, actor=REGULATOR, asked=Asked(), before_idx=before, limit=7):
        seen += [entry.idx for entry in entries]
        before = entries[-1].idx
    assert seen == list(range(ledger.size(tale) - 1, -1, -1))


def test_each_sees_its_own_part(chain: Chain, tale: Session) -> None:
    firm = tale.get_one(Organisation, chain.firms["treated"])
    mine = found(tale, chain.desk(tale, "treated"))
    assert {entry.event.site for entry in mine} == {firm.site}
    there = found(tale, county_regulator(world.OTHER_COUNTY))
    assert firm.site not in {entry.event.site for entry in there}
    assert found(tale, county_regulator(world.OTHER_COUNTY), place=firm.site) == []
    with pytest.raises(Forbidden):
        found(tale, Actor(author="user:d", role="driver"))


def test_an_entry_comes_with_its_proof_once_it_is_sealed(chain: Chain, tale: Session) -> None:
    entry = found(tale, type="lot.shipped")[0]
    waiting = audits.sealed_entry(tale, actor=REGULATOR, idx=entry.idx, policy=NO_WITNESSES)
    assert (waiting.proven, waiting.size, waiting.proof) == (False, None, ())
    signer = notes.LogSigner("log.test/1", signing.Signer.generate())
    integrating.integrate(tale, [signer], now=NOW)
    sealed = audits.sealed_entry(tale, actor=REGULATOR, idx=entry.idx, policy=NO_WITNESSES)
    assert (sealed.proven, sealed.size) == (True, ledger.size(tale))
    assert sealed.proof and sealed.leaf


def test_the_raw_bytes_of_anothers_entry_are_not_shown(chain: Chain, tale: Session) -> None:
    entry = found(tale, type="lot.shipped")[0]
    firm = chain.desk(tale, "treated")
    partly = audits.sealed_entry(tale, actor=firm, idx=entry.idx, policy=NO_WITNESSES)
    assert partly.leaf == b""
    assert {line.label for line in partly.entry.event.lines} == {
        chain.label(tale, "treated", number) for number in (0, 1)
    }
    with pytest.raises(NotFound):
        audits.sealed_entry(tale, actor=chain.desk(tale, "elsewhere"), idx=entry.idx, policy=NO_WITNESSES)
