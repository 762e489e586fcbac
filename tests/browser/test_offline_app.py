"""The cab as an app on the phone: starts without a network, loses nothing, shows nobody another's papers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select

from tests.browser.conftest import PHONE
from tests.browser.phone import (
    Handset,
    choose_pin,
    kept_on_phone,
    module,
    sign_in,
    told_on_phone,
    type_pin,
    unlock,
)
from tests.browser.servers import Server
from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD, add_user
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import field_events
from wastehub.domain.actors import Actor
from wastehub.models.field import Device, DeviceEvent
from wastehub.models.scans import Photo, Scan
from wastehub.services import photos
from wastehub.services.field import devices
from wastehub.web import assets

WECHAT = "Mozilla/5.0 (Linux; Android 12; M2006) Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
OFFLINE = [r"net::ERR_", r"Failed to load resource"]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@dataclass
class Cab:
    """A driver's round and the server behind it."""

    server: Server
    on: driving_world.Road
    user_id: UUID
    blobs: str

    @property
    def first(self) -> str:
        return self.on.labels(self.on.stops()[0])[0]

    @property
    def second(self) -> str:
        return self.on.labels(self.on.stops()[1])[0]


@pytest.fixture
def cab(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cab]:
    monkeypatch.setattr(clock, "now_utc", lambda: at(9))
    with database.transaction() as session:
        planning_world.firm_with_requests(session, 1, (planning_world.OIL, (150_000, 80_500)))
        planning_world.firm_with_requests(session, 2, (planning_world.OIL, (60_000,)))
    on = driving_world.first_round(database)
    user_id = crewed(database, on)
    on.start()
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    server = Server(app)
    yield Cab(server, on, user_id, read.blob_url)
    server.stop()


@pytest.fixture
def handset(cab: Cab, playwright: Playwright, tmp_path: Path) -> Iterator[Handset]:
    with ExitStack() as stack:
        made = Handset(playwright, tmp_path / "phone", cab.server.url)
        stack.callback(made.kill)
        yield made


def stored(page: Page) -> None:
    """Everything of the day is on the phone."""
    expect(page.locator("[data-stored-text]")).to_contain_text("已存到手机")


SEVERAL = """() => { for (let at = 0; at < 8; at += 1)
  tested.record({ kind: 'trip_arrive', body: { trip_id: String(at) }, words: '' }); }"""
PAPER = "async (url) => { const got = await fetch(url); return got.headers.get('content-type'); }"
PHOTO = """async () => {
  const canvas = new OffscreenCanvas(2400, 1800);
  const pen = canvas.getContext('2d');
  for (let at = 0; at < 4000; at += 1) {
    pen.fillStyle = `hsl(${at % 360} 80% 50%)`;
    pen.fillRect((at * 37) % 2400, (at * 53) % 1800, 40, 30);
  }
  const drawn = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer());
  const words = new TextEncoder().encode('Exif at home');
  const rides = new Uint8Array([0xff, 0xe1, 0, words.length + 2, ...words]);
  return new File([drawn.slice(0, 2), rides, drawn.slice(2)], 'photo.jpg', { type: 'image/jpeg' });
}"""


def chain_of(kept: Any) -> list[field_events.FieldEvent]:
    """The events on the phone: numbered without a gap, each naming the one before."""
    parsed = [field_events.parse(each["text"]) for each in kept]
    assert [event.seq for event in parsed] == list(range(1, len(parsed) + 1))
    assert [event.prev for event in parsed] == ["", *(event.sha256 for event in parsed[:-1])]
    return parsed


def load(page: Page, cab: Cab, *, photo: bool = False) -> Any:
    """The first drum is loaded; the answer that the page would show."""
    container = cab.on.container(cab.first)
    body: dict[str, Any] = {"round_id": str(cab.on.round_id), "stop_id": str(cab.on.stops()[0].id)}
    body |= {"label_code": cab.first, "seal": "genuine", "measured_g": container.declared_g}
    page.evaluate(module("outbox.js"))
    taken = f"await ({PHOTO})()" if photo else "undefined"
    return page.evaluate(
        f"async (body) => tested.record({{ kind: 'load', body, words: '已装车', photo: {taken} }})", body
    )


