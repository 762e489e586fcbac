"""Phones and conflicts over HTTP: registering, sending, being revoked; the office compares and decides."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.services.driving_world import Road, at, started
from tests.services.phones import Phone, load, spoken
from tests.web.conftest import PASSWORD, SignIn
from tests.web.driving import crewed
from wastehub.db import Database
from wastehub.domain import field_events
from wastehub.domain.actors import Actor
from wastehub.ledger.transparency import Transparency
from wastehub.models.field import FieldConflict
from wastehub.models.users import User
from wastehub.web import label_sealing


class Cab:
    """A driver's phone and browser in one."""

    def __init__(self, app: Any, database: Database, on: Road, seat: str, login: str) -> None:
        user_id = crewed(database, on, seat, login)
        with database.reading() as session:
            user = session.get_one(User, user_id)
        self.client: FlaskClient = app.test_client()
        assert self.client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
        self.phone = Phone(database, Actor(user.author, "driver", user.id, user.organisation_id))

    def register(self) -> Any:
        text = self.phone.registration()
        return self.client.post("/api/v1/devices", json={"text": text, "sig": self.phone.sign(text)})

    def send(self, hour: float = 9, **changes: Any) -> Any:
        body = {
            "device": str(self.phone.device_id),
            "sent_at": spoken(at(hour)),
            "events": [{"text": sent.text, "sig": sent.sig} for sent in self.phone.outbox],
        } | changes
        return self.client.post("/api/v1/device-events", json=body)


@pytest.fixture
def on(database: Database, frozen_now: Any) -> Road:
    frozen_now.now = at(9)
    return started(database, 1)


@pytest.fixture
def cab(app: Any, database: Database, on: Road) -> Cab:
    made = Cab(app, database, on, "driver", "driver-1")
    assert made.register().status_code == 201
    return made


@pytest.fixture
def other(app: Any, database: Database, on: Road) -> Cab:
    made = Cab(app, database, on, "escort", "driver-2")
    assert made.register().status_code == 201
    return made


def code_of(answer: Any) -> str:
    code: str = answer.json["errors"][0]["code"]
    return code


def disagree(cab: Cab, other: Cab, on: Road, database: Database) -> FieldConflict:
    [label] = on.labels()
    cab.phone.do("load", load(on, label))
    other.phone.do("load", load(on, label, measured_g=153_000))
    cab.send()
    assert other.send().json["verdicts"][0]["outcome"] == "conflict"
    with database.reading() as session:
        return session.scalars(select(FieldConflict)).one()


def test_a_phone_is_registered_sends_and_hears_in_its_language(cab: Cab, on: Road) -> None:
    shown = cab.client.get(f"/api/v1/devices/{cab.phone.device_id}").json
    assert (shown["state"], shown["last_seq"], shown["unsent"]) == ("active", 0, 0)
    cab.phone.do("load", load(on, on.labels()[0]))
    cab.phone.do("load", load(on, on.labels()[0], measured_g="x"))
    answer = cab.send()
    assert answer.status_code == 200, answer.text
    accepted, refused = answer.json["verdicts"]
    assert (accepted["outcome"], accepted["seq"], accepted["message"]) == ("accepted", 1, "")
    assert (refused["outcome"], refused["code"], refused["field"]) == (
        "refused",
        "event.field_wrong",
        "measured_g",
    )
    assert "measured_g" in refused["message"] and "更正后" in refused["message"]
    assert (answer.json["clock_skew_s"], answer.json["device_state"]) == (0, "active")
    assert cab.client.get("/api/v1/devices").json[0]["last_seq"] == 2


def test_a_seal_is_judged_by_our_keys_and_answered_as_at_the_scans(
    app: Any, cab: Cab, on: Road, database: Database
) -> None:
    [label] = on.labels()
    with app.test_request_context():
        label_sealing.announced(label_sealing.sealer(), database)
        link = label_sealing.payload(label)
    forged = link[:-1] + str((int(link[-1]) + 1) % 10)
    cab.phone.do("load", load(on, label, label_read=forged, seal="genuine"))
    cab.phone.do("load", load(on, label, label_read=link, seal="forged"))
    refused, accepted = cab.send().json["verdicts"]
    assert (refused["outcome"], refused["code"]) == ("refused", "scan.label_forged")
    assert "不能装车" in refused["message"] and "打印新标签" in refused["message"]
    assert (accepted["outcome"], accepted["warnings"]) == ("accepted", [])


