"""Web server and job worker as two child processes that end together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from .config import Settings

START_PATIENCE_S = 60
STOP_PATIENCE_S = 15


class NotServing(Exception):
    """The server could not be started; the message says why and what to do."""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def with_free_port(settings: Settings) -> Settings:
    """Port 0 means any free one: chosen here, so that the printed address is the real one."""
    if settings.port != 0:
        return settings
    with socket.socket() as probe:
        probe.bind((settings.host, 0))
        port = probe.getsockname()[1]
    return replace(settings, port=port, base_url=f"http://{settings.host}:{port}")


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment that makes a child process see the same installation."""
    return os.environ | {
        "WASTEHUB_VAR": str(settings.var_dir),
        "WASTEHUB_DATABASE_URL": settings.database_url,
        "WASTEHUB_QUEUE_URL": settings.queue_url,
        "WASTEHUB_REGION": settings.region,
        "WASTEHUB_BASE_URL": settings.base_url,
        "WASTEHUB_HOST": settings.host,
        "WASTEHUB_PORT": str(settings.port),
        "WASTEHUB_SIGNING_KEY": str(settings.signing_key_path),
        "WASTEHUB_LOG_KEY": os.pathsep.join(map(str, settings.log_key_paths)),
        "WASTEHUB_LABEL_KEY": str(settings.label_key_path),
        "WASTEHUB_LOG_ORIGIN": settings.log_origin,
        "WASTEHUB_ANCHOR": settings.anchor_dir,
        "WASTEHUB_WITNESSES": str(settings.witnesses_path or ""),
        "WASTEHUB_BLOB_URL": settings.blob_url,
        "WASTEHUB_DEMO_LAN": "1" if settings.demo_lan else "",
    }


def web_command(settings: Settings) -> list[str]:
    """gunicorn with threads: SQLite, OR-Tools and psycopg do not go with green threads."""
    return [
        sys.executable, "-m", "gunicorn", "wastehub.wsgi:application",
        "--bind", f"{settings.host}:{settings.port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "32", "--timeout", "60", "--graceful-timeout", "10",
        "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip


def worker_command() -> list[str]:
    return [sys.executable, "-m", "wastehub.cli", "worker"]


def serve(settings: Settings, *, say: Callable[[str], None], with_worker: bool = True) -> int:
    """Serve until a signal comes or a child dies. 0 after a clean stop."""
    settings = with_free_port(settings)
    environment = environment_for(settings)
    children = [subprocess.Popen(web_command(settings), env=environment)]
    if with_worker:
        children.append(subprocess.Popen(worker_command(), env=environment))
    stop = _Stop()
    try:
        _wait_until_ready(settings, children, stop)
        if not stop.asked:
            say(f"WasteHub: {settings.base_url}")
        while not stop.asked and all(child.poll() is None for child in children):
            stop.wait(0.5)
        died = not stop.asked
    finally:
        _end(children)
    if died:
        raise NotServing("a server process ended by itself: see its message above")
    return 0


class _Stop:
    """Remembers that somebody asked us to stop (SIGTERM, Ctrl-C)."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def wait(self, seconds: float) -> None:
        """A signal ends the wait at once: select returns when a handler ran."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            signal.sigtimedwait([], min(left, 0.1))


def _wait_until_ready(settings: Settings, children: list[subprocess.Popen[bytes]], stop: _Stop) -> None:
    patience_ends = time.monotonic() + START_PATIENCE_S
    url = f"http://{settings.host}:{settings.port}/readyz"
    while not stop.asked:
        if any(child.poll() is not None for child in children):
            raise NotServing(
                f"the server did not start; is port {settings.port} in use? Choose another with --port"
            )
        try:
            with urlopen(url, timeout=2) as answer:
                if json.load(answer)["status"] == "ok":
                    return
        except (URLError, OSError):
            pass  # not listening yet: the loop's deadline decides
        if time.monotonic() > patience_ends:
            raise NotServing(f"no answer from {url} within {START_PATIENCE_S} s")
        stop.wait(0.2)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
