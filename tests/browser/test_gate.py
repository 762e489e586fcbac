"""The gate on the phone: it judges like the server, many drums, one scale, changes, the firm's signature."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser.conftest import PHONE, qr_film
from tests.browser.phone import sign_in
from tests.domain.gate_cases import TABLE, answer, drawn, question
from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import label_codes, roll_codes
from wastehub.domain.actors import Actor
from wastehub.models.handing_over import AgreedChange, HandOver
from wastehub.models.route_plans import Stop
from wastehub.models.scans import Photo, Scan
from wastehub.services import handing_over

Open = Callable[..., Page]
Shot = Callable[..., None]
SOURCES = Path(__file__).parents[2] / "wastehub/frontend/src"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def module(page: Page, name: str) -> None:
    """A source file without imports as `window.tested`, on an empty page."""
    source = base64.b64encode((SOURCES / name).read_bytes()).decode()
    page.evaluate(
        f"import('data:text/javascript;base64,{source}').then(found => {{ window.tested = found; }})"
    )


def test_the_phone_judges_every_scan_like_the_server(new_page: Open) -> None:
    page = new_page()
    module(page, "gate_rules.js")
    asked = [question(case.get("change", {})) for case in TABLE["cases"]] + drawn(3000)
    said: list[Any] = page.evaluate("asked => asked.map(each => tested.judge(each))", asked)
    different = [
        (one, mine, yours) for one, mine in zip(asked, said, strict=True) if mine != (yours := answer(one))
    ]
    assert not different, different[0]


def test_the_phone_knows_a_typing_error_and_shares_a_weighing(new_page: Open) -> None:
    page = new_page()
    module(page, "gate_rules.js")
    short = label_codes.human_code(48_271_936)
    roll = roll_codes.make(4711)
    typed = {
        label_codes.grouped(short): ("short", True),
        short[:-1] + ("1" if short[-1] != "1" else "2"): ("short", False),
        short.replace("1", "l"): ("short", True),
        roll_codes.grouped(roll): ("roll", True),
        roll[1] + roll[0] + roll[2:]: ("roll", roll[0] == roll[1]),
        "91330400MA2EXAMPL19002140820260301001": ("full", True),
        "1001": ("ending", True),
        "01": ("ending", False),
    }
    said = page.evaluate("texts => texts.map(tested.readTyped)", list(typed))
    assert [(each["kind"], each["right"]) for each in said] == list(typed.values())
    assert page.evaluate("tested.shares(500000, 3)") == [166_666, 166_666, 166_668]
    assert page.evaluate("tested.shares(7, 1)") == [7]
    assert page.evaluate("tested.weighingDifference(170000, 170851, {floor_g: 500, ppm: 5000})") == {
        "difference_g": 851,
        "allowed_g": 850,
        "within": False,
    }


# -- at the gate -------------------------------------------------------------------------------------------


@dataclass
class Gate:
    """A server with a round on the road: three equal drums at the first firm, one at the second."""

    url: str
    on: driving_world.Road
    film: Path

    @property
    def stop(self) -> Stop:
        return max(self.on.stops(), key=lambda each: each.containers_planned)

    @property
    def other(self) -> Stop:
        return min(self.on.stops(), key=lambda each: each.containers_planned)

    def rows(self, table: Any) -> list[Any]:
        with self.on.database.reading() as session:
            return list(session.scalars(select(table)))


@pytest.fixture
def at_gate(database: Database, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr(clock, "now_utc", lambda: at(9))
    with database.transaction() as session:
        planning_world.firm_with_requests(session, 1, (planning_world.OIL, (100_000, 100_000, 100_000)))
        planning_world.firm_with_requests(session, 2, (planning_world.OIL, (60_000,)))
    on = driving_world.first_round(database)
    crewed(database, on)
    on.start()
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    gate = Gate(serve(app), on, tmp_path / "labels.mjpeg")
    qr_film(gate.film, [f"http://wastehub.example/c/{code}" for code in on.labels(gate.stop)])
    return gate


def open_gate(page: Page, gate: Gate, screen: str = "list") -> None:
    page.goto(f"/driver/stops/{gate.stop.id}#{screen}")
    expect(page.locator("[data-gate]")).to_have_attribute("data-ready", "")


def sign(page: Page, canvas: str) -> None:
    """A name, more or less."""
    page.locator(canvas).scroll_into_view_if_needed()
    box = page.locator(canvas).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 30 + step * 18, box["y"] + 90 + (45 if step % 2 else -45))
    page.mouse.up()


# A scale as a phone sees it: the standard service, saying 300.005 kg in steps of 5 g.
SCALE = """
const weight = new EventTarget();
weight.startNotifications = async () => {
  const value = new DataView(new ArrayBuffer(3));
  value.setUint16(1, 60001, true);
  weight.value = value;
  setTimeout(() => weight.dispatchEvent(new Event('characteristicvaluechanged')));
};
const device = new EventTarget();
device.name = 'SCALE-7';
const service = { getCharacteristic: async (uuid) => (window.askedFor.push(uuid), weight) };
device.gatt = { connect: async () => ({ getPrimaryService: async () => service }), disconnect() {} };
window.askedFor = [];
Object.defineProperty(navigator, 'bluetooth', {
  value: { requestDevice: async ({ filters }) => (window.askedFor.push(filters[0].services[0]), device) },
});
"""


def test_many_drums_are_scanned_weighed_together_and_signed_for(
    at_gate: Gate,
    new_page: Open,
    camera_browser: Callable[[Path], Browser],
    screenshot: Shot,
    check_accessibility: Callable[[Page], None],
) -> None:
    page = new_page(browser=camera_browser(at_gate.film), base_url=at_gate.url, viewport=PHONE)
    page.add_init_script(SCALE + "localStorage.setItem('wastehub-many', 'yes')")
    sign_in(page)
    open_gate(page, at_gate, "scan")
    expect(page.locator(".driver-actions [data-tray-count]")).to_have_text("3")
    screenshot(page, "gate/1-tray", full_page=False)
    check_accessibility(page)
    page.locator("[data-tray-weigh]").click()
    expect(page.locator("[data-group-words]")).to_have_text("第 1 桶 / 共 3 桶")
    page.get_by_role("button", name="一起称").click()
    page.get_by_role("button", name="蓝牙秤").click()
    expect(page.locator("#measured")).to_have_value("300.005")
    assert page.evaluate("askedFor") == [0x181D, 0x2A9D]
    expect(page.locator("[data-shares]")).to_contain_text("最后一桶：100.003 kg")
    expect(page.locator("[data-difference]")).to_contain_text("在允许误差内")
    screenshot(page, "gate/2-together")
    check_accessibility(page)
    page.get_by_role("button", name="装车").click()
    expect(page.locator("[data-verdict-what]")).to_have_text("3 桶 · 300.0 kg")
    page.get_by_role("link", name="离开这一站").click()
    page.get_by_role("link", name="请单位确认").click()
    page.get_by_role("link", name="在手机上签字").click()
    page.locator("#sign-name").fill("示例签字人")
    page.get_by_role("button", name="确认并离开").click()
    expect(page.locator("#sign-glass-form [data-problem]")).to_have_text("请单位人员在框内签字。")
    sign(page, "[data-screen=sign-glass] canvas")
    screenshot(page, "gate/3-signed")
    check_accessibility(page)
    with page.expect_navigation():
        page.get_by_role("button", name="确认并离开").click()
    scans = sorted(at_gate.rows(Scan), key=lambda each: each.device_seq)
    assert [each.measured_g for each in scans] == [100_001, 100_001, 100_003]
    [row] = at_gate.rows(HandOver)
    assert (row.way, row.person_name, row.containers, row.mass_g) == ("glass", "示例签字人", 3, 300_005)
    assert [each.sha256 for each in at_gate.rows(Photo)] == [row.photo_sha256]
    page.goto(f"/manifests/{at_gate.on.paper(at_gate.stop).id}")
    expect(page.locator("main, body").first).to_contain_text("手签 示例签字人")


def test_without_a_network_the_phone_judges_changes_and_takes_the_code(
    at_gate: Gate, new_page: Open, screenshot: Shot, check_accessibility: Callable[[Page], None]
) -> None:
    on, stop = at_gate.on, at_gate.stop
    firm = Actor("user:firm", "enterprise", organisation_id=on.request(stop).enterprise_id)
    with on.database.transaction() as session:
        code = handing_over.show_code(session, actor=firm, request_id=stop.request_id, now=at(9)).code
    page = new_page(
        base_url=at_gate.url, viewport=PHONE, allow=[r"ERR_INTERNET_DISCONNECTED", r"Failed to load resource"]
    )
    sign_in(page)
    open_gate(page, at_gate)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.get_by_role("link", name="扫码装车").click()
    label = on.labels(stop)[0]
    short = label_codes.human_code(on.container(label).short_no)
    enter(page, short[:-1] + str((int(short[-1]) + 1) % 10))
    expect(page.locator("[data-scan-line]")).to_contain_text("校验位不对")
    enter(page, on.labels(at_gate.other)[0])
    expect(page.locator("[data-verdict-title]")).to_have_text("不能装车")
    expect(page.locator("[data-verdict-message]")).to_contain_text("（离线判断，上传后再核对）")
    screenshot(page, "gate/10-wrong-drum")
    page.get_by_role("link", name="扫下一个").click()
    enter(page, label_codes.grouped(short))
    page.get_by_role("link", name="和单位变更").click()
    agree(page)
    screenshot(page, "gate/11-change")
    check_accessibility(page)
    page.get_by_role("button", name="双方同意，变更").click()
    expect(page.locator("[data-weigh-line]")).to_contain_text("100.0 kg → 80.0 kg")
    page.locator("#measured").fill("900")
    page.get_by_role("button", name="装车").click()
    expect(page.locator("[data-weigh] [data-problem]")).to_contain_text("相差过大")
    page.locator("#measured").fill("80")
    page.get_by_role("button", name="装车").click()
    expect(page.locator("[data-scan-line]")).to_contain_text("80.0 kg · 已存手机")
    the_loaded_drum_stays_before_the_lens(page, label)
    page.get_by_role("link", name="离开这一站").click()
    expect(page.locator("[data-screen=leave] [data-missing-count]")).to_have_text("2")
    screenshot(page, "gate/12-missing")
    page.get_by_role("link", name="请单位确认").click()
    page.get_by_role("link", name="输入交接码").click()
    page.locator("#sign-code").fill(f"{code[:3]} {code[3:]}")
    check_accessibility(page)
    page.get_by_role("button", name="确认并离开").click()
    page.wait_for_url("**/driver/")
    assert at_gate.rows(HandOver) == [] and on.container(label).state == "labelled"
    page.context.set_offline(False)
    # What the server refused, the wrong drum, is shown until the driver has read it.
    expect(page.locator("[data-line-text]")).to_have_text("在线 · 1 条需处理")
    [change] = at_gate.rows(AgreedChange)
    assert (change.before_g, change.after_g, change.firm_name) == (100_000, 80_000, "示例联系人")
    scans = sorted(at_gate.rows(Scan), key=lambda each: each.device_seq)
    assert [(each.outcome, each.outcome_code) for each in scans] == [
        ("refused", "scan.other_enterprise"),
        ("accepted", ""),
    ]
    [row] = at_gate.rows(HandOver)
    assert (row.way, row.containers, row.mass_g) == ("code", 1, 80_000)
    left = {each.id: each for each in on.stops()}[stop.id]
    assert (left.state, left.outcome_reason) == ("partly_done", "")


def the_loaded_drum_stays_before_the_lens(page: Page, label: str) -> None:
    """Nothing happens; when it is scanned again from the list, its screen comes."""
    seen = """text => document.querySelector('#scanner').dispatchEvent(
        new CustomEvent('wh:scan', {detail: {text, source: 'camera', seal: ''}}))"""
    page.evaluate(seen, label)
    assert page.evaluate("location.hash") == "#scan"
    expect(page.locator("[data-scan-line]")).to_contain_text("80.0 kg · 已存手机")
    page.get_by_role("link", name="返回清单").click()
    page.get_by_role("link", name="扫码装车").click()
    page.evaluate(seen, label)
    expect(page.locator("[data-screen=container]")).to_be_visible()
    page.get_by_role("link", name="返回清单").click()


def enter(page: Page, text: str) -> None:
    page.locator("#scanner-typed").fill(text)
    page.locator("#scanner [data-scanner-typed] button").click()


def agree(page: Page) -> None:
    """Firm and driver agree on 80 kg, after the phone has asked for everything that belongs to it."""
    page.locator("[data-change]").get_by_text("登记重量", exact=True).click()
    page.locator("#change-mass").fill("80")
    page.get_by_role("button", name="双方同意，变更").click()
    expect(page.locator("[data-change] [data-problem]")).to_have_text("请选择原因。")
    page.locator("[data-change]").get_by_text("部分废物留在单位").click()
    page.locator("#change-name").fill("示例联系人")
    page.locator("#change-role").select_option("contact")
    page.get_by_role("button", name="双方同意，变更").click()
    expect(page.locator("[data-change] [data-problem]")).to_have_text("请单位人员在框内签字。")
    sign(page, "[data-change] canvas")
