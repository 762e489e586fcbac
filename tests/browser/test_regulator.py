"""The regulator's way in a real browser: county, batch, chain, ledger; readable for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, fits, serving
from tests.databases import Databases
from tests.services import chain_world
from tests.services.chain_world import NOW, Chain
from tests.web.conftest import PASSWORD, add_user
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.ledger.transparency import Transparency
from wastehub.services import accounts, audits

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def office(
    test_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Chain]]:
    """The address of an application with a small chain in it."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(clock, "now_utc", lambda: NOW)
        read = config.from_environment({"WASTEHUB_VAR": str(tmp_path_factory.mktemp("var"))})
        for database in test_databases.lent("sqlite", "reference"):
            chain = chain_world.build(database)
            add_user(database, "regulator", login="office")
            add_user(database, "admin", login="keeper")
            app: Flask = create_app(replace(read, secret_key="a secret of the tests"), database, TESTING=True)
            # The worker, so to speak: done before the page asks for the first time.
            app.extensions["wastehub.enqueue_verification"] = lambda run_id, at=database: (
                audits.execute_verification(at, run_id=run_id, now=clock.now_utc)
            )
            Transparency.of(read).seal(database, now=NOW)
            with database.transaction() as session:
                audits.escalate(session, now=NOW + timedelta(days=60))
                run = audits.request_verification(session, actor=chain_world.REGULATOR, now=NOW)
                audits.cancel_verification(session, actor=chain_world.REGULATOR, run_id=run.id, now=NOW)
            with serving(app) as url:
                yield url, chain


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile(r"/(regulator|admin)/$"))


def test_from_the_county_to_the_batch_to_the_sealed_entry(office: tuple[str, Chain], new_page: Open) -> None:
    url, chain = office
    page = new_page(base_url=url)
    sign_in(page, "office")
    expect(page.get_by_role("heading", level=1)).to_have_text("每一公斤危险废物在哪里")
    expect(page.get_by_text("账目平衡")).to_be_visible()
    page.get_by_role("link", name="秀洲区").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("秀洲区")
    page.get_by_role("link", name="查看批次").click()
    page.locator(f'a[href="/regulator/batches/{chain.batches["treated"]}"]').click()
    for station in ("登记产生", "装车", "入库", "出库", "处置单位接收", "利用处置"):
        expect(page.get_by_text(station, exact=True).first).to_be_visible()
    page.get_by_role("link", name=re.compile("账本条目")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("登记产生")
    page.get_by_text("原始记录与证明").click()
    expect(page.locator("code").first).to_have_text(re.compile("^[0-9a-f]{64}$"))


def test_the_ledger_is_verified_from_the_page(office: tuple[str, Chain], new_page: Open) -> None:
    url, _chain = office
    page = new_page(base_url=url)
    sign_in(page, "office")
    page.get_by_role("link", name="闭环账本").first.click()
    page.get_by_role("link", name="立即核验").click()
    page.get_by_role("button", name="开始核验").click()
    expect(page.get_by_text("条记录全部完好")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("login", ["office", "keeper"])
def test_every_page_is_accessible_and_nothing_scrolls_sideways(
    office: tuple[str, Chain],
    new_page: Open,
    check_accessibility: Callable[[Page], None],
    screenshot: Callable[..., None],
    viewport: dict[str, int],
    login: str,
) -> None:
    url, chain = office
    page = new_page(base_url=url, viewport=viewport)
    sign_in(page, login)
    for name, path in pages_of(login, chain).items():
        page.goto(path)
        fits(page)
        check_accessibility(page)
        screenshot(page, f"regulator/{name}-{viewport['width']}")


def pages_of(login: str, chain: Chain) -> dict[str, Any]:
    if login == "keeper":
        return {
            "system": "/admin/",
            "users": "/admin/users",
            "new-user": "/admin/users/new",
            "codes": "/admin/waste-codes?q=900-2",
            "code": "/admin/waste-codes/900-249-08",
            "limits": "/admin/limits",
        }
    return {
        "home": "/regulator/",
        "county": f"/regulator/counties/{chain_world.COUNTY}",
        "batches": "/regulator/batches",
        "batch": f"/regulator/batches/{chain.batches['treated']}",
        "overdue": "/regulator/overdue",
        "enterprise": f"/regulator/enterprises/{chain.firms['differing']}",
        "ledger": "/regulator/ledger",
        "entry": "/regulator/ledger/20",
        "cases": "/cases/",
        "balance": "/regulator/balance/",
        "balance-list": "/regulator/balance/batches?part=platform",
        "verifications": "/regulator/verifications/",
        "checkpoints": "/regulator/checkpoints",
        "loops": "/loops/",
    }
