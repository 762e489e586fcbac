"""Acts over HTTP: registrations of batches through the API by eight firms, durable, with postings."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from sqlalchemy import func, select

from bench.ledger_costs import flushing, stores
from bench.ledger_costs.rows import Row
from tests import firms
from wastehub import clock, config, ledger, migrate, serving
from wastehub.app import open_database
from wastehub.config import Settings
from wastehub.ledger.store import EntryRow, PostingRow
from wastehub.seeding import reference, region
from wastehub.services import accounts

CLIENTS = 8
SECONDS = 20
PASSWORD = "bench-only secret"
ROOT = Path(__file__).resolve().parents[2]


def measure(folder: Path, kind: str, seconds: int = SECONDS) -> list[Row]:
    flushing.require_delay(folder)
    with stores.url(kind, folder) as address:
        settings = replace(
            config.from_environment({"WASTEHUB_VAR": str(folder / "var")}), database_url=address, port=0
        )
        settings = serving.with_free_port(settings)
        _furnish(settings)
        before = stores.raw_commits_per_s(address)
        flushing.require_delayed(before)
        with _served(settings) as server:
            told = _clients(settings, seconds, server)
        raw = statistics.mean((before, stores.raw_commits_per_s(address)))
        _check(settings, told["answered"])
    rate, p99_ms = told["answered"] / told["seconds"], told["p99_ms"]
    cpu_ms = told["server_s"] / told["answered"] * 1e3
    later_ms = flushing.delayed_ms()
    name = f"acts over HTTP, {kind}" + (f", each flush {later_ms} ms later" if later_ms else "")
    detail = (
        f"{CLIENTS} clients, {told['answered']:,.0f} acts in {told['seconds']:.0f} s, "
        f"p50 {told['p50_ms']:.0f} ms; web server {cpu_ms:.1f} ms of CPU an act "
        f"(a core alone: {1e3 / cpu_ms:.0f}/s); raw commits {raw:,.0f}/s"
    )
    # Both are asked for; where a flush takes next to nothing the processor is the limit, not the disk.
    at_least = max(0.4 * raw, 60)
    return [
        Row(
            name,
            f"{rate:.0f}/s = {rate / raw:.2f} x raw commits",
            "0.4 x, 60/s",
            rate >= at_least,
            detail,
        ),
        Row(f"{name}, p99", f"{p99_ms:.0f} ms", "500 ms", p99_ms <= 500, "aim: 250 ms"),
    ]


def _furnish(settings: Settings) -> None:
    """An installation with the region's units, and firms with somebody who may register waste."""
    database = open_database(settings)
    migrate.upgrade(database.engine)
    now = clock.now_utc()
    with database.transaction() as session:
        reference.load_reference(session, now=now)
        region.load_region(session, folder=settings.region, now=now)
        for serial in range(CLIENTS):
            firm = firms.enrolled(session, serial + 1)
            accounts.create_user(
                session,
                actor=firms.admin(),
                login=f"bench-{serial}",
                display_name="示例",
                password=PASSWORD,
                role="enterprise",
                organisation_id=firm.id,
                now=now,
            )
    database.dispose()


@contextmanager
def _served(settings: Settings) -> Iterator[psutil.Process]:
    """Web server and job worker as `wastehub run` has them; the first of them."""
    environment = serving.environment_for(settings) | {"PYTHONPATH": str(ROOT)}
    commands = (serving.web_command(settings), serving.worker_command())
    children = [subprocess.Popen(command, env=environment, cwd=ROOT) for command in commands]
    try:
        _wait(settings.base_url, children)
        yield psutil.Process(children[0].pid)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(30)


def _cpu_s(server: psutil.Process) -> float:
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _wait(base_url: str, children: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(300):
        if any(child.poll() is not None for child in children):
            raise SystemExit("the server ended by itself")
        try:
            with urlopen(f"{base_url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def _clients(settings: Settings, seconds: int, server: psutil.Process) -> dict[str, float]:
    """In a process of their own, so that they do not wait for each other's interpreter lock and ours.

    `server_s`: the server's CPU from the moment when all are signed in and warm.
    """
    command = [sys.executable, "-m", "bench.ledger_costs.web_clients", settings.base_url]
    words = [str(CLIENTS), str(seconds), PASSWORD]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*command, *words], cwd=ROOT, text=True, **pipes) as clients:
        assert clients.stdout is not None
        clients.stdout.readline()
        before_s = _cpu_s(server)
        answer, complaint = clients.communicate("go\n")
        after_s = _cpu_s(server)
    if clients.returncode:
        raise SystemExit(complaint)
    told: dict[str, float] = json.loads(answer)
    return told | {"server_s": after_s - before_s}


def _check(settings: Settings, answered: float) -> None:
    """Every act that was answered is in the log, posted, and the books close."""
    database = open_database(settings)
    with database.reading() as session:
        query = select(func.count()).where(EntryRow.type == "batch.registered")
        logged = session.scalar(query) or 0
        posted = session.scalar(select(func.count()).select_from(PostingRow)) or 0
        assert logged >= answered and posted >= answered, (logged, posted, answered)
        assert ledger.unexplained_g(session) == 0
    database.dispose()