def a_new_version_waits_for_the_driver(
    page: Page, cab: Cab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, screenshot: Any
) -> None:
    """A bar offers it; while something is typed and not sent, nothing is thrown away."""
    page.goto(f"{cab.server.url}/driver/stops/{cab.on.stops()[1].id}#scan")
    newer = tmp_path / "newer"
    newer.mkdir()
    for name in ("sw.js", "manifest.json"):
        (newer / name).write_text((assets.DIST / name).read_text() + "\n")
    monkeypatch.setattr(assets, "DIST", newer)
    page.locator("#scanner-typed").fill("4827")
    page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.update())")
    expect(page.locator("[data-new-version]")).to_be_visible()
    page.get_by_role("button", name="现在更新").click()
    expect(page.locator("[data-new-version-typing]")).to_be_visible()
    screenshot(page, "phone/8-new-version", full_page=False)
    expect(page.locator("#scanner-typed")).to_have_value("4827")
    page.locator("#scanner-typed").fill("")
    with page.expect_navigation():
        page.get_by_role("button", name="现在更新").click()
    expect(page.locator("[data-new-version]")).to_be_hidden()


def test_it_starts_without_a_network_after_a_reboot_and_keeps_what_it_confirmed(
    cab: Cab,
    handset: Handset,
    screenshot: Any,
    check_accessibility: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    sign_in(handset.page, url=cab.server.url)
    stored(handset.page)
    screenshot(handset.page, "phone/1-stored")
    cab.server.stop()
    handset.switch_off()
    handset.start()
    page = handset.open("/driver/")
    expect(page.locator("[data-lock-title]")).to_have_text("输入手机密码")
    check_accessibility(page)
    screenshot(page, "phone/2-locked", full_page=False)
    type_pin(page, "111111")
    expect(page.locator("[data-lock-problem]")).to_have_text("密码不对，还可以试 9 次。")
    unlock(page)
    expect(page.get_by_text("下一站")).to_be_visible()
    trip = cab.on.stops()[0].trip_id
    for paper in ("waybill", "safety-card"):
        kind = page.evaluate(PAPER, f"/papers/trips/{trip}/{paper}.pdf")
        assert kind == "application/pdf"
    handset.open(f"/driver/stops/{UUID(int=1)}")
    expect(page.get_by_text("这一页没有存到手机")).to_be_visible()
    screenshot(page, "phone/3-not-stored")
    handset.open("/driver/")
    assert load(page, cab, photo=True)["kept"]
    page.evaluate(SEVERAL)
    # In the middle of writing: each is there whole or not at all, and the first one was confirmed.
    handset.kill()
    handset.start()
    page = handset.open("/driver/outbox")
    unlock(page)
    expect(page.locator("[data-group=waiting]")).to_be_visible()
    kept = chain_of(kept_on_phone(page))
    assert kept[0].kind == "load"
    check_accessibility(page)
    screenshot(page, "phone/4-outbox")
    cab.server.start()
    page.get_by_role("button", name="现在上传").click()
    expect(page.locator("[data-group=waiting]")).to_be_hidden()
    with cab.on.database.reading() as session:
        event, *others = session.scalars(select(DeviceEvent).order_by(DeviceEvent.seq))
        [scan] = session.scalars(select(Scan)).all()
        picture = session.get_one(Photo, event.photo_sha256)
    assert (event.outcome, scan.outcome, event.seq) == ("accepted", "accepted", 1)
    assert [each.sha256 for each in (event, *others)] == [each.sha256 for each in kept]
    assert {each.outcome for each in others} <= {"refused"}
    kept = photos.path_of(photos.folder_of(cab.blobs), picture.sha256).read_bytes()
    assert b"Exif" not in kept and Image.open(BytesIO(kept)).size == (1600, 1200)
    a_new_version_waits_for_the_driver(page, cab, monkeypatch, tmp_path, screenshot)
    assert cab.on.container(cab.first).state == "loaded"


def test_the_next_driver_finds_nothing_and_a_revoked_phone_empties_itself(
    cab: Cab, new_page: Any, database: Database, screenshot: Any
) -> None:
    """What somebody has signed stays his all the while, and goes up when he is back."""
    add_user(database, "driver", login="driver-2", organisation_id=cab.on.driver.organisation_id)
    page = new_page(base_url=cab.server.url, viewport=PHONE, allow=OFFLINE)
    sign_in(page, pin=None)
    left_by_the_app_of_before(page, cab)
    choose_pin(page)
    stored(page)
    assert cab.on.container(cab.second).state == "loaded"
    cab.server.stop()
    assert load(page, cab)["kept"]
    page.goto("about:blank")
    cab.server.start()
    page.context.clear_cookies()
    sign_in(page, "driver-2", pin="582604")
    page.goto("/driver/outbox")
    expect(page.locator("[data-others]")).to_be_visible()
    expect(page.locator("[data-nothing-waits]")).to_be_visible()
    assert str(cab.user_id) not in owners_of_copies(page)
    assert cab.on.container(cab.first).state == "labelled"
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    assert owners_of_copies(page) == []
    sign_in(page, pin=None)
    unlock(page)
    page.goto("/driver/outbox")
    expect(page.locator("[data-nothing-waits]")).to_be_visible()
    assert cab.on.container(cab.first).state == "loaded"
    cab.server.stop()
    page.evaluate(module("outbox.js"))
    nowhere = "tested.record({ kind: 'trip_arrive', body: { trip_id: 'nowhere' }, words: '回到平台' })"
    assert [page.evaluate(nowhere)["kept"] for _ in range(4)] == [True] * 4
    lose(page, 3, 4, 6)
    cab.server.start()
    # The page is still open, but nobody waits there any more: the refusal must be read later.
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-group=refused] li")).to_have_count(1)
    the_gaps_are_told(page, database, screenshot)
    # The newest one is lost, and nothing comes after it that the server could ask for.
    cab.server.stop()
    page.evaluate(module("outbox.js"))
    assert page.evaluate(nowhere)["kept"]
    lose(page, 7)
    cab.server.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-group=conflict] li").last).to_contain_text("手机里已没有第 7 号记录")
    cab.server.stop()
    assert load(page, cab)["kept"]
    with cab.on.database.transaction() as session:
        [lost] = session.scalars(select(Device.id).where(Device.user_id == cab.user_id)).all()
        devices.revoke(session, actor=Actor("office", "admin"), device_id=lost, reason="丢失", now=at(9))
    cab.server.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-lock-hint]")).to_contain_text("这部手机已被停用")
    screenshot(page, "phone/6-revoked", full_page=False)
    assert owners_of_copies(page) == []
    # Still on the phone, or with the dispatcher already and waiting to be read: never in neither place.
    assert {event["seq"] for event in kept_on_phone(page) + told_on_phone(page)} == {3, 5, 6, 7, 8}
    page.get_by_role("button", name="重新登录").click()
    page.wait_for_url("**/sign-in")
    sign_in(page)
    page.goto("/driver/outbox")
    expect(page.locator("[data-group=conflict] li")).to_have_count(4)
    screenshot(page, "phone/6-with-the-dispatcher")
    assert kept_on_phone(page) == []


