"""Enrolment, contracts and plans over HTTP: the papers without which no request is taken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.domain import credit_codes
from wastehub.models.organisations import Organisation, PlatformCounty


def firm(serial: int = 7, **changes: Any) -> dict[str, Any]:
    made = {
        "name": f"示例测试厂{serial}",
        "credit_code": credit_codes.demo_code("330411", serial),
        "county_code": "330411",
        "contact_name": "示例联系人",
        "contact_phone": "0573-00000000",
        "lon_e6": 120_700_000,
        "lat_e6": 30_750_000,
    }
    return made | changes


def platform_of(database: Database, county: str) -> str:
    with database.reading() as session:
        query = select(PlatformCounty.platform_id).where(
            PlatformCounty.county_code == county, PlatformCounty.rank == 0
        )
        return str(session.scalars(query).one())


def test_a_firm_is_enrolled_signs_and_registers_its_plan(database: Database, sign_in: SignIn) -> None:
    made = sign_in("admin").post("/api/v1/enterprises", json={"enterprises": [firm()]})
    assert made.status_code == 201, made.text
    [row] = made.get_json()["enterprises"]
    client = sign_in("enterprise", organisation_id=_id(database, row["code"]))
    contract = {
        "platform_id": platform_of(database, "330411"),
        "number": "示例合同-007",
        "valid_from_on": "2026-01-01",
        "valid_until_on": "2026-12-31",
    }
    signed = client.post("/api/v1/contracts", json=contract)
    assert signed.status_code == 201, signed.text
    assert signed.get_json()["enterprise_id"] == row["id"]
    again = client.post("/api/v1/contracts", json=contract)
    assert (again.status_code, again.get_json()["errors"][0]["code"]) == (409, "contract.number_taken")
    plan = {
        "year": 2026,
        "filing_no": "示例备案-007",
        "lines": [{"waste_code": "900-249-08", "planned_g": 2_000_000}],
    }
    registered = client.post("/api/v1/management-plans", json=plan)
    assert registered.status_code == 201, registered.text
    papers = client.get("/api/v1/papers?year=2026").get_json()
    assert [one["number"] for one in papers["contracts"]] == ["示例合同-007"]
    assert [line["waste_code"] for line in papers["plan"]["lines"]] == ["900-249-08"]


def _id(database: Database, code: str) -> Any:
    with database.reading() as session:
        return session.scalars(select(Organisation.id).where(Organisation.code == code)).one()


def test_a_wrong_credit_code_names_its_field_and_enrols_nobody(sign_in: SignIn) -> None:
    wrong = firm(8, credit_code="91330411DEM0000080")
    answer = sign_in("admin").post("/api/v1/enterprises", json={"enterprises": [firm(7), wrong]})
    assert answer.status_code == 422
    assert "credit_code" in answer.get_json()["errors"][0]["field"]
    again = sign_in("admin", login="admin-2").post("/api/v1/enterprises", json={"enterprises": [firm(7)]})
    assert again.status_code == 201


def test_a_contract_for_somebody_elses_firm_is_not_found(database: Database, sign_in: SignIn) -> None:
    made = sign_in("admin").post("/api/v1/enterprises", json={"enterprises": [firm(7), firm(8)]})
    mine, other = made.get_json()["enterprises"]
    client = sign_in("enterprise", organisation_id=_id(database, mine["code"]))
    contract = {
        "enterprise_id": other["id"],
        "platform_id": platform_of(database, "330411"),
        "number": "示例合同-008",
        "valid_from_on": "2026-01-01",
        "valid_until_on": "2026-12-31",
    }
    assert client.post("/api/v1/contracts", json=contract).status_code == 404


# --- the register --------------------------------------------------------------------------------------


def enrolled_over_http(sign_in: SignIn, *serials: int) -> Any:
    client = sign_in("admin")
    made = client.post("/api/v1/enterprises", json={"enterprises": [firm(serial) for serial in serials]})
    return client, made.get_json()["enterprises"]


def test_the_register_is_read_page_by_page(sign_in: SignIn) -> None:
    client, (first, second) = enrolled_over_http(sign_in, 7, 8)
    page = client.get("/api/v1/enterprises?q=示例测试厂&limit=1&offset=1").get_json()
    assert page["count"] == 2
    [item] = page["items"]
    assert item == {
        "firm": {key: second[key] for key in item["firm"]},
        "platforms": [],
        "planned": False,
    }
    one = client.get(f"/api/v1/enterprises/{first['id']}").get_json()
    assert (one["code"], one["contact_name"], one["active"]) == (first["code"], "示例联系人", True)


def test_particulars_are_changed_and_the_credit_code_stays(sign_in: SignIn) -> None:
    client, [row] = enrolled_over_http(sign_in, 7)
    change = {key: value for key, value in firm(7).items() if key != "credit_code"}
    change |= {"name": "示例改名厂", "version": row["version"]}
    path = f"/api/v1/enterprises/{row['id']}"
    changed = client.put(path, json=change)
    assert changed.status_code == 200, changed.text
    assert (changed.get_json()["name"], changed.get_json()["code"]) == ("示例改名厂", row["code"])
    stale = client.put(path, json=change)
    assert stale.status_code == 409
    other_code = client.put(path, json=change | {"credit_code": credit_codes.demo_code("330411", 9)})
    assert other_code.status_code == 422, "a field that cannot be changed is not silently ignored"


def test_a_firm_leaves_and_comes_back(sign_in: SignIn) -> None:
    client, [row] = enrolled_over_http(sign_in, 7)
    path = f"/api/v1/enterprises/{row['id']}/active"
    left = client.put(path, json={"active": False, "version": row["version"]})
    assert left.get_json()["active"] is False
    assert [item["firm"]["id"] for item in _inactive(client)] == [row["id"]]
    back = client.put(path, json={"active": True, "version": left.get_json()["version"]})
    assert back.get_json()["active"] is True and _inactive(client) == []


def _inactive(client: Any) -> Any:
    return client.get("/api/v1/enterprises?state=inactive").get_json()["items"]


def test_a_firm_of_another_county_is_not_found(database: Database, sign_in: SignIn) -> None:
    _client, [row] = enrolled_over_http(sign_in, 7)
    desk = sign_in("dispatcher", organisation_id=UUID(platform_of(database, "330402")))
    assert desk.get(f"/api/v1/enterprises/{row['id']}").status_code == 404
    assert desk.get("/api/v1/enterprises").get_json()["count"] == 0


def test_a_contract_is_ended_over_http(database: Database, sign_in: SignIn) -> None:
    _client, [row] = enrolled_over_http(sign_in, 7)
    client = sign_in("enterprise", organisation_id=_id(database, row["code"]))
    contract = {
        "platform_id": platform_of(database, "330411"),
        "number": "示例合同-009",
        "valid_from_on": "2026-01-01",
        "valid_until_on": "2099-12-31",
    }
    signed = client.post("/api/v1/contracts", json=contract).get_json()
    path = f"/api/v1/contracts/{signed['id']}/end"
    end = {"ended_on": "2099-06-01", "reason": "单位迁出", "version": signed["version"]}
    done = client.post(path, json=end)
    assert (done.status_code, done.get_json()["ended_on"]) == (200, "2099-06-01")
    again = client.post(path, json=end | {"version": done.get_json()["version"]})
    assert (again.status_code, again.get_json()["errors"][0]["code"]) == (409, "contract.ended_already")
