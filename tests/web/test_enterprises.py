"""The register of firms: enrolled one by one or from a file, changed, under contract, with a plan."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import firms
from tests.web.conftest import PASSWORD, SignIn
from wastehub.db import Database
from wastehub.domain import credit_codes
from wastehub.models.organisations import Contract, ManagementPlan, Organisation
from wastehub.models.users import User
from wastehub.services.enrolment import places

TOWN = "330402007"
FORM = {
    "name": "示例表单厂",
    "credit_code": credit_codes.demo_code("330402", 1),
    "town_code": TOWN,
    "address": "示例路 1 号",
    "lon_deg": "120.7530",
    "lat_deg": "30.7590",
    "industry": "machining",
    "management_class": "simplified",
    "storage_kind": "point",
    "contact_name": "示例联系人",
    "open_from": "08:30",
    "open_to": "17:30",
}


def enrolled(database: Database) -> list[Organisation]:
    with database.reading() as session:
        query = select(Organisation).where(Organisation.kind == "enterprise").order_by(Organisation.code)
        return list(session.scalars(query))


@pytest.fixture
def firm(database: Database) -> Organisation:
    """A firm under contract with its county's platform, with a plan."""
    with database.transaction() as session:
        return firms.ready_firm(session)


def path_of(firm: Organisation, more: str = "") -> str:
    return f"/enterprises/{firm.id}{more}"


def town_in(database: Database, county_code: str) -> str:
    with database.reading() as session:
        return next(towns[0].code for county, towns in places(session) if county.code == county_code)


def dispatcher_of(database: Database, sign_in: SignIn, county: str = "330411", **person: Any) -> FlaskClient:
    with database.reading() as session:
        unit = firms.platform_for(session, county).id
    return sign_in("dispatcher", organisation_id=unit, **person)


# --- enrolling --------------------------------------------------------------------------------------