def test_the_driver_is_told_that_the_office_decides(
    cab: Cab, other: Cab, on: Road, database: Database
) -> None:
    conflict = disagree(cab, other, on, database)
    [verdict] = other.send().json["verdicts"]
    assert verdict["conflict_id"] == str(conflict.id)
    assert verdict["message"].startswith("已保存，交由调度处理。")


def test_an_upload_that_is_none_is_refused_whole(cab: Cab) -> None:
    wrong: list[dict[str, Any]] = [
        {"events": []},
        {"events": [{"text": "x", "sig": "y"}] * 201},
        {"events": [{"text": "x" * 70_000, "sig": "y"}]},
        {"events": [{"text": 7, "sig": "y"}]},
        {"sent_at": "yesterday"},
        {"device": "mine"},
    ]
    for changes in wrong:
        answer = cab.send(**changes)
        assert answer.status_code == 422 and answer.json["errors"], changes


def test_only_registered_phones_of_ones_own_send(cab: Cab, other: Cab, on: Road) -> None:
    for each in (cab, other):
        each.phone.do("load", load(on, on.labels()[0]))
    assert other.send(device=str(cab.phone.device_id)).status_code == 404
    answer = cab.send(device=str(uuid4()))
    assert answer.status_code == 404 and answer.json["errors"][0]["code"] == "device.unknown"


def test_a_registration_needs_the_key_the_person_and_room(cab: Cab, other: Cab) -> None:
    phone = cab.phone
    text = phone.registration()
    forged = {"text": text, "sig": other.phone.sign(text)}
    assert cab.client.post("/api/v1/devices", json=forged).json["errors"][0]["code"] == "device.proof_wrong"
    foreign = {"text": text, "sig": phone.sign(text)}
    assert (
        other.client.post("/api/v1/devices", json=foreign).json["errors"][0]["code"] == "device.other_person"
    )
    renewal = {"text": phone.registration(purpose="renew"), "sig": "AAAA"}
    assert cab.client.post("/api/v1/devices", json=renewal).status_code == 422
    assert cab.register().status_code == 201
    for expected in (201, 201, 409):
        cab.phone = Phone(phone.database, phone.actor)
        assert cab.register().status_code == expected


def renewal(cab: Cab, **changes: Any) -> dict[str, str]:
    said = {
        "v": 1, "purpose": "renew", "device": str(cab.phone.device_id), "by": str(cab.phone.actor.user_id),
        "at": spoken(at(9)), "seq": 7, "head": "a" * 64,
    } | changes  # fmt: skip
    text = field_events.canonical(said)
    return {"text": text, "sig": cab.phone.sign(text)}


def test_a_sign_of_life_extends_the_key_and_tells_what_is_still_to_come(cab: Cab, other: Cab) -> None:
    url = f"/api/v1/devices/{cab.phone.device_id}/renew"
    answer = cab.client.post(url, json=renewal(cab))
    assert answer.status_code == 200 and answer.json["unsent"] == 7
    assert answer.json["expires_at"] > spoken(at(9 + 71))
    wrong = renewal(cab) | {"sig": other.phone.sign(renewal(cab)["text"])}
    assert cab.client.post(url, json=wrong).json["errors"][0]["code"] == "device.proof_wrong"
    assert cab.client.post(url, json=renewal(cab, head="x")).status_code == 422
    assert other.client.post(url, json=renewal(cab)).status_code == 404


def test_a_revoked_phone_is_told_so_and_loses_nothing(
    cab: Cab, on: Road, sign_in: SignIn, database: Database
) -> None:
    cab.phone.do("load", load(on, on.labels()[0]))
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    page = office.get("/field/devices").text
    assert "示例手机" in page and "在用" in page
    answer = office.post(f"/field/devices/{cab.phone.device_id}/revoke", data={"reason": ""})
    assert answer.status_code == 422 and "原因" in answer.text
    done = office.post(f"/field/devices/{cab.phone.device_id}/revoke", data={"reason": "手机遗失"})
    assert done.status_code == 302
    assert "手机遗失" in office.get(f"/field/devices/{cab.phone.device_id}").text
    assert cab.client.get(f"/api/v1/devices/{cab.phone.device_id}").json["state"] == "revoked"
    refused = cab.client.post(f"/api/v1/devices/{cab.phone.device_id}/renew", json=renewal(cab))
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (409, "device.revoked")
    assert cab.register().json["errors"][0]["code"] == "device.revoked"
    answer = cab.send().json
    assert answer["device_state"] == "revoked" and answer["verdicts"][0]["outcome"] == "conflict"
    again = office.post(f"/api/v1/devices/{cab.phone.device_id}/revoke", json={"reason": "又一次"})
    assert again.json["revoke_reason"] == "手机遗失"


