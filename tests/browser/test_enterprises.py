"""A firm's way into the system by hand: enrolled, from a file too, then contract and plan at its platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import firms
from tests.browser.conftest import PHONE, fits, serving
from tests.web.conftest import PASSWORD, add_user
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import credit_codes

Open = Callable[..., Page]
CODE = credit_codes.demo_code("330411", 70)


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def base_url(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installation with one firm, its administrator and the platform of its county."""
    monkeypatch.setattr(clock, "now_utc", lambda: firms.NOW)
    with database.transaction() as session:
        firms.ready_firm(session)
        platform_id = firms.platform_for(session, "330411").id
    add_user(database, "admin", login="office")
    add_user(database, "dispatcher", login="desk", organisation_id=platform_id)
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret of the tests"), database, RATELIMIT_ENABLED=False)
    with serving(app) as url:
        yield url


def signed_in(page: Page, login: str) -> Page:
    page.goto("/sign-in")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()
    return page


def test_a_firm_is_enrolled_and_its_platform_enters_its_papers(base_url: str, new_page: Open) -> None:
    # The browser reports the refused form as a console error.
    page = signed_in(new_page(base_url=base_url, allow=["status of 422"]), "office")
    page.get_by_role("link", name="产废单位名录").first.click()
    page.get_by_role("link", name="单位入网").click()
    page.get_by_label("单位名称").fill("示例新入网厂")
    page.get_by_label("统一社会信用代码").fill(CODE[:-1] + ("0" if CODE[-1] != "0" else "1"))
    page.get_by_label("镇（街道）").select_option(index=1)
    page.get_by_role("button", name="单位入网").click()
    expect(page.get_by_role("alert")).to_contain_text("校验位")
    page.get_by_label("统一社会信用代码").fill(CODE)
    page.get_by_label("镇（街道）").select_option(label="王江泾镇")
    page.get_by_role("button", name="单位入网").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("示例新入网厂")
    expect(page.get_by_role("status").filter(has_text="已入网")).to_be_visible()

    desk = signed_in(new_page(base_url=base_url), "desk")
    desk.get_by_role("link", name="产废单位名录").first.click()
    desk.get_by_role("link", name="示例新入网厂").click()
    desk.get_by_role("button", name="登记合同").first.click()
    contract = desk.get_by_role("dialog")
    contract.get_by_label("合同编号").fill("示例-HT-70")
    contract.get_by_label("至").fill("2026-12-31")
    contract.get_by_role("button", name="登记合同").click()
    expect(desk.get_by_role("cell", name="示例-HT-70")).to_be_visible()
    desk.get_by_role("button", name="登记计划").first.click()
    plan = desk.get_by_role("dialog")
    plan.get_by_label("备案编号").fill("示例-BA-70")
    plan.get_by_role("combobox", name="废物代码").fill("24908")
    plan.get_by_role("option").filter(has_text="900-249-08").click()
    plan.get_by_label("计划转移量").fill("2.5")
    plan.get_by_role("button", name="登记计划").click()
    expect(desk.get_by_role("cell", name="2,500.0 kg")).to_be_visible()


def test_a_file_is_checked_before_anybody_is_enrolled(base_url: str, new_page: Open) -> None:
    page = signed_in(new_page(base_url=base_url, allow=["status of 422"]), "office")
    page.goto("/enterprises/upload")
    heading = "单位名称,统一社会信用代码,镇（街道）\n"
    wrong, right = f"{heading}示例甲厂,{CODE},没有镇\n", f"{heading}示例甲厂,{CODE},王江泾镇\n"
    for text, said in ((wrong, "没有任何单位入网"), (right, "都可以入网")):
        file: Any = {"name": "firms.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
        page.get_by_label("CSV 文件").set_input_files(file)
        page.get_by_role("button", name="检查文件").click()
        expect(page.get_by_text(said)).to_be_visible()
    page.get_by_role("button", name="1 家单位入网").click()
    expect(page.get_by_role("status").filter(has_text="1 家单位已入网")).to_be_visible()
    expect(page.get_by_role("link", name="示例甲厂")).to_be_visible()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_pages_are_accessible_and_never_scroll_sideways(
    base_url: str,
    new_page: Open,
    check_accessibility: Callable[[Page], None],
    screenshot: Callable[..., None],
    viewport: dict[str, int] | None,
) -> None:
    sizes: dict[str, Any] = {"viewport": viewport} if viewport else {}
    page = new_page(base_url=base_url, **sizes)
    page.goto("/sign-in")
    page.get_by_label("账号").fill("office")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/admin/")
    page.goto("/enterprises/")
    firm = page.locator("a.row-link").first.get_attribute("href")
    for path in ("/enterprises/", "/enterprises/new", "/enterprises/upload", str(firm), f"{firm}/edit"):
        page.goto(path)
        fits(page)
        check_accessibility(page)
        name = path.replace(str(firm), "/enterprises/one").replace("/", "-")
        screenshot(page, f"admin{name}-{'phone' if viewport else 'desk'}")