def test_a_firm_is_enrolled_with_its_first_account(database: Database, sign_in: SignIn) -> None:
    account = {"login": "first-firm", "display_name": "示例人员", "password": PASSWORD}
    answer = sign_in("admin").post("/enterprises/new", data=FORM | account)
    assert answer.status_code == 302, answer.text
    [row] = enrolled(database)
    assert (row.name, row.county_code, row.town_code) == (FORM["name"], "330402", TOWN)
    assert (row.lon_e6, row.lat_e6, row.open_s, row.close_s) == (120_753_000, 30_759_000, 30_600, 63_000)
    with database.reading() as session:
        user = session.scalars(select(User).where(User.login == "first-firm")).one()
    assert (user.role, user.organisation_id) == ("enterprise", row.id)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": ""}, "name", "该栏不能为空"),
        ({"credit_code": FORM["credit_code"][:-1] + "0"}, "credit_code", "校验位"),
        ({"town_code": ""}, "town_code", "还没有选择"),
        ({"lon_deg": "east"}, "lon_deg", "不是经纬度"),
        ({"lat_deg": ""}, "lat_deg", "该栏不能为空"),
        ({"lon_deg": "30.759", "lat_deg": "120.753"}, "lon_deg", "经纬度填反"),
        ({"open_from": "18:00"}, "open", "不早于结束"),
        ({"login": "x", "password": PASSWORD}, "login", "账号"),
    ],
)
def test_a_refusal_stands_at_its_field_and_enrols_nobody(
    database: Database, sign_in: SignIn, change: dict[str, str], field: str, says: str
) -> None:
    answer = sign_in("admin").post("/enterprises/new", data=FORM | change)
    assert answer.status_code == 422
    said = re.search(rf'id="error-{field}"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    assert said and says in said[1]
    assert "示例路 1 号" in answer.text, "what was typed is kept"
    assert enrolled(database) == []


def test_a_second_press_of_the_button_enrols_nobody_twice(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    form = FORM | {"idempotency_key": "once"}
    first, second = (client.post("/enterprises/new", data=form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(enrolled(database)) == 1


def test_a_code_that_is_enrolled_is_a_conflict(sign_in: SignIn) -> None:
    client = sign_in("admin")
    client.post("/enterprises/new", data=FORM)
    answer = client.post("/enterprises/new", data=FORM)
    assert answer.status_code == 409
    assert "已经入网" in answer.text


def test_every_page_is_there_in_english_too(sign_in: SignIn, firm: Organisation) -> None:
    client = sign_in("admin", locale="en")
    for path in ("", "new", "upload", str(firm.id), f"{firm.id}/edit"):
        page = client.get(f"/enterprises/{path}")
        assert page.status_code == 200
        labels = re.findall(r"<(?:label|dt|th|h1|h2|legend|button)[^>]*>([^<]*)", page.text)
        texts = [text for text in labels if "示例" not in text and text.strip() != "中文"]
        assert not [text for text in texts if re.search(r"[\u3400-\u9fff]", text)]


# --- changing ---------------------------------------------------------------------------------------


def version_of(database: Database, firm: Organisation) -> str:
    with database.reading() as session:
        return str(session.get_one(Organisation, firm.id).version)


def test_particulars_are_changed_and_the_change_is_told(
    database: Database, sign_in: SignIn, firm: Organisation
) -> None:
    client = sign_in("admin")
    opened = client.get(path_of(firm, "/edit")).text
    assert f'value="{firm.name}"' in opened and 'name="credit_code"' not in opened
    change = FORM | {"town_code": town_in(database, "330411"), "lon_deg": "", "lat_deg": ""}
    answer = client.post(path_of(firm, "/edit"), data=change | {"version": version_of(database, firm)})
    assert answer.status_code == 302, answer.text
    page = client.get(path_of(firm)).text
    assert FORM["name"] in page and "变更单位信息" in page and "单位名称" in page


def test_a_form_opened_before_somebody_elses_change_is_refused(
    database: Database, sign_in: SignIn, firm: Organisation
) -> None:
    client = sign_in("admin")
    moved = {"town_code": town_in(database, "330411"), "lon_deg": "", "lat_deg": ""}
    form = FORM | moved | {"version": version_of(database, firm)}
    assert client.post(path_of(firm, "/edit"), data=form).status_code == 302
    answer = client.post(path_of(firm, "/edit"), data=form | {"name": "示例抢先厂"})
    assert answer.status_code == 409
    assert "示例抢先厂" in answer.text, "what was typed is not lost"
    assert enrolled(database)[0].name == FORM["name"]


def test_a_firm_is_deactivated_and_activated(database: Database, sign_in: SignIn, firm: Organisation) -> None:
    client = sign_in("admin")
    off = {"active": "0", "version": version_of(database, firm)}
    assert client.post(path_of(firm, "/active"), data=off).status_code == 302
    assert not enrolled(database)[0].active
    stale = client.post(path_of(firm, "/active"), data=off | {"active": "1"})
    assert stale.status_code == 409
    on = {"active": "1", "version": version_of(database, firm)}
    assert client.post(path_of(firm, "/active"), data=on).status_code == 302
    assert enrolled(database)[0].active


def test_a_firm_with_waste_stays_and_the_page_says_why(
    database: Database, sign_in: SignIn, firm: Organisation
) -> None:
    with database.transaction() as session:
        firms.registered(session, session.get_one(Organisation, firm.id))
    answer = sign_in("admin").post(path_of(firm, "/active"), data={"active": "0"})
    assert answer.status_code == 409
    assert "还有 1 个容器在库或在途" in answer.text


def test_an_account_is_added_to_a_firm(database: Database, sign_in: SignIn, firm: Organisation) -> None:
    client = sign_in("admin")
    short = client.post(path_of(firm, "/accounts"), data={"login": "late-firm", "password": "short"})
    assert short.status_code == 422 and "data-open" in short.text
    answer = client.post(path_of(firm, "/accounts"), data={"login": "late-firm", "password": PASSWORD})
    assert answer.status_code == 302
    assert "late-firm" in client.get(path_of(firm)).text


# --- contract and plan ------------------------------------------------------------------------------


def test_a_platform_enters_contract_and_plan_of_a_firm_of_its_county(
    database: Database, sign_in: SignIn
) -> None:
    with database.transaction() as session:
        firm = firms.enrolled(session)
        platform = firms.platform_for(session, "330411")
    client = dispatcher_of(database, sign_in)
    page = client.get(path_of(firm)).text
    assert "没有在有效期内的收集合同" in page and "登记合同" in page and "修改单位信息" not in page
    contract = {
        "platform_id": str(platform.id),
        "number": "示例-HT-1",
        "valid_from_on": "2026-01-01",
        "valid_until_on": "2026-12-31",
    }
    assert client.post(path_of(firm, "/contracts"), data=contract).status_code == 302
    again = client.post(path_of(firm, "/contracts"), data=contract)
    assert again.status_code == 409 and "已登记过" in again.text
    line = {"year": "2026", "filing_no": "示例-BA-1", "waste_code": firms.CODE, "planned_t": "2.5"}
    assert client.post(path_of(firm, "/plan-lines"), data=line).status_code == 302
    with database.reading() as session:
        assert session.scalars(select(Contract.enterprise_id)).one() == firm.id
        assert session.scalars(select(ManagementPlan.filing_no)).one() == "示例-BA-1"
    assert "2,500.0 kg" in client.get(path_of(firm)).text
    assert "2,500.0 kg" not in client.get(path_of(firm, "?year=2027")).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"waste_code": "999-999-08"}, "waste_code"),
        ({"planned_t": ""}, "planned_t"),
        ({"filing_no": " "}, "filing_no"),
        ({"year": "26"}, "year"),
    ],
)
def test_a_wrong_plan_line_is_told_at_its_field_in_the_open_dialog(
    database: Database, sign_in: SignIn, firm: Organisation, change: dict[str, str], field: str
) -> None:
    line = {"year": "2026", "filing_no": "示例-BA-1", "waste_code": firms.CODE, "planned_t": "2.5"}
    client = dispatcher_of(database, sign_in)
    answer = client.post(path_of(firm, "/plan-lines"), data=line | change)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text and "data-open" in answer.text


