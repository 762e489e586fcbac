"""A day without coverage: five gates, the app killed in the middle of it, everything arrives once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select

from tests.browser.phone import Handset, kept_on_phone, sign_in, unlock
from tests.browser.servers import Server
from tests.services import driving_world, planning_world
from tests.services.driving_world import at
from tests.services.test_rounds import check_books
from tests.web.driving import crewed
from wastehub import clock, config, ledger
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import field_events, label_codes, roll_codes
from wastehub.domain.actors import Actor
from wastehub.models.batches import Batch, Container
from wastehub.models.field import DeviceEvent
from wastehub.models.label_lives import RollLabel
from wastehub.models.route_plans import Stop
from wastehub.models.scans import Photo, Scan
from wastehub.papers.labels import write as write_labels
from wastehub.services import label_lives, label_templates, labels
from wastehub.web import label_papers, label_sealing


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@dataclass
class Day:
    """The day's round, the server, the phone, and the printed label that is held before its camera."""

    on: driving_world.Road
    server: Server
    app: Any
    film: Path
    roll: str
    now: datetime
    evening: Any
    handset: Any = None

    @property
    def page(self) -> Page:
        page: Page = self.handset.page
        return page

    def goes_by(self, minutes: int = 10) -> None:
        self.now += timedelta(minutes=minutes)
        self.page.clock.set_fixed_time(self.now)


@pytest.fixture
def day(
    database: Database, playwright: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Day]:
    server_now = [at(7.5)]
    monkeypatch.setattr(clock, "now_utc", lambda: server_now[0])
    oil = planning_world.OIL
    with database.transaction() as session:
        for serial in range(1, 6):
            planning_world.firm_with_requests(session, serial, (oil, (40_000 + serial, 80_500)))
    on = driving_world.first_round(database)
    crewed(database, on)
    roll = without_label(database, on)
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    film = tmp_path / "label.mjpeg"
    hold_up(film, Image.new("L", (200, 200), 255))
    with app.test_request_context():
        label_sealing.ready()
    with ExitStack() as stack:
        evening = lambda: server_now.__setitem__(0, at(14))  # noqa: E731
        made = Day(on, Server(app), app, film, roll, at(7.5), evening)
        stack.callback(made.server.stop)
        made.handset = Handset(
            playwright,
            tmp_path / "phone",
            made.server.url,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        )
        stack.callback(made.handset.kill)
        yield made


def without_label(database: Database, on: driving_world.Road) -> str:
    """The fourth gate's drum has no label; its firm holds a roll: the roll's first number."""
    with database.transaction() as session:
        stop = on.stops()[3]
        row = session.scalars(select(Container).where(Container.label_code == on.labels(stop)[0])).one()
        row.state, row.prints = "registered", 0
        desk = Actor(author="user:p", role="dispatcher", organisation_id=on.driver.organisation_id)
        firm = stop.request.enterprise_id
        roll = label_lives.hand_out(session, actor=desk, enterprise_id=firm, labels_wanted=1, now=at(6))
        return session.scalars(select(RollLabel.code).where(RollLabel.roll_id == roll.id)).one()


# -- the printed label before the camera --------------------------------------------------------------------


def printed_label(day: Day, label_code: str) -> Image.Image:
    """The page that a label printer gets for a drum, 203 dots an inch."""
    file = BytesIO()
    with day.app.test_request_context(), day.on.database.reading() as session:
        container = session.scalars(select(Container).where(Container.label_code == label_code)).one()
        firm = session.get_one(Batch, container.batch_id).enterprise_id
        desk = Actor("user:firm", "enterprise", organisation_id=firm)
        fields = labels.label_sheet(session, actor=desk, container_ids=[container.id])
        template = label_templates.in_force(session, on=planning_world.DAY)
        papers = label_papers.papers(
            fields, template=template, sealer=label_sealing.sealer(), base_url="http://wastehub.example"
        )
        write_labels(file, papers, format="single")
    return pypdfium2.PdfDocument(file.getvalue())[0].render(scale=203 / 72).to_pil().convert("L")


