"""The driver's main path on a phone with a camera: leave, scan a real label, weigh, load, go on, arrive."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser.conftest import DESKTOP, PHONE, fits, qr_film
from tests.browser.phone import sign_in
from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.models.scans import Scan

Open = Callable[..., Page]
Shot = Callable[..., None]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@dataclass
class Cab:
    """A signed-in driver's server, round and camera film."""

    url: str
    on: driving_world.Road
    film: Path
    first: str


@pytest.fixture
def cab(database: Database, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(clock, "now_utc", lambda: at(9))
    with database.transaction() as session:
        planning_world.firm_with_requests(
            session,
            1,
            (planning_world.OIL, (150_000, 80_500)),
            (planning_world.RAGS, (40_000,)),
            note="门卫处登记",
        )
        planning_world.firm_with_requests(session, 2, (planning_world.OIL, (60_000, 90_000)))
    on = driving_world.first_round(database)
    crewed(database, on)
    first = on.stops()[0]
    code = on.labels(first)[0]
    film = qr_film(tmp_path / "label.mjpeg", [f"http://wastehub.example/c/{code}"])
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    return Cab(serve(app), on, film, code)


def act(page: Page, button: str) -> None:
    """An act after which the page comes anew; before that the phone shows the next step at once."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def big_buttons(page: Page) -> None:
    """Everything to press is at least 56 px high, and nothing scrolls sideways."""
    wanted = ", ".join(
        f"{each}:visible"
        for each in (".btn", ".driver-list a", ".driver-list button", ".driver-call", ".driver-back")
    )
    for height in page.locator(wanted).evaluate_all("all => all.map(each => each.offsetHeight)"):
        assert height >= 56
    fits(page)


def test_the_driver_scans_weighs_loads_and_brings_it_home(
    cab: Cab,
    new_page: Open,
    camera_browser: Callable[[Path], Browser],
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    page = new_page(browser=camera_browser(cab.film), base_url=cab.url, viewport=PHONE)
    sign_in(page)
    check_accessibility(page)
    screenshot(page, "driver/1-before")
    for box in page.locator("#leaving input[type=checkbox]").all():
        box.check()
    act(page, "出发")
    page.get_by_text("下一站").wait_for()
    big_buttons(page)
    screenshot(page, "driver/2-next-stop")
    page.get_by_role("link", name="到达这一站").click()
    page.get_by_role("link", name="扫码装车").wait_for()
    big_buttons(page)
    check_accessibility(page)
    screenshot(page, "driver/3-stop")
    page.get_by_role("link", name="扫码装车").click()
    page.wait_for_url("**#weigh")
    screenshot(page, "driver/4-weigh")
    declared_kg = cab.on.container(cab.first).declared_g / 1000
    page.locator("#measured").fill(f"{declared_kg * 1.3:.1f}")
    expect(page.locator("[data-difference]")).to_contain_text("比登记多")
    check_accessibility(page)
    screenshot(page, "driver/5-weighed", full_page=False)
    expect(page.locator("[data-difference]")).to_contain_text("超过允许误差")
    page.get_by_role("button", name="装车").click()
    expect(page.locator("[data-verdict-title]")).to_have_text("已装车")
    expect(page.locator("[data-verdict-warnings]")).to_contain_text("超过允许")
    check_accessibility(page)
    big_buttons(page)
    screenshot(page, "driver/6-loaded")
    assert cab.on.container(cab.first).state == "loaded"
    page.get_by_role("link", name="返回清单").click()
    expect(page.locator(f"[data-label='{cab.first}'] [data-item-status]")).to_contain_text("已装车")
    refuse(page, cab, screenshot)
    leave_and_arrive(page, screenshot)
    with cab.on.database.reading() as session:
        scans = list(session.scalars(select(Scan).order_by(Scan.device_seq)))
    assert [(scan.kind, scan.outcome) for scan in scans] == [("load", "accepted"), ("refuse", "accepted")]
    assert len({scan.device_id for scan in scans}) == 1


def refuse(page: Page, cab: Cab, screenshot: Shot) -> None:
    """One container is refused, with the reason that asks for a note."""
    page.locator("[data-state=expected] [data-open-container]").first.click()
    screenshot(page, "driver/7-container")
    page.get_by_role("link", name="拒收这个容器").click()
    page.get_by_text("标签与实物不符").click()
    page.get_by_role("button", name="拒收这个容器").click()
    expect(page.locator("[data-refuse] [data-problem]")).to_have_text("这个原因要写说明。")
    page.locator("#refuse-note").fill("标签写废油，实为废酸")
    screenshot(page, "driver/8-refuse")
    page.get_by_role("button", name="拒收这个容器").click()
    expect(page.locator("[data-verdict-title]")).to_have_text("已拒收")
    screenshot(page, "driver/9-refused")
    page.get_by_role("link", name="返回清单").click()
    # The screen that is left has a link of the same name as the next one.
    expect(page.locator("[data-screen=list]")).to_be_visible()


def leave_and_arrive(page: Page, screenshot: Shot) -> None:
    page.locator("[data-actions-for=list]").get_by_role("link", name="离开这一站").click()
    screenshot(page, "driver/10-leave")
    page.get_by_role("link", name="请单位确认").click()
    screenshot(page, "driver/10-sign")
    page.get_by_role("link", name="无人签字").click()
    page.locator("#sign-none-form").get_by_text("无人签字").click()
    act(page, "没有签字，离开")
    page.get_by_role("link", name="到达这一站").click()
    page.get_by_role("link", name="没有人 / 收不了").click()
    page.get_by_text("单位关门").click()
    screenshot(page, "driver/11-missed")
    act(page, "登记未能收运")
    page.get_by_role("button", name="已到达平台").wait_for()
    screenshot(page, "driver/12-arrive")
    act(page, "已到达平台")
    act(page, "收车")
    page.get_by_text("今天的任务完成了").wait_for()
    screenshot(page, "driver/13-finished")


def test_without_a_network_the_phone_keeps_the_act_and_sends_it_later_once(
    cab: Cab, new_page: Open, screenshot: Shot
) -> None:
    cab.on.start()
    page = new_page(
        base_url=cab.url, viewport=PHONE, allow=[r"ERR_INTERNET_DISCONNECTED", r"Failed to load resource"]
    )
    sign_in(page)
    page.get_by_role("link", name="到达这一站").click()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.get_by_role("link", name="扫码装车").click()
    page.locator("#scanner-typed").fill(cab.first[-6:])
    page.locator("#scanner [data-scanner-typed] button").click()
    page.locator("#measured").fill(str(cab.on.container(cab.first).declared_g / 1000))
    page.get_by_role("button", name="装车").click()
    expect(page.locator("[data-scan-line]")).to_contain_text("已存手机")
    expect(page.locator("[data-line-text]")).to_have_text("离线 · 1 条待上传")
    screenshot(page, "driver/20-offline")
    assert cab.on.container(cab.first).state == "labelled"
    page.context.set_offline(False)
    expect(page.locator("[data-line-text]")).to_have_text("在线")
    assert cab.on.container(cab.first).state == "loaded"
    page.goto("/driver/outbox")
    expect(page.locator("[data-outbox-empty]")).to_be_visible()


def test_a_label_that_does_not_belong_here_is_refused_with_the_servers_reason(
    cab: Cab, new_page: Open, screenshot: Shot
) -> None:
    cab.on.start()
    page = new_page(base_url=cab.url, viewport=PHONE)
    sign_in(page)
    page.get_by_role("link", name="到达这一站").click()
    page.get_by_role("link", name="扫码装车").click()
    foreign = cab.on.labels(cab.on.stops()[1])[0]
    page.locator("#scanner-typed").fill(foreign)
    page.locator("#scanner [data-scanner-typed] button").click()
    expect(page.locator("[data-verdict-title]")).to_have_text("不能装车")
    expect(page.locator("[data-verdict-message]")).to_contain_text("该容器属于另一家企业")
    screenshot(page, "driver/21-foreign")


def test_the_pages_in_english(cab: Cab, new_page: Open, screenshot: Shot) -> None:
    cab.on.start()
    page = new_page(base_url=cab.url, viewport=PHONE)
    sign_in(page)
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/driver/")
    screenshot(page, "driver/30-home-en")
    page.locator(".driver-actions a").click()
    page.locator("[data-containers]").wait_for()
    big_buttons(page)
    screenshot(page, "driver/31-stop-en")
    assert not re.search("[\u4e00-\u9fff]", page.locator(".driver-actions").inner_text())


def test_the_manifest_is_read_on_the_phone_and_fits_the_paper(
    cab: Cab, new_page: Open, screenshot: Shot, check_accessibility: Callable[[Page], None]
) -> None:
    cab.on.start()
    [stop, _] = cab.on.stops()
    labels = cab.on.labels(stop)
    masses = {label: cab.on.container(label).mass_g for label in labels}
    cab.on.scan(*(cab.on.report(label, measured_g=masses[label]) for label in labels))
    cab.on.close(stop.id)
    paper = cab.on.paper(stop)
    page = new_page(base_url=cab.url, viewport=PHONE)
    sign_in(page)
    page.goto("/manifests/")
    check_accessibility(page)
    screenshot(page, "manifests/index-phone")
    page.get_by_role("link", name=paper.provisional_no).click()
    page.get_by_text("第三部分").wait_for()
    fits(page)
    check_accessibility(page)
    screenshot(page, "manifests/manifest-phone")
    page.set_viewport_size(DESKTOP)
    screenshot(page, "manifests/manifest")
    page.goto("/manifests/")
    screenshot(page, "manifests/index")
    page.goto(f"/manifests/{paper.id}")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