def test_a_contract_is_ended_from_the_page_of_the_firm(
    database: Database, sign_in: SignIn, firm: Organisation
) -> None:
    client = dispatcher_of(database, sign_in)
    with database.reading() as session:
        contract = session.scalars(select(Contract).where(Contract.enterprise_id == firm.id)).one()
    assert f'data-opens="end-{contract.id}"' in client.get(path_of(firm)).text
    form = {"ended_on": "2026-03-16", "reason": "", "version": str(contract.version)}
    path = path_of(firm, f"/contracts/{contract.id}/end")
    refused = client.post(path, data=form)
    assert refused.status_code == 422 and 'id="error-reason"' in refused.text and "data-open" in refused.text
    assert client.post(path, data=form | {"reason": "单位迁出"}).status_code == 302
    page = client.get(path_of(firm)).text
    assert "已终止" in page and "没有在有效期内的收集合同" in page and 'data-opens="end-' not in page


def test_an_administrator_sees_papers_but_signs_for_nobody(sign_in: SignIn, firm: Organisation) -> None:
    client = sign_in("admin")
    page = client.get(path_of(firm)).text
    assert f"HT-{firm.code}" in page and 'id="new-contract"' not in page
    assert client.post(path_of(firm, "/contracts"), data={}).status_code == 403


# --- who ------------------------------------------------------------------------------------------


def test_a_platform_sees_neither_firm_nor_page_of_another_county(
    database: Database, sign_in: SignIn, firm: Organisation
) -> None:
    client = dispatcher_of(database, sign_in, "330402")
    assert firm.name not in client.get("/enterprises/").text
    assert client.get(path_of(firm)).status_code == 404
    assert client.post(path_of(firm, "/contracts"), data={"number": "HT"}).status_code == 404


@pytest.mark.parametrize("role", ["dispatcher", "enterprise", "regulator"])
def test_only_administrators_enrol_and_change(sign_in: SignIn, firm: Organisation, role: str) -> None:
    client = sign_in(role)
    for path in ("/enterprises/new", "/enterprises/upload", path_of(firm, "/edit")):
        assert client.get(path).status_code == 403
        assert client.post(path, data=FORM).status_code == 403


# --- the list ---------------------------------------------------------------------------------------


def test_the_list_is_filtered_and_exported(database: Database, sign_in: SignIn, firm: Organisation) -> None:
    with database.transaction() as session:
        bare = firms.enrolled(session, 2, county_code="330402", name="示例独一厂")
    client = sign_in("admin")
    page = client.get("/enterprises/").text
    assert "共 2 条" in page and "齐全" in page and "缺合同和管理计划" in page
    for query, shown, hidden in (
        ("county=330402", bare, firm),
        ("platform=none", bare, firm),
        ("q=独一", bare, firm),
        ("county=330411&state=active", firm, bare),
    ):
        page = client.get(f"/enterprises/?{query}").text
        assert shown.name in page and hidden.name not in page
    file = client.get("/enterprises/?platform=none&export=csv")
    assert file.mimetype == "text/csv"
    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and bare.code in lines[1] and "缺合同和管理计划" in lines[1]


# --- files ------------------------------------------------------------------------------------------

HEADING = "单位名称,统一社会信用代码,镇（街道）,地址,行业,开门时间,关门时间"


def line(serial: int, name: str = "", town: str = "建设街道", code: str = "") -> str:
    code = code or credit_codes.demo_code("330402", serial)
    return f"{name or f'示例批量{serial}厂'},{code},{town},示例路,其他,8:00,17:00:00"


