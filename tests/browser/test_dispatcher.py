"""The dispatcher in the browser: the pool, a run with its progress, the review, the round sheet."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests import firms
from tests.browser.conftest import DESKTOP, PHONE, fits
from tests.services import planning_world as world
from tests.web.conftest import PASSWORD, add_user, cheap_passwords  # noqa: F401  (fixture)
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.models.route_plans import PlanningRun, rounds_on
from wastehub.services import planning

Shot = Callable[..., None]
Check = Callable[[Page], None]
COUNTED_OUT = 10**7  # never reached: a count keeps the search in this one process


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@dataclass
class Worker:
    """What the worker process does, in a thread: it takes a run once the test lets it."""

    database: Database
    seconds: int = 4
    may_work: threading.Event = field(default_factory=threading.Event)
    may_finish: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_finish.set()

    def take(self, run_id: UUID) -> None:
        thread = threading.Thread(target=self._work, args=(run_id,))
        self.threads.append(thread)
        thread.start()

    def _work(self, run_id: UUID) -> None:
        assert self.may_work.wait(60)
        with self.database.transaction() as session:
            run = update(PlanningRun).where(PlanningRun.id == run_id)
            session.execute(run.values(budget_s=self.seconds, budget_iterations=COUNTED_OUT))
        planning.execute_run(self.database, run_id=run_id, now=lambda: self._now(run_id))

    def _now(self, run_id: UUID) -> datetime:
        """What the clock says; a run that has told how far it is may have to wait there."""
        if not self.may_finish.is_set():
            with self.database.reading() as session:
                has_told = session.get_one(PlanningRun, run_id).progress_assigned
            assert not has_told or self.may_finish.wait(120)
        return clock.now_utc()

    def rest(self) -> None:
        self.may_work.set()
        self.may_finish.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock starts at ten on the day of the tests' firms, and runs: progress is told by it."""
    began = time.monotonic()

    def now() -> datetime:
        return world.NOW + timedelta(seconds=time.monotonic() - began)

    monkeypatch.setattr(clock, "now_utc", now)


@pytest.fixture
def worker(database: Database, monday: None) -> Iterator[Worker]:
    made = Worker(database)
    yield made
    made.rest()


