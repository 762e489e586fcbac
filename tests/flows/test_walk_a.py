"""Walk A. A firm registers what it produced, labels it, and asks for it to be fetched."""

from __future__ import annotations

import re

from tests import firms
from tests.flows import story
from tests.flows.story import MONDAY, OIL, RAGS, TUESDAY, Town

FORM = {
    "internal_name": "废机油滤芯",
    "form": "solid",
    "produced_on": MONDAY.isoformat(),
    "basis": "weighed",
    "containers.0.container_type": "STEEL200O",
    "containers.0.mass_kg": "150.5",
    "containers.1.container_type": "BAG1000",
    "containers.1.mass_kg": "0.3 t",
}


def test_a_firm_registers_a_batch_prints_its_labels_and_asks_for_a_pickup(town: Town) -> None:
    clerk = story.clerk_of(town, story.firm_with_papers(town, OIL))
    # Three letters of pinyin find the code: fei ji you.
    found = clerk.client.get("/enterprise/waste-codes", query_string={"q": "fjy"}).get_json()
    assert OIL in [row["value"] for row in found]
    assert "登记并生成标签" in story.opens(clerk, "/enterprise/batches/new")

    batch_page = story.fills_in(clerk, "/enterprise/batches", waste_code=OIL, **FORM)
    page = story.opens(clerk, batch_page)
    assert "HWCS20260316001" in page and "打印 2 个标签" in page
    containers = story.reads(clerk, f"/batches/{story.id_in(batch_page)}")["batch"]["containers"]
    assert [row["mass_g"] for row in containers] == [150_500, 300_000]
    assert all(re.fullmatch(r"[0-9A-Z]{37}", row["label_code"]) for row in containers)

    ids = [row["id"] for row in containers]
    sheet = story.opens(clerk, story.fills_in(clerk, "/enterprise/labels", container_ids=ids))
    # The bag is larger than 450 litres: two labels on opposite sides.
    assert sheet.count("rgb(255,150,0)") == 3
    stranger = town.app.test_client().get(f"/c/{containers[0]['label_code']}")
    assert stranger.status_code == 200 and "150.5" not in stranger.text

    form = {
        "container_ids": ids,
        "ready_on": TUESDAY.isoformat(),
        "window_from": "09:00",
        "window_to": "11:30",
    }
    request_page = story.fills_in(clerk, "/enterprise/requests", **form, note="东门进")
    request = story.reads(clerk, f"/requests/{story.id_in(request_page)}")
    assert request["state"] == "open" and request["windows"] == [{"open_s": 32_400, "close_s": 41_400}]
    assert request["request_no"] in story.opens(clerk, request_page)

    dispatcher = story.dispatcher_of(town)
    assert request["request_no"] in story.opens(dispatcher, "/dispatcher/requests")
    assert story.where_it_is(clerk, story.id_in(batch_page)) == {"STOCK": 450_500}
    story.the_books_agree(town)


def test_without_contract_and_plan_nothing_is_fetched_until_both_are_there(town: Town) -> None:
    with town.database.transaction() as session:
        firm = firms.enrolled(session)
        platform = firms.platform_for(session, firm.county_code or "")
    clerk = story.clerk_of(town, firm)
    batch = story.registers(clerk, OIL, 100_000)
    ids = [row["id"] for row in batch["containers"]]
    order = {"container_ids": ids, "ready_on": TUESDAY.isoformat()}
    assert story.is_refused(clerk, "/requests", order) == "container.not_labelled"
    story.prints_labels(clerk, ids)
    assert story.is_refused(clerk, "/requests", order) == "request.code_not_on_plan"
    line = {"year": "2026", "filing_no": "BA-2026-1", "waste_code": OIL, "planned_t": "12"}
    story.fills_in(clerk, "/enterprise/plan-lines", **line)
    assert story.is_refused(clerk, "/requests", order) == "request.no_contract"
    story.fills_in(
        clerk,
        "/enterprise/contracts",
        platform_id=str(platform.id),
        number="HT-2026-1",
        valid_from_on="2026-03-01",
        valid_until_on="2026-12-31",
    )
    assert story.sends(clerk, "/requests", order)["state"] == "open"
    story.the_books_agree(town)


def test_a_wrong_mass_is_corrected_before_the_waste_leaves_and_the_label_printed_again(town: Town) -> None:
    clerk = story.clerk_of(town, story.firm_with_papers(town, OIL))
    batch = story.registers(clerk, OIL, 51_000, 80_000)
    first, second = batch["containers"]
    story.prints_labels(clerk, [first["id"], second["id"]])
    version = story.reads(clerk, f"/batches/{batch['id']}")["batch"]["containers"][0]["version"]
    form = {"batch_id": batch["id"], "mass_kg": "15", "reason": "抄错了磅单", "version": version}
    page = story.opens(clerk, story.fills_in(clerk, f"/enterprise/containers/{first['id']}/amend", **form))
    assert "15.0 kg" in page
    # The paper on the drum is wrong now: no pickup until the new one sticks on it.
    order = {"container_ids": [first["id"]], "ready_on": TUESDAY.isoformat()}
    assert story.is_refused(clerk, "/requests", order) == "container.not_labelled"
    [label] = story.prints_labels(clerk, [first["id"]])
    assert label["mass_g"] == 15_000 and label["label_code"] == first["label_code"]
    void = {"reason": "登记重复", "version": 2}
    assert story.sends(clerk, f"/containers/{second['id']}/void", void)["state"] == "void"
    assert story.where_it_is(clerk, batch["id"]) == {"STOCK": 15_000}
    story.the_books_agree(town)


def test_a_double_click_registers_once_and_a_bad_form_not_at_all(town: Town) -> None:
    clerk = story.clerk_of(town, story.firm_with_papers(town, RAGS))
    form = FORM | {"waste_code": RAGS, "idempotency_key": "form-1"}
    first = story.fills_in(clerk, "/enterprise/batches", **form)
    assert story.fills_in(clerk, "/enterprise/batches", **form) == first
    wrong = FORM | {"waste_code": "900-041-08", "containers.0.mass_kg": "-3"}
    page = story.gets_the_form_back(clerk, "/enterprise/batches", status=422, **wrong)
    assert "废机油滤芯" in page
    assert story.reads(clerk, "/batches")["count"] == 1
    story.the_books_agree(town)
