"""A real browser for tests: Chromium, headless, optionally with a camera that plays a film.

serve(app)                 starts the WSGI app on a free port of 127.0.0.1, gives its URL
new_page(...)              a page in a fresh context; at the end of the test any console error,
                           uncaught exception, breach of the content security policy, answer of
                           500 or more or failed request fails it (`allow=` lists expected ones)
camera_browser(film)       a browser whose camera shows the film that `qr_film` wrote
fits(page)                 nothing scrolls sideways
screenshot(page, name)     a picture in the folder WASTEHUB_SCREENSHOTS, if that is set
check_accessibility(page)  axe finds nothing serious (WCAG 2.2 AA)
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests.browser.servers import Server
from tests.browsers import NO_BROWSER, find_browser

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
AXE = Path(__file__).parents[2] / "wastehub/frontend/node_modules/axe-core/axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# How long a page may take to become what a test expects. Costs nothing while it does; three workers on two
# busy cores need more than the 5 seconds that `expect` would wait.
PATIENCE_MS = 45_000
expect.set_options(timeout=PATIENCE_MS)
CONTEXTS = pytest.StashKey[list[BrowserContext]]()
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=zh-CN"]


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The URL of a WSGI app while the block lasts."""
    server = Server(app)
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def launch(playwright: Playwright, *extra: str) -> Browser:
    program = find_browser()
    if program is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    return playwright.chromium.launch(
        executable_path=program, args=[*ARGUMENTS, *extra], timeout=2 * PATIENCE_MS
    )


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def camera_browser(playwright: Playwright) -> Iterator[Callable[[Path], Browser]]:
    with ExitStack() as stack:

        def start(film: Path) -> Browser:
            browser = launch(
                playwright,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            )
            stack.callback(browser.close)
            return browser

        yield start


def qr_film(path: Path, texts: Sequence[str]) -> Path:
    """An .mjpeg film, 1280 x 720, that shows the QR code of each text in turn and then starts again."""
    import qrcode
    from PIL import Image

    with path.open("wb") as film:
        for index, text in enumerate(text for text in texts for _ in range(4)):
            code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=7, border=4)
            code.add_data(text)
            picture = code.make_image().get_image().convert("L").rotate(index % 4, fillcolor=255, expand=True)
            scene = Image.new("RGB", (1280, 720), (96, 104, 112))
            scene.paste(picture, ((1280 - picture.width) // 2, (720 - picture.height) // 2))
            frame = io.BytesIO()
            scene.save(frame, "JPEG", quality=90)
            film.write(frame.getvalue())
    return path


class Watch:
    """What went wrong on a page, as lines; `allow` are patterns of lines that a test expects."""

    def __init__(self, page: Page, allow: Sequence[str]) -> None:
        self.problems: list[str] = []
        self._allow = [re.compile(pattern) for pattern in allow]
        page.on("console", lambda message: self._console(message))
        page.on("pageerror", lambda error: self._note(f"uncaught: {error}"))
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("response", lambda response: self._answered(response))

    def _console(self, message: Any) -> None:
        # Breaches of the content security policy are told here, too.
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Any) -> None:
        # A page that is left, or closed, aborts what it was loading: no fault of it.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._note(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self._note(f"{response.status}: {response.url}")

    def _note(self, line: str) -> None:
        if not any(pattern.search(line) for pattern in self._allow):
            self.problems.append(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test's pages close before its clock, server and database are put away: they ask until they close."""
    try:
        return (yield)
    finally:
        close_all(item.stash.get(CONTEXTS, []))


def close_all(contexts: list[BrowserContext]) -> None:
    while contexts:
        contexts.pop().close()


@pytest.fixture
def new_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = request.node.stash.setdefault(CONTEXTS, [])
    watches: list[Watch] = []

    def open_page(
        *,
        browser: Browser | None = None,
        viewport: dict[str, int] = DESKTOP,
        base_url: str | None = None,
        locale: str = "zh-CN",
        allow: Sequence[str] = (),
        **options: Any,
    ) -> Page:
        context = (browser or chromium).new_context(
            viewport=viewport,  # type: ignore[arg-type]
            base_url=base_url,
            locale=locale,
            timezone_id="Asia/Shanghai",
            # The pages obey it: a colour measured half-way through a change is nobody's colour.
            reduced_motion="reduce",
            permissions=["camera"] if browser else [],
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page, allow))
        return page

    yield open_page
    close_all(contexts)
    problems = [line for watch in watches for line in watch.problems]
    if problems:
        pytest.fail("the browser complained:\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def screenshot() -> Callable[..., None]:
    def take(page: Page, name: str, *, full_page: bool = True) -> None:
        if folder := os.environ.get("WASTEHUB_SCREENSHOTS"):
            target = Path(folder) / f"{name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.wait_for_load_state()
            page.screenshot(path=target, full_page=full_page)

    return take


def once_loaded(page: Page, ask: Callable[[], Any]) -> Any:
    """The answer of the page that is there in the end: after a click another one may come while we ask."""
    for _ in range(5):
        page.wait_for_load_state()
        try:
            return ask()
        except Error as problem:
            if "context was destroyed" not in problem.message and "navigation" not in problem.message:
                raise
    return ask()


def fits(page: Page) -> None:
    """Nothing scrolls sideways. After a click the new page may have come without a single element yet."""
    asked = "[document.documentElement.scrollWidth, innerWidth]"
    wide, room = once_loaded(page, lambda: page.evaluate(asked))
    assert wide <= room, page.url


@pytest.fixture
def check_accessibility() -> Callable[[Page], None]:
    def check(page: Page) -> None:
        if not AXE.is_file():
            pytest.fail("axe-core is missing: run `python3 -m wastehub setup`", pytrace=False)

        def ask() -> Any:
            # evaluate, not a script tag: the pages' content security policy stays as it is.
            page.evaluate(AXE.read_text(encoding="utf-8"))
            return page.evaluate(
                "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", AXE_RULES
            )

        found = once_loaded(page, ask)
        serious = [
            f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']][:5]}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert not serious, f"{page.url}\n" + "\n".join(serious)

    return check