def checked(client: FlaskClient, text: str | bytes) -> Any:
    data = text if isinstance(text, bytes) else text.encode("utf-8-sig")
    return client.post(
        "/enterprises/upload/check",
        data={"file": (io.BytesIO(data), "firms.csv")},
        content_type="multipart/form-data",
    )


def confirmed(client: FlaskClient, text: str, **more: str) -> Any:
    return client.post("/enterprises/upload", data={"text": text} | more)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sound_file_is_shown_first_and_enrolled_when_confirmed(
    database: Database, sign_in: SignIn, encoding: str
) -> None:
    client = sign_in("admin")
    text = "\r\n".join([HEADING, line(1), "", line(2, town="南湖区建设街道"), line(3, town=TOWN)])
    answer = checked(client, text.encode(encoding))
    assert answer.status_code == 200 and "3 家单位都可以入网" in answer.text
    assert enrolled(database) == []
    assert confirmed(client, text).status_code == 302
    rows = enrolled(database)
    assert [row.name for row in rows] == ["示例批量1厂", "示例批量2厂", "示例批量3厂"]
    assert {(row.town_code, row.industry, row.open_s, row.close_s) for row in rows} == {
        (TOWN, "other", 28_800, 61_200)
    }


def test_each_refused_line_is_named_with_its_column_and_remedy(database: Database, sign_in: SignIn) -> None:
    with database.transaction() as session:
        firms.enrolled(session, 9, county_code="330402")
    text = "\n".join(
        [
            HEADING,
            line(1),
            line(2, name=" "),
            line(3, code="91330402DEM0000030"),
            line(4, town="没有镇"),
            line(9),
            line(1),
        ]
    )
    client = sign_in("admin")
    answer = checked(client, text)
    assert answer.status_code == 422
    cells = re.findall(r'<span class="cell">(.*?)</span></td>', answer.text, re.DOTALL)
    plain = [re.sub(r"<[^>]*>", "", cell).strip() for cell in cells]
    told = {int(row[0]): (row[2], row[3]) for row in zip(*[iter(plain)] * 4, strict=True)}
    assert sorted(told) == [3, 4, 5, 6, 7]
    assert told[3] == ("单位名称", "该栏不能为空。请填写。")
    assert told[4][0] == "统一社会信用代码" and "校验位" in told[4][1]
    assert told[5][0] == "镇（街道）" and "没有镇" in told[5][1]
    assert "已经入网" in told[6][1] and "已经入网" in told[7][1]
    assert 'name="text"' not in answer.text, "nothing to confirm"
    assert len(enrolled(database)) == 1


def test_a_file_that_became_wrong_meanwhile_enrols_nobody(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    text = "\n".join([HEADING, line(1), line(2)])
    assert checked(client, text).status_code == 200
    with database.transaction() as session:
        firms.enrolled(session, 2, county_code="330402")
    answer = confirmed(client, text)
    assert answer.status_code == 409 and "已经入网" in answer.text
    assert len(enrolled(database)) == 1


def test_a_confirmed_file_is_enrolled_once(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    text = "\n".join([HEADING, line(1)])
    first, second = (confirmed(client, text, idempotency_key="file-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert len(enrolled(database)) == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "还没有选择文件"),
        (b"\x00\x01\x02", "不是可读的 CSV"),
        (b"\xff\xff\xff", "不是可读的 CSV"),
        ("名字,代码\n甲,乙\n".encode(), "缺少这些栏目"),
        (HEADING.encode(), "只有标题"),
        ('"单位名称'.encode(), "不是可读的 CSV"),
        ((HEADING + "\n" + "示例厂,x,建设街道\n" * 2_001).encode(), "最多 2000 家"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(sign_in: SignIn, data: bytes, says: str) -> None:
    answer = checked(sign_in("admin"), data)
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_template_is_itself_a_file_that_can_be_enrolled(sign_in: SignIn, locale: str) -> None:
    client = sign_in("admin", locale=locale)
    template = client.get("/enterprises/upload/template.csv")
    assert template.mimetype == "text/csv"
    assert checked(client, template.data).status_code == 200


def test_a_line_shorter_than_the_heading_is_told_what_it_lacks(sign_in: SignIn) -> None:
    answer = checked(sign_in("admin"), f"{HEADING}\n示例短行厂\n")
    assert answer.status_code == 422
    assert "该栏不能为空" in answer.text


def test_ids_that_are_none_of_a_firm_are_not_found(sign_in: SignIn, database: Database) -> None:
    client = sign_in("admin")
    with database.reading() as session:
        platform: UUID = firms.platforms(session)[0].id
    assert client.get(f"/enterprises/{platform}").status_code == 404
    assert client.post(f"/enterprises/{platform}/active", data={"active": "0"}).status_code == 404