def lose(page: Page, *numbers: int) -> None:
    """The browser loses some of what it had stored."""
    page.evaluate(module("store.js"))
    page.evaluate(
        """numbers => tested.write('events', async (change) => {
             for (const { device, seq } of await change.store.getAll())
               if (numbers.includes(seq)) await change.store.delete([device, seq]); })""",
        numbers,
    )


def the_gaps_are_told(page: Page, database: Database, screenshot: Any) -> None:
    """Numbers that the phone lost are told, signed, in their place; what came after stays as it was."""
    gaps = page.locator("[data-group=conflict] li")
    expect(gaps).to_have_count(2)
    expect(gaps.first).to_contain_text("手机里已没有第 3–4 号记录")
    expect(gaps.first).to_contain_text("请把当时做了什么告诉调度")
    screenshot(page, "phone/11-lost")
    with database.reading() as session:
        events = session.scalars(select(DeviceEvent).order_by(DeviceEvent.seq)).all()
    assert [(event.kind, event.outcome) for event in events[2:]] == [
        ("records_lost", "conflict"),
        ("records_lost", "accepted"),
        ("trip_arrive", "refused"),
        ("records_lost", "conflict"),
    ]
    assert all(event.chained for event in events)


def left_by_the_app_of_before(page: Page, cab: Cab) -> None:
    """An unsigned act that the phone kept before there were events."""
    body: dict[str, Any] = {"round_id": str(cab.on.round_id), "kind": "load"}
    body |= {
        "stop_id": str(cab.on.stops()[1].id),
        "label_code": cab.second,
        "measured_g": cab.on.container(cab.second).declared_g,
    }
    act = {"user": str(cab.user_id), "state": "waiting", "kind": "scan", "body": body, "words": "已装车"}
    act |= {"id": str(uuid4()), "at": "2026-03-17T00:50:00.000Z"}
    page.evaluate(module("store.js"))
    page.evaluate("act => tested.write('acts', (change) => change.store.add(act))", act)


