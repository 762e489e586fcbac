"""The browser of the tests sees what a person would, and complains about what it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PHONE, Watch, qr_film

PAGE = "<!doctype html><html lang=zh><title>示例</title><main><h1>示例</h1>{body}</main></html>"


def tiny_app(body: str = "", policy: str = "default-src 'self'") -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def home() -> tuple[str, dict[str, str]]:
        return PAGE.format(body=body), {"Content-Security-Policy": policy}

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 204

    return app


def test_a_page_opens_in_the_width_of_a_phone(
    serve: Callable[[Any], str], new_page: Callable[..., Page], check_accessibility: Callable[[Page], None]
) -> None:
    page = new_page(base_url=serve(tiny_app()), viewport=PHONE)
    page.goto("/")
    assert page.evaluate("window.innerWidth") == 390
    assert page.evaluate("navigator.language") == "zh-CN"
    check_accessibility(page)


def test_axe_finds_a_picture_without_words(
    serve: Callable[[Any], str], new_page: Callable[..., Page], check_accessibility: Callable[[Page], None]
) -> None:
    page = new_page(base_url=serve(tiny_app('<img src="/favicon.ico">')))
    page.goto("/")
    with pytest.raises(AssertionError, match="image-alt"):
        check_accessibility(page)


def test_an_inline_script_under_the_policy_is_a_complaint(
    serve: Callable[[Any], str], chromium: Browser
) -> None:
    page = chromium.new_page()
    watch = Watch(page, allow=())
    page.goto(serve(tiny_app("<script>1</script>")))
    page.wait_for_load_state("networkidle")
    assert any("Content Security Policy" in problem for problem in watch.problems)
    page.close()


def test_the_camera_plays_a_film(
    tmp_path: Path,
    camera_browser: Callable[[Path], Browser],
    serve: Callable[[Any], str],
    new_page: Callable[..., Page],
) -> None:
    film = qr_film(tmp_path / "label.mjpeg", ["HTTPS://EXAMPLE.CN/C/1"])
    page = new_page(browser=camera_browser(film), base_url=serve(tiny_app()))
    page.goto("/")
    width = page.evaluate(
        "async () => { const s = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 1280}}});"
        " const v = document.createElement('video'); v.srcObject = s; v.muted = true; await v.play();"
        " return v.videoWidth; }"
    )
    assert width == 1280
