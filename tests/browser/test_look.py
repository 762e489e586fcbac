"""The components in a real browser: keyboard, camera, map, lookup; axe and CSP on the gallery."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, fits, qr_film
from tests.web.gallery import CODE, PAGES, gallery_app

NAMES = sorted(path.stem for path in PAGES.glob("*.html"))
# Headless Chromium without a film has no camera; that is what the page must survive.
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def base_url() -> Any:
    from tests.browser.conftest import serving

    with serving(gallery_app()) as url:
        yield url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_is_accessible_and_nothing_scrolls_sideways(
    base_url: str,
    new_page: Open,
    check_accessibility: Callable[[Page], None],
    screenshot: Callable[..., None],
    name: str,
    viewport: dict[str, int],
    scheme: str,
) -> None:
    page = new_page(base_url=base_url, viewport=viewport, color_scheme=scheme)
    page.goto(f"/{name}")
    fits(page)
    check_accessibility(page)
    screenshot(page, f"gallery/{name}-{viewport['width']}-{scheme}")


def test_the_rows_of_a_list_are_walked_with_j_and_k_and_opened_with_enter(
    base_url: str, new_page: Open
) -> None:
    page = new_page(base_url=base_url)
    page.goto("/list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    focused = page.locator(":focus")
    expect(focused).to_have_text("2026-0316-0002")
    page.keyboard.press("Enter")
    page.wait_for_url("**/list#2026-0316-0002")
    page.keyboard.press("/")
    expect(focused).to_have_attribute("name", "q")


def test_chosen_rows_are_counted_and_a_filter_keeps_the_page(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url)
    page.goto("/list")
    page.locator("[data-select]").nth(0).check()
    page.locator("[data-select]").nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-selected-number]")).to_have_text("4")
    with page.expect_response(re.compile("state=stored")):
        page.locator("select[name=state]").select_option("stored")
    page.wait_for_url(re.compile("state=stored"))
    expect(page.locator("[data-row]")).to_have_count(32)


def test_a_lookup_offers_what_the_server_finds_and_takes_the_arrow_keys(
    base_url: str, new_page: Open
) -> None:
    page = new_page(base_url=base_url)
    page.goto("/form")
    field = page.locator("[data-lookup-text]")
    field.fill("fk")
    page.locator("[role=option]").first.wait_for()
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("900-041-49 废包装桶")
    expect(page.locator("input[name=waste_code]")).to_have_value("900-041-49")


def test_a_map_zooms_with_its_buttons_and_comes_back(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url)
    page.goto("/map")
    box = page.locator("[data-map-svg]")
    whole = box.get_attribute("viewBox")
    page.locator("[data-map-in]").click()
    expect(box).not_to_have_attribute("viewBox", whole or "")
    assert float((box.get_attribute("viewBox") or "").split()[2]) == pytest.approx(880 / 1.6)
    page.locator("[data-map-reset]").click()
    expect(box).to_have_attribute("viewBox", whole or "")


def test_a_form_is_sent_once_however_often_the_button_is_pressed(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url)
    page.goto("/form")
    page.evaluate(
        """() => document.getElementById('main-form').addEventListener('submit', (event) => {
            window.sent = (window.sent ?? 0) + (event.defaultPrevented ? 0 : 1);
            event.preventDefault();
        })"""
    )
    button = page.locator(".form-actions button[type=submit]")
    button.click()
    button.click(force=True)
    expect(page.locator("#main-form")).to_have_attribute("data-sent", "1")


def test_a_dialog_names_its_object_and_escape_leaves_it(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url)
    page.goto("/detail")
    page.locator("[data-opens=void]").click()
    expect(page.locator("dialog[open] button[type=submit]")).to_have_text("作废标签 …001")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_driver_sees_the_line_and_the_outbox(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url, viewport=PHONE)
    page.goto("/driver")
    state = page.locator("[data-line-state]")
    expect(state).to_have_text("在线")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new CustomEvent('wh:outbox', {detail: {waiting: 4}}))")
    expect(state).to_have_text("离线 · 4 条待上传")
    expect(state).to_have_attribute("data-state", "offline")
    for height in page.locator(".btn, .driver-back, summary, .driver-list a").evaluate_all(
        "all => all.map(e => e.offsetHeight)"
    ):
        assert height >= 56


def test_the_camera_reads_a_label_and_typing_does_as_well(
    base_url: str, new_page: Open, camera_browser: Callable[[Path], Browser], tmp_path: Path
) -> None:
    browser = camera_browser(qr_film(tmp_path / "label.mjpeg", [CODE]))
    page = new_page(base_url=base_url, browser=browser, viewport=PHONE)
    page.add_init_script(
        "window.scans = []; document.addEventListener('wh:scan', (event) => window.scans.push(event.detail));"
    )
    page.goto("/scan")
    page.locator(".scanner[data-state=read]").wait_for()
    page.wait_for_function("window.scans.length > 0")
    assert page.evaluate("window.scans[0]") == {"text": CODE, "seal": "unsigned", "source": "camera"}
    expect(page.locator("input[name=code]")).to_have_value(CODE)
    page.locator("[data-scanner-typed] input").fill("abc-1")
    page.locator("[data-scanner-typed] button").click()
    page.wait_for_function("window.scans.at(-1).source === 'typed'")
    assert page.evaluate("window.scans.at(-1)") == {"text": "ABC-1", "seal": "", "source": "typed"}
    # The same label before the lens is told once.
    assert page.evaluate("window.scans.filter(scan => scan.source === 'camera').length") == 1


def test_without_a_camera_the_page_says_what_to_do(base_url: str, new_page: Open) -> None:
    page = new_page(base_url=base_url, viewport=PHONE)
    page.goto("/scan")
    page.locator(".scanner[data-state=closed]").wait_for()
    expect(page.locator("[data-scanner-state]")).to_contain_text("手工输入")
