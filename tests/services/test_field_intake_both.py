"""What phones send, on both databases: a whole day, keys, phones at once, rows that never change."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from tests.services.driving_world import at, road, started
from tests.services.phones import Phone, load, phone_of
from tests.services.test_field_intake import codes, kept, rejects
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import waybills
from wastehub.models.field import DeviceEvent
from wastehub.services.field.intake import Sent


def test_a_whole_day_is_carried_out_in_the_order_of_the_phone(database: Database) -> None:
    on = road(database, 2)
    phone = phone_of(on)
    checks = dict(waybills.ALL_PASSED)
    phone.do("round_start", {"round_id": str(on.round_id), "checks": checks, "note": ""}, 8)
    for number, stop in enumerate(on.stops()):
        [label] = on.labels(stop)
        phone.do("load", load(on, label, stop_id=str(stop.id)), 9 + number)
        phone.do("stop_close", {"stop_id": str(stop.id), "outcome": "done"}, 9.5 + number)
    with database.reading() as session:
        trip_id = on.row(session).trips[0].id
    phone.do("trip_arrive", {"trip_id": str(trip_id)}, 12)
    phone.do("round_finish", {"round_id": str(on.round_id), "unsent_seen": 0}, 13)
    answer = phone.answer(phone.outbox, hour=14)
    assert codes(answer.verdicts) == [("accepted", "")] * 7
    assert (answer.skew_s, answer.device_state) == (0, "active")
    with database.reading() as session:
        row = on.row(session)
        assert row.state == "finished" and row.started_at == at(8) and row.finished_at == at(13)
        assert [stop.state for stop in row.trips[0].stops] == ["done", "done"]
        marked = [
            entry.event.facts["device_seq"]
            for entry in ledger.entries_for(session, subject=row.round_no)
            if "device_event" in entry.event.facts
        ]
    assert marked == [1, 2, 4, 6, 7]
    assert [row.chained for row in kept(database)] == [True] * 7
    check_books(database)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256-sha256"])
def test_either_kind_of_key_counts_and_a_forged_signature_does_not(
    database: Database, algorithm: str
) -> None:
    on = started(database, 1)
    phone = phone_of(on, algorithm=algorithm)
    forged = phone.text("load", load(on, on.labels()[0]))
    for sig in (Phone(database, phone.actor).sign(forged), "AAAA", "!", "A" * 88):
        [verdict] = phone.send(Sent(forged, sig))
        assert (verdict.outcome, verdict.code, verdict.seq) == ("refused", "event.signature_wrong", 1)
    assert kept(database) == [] and phone.row().last_seq == 0
    assert {row.why for row in rejects(database)} == {"signature_wrong"}
    phone.put(forged)
    assert codes(phone.send()) == [("accepted", "")]


def test_two_uploads_of_one_phone_at_once_are_done_once(database: Database) -> None:
    on = started(database, 2)
    phone = phone_of(on)
    for label in on.labels():
        phone.do("load", load(on, label))
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(phone.send())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [codes(each) for each in answers] == [[("accepted", "")] * 2] * 3
    assert len(kept(database)) == 2
    check_books(database)


def test_the_crews_two_phones_at_once_lose_nothing(database: Database) -> None:
    on = started(database, 2)
    phones = [phone_of(on), phone_of(on, "escort")]
    for phone, label in zip(phones, on.labels(), strict=True):
        phone.do("load", load(on, label))
    threads = [threading.Thread(target=phone.send) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.outcome for row in kept(database)] == ["accepted"] * 2
    check_books(database)


def test_what_was_signed_can_never_be_changed(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    phone.do("load", load(on, on.labels()[0]))
    phone.send()
    for statement in (update(DeviceEvent).values(text="x"), delete(DeviceEvent)):
        with pytest.raises(DBAPIError, match="cannot be changed"), database.transaction() as session:
            session.execute(statement)
