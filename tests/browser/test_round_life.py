"""A day on the road beside the gates: emergency card, navigation, rest, papers, changes, its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import DESKTOP, PHONE, fits
from tests.browser.phone import sign_in
from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.services.test_replanning import publish, revised, served
from tests.web.conftest import PASSWORD, add_user
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.models.duty import DayClosing, RevisionSighting, VehiclePosition
from wastehub.services import duty

Open = Callable[..., Page]
Shot = Callable[..., None]
OFFLINE = [r"ERR_INTERNET_DISCONNECTED", r"Failed to load resource"]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


class Clock:
    """What time it is for server and phone."""

    hour = 9.0

    def __call__(self) -> Any:
        return at(self.hour)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now_utc", made)
    return made


@pytest.fixture
def road(database: Database, now: Clock) -> driving_world.Road:
    made = driving_world.road(database, 3, (planning_world.OIL, (150_000,)), (planning_world.RAGS, (40_000,)))
    crewed(database, made)
    return made


@pytest.fixture
def url(database: Database, road: driving_world.Road, serve: Any, tmp_path: Path) -> str:
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    return str(serve(app))


def phone(new_page: Open, url: str) -> Page:
    """On board, at the platform's gate, with leave to know where it is."""
    page = new_page(base_url=url, viewport=PHONE, allow=OFFLINE)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 120.72, "latitude": 30.76, "accuracy": 8})
    sign_in(page)
    return page


def desk(new_page: Open, url: str, login: str, **options: Any) -> Page:
    page = new_page(base_url=url, **({"viewport": DESKTOP} | options))
    page.goto("/sign-in")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form.main-form button[type=submit], button.btn-primary").first.click()
    page.wait_for_url(lambda address: "sign-in" not in address)
    return page


