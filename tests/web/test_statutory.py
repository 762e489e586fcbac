"""Declarations, tables and files as the firm, its platform and supervision see them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.databases import Databases
from tests.services import statutory_world as story
from tests.web.conftest import SignIn
from wastehub import jobs
from wastehub.db import Database
from wastehub.models.filings import Declaration, ExportRun
from wastehub.papers import statutory as papers
from wastehub.services import statutory


@pytest.fixture(scope="module")
def story_file(test_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from story.kept(test_databases, tmp_path_factory.mktemp("statutory"))


@pytest.fixture
def story_told(database: Database, story_file: Path, frozen_now: Any) -> Database:
    """The chain of statutory_world, seen in April: March is over."""
    frozen_now.now = story.APRIL
    return story.poured(database, story_file)


def unit_id(database: Database, kind: str) -> UUID:
    found = story.actor(database, kind).organisation_id
    assert found is not None
    return found


@pytest.fixture
def clerk(story_told: Database, sign_in: SignIn) -> Callable[[str], FlaskClient]:
    """Somebody signed in at the first firm, the platform or the plant."""
    roles = {"enterprise": "enterprise", "platform": "dispatcher", "plant": "plant"}

    def signed(kind: str) -> FlaskClient:
        return sign_in(roles[kind], organisation_id=unit_id(story_told, kind))

    return signed


def test_a_platform_sees_what_is_due_and_files_it(
    clerk: Callable[[str], FlaskClient], story_told: Database
) -> None:
    client = clerk("platform")
    page = client.get("/statutory/").get_data(as_text=True)
    assert "2026 年 3 月" in page
    form = client.get("/statutory/periods/2026-03").get_data(as_text=True)
    assert "提交申报" in form
    with story_told.reading() as session:
        seen = statutory.prepare(
            session, actor=story.actor(story_told, "platform"), period="2026-03", now=story.APRIL
        ).sha256
    answer = client.post(
        "/statutory/periods/2026-03", data={"seen_sha256": seen, "note": "出库前已在入库时称重"}
    )
    assert answer.status_code == 302
    assert "第 1 版" in client.get(answer.location).get_data(as_text=True)
    receipt = client.post(f"{answer.location}/receipt", data={"receipt_no": "示例回执 1", "version": "1"})
    assert receipt.status_code == 302
    assert "回执已登记" in client.get("/statutory/").get_data(as_text=True)


def test_what_was_not_seen_is_not_filed(clerk: Callable[[str], FlaskClient]) -> None:
    answer = clerk("platform").post("/statutory/periods/2026-03", data={"seen_sha256": "0" * 64, "note": "x"})
    assert answer.status_code == 409
    assert "数字已经变化" in answer.get_data(as_text=True)


def test_a_period_that_nobody_knows_is_explained(clerk: Callable[[str], FlaskClient]) -> None:
    assert clerk("platform").get("/statutory/periods/2026-13").status_code == 422
    assert clerk("enterprise").get("/statutory/periods/2026-03").status_code == 422


def test_the_ledger_tables_show_every_column(clerk: Callable[[str], FlaskClient]) -> None:
    page = clerk("enterprise").get("/statutory/ledger?start_on=2026-03-01&end_on=2026-03-31")
    text = page.get_data(as_text=True)
    for title in (
        "产生批次编码",
        "产生危险废物设施编码",
        "贮存设施类型",
        "接收单位类型",
        "HWWWCZ20260317001",
    ):
        assert title in text


def test_a_firm_delegates_and_the_platform_reaches_it(
    clerk: Callable[[str], FlaskClient], story_told: Database
) -> None:
    firm, platform = clerk("enterprise"), clerk("platform")
    target = f"/statutory/?unit={unit_id(story_told, 'enterprise')}"
    assert platform.get(target).status_code == 404
    given = firm.post("/statutory/delegation", data={"platform_id": str(unit_id(story_told, "platform"))})
    assert given.status_code == 302
    assert platform.get(target).status_code == 200
    assert "示例测试机械厂1" in platform.get("/statutory/firms").get_data(as_text=True)
    assert firm.post("/statutory/delegation/end").status_code == 302
    assert platform.get(target).status_code == 404


def test_the_profile_is_entered_once(clerk: Callable[[str], FlaskClient]) -> None:
    client = clerk("enterprise")
    saved = client.post("/statutory/profile", data={"generating_code": "MF0007", "treatment_capacity_t": ""})
    assert saved.status_code == 302
    assert "MF0007" in client.get("/statutory/ledger").get_data(as_text=True)
    assert "MF0007" in client.get("/statutory/plan").get_data(as_text=True)
    wrong = client.post("/statutory/profile", data={"legal_phone": "9" * 31, "version": "1"})
    assert wrong.status_code == 422
    assert "9" * 31 in wrong.get_data(as_text=True)


def test_a_file_is_asked_for_made_and_fetched_twice(
    clerk: Callable[[str], FlaskClient], app: Flask, story_told: Database, settings: Any
) -> None:
    asked: list[UUID] = []
    app.extensions["wastehub.enqueue_export"] = asked.append
    client = clerk("enterprise")
    answer = client.post("/statutory/files", data={"kind": "ledger", "form": "csv"})
    assert answer.status_code == 302
    run_id = asked[0]
    assert client.get(f"/statutory/files/{run_id}/file").status_code == 404
    assert "排队中" in client.get(f"/statutory/files/{run_id}").get_data(as_text=True)
    assert statutory.execute_export(
        story_told,
        run_id=run_id,
        folder=statutory.folder_of(settings.blob_url),
        write=papers.write,
        now=lambda: story.APRIL,
    )
    assert client.get(f"/statutory/files/{run_id}/progress").headers["HX-Refresh"] == "true"
    for _ in range(2):
        with client.get(f"/statutory/files/{run_id}/file") as made:
            assert made.status_code == 200
            names = zipfile.ZipFile(io.BytesIO(made.data)).namelist()
        assert [name[:3] for name in names[:5]] == ["B.1", "B.2", "B.3", "B.4", "B.5"]
    assert clerk("plant").get(f"/statutory/files/{run_id}/file").status_code == 404
    assert client.post(f"/statutory/files/{run_id}/cancel").status_code == 409


def test_nonsense_for_a_file_is_explained(clerk: Callable[[str], FlaskClient]) -> None:
    client = clerk("enterprise")
    for data in (
        {"kind": "secrets", "form": "csv"},
        {"kind": "ledger", "form": "exe"},
        {"kind": "ledger", "form": "csv", "start_on": "2026-12-01", "end_on": "2026-01-01"},
        {"kind": "book", "form": "pdf", "year": "-1"},
        {"kind": "declaration", "form": "pdf", "period": "never"},
    ):
        assert client.post("/statutory/files", data=data).status_code == 422


def test_supervision_sees_who_is_late(story_told: Database, sign_in: SignIn, frozen_now: Any) -> None:
    frozen_now.now = story.APRIL.replace(day=20)
    office = sign_in("regulator")
    page = office.get("/statutory/supervision?period=2026-03").get_data(as_text=True)
    assert "秀洲区小微危废收集平台（示例）" in page
    assert "逾期未申报" in page
    book = office.get("/statutory/supervision?period=2026-03&export=csv")
    assert book.mimetype == "text/csv" and ",秀洲区," in book.get_data(as_text=True)
    strange = office.get("/statutory/supervision?period=x")
    assert strange.status_code == 200


def test_the_compliance_check_counts_the_ledger_in(clerk: Callable[[str], FlaskClient]) -> None:
    page = clerk("enterprise").get("/enterprise/compliance").get_data(as_text=True)
    assert "单位填报信息缺" in page
    assert "在库 1 个容器只有估重" in page


def test_queued_files_are_worked_off(story_told: Database, tmp_path: Any) -> None:
    from huey import MemoryHuey

    with story_told.transaction() as session:
        run = statutory.request_export(
            session,
            actor=story.actor(story_told, "enterprise"),
            kind="plan",
            form="xlsx",
            given={},
            now=story.APRIL,
        )
    huey = MemoryHuey("test", immediate=True, results=False)
    jobs.add_exports(huey, lambda: story_told, tmp_path)(str(run.id))
    with story_told.reading() as session:
        assert session.get_one(ExportRun, run.id).state == "done"
    assert (tmp_path / str(run.id)).read_bytes()[:2] == b"PK"


def test_a_system_reads_files_and_receipts_over_the_api(clerk: Callable[[str], FlaskClient]) -> None:
    client = clerk("platform")
    [march] = [row for row in client.get("/api/v1/declarations").json if row["period"] == "2026-03"]
    assert (march["due_on"], march["state"]) == ("2026-04-15", "soon")
    draft = client.get("/api/v1/declarations/periods/2026-03").json
    assert draft["over"]
    [balance] = [table for table in draft["tables"] if table["title"] == "物料平衡核对"]
    assert {float(row[balance["header"].index("不平衡")]) for row in balance["rows"]} == {0}
    filed = client.post(
        "/api/v1/declarations/periods/2026-03", json={"seen_sha256": draft["sha256"], "note": "示例"}
    )
    assert filed.status_code == 201
    path = f"/api/v1/declarations/{filed.json['id']}"
    assert client.get(path).json["tables"] == draft["tables"]
    entered = client.post(f"{path}/receipt", json={"receipt_no": "示例 1", "version": 1})
    assert entered.json["receipt_no"] == "示例 1"
    again = client.post(
        "/api/v1/declarations/periods/2026-03", json={"seen_sha256": draft["sha256"], "note": "示例"}
    )
    assert (again.status_code, again.json["type"]) == (409, "/problems/declaration.unchanged")


def test_the_same_send_twice_files_once(clerk: Callable[[str], FlaskClient], story_told: Database) -> None:
    client = clerk("platform")
    draft = client.get("/api/v1/declarations/periods/2026-03").json
    said = {"seen_sha256": draft["sha256"], "note": "示例", "idempotency_key": "once"}
    places = {client.post("/statutory/periods/2026-03", data=said).location for _ in range(2)}
    assert len(places) == 1
    with story_told.reading() as session:
        assert session.scalar(select(func.count()).select_from(Declaration)) == 1


def test_a_foreign_unit_is_not_there(clerk: Callable[[str], FlaskClient], story_told: Database) -> None:
    client, other = clerk("enterprise"), unit_id(story_told, "platform")
    for path in ("/statutory/", "/statutory/ledger", "/statutory/plan", "/statutory/profile"):
        assert client.get(f"{path}?unit={other}").status_code == 404
        assert client.get(f"{path}?unit=nonsense").status_code == 404
    saved = client.post("/statutory/profile", data={"storage_code": "X", "unit": str(other)})
    assert saved.status_code == 404
