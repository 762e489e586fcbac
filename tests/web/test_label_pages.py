"""Pages of labels, rolls, signs and firm codes: who sees them, what they say, what they refuse."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select

from tests import firms
from tests.firms import NOW
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.batches import Container
from wastehub.models.label_lives import LabelRoll, RollLabel
from wastehub.services import label_lives


@pytest.fixture
def firm(database: Database) -> Any:
    with database.transaction() as session:
        made = firms.ready_firm(session)
        firms.labelled(session, made, 100_000)
        return made


def only(database: Database) -> Container:
    with database.reading() as session:
        return session.scalars(select(Container)).one()


def texts_of(pdf: bytes, page: int = 0) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return str(document[page].get_textpage().get_text_range())


def codes_in(pdf: bytes, page: int = 0, scale: float = 3) -> list[str]:
    picture = pypdfium2.PdfDocument(io.BytesIO(pdf))[page].render(scale=scale).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_a_label_is_reprinted_with_a_reason_and_replaced(
    database: Database, firm: Any, sign_in: SignIn
) -> None:
    desk = sign_in("enterprise", organisation_id=firm.id)
    row = only(database)
    path = f"/container-labels/{row.id}"
    assert "已打印" in desk.get(path).text
    refused = desk.post(f"{path}/print", data={})
    assert refused.status_code == 422 and "data-open" in refused.text
    assert desk.post(f"{path}/print", data={"reason": "damaged"}).status_code == 302
    assert "标签破损" in desk.get(path).text
    assert desk.post(f"{path}/replace", data={"reason": "copied", "version": "1"}).status_code == 409
    assert desk.post(f"{path}/replace", data={"reason": "copied"}).status_code == 302
    page = desk.get(path).text
    assert "新标签还没有打印" in page and row.label_code[-3:] in page
    found = sign_in("regulator").get(f"/regulator/batches?q={row.label_code}").text
    assert "已被更换" in found and "HWCS20260316001" in found
    assert sign_in("enterprise", login="other", organisation_id=_other(database)).get(path).status_code == 404


def _other(database: Database) -> Any:
    with database.transaction() as session:
        return firms.enrolled(session, 9).id


def test_a_roll_is_handed_out_printed_bound_and_lost(
    database: Database, firm: Any, sign_in: SignIn, settings: Any
) -> None:
    with database.transaction() as session:
        platform = firms.platform_for(session, "330411").id
        [row] = firms.registered(session, firm, 50_000).containers
    desk = sign_in("dispatcher", organisation_id=platform)
    form = {"enterprise_id": str(firm.id), "labels_wanted": "2"}
    for wrong in ({"labels_wanted": "0"}, {"labels_wanted": "x"}, {"enterprise_id": "x"}):
        assert desk.post("/label-rolls", data=form | wrong).status_code == 422
    assert desk.post("/label-rolls", data=form).status_code == 302
    with database.reading() as session:
        roll = session.scalars(select(LabelRoll)).one()
        codes = list(session.scalars(select(RollLabel.code).order_by(RollLabel.serial)))
    assert roll.roll_no in desk.get("/label-rolls").text
    pdf = desk.get(f"/label-rolls/{roll.id}/labels.pdf").data
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) == 2
    assert pypdfium2.PdfDocument(io.BytesIO(pdf))[0].get_size() == pytest.approx((425.2, 425.2), abs=0.1)
    assert firm.name in texts_of(pdf) and "数字识别码" in texts_of(pdf)
    assert codes_in(pdf) == [f"{settings.base_url}/p/{codes[0]}".upper()]
    clerk = sign_in("enterprise", organisation_id=firm.id)
    bind = f"/container-labels/{row.id}/bind"
    assert clerk.post(bind, data={"roll_code": codes[0][::-1]}).status_code in (404, 422)
    assert clerk.post(bind, data={"roll_code": codes[0]}).status_code == 302
    assert f"{50.0:.1f}" not in clerk.get(f"/label-rolls/{roll.id}").text
    ending = f"/label-rolls/{roll.id}/ending"
    assert clerk.post(ending, data={"outcome": "lost"}).status_code == 403
    assert desk.post(ending, data={"outcome": "burnt"}).status_code == 422
    assert desk.post(ending, data={"outcome": "lost", "note": "示例：遗失"}).status_code == 302
    assert "已挂失" in desk.get(f"/label-rolls/{roll.id}").text


@pytest.mark.parametrize(("locale", "word"), [("zh", "绿码"), ("en", "Green")])
def test_a_firms_code_tells_those_concerned(
    app: Flask, firm: Any, sign_in: SignIn, locale: str, word: str
) -> None:
    path = f"/f/{firm.id}?lang={locale}"
    stranger = app.test_client().get(path)
    assert stranger.status_code == 200
    assert firm.name not in stranger.text and word not in stranger.text
    assert word in sign_in("enterprise", organisation_id=firm.id).get(path).text
    assert word in sign_in("regulator", county_code="330411").get(path).text
    for other in (
        sign_in("regulator", login="elsewhere", county_code="330483"),
        sign_in("driver"),
        sign_in("plant"),
    ):
        text = other.get(path).text
        assert firm.name not in text and word not in text


def test_the_colour_follows_the_facts(
    database: Database, firm: Any, sign_in: SignIn, frozen_now: Any
) -> None:
    office = sign_in("regulator", county_code="330411")
    path = f"/f/{firm.id}"
    assert "state-green" in office.get(path).text
    with database.transaction() as session:
        firms.registered(session, firm, 10_000)
    assert "还没有贴标签" in office.get(path).text
    frozen_now.now = NOW + timedelta(days=400)
    page = office.get(path)
    assert page.status_code in (200, 302)


def test_a_late_store_and_a_missing_contract_are_red(
    database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    with database.transaction() as session:
        bare = firms.enrolled(session, 5)
        firms.labelled(session, bare, 10_000)
    desk = sign_in("enterprise", organisation_id=bare.id)
    page = desk.get(f"/f/{bare.id}").text
    assert "state-red" in page and "没有在有效期内的收集合同" in page and "管理计划还没有备案" in page


def test_the_card_leads_to_the_code(firm: Any, sign_in: SignIn, settings: Any) -> None:
    desk = sign_in("enterprise", organisation_id=firm.id)
    pdf = desk.get(f"/firm-codes/{firm.id}/card.pdf").data
    assert firm.name in texts_of(pdf) and firm.credit_code in texts_of(pdf)
    assert codes_in(pdf) == [f"{settings.base_url}/f/{firm.id}"]
    nobody = "00000000-0000-0000-0000-000000000000"
    assert desk.get(f"/firm-codes/{nobody}/card.pdf").status_code == 404


def test_unknown_firms_and_other_units_have_no_code(app: Flask, database: Database) -> None:
    with database.reading() as session:
        platform = firms.platforms(session)[0].id
    for wrong in (platform, "00000000-0000-0000-0000-000000000000", "x"):
        assert app.test_client().get(f"/f/{wrong}").status_code == 404


def test_signs_have_the_size_of_the_template(database: Database, firm: Any, sign_in: SignIn) -> None:
    with database.reading() as session:
        platform = firms.platform_for(session, "330411")
    desk = sign_in("dispatcher", organisation_id=platform.id)
    assert "300 × 186 mm" in desk.get("/signs").text
    mm = 72 / 25.4
    for path, size, words in (
        ("/signs/zones.pdf?size=zone_middle", (450, 450), ("危险废物贮存分区标志", platform.name)),
        (
            "/signs/facility.pdf?size=facility_far",
            (900, 558),
            ("危险废物贮存设施", "设施编码", platform.code),
        ),
    ):
        pdf = desk.get(path).data
        page = pypdfium2.PdfDocument(io.BytesIO(pdf))[0]
        assert page.get_size() == pytest.approx(tuple(side * mm for side in size), abs=0.1)
        assert all(word in texts_of(pdf) for word in words)
    assert desk.get("/signs/zones.pdf?size=huge").status_code == 422
    assert desk.get("/signs/zones.pdf?zone=nowhere").status_code == 404
    clerk = sign_in("enterprise", organisation_id=firm.id)
    assert clerk.get("/signs/zones.pdf").status_code == 409  # no zones on record
    assert clerk.get("/signs/facility.pdf").mimetype == "application/pdf"


def test_the_registers_speak_english(database: Database, firm: Any, sign_in: SignIn) -> None:
    with database.transaction() as session:
        label_lives.hand_out(
            session, actor=firms.dispatcher(session), enterprise_id=firm.id, labels_wanted=1, now=NOW
        )
    clerk = sign_in("enterprise", locale="en", organisation_id=firm.id)
    assert "Pre-printed labels" in clerk.get("/label-rolls").text
    assert "Facility sign" in clerk.get("/signs").text
    assert "Problems" in clerk.get("/problems").text
