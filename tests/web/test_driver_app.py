"""The cab as an app: what the worker may store, the day as data, a lasting sign-in, photos in pieces."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD, add_user
from tests.web.driving import crewed
from wastehub import clock
from wastehub.db import Database
from wastehub.domain import field_events
from wastehub.domain.actors import Actor
from wastehub.ids import new_id
from wastehub.services.field import devices
from wastehub.web import auth

LOGIN = "driver-1"


class Phone:
    """A driver's phone with a key of its own, against the application."""

    def __init__(self, client: FlaskClient, user_id: Any) -> None:
        self.client, self.user_id = client, str(user_id)
        self.key = Ed25519PrivateKey.generate()
        self.id = str(new_id(at(9)))

    def sign_in(self, login: str = LOGIN) -> None:
        self.client.post("/sign-in", data={"login": login, "password": PASSWORD})

    def signed(self, **said: Any) -> dict[str, str]:
        text = field_events.canonical(
            {"v": 1, "device": self.id, "by": self.user_id, "at": "2026-03-17T01:00:00.000Z"} | said
        )
        return {"text": text, "sig": base64.b64encode(self.key.sign(text.encode())).decode()}

    def register(self) -> Any:
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = base64.b64encode(raw).decode()
        return self.client.post(
            "/api/v1/devices",
            json=self.signed(purpose="register", algorithm="ed25519", name="示例手机", public_key=key),
        )

    def renew(self) -> Any:
        return self.client.post("/driver/session", json=self.signed(purpose="renew", seq=0, head=""))

    def day(self) -> Any:
        return self.client.get("/driver/day.json")


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    with database.transaction() as session:
        planning_world.firm_with_requests(session, 1, (planning_world.OIL, (150_000, 80_500)))
        planning_world.firm_with_requests(session, 2, (planning_world.OIL, (60_000,)))
    return driving_world.first_round(database)


@pytest.fixture
def phone(app: Flask, database: Database, on: driving_world.Road) -> Phone:
    made = Phone(app.test_client(), crewed(database, on))
    made.sign_in()
    return made


