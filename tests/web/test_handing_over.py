"""The firm at its own gate: its code, its consent, what it is told; what office and manifest show."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from tests.services import driving_world
from tests.services.driving_world import DAY, at
from tests.services.planning_world import OIL
from tests.web.conftest import SignIn
from tests.web.driving import crewed
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.services import gate_facts, handing_over
from wastehub.services.handing_over import Confirmation, GateChange


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    return driving_world.started(database, 2, (OIL, (150_000, 80_000)))


@pytest.fixture
def firm(sign_in: SignIn, on: driving_world.Road) -> Any:
    """The client of somebody of the first stop's firm."""
    return sign_in("enterprise", organisation_id=on.request(on.stops()[0]).enterprise_id)


def confirmed(on: driving_world.Road, way: str = "glass", **changes: Any) -> None:
    stop = on.stops()[0]
    on.scan(on.report(on.labels(stop)[0]))
    values = {"name": "示例签字人", "photo_sha256": "7" * 64} | changes
    given = Confirmation(on.driver, uuid4(), stop.id, way, at(9), **values)
    with on.database.transaction() as session:
        handing_over.confirm(session, given=given, now=at(9))


def test_the_firm_shows_a_code_while_the_vehicle_is_on_the_road(
    firm: Any, on: driving_world.Road, frozen_now: Any
) -> None:
    address = f"/enterprise/requests/{on.stops()[0].request_id}"
    assert "显示本次交接码" in firm.get(address).text
    answer = firm.post(f"{address}/hand-over-code")
    assert answer.status_code == 302 and answer.headers["Location"].endswith("#hand-over")
    page = firm.get(address).text
    first, second = re.search(r'hand-over-code">(\d{3}) (\d{3})<', page).groups()  # type: ignore[union-attr]
    assert "09:15" in page and "重新生成交接码" in page
    confirmed(on, "code", name="", photo_sha256=None, code=first + second)
    page = firm.get(address).text
    assert (
        "交接码" in page
        and "示例enterprise" in page.replace(" ", "")
        and 'class="hand-over-code"' not in page
    )
    frozen_now.now = at(9) + timedelta(minutes=16)
    assert "显示本次交接码" in firm.get(address).text
    on.close(on.stops()[0].id)
    assert "显示本次交接码" not in firm.get(address).text
    assert firm.post(f"{address}/hand-over-code").status_code == 409


def test_another_firm_sees_and_makes_no_code(sign_in: SignIn, on: driving_world.Road) -> None:
    other = sign_in("enterprise", organisation_id=on.request(on.stops()[1]).enterprise_id)
    assert other.post(f"/enterprise/requests/{on.stops()[0].request_id}/hand-over-code").status_code == 404


def test_a_consent_is_given_and_withdrawn_on_its_page(firm: Any) -> None:
    assert "现在没有生效的授权" in firm.get("/enterprise/consents").text
    form = {"dialog": "give", "person_name": "示例负责人", "person_role": "厂长", "until_on": "2026-01-01"}
    refused = firm.post("/enterprise/consents", data=form)
    assert refused.status_code == 422
    assert "已经过去" in refused.text and 'value="示例负责人"' in refused.text and "data-open" in refused.text
    until = (DAY + timedelta(days=90)).isoformat()
    assert firm.post("/enterprise/consents", data=form | {"until_on": until}).status_code == 302
    page = firm.get("/enterprise/consents").text
    assert f"授权生效中，到 {until}" in page and "示例负责人" in page
    found = re.search(r'consents/([0-9a-f-]+)/withdraw".*?name="version" value="(\d+)"', page, re.DOTALL)
    assert found is not None
    key, version = found.groups()
    stale = firm.post(f"/enterprise/consents/{key}/withdraw", data={"version": "99"})
    assert stale.status_code == 409
    assert firm.post(f"/enterprise/consents/{key}/withdraw", data={"version": version}).status_code == 302
    assert "已收回" in firm.get("/enterprise/consents").text
    again = firm.post(f"/enterprise/consents/{key}/withdraw", data={"version": str(int(version) + 1)})
    assert again.status_code == 409 and "已经到期或收回" in again.text


