"""Supervision at work: open loops on every desk, drawn chains, balances, the explorer, verifications."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests.databases import Databases
from tests.services import chain_world
from tests.services.chain_world import COUNTY, NOW, OTHER_COUNTY, Chain
from tests.web.conftest import PASSWORD, add_user
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.ledger.transparency import Transparency
from wastehub.models.open_loops import LoopAnswer, LoopEscalation
from wastehub.models.verification_runs import VerificationRun
from wastehub.services import accounts, audits

LATER = NOW + timedelta(days=14)  # the differences of the chain are late


@dataclass
class Office:
    """An application over a chain whose loops were put before people once."""

    app: Flask
    database: Database
    chain: Chain

    def client(self, login: str) -> FlaskClient:
        made = self.app.test_client()
        assert made.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
        return made


@pytest.fixture(scope="module")
def office(test_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(clock, "now_utc", lambda: LATER)
        read = config.from_environment({"WASTEHUB_VAR": str(tmp_path_factory.mktemp("var"))})
        settings = replace(read, secret_key="a secret of the tests")
        for database in test_databases.lent("sqlite", "reference"):
            chain = chain_world.build(database)
            app = create_app(
                settings, database, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False
            )
            app.extensions["wastehub.enqueue_verification"] = lambda run_id: None
            with database.reading() as session:
                platform = chain_world.platform(session).organisation_id
            add_user(database, "regulator", login="office")
            add_user(database, "regulator", login="elsewhere", county_code=OTHER_COUNTY)
            add_user(database, "dispatcher", login="platform", organisation_id=platform)
            add_user(database, "enterprise", login="firm", organisation_id=chain.firms["waiting"])
            Transparency.of(settings).seal(database, now=NOW)
            with database.transaction() as session:
                audits.escalate(session, now=LATER)
            yield Office(app, database, chain)


def escalation(office: Office, kind: str) -> str:
    with office.database.reading() as session:
        query = select(LoopEscalation.id).where(LoopEscalation.kind == kind)
        return str(session.scalars(query.order_by(LoopEscalation.loop_key)).first())


# --- open loops ------------------------------------------------------------------------------------


def test_whoever_is_addressed_finds_it_on_the_home_page(office: Office) -> None:
    page = office.client("platform").get("/dispatcher").text
    assert "需要答复的未闭环事项" in page
    assert f"/loops/{escalation(office, 'road')}" in page
    assert "需要答复的未闭环事项" not in office.client("office").get("/regulator/").text


def test_a_loop_shows_its_clock_its_chain_and_who_was_asked(office: Office) -> None:
    page = office.client("platform").get(f"/loops/{escalation(office, 'case')}").text
    for said in ("内部期限 2026-03-27", "第 1 步：提醒责任单位", "这批废物现在何处", "提交答复"):
        assert said in page, said
    assert office.client("elsewhere").get(f"/loops/{escalation(office, 'case')}").status_code == 404
    assert office.client("firm").get(f"/loops/{escalation(office, 'case')}").status_code == 404


def test_an_answer_without_a_reason_comes_back_with_what_was_typed(office: Office) -> None:
    client = office.client("platform")
    path = f"/loops/{escalation(office, 'case')}/answers"
    given = {"answer": "promise", "promised_on": "2026-04-09", "note": " "}
    refused = client.post(path, data=given)
    assert refused.status_code == 422
    assert "2026-04-09" in refused.text and "不能为空" in refused.text
    wrong = client.post(path, data=given | {"promised_on": "soon", "note": "示例"})
    assert wrong.status_code == 422
    with office.database.reading() as session:
        assert session.scalars(select(LoopAnswer)).first() is None


def test_an_answer_is_kept_once_and_shown_to_supervision(office: Office) -> None:
    client = office.client("platform")
    path = f"/loops/{escalation(office, 'case')}"
    given = {
        "answer": "promise",
        "promised_on": "2026-04-09",
        "note": "示例原因",
        "idempotency_key": "twice",
    }
    for _ in range(2):
        assert client.post(path + "/answers", data=given).status_code == 302
    with office.database.reading() as session:
        assert len(session.scalars(select(LoopAnswer)).all()) == 1
    assert "示例原因" in office.client("office").get(path).text
    listed = office.client("office").get("/regulator/overdue").text
    assert "2026-04-09" in listed and "提醒责任单位" in listed


def test_the_list_tells_breaks_and_limits_apart(office: Office) -> None:
    client = office.client("office")
    page = client.get("/regulator/overdue?late=break").text
    assert "收运途中，未见入库" in page and "链条中断" in page
    assert "各环节的期限" in page and "本系统默认值，可调整" in page
    rows = client.get("/regulator/overdue?late=break&export=csv").get_data(as_text=True).splitlines()
    assert len(rows) == 1 + 2


# --- chains, balances --------------------------------------------------------------------------------


def test_a_chain_is_drawn_with_masses_papers_and_seals(office: Office) -> None:
    page = office.client("office").get(f"/regulator/batches/{office.chain.batches['treated']}").text
    assert page.count('class="tracks"') == page.count('class="station-head"') > 8
    for said in ("250.0 kg", "全链条已封存、未被改动", "由此分开", "下载证明", "以表格查看"):
        assert said in page, said
    assert "哈希" not in page


def test_differences_of_a_chain_are_red_with_words(office: Office) -> None:
    page = office.client("office").get(f"/regulator/batches/{office.chain.batches['differing']}").text
    assert "station-bad" in page and "超过允差，建立差异待查" in page


def test_the_picture_links_to_lists_that_add_up(office: Office) -> None:
    client = office.client("office")
    page = client.get("/regulator/balance/").text
    assert page.count('class="flow balance"') == 2
    assert "780.0 kg" in page and "账目平衡" in page
    hrefs = set(re.findall(r'href="(/regulator/balance/batches\?[^"]+)"', page))
    assert len(hrefs) == 8
    for href in hrefs:
        answer = client.get(href.replace("&amp;", "&"))
        assert answer.status_code == 200, href
    rows = list(csv.reader(io.StringIO(client.get(
        "/regulator/balance/batches?part=road&export=csv").get_data(as_text=True))))  # fmt: skip
    assert sum(float(row[-1]) for row in rows[1:]) == 140


@pytest.mark.parametrize("address", ["scope=firm:none", f"scope=county:{COUNTY}", "scope=platform:none"])
def test_what_is_not_there_or_not_ones_own_is_404(office: Office, address: str) -> None:
    assert office.client("elsewhere").get(f"/regulator/balance/?{address}").status_code == 404


@pytest.mark.parametrize("address", ["scope=river:1", "month=2026-99", "month=x"])
def test_a_malformed_address_is_refused(office: Office, address: str) -> None:
    assert office.client("office").get(f"/regulator/balance/?{address}").status_code == 422


# --- the explorer ------------------------------------------------------------------------------------


def rows_of(client: FlaskClient, address: str) -> list[list[str]]:
    answer = client.get(f"/regulator/ledger?{address}&export=csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True))))[1:]


def test_the_export_is_what_the_filters_show(office: Office) -> None:
    client = office.client("office")
    everything = rows_of(client, "")
    shipped = rows_of(client, "type=lot.shipped")
    assert 0 < len(shipped) < len(everything)
    assert {row[1] for row in shipped} == {"出库"}
    assert f"共 {len(shipped)} 条" in client.get("/regulator/ledger?type=lot.shipped").text
    assert rows_of(client, "until=2026-01-01") == []
    assert client.get("/regulator/ledger?since=yesterday").status_code == 422


def test_pages_go_on_below_the_last_index(office: Office) -> None:
    client = office.client("office")
    first = client.get("/regulator/ledger").text
    before = re.search(r'href="(/regulator/ledger\?before=\d+)"', first)
    assert before
    second = client.get(before[1]).text
    assert "最新的条目" in second
    one = set(re.findall(r'href="/regulator/ledger/(\d+)"', first))
    assert len(one) == 50 and not one & set(re.findall(r'href="/regulator/ledger/(\d+)"', second))


def test_an_entry_is_told_in_words_first_and_its_bytes_are_folded(office: Office) -> None:
    page = office.client("office").get("/regulator/ledger/20").text
    assert page.index("已封存、未被改动") < page.index("原始记录与证明")
    assert '<details class="chart-table">' in page and "到封存号的路径" in page


# --- verification ------------------------------------------------------------------------------------


@pytest.fixture
def started(office: Office) -> Iterator[tuple[FlaskClient, Any]]:
    client = office.client("office")
    answer = client.post("/regulator/verifications/")
    assert answer.status_code == 302
    with office.database.reading() as session:
        run_id = session.scalars(select(VerificationRun.id).where(VerificationRun.state == "queued")).one()
    yield client, run_id
    with office.database.transaction() as session:
        session.execute(text("UPDATE verification_runs SET state = 'cancelled' WHERE state = 'queued'"))


def test_a_run_is_watched_and_its_good_result_is_one_sentence(
    office: Office, started: tuple[FlaskClient, Any]
) -> None:
    client, run_id = started
    path = f"/regulator/verifications/{run_id}"
    assert "取消核验" in client.get(path).text
    assert "HX-Refresh" not in client.get(path + "/progress").headers
    again = client.post("/regulator/verifications/")
    assert again.status_code == 409 and "已有一次校验正在进行" in again.text
    audits.execute_verification(office.database, run_id=run_id, now=lambda: LATER)
    assert client.get(path + "/progress").headers["HX-Refresh"] == "true"
    assert "条记录全部完好" in client.get(path).text
    assert "条记录全部完好" in client.get("/regulator/verifications/").text


def test_a_run_is_cancelled_from_the_page(office: Office, started: tuple[FlaskClient, Any]) -> None:
    client, run_id = started
    assert client.post(f"/regulator/verifications/{run_id}/cancel").status_code == 302
    assert "已取消，没有结论" in client.get("/regulator/verifications/").text
    assert client.post(f"/regulator/verifications/{run_id}/cancel").status_code == 409


def test_a_bad_result_says_which_entry_what_it_means_and_what_to_do(
    office: Office, started: tuple[FlaskClient, Any]
) -> None:
    client, run_id = started
    with office.database.transaction() as session:
        run = session.get_one(VerificationRun, run_id)
        run.state, run.size, run.log_ok, run.books_ok, run.problems = "done", 90, False, False, 1
        run.findings = [[4, "leaf.changed", "bytes"]]
    page = client.get(f"/regulator/verifications/{run_id}").text
    for said in ("账本被改动：发现 1 处", "第 4 条记录", "内容被改动过", "从备份恢复", "/regulator/ledger/4"):
        assert said in page, said


def test_only_supervision_verifies(office: Office) -> None:
    assert office.client("platform").post("/regulator/verifications/").status_code == 403


# --- checkpoints -------------------------------------------------------------------------------------


def test_the_printed_seal_and_the_quorum_stand_beside_the_history(office: Office) -> None:
    page = office.client("office").get("/regulator/checkpoints").text
    for said in ("印在纸上的封存号", "没有要求见证", "见证是否连续"):
        assert said in page, said


# --- over HTTP ---------------------------------------------------------------------------------------


def test_programs_read_loops_and_balances(office: Office) -> None:
    client = office.client("office")
    rows = client.get("/api/v1/open-loops").json["rows"]  # type: ignore[index]
    road = [row for row in rows if row["kind"] == "road"]
    assert len(road) == 2 and all(row["is_break"] and row["own_due_on"] == "2026-03-19" for row in road)
    mine = office.client("platform").get("/api/v1/open-loops/addressed").json["open_loops"]  # type: ignore[index]
    assert {row["step"] for row in mine} == {1} and {"case", "road"} <= {row["kind"] for row in mine}
    assert client.get("/api/v1/open-loops/addressed").json == {"open_loops": []}
    parts = client.get(f"/api/v1/balance?scope=county:{COUNTY}").json["parts"]  # type: ignore[index]
    assert parts.pop("generated") == sum(parts.values()) == 740_000
    assert office.client("elsewhere").get(f"/api/v1/balance?scope=county:{COUNTY}").status_code == 404
    assert client.get("/api/v1/balance?month=1").status_code == 422


def test_programs_answer_and_verify(office: Office) -> None:
    platform = office.client("platform")
    path = f"/api/v1/open-loops/{escalation(office, 'road')}/answers"
    assert platform.post(path, json={"note": "示例"}).status_code == 422
    given = {"note": "示例", "promised_on": "2026-04-05"}
    done = platform.post(path, json=given, headers={"Idempotency-Key": "one"})
    assert (done.status_code, done.json["promised_on"]) == (201, "2026-04-05")  # type: ignore[index]
    client = office.client("office")
    run = client.post("/api/v1/ledger/verifications", headers={"Idempotency-Key": "run"})
    assert run.status_code == 202
    again = client.post("/api/v1/ledger/verifications")
    assert again.status_code == 409
    where = f"/api/v1/ledger/verifications/{run.json['id']}"  # type: ignore[index]
    assert client.get(where).json["state"] == "queued"  # type: ignore[index]
    assert client.post(where + "/cancel").json["state"] == "cancelled"  # type: ignore[index]