def owners_of_copies(page: Page) -> Any:
    """Whose pages are stored on the phone."""
    return page.evaluate(
        """async () => { const store = await caches.open('wastehub-pages');
             const all = await Promise.all((await store.keys()).map((key) => store.match(key)));
             return [...new Set(all.map((each) => each.headers.get('X-Wastehub-User')))]; }"""
    )


def test_a_full_phone_confirms_nothing_two_tabs_share_one_numbering_ten_wrong_pins_take_the_key(
    cab: Cab, new_page: Any, screenshot: Any
) -> None:
    page = new_page(base_url=cab.server.url, viewport=PHONE, allow=OFFLINE, user_agent=WECHAT)
    sign_in(page)
    stored(page)
    expect(page.get_by_text("微信里不能安装")).to_be_visible()
    screenshot(page, "phone/9-wechat")
    cab.server.stop()
    page.evaluate(
        """() => { window.realAdd = IDBObjectStore.prototype.add;
             const full = () => { throw new DOMException('full', 'QuotaExceededError'); };
             IDBObjectStore.prototype.add = full; }"""
    )
    answer = load(page, cab)
    assert not answer["ok"] and not answer["kept"] and "存储空间已满" in answer["message"]
    expect(page.locator("[data-full]")).to_contain_text("刚才这一步没有登记")
    screenshot(page, "phone/7-full", full_page=False)
    assert kept_on_phone(page) == []
    page.evaluate("() => { IDBObjectStore.prototype.add = window.realAdd; }")
    other = page.context.new_page()
    other.clock.set_fixed_time(at(9))
    other.goto("/driver/")
    expect(other.locator("html")).to_have_attribute("data-door", "open")
    for tab in (page, other):
        tab.evaluate(module("outbox.js"))
        tab.evaluate(SEVERAL)
    assert {event.by for event in chain_of(kept_on_phone(other, 16))} == {cab.user_id}
    other.clock.set_fixed_time(at(9) + timedelta(hours=80))
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.locator("[data-lock-hint]")).to_contain_text("登录已过期")
    other.close()
    page.clock.set_fixed_time(at(9))
    page.goto("/driver/outbox")
    unlock(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出未上传记录").click()
    wrong_pins(page, cab, screenshot)
    assert len(kept_on_phone(page)) == 16
    cab.server.start()
    file = saved.value.path()
    handed_in(new_page(base_url=cab.server.url), file, screenshot)
    handed_in_by_the_office(new_page(base_url=cab.server.url), file, cab, screenshot)
    # A new PIN is a new key; the old one is given up once all that it signed has arrived.
    page.get_by_role("button", name="重新登录").click()
    page.wait_for_url("**/sign-in")
    with page.expect_response("**/revoke"):
        sign_in(page, now=at(9))
    with cab.on.database.reading() as session:
        phones = session.scalars(select(Device).order_by(Device.last_seq.desc())).all()
    assert [(row.last_seq, row.revoked_at is not None) for row in phones] == [(16, True), (0, False)]


def handed_in(desk: Page, file: Path, screenshot: Any) -> None:
    """The driver at a computer of the platform: the phone's signatures speak for the file, not a PIN."""
    sign_in(desk, pin=None)
    desk.goto("/driver/unsent-file")
    said = desk.locator("[data-unsent-said]")
    desk.locator("[data-unsent-file] input").set_input_files(file)
    expect(said).to_have_text("0 条已登记，16 条没有被接受，0 条交由调度处理。")
    screenshot(desk, "phone/10-file")
    changed = file.read_text().replace("trip_arrive", "round_start")
    desk.locator("[data-unsent-file] input").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": changed.encode()}
    )
    expect(desk.locator("[data-unsent-list] li")).to_have_count(32)
    expect(desk.locator("[data-unsent-list] li").last).to_contain_text("签名")


