"""A phone that lost a number says so; what came after is done once or waits for a person, never silently."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.services.driving_world import Road, at, road, started
from tests.services.phones import SEALS, Phone, load, phone_of
from tests.services.test_field_conflicts import office, types
from tests.services.test_field_intake import codes, conflicts, kept
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import field_events, waybills
from wastehub.domain.errors import InvalidInput
from wastehub.domain.lost_records import Lost
from wastehub.services.field import deciding, verifying
from wastehub.services.field.lost_records import lost_by


@pytest.fixture
def database_kind() -> str:
    """Plain rows by key; test_field_intake_both has the locks."""
    return "sqlite"


def mend(phone: Phone, missing: int, on: Road | None) -> None:
    """As frontend/src/outbox_mend.js: the numbers that are gone are filled, the later acts signed anew."""
    row = phone.row()
    held = {seq: sent for sent in phone.outbox if (seq := json.loads(sent.text)["seq"]) > row.last_seq}
    last = phone.seq
    phone.outbox, phone.seq, phone.head = [], row.last_seq, row.head
    first = missing
    for seq in range(missing, last + 1):
        if seq in held:
            said = json.loads(held[seq].text) | {"seq": seq, "prev": phone.head}
            phone.put(field_events.canonical(said))
            first = seq + 1
        else:
            end = min((each for each in held if each > seq), default=last + 1) - 1
            gap = {"device": str(phone.device_id), "first": first, "last": end}
            phone.do("records_lost", gap | ({"round_id": str(on.round_id)} if on else {}))


def lose(phone: Phone, *numbers: int) -> None:
    phone.outbox = [sent for sent in phone.outbox if json.loads(sent.text)["seq"] not in numbers]


def test_the_gap_goes_to_the_office_and_the_later_acts_are_done_once(database: Database) -> None:
    on = started(database, 3)
    phone, labels = phone_of(on), on.labels()
    for label in labels:
        phone.do("load", load(on, label))
    sent = phone.outbox
    assert codes(phone.send(sent[0])) == [("accepted", "")]
    lose(phone, 1, 2)
    assert codes(phone.send()) == [("waiting", "event.earlier_missing")]
    mend(phone, 2, on)
    assert codes(phone.send()) == [("conflict", "event.records_lost"), ("accepted", "")]
    assert [on.container(label).state for label in labels] == ["loaded", "labelled", "loaded"]
    # The old texts turn up after all, out of a file: the first text of an id and of a number counts.
    assert codes(phone.send(*sent)) == [
        ("accepted", ""),
        ("refused", "event.sequence_reused"),
        ("refused", "event.id_reused"),
    ]
    [gap] = conflicts(database)
    assert (gap.kind, gap.state, gap.round_id) == ("records_lost", "open", on.round_id)
    assert gap.theirs["said"] == {"first": 2, "last": 2}
    assert (phone.row().last_seq, phone.row().unsent) == (3, 0)
    with database.reading() as session:
        assert lost_by(session, [phone.device_id]) == {phone.device_id: [Lost(phone.device_id, 2, 2)]}
        report = verifying.verify_devices(session, [phone.device_id])
        [opened] = ledger.entries_for(session, subject=gap.conflict_no)
    assert report.ok and "records 2 to 2" in report.notes[0].what
    assert (opened.event.facts["first_seq"], opened.event.facts["lost_by"]) == (2, str(phone.device_id))
    check_books(database)


def test_several_numbers_are_one_gap_and_two_gaps_are_two(database: Database) -> None:
    on = started(database, 2)
    phone, (one, two) = phone_of(on), on.labels()
    phone.do("load", load(on, one))
    for _ in range(2):
        phone.do("load", load(on, two))
    phone.do("load", load(on, two))
    phone.do("load", load(on, two))
    lose(phone, 2, 3, 5)
    assert {verdict.outcome for verdict in phone.send()} == {"accepted", "waiting"}
    mend(phone, 2, on)
    assert codes(phone.send()) == [
        ("conflict", "event.records_lost"),
        ("accepted", ""),
        ("accepted", ""),
        ("conflict", "event.records_lost"),
    ]
    assert [row.params for row in conflicts(database)] == [{"numbers": "2–3"}, {"numbers": "5"}]


def test_what_rests_on_the_lost_act_waits_for_a_person_and_not_for_the_driver(database: Database) -> None:
    """The departure is lost: loading on a round that never left is no fault of the driver's."""
    on = road(database, 1)
    phone, [label] = phone_of(on), on.labels()
    phone.do("round_start", {"round_id": str(on.round_id), "checks": dict(waybills.ALL_PASSED)}, 8)
    phone.do("load", load(on, label))
    phone.do("trip_arrive", {"trip_id": "x"})
    lose(phone, 1)
    mend(phone, 1, on)
    assert codes(phone.send()) == [
        ("conflict", "event.records_lost"),
        ("conflict", "scan.round_not_open"),
        ("refused", "event.field_wrong"),
    ]
    assert [row.kind for row in conflicts(database)] == ["records_lost", "not_yet"]