@pytest.fixture
def office(
    database: Database,
    worker: Worker,
    serve: Callable[[Any], str],
    tmp_path: Path,
    cheap_passwords: None,  # noqa: F811
) -> str:
    """The URL of a day with five requests to plan, one of which nobody can fetch, and its dispatcher."""
    with database.transaction() as session:
        for serial in range(1, 5):
            world.firm_with_requests(session, serial, (world.OIL, (150_000,)), (world.RAGS, (40_000,)))
        evening = ((20 * 3600, 21 * 3600),)
        world.firm_with_requests(session, 5, (world.OIL, (80_000,)), windows=evening)
        own = firms.platform_for(session, "330411").id
    add_user(database, "dispatcher", organisation_id=own)
    settings = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(
        replace(settings, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False
    )
    app.extensions["wastehub.enqueue_planning"] = worker.take
    return serve(app)


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("账号").fill("dispatcher-tester")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/dispatcher")


def start_run(page: Page) -> None:
    """From the pool to the page of a run."""
    page.goto("/dispatcher/requests")
    page.get_by_role("link", name="排收运计划").click()
    page.wait_for_url("**/dispatcher/plans")
    page.get_by_label("计算时间").select_option("10")
    page.get_by_role("button", name="开始计算").click()
    page.wait_for_url("**/dispatcher/runs/**")


def test_from_the_pool_to_the_printed_round_sheet(
    office: str,
    worker: Worker,
    new_page: Callable[..., Page],
    screenshot: Shot,
    check_accessibility: Check,
) -> None:
    page = new_page(base_url=office)
    sign_in(page)
    expect(page.get_by_text("还没有计划").first).to_be_visible()
    check_accessibility(page)
    screenshot(page, "dispatcher/home")

    page.goto("/dispatcher/requests")
    expect(page.locator("[data-row]")).to_have_count(5)
    check_accessibility(page)
    screenshot(page, "dispatcher/pool")

    start_run(page)
    expect(page.locator(".progress-queued")).to_contain_text("排队中")
    worker.may_finish.clear()
    worker.may_work.set()
    running = page.locator(".progress-running")
    expect(running).to_contain_text("已排入 4 / 5 个申请")
    expect(running.locator("progress")).to_have_attribute("max", "100")
    check_accessibility(page)
    screenshot(page, "dispatcher/run")
    worker.may_finish.set()

    # The page goes on by itself when the run is done.
    page.wait_for_url("**/dispatcher/plans/*")
    expect(page.locator("[data-map-svg]")).to_be_visible()
    expect(page.locator("#left-out")).to_contain_text("示例测试机械厂5")
    check_accessibility(page)
    screenshot(page, "dispatcher/review")
    page.get_by_role("button", name="发布计划").click()
    expect(page.locator(".flash-good")).to_contain_text("已发布")
    expect(page.get_by_role("button", name="发布计划")).to_have_count(0)

    page.locator("[id^=platform-] tbody a").first.click()
    page.wait_for_url("**/dispatcher/rounds/*")
    check_accessibility(page)
    screenshot(page, "dispatcher/round")
    page.get_by_role("link", name="打印任务单").click()
    page.wait_for_url("**/sheet")
    sheet = page.locator("main")
    expect(sheet).to_contain_text("危险废物收运任务单")
    expect(sheet).to_contain_text(re.compile(r"WH20260317\d{6}"))
    check_accessibility(page)
    screenshot(page, "dispatcher/sheet")


def test_a_run_is_cancelled_from_its_page_and_nothing_is_left_behind(
    office: str, worker: Worker, new_page: Callable[..., Page]
) -> None:
    worker.seconds = 30
    worker.may_work.set()
    page = new_page(base_url=office)
    sign_in(page)
    start_run(page)
    expect(page.locator(".progress-running")).to_be_visible()
    page.get_by_role("button", name="取消计算").click()
    expect(page.locator(".progress-cancelled")).to_contain_text("已取消")
    page.goto("/dispatcher/plans")
    expect(page.get_by_text("还没有计划").first).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_the_review_fits_the_screen(
    office: str,
    database: Database,
    new_page: Callable[..., Page],
    screenshot: Shot,
    check_accessibility: Check,
    viewport: dict[str, int],
) -> None:
    plan_id = world.planned(database)
    page = new_page(base_url=office, viewport=viewport)
    sign_in(page)
    for name in (f"plans/{plan_id}", f"plans/{plan_id}/adjust", "plans", "requests", "rounds"):
        page.goto(f"/dispatcher/{name}")
        fits(page)
        check_accessibility(page)
        shot = name.replace(str(plan_id), "plan").replace("/", "-")
        screenshot(page, f"dispatcher/{shot}-{viewport['width']}")


def test_a_stop_is_moved_by_keyboard_judged_at_once_and_kept_as_a_new_draft(
    office: str,
    database: Database,
    new_page: Callable[..., Page],
    screenshot: Shot,
    check_accessibility: Check,
) -> None:
    plan_id = world.planned(database)
    page = new_page(base_url=office)
    sign_in(page)
    page.goto(f"/dispatcher/plans/{plan_id}")
    page.get_by_role("link", name="手工调整").click()
    page.wait_for_url("**/adjust")
    check_accessibility(page)
    screenshot(page, "dispatcher/adjust")
    page.get_by_role("link", name="推后一站").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("可以保存")).to_be_visible()
    page.get_by_role("link", name="移到…").first.click()
    page.get_by_label("移到").select_option(index=1)
    page.get_by_role("button", name="移动并校验").click()
    expect(page.get_by_text("已移动 2 步")).to_be_visible()
    check_accessibility(page)
    screenshot(page, "dispatcher/adjust-moved")
    page.get_by_role("link", name="撤销上一步").click()
    expect(page.get_by_text("已移动 1 步")).to_be_visible()
    page.get_by_role("button", name="另存为新草案").click()
    expect(page.locator(".flash-good")).to_contain_text("已另存为草案")
    page.goto(page.url.replace("/adjust", ""))
    page.get_by_role("link", name="比较变化").click()
    expect(page.get_by_role("heading", name="位置不同的站点")).to_be_visible()
    check_accessibility(page)
    screenshot(page, "dispatcher/compare")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_an_order_that_breaks_rules_fits_the_screen(
    office: str,
    database: Database,
    new_page: Callable[..., Page],
    screenshot: Shot,
    check_accessibility: Check,
    viewport: dict[str, int],
) -> None:
    with database.transaction() as session:
        early = world.firm_with_requests(session, 6, windows=((8 * 3600, 9 * 3600),)).request_no
    plan_id = world.planned(database)
    with database.reading() as session:
        orders = planning.desk(session, actor=world.dispatcher(database), plan_id=plan_id).orders
    plate = next(name for name, trips in orders.items() if early in str(trips))
    page = new_page(base_url=office, viewport=viewport)
    sign_in(page)
    page.goto(f"/dispatcher/plans/{plan_id}/adjust?move={early}~{plate}~{len(orders[plate])}~0")
    expect(page.get_by_role("alert")).to_contain_text("最近的可行位置")
    fits(page)
    check_accessibility(page)
    screenshot(page, f"dispatcher/adjust-broken-{viewport['width']}")
    page.get_by_role("link", name="移到这里").click()
    expect(page.get_by_text("可以保存")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_sick_crews_stops_are_planned_again_reviewed_and_published(
    office: str,
    database: Database,
    worker: Worker,
    new_page: Callable[..., Page],
    screenshot: Shot,
    check_accessibility: Check,
    viewport: dict[str, int],
) -> None:
    world.published(database)
    worker.seconds = 1
    worker.may_work.set()
    with database.reading() as session:
        [row] = rounds_on(session, world.DAY)
        round_id = row.id
    page = new_page(base_url=office, viewport=viewport)
    sign_in(page)
    page.goto(f"/dispatcher/rounds/{round_id}")
    page.get_by_role("button", name="途中调整").click()
    page.locator("#field-kind").select_option("crew_out")
    check_accessibility(page)
    screenshot(page, f"dispatcher/replan-{viewport['width']}", full_page=False)
    page.get_by_role("button", name="重新安排其余站点").click()
    page.wait_for_url("**/dispatcher/revisions/*")
    expect(page.get_by_role("heading", name="班组要知道的变化")).to_be_visible()
    fits(page)
    check_accessibility(page)
    screenshot(page, f"dispatcher/revision-{viewport['width']}")
    page.get_by_role("button", name="发布调整").click()
    expect(page.locator(".flash-good")).to_contain_text("已发布")
    page.goto(f"/dispatcher/rounds/{round_id}")
    expect(page.get_by_text("不用再去：")).to_be_visible()
    check_accessibility(page)
