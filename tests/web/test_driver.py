"""The crew's pages and the phone's API: who may look, what the pages say, what a resend does."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import select

from tests.firms import platform_for
from tests.services import driving_world
from tests.services.driving_world import DAY, at
from tests.services.facility_world import CHECKS
from tests.web.conftest import PASSWORD, SignIn
from tests.web.driving import crewed
from wastehub.db import Database
from wastehub.models.batches import Container


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    return driving_world.road(database, 2)


@pytest.fixture
def phone(app: Any, database: Database, on: driving_world.Road) -> Any:
    """The client of the round's driver."""
    crewed(database, on)
    client = app.test_client()
    assert client.post("/sign-in", data={"login": "driver-1", "password": PASSWORD}).status_code == 302
    return client


def scan(on: driving_world.Road, label: str, **changes: Any) -> dict[str, Any]:
    return {
        "scan_id": str(uuid4()),
        "device_id": "phone-1",
        "device_seq": changes.pop("seq", 1),
        "round_id": str(on.round_id),
        "kind": "load",
        "label_code": label,
        "measured_g": 150_000,
        "scanned_at": at(8.9).isoformat(),
    } | changes


def send(client: Any, *reports: dict[str, Any]) -> Any:
    return client.post("/api/v1/scans", json={"scans": list(reports)})


def test_home_offers_to_leave_on_the_day_only(phone: Any, frozen_now: Any) -> None:
    page = phone.get("/driver/").text
    assert "出发" in page and "这个任务不是今天的" not in page
    frozen_now.now = at(9) - timedelta(days=1)
    page = phone.get("/driver/").text
    assert "这个任务不是今天的" in page and f"任务安排在 {DAY}" in page and "检查合格，出发" not in page


def test_home_of_somebody_without_crew_or_round_says_so(sign_in: SignIn, on: driving_world.Road) -> None:
    client = sign_in("driver", organisation_id=on.driver.organisation_id)
    assert "还没有关联班组人员" in client.get("/driver/").text


def test_home_without_a_round_says_so(phone: Any, frozen_now: Any) -> None:
    frozen_now.now = at(9) + timedelta(days=1)
    assert "今天没有您的收运任务" in phone.get("/driver/").text


def test_the_whole_day_through_the_api(phone: Any, on: driving_world.Road) -> None:
    assert "装车五必查" in phone.get("/driver/").text
    unchecked = phone.post(f"/api/v1/rounds/{on.round_id}/start", json={})
    assert unchecked.status_code == 409 and unchecked.json["errors"][0]["code"] == "waybill.not_checked"
    assert phone.post(f"/api/v1/rounds/{on.round_id}/start", json=CHECKS).json["state"] == "under_way"
    assert "下一站" in phone.get("/driver/").text
    first, second = on.stops()
    [label] = on.labels(first)
    assert phone.get(f"/driver/stops/{first.id}").status_code == 200
    [verdict] = send(phone, scan(on, label)).json["verdicts"]
    assert verdict["outcome"] == "accepted" and verdict["message"] == ""
    closed = phone.post(f"/api/v1/stops/{first.id}/close", json={"outcome": "done"})
    assert closed.json["state"] == "done"
    assert "已收运" in phone.get(f"/driver/stops/{first.id}").text
    missed = {"outcome": "missed", "reason": "closed"}
    assert phone.post(f"/api/v1/stops/{second.id}/close", json=missed).json["state"] == "missed"
    assert "返回平台卸货" in phone.get("/driver/").text
    assert phone.post(f"/api/v1/trips/{first.trip_id}/arrive", json={}).json["state"] == "arrived"
    assert "各趟都已到达平台" in phone.get("/driver/").text
    assert phone.post(f"/api/v1/rounds/{on.round_id}/finish", json={}).json["state"] == "finished"
    assert "今天的任务完成了" in phone.get("/driver/").text


