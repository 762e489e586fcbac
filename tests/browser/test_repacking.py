"""Two drums are poured into one tank on a real screen, and it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import firms
from tests.browser.conftest import DESKTOP, PHONE
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from tests.web.conftest import PASSWORD, add_user, app, cheap_passwords, database_kind, one_app, settings  # noqa: F401
from wastehub import clock
from wastehub.db import Database


@pytest.fixture
def frozen_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_utc", lambda: GATE)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_drums_are_merged_and_it_is_taken_back(
    app: Any,  # noqa: F811
    database: Database,
    serve: Callable[[Any], str],
    new_page: Callable[..., Page],
    screenshot: Callable[..., None],
    check_accessibility: Callable[[Page], None],
    size: dict[str, int],
) -> None:
    world.put_away(database, *world.stored(database, [(OIL, (150_000,))], [(OIL, (100_000,))]))
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
    add_user(database, "dispatcher", organisation_id=own)
    name = "phone" if size == PHONE else "desk"
    url, page = serve(app), new_page(viewport=size, allow=["422"])
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", "dispatcher-tester")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/dispatcher"))
    page.goto(f"{url}/facility/zones")
    for box in page.locator("[name=container_ids]").all():
        box.check()
    page.get_by_role("button", name="合并、分装").click()
    page.select_option("[name='outputs.0.container_type']", label="1000 L 吨桶")
    page.fill("[name='outputs.0.mass_kg']", "240")
    screenshot(page, f"repack-form-{name}")
    check_accessibility(page)
    page.get_by_role("button", name="登记合并、分装").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    screenshot(page, f"repack-refused-{name}")
    page.select_option("[name=reason]", "residue")
    page.get_by_role("button", name="登记合并、分装").click()
    page.wait_for_url(re.compile("/facility/repackings/"))
    expect(page.locator("main")).to_contain_text("250.0 kg")
    screenshot(page, f"repacking-{name}")
    check_accessibility(page)
    page.get_by_role("button", name=re.compile("^撤销 HWRK")).first.click()
    page.fill("dialog [name=reason]", "称重记错")
    page.locator("dialog").get_by_role("button", name=re.compile("^撤销 HWRK")).click()
    expect(page.locator("main")).to_contain_text("称重记错")
    screenshot(page, f"repacking-undone-{name}")
    page.goto(f"{url}/facility/losses?q=示例")
    screenshot(page, f"losses-{name}")
    check_accessibility(page)
    page.locator(".tasks a").first.click()
    page.fill("[name=mass_kg]", "1.5")
    page.select_option("[name=reason]", "moisture")
    screenshot(page, f"loss-{name}")
    page.get_by_role("button", name="申报损耗").click()
    page.wait_for_url(re.compile("/facility/losses"))
    screenshot(page, f"losses-made-{name}")
    page.goto(f"{url}/facility/repackings")
    screenshot(page, f"repackings-{name}")
