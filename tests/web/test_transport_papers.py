"""Waybills, checks, paper manifests, reports and certificates: on pages, as files, over HTTP."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from tests.services import driving_world, facility_world
from tests.services.driving_world import at
from tests.services.facility_world import CHECKS
from tests.web.conftest import PASSWORD, SignIn
from tests.web.driving import crewed
from wastehub.db import Database
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch
from wastehub.services import reception
from wastehub.services.reception import TripReception


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(7.5)
    return driving_world.road(database, 2)


@pytest.fixture
def desk(sign_in: SignIn, on: driving_world.Road) -> FlaskClient:
    return sign_in("dispatcher", organisation_id=on.driver.organisation_id)


def trip_id(on: driving_world.Road) -> Any:
    with on.database.reading() as session:
        return on.row(session).trips[0].id


def manifest_id(on: driving_world.Road, stop: int = 0) -> Any:
    return on.paper(on.stops()[stop]).id


def text_of(answer: Any) -> str:
    assert answer.status_code == 200 and answer.mimetype == "application/pdf", answer.text[:300]
    document = pypdfium2.PdfDocument(answer.data)
    return "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())


def photo() -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(made, "JPEG")
    return io.BytesIO(made.getvalue()), "paper.jpg"


def weighed_in(on: driving_world.Road, grams: int) -> None:
    with on.database.transaction() as session:
        key = on.row(session).trips[0].id
        said = tuple(Decision(c.id, grams) for c in facility_world.aboard(session, key))
        order = TripReception(facility_world.desk(session), key, said)
        reception.receive_trips(session, receptions=[order], now=at(13))


def brought_home(on: driving_world.Road) -> None:
    on.start()
    for stop in on.stops():
        for label in on.labels(stop):
            on.scan(on.report(label))
        on.close(stop.id)
    on.arrive()


def test_the_desk_checks_a_trip_and_prints_its_papers(desk: FlaskClient, on: driving_world.Road) -> None:
    page = f"/papers/trips/{trip_id(on)}"
    assert "运单尚未签发" in desk.get(page).text
    assert "运单尚未签发：还没有完成装车五必查" in text_of(desk.get(f"{page}/waybill.pdf"))
    lacking = {key: value for key, value in CHECKS.items() if key != "check_crew"}
    answer = desk.post(f"{page}/checks", data=lacking)
    assert answer.status_code == 422 and "error-check_crew" in answer.text
    failed = desk.post(f"{page}/checks", data=CHECKS | {"check_goods": "failed", "note": "少一桶"})
    assert failed.status_code == 302
    assert "不得出发" in desk.get(page).text and "少一桶" in desk.get(page).text
    assert desk.post(f"{page}/checks", data=CHECKS).status_code == 302
    assert "可以出发" in desk.get(page).text
    said = text_of(desk.get(f"{page}/waybill.pdf"))
    assert "YD2026031700001" in said and "车辆不得出发" not in said
    card = text_of(desk.get(f"{page}/safety-card.pdf"))
    assert "119" in card and "易燃性" in card and "900-249-08" in card
    body = desk.get(f"/api/v1/trips/{trip_id(on)}/waybill").json
    assert body["fit"] and body["waybill_no"] == "YD2026031700001" and body["mass_g"] == 300_000
    assert {row["attempt"] for row in body["checks"]} == {1, 2}


def test_a_phone_enters_a_failed_check_and_may_not_leave(
    app: Any, database: Database, on: driving_world.Road
) -> None:
    crewed(database, on)
    phone = app.test_client()
    assert phone.post("/sign-in", data={"login": "driver-1", "password": PASSWORD}).status_code == 302
    assert "check_filling" in phone.get(f"/driver/rounds/{on.round_id}/checks").text
    wrong = CHECKS | {"check_vehicle": "failed", "note": "营运证不在车上"}
    answer = phone.post(f"/api/v1/rounds/{on.round_id}/checks", json=wrong)
    assert answer.json["waybills"][0]["outcomes"]["vehicle"] == "failed", answer.text
    assert "有检查项不合格" in phone.get("/driver/").text
    refused = phone.post(f"/api/v1/rounds/{on.round_id}/start", json={})
    assert refused.json["errors"][0]["code"] == "waybill.check_failed"
    assert phone.post(f"/api/v1/rounds/{on.round_id}/start", json=CHECKS).json["state"] == "under_way"
    assert "危险货物运单" in phone.get(f"/driver/rounds/{on.round_id}").text


def test_a_manifest_as_a_file(desk: FlaskClient, sign_in: SignIn, on: driving_world.Road) -> None:
    key = manifest_id(on)
    said = text_of(desk.get(f"/manifests/{key}/pdf"))
    assert on.paper(on.stops()[0]).provisional_no in said and "第一部分" in said
    owner = on.request(on.stops()[0]).enterprise_id
    assert sign_in("enterprise", organisation_id=owner).get(f"/manifests/{key}/pdf").status_code == 200
    other = on.request(on.stops()[1]).enterprise_id
    assert (
        sign_in("enterprise", login="other", organisation_id=other).get(f"/manifests/{key}/pdf").status_code
        == 404
    )


def test_a_paper_manifest_from_its_reason_to_its_photo(
    desk: FlaskClient, sign_in: SignIn, on: driving_world.Road, frozen_now: Any
) -> None:
    page = f"/manifests/{manifest_id(on)}"
    answer = desk.post(f"{page}/paper", data={"reason": ""})
    assert answer.status_code == 422 and 'id="use-paper"' in answer.text and "data-open" in answer.text
    assert desk.post(f"{page}/paper", data={"reason": "系统故障"}).status_code == 302
    brought_home(on)
    frozen_now.now = at(20)
    assert "补录期限 2026-03-31" in desk.get(page).text
    assert "张纸质联单待补录" in desk.get("/dispatcher").text
    bare = desk.post(f"{page}/backfill", data={"paper_no": "示例-1"})
    assert bare.status_code == 422 and "没有纸质联单的照片" in bare.text
    form = {"paper_no": "示例-1", "photo": [photo(), photo()]}
    assert desk.post(f"{page}/backfill", data=form, content_type="multipart/form-data").status_code == 302
    shown = desk.get(page).text
    assert "第 1 页" in shown and "示例-1" in shown and "第 2 页" not in shown, (
        "one picture twice is one page"
    )
    sha256 = shown.split("/api/v1/photos/")[1][:64]
    owner = on.request(on.stops()[0]).enterprise_id
    assert sign_in("enterprise", organisation_id=owner).get(f"/api/v1/photos/{sha256}").status_code == 200
    other = on.request(on.stops()[1]).enterprise_id
    assert (
        sign_in("enterprise", login="other", organisation_id=other)
        .get(f"/api/v1/photos/{sha256}")
        .status_code
        == 404
    )


REPORT = {
    "kinds": "quantity", "found": "少 50 千克", "told_whom": "示例联系人", "told_at": "2026-03-17T13:10",
    "decision_note": "按复称接受", "authority": "示例生态环境局", "reported_at": "2026-03-17T14:00",
}  # fmt: skip


def test_a_difference_is_reported_from_the_page(
    desk: FlaskClient, on: driving_world.Road, frozen_now: Any
) -> None:
    brought_home(on)
    weighed_in(on, 100_000)
    frozen_now.now = at(15)
    page = f"/manifests/{manifest_id(on)}"
    assert "差异待处理" in desk.get(page).text and "张联单的差异待报告" in desk.get("/dispatcher").text
    for broken in ({"told_at": "yesterday"}, {"authority": ""}, {"kinds": "smell"}, {"reported_at": ""}):
        answer = desk.post(f"{page}/report", data=REPORT | broken)
        assert answer.status_code == 422 and "少 50 千克" in answer.text, broken
    assert desk.post(f"{page}/report", data=REPORT).status_code == 302
    shown = desk.get(page).text
    assert "已接受，办结" in shown and "示例生态环境局" in shown
    assert "示例生态环境局" in text_of(desk.get(f"{page}/pdf"))
    body = {
        "kinds": ["quantity"], "found": "少", "told_whom": "甲", "decision_note": "接受", "authority": "局",
        "told_at": at(13.5).isoformat(), "reported_at": at(14).isoformat(),
    }  # fmt: skip
    other = f"/api/v1/manifests/{manifest_id(on, 1)}/discrepancy-report"
    assert desk.post(other, json=body | {"kinds": []}).json["errors"][0]["code"] == (
        "manifest.difference_missing"
    )
    assert desk.post(other, json=body).json["state"] == "accepted"
    assert desk.post(other, json=body).status_code == 409


def test_a_hand_over_from_the_page_and_over_http(
    desk: FlaskClient, on: driving_world.Road, frozen_now: Any
) -> None:
    on.start()
    for label in on.labels(on.stops()[0]):
        on.scan(on.report(label))
    on.close(on.stops()[0].id)
    frozen_now.now = at(11)
    page = f"/manifests/{manifest_id(on)}"
    form = {
        "carrier_name": "示例运输公司", "carrier_permit_number": "示例-9", "vehicle_plate": "浙F·示999",
        "vehicle_certificate_number": "示例-营运-999", "driver_name": "示例甲", "escort_name": "示例乙",
        "place": "示例服务区", "handed_over_at": "2026-03-17T10:00",
    }  # fmt: skip
    answer = desk.post(f"{page}/handovers", data=form)
    assert answer.status_code == 422 and "示例服务区" in answer.text, "not verified"
    assert desk.post(f"{page}/handovers", data=form | {"verified": "1"}).status_code == 302
    assert "示例运输公司" in desk.get(page).text
    assert "示例服务区" in text_of(desk.get(f"{page}/pdf"))
    body = form | {"verified": True, "handed_over_at": at(10.5).isoformat()}
    made = desk.post(f"/api/v1/manifests/{manifest_id(on)}/handovers", json=body)
    assert [row["seq"] for row in made.json["carriages"]] == [2, 3], made.text


def test_transport_classes_are_the_consignors(
    desk: FlaskClient, on: driving_world.Road, sign_in: SignIn
) -> None:
    page = "/papers/transport-classes"
    assert "900-249-08" in desk.get(page).text
    wrong = desk.post(page, data={"waste_code": "900-249-08", "un_number": "12"})
    assert wrong.status_code == 422 and "不是 UN 编号" in wrong.text
    assert desk.post(page, data={"waste_code": "no", "un_number": ""}).status_code == 404
    assert desk.post(page, data={"waste_code": "900-249-08", "un_number": "9999"}).status_code == 302
    assert "UN9999" in text_of(desk.get(f"/papers/trips/{trip_id(on)}/waybill.pdf"))
    regulator = sign_in("regulator")
    assert "UN9999" in regulator.get(page).text and "<input class" not in regulator.get(page).text
    assert regulator.post(page, data={"waste_code": "900-249-08"}).status_code == 403


def test_a_certificate_as_file_and_over_http(database: Database, sign_in: SignIn, frozen_now: Any) -> None:
    frozen_now.now = facility_world.GATE
    lot_id = facility_world.on_the_road(database, 150_000)
    with database.reading() as session:
        batch = session.scalars(select(Batch)).one()
    owner = sign_in("enterprise", organisation_id=batch.enterprise_id)
    early = owner.get(f"/papers/batches/{batch.id}/certificate.pdf")
    assert early.status_code == 409 and "不能出具证明" in early.text
    facility_world.lot_received(database, lot_id)
    with database.reading() as session:
        drums = facility_world.containers_in(session, "at_plant")
    facility_world.treated(database, drums)
    said = text_of(owner.get(f"/papers/batches/{batch.id}/certificate.pdf"))
    assert batch.batch_no in said and "已全部利用处置" in said
    assert "利用处置证明" in owner.get(f"/enterprise/batches/{batch.id}").text
    body = owner.get(f"/api/v1/batches/{batch.id}/certificate").json
    assert body["complete"] and body["treated_g"] == body["generated_g"] == 150_000


def test_the_papers_of_a_lot(database: Database, sign_in: SignIn, frozen_now: Any) -> None:
    frozen_now.now = facility_world.GATE
    lot_id = facility_world.on_the_road(database, 150_000)
    with database.reading() as session:
        plant = facility_world.plant(session)
    client = sign_in("plant", organisation_id=plant.id)
    said = text_of(client.get(f"/papers/lots/{lot_id}/waybill.pdf"))
    assert plant.name in said and "合格" in said
    assert "119" in text_of(client.get(f"/papers/lots/{lot_id}/safety-card.pdf"))
    assert client.get(f"/api/v1/lots/{lot_id}/waybill").json["href"].endswith("waybill.pdf")
    assert f"/papers/lots/{lot_id}/waybill.pdf" in client.get(f"/facility/lots/{lot_id}").text
