"""The file of a broken phone, handed in by its office: the signatures decide, every record is answered."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from tests import firms
from tests.services.driving_world import Road, at, started
from tests.services.phones import Phone, load, phone_of
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.domain import field_events
from wastehub.models.field import Device, DeviceEvent, DeviceReject
from wastehub.models.scans import Photo


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def on(database: Database, frozen_now: Any) -> Road:
    frozen_now.now = at(14)
    return started(database, 3)


@pytest.fixture
def phone(on: Road) -> Phone:
    made = phone_of(on)
    for label in on.labels():
        made.do("load", load(on, label))
    return made


@pytest.fixture
def office(database: Database, on: Road, sign_in: SignIn) -> Any:
    return sign_in("dispatcher", organisation_id=on.driver.organisation_id)


def saved(phone: Phone, *pictures: bytes, **changes: Any) -> bytes:
    """As frontend/src/outbox_page.js writes it."""
    made = {
        "v": 1,
        "kind": "wastehub-unsent",
        "by": str(phone.actor.user_id),
        "sent_at": "2026-03-17T04:00:00.000Z",
        "devices": [
            {
                "device": str(phone.device_id),
                "events": [{"text": sent.text, "sig": sent.sig} for sent in phone.outbox],
            }
        ],
        "photos": [{"sha256": "", "jpeg": base64.b64encode(each).decode()} for each in pictures],
    }
    return field_events.canonical(made | changes).encode()


def hand_in(client: Any, data: bytes) -> Any:
    return client.post("/field/devices/hand-in", data={"file": (io.BytesIO(data), "wastehub.json")})


def bare_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_office_hands_in_a_file_and_sees_a_verdict_for_each_record(
    office: Any, on: Road, phone: Phone, database: Database
) -> None:
    picture = bare_jpeg()
    named = {"photo_sha256": hashlib.sha256(picture).hexdigest()}
    stop = {"stop_id": str(on.stops()[0].id)}
    refusal = load(on, on.labels()[0]) | {"reason": "leaking", "note": "漏"} | named | stop
    phone.do("refuse", refusal)
    before = phone.row()
    page = hand_in(office, saved(phone, picture, b"of nobody"))
    assert page.status_code == 200, page.text
    assert page.text.count("data-row") == 4 and page.text.count("已采纳") >= 3
    assert [on.container(label).state for label in on.labels()] == ["loaded"] * 3
    with database.reading() as session:
        rows = session.scalars(select(DeviceEvent).order_by(DeviceEvent.seq)).all()
        assert session.scalars(select(Photo.sha256)).all() == [named["photo_sha256"]]
        after = session.get_one(Device, phone.device_id)
    assert {row.sent_by for row in rows} != {f"user:{phone.actor.user_id}"}
    assert {row.author for row in rows} == {f"user:{phone.actor.user_id}"}
    # The phone itself gave no sign of life.
    assert (after.last_seen_at, after.expires_at) == (before.last_seen_at, before.expires_at)
    office.post("/locale", data={"locale": "en"})
    english = office.get("/field/devices/hand-in")
    assert "Hand in a phone&#39;s file" in english.text


def test_the_same_file_twice_changes_nothing_and_says_so(
    office: Any, phone: Phone, database: Database
) -> None:
    hand_in(office, saved(phone))
    again = hand_in(office, saved(phone))
    assert "这些记录平台都已收到过，没有重复登记" in again.text
    assert count(database, DeviceEvent) == 3 and count(database, DeviceReject) == 0
    # The phone comes to life after all: it hears the same.
    assert [verdict.outcome for verdict in phone.send(hour=15)] == ["accepted"] * 3


def test_an_altered_line_is_kept_apart_and_what_follows_waits(
    office: Any, on: Road, phone: Phone, database: Database
) -> None:
    text = saved(phone).decode().replace('\\"measured_g\\":150000', '\\"measured_g\\":150001', 1)
    page = hand_in(office, text.encode())
    assert "有记录的签名不符，没有执行，已另存备查" in page.text
    assert "文件里缺少编号，后面的记录没有登记" in page.text
    assert [on.container(label).state for label in on.labels()] == ["labelled"] * 3
    assert (count(database, DeviceEvent), count(database, DeviceReject)) == (0, 1)
    assert "已采纳" in hand_in(office, saved(phone)).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "还没有选择文件"),
        (b"%PDF-1.7", "这不是手机导出的未上传记录文件"),
        (b"[" * 100_000, "这不是手机导出的未上传记录文件"),
        (b'{"kind":"other","v":1}', "这不是手机导出的未上传记录文件"),
        (b'{"kind":"wastehub-unsent","v":2,"devices":[]}', "这不是手机导出的未上传记录文件"),
        (b'{"kind":"wastehub-unsent","v":1,"devices":[7]}', "这不是手机导出的未上传记录文件"),
        (b'{"kind":"wastehub-unsent","v":1,"devices":[],"photos":[]}', "文件里没有记录"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_to_do(office: Any, data: bytes, said: str) -> None:
    page = hand_in(office, data)
    assert page.status_code == 422 and said in page.text


def test_a_phone_of_another_platform_is_refused_whole(
    office: Any, on: Road, phone: Phone, database: Database
) -> None:
    both = json.loads(saved(phone))
    both["devices"].append({"device": str(uuid4()), "events": both["devices"][0]["events"]})
    page = hand_in(office, json.dumps(both).encode())
    assert page.status_code == 404 and "不是本平台登记的手机" in page.text
    assert count(database, DeviceEvent) == 0


def test_strangers_and_drivers_do_not_hand_in(
    app: Any, on: Road, phone: Phone, database: Database, sign_in: SignIn
) -> None:
    with database.reading() as session:
        other = next(row.id for row in firms.platforms(session) if row.id != on.driver.organisation_id)
    stranger = sign_in("dispatcher", organisation_id=other)
    assert hand_in(stranger, saved(phone)).status_code == 404
    driver = sign_in("driver")
    assert hand_in(driver, saved(phone)).status_code == 403
    assert "补交手机文件" in stranger.get("/field/devices").text
    assert "补交手机文件" not in driver.get("/field/devices").text
    assert count(database, DeviceEvent) == 0


def test_a_file_that_names_another_log_raises_the_alarm(
    office: Any, app: Any, on: Road, phone: Phone
) -> None:
    phone.do("trip_arrive", {"trip_id": "x"}, seen={"size": 10_000, "root": "f" * 64})
    assert hand_in(office, saved(phone)).status_code == 200
    found = app.extensions["wastehub.transparency"].anchor.refusals()[f"device:{phone.device_id}"]
    assert found.code == "ledger.device_ahead"


def test_pictures_of_a_large_file_come_before_it(office: Any, phone: Phone, database: Database) -> None:
    data = bare_jpeg()
    assert office.post("/field/devices/hand-in/picture", data=data).status_code == 204
    assert office.post("/field/devices/hand-in/picture", data=b"no picture").status_code == 422
    assert count(database, Photo) == 1
