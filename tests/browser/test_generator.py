"""The generator's way by hand: register, print the label, ask for a pickup; every page accessible."""

from __future__ import annotations

import re
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

Open = Callable[..., Page]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def base_url(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A firm with papers and some stock, served."""
    monkeypatch.setattr(clock, "now_utc", lambda: firms.NOW)
    with database.transaction() as session:
        firm = firms.ready_firm(session)
        firms.labelled(session, firm, 150_000, 80_500)
    add_user(database, "enterprise", login="generator", organisation_id=firm.id)
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret of the tests"), database, RATELIMIT_ENABLED=False)
    with serving(app) as url:
        yield url


def signed_in(page: Page) -> Page:
    page.goto("/sign-in")
    page.get_by_label("账号").fill("generator")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("今日待办")
    return page


def test_a_firm_registers_labels_and_requests(base_url: str, new_page: Open) -> None:
    # The browser reports the refused form as a console error.
    page = signed_in(new_page(base_url=base_url, allow=["status of 422"]))
    page.get_by_role("main").get_by_role("link", name="登记产生").click()
    page.get_by_role("combobox", name="废物代码").fill("24908")
    page.get_by_role("option").filter(has_text="900-249-08").click()
    expect(page.locator("#waste-facts")).to_contain_text("毒性、易燃性")
    page.get_by_label("形态").select_option("solid")
    page.get_by_role("button", name="再加一个容器").click()
    expect(page.get_by_label("净重")).to_have_count(4)
    page.get_by_label("净重").nth(0).fill("120.5")
    page.get_by_label("净重").nth(3).fill("五十")
    page.get_by_role("button", name="登记并生成标签").click()
    expect(page.get_by_role("alert")).to_contain_text("五十")
    page.get_by_label("净重").nth(1).fill("50")
    page.get_by_role("button", name="登记并生成标签").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("HWCS20260316"))
    page.get_by_role("button", name="打印 2 个标签").click()
    expect(page.locator("svg.hazard-label")).to_have_count(2)
    page.goto("/enterprise/requests/new")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("SQ2026031600001")
    page.get_by_role("button", name="取消申请").click()
    page.get_by_role("dialog").get_by_label("原因").select_option("not_needed")
    page.get_by_role("dialog").get_by_role("button", name="取消申请 SQ2026031600001").click()
    expect(page.get_by_role("status").filter(has_text="已取消")).to_be_visible()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_generators_pages_are_accessible_and_never_scroll_sideways(
    base_url: str,
    new_page: Open,
    check_accessibility: Callable[[Page], None],
    screenshot: Callable[..., None],
    viewport: dict[str, int] | None,
) -> None:
    sizes: dict[str, Any] = {"viewport": viewport} if viewport else {}
    page = signed_in(new_page(base_url=base_url, **sizes))
    page.goto("/enterprise/stock")
    batch = page.locator("a.row-link").first.get_attribute("href")
    for path in (
        "/enterprise/",
        "/enterprise/batches/new",
        "/enterprise/stock",
        "/enterprise/fate",
        str(batch),
        "/enterprise/requests",
        "/enterprise/requests/new",
        "/enterprise/contracts",
        "/enterprise/compliance",
    ):
        page.goto(path)
        fits(page)
        check_accessibility(page)
        screenshot(page, f"enterprise{path.replace('/', '-')}-{'phone' if viewport else 'desk'}")
