"""What phones send: signatures, numbers, chains, verdicts; nothing lost and nothing done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from tests.services.driving_world import at, started
from tests.services.phones import Phone, load, person, phone_of
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import NotFound
from wastehub.models.batches import Container
from wastehub.models.field import DeviceEvent, DeviceReject, FieldConflict
from wastehub.services import scans
from wastehub.services.field import boards
from wastehub.services.field.handlers import HANDLERS
from wastehub.services.field.intake import Sent


@pytest.fixture
def database_kind() -> str:
    """Locks and both databases: test_field_intake_both."""
    return "sqlite"


def kept(database: Database) -> list[DeviceEvent]:
    with database.reading() as session:
        return list(session.scalars(select(DeviceEvent).order_by(DeviceEvent.device_id, DeviceEvent.seq)))


def conflicts(database: Database) -> list[FieldConflict]:
    with database.reading() as session:
        return list(session.scalars(select(FieldConflict).order_by(FieldConflict.conflict_no)))


def rejects(database: Database) -> list[DeviceReject]:
    with database.reading() as session:
        return list(session.scalars(select(DeviceReject).order_by(DeviceReject.id)))


def codes(verdicts: Any) -> list[tuple[str, str]]:
    return [(each.outcome, each.code) for each in verdicts]


def test_an_entry_leads_to_the_signed_text(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    [label] = on.labels()
    sent = phone.do("load", load(on, label))
    phone.send()
    [row] = kept(database)
    with database.reading() as session:
        [entry] = [e for e in ledger.entries_for(session, label=label) if e.event.type == "container.loaded"]
    facts = entry.event.facts
    assert (facts["device"], facts["device_seq"]) == (str(phone.device_id), 1)
    assert facts["device_event"] == row.sha256 and row.text == sent.text and row.sig == sent.sig
    assert entry.event.id == row.id


def test_sending_again_gives_the_same_answers_and_changes_nothing(database: Database) -> None:
    on = started(database, 2)
    phone = phone_of(on)
    one, two = on.labels()
    phone.do("load", load(on, one, measured_g=180_000))
    phone.do("load", load(on, two, measured_g=15_000))
    phone.do("unload_back", {"round_id": str(on.round_id), "label_code": one})
    first = phone.send()
    with database.reading() as session:
        before = ledger.size(session)
    assert phone.send(hour=10) == first
    assert codes(first) == [("accepted", ""), ("refused", "scan.mass_absurd"), ("accepted", "")]
    assert first[0].warnings[0].code == "scan.mass_outside_tolerance"
    with database.reading() as session:
        assert ledger.size(session) == before
    check_books(database)


def test_a_missing_number_is_waited_for_and_the_rest_stays_on_the_phone(database: Database) -> None:
    on = started(database, 2)
    phone = phone_of(on)
    one, two = on.labels()
    first, second = phone.do("load", load(on, one)), phone.do("load", load(on, two))
    [verdict] = phone.send(second)
    assert (verdict.outcome, verdict.code, verdict.params) == (
        "waiting",
        "event.earlier_missing",
        {"missing": 1},
    )
    assert kept(database) == [] and (phone.row().unsent, on.container(two).state) == (2, "labelled")
    # Whatever order the network brings them in, they are done in the order of their numbers.
    assert codes(phone.send(second, first)) == [("waiting", "event.earlier_missing"), ("accepted", "")]
    assert codes(phone.send()) == [("accepted", "")] * 2
    assert phone.row().unsent == 0


def test_one_number_and_one_id_have_one_text_for_ever(database: Database) -> None:
    on = started(database, 2)
    phone, (one, two) = phone_of(on), on.labels()
    first = phone.do("load", load(on, one))
    phone.send()
    event_id = kept(database)[0].id
    twin = Phone(database, phone.actor, phone.device_id)
    twin.key = phone.key
    other_text = twin.text("load", load(on, two), id=str(event_id))
    other_number = twin.text("load", load(on, two))
    answers = phone.send(
        Sent(other_text, phone.sign(other_text)), Sent(other_number, phone.sign(other_number))
    )
    assert codes(answers) == [("refused", "event.id_reused"), ("refused", "event.sequence_reused")]
    assert {(row.why, row.text) for row in rejects(database)} == {
        ("id_reused", other_text),
        ("sequence_reused", other_number),
    }
    assert codes(phone.send(first)) == [("accepted", "")]
    assert on.container(two).state == "labelled"


def test_an_id_belongs_to_one_phone_only(database: Database) -> None:
    on = started(database, 2)
    one, other = phone_of(on), phone_of(on, "escort")
    first, second = on.labels()
    one.do("load", load(on, first))
    one.send()
    other.do("load", load(on, second), id=str(kept(database)[0].id))
    assert codes(other.send()) == [("refused", "event.id_reused")]


def test_a_chain_that_does_not_fit_goes_to_a_person_and_the_phone_goes_on(database: Database) -> None:
    on = started(database, 2)
    phone, (one, two) = phone_of(on), on.labels()
    phone.do("load", load(on, one), prev="0" * 64)
    phone.head = "1" * 64
    phone.do("load", load(on, two))
    phone.do("unload_back", {"round_id": str(on.round_id), "label_code": two})
    answers = phone.send()
    assert codes(answers) == [
        ("conflict", "event.chain_broken"),
        ("conflict", "event.chain_broken"),
        ("conflict", "event.after_conflict"),
    ]
    assert [row.chained for row in kept(database)] == [False, False, True]
    assert phone.row().last_seq == 3


def test_blanks_in_the_text_are_another_spelling(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    spaced = phone.text("load", load(on, on.labels()[0])).replace(":", ": ", 1)
    phone.put(spaced)
    assert codes(phone.send()) == [("refused", "event.not_canonical")]


HOSTILE = [
    ("[]", "event.not_json"),
    ("{", "event.not_json"),
    ('{"v":NaN}', "event.number_not_whole"),
    ('{"v":1,"v":1}', "event.key_twice"),
    ('{"v":9223372036854775808}', "event.number_too_large"),
    ("x" * 9_000, "event.text_too_long"),
    ("\ud800", "event.text_unreadable"),
    ("\x00", "event.not_json"),
]


def test_what_is_no_event_is_refused_kept_apart_and_holds_nobody_up(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    good = phone.do("load", load(on, on.labels()[0]))
    hostile = [Sent(text, "AAAA") for text, _code in HOSTILE]
    for _twice in range(2):
        answers = codes(phone.send(*hostile, good, *hostile))
        assert answers[: len(HOSTILE)] == [("refused", code) for _text, code in HOSTILE]
        assert answers[len(HOSTILE)] == ("accepted", "")
    assert {row.why for row in rejects(database)} == {"unreadable"}
    assert len(rejects(database)) == len(HOSTILE)


def test_a_signed_text_that_is_no_event_keeps_its_number(database: Database) -> None:
    on = started(database, 1)
    phone, label = phone_of(on), on.labels()[0]
    null = phone.text("load", load(on, label)).replace('"body":{', '"body":{"a":null,')
    phone.put(null)
    phone.do("load", load(on, label), extra=1)
    phone.do("load", load(on, label), at="2026-02-31T01:02:03.456Z")
    phone.do("load", load(on, label), by="me")
    phone.do("Load!", load(on, label))
    phone.do("load", load(on, label))
    answers = phone.send()
    assert [(v.outcome, v.code, v.field, v.seq) for v in answers] == [
        ("refused", "event.null_inside", "body.a", 1),
        ("refused", "event.field_unknown", "extra", 2),
        ("refused", "event.field_wrong", "at", 3),
        ("refused", "event.field_wrong", "by", 4),
        ("refused", "event.field_wrong", "kind", 5),
        ("accepted", "", "", 6),
    ]
    assert phone.row().last_seq == 6 and rejects(database) == []


def test_a_wrong_field_is_named_and_holds_nobody_up(database: Database) -> None:
    on = started(database, 1)
    phone, label = phone_of(on), on.labels()[0]
    wrong: list[dict[str, Any]] = [
        {"round_id": "7"},
        {"label_code": "x" * 501},
        {"measured_g": "heavy"},
        {"measured_g": 10**13},
        {"measured_g": True},
        {"photo_sha256": "abc"},
        {"stop_id": 5},
    ]
    for changes in wrong:
        phone.do("load", load(on, label, **changes))
    phone.do("load", load(on, label))
    *refused, good = phone.send()
    assert [(v.outcome, v.field) for v in refused] == [("refused", next(iter(each))) for each in wrong]
    assert good.outcome == "accepted"


def test_a_wrong_clock_is_measured_put_right_and_recorded(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on, skew=timedelta(hours=47))
    phone.do("load", load(on, on.labels()[0]), 9)
    answer = phone.answer(phone.outbox, hour=10)
    assert codes(answer.verdicts) == [("accepted", "")]
    [row] = kept(database)
    assert answer.skew_s == row.skew_s == phone.row().skew_s == 47 * 3600
    assert (row.said_at, row.acted_at) == (at(9) - timedelta(hours=47), at(9))
    with database.reading() as session:
        entries = ledger.entries_for(session, subject=on.row(session).round_no)
        [entry] = [each for each in entries if each.event.lines]
        assert entry.event.at == at(9)


def test_unknown_kinds_and_strangers_are_refused(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    escort = person(database, on, "escort")
    phone.do("fly", {})
    phone.do("load", load(on, on.labels()[0]), by=str(escort.user_id))
    assert codes(phone.send()) == [("refused", "event.kind_unknown"), ("refused", "event.person_unknown")]
    with pytest.raises(NotFound):
        phone.send(actor=escort)
    with pytest.raises(NotFound):
        Phone(database, phone.actor).send(Sent("{}", "AAAA"))


def test_two_people_share_a_phone_once_both_are_registered_on_it(database: Database) -> None:
    on = started(database, 1)
    escort = person(database, on, "escort")
    phone = phone_of(on).used_by(escort)
    phone.do("load", load(on, on.labels()[0]), by=str(escort.user_id))
    assert codes(phone.send()) == [("accepted", "")]
    assert kept(database)[0].author == escort.author and kept(database)[0].sent_by == phone.actor.author


def test_no_act_is_ever_in_the_future(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    phone.do("load", load(on, on.labels()[0]), 9000)
    assert codes(phone.send(hour=10)) == [("accepted", "")]
    assert kept(database)[0].acted_at == at(10)


def test_no_hour_however_absurd_breaks_anything(database: Database) -> None:
    on = started(database, 1)
    phone, label = phone_of(on), on.labels()[0]
    for moment in ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        phone.do("load", load(on, label, measured_g=1), at=moment)
    phone.do("load", load(on, label))
    for off in (timedelta(days=-700_000), timedelta(days=700_000), timedelta(0)):
        phone.skew = off
        answers = phone.send(hour=10)
        assert [v.outcome for v in answers] == ["refused", "refused", "refused"]
    assert {row.outcome_code for row in kept(database)} == {"scan.round_not_open", "scan.mass_absurd"}


def test_an_upload_leaves_one_entry_in_the_phones_own_name(database: Database) -> None:
    on = started(database, 2)
    phone = phone_of(on)
    for label in on.labels():
        phone.do("load", load(on, label))
    phone.do("fly", {})
    phone.send()
    phone.send()
    with database.reading() as session:
        [entry] = [
            each
            for each in ledger.entries_for(session, subject=str(phone.device_id))
            if each.event.type == "device.reported"
        ]
    facts = entry.event.facts
    assert entry.event.author == f"device:{phone.device_id}"
    assert (entry.event.type, facts["first_seq"], facts["last_seq"], facts["events"]) == (
        "device.reported", 1, 3, 3,
    )  # fmt: skip
    assert facts["head"] == phone.head == phone.row().head


def test_a_fault_of_ours_keeps_the_act_for_a_person_and_the_phone_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    on = started(database, 1)
    phone = phone_of(on)

    def breaks(_act: Any) -> None:
        _act.session.execute(update(Container).values(state="lost"))
        raise ZeroDivisionError

    monkeypatch.setitem(HANDLERS, "stop_close", breaks)
    phone.do("stop_close", {"stop_id": str(on.stops()[0].id), "outcome": "done"})
    phone.do("load", load(on, on.labels()[0]))
    assert codes(phone.send()) == [("conflict", "event.server_failed"), ("accepted", "")]
    assert conflicts(database)[0].kind == "server_failed" and "ZeroDivisionError" in caplog.text


def test_a_scan_that_breaks_takes_no_other_along(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    on = started(database, 2)
    phone, (one, two) = phone_of(on), on.labels()
    judge = scans.custody.judge

    def breaks(scan: Any, *arguments: Any, **more: Any) -> Any:
        if scan.label_code == one:
            raise ZeroDivisionError
        return judge(scan, *arguments, **more)

    monkeypatch.setattr(scans.custody, "judge", breaks)
    phone.do("load", load(on, one))
    phone.do("load", load(on, two))
    assert codes(phone.send()) == [("conflict", "event.server_failed"), ("accepted", "")]
    assert (on.container(one).state, on.container(two).state) == ("labelled", "loaded")
    check_books(database)


def test_a_locked_database_is_no_verdict(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    phone.do("stop_close", {"stop_id": str(on.stops()[0].id), "outcome": "done"})

    def locked(_act: Any) -> None:
        raise OperationalError("select", {}, Exception("locked"))

    monkeypatch.setitem(HANDLERS, "stop_close", locked)
    with pytest.raises(OperationalError):
        phone.send()
    assert kept(database) == []
    monkeypatch.undo()
    assert codes(phone.send()) != []


def test_a_photo_that_has_not_come_is_flagged_and_waited_for_by_nobody(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    phone.do("load", load(on, on.labels()[0], photo_sha256="a" * 64))
    [verdict] = phone.send()
    assert verdict.outcome == "accepted"
    assert [notice.code for notice in verdict.warnings] == ["scan.photo_unknown"]
    with database.reading() as session:
        [missing] = boards.photos_missing(session, round_id=on.round_id)
    assert missing.photo_sha256 == "a" * 64


def test_gross_less_tare_is_the_mass_and_both_stand_in_the_ledger(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    [label] = on.labels()
    body = {"round_id": str(on.round_id), "label_code": label, "gross_g": 165_000, "tare_g": 15_000}
    phone.do("load", body)
    assert codes(phone.send()) == [("accepted", "")]
    assert on.container(label).mass_g == 150_000
    with database.reading() as session:
        [entry] = [e for e in ledger.entries_for(session, label=label) if e.event.type == "container.loaded"]
    assert (entry.event.facts["gross_g"], entry.event.facts["tare_g"]) == (165_000, 15_000)