def test_what_was_refused_at_the_gate_is_told_to_the_firm(firm: Any, on: driving_world.Road) -> None:
    stop = on.stops()[0]
    left, taken = on.labels(stop)
    assert "上门时没有收走" not in firm.get("/enterprise/").text
    on.scan(
        on.report(left, "refuse", reason="leaking", note="桶底渗油", photo_sha256="5" * 64),
        on.report(taken, "refuse", reason="no_room"),
    )
    on.scan(on.report(taken))
    for address in ("/enterprise/", f"/enterprise/requests/{stop.request_id}"):
        page = firm.get(address).text
        assert "上门时没有收走" in page and "包装渗漏或破损" in page and "桶底渗油" in page
        # What was taken along after all is no refusal any more.
        assert "车上没有位置" not in page


def test_the_office_sees_the_gates_that_nobody_confirmed(sign_in: SignIn, on: driving_world.Road) -> None:
    office = sign_in("dispatcher", organisation_id=on.driver.organisation_id)
    assert "都有确认" in office.get("/dispatcher/unconfirmed").text
    first, second = on.stops()
    confirmed(on)
    on.close(first.id)
    on.scan(on.report(on.labels(second)[0]))
    on.close(second.id, reason="declined", note="门卫不肯签")
    page = office.get("/dispatcher/unconfirmed").text
    name = re.search(r"示例测试机械厂 ?\d", office.get(f"/dispatcher/rounds/{on.round_id}").text)
    assert "单位不愿签字" in page and "门卫不肯签" in page and page.count("<tr data-row>") == 1
    row = office.get(f"/dispatcher/rounds/{on.round_id}").text
    assert name and "手签 示例签字人" in row and "移出人没有确认交接" in row


def test_the_manifest_and_its_json_say_who_confirmed_and_what_was_changed(
    sign_in: SignIn, firm: Any, on: driving_world.Road
) -> None:
    stop = on.stops()[0]
    change = GateChange(
        actor=on.driver,
        id=uuid4(),
        stop_id=stop.id,
        container_id=on.container(on.labels(stop)[0]).id,
        what="amount",
        firm_name="示例联系人",
        firm_role="contact",
        reason="part_stays",
        at=at(9),
        mass_g=149_000,
    )
    with on.database.transaction() as session:
        handing_over.change_at_gate(session, change=change, now=at(9))
    confirmed(on)
    paper = on.paper(stop)
    page = firm.get(f"/manifests/{paper.id}").text
    assert "手签 示例签字人" in page and "示例联系人" in page and "149.0 kg" in page
    assert "图像还没有上传" in page
    paged = pypdfium2.PdfDocument(firm.get(f"/manifests/{paper.id}/pdf").data)
    printed = re.sub(r"\s", "", "".join(each.get_textpage().get_text_bounded() for each in paged))
    assert "手签示例签字人" in printed and "登记重量150.0kg→149.0kg（示例联系人、" in printed
    said = firm.get(f"/api/v1/manifests/{paper.id}/hand-over").json
    assert [(each["way"], each["containers"]) for each in said["confirmations"]] == [("glass", 1)]
    assert [(each["what"], each["after_g"]) for each in said["changes"]] == [("amount", 149_000)]
    other = sign_in("enterprise", login="firm-2", organisation_id=on.request(on.stops()[1]).enterprise_id)
    assert other.get(f"/api/v1/manifests/{paper.id}/hand-over").status_code == 404


def test_the_page_of_a_gate_carries_what_the_phone_judges_by(
    sign_in: SignIn, database: Database, on: driving_world.Road
) -> None:
    crewed(database, on)
    client = sign_in("driver", login="driver-9", organisation_id=on.driver.organisation_id)
    stop = on.stops()[0]
    # Somebody of the same platform who is not on this round does not see it.
    assert client.get(f"/driver/stops/{stop.id}").status_code == 404
    with database.reading() as session:
        actor = Actor("job", "driver", organisation_id=on.driver.organisation_id)
        facts = gate_facts.gate_facts(session, actor=actor, round_id=on.round_id, now=at(9))
    json.dumps(facts)
    label = on.labels(stop)[0]
    known = facts["containers"][label]
    assert (known["state"], known["declared_g"], known["group"]) == ("labelled", 150_000, "OIL")
    assert facts["stops"][str(stop.id)]["request_id"] == known["request_id"]
    assert facts["matrix"] == {"OIL/OIL": "C"} and facts["started"]
    short = next(code for code, named in facts["codes"].items() if named == label)
    assert len(short) == 10 and facts["dead"] == {}