def test_the_worker_may_see_papers_too_and_is_asked_for_again_each_time(app: Flask) -> None:
    answer = app.test_client().get("/driver/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b"/static/dist/cab-" in answer.data and b"/static/dist/scan-" in answer.data
    assert answer.mimetype == "text/javascript"


def test_the_install_card_names_icons_that_are_there(app: Flask) -> None:
    client = app.test_client()
    card = client.get("/driver/app.webmanifest").get_json(force=True)
    assert card["name"] == "小微危废 司机" and card["start_url"] == "/driver/"
    for icon in card["icons"]:
        with Image.open(io.BytesIO(client.get(icon["src"]).data)) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


def test_the_page_for_what_is_not_stored_knows_nobody(phone: Phone) -> None:
    stranger = phone.client.application.test_client().get("/driver/offline")
    assert "这一页没有存到手机".encode() in stranger.data
    assert b"data-user" not in stranger.data and "X-Wastehub-User" not in stranger.headers


def test_pages_say_whose_they_are_and_others_say_nothing(phone: Phone) -> None:
    assert phone.client.get("/driver/").headers["X-Wastehub-User"] == phone.user_id
    assert "X-Wastehub-User" not in phone.client.get("/sign-in").headers
    assert "X-Wastehub-User" not in phone.client.get("/label-keys.json").headers


def test_the_day_holds_every_gate_and_the_rules_for_it(phone: Phone, on: driving_world.Road) -> None:
    day = phone.day().get_json()
    [row] = day["rounds"]
    stops = [stop for trip in row["trips"] for stop in trip["stops"]]
    assert [stop["id"] for stop in stops] == [str(stop.id) for stop in on.stops()]
    gate = day["gate"][row["id"]]
    assert set(gate["containers"]) == {code for stop in on.stops() for code in on.labels(stop)}
    assert row["plate"] and row["crew"][0]["kind"] == "driver" and row["trips"][0]["checked"] is False
    listed = {page["url"] for page in day["urls"]}
    assert {"/driver/", "/driver/outbox", *(f"/driver/stops/{stop.id}" for stop in on.stops())} <= listed
    assert len(listed) == len(day["urls"])


def test_every_page_of_the_day_can_be_fetched_by_the_crew(phone: Phone) -> None:
    for page in phone.day().get_json()["urls"]:
        answer = phone.client.get(page["url"])
        assert answer.status_code == 200, page
        assert answer.headers["X-Wastehub-User"] == phone.user_id, page


def test_only_what_changed_is_fetched_again(phone: Phone, on: driving_world.Road) -> None:
    def versions() -> dict[str, str]:
        return {page["url"]: page["version"] for page in phone.day().get_json()["urls"]}

    on.start()
    before = versions()
    assert versions() == before
    first, second = on.stops()
    on.scan(on.report(on.labels(first)[0], measured_g=150_000))
    changed = {url for url, version in versions().items() if before.get(url) != version}
    assert f"/driver/stops/{first.id}" in changed and f"/driver/stops/{second.id}" not in changed


def test_a_registered_phone_stays_signed_in_over_the_shift_and_another_does_not(
    phone: Phone,
    monkeypatch: pytest.MonkeyPatch,
    frozen_now: Any,
    app: Flask,
    database: Database,
    on: driving_world.Road,
) -> None:
    assert phone.register().status_code == 201
    renewed = phone.renew()
    assert renewed.get_json()["until"] == "2026-03-20T01:00:00.000+00:00"
    [cookie] = [each for each in renewed.headers.getlist("Set-Cookie") if "Expires" in each]
    assert cookie
    other = Phone(
        app.test_client(),
        add_user(database, "driver", login="driver-2", organisation_id=on.driver.organisation_id).id,
    )
    other.sign_in("driver-2")

    class Later(auth.datetime):  # type: ignore[misc,name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + timedelta(hours=60)

    monkeypatch.setattr(auth, "datetime", Later)
    frozen_now.now = at(9) + timedelta(hours=60)
    assert phone.client.get("/driver/").status_code == 200
    assert other.client.get("/driver/").status_code == 302
    frozen_now.now = at(9) + timedelta(hours=73)
    assert phone.client.get("/driver/").status_code == 302


def test_a_revoked_phone_is_out_at_once_and_can_learn_it(
    phone: Phone, database: Database, on: driving_world.Road
) -> None:
    phone.register()
    phone.renew()

    def state() -> Any:
        return phone.client.get(f"/driver/device-state.json?device={phone.id}").get_json()["state"]

    assert state() == "active"
    office = Actor("office", "admin", None, None, None)
    with database.transaction() as session:
        devices.revoke(session, actor=office, device_id=UUID(phone.id), reason="丢失", now=clock.now_utc())
    assert phone.client.get("/driver/").status_code == 302
    assert phone.day().status_code in (302, 401)
    assert state() == "revoked"
    assert phone.client.get("/driver/device-state.json?device=x").get_json()["state"] == "unknown"


def test_a_sign_in_is_not_made_to_last_by_a_strange_key(phone: Phone) -> None:
    phone.register()
    phone.key = Ed25519PrivateKey.generate()
    answer = phone.renew()
    assert answer.status_code == 422
    assert phone.client.post("/driver/session", json={}).status_code == 422
    assert phone.client.post("/driver/session", json=[]).status_code == 422


# -- photos ------------------------------------------------------------------------------------------------


def jpeg(**extra: Any) -> bytes:
    target = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(target, "JPEG", quality=85, **extra)
    return target.getvalue()


def put(phone: Phone, data: bytes, *, offset: int = 0, size: int | None = None, name: str = "") -> Any:
    name = name or hashlib.sha256(data).hexdigest()
    url = f"/api/v1/photos/{name}/pieces?offset={offset}&size={size or len(data)}"
    return phone.client.put(
        url, data=data[offset:] if size is None else data, content_type="application/octet-stream"
    )


def test_a_photo_arrives_in_pieces_and_keeps_its_name(phone: Phone) -> None:
    data = jpeg()
    name = hashlib.sha256(data).hexdigest()
    url = f"/api/v1/photos/{name}/pieces"
    assert phone.client.get(url).get_json() == {"sha256": name, "received_bytes": 0, "complete": False}
    half = len(data) // 2
    first = put(phone, data[:half], size=len(data), name=name)
    assert first.get_json() == {"sha256": name, "received_bytes": half, "complete": False}
    assert put(phone, data[:half], size=len(data), name=name).get_json()["received_bytes"] == half
    assert phone.client.get(url).get_json()["received_bytes"] == half
    assert put(phone, data, offset=half).get_json()["complete"] is True
    assert phone.client.get(f"/api/v1/photos/{name}").data == data
    assert put(phone, data, offset=half).get_json()["complete"] is True


def test_a_gap_is_answered_with_what_has_arrived(phone: Phone) -> None:
    data = jpeg()
    answer = put(phone, data, offset=1000)
    assert answer.status_code == 409
    assert answer.get_json()["errors"][0]["code"] == "photo.piece_missing"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (jpeg(comment=b"taken at home"), "photo.not_bare"),
        (jpeg(exif=Image.Exif()), "photo.not_bare"),
        (jpeg() + b"PK hidden", "photo.not_bare"),
        (b"\xff\xd8" + b"\x00" * 100, "photo.not_an_image"),
        (b"GIF89a" + b"\x00" * 100, "photo.not_an_image"),
    ],
)
def test_what_is_more_or_less_than_a_picture_is_refused(phone: Phone, data: bytes, code: str) -> None:
    answer = put(phone, data)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == code
    assert phone.client.get(f"/api/v1/photos/{hashlib.sha256(data).hexdigest()}").status_code == 404


def test_a_photo_under_another_name_is_refused(phone: Phone) -> None:
    answer = put(phone, jpeg(), name="0" * 64)
    assert answer.get_json()["errors"][0]["code"] == "photo.hash_differs"
    assert put(phone, jpeg(), name="../../etc").status_code in (404, 422)
    assert put(phone, b"", size=10, name="0" * 64).status_code == 422