def hold_up(film: Path, label: Image.Image) -> None:
    """A film, 1280 x 720, of a label held before the camera by a hand that is not quite steady."""
    label.thumbnail((700, 700))
    with film.open("wb") as frames:
        for turn in (-1, 0, 1, 0):
            scene = Image.new("RGB", (1280, 720), (96, 104, 112))
            held = label.rotate(turn, fillcolor=200, expand=True)
            scene.paste(held, ((1280 - held.width) // 2, (720 - held.height) // 2))
            frame = BytesIO()
            scene.save(frame, "JPEG", quality=90)
            frames.write(frame.getvalue())


# -- what the driver does -----------------------------------------------------------------------------------


def scan(day: Day, label_code: str) -> None:
    """By camera."""
    hold_up(day.film, printed_label(day, label_code))
    day.page.get_by_role("link", name="扫码装车").click()


def typed(day: Day, text: str) -> None:
    """By glove: the short code, or the number of a roll."""
    hold_up(day.film, Image.new("L", (200, 200), 255))
    day.page.get_by_role("link", name="扫码装车").click()
    day.page.locator("#scanner-typed").fill(text)
    day.page.locator("#scanner [data-scanner-typed] button").click()


def load_typed(day: Day, label_code: str) -> None:
    typed(day, label_codes.human_code(day.on.container(label_code).short_no))
    weigh(day, label_code)


def weigh(day: Day, label_code: str) -> None:
    day.page.wait_for_url("**#weigh")
    day.page.locator("#measured").fill(str(day.on.container(label_code).declared_g / 1000))
    day.page.get_by_role("button", name="装车", exact=True).click()
    expect(day.page.locator(f"[data-label='{label_code}']")).to_have_attribute("data-state", "loaded")
    to_the_list(day)


def to_the_list(day: Day) -> None:
    """From the verdict, or from the camera that waits for the next drum."""
    expect(
        day.page.locator("[data-screen=verdict], [data-screen=scan]").locator("visible=true")
    ).to_be_visible()
    day.page.get_by_role("link", name="返回清单").click()
    expect(day.page.locator("[data-screen=list]")).to_be_visible()


def signed_on_the_glass(day: Day) -> None:
    """Somebody of the firm writes his name with a finger; the vehicle leaves."""
    page = day.page
    page.locator("[data-actions-for=list]").get_by_role("link", name="离开这一站").click()
    page.get_by_role("link", name="请单位确认").click()
    page.get_by_role("link", name="在手机上签字").click()
    page.locator("#sign-name").fill("示例联系人")
    box = page.locator("[data-screen=sign-glass] canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + 30 + step * 40, box["y"] + 40 + step % 2 * 50)
    page.mouse.up()
    page.get_by_role("button", name="确认并离开").click()
    page.wait_for_url("**/driver/")
    day.goes_by()


def arrive_at_the_gate(day: Day, number: int) -> Stop:
    """The home page names the next gate, though the server has heard of nothing yet."""
    stop = day.on.stops()[number]
    day.page.get_by_role("link", name="到达这一站").click()
    day.page.wait_for_url(f"**/driver/stops/{stop.id}")
    return stop


def leave_the_platform(day: Day) -> None:
    for box in day.page.locator("[data-step-here] input[type=checkbox]").all():
        box.check()
    day.page.get_by_role("button", name="出发").click()
    expect(day.page.get_by_text("下一站")).to_be_visible()
    day.goes_by()


def test_a_day_without_coverage_reaches_the_ledger_once_and_in_order(day: Day, screenshot: Any) -> None:
    sign_in(day.page, now=day.now, url=day.server.url)
    expect(day.page.locator("[data-stored-text]")).to_contain_text("已存到手机")
    first, second, third, fourth, fifth = day.on.stops()
    codes = {stop.id: day.on.labels(stop) for stop in day.on.stops()}
    # Turned off over breakfast: a browser writes a new sign-in to the disk within half a minute, or then.
    day.handset.switch_off()
    day.server.stop()
    day.handset.start()
    day.goes_by(0)
    day.handset.open("/driver/")
    unlock(day.page)
    leave_the_platform(day)

    arrive_at_the_gate(day, 0)
    scan(day, codes[first.id][0])
    weigh(day, codes[first.id][0])
    load_typed(day, codes[first.id][1])
    screenshot(day.page, "day/1-loaded")
    signed_on_the_glass(day)
    screenshot(day.page, "day/2-home")

    arrive_at_the_gate(day, 1)
    scan(day, codes[second.id][0])
    weigh(day, codes[second.id][0])
    refuse(day, codes[second.id][1])
    # Killed while the last act may still be on its way to the disk; what was confirmed is there.
    day.handset.kill()
    day.handset.start()
    day.goes_by(0)
    day.handset.open(f"/driver/stops/{second.id}")
    unlock(day.page)
    refused = day.page.locator(f"[data-label='{codes[second.id][1]}']")
    expect(refused).to_contain_text("待上传")
    expect(refused).to_have_attribute("data-state", "refused")
    screenshot(day.page, "day/3-after-the-kill")
    signed_on_the_glass(day)

    arrive_at_the_gate(day, 2)
    scan(day, codes[fifth.id][0])
    expect(day.page.locator("[data-verdict-title]")).to_have_text("不能装车")
    screenshot(day.page, "day/4-wrong-drum")
    to_the_list(day)
    scan(day, codes[third.id][0])
    weigh(day, codes[third.id][0])
    load_typed(day, codes[third.id][1])
    signed_on_the_glass(day)

    arrive_at_the_gate(day, 3)
    bind(day, codes[fourth.id][0])
    typed(day, roll_codes.grouped(day.roll))
    weigh(day, codes[fourth.id][0])
    load_typed(day, codes[fourth.id][1])
    signed_on_the_glass(day)

    arrive_at_the_gate(day, 4)
    day.page.get_by_role("link", name="没有人 / 收不了").click()
    day.page.get_by_text("单位关门").click()
    day.page.get_by_role("button", name="登记未能收运").click()
    expect(day.page.get_by_role("button", name="已到达平台")).to_be_visible()
    screenshot(day.page, "day/5-nobody-there")
    day.handset.open(f"/driver/rounds/{day.on.round_id}")
    expect(day.page.locator("[data-stop-id]").filter(has_text="待上传")).to_have_count(5)
    screenshot(day.page, "day/5-all-gates")
    handset_says = kept_on_phone(day.page)

    day.evening()
    day.server.start()
    day.handset.open("/driver/outbox")
    screenshot(day.page, "day/6-outbox")
    day.page.get_by_role("button", name="现在上传").click()
    expect(day.page.locator("[data-group=waiting]")).to_be_hidden(timeout=30_000)
    screenshot(day.page, "day/7-sent")
    the_ledger_agrees(day, handset_says, codes)


def refuse(day: Day, label_code: str) -> None:
    page = day.page
    page.locator(f"[data-label='{label_code}'] [data-open-container]").click()
    page.get_by_role("link", name="拒收这个容器").click()
    page.get_by_text("标签与实物不符").click()
    page.locator("#refuse-note").fill("标签写废油，实为废酸")
    page.get_by_role("button", name="拒收这个容器").click()
    expect(page.locator("[data-verdict-title]")).to_have_text("已拒收")
    to_the_list(day)


def bind(day: Day, label_code: str) -> None:
    """The drum carries no label: one of the roll is stuck on, and its number bound to the drum."""
    page = day.page
    page.locator(f"[data-label='{label_code}'] [data-open-container]").click()
    page.get_by_role("link", name="绑定预印标签").click()
    page.locator("#roll-code").fill(roll_codes.grouped(day.roll))
    page.get_by_role("button", name="绑定到这个容器").click()
    expect(page.locator(f"[data-label='{label_code}']")).to_have_attribute("data-state", "expected")
    expect(page.locator("[data-screen=list]")).to_be_visible()


def the_ledger_agrees(day: Day, handset_says: Any, codes: dict[Any, list[str]]) -> None:
    """Each act once, in the order of the acts for each drum, with the phone's time and ours."""
    with day.on.database.reading() as session:
        events = session.scalars(select(DeviceEvent).order_by(DeviceEvent.seq)).all()
        entries = {code: ledger.entries_for(session, label=code) for each in codes.values() for code in each}
        scans = session.scalars(select(Scan)).all()
        pictures = session.scalars(select(Photo.sha256)).all()
        states = {stop.seq: stop.state for stop in day.on.stops()}
    assert [event.text for event in events] == [each["text"] for each in handset_says]
    assert Counter(event.outcome for event in events) == {"accepted": len(events) - 1, "refused": 1}
    [wrong] = [event for event in events if event.outcome == "refused"]
    assert wrong.outcome_code == "scan.other_enterprise"
    assert {scan.id for scan in scans} == {
        event.id for event in events if event.kind in ("load", "refuse", "unload_back")
    }
    said = [field_events.parse(event.text).body.values for event in events if event.kind == "load"]
    # What the camera read goes along, so that the server judges the seal itself.
    scanned = {each["label_code"]: each["seal"] for each in said if "label_read" in each}
    one, two, three, _four, five = (each[0] for each in codes.values())
    assert scanned == dict.fromkeys((one, two, three, five), "genuine")
    for event in events:
        assert event.received_at == at(14) and event.said_at < at(12)
    for found in entries.values():
        seqs = [entry.event.facts["device_seq"] for entry in found if "device_seq" in entry.event.facts]
        assert seqs == sorted(seqs) and len(seqs) == len(set(seqs))
    loaded = [code for code in entries if day.on.container(code).state == "loaded"]
    first, second, third, fourth, _fifth = codes.values()
    assert sorted(loaded) == sorted([*first, second[0], *third, *fourth])
    assert list(states.values()) == ["done", "partly_done", "done", "done", "missed"]
    assert set(pictures) == {event.photo_sha256 for event in events if event.photo_sha256}
    check_books(day.on.database)
