"""What an auditor finds: every way of tampering with what phones signed, and nothing where all is well."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from tests.services.driving_world import Road, at, started
from tests.services.phones import Phone, load, phone_of
from wastehub import cli
from wastehub.db import Database
from wastehub.domain import field_events
from wastehub.domain.errors import NotFound
from wastehub.models.field import Device, DeviceEvent, DeviceUser, FieldConflict
from wastehub.services.field import verifying


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def sent(database: Database) -> tuple[Road, Phone]:
    on = started(database, 2)
    phone = phone_of(on)
    for label in on.labels():
        phone.do("load", load(on, label))
        phone.send()
    phone.do("unload_back", {"round_id": str(on.round_id), "label_code": on.labels()[0]})
    phone.send()
    return on, phone


def unseal(session: Session) -> None:
    """Whoever owns the database can drop its triggers; that is what the check is for."""
    for table in ("device_events", "device_users"):
        for act in ("update", "delete", "replace"):
            session.execute(text(f"DROP TRIGGER {table}_no_{act}"))


def checked(on: Road, round_no: str = "") -> verifying.FieldReport:
    with on.database.reading() as session:
        return verifying.verify_round(session, round_no or on.row(session).round_no)


def test_nothing_is_found_where_nothing_is_wrong(sent: tuple[Road, Phone]) -> None:
    on, phone = sent
    report = checked(on)
    assert report.ok and (report.devices, report.events, report.signatures) == (1, 3, 4)
    # Three acts and three uploads, and the registration of the key.
    assert report.entries == 7
    with on.database.reading() as session:
        assert verifying.verify_devices(session, [phone.device_id]).ok
        with pytest.raises(NotFound):
            verifying.verify_round(session, "none")


def test_a_chain_that_was_broken_when_it_came_is_a_note(sent: tuple[Road, Phone]) -> None:
    on, phone = sent
    phone.do("load", load(on, on.labels()[0]), prev="0" * 64)
    phone.send()
    report = checked(on)
    assert report.ok and [note.seq for note in report.notes] == [4]


def of(seq: int) -> Any:
    return DeviceEvent.seq == seq


def mended(text_: str) -> dict[str, str]:
    """A text changed by somebody who knows how hashes work, but has no key."""
    return {"text": text_, "sha256": field_events.sha256(text_)}


TAMPERINGS: dict[str, tuple[Callable[[Session, Phone], Any], str]] = {
    "a text": (
        lambda s, p: s.execute(update(DeviceEvent).where(of(2)).values(text=p.outbox[0].text)),
        "another hash",
    ),
    "a text with its hash": (
        lambda s, p: s.execute(
            update(DeviceEvent).where(of(2)).values(mended(p.outbox[1].text.replace("150000", "1")))
        ),
        "not by the phone's key",
    ),
    "a signature": (
        lambda s, p: s.execute(update(DeviceEvent).where(of(2)).values(sig=p.outbox[0].sig)),
        "not by the phone's key",
    ),
    "a number": (
        lambda s, p: s.execute(update(DeviceEvent).where(of(3)).values(seq=9)),
        "number 3 is missing",
    ),
    "an event in the middle": (
        lambda s, p: s.execute(delete(DeviceEvent).where(of(2))),
        "number 2 is missing",
    ),
    "the last event": (
        lambda s, p: (
            s.execute(delete(DeviceEvent).where(of(3))),
            s.execute(update(Device).values(last_seq=2, head=_hash(p, 1))),
        ),
        "has another head",
    ),
    "a key": (
        lambda s, p: s.execute(update(Device).values(public_key=_key(Phone(p.database, p.actor)))),
        "never registered",
    ),
    "a registration": (
        lambda s, p: s.execute(update(DeviceUser).values(sig=p.outbox[0].sig)),
        "not signed with its key",
    ),
    "an hour": (
        lambda s, p: s.execute(update(DeviceEvent).where(of(1)).values(said_at=at(5))),
        "something else than the text",
    ),
    "an upload": (lambda s, p: s.execute(update(Device).values(last_seq=1)), "its last number is 1"),
}


def _hash(phone: Phone, at: int) -> str:
    return field_events.sha256(phone.outbox[at].text)


def _key(phone: Phone) -> str:
    return base64.b64encode(phone.public_key).decode()


def test_every_tampering_is_found(sent: tuple[Road, Phone]) -> None:
    on, phone = sent
    with on.database.reading() as session:
        round_no = on.row(session).round_no
    for name, (tamper, said) in TAMPERINGS.items():
        with on.database.engine.connect() as connection:
            outer = connection.begin()
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                unseal(session)
                session.execute(delete(FieldConflict))
                tamper(session, phone)
                session.expire_all()
                report = verifying.verify_round(session, round_no)
            outer.rollback()
        assert any(said in finding.what for finding in report.findings), (name, report.findings)
    assert checked(on).ok


def test_the_command_says_so_and_ends_with_it(
    sent: tuple[Road, Phone],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    on, phone = sent
    monkeypatch.setenv("WASTEHUB_VAR", str(tmp_path))
    url = ["--database", on.database.url]
    with on.database.reading() as session:
        round_no = on.row(session).round_no
    assert cli.main(["field", "verify", "--round", round_no, *url]) == 0
    assert "ok: 1 phones, 3 events" in capsys.readouterr().out
    assert cli.main(["field", "verify", "--round", "none", *url]) == 2
    with on.database.transaction() as session:
        unseal(session)
        session.execute(update(DeviceEvent).where(of(1)).values(sig="AAAA"))
    assert cli.main(["field", "verify", "--device", str(phone.device_id), *url]) == 1
    assert "WRONG" in capsys.readouterr().out
    assert cli.main(["field", "verify", *url]) == 1


def test_the_texts_of_a_round_are_checked_without_the_database(
    sent: tuple[Road, Phone],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    on, _phone = sent
    monkeypatch.setenv("WASTEHUB_VAR", str(tmp_path))
    file = tmp_path / "round.json"
    with on.database.reading() as session:
        round_no = on.row(session).round_no
    export = ["field", "export", "--out", str(file), "--database", on.database.url, "--round"]
    assert cli.main([*export, round_no]) == 0
    assert cli.main([*export, "none"]) == 2
    assert cli.main(["field", "verify", "--file", str(file)]) == 0
    whole = json.loads(file.read_text())
    assert len(whole["devices"][0]["events"]) == 3

    def dropped(data: Any) -> None:
        del data["devices"][0]["events"][1]

    def forged(data: Any) -> None:
        event = data["devices"][0]["events"][2]
        event["text"] = event["text"].replace("unload_back", "load")

    def other_form(data: Any) -> None:
        data["form"] = "x"

    for tamper in (dropped, forged, other_form):
        data = json.loads(json.dumps(whole))
        tamper(data)
        file.write_text(json.dumps(data))
        assert cli.main(["field", "verify", "--file", str(file)]) == 1, tamper
    file.write_text("[]")
    assert cli.main(["field", "verify", "--file", str(file)]) == 2
    assert "does not follow" in capsys.readouterr().out
