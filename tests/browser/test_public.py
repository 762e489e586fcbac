"""What a stranger's phone shows: a label, a report, a firm's code, papers at the roadside; both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import firms
from tests.browser.conftest import DESKTOP, PHONE, fits
from tests.browser.phone import type_pin
from tests.services import driving_world
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD, add_user
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.models.batches import Batch, Container
from wastehub.models.label_lives import RetiredLabel
from wastehub.models.organisations import Organisation
from wastehub.services import label_lives

ENGLISH = pytest.param("en-GB", marks=pytest.mark.long)
Open = Callable[..., Page]
Shot = Callable[..., None]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def site(database: Database, serve: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A round under way with a container on board; one label of a waiting container was replaced."""
    monkeypatch.setattr(clock, "now_utc", lambda: at(9))
    on = driving_world.road(database, 2)
    crewed(database, on)
    on.start()
    stops = on.stops()
    loaded, old = on.labels(stops[0])[0], on.labels(stops[1])[0]
    assert on.scan(on.report(loaded))[0].outcome == "accepted"
    with database.transaction() as session:
        row = session.scalars(select(Container).where(Container.label_code == old)).one()
        firm = session.get_one(Organisation, session.get_one(Batch, row.batch_id).enterprise_id)
        firm.emergency_phone = "0573-00000000"
        label_lives.replace_label(
            session, actor=firms.actor_of(firm), container_id=row.id, reason="lost", note="", version=None,
            now=at(8),
        )  # fmt: skip
        county, firm_id = firm.county_code, firm.id
    add_user(database, "regulator", login="office", county_code=county)
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    settings = replace(read, secret_key="a secret of the tests", base_url="http://wastehub.example")
    url = serve(create_app(settings, database, TESTING=True, RATELIMIT_ENABLED=False))
    return {"url": url, "on": on, "loaded": loaded, "old": old, "firm_id": firm_id}


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=password]) button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.mark.parametrize("locale", ["zh-CN", ENGLISH])
def test_a_stranger_reads_reports_and_is_thanked(
    site: Any, new_page: Open, screenshot: Shot, check_accessibility: Any, locale: str
) -> None:
    page = new_page(
        base_url=site["url"], viewport=PHONE, locale=locale, allow=["422"],
        geolocation={"longitude": 120.7, "latitude": 30.75},
    )  # fmt: skip
    page.context.grant_permissions(["geolocation"])
    page.goto(f"/c/{site['loaded']}")
    screenshot(page, f"public-label-{locale}")
    fits(page)
    check_accessibility(page)
    # What to do and whom to call stand on the first screen.
    button = page.locator(".public-acts .btn-outline-danger")
    box = button.bounding_box()
    assert box is not None and box["y"] + box["height"] < PHONE["height"]
    button.click()
    page.wait_for_url("**/report**")
    page.click("[type=submit]")
    expect(page.locator(".error-summary, .notice").first).to_be_visible()
    screenshot(page, f"public-report-wrong-{locale}")
    page.select_option("[name=kind]", "leaking")
    page.click("[data-locate]")
    expect(page.locator("[data-locate-words]")).not_to_be_empty()
    fits(page)
    check_accessibility(page)
    screenshot(page, f"public-report-{locale}")
    page.click("[type=submit]")
    expect(page.get_by_text("WT2026").first).to_be_visible()
    screenshot(page, f"public-reported-{locale}")
    page.goto(f"/c/{site['old']}")
    fits(page)
    screenshot(page, f"public-replaced-{locale}")
    page.goto(f"/f/{site['firm_id']}")
    screenshot(page, f"public-firm-{locale}")


