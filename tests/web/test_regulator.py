"""What a regulator sees, and what is refused to others."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from tests.firms import admin
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.reference import WasteCode


def test_every_page_of_the_regulator_answers_with_no_data(sign_in: SignIn) -> None:
    client = sign_in("regulator")
    for path in (
        "/regulator/", "/regulator/batches", "/regulator/overdue", "/regulator/enterprises",
        "/regulator/ledger", "/regulator/counties/330411", "/cases/", "/loops/", "/regulator/balance/",
        "/regulator/balance/batches", "/regulator/verifications/",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)


def test_a_county_regulator_sees_its_own_county_only(sign_in: SignIn) -> None:
    client = sign_in("regulator", county_code="330411")
    assert client.get("/regulator/counties/330411").status_code == 200
    assert client.get("/regulator/counties/330481").status_code == 404


def test_an_enterprise_may_not_open_the_regulators_pages(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    answer = client.get("/regulator/")
    assert answer.status_code == 403
    assert "无权" in answer.text


def test_every_page_of_the_administrator_answers(sign_in: SignIn) -> None:
    client = sign_in("admin")
    for path in ("/admin/", "/admin/users", "/admin/users/new", "/admin/organisations", "/admin/limits",
                 "/admin/waste-codes?group=none", "/admin/waste-codes/900-249-08"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)


def test_an_administrator_gives_a_code_its_group_with_a_reason(
    app: Flask, database: Database, sign_in: SignIn
) -> None:
    with database.reading() as session:
        code = session.scalars(select(WasteCode.code).where(WasteCode.group_code.is_(None))).first()
    client = sign_in("admin")
    missing = client.post(f"/admin/waste-codes/{code}/group", data={"group_code": "SC", "reason": " "})
    assert missing.status_code == 422
    assert "不能为空" in missing.text
    done = client.post(
        f"/admin/waste-codes/{code}/group", data={"group_code": "SC", "reason": "示例检测报告"}
    )
    assert done.status_code == 302
    with database.reading() as session:
        row = session.get_one(WasteCode, code)
        assert (row.group_code, row.group_reason_zh) == ("SC", "示例检测报告")
    assert admin().role == "admin"


def test_an_administrator_makes_an_account_and_disables_it(sign_in: SignIn, app: Flask) -> None:
    client = sign_in("admin")
    form = {
        "login": "county-office",
        "display_name": "示例监管",
        "password": "long enough secret",
        "role": "regulator",
    }
    made = client.post("/admin/users/new", data=form)
    assert made.status_code == 302, made.text
    again = client.post("/admin/users/new", data=form)
    assert again.status_code == 409
    assert "已被使用" in again.text
    other = app.test_client()
    assert other.post("/sign-in", data=form).status_code == 302
    assert other.get("/regulator/").status_code == 200
    page = client.get(made.location)
    stopped = client.post(made.location + "/active", data={"active": "0", "version": "999"})
    assert stopped.status_code == 409
    assert "其他人已修改" in stopped.text
    assert page.status_code == 200
    assert client.post(made.location + "/active", data={"active": "0"}).status_code == 302
    assert other.get("/regulator/").status_code == 302


def test_a_version_that_is_no_number_counts_as_none(sign_in: SignIn) -> None:
    client = sign_in("admin")
    made = client.post(
        "/admin/users/new",
        data={
            "login": "office-9",
            "display_name": "示例",
            "password": "long enough secret",
            "role": "regulator",
        },
    )
    # A superscript is a digit to Python's isdigit and no number to int.
    assert client.post(made.location + "/active", data={"active": "0", "version": "²"}).status_code == 302
