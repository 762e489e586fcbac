"""The browser that the tests drive: the system's own Chromium, installed where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from wastehub.__main__ import apt_install, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
NO_BROWSER = (
    "The browser tests need Chromium, and there is none: install it (Debian: apt-get install chromium"
    " fonts-noto-cjk) or name its program in WASTEHUB_CHROMIUM."
)


def find_browser() -> str | None:
    """The program to start, or None."""
    if named := os.environ.get("WASTEHUB_CHROMIUM"):
        return named
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in (*found, *APPLICATIONS) if path and Path(path).exists()), None)


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return not shutil.which("apt-get")  # macOS and Windows bring one
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout.strip())


def provide_browser() -> None:
    """Install what is missing. Without a browser the browser tests fail, each with NO_BROWSER."""
    wanted = [] if find_browser() else ["chromium"]
    wanted += [] if has_chinese_font() else ["fonts-noto-cjk"]
    if wanted and not apt_install(*wanted):
        say(NO_BROWSER if not find_browser() else "no Chinese font here: screenshots will show empty boxes")
