"""The browser of the tests sees what a person would, and complains about what it should."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PHONE, Watch, qr_film
from tests.browser.servers import Server

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


def test_a_server_that_stopped_has_answered_and_asks_the_database_nothing_more() -> None:
    asked, may_answer, done = threading.Event(), threading.Event(), []
    app = tiny_app()

    @app.get("/slow")
    def slow() -> str:
        asked.set()
        may_answer.wait()
        done.append("answered")
        return "late"

    server = Server(app)
    got: list[bytes] = []
    asker = threading.Thread(target=lambda: got.append(urllib.request.urlopen(server.url + "/slow").read()))
    asker.start()
    asked.wait()
    # A browser opens connections in advance: nobody waits for what will never be asked on them.
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))):
        threading.Timer(0.2, may_answer.set).start()
        server.stop()
        assert done == ["answered"]
    asker.join()
    assert got == [b"late"]


@pytest.fixture
def put_away_first(new_page: Callable[..., Page]) -> Iterator[list[Page]]:
    """Like the clock of a test: asked for after the page, taken away before it."""
    pages: list[Page] = []
    yield pages
    assert [page.is_closed() for page in pages] == [True]


def test_a_page_closes_before_what_it_asks_for_is_put_away(
    new_page: Callable[..., Page], put_away_first: list[Page]
) -> None:
    put_away_first.append(new_page())
