"""The generator's pages: from registering to requesting, with every refusal in words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import firms
from wastehub.models.batches import Batch, Container
from wastehub.models.requests import PickupRequest


@pytest.fixture
def firm(database: Any) -> Any:
    with database.transaction() as session:
        return firms.ready_firm(session)


@pytest.fixture
def desk(sign_in: Any, firm: Any) -> Any:
    return sign_in("enterprise", organisation_id=firm.id)


@pytest.fixture
def labelled(database: Any, firm: Any) -> list[Container]:
    with database.transaction() as session:
        return firms.labelled(session, firm, 150_000, 80_500)


def form_of_a_batch(**changes: str) -> dict[str, str]:
    values = {
        "waste_code": firms.CODE,
        "internal_name": "废油桶",
        "form": "solid",
        "produced_on": "2026-03-16",
        "basis": "weighed",
        "containers.0.container_type": "STEEL200",
        "containers.0.mass_kg": "",
        "containers.1.container_type": "STEEL200",
        "containers.1.mass_kg": "150.5",
        "containers.2.container_type": "BAG1000",
        "containers.2.mass_kg": "0.3 t",
    }
    return values | changes


def rows(database: Any, entity: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(entity)))


def test_home_asks_for_the_first_step_when_there_is_nothing(desk: Any) -> None:
    page = desk.get("/enterprise/")
    assert page.status_code == 200
    assert "还没有在库的危险废物" in page.text


def test_home_says_what_has_to_be_done_now(desk: Any, database: Any, firm: Any) -> None:
    with database.transaction() as session:
        firms.registered(session, firm, 10_000)
        firms.labelled(session, firm, 20_000, produced_on=firms.TODAY - timedelta(days=280))
    page = desk.get("/enterprise/").text
    assert "个容器等待打印标签" in page
    assert "个容器临近贮存期限" in page
    assert "个容器可以申请收运" in page


def test_home_warns_of_missing_papers(sign_in: Any, database: Any) -> None:
    with database.transaction() as session:
        bare = firms.enrolled(session, serial=7)
    page = sign_in("enterprise", organisation_id=bare.id).get("/enterprise/").text
    assert "没有在有效期内的收集合同" in page
    assert "2026 年的管理计划还没有备案" in page


def test_a_batch_is_registered_and_empty_rows_are_left_out(desk: Any, database: Any) -> None:
    assert desk.get("/enterprise/batches/new").status_code == 200
    answer = desk.post("/enterprise/batches", data=form_of_a_batch())
    assert answer.status_code == 302
    assert sorted(row.mass_g for row in rows(database, Container)) == [150_500, 300_000]
    page = desk.get(answer.location).text
    assert "HWCS20260316001" in page
    assert "打印 2 个标签" in page


def test_a_double_submit_registers_once(desk: Any, database: Any) -> None:
    form = form_of_a_batch(idempotency_key="one-form")
    first, second = (desk.post("/enterprise/batches", data=form) for _ in range(2))
    assert first.location == second.location
    assert len(rows(database, Batch)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"waste_code": "900-249-99"}, "waste_code"),
        ({"containers.2.mass_kg": "-3"}, "containers.1.mass_kg"),
        ({"containers.2.mass_kg": "1500"}, "containers.1.mass_kg"),
        ({"produced_on": "2026-03-17"}, "produced_on"),
        ({"produced_on": "yesterday"}, "produced_on"),
        ({"form": ""}, "form"),
    ],
)
def test_a_refused_form_comes_back_with_what_was_typed(
    desk: Any, database: Any, changes: dict[str, str], words: str
) -> None:
    answer = desk.post("/enterprise/batches", data=form_of_a_batch(**changes))
    assert answer.status_code == 422
    assert f'id="error-{words}"' in answer.text
    assert "废油桶" in answer.text
    assert 'value="150.5"' in answer.text
    assert rows(database, Batch) == []


def test_the_same_waste_again_in_two_taps(desk: Any, labelled: list[Container]) -> None:
    page = desk.get(f"/enterprise/batches/new?like={labelled[0].batch_id}").text
    assert f'value="{firms.CODE}"' in page


def test_suggestions_while_typing(desk: Any) -> None:
    for words in ("24908", "900-249-08", "矿物油"):
        found = desk.get("/enterprise/waste-codes", query_string={"q": words}).json
        assert any(row["value"].endswith("-08") for row in found), words
    facts = desk.get("/enterprise/waste-codes/facts", query_string={"waste_code": "900-041-49"}).text
    assert "管理计划中没有这个代码" in facts


def test_labels_are_printed_counted_and_shown_in_size(desk: Any, database: Any, firm: Any) -> None:
    with database.transaction() as session:
        batch = firms.registered(session, firm, 150_000, 60_000)
    ids = [str(row.id) for row in batch.containers]
    answer = desk.post("/enterprise/labels", data={"container_ids": ids})
    assert answer.status_code == 302
    assert {row.state for row in rows(database, Container)} == {"labelled"}
    sheet = desk.get(answer.location).text
    assert sheet.count('width="150mm"') == 2
    assert "rgb(255,150,0)" in sheet
    assert firm.name in sheet


def test_large_containers_get_two_labels(desk: Any, database: Any, firm: Any) -> None:
    with database.transaction() as session:
        [row] = firms.labelled(session, firm, 900_000, container_type="IBC1000")
    assert desk.get(f"/enterprise/labels?c={row.id.hex}").text.count('width="200mm"') == 2


def test_stock_lists_filters_sums_and_exports(desk: Any, labelled: list[Container]) -> None:
    page = desk.get("/enterprise/stock").text
    assert "共 2 条" in page and "230.5 kg" in page
    assert "没有符合条件的记录" in desk.get("/enterprise/stock?clock=overdue").text
    for sort in ("label_code", "-mass_g", "due_on", "-produced_on", "waste"):
        assert desk.get(f"/enterprise/stock?sort={sort}").status_code == 200
    csv = desk.get("/enterprise/stock?export=csv").text
    assert labelled[0].label_code in csv
    assert desk.get("/enterprise/stock?export=xlsx").status_code == 200


def test_fate_shows_where_each_kilogram_is(desk: Any, labelled: list[Container]) -> None:
    page = desk.get("/enterprise/fate").text
    assert "230.5 kg" in page
    assert "没有符合条件的记录" in desk.get("/enterprise/fate?where=treated").text
    assert "HWCS" in desk.get("/enterprise/fate?where=kept&from_on=2026-03-01&until_on=2026-03-31").text


def test_a_mass_is_corrected_and_a_stale_form_is_told(desk: Any, labelled: list[Container]) -> None:
    row = labelled[0]
    form = {"mass_kg": "140", "reason": "抄错", "version": row.version, "batch_id": str(row.batch_id)}
    answer = desk.post(f"/enterprise/containers/{row.id}/amend", data=form)
    assert answer.status_code == 302
    again = desk.post(f"/enterprise/containers/{row.id}/amend", data=form | {"mass_kg": "130"})
    assert again.status_code == 409
    assert f'id="amend-{row.id}"' in again.text


def test_a_container_is_voided_with_a_reason_only(desk: Any, labelled: list[Container]) -> None:
    row = labelled[0]
    form = {"reason": "", "version": row.version, "batch_id": str(row.batch_id)}
    refused = desk.post(f"/enterprise/containers/{row.id}/void", data=form)
    assert refused.status_code == 422
    assert "data-open" in refused.text
    done = desk.post(f"/enterprise/containers/{row.id}/void", data=form | {"reason": "重复登记"})
    assert done.status_code == 302
    assert "已作废" in desk.get(done.location).text


def test_a_pickup_is_requested_rescheduled_and_cancelled(
    desk: Any, database: Any, labelled: list[Container]
) -> None:
    assert desk.get("/enterprise/requests/new").status_code == 200
    answer = desk.post(
        "/enterprise/requests",
        data={
            "container_ids": [str(row.id) for row in labelled],
            "ready_on": "2026-03-17",
            "window_from": "08:30",
            "window_to": "11:30",
            "window2_from": "13:00",
            "window2_to": "16:00",
            "urgency": "urgent",
        },
    )
    assert answer.status_code == 302
    assert "08:30–11:30" in desk.get(answer.location).text
    [row] = rows(database, PickupRequest)
    moved = desk.post(
        f"/enterprise/requests/{row.id}/reschedule",
        data={"ready_on": "2026-03-20", "window_from": "09:00", "window_to": "12:00", "version": row.version},
    )
    assert moved.status_code == 302
    page = desk.get(moved.location).text
    assert "2026-03-20" in page and "09:00–12:00" in page
    [row] = rows(database, PickupRequest)
    nothing = desk.post(f"/enterprise/requests/{row.id}/cancel", data={"version": row.version})
    assert nothing.status_code == 422
    gone = desk.post(
        f"/enterprise/requests/{row.id}/cancel", data={"version": row.version, "reason": "not_needed"}
    )
    assert gone.status_code == 302
    assert "已取消" in desk.get("/enterprise/requests").text


def test_a_request_without_contract_is_refused_in_words(sign_in: Any, database: Any) -> None:
    with database.transaction() as session:
        bare = firms.enrolled(session, serial=7)
        [row] = firms.labelled(session, bare, 1_000)
    client = sign_in("enterprise", organisation_id=bare.id)
    answer = client.post(
        "/enterprise/requests", data={"container_ids": [str(row.id)], "ready_on": "2026-03-17"}
    )
    assert answer.status_code == 409
    assert re.search("管理计划|合同", answer.text)


def test_contract_and_plan_are_entered(sign_in: Any, database: Any) -> None:
    with database.transaction() as session:
        bare = firms.enrolled(session, serial=7)
        platform = firms.platform_for(session, bare.county_code)
    client = sign_in("enterprise", organisation_id=bare.id)
    assert "还没有收集合同" in client.get("/enterprise/contracts").text
    contract = {
        "platform_id": str(platform.id),
        "number": "HT-7",
        "valid_from_on": "2026-01-01",
        "valid_until_on": "2026-12-31",
        "dialog": "new-contract",
    }
    wrong = client.post("/enterprise/contracts", data=contract | {"valid_until_on": "2025-01-01"})
    assert wrong.status_code == 422 and "data-open" in wrong.text
    assert client.post("/enterprise/contracts", data=contract).status_code == 302
    line = {"year": "2026", "filing_no": "BA-7", "waste_code": firms.CODE, "planned_t": "1.5"}
    bad = client.post("/enterprise/plan-lines", data=line | {"waste_code": "x", "dialog": "new-line"})
    assert bad.status_code == 422 and 'id="error-waste_code"' in bad.text
    assert client.post("/enterprise/plan-lines", data=line).status_code == 302
    page = client.get("/enterprise/contracts").text
    assert "HT-7" in page and "BA-7" in page and "1,500.0 kg" in page
    assert "收集合同有效至 2026-12-31" in client.get("/enterprise/compliance").text


@pytest.mark.parametrize(
    "path",
    [
        "/enterprise/",
        "/enterprise/stock",
        "/enterprise/fate",
        "/enterprise/requests",
        "/enterprise/requests/new",
        "/enterprise/batches/new",
        "/enterprise/contracts",
        "/enterprise/compliance",
    ],
)
def test_every_page_speaks_english_too(sign_in: Any, firm: Any, labelled: list[Container], path: str) -> None:
    page = sign_in("enterprise", organisation_id=firm.id, locale="en").get(path)
    assert page.status_code == 200
    main = re.search(r"<main.*</main>", page.text, re.S)
    assert main
    # Names of firms and platforms stay Chinese; the texts of the page do not.
    text = re.sub(r"<[^>]+>|示例[^<]*|[^<>]*（示例）", " ", main[0])
    left = set(re.findall("[一-鿿]+", text)) - {"中文", "其他生产", "废矿物油"}
    assert not [word for word in left if word in page.text and len(word) > 12], left


def test_foreign_objects_are_not_there(sign_in: Any, database: Any, labelled: list[Container]) -> None:
    with database.transaction() as session:
        other = firms.enrolled(session, serial=8)
    client = sign_in("enterprise", organisation_id=other.id)
    row = labelled[0]
    assert client.get(f"/enterprise/batches/{row.batch_id}").status_code == 404
    assert client.get(f"/enterprise/labels?c={row.id.hex}").status_code == 404
    assert client.post("/enterprise/labels", data={"container_ids": [str(row.id)]}).status_code == 404
    assert client.post(f"/enterprise/containers/{row.id}/void", data={"reason": "x"}).status_code == 404


def test_other_roles_do_not_see_the_desk(sign_in: Any) -> None:
    assert sign_in("dispatcher").get("/enterprise/stock").status_code == 403


def test_anybody_reads_the_safe_part_of_a_label(app: Any, firm: Any, labelled: list[Container]) -> None:
    page = app.test_client().get(f"/c/{labelled[0].label_code}")
    assert page.status_code == 200
    assert firms.CODE in page.text
    assert firm.name not in page.text
    assert app.test_client().get("/c/hello").status_code == 422
    assert app.test_client().get(f"/c/{labelled[0].label_code[:-3]}999").status_code == 404


def test_batches_over_the_api(desk: Any) -> None:
    draft = {
        "waste_code": firms.CODE,
        "form": "solid",
        "produced_on": "2026-03-16",
        "containers": [{"container_type": "STEEL200", "mass_g": 150_000}],
    }
    made = desk.post("/api/v1/batches", json={"batches": [draft, draft]})
    assert made.status_code == 201, made.text
    assert [row["batch_no"] for row in made.json] == ["HWCS20260316001", "HWCS20260316002"]
    container = made.json[0]["containers"][0]
    printed = desk.post("/api/v1/labels", json={"container_ids": [container["id"]]})
    assert f"/C/{container['label_code']}/" in printed.json[0]["qr_payload"]
    assert len(printed.json[0]["short_code"]) == 10
    listed = desk.get("/api/v1/batches").json
    assert listed["count"] == 2
    shown = desk.get(f"/api/v1/batches/{made.json[0]['id']}").json
    assert shown["fate"][0]["mass_g"] == 150_000
    wrong = desk.post(
        "/api/v1/batches",
        json={"batches": [draft | {"containers": [{"container_type": "STEEL200", "mass_g": 0}]}]},
    )
    assert wrong.status_code == 422
    assert wrong.json["errors"][0]["field"] == "containers.0.mass_g"
    version = shown["batch"]["containers"][0]["version"]
    amended = desk.post(
        f"/api/v1/containers/{container['id']}/amend",
        json={"mass_g": 149_000, "reason": "抄错", "version": version},
    )
    assert amended.json["mass_g"] == 149_000
    stale = desk.post(f"/api/v1/containers/{container['id']}/void", json={"reason": "x", "version": version})
    assert stale.status_code == 409


def test_requests_over_the_api(desk: Any, labelled: list[Container]) -> None:
    order = {
        "container_ids": [str(row.id) for row in labelled],
        "ready_on": "2026-03-17",
        "windows": [{"open_s": 32_400, "close_s": 39_600}],
    }
    made = desk.post("/api/v1/requests", json=order)
    assert made.status_code == 201, made.text
    again = desk.post("/api/v1/requests", json=order)
    assert again.status_code == 409
    assert desk.get("/api/v1/requests?state=waiting").json["count"] == 1
    path = f"/api/v1/requests/{made.json['id']}"
    moved = desk.post(path + "/reschedule", json={"ready_on": "2026-03-18", "version": made.json["version"]})
    assert moved.json["ready_on"] == "2026-03-18"
    gone = desk.post(path + "/cancel", json={"reason": "weather", "version": desk.get(path).json["version"]})
    assert gone.json["state"] == "cancelled"


def test_reference_over_the_api(desk: Any) -> None:
    assert desk.get("/api/v1/waste-codes?q=24908").json[0]["code"] == firms.CODE
    assert desk.get(f"/api/v1/waste-codes/{firms.CODE}").json["category_code"] == "HW08"
    assert desk.get("/api/v1/waste-codes/999-999-08").status_code == 404
    assert any(row["code"] == "STEEL200" for row in desk.get("/api/v1/container-types").json)