def handed_in_by_the_office(desk: Page, file: Path, cab: Cab, screenshot: Any) -> None:
    """The dispatcher has the same file, made large: its pictures go ahead, nothing is done twice."""
    add_user(cab.on.database, "dispatcher", login="office", organisation_id=cab.on.driver.organisation_id)
    desk.goto("/sign-in")
    desk.locator("[name=login]").fill("office")
    desk.locator("[name=password]").fill(PASSWORD)
    desk.locator("button[type=submit].btn-primary").click()
    expect(desk.get_by_role("heading", name="今日待办")).to_be_visible()
    desk.goto("/field/devices/hand-in")
    picture = BytesIO()
    Image.effect_noise((1300, 1300), 120).save(picture, "JPEG", quality=95)
    jpeg = base64.b64encode(picture.getvalue()).decode()
    large = json.loads(file.read_text()) | {"photos": [{"sha256": "", "jpeg": jpeg}]}
    data = json.dumps(large).encode()
    assert len(data) > 1024 * 1024
    desk.locator("input[type=file]").set_input_files(
        {"name": "unsent.json", "mimeType": "application/json", "buffer": data}
    )
    with desk.expect_response("**/hand-in/picture") as kept:
        desk.get_by_role("button", name="补交文件").click()
    assert kept.value.status == 204
    expect(desk.get_by_text("这些记录平台都已收到过，没有重复登记。")).to_be_visible()
    expect(desk.locator("tr[data-row]")).to_have_count(16)
    screenshot(desk, "phone/12-handed-in")


def wrong_pins(page: Page, cab: Cab, screenshot: Any) -> None:
    """Eight were typed before; the ninth makes the phone wait, the tenth takes key and papers off it."""
    page.evaluate(module("store.js"))
    page.evaluate(
        "user => tested.changeFact(`device:${user}`, (known) => ({ ...known, wrong: 8, triedAt: 0 }))",
        str(cab.user_id),
    )
    page.clock.set_fixed_time(at(9) + timedelta(minutes=31))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-lock-keys]")).to_be_visible()
    type_pin(page, "135790")
    expect(page.locator("[data-lock-title]")).to_contain_text("请等")
    screenshot(page, "phone/5-wait", full_page=False)
    page.clock.set_fixed_time(at(9) + timedelta(hours=1.5))
    expect(page.locator("[data-lock-problem]")).to_have_text("密码不对，还可以试 1 次。")
    expect(page.locator("[data-lock-keys]")).to_be_visible()
    type_pin(page, "135791")
    expect(page.locator("[data-lock-title]")).to_have_text("请联网重新登录")
    expect(page.locator("[data-lock-hint]")).to_contain_text("没有上传的记录都还在")
    screenshot(page, "phone/5-wiped", full_page=False)
    assert owners_of_copies(page) == []
