"""The gate on a real screen: differences while typing, containers found by their code, one tidy submit."""

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
    """The day of the trip, after its arrival."""
    monkeypatch.setattr(clock, "now_utc", lambda: GATE)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_trip_is_weighed_in_with_the_difference_in_sight(
    app: Any,  # noqa: F811
    database: Database,
    serve: Callable[[Any], str],
    new_page: Callable[..., Page],
    screenshot: Callable[..., None],
    check_accessibility: Callable[[Page], None],
    size: dict[str, int],
) -> None:
    [trip_id] = world.driven(database, [(OIL, (150_000, 100_000))])
    with database.reading() as session:
        own = firms.platform_for(session, world.COUNTY).id
        labels = [row.label_code for row in world.aboard(session, trip_id)]
    add_user(database, "dispatcher", organisation_id=own)
    url = serve(app)
    page = new_page(viewport=size)
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", "dispatcher-tester")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/dispatcher"))
    page.goto(f"{url}/facility/receptions/{trip_id}")
    page.click(".gate-finder summary")
    page.fill("[data-scanner-typed] input", f"https://example.invalid/c/{labels[1].lower()}")
    page.press("[data-scanner-typed] input", "Enter")
    expect(page.locator("[data-gate-found]")).to_contain_text("已找到")
    row = page.locator(f'[data-label="{labels[1]}"]')
    expect(row.locator("[data-gate-input]")).to_be_focused()
    page.keyboard.type("101.2")
    expect(row.locator("[data-gate-diff]")).to_contain_text("超出允差")
    row.locator("[data-gate-input]").fill("100.2")
    expect(row.locator("[data-gate-diff]")).to_contain_text("+0.2 kg")
    expect(row.locator("[data-gate-diff]")).to_contain_text("允差内")
    other = page.locator(f'[data-label="{labels[0]}"]')
    other.locator("[data-gate-decision]").select_option("refused")
    expect(page.locator("[data-gate-count]")).to_have_text("2")
    other.locator('select[name$=".reason"]').select_option("not_licensed")
    check_accessibility(page)
    screenshot(page, f"facility-gate-{size['width']}")
    page.click("button[value=close]")
    expect(page.locator(".flash-good")).to_contain_text("已办结")
    expect(page.locator(".gate-row").first).to_contain_text("超出许可类别")