def test_the_office_decides_about_a_gap_and_then_rules_are_rules_again(database: Database) -> None:
    on = started(database, 1)
    phone, [label] = phone_of(on), on.labels()
    phone.do("load", load(on, label))
    phone.do("unload_back", {"round_id": str(on.round_id), "label_code": label})
    lose(phone, 1)
    mend(phone, 1, None)
    phone.send()
    [gap, waits] = conflicts(database)
    assert (waits.kind, waits.code) == ("not_yet", "scan.not_on_board")
    with pytest.raises(InvalidInput) as refused:
        decide_one(on, gap.id, "carry_out")
    assert refused.value.code == "conflict.choice_unknown"
    decide_one(on, gap.id, "keep")
    phone.do("unload_back", {"round_id": str(on.round_id), "label_code": label})
    decide_one(on, waits.id, "keep")
    assert codes(phone.send()[-1:]) == [("refused", "scan.not_on_board")]
    assert types(database, gap.conflict_no) == ["conflict.opened", "conflict.decided"]


def test_a_gap_is_told_with_its_own_numbers_and_of_ones_own_phones_only(database: Database) -> None:
    on = started(database, 1)
    phone, other = phone_of(on), phone_of(on, "escort")

    def tell(**body: Any) -> tuple[str, str]:
        phone.do("records_lost", {"device": str(phone.device_id), "first": 1, "last": 1} | body)
        [verdict] = phone.send(phone.outbox[-1])
        return verdict.outcome, verdict.code

    assert tell(first=7, last=9) == ("refused", "event.field_wrong")
    assert tell(first=0) == ("refused", "event.field_wrong")
    assert tell(first=3, last=2) == ("refused", "event.field_wrong")
    # A number in the middle of a gap that nobody heard of is told to the office all the same.
    assert tell(first=3, last=9) == ("conflict", "event.records_lost")
    assert tell(device=str(other.device_id)) == ("refused", "device.unknown")
    assert tell(device=str(uuid4())) == ("refused", "device.unknown")


def test_a_gap_of_a_phone_whose_key_is_gone_is_told_by_the_next_phone(database: Database) -> None:
    on = started(database, 2)
    old = phone_of(on)
    one, two = on.labels()
    old.do("load", load(on, one))
    old.do("load", load(on, two))
    later = json.loads(old.outbox[1].text)
    new = Phone(database, old.actor)
    new.register()
    gap = {"device": str(old.device_id), "first": 1, "last": 1, "round_id": str(on.round_id)}
    new.do("records_lost", gap)
    new.put(field_events.canonical(later | {"device": str(new.device_id), "seq": 2, "prev": new.head}))
    assert codes(new.send()) == [("conflict", "event.records_lost"), ("accepted", "")]
    assert on.container(two).state == "loaded"
    # The old phone turns up: its first record is done, the second has been done already.
    assert codes(old.send()) == [("accepted", ""), ("refused", "event.id_reused")]
    new.do("records_lost", gap)
    assert codes(new.send()[-1:]) == [("refused", "event.records_here")]
    assert kept(database)[0].device_id in (old.device_id, new.device_id)


def decide_one(on: Road, conflict_id: UUID, choice: str) -> None:
    with on.database.transaction() as session:
        deciding.decide(
            session, actor=office(on), conflict_id=conflict_id,
            decision=deciding.Decision(choice, "电话核实"), seals=SEALS, now=at(15),
        )  # fmt: skip