def test_acts_after_the_key_ran_out_wait_for_a_person(cab: Cab, on: Road, frozen_now: Any) -> None:
    cab.phone.do("load", load(on, on.labels()[0]), 12)
    cab.phone.do("unload_back", {"round_id": str(on.round_id), "label_code": on.labels()[0]}, 90)
    frozen_now.now = at(91)
    first, late = cab.send(91).json["verdicts"]
    assert first["outcome"] == "accepted"
    assert (late["outcome"], late["code"]) == ("conflict", "event.device_expired")


def test_the_office_compares_both_versions_and_decides(
    cab: Cab, other: Cab, on: Road, database: Database, sign_in: SignIn
) -> None:
    conflict = disagree(cab, other, on, database)
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    assert "项现场冲突等待决定" in office.get("/dispatcher").text
    assert conflict.conflict_no in office.get("/field/conflicts").text
    page = office.get(f"/field/conflicts/{conflict.id}").text
    for shown in (
        "两次称重不一致",
        "153.0",
        "150.0",
        "手机的记录",
        "平台的记录",
        "按手机记录执行",
        "签名原文",
    ):
        assert shown in page, shown
    url = f"/field/conflicts/{conflict.id}"
    form = {"choice": "carry_out", "reason": "", "version": "1"}
    refused = office.post(url, data=form)
    assert refused.status_code == 422 and "data-open" in refused.text
    assert office.post(url, data=form | {"reason": "已复称"}).status_code == 302
    done = office.get(url).text
    assert "已复称" in done and "已处理" in done
    assert on.container(on.labels()[0]).mass_g == 153_000
    assert office.post(url, data=form | {"reason": "再来"}).status_code == 409
    assert "项现场冲突等待决定" not in office.get("/dispatcher").text


def test_conflicts_as_data(cab: Cab, other: Cab, on: Road, database: Database, sign_in: SignIn) -> None:
    conflict = disagree(cab, other, on, database)
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    [row] = office.get("/api/v1/field-conflicts").json
    assert row["choices"] == ["carry_out", "keep", "raise_problem"] and row["state"] == "open"
    url = f"/api/v1/field-conflicts/{conflict.id}"
    detail = office.get(url).json
    assert field_events.sha256(detail["text"]) == detail["sha256"]
    assert office.post(f"{url}/decide", json={"choice": "fly", "reason": "x"}).status_code == 422
    kept = office.post(f"{url}/decide", json={"choice": "keep", "reason": "复称一致", "version": 1}).json
    assert (kept["state"], kept["choices"]) == ("dismissed", [])
    assert office.get("/api/v1/field-conflicts").json == []
    watching = sign_in("regulator", login="watch")
    assert len(watching.get("/api/v1/field-conflicts?state=all").json) == 1
    assert watching.post(f"{url}/decide", json={"choice": "keep", "reason": "x"}).status_code == 403


def test_pages_speak_english(cab: Cab, other: Cab, on: Road, database: Database, sign_in: SignIn) -> None:
    conflict = disagree(cab, other, on, database)
    office = sign_in("dispatcher", locale="en", organisation_id=on.driver.organisation_id)
    assert "Two weighings differ" in office.get(f"/field/conflicts/{conflict.id}").text
    assert "Revoke" in office.get("/field/devices").text


def test_a_phone_that_was_shown_another_log_raises_the_alarm(
    cab: Cab, on: Road, app: Any, database: Database, settings: Any
) -> None:
    sealed = Transparency.of(settings).seal(database, now=at(9))
    assert sealed is not None
    label = on.labels()[0]
    anchor = app.extensions["wastehub.transparency"].anchor
    mine = f"device:{cab.phone.device_id}"
    good = {"size": sealed.size, "root": sealed.root.hex()}
    for seen, code in (
        (good, None),
        (replace_root(good), "ledger.device_disagrees"),
        (good | {"size": sealed.size + 1_000}, "ledger.device_ahead"),
        (good, None),
    ):
        cab.phone.outbox.clear()
        cab.phone.do("load", load(on, label), 9, seen=seen)
        assert cab.send().status_code == 200
        found = anchor.refusals().get(mine)
        assert (found.code if found else None) == code
    # It is an alarm for people: nothing stops.
    assert cab.send().status_code == 200


def replace_root(seen: dict[str, Any]) -> dict[str, Any]:
    return seen | {"root": "f" * 64}