@pytest.mark.parametrize("locale", ["zh-CN", ENGLISH])
def test_the_driver_shows_a_code_and_an_officer_reads_the_papers(
    site: Any, new_page: Open, screenshot: Shot, check_accessibility: Any, locale: str
) -> None:
    driver = new_page(base_url=site["url"], viewport=PHONE, locale=locale)
    driver.clock.set_fixed_time(at(9))
    sign_in(driver, "driver-1")
    for _ in range(2):  # the phone asks for a PIN, twice
        type_pin(driver)
    expect(driver.locator("html")).to_have_attribute("data-door", "open")
    driver.goto(f"/driver/rounds/{site['on'].round_id}/roadside")
    screenshot(driver, f"roadside-driver-none-{locale}")
    driver.click(".driver-actions button")
    expect(driver.locator(".roadside-code .roadside-qr svg").first).to_be_visible()
    check_accessibility(driver)
    fits(driver)
    screenshot(driver, f"roadside-driver-{locale}")
    token = _token(site)
    officer = new_page(base_url=site["url"], viewport=PHONE, locale=locale, allow=["404", "410"])
    officer.goto(f"/r/{token}")
    fits(officer)
    check_accessibility(officer)
    screenshot(officer, f"roadside-papers-{locale}")
    with driver.expect_navigation():  # half an hour more: the officer reads on
        driver.click(".roadside-acts .btn-outline-primary")
    officer.reload()
    expect(officer.locator(".public-files").first).to_be_visible()
    driver.click(".roadside-acts .btn-outline-danger")
    expect(driver.locator(".roadside-acts")).to_have_count(0)
    officer.reload()
    expect(officer.locator(".public-files")).to_have_count(0)
    screenshot(officer, f"roadside-revoked-{locale}")
    officer.goto(f"/r/{token[:-4]}xxxx")
    screenshot(officer, f"roadside-forged-{locale}")


def _token(site: Any) -> str:
    from wastehub.models.roadside import RoadsidePass
    from wastehub.web import roadside_tokens

    with site["on"].database.reading() as session:
        pass_id: UUID = session.scalars(select(RoadsidePass.id)).one()
    from flask import Flask

    app = Flask("signer")
    app.config["SECRET_KEY"] = "a secret of the tests"
    with app.app_context():
        return roadside_tokens.token_of(pass_id)


@pytest.mark.parametrize(
    ("size", "name"), [(PHONE, "phone"), pytest.param(DESKTOP, "desk", marks=pytest.mark.long)]
)
def test_the_office_looks_at_its_problems(
    site: Any, new_page: Open, screenshot: Shot, check_accessibility: Any, size: Any, name: str
) -> None:
    stranger = new_page(base_url=site["url"], viewport=PHONE)
    stranger.goto(f"/report?code={site['loaded']}")
    stranger.select_option("[name=kind]", "abandoned")
    stranger.fill("[name=place]", "示例路 1 号围墙外")
    stranger.click("[type=submit]")
    expect(stranger.get_by_text("WT2026").first).to_be_visible()
    office = new_page(base_url=site["url"], viewport=size)
    sign_in(office, "office")
    screenshot(office, f"problems-home-{name}")
    office.goto("/problems")
    fits(office)
    check_accessibility(office)
    screenshot(office, f"problems-{name}")
    office.get_by_role("link", name="WT2026").first.click()
    office.wait_for_url("**/problems/*")
    fits(office)
    check_accessibility(office)
    screenshot(office, f"problem-{name}")
    office.locator("[data-opens=assign]").first.click()
    screenshot(office, f"problem-assign-{name}")


@pytest.mark.long
@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desk"), (PHONE, "phone")])
def test_rolls_labels_and_signs(
    site: Any, new_page: Open, screenshot: Shot, check_accessibility: Any, size: Any, name: str
) -> None:
    on = site["on"]
    add_user(on.database, "dispatcher", login="desk", organisation_id=on.driver.organisation_id)
    add_user(on.database, "enterprise", login="clerk", organisation_id=site["firm_id"])
    with on.database.reading() as session:
        container_id = session.scalars(select(RetiredLabel.container_id)).one()
    desk = new_page(base_url=site["url"], viewport=size)
    sign_in(desk, "desk")
    desk.goto("/label-rolls")
    screenshot(desk, f"rolls-empty-{name}")
    desk.locator("[data-opens=hand-out]").first.click()
    desk.select_option("[name=enterprise_id]", index=1)
    desk.fill("[name=labels_wanted]", "3")
    screenshot(desk, f"rolls-hand-out-{name}")
    desk.locator("#hand-out [type=submit]").click()
    desk.wait_for_url("**/label-rolls/*")
    for path, shot in ((desk.url, "roll"), ("/label-rolls", "rolls"), ("/signs", "signs")):
        desk.goto(path)
        fits(desk)
        check_accessibility(desk)
        screenshot(desk, f"{shot}-{name}")
    clerk = new_page(base_url=site["url"], viewport=size)
    sign_in(clerk, "clerk")
    for path, shot in (
        (f"/container-labels/{container_id}", "label"),
        (f"/f/{site['firm_id']}", "firm-code"),
    ):
        clerk.goto(path)
        fits(clerk)
        check_accessibility(clerk)
        screenshot(clerk, f"{shot}-{name}")
