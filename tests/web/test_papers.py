"""Enrolment, contracts and plans over HTTP: the papers without which no request is taken."""

from __future__ import annotations

from typing import Any

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
