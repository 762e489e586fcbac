"""The daily count by hand and over the API, scales and drift, and the alarm of posting that stands still."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests import firms
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from tests.web.conftest import SignIn
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger.reconciling import Reconciler
from wastehub.models.batches import Batch, Container
from wastehub.models.scales import Scale
from wastehub.models.stock_counts import StockCount
from wastehub.services import storage
from wastehub.services.storage import Move
from wastehub.web import formatting


@pytest.fixture(autouse=True)
def at_the_store(frozen_now: Any) -> None:
    frozen_now.now = GATE


@pytest.fixture
def drums(database: Database) -> list[UUID]:
    """Two drums in one zone of the platform."""
    made = world.stored(database, [(OIL, (150_000, 100_000))])
    with database.transaction() as session:
        storage.put_away(session, moves=[Move(world.desk(session), drum) for drum in made], now=GATE)
    return made


@pytest.fixture
def keeper(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    return sign_in("dispatcher", organisation_id=own, login="keeper")


@pytest.fixture
def manager(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    return sign_in("dispatcher", organisation_id=own, login="manager")


def only(database: Database, table: Any) -> Any:
    with database.reading() as session:
        return session.scalars(select(table)).one()


def label(database: Database, drum: UUID) -> str:
    with database.reading() as session:
        return session.get_one(Container, drum).label_code


def zone_of(database: Database, drum: UUID) -> str:
    with database.reading() as session:
        return str(session.get_one(Container, drum).zone_id)


def test_a_count_from_the_home_to_the_second_signature(
    keeper: FlaskClient, manager: FlaskClient, database: Database, drums: list[UUID]
) -> None:
    assert "处今天还没有完成盘点" in keeper.get("/dispatcher").text
    assert "开始盘点" in keeper.get("/counts").text
    there = keeper.post("/counts", data={"zone_id": zone_of(database, drums[0])}).headers["Location"]
    page = keeper.get(there).text
    assert "0</span> / 2" in page and label(database, drums[0]) in page
    row = only(database, StockCount)
    form = {
        "version": row.version,
        "marks.0.code": label(database, drums[0]), "marks.0.seen": "1", "marks.0.weighed_kg": "",
        "marks.1.code": label(database, drums[1]), "marks.1.weighed_kg": "",
    }  # fmt: skip
    answer = keeper.post(f"{there}/close", data=form, follow_redirects=True)
    assert "1 项不符" in answer.text and "全部重量已转入待查差异" in answer.text
    assert "等待另一人签字" in answer.text and "签字确认" not in answer.text
    assert keeper.post(f"{there}/sign", data={}).status_code == 409
    page = manager.get(there).text
    assert "签字确认" in page and "示例dispatcher" in page
    assert "已签字" in manager.post(f"{there}/sign", data={"note": "示例"}, follow_redirects=True).text
    again = manager.post(f"{there}/sign", data={})
    assert again.status_code == 409 and "已经签字" in again.text
    assert "处今天还没有完成盘点" not in keeper.get("/dispatcher").text


def test_the_firm_sees_at_which_step_its_drum_was_not_found(
    keeper: FlaskClient, sign_in: SignIn, database: Database, drums: list[UUID]
) -> None:
    with database.reading() as session:
        row = session.get_one(Container, drums[1])
        batch_id, lost = row.batch_id, formatting.mass(row.mass_g)
        owner = session.scalars(select(Batch.enterprise_id).where(Batch.id == batch_id)).one()
    firm = sign_in("enterprise", organisation_id=owner)
    assert "盘点未找到" not in firm.get(f"/enterprise/batches/{batch_id}").text
    there = keeper.post("/counts", data={"zone_id": zone_of(database, drums[0])}).headers["Location"]
    found = {"marks.0.code": label(database, drums[0]), "marks.0.seen": "1", "marks.0.weighed_kg": ""}
    keeper.post(f"{there}/close", data={"version": only(database, StockCount).version, **found})
    page = firm.get(f"/enterprise/batches/{batch_id}").text
    step = page.split("平台入库")[1].split("</li>")[0]
    assert f"盘点未找到 {lost}" in step
    assert "step-bad" in page.split("平台入库")[0].rsplit("<li", 1)[1]


def test_opening_a_place_that_somebody_counts_leads_to_that_count(
    keeper: FlaskClient, manager: FlaskClient, database: Database, drums: list[UUID]
) -> None:
    zone = zone_of(database, drums[0])
    there = keeper.post("/counts", data={"zone_id": zone}).headers["Location"]
    assert manager.post("/counts", data={"zone_id": zone}).headers["Location"] == there


def test_a_count_over_the_api_and_its_refusals(
    keeper: FlaskClient, sign_in: SignIn, database: Database, drums: list[UUID]
) -> None:
    places = keeper.get("/api/v1/stock-counts/today").get_json()
    zone = next(place["zone_id"] for place in places if place["due"])
    made = keeper.post("/api/v1/stock-counts", json={"zone_id": zone})
    assert made.status_code == 201
    path = f"/api/v1/stock-counts/{made.get_json()['id']}"
    [line] = keeper.post(f"{path}/marks", json={"marks": [{"text": label(database, drums[0])}]}).get_json()
    assert line["seen_at"] and line["expected_g"] > 0 and line["finding"] == ""
    assert keeper.post(f"{path}/marks", json={"marks": [{"text": "?"}]}).status_code == 422
    assert keeper.post(f"{path}/marks", json={"marks": [{"text": "x", "weighed_g": 1.5}]}).status_code == 422
    stranger = sign_in("plant", login="stranger")
    assert stranger.get(path).status_code == 404
    closed = keeper.post(f"{path}/close", json={"version": 99})
    assert closed.status_code == 409
    assert keeper.post(f"{path}/close", json={}).get_json()["differing"] == 1
    assert keeper.get(path).get_json()["count"]["state"] == "counted"


def test_the_sheet_lists_every_container_with_room_to_write(
    keeper: FlaskClient, database: Database, drums: list[UUID]
) -> None:
    there = keeper.post("/counts", data={"zone_id": zone_of(database, drums[0])}).headers["Location"]
    page = keeper.get(f"{there}/sheet").text
    assert label(database, drums[1])[18:26] in page and "盘点人" in page and page.count("☐") == 2


def test_a_regulator_sees_who_did_not_count(
    sign_in: SignIn, frozen_now: Any, database: Database, drums: list[UUID]
) -> None:
    regulator = sign_in("regulator")
    assert "个场所昨日没有签字的盘点" in regulator.get("/regulator/").text
    page = regulator.get("/counts/sites").text
    assert "未盘点" in page
    sites = regulator.get("/api/v1/stock-counts/sites").get_json()
    assert any(row["containers"] == 2 for row in sites)
    assert regulator.get("/counts").status_code == 403


def test_scales_are_registered_changed_and_refused(keeper: FlaskClient, database: Database) -> None:
    page = keeper.get("/scales").text
    assert "1 号台秤（示例）" in page or "1 号台秤示例" in page
    draft = {"code": "C2", "name_zh": "2 号台秤", "scale_class": "bench", "division_kg": "0.2"}
    assert "C2" in keeper.post("/scales/new", data=draft, follow_redirects=True).text
    taken = keeper.post("/scales/new", data=draft)
    assert taken.status_code == 409 and "已被本单位另一台" in taken.text
    wrong = keeper.post("/scales/new", data={**draft, "code": "C3", "scale_class": "moon"})
    assert wrong.status_code == 422 and "类别" in wrong.text
    with database.reading() as session:
        standard = session.scalars(select(Scale).where(Scale.standard, Scale.code == "C1")).first()
        mine = session.scalars(select(Scale).where(Scale.code == "C2")).one()
    assert standard is not None
    retired = keeper.post(f"/scales/{mine.id}", data={**draft, "version": mine.version, "retired": "1"})
    assert retired.status_code == 302
    with database.reading() as session:
        own = session.scalars(
            select(Scale).where(Scale.organisation_id == mine.organisation_id, Scale.standard)
        ).one()
    refused = keeper.post(
        f"/scales/{own.id}", data={"code": "C1", "name_zh": "1", "scale_class": "bench", "retired": "1"}
    )
    assert refused.status_code == 409 and "默认的计量器具不能停用" in refused.text


def test_drift_shows_every_weighing_behind_its_numbers(
    keeper: FlaskClient, sign_in: SignIn, database: Database, drums: list[UUID]
) -> None:
    page = keeper.get("/scales/drift").text
    assert "次数不足" in page and "/scales/drift/scale/" in page and "/scales/drift/crew/" in page
    found = keeper.get("/api/v1/scales/drift").get_json()
    [series] = [row for row in found["scales"] if row["months"][-1]["weighings"]]
    month = series["months"][-1]
    assert month["weighings"] == 2 and month["state"] == "few"
    path = f"/scales/drift/scale/{series['key']}/{month['month']}"
    assert "称重记录" in keeper.get(path).text
    detail = keeper.get(f"/api/v1{path}").get_json()
    assert len(detail["weighings"]) == 2
    assert sum(row["difference_g"] for row in detail["weighings"]) == month["sum_g"]
    assert keeper.get(f"/scales/drift/scale/{series['key']}/2026-13").status_code == 422
    assert sign_in("plant", login="stranger").get(path).status_code == 404
    assert sign_in("regulator").get(path).status_code == 200


def test_the_alarm_stands_on_the_homes_and_acts_that_need_the_books_wait(
    keeper: FlaskClient, sign_in: SignIn, database: Database, drums: list[UUID]
) -> None:
    regulator, admin, plant = sign_in("regulator"), sign_in("admin"), sign_in("plant")
    homes = {"/dispatcher": keeper, "/regulator/": regulator, "/admin/": admin, "/facility/plant": plant}
    for path, client in homes.items():
        assert "过账已暂停" not in client.get(path).text
    with database.transaction() as session:
        session.execute(text("UPDATE ledger_balance SET in_g = in_g + 7 WHERE account = 1"))
    assert Reconciler(database).run("full", now=GATE).problem is not None
    for path, client in homes.items():
        assert "过账已暂停" in client.get(path).text
    with database.transaction() as session:
        drum = session.get_one(Container, drums[0])
        moved = storage.put_away(session, moves=[Move(world.desk(session), drum.id)], now=GATE)
        assert moved and ledger.posting_stopped(session) is not None
    proposed = keeper.post(f"/cases/corrections/{drums[0]}", data={"proposed_kg": "99", "reason": "示例"})
    assert proposed.status_code == 409 and "过账已暂停" in proposed.text