def test_an_act_sent_again_is_answered_alike(phone: Any, on: driving_world.Road) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"at": at(8).isoformat()} | CHECKS
    answers = [phone.post(f"/api/v1/rounds/{on.round_id}/start", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json and answers[0].json["started_at"].startswith("2026-03-17T00:00")
    refused = phone.post(f"/api/v1/rounds/{on.round_id}/start", json={})
    assert refused.status_code == 409 and refused.json["errors"][0]["code"] == "round.not_startable"


def test_scans_are_judged_in_the_readers_language(phone: Any, on: driving_world.Road) -> None:
    on.start()
    [label] = on.labels(on.stops()[0])
    bad, good = (
        scan(on, "not a label"),
        scan(on, f"https://x.example/c/{label}", seq=2, measured_g=190_000),
    )
    first, second = send(phone, bad, good).json["verdicts"]
    assert first["code"] == "scan.label_unknown" and "不能装车" in first["message"]
    assert second["outcome"] == "accepted"
    assert "超过允许" in second["warnings"][0]["message"]
    phone.post("/locale", data={"locale": "en"})
    again = send(phone, bad, good).json["verdicts"]
    assert [each["outcome"] for each in again] == ["refused", "accepted"]
    assert "difference" in again[1]["warnings"][0]["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "steal"},
        {"label_code": ""},
        {"device_seq": 2**40},
        {"measured_g": "heavy"},
        {"scanned_at": "2026-03-17T09:00:00"},
        {"photo_sha256": "../../etc"},
        {"lat_e6": 91_000_000},
        {"surprise": 1},
    ],
)
def test_a_malformed_report_is_refused_as_a_whole(
    phone: Any, on: driving_world.Road, changes: dict[str, Any]
) -> None:
    on.start()
    [label] = on.labels(on.stops()[0])
    answer = send(phone, scan(on, label) | changes)
    assert answer.status_code == 422 and answer.content_type == "application/problem+json"
    assert on.container(label).state == "labelled"


def test_broken_json_and_an_empty_list_are_refused(phone: Any) -> None:
    broken = phone.post("/api/v1/scans", data="{", content_type="application/json")
    assert broken.status_code == 400
    assert send(phone).status_code == 422


def test_others_do_not_drive(sign_in: SignIn, on: driving_world.Road) -> None:
    stop = on.stops()[0]
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    assert office.get("/driver/").status_code == 403
    assert office.post(f"/api/v1/rounds/{on.round_id}/start", json={}).status_code == 403
    colleague = sign_in("driver", organisation_id=on.driver.organisation_id)
    for path in (f"/driver/rounds/{on.round_id}", f"/driver/stops/{stop.id}"):
        assert colleague.get(path).status_code == 404
    assert colleague.post(f"/api/v1/stops/{stop.id}/close", json={"outcome": "done"}).status_code == 404
    assert send(colleague, scan(on, on.labels()[0])).status_code == 404


def test_without_sign_in_the_phone_is_told(app: Any, on: driving_world.Road) -> None:
    client = app.test_client()
    assert client.get("/driver/").status_code == 302
    assert send(client, scan(on, "x")).status_code == 401


def test_a_photo_is_kept_and_shown(phone: Any) -> None:
    target = io.BytesIO()
    Image.new("RGB", (60, 40), (20, 90, 80)).save(target, "JPEG")
    target.seek(0)
    kept = phone.post("/api/v1/photos", data={"photo": (target, "a.jpg")})
    assert kept.status_code == 201
    shown = phone.get(f"/api/v1/photos/{kept.json['sha256']}")
    assert shown.mimetype == "image/jpeg" and len(shown.data) == kept.json["size_bytes"]
    assert phone.get(f"/api/v1/photos/{'0' * 64}").status_code == 404
    refused = phone.post("/api/v1/photos", data={"photo": (io.BytesIO(b"MZ"), "a.exe")})
    assert refused.status_code == 422 and refused.json["errors"][0]["code"] == "photo.not_an_image"
    assert phone.post("/api/v1/photos", data={}).status_code == 422


def test_a_photo_stands_on_the_pages_of_its_round_and_batch_for_their_parties(
    phone: Any, sign_in: SignIn, database: Database, on: driving_world.Road
) -> None:
    on.start()
    target = io.BytesIO()
    Image.new("RGB", (60, 40), (20, 90, 80)).save(target, "JPEG")
    target.seek(0)
    sha256 = phone.post("/api/v1/photos", data={"photo": (target, "a.jpg")}).json["sha256"]
    stop = on.stops()[0]
    [label] = on.labels(stop)
    answer = send(phone, scan(on, label) | {"photo_sha256": sha256})
    assert answer.json["verdicts"][0]["outcome"] == "accepted"
    with database.reading() as session:
        batch_id = session.scalars(select(Container.batch_id).where(Container.label_code == label)).one()
    image = f'src="/api/v1/photos/{sha256}"'
    desk = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    assert image in desk.get(f"/dispatcher/rounds/{on.round_id}").text
    owner = sign_in("enterprise", organisation_id=on.request(stop).enterprise_id)
    assert image in owner.get(f"/enterprise/batches/{batch_id}").text
    assert image in sign_in("regulator").get(f"/regulator/batches/{batch_id}").text
    with database.reading() as session:
        elsewhere = platform_for(session, "330402").id
    other = sign_in("dispatcher", login="other-desk", organisation_id=elsewhere)
    assert image not in other.get(f"/dispatcher/rounds/{on.round_id}").text


def test_the_round_lists_its_stops_and_the_outbox_opens(phone: Any, on: driving_world.Road) -> None:
    page = phone.get(f"/driver/rounds/{on.round_id}").text
    assert all(name in page for name in ("示例测试机械厂1", "示例测试机械厂2"))
    assert phone.get("/driver/outbox").status_code == 200


def test_manifests_are_listed_exported_and_numbered(sign_in: SignIn, on: driving_world.Road) -> None:
    desk = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    paper = on.paper(on.stops()[0])
    assert paper.provisional_no in desk.get("/manifests/").text
    assert paper.provisional_no in desk.get("/manifests/?export=csv").text
    assert paper.provisional_no not in desk.get("/manifests/?state=accepted").text
    assert desk.get("/manifests/?from_on=nonsense").status_code == 200
    path = f"/manifests/{paper.id}"
    assert "第三部分" in desk.get(path).text
    wrong = desk.post(f"{path}/number", data={"official_number": "12", "version": paper.version})
    assert wrong.status_code == 422 and 'value="12"' in wrong.text
    right = desk.post(f"{path}/number", data={"official_number": "20263304000001", "version": paper.version})
    assert right.status_code == 302 and "20263304000001" in desk.get(path).text
    stale = desk.post(f"{path}/number", data={"official_number": "20263304000002", "version": paper.version})
    assert stale.status_code == 409


def test_a_manifest_belongs_to_its_parties(
    sign_in: SignIn, on: driving_world.Road, database: Database
) -> None:
    mine, other = (on.request(stop).enterprise_id for stop in on.stops())
    paper = on.paper(on.stops()[0])
    owner = sign_in("enterprise", organisation_id=mine, login="owner")
    assert owner.get(f"/manifests/{paper.id}").status_code == 200
    assert "保存编号" not in owner.get(f"/manifests/{paper.id}").text
    assert owner.get(f"/api/v1/manifests/{paper.id}").json["state"] == "submitted"
    stranger = sign_in("enterprise", organisation_id=other, login="stranger")
    assert stranger.get(f"/manifests/{paper.id}").status_code == 404
    assert stranger.get(f"/api/v1/manifests/{paper.id}").status_code == 404
    assert stranger.get("/api/v1/manifests").json["count"] == 1
    assert owner.post(f"/manifests/{paper.id}/number", data={"official_number": "1"}).status_code == 403
    number = {"number": "20263304000009"}
    desk = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    answer = desk.put(f"/api/v1/manifests/{paper.id}/official-number", json=number)
    assert answer.json["official_no"] == "20263304000009"