def test_a_day_on_the_road(
    road: driving_world.Road,
    database: Database,
    now: Clock,
    url: str,
    new_page: Open,
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    served(road)
    page = phone(new_page, url)
    with page.expect_response("**/api/v1/positions"):
        page.goto("/driver/")
    expect(page.locator("[data-position-sign]")).to_contain_text("正在上报位置")
    # From here on the pages are on the phone, and its worker answers without a network.
    expect(page.locator("[data-stored-text]")).to_contain_text("已存到手机", timeout=30_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    screenshot(page, "round/1-home")
    fits(page)
    check_accessibility(page)
    navigation(page)
    emergency(page, screenshot, check_accessibility)
    rest(page, screenshot, check_accessibility)
    papers(page, screenshot, check_accessibility)
    changed(page, road, now, screenshot, check_accessibility)
    with database.reading() as session:
        assert session.scalars(select(VehiclePosition)).first() is not None
        assert session.scalars(select(RevisionSighting)).first() is not None
    page.goto(f"/driver/rounds/{road.round_id}/relay")
    page.get_by_role("button", name="交出", exact=True).click()
    screenshot(page, "round/8-relay")
    fits(page)
    check_accessibility(page)
    the_end(page, road, database, screenshot, check_accessibility)


def navigation(page: Page) -> None:
    """Each service has its address with the stop's name in it."""
    page.locator(".driver-nav > summary").click()
    links = page.locator(".driver-nav-links a")
    expect(links).to_have_count(4)
    hosts = [each.get_attribute("href") or "" for each in links.all()]
    assert [each.split("/")[2] if "//" in each else each[:4] for each in hosts] == [
        "uri.amap.com", "api.map.baidu.com", "apis.map.qq.com", "geo:",
    ]  # fmt: skip
    assert all("示例测试机械厂" in unquote(each) for each in hosts)
    for height in links.evaluate_all("all => all.map(each => each.offsetHeight)"):
        assert height >= 56


def emergency(page: Page, screenshot: Shot, check_accessibility: Callable[[Page], None]) -> None:
    """One tap from everywhere, and the same without a network."""
    page.get_by_role("link", name="应急卡").click()
    expect(page.locator("a[href='tel:119']")).to_be_visible()
    expect(page.locator(".driver-emergency-card")).to_have_count(2)
    expect(page.locator(".driver-speak").first).to_be_visible()
    screenshot(page, "round/2-emergency")
    fits(page)
    check_accessibility(page)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("a[href='tel:119']")).to_be_visible()
    expect(page.locator("[data-line-text]")).to_contain_text("离线")
    page.context.set_offline(False)


def rest(page: Page, screenshot: Shot, check_accessibility: Callable[[Page], None]) -> None:
    """Begun without a network, it counts on the phone at once and reaches the server later."""
    page.goto("/driver/")
    page.locator("[data-clock]").click()
    expect(page.get_by_role("button", name="开始休息")).to_be_visible()
    screenshot(page, "round/3-rest")
    check_accessibility(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="开始休息").click()
    expect(page.locator("[data-rest-title]")).to_have_text("已休息")
    expect(page.get_by_role("button", name="结束休息，继续开")).to_be_visible()
    screenshot(page, "round/4-resting-offline")
    page.context.set_offline(False)
    expect(page.locator("[data-line-text]")).to_have_text("在线", timeout=20_000)
    with page.expect_navigation():
        page.get_by_role("button", name="结束休息，继续开").click()
    page.wait_for_url("**/driver/")


def papers(page: Page, screenshot: Shot, check_accessibility: Callable[[Page], None]) -> None:
    """Two taps to the code; without a network the copy says that it is one."""
    page.get_by_role("link", name="路检出示").click()
    page.get_by_role("button", name="出示二维码").click()
    expect(page.locator("[data-pass-left]")).to_contain_text("30 分钟")
    expect(page.locator("[data-copy-offline]")).to_be_hidden()
    screenshot(page, "round/5-roadside")
    fits(page)
    check_accessibility(page)
    page.context.set_offline(True)
    expect(page.locator("[data-copy-state]")).to_contain_text("离线副本")
    expect(page.locator("[data-copy-offline]")).to_contain_text("联网核对请打平台电话")
    screenshot(page, "round/6-roadside-offline")
    page.reload()
    expect(page.locator("[data-copy-state]")).to_contain_text("离线副本")
    page.context.set_offline(False)


def changed(
    page: Page,
    road: driving_world.Road,
    now: Clock,
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    """What the dispatcher changed comes first, and an old page does not act on what is gone."""
    gone = road.stops()[1]
    page.goto(f"/driver/stops/{gone.id}")
    expect(page.locator("[data-position-sign]")).to_have_attribute("data-state", "on")
    publish(road, revised(road, "breakdown"))
    # The next position is answered with the news, on whatever page is open.
    page.clock.set_fixed_time(at(9.7))
    now.hour = 9.7
    page.context.set_geolocation({"longitude": 120.73, "latitude": 30.77, "accuracy": 8})
    page.locator("[data-round-changed]").click()
    expect(page.locator("[data-step-here]")).to_contain_text("不用再去")
    screenshot(page, "round/7-changed")
    fits(page)
    check_accessibility(page)
    with page.expect_navigation():
        page.get_by_role("button", name="知道了，按新任务走").click()
    expect(page.locator("[data-step-here]")).to_contain_text("返回平台卸货")
    page.goto(f"/driver/stops/{gone.id}")
    expect(page.locator("main")).to_contain_text("这一站已不在您的任务里")


def the_end(
    page: Page,
    road: driving_world.Road,
    database: Database,
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    page.goto("/driver/")
    page.context.set_offline(True)
    page.get_by_role("button", name="已到达平台").click()
    # The page goes on by itself: what lies in the outbox is done.
    expect(page.locator("[data-step-here]")).to_contain_text("各趟都已到达平台")
    expect(page.locator("[data-line-text]")).to_have_text("离线 · 1 条待上传")
    page.context.set_offline(False)
    expect(page.locator("[data-line-text]")).to_have_text("在线", timeout=20_000)
    page.get_by_role("link", name="卸货情况").click()
    screenshot(page, "round/9-unload")
    page.get_by_role("link", name="回到今日任务").click()
    with page.expect_navigation():
        page.get_by_role("button", name="收车").click()
    page.get_by_role("link", name="结清当日记录").click()
    expect(page.locator("[data-day-words]")).to_have_text("手机里没有未上传的记录")
    with page.expect_navigation():
        page.get_by_role("button", name="结清当日记录").click()
    expect(page.locator(".notice-good")).to_contain_text("已结清")
    screenshot(page, "round/10-day-end")
    fits(page)
    check_accessibility(page)
    with database.reading() as session:
        closed = session.scalars(select(DayClosing)).one()
    assert closed.unsent == 0 and len(closed.head) == 64 and closed.last_seq > 0


def test_office_and_firm_see_the_vehicle_come(
    road: driving_world.Road,
    database: Database,
    now: Clock,
    url: str,
    new_page: Open,
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    road.start()
    home, far = 120_700_000, 120_800_000
    fixes = [
        duty.Fix(at(8.1 + step / 40), home + (far - home) * step // 30, 30_760_000 + step * 2_500, 9)
        for step in range(30)
    ]
    with database.transaction() as session:
        duty.update_arrivals(session, now=at(8))
        duty.keep_positions(session, report=duty.FixReport(road.driver, road.round_id, fixes), now=at(9))
        duty.update_arrivals(session, now=at(9))
    add_user(database, "dispatcher", login="office", organisation_id=road.driver.organisation_id)
    firm = road.request(road.stops()[0])
    add_user(database, "enterprise", login="firm", organisation_id=firm.enterprise_id)
    page = desk(new_page, url, "office")
    page.goto(f"/dispatcher/rounds?service_on={driving_world.DAY}")
    expect(page.locator("#live [data-row]")).to_have_count(1)
    expect(page.locator(".spot-live").first).to_be_visible()
    screenshot(page, "round/20-office")
    fits(page)
    check_accessibility(page)
    page.goto(f"/dispatcher/rounds/{road.round_id}")
    replay = page.locator("[data-replay]")
    expect(replay.locator("output")).to_contain_text("08:")
    replay.locator("input").fill("0")
    expect(replay.locator("output")).to_contain_text("08:06")
    screenshot(page, "round/21-track")
    check_accessibility(page)
    page = desk(new_page, url, "firm", viewport=PHONE)
    page.goto(f"/enterprise/requests/{firm.id}")
    expect(page.locator("main")).to_contain_text("收运车辆预计")
    expect(page.get_by_text("之前的通知")).to_be_visible()
    screenshot(page, "round/22-firm")
    fits(page)
    page.goto("/enterprise/")
    expect(page.locator("main")).to_contain_text("收运车辆预计")
