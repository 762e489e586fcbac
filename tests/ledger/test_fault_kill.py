"""F1: a process that appends and seals is killed at any moment. F9: a leader that was paused wakes up
again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import KINDS
from tests.ledger.logs import ledger_only
from wastehub.db import Database

ROOT = Path(__file__).resolve().parents[2]
# Faults of which there must be none.
NONE = ("lost", "torn", "gaps", "refused", "damaged")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and POSIX signals")


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def url(bare_database: Database) -> str:
    ledger_only(bare_database.url).dispose()
    return bare_database.url


def cycles(mode: str, url: str, folder: Path, count: int, seed: int = 1) -> dict[str, int]:
    """What the cycles found, told by a process of their own: this one has threads and must not fork."""
    command = [sys.executable, "-m", "tests.ledger.killing", mode, url, str(folder / "anchor"), str(count)]
    done = subprocess.run([*command, str(seed)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tally: dict[str, int] = json.loads(done.stdout)
    assert tally["cycles"] >= count
    assert {name: tally[name] for name in NONE} == dict.fromkeys(NONE, 0), tally
    return tally


def test_a_killed_process_loses_nothing_and_the_next_goes_on(url: str, tmp_path: Path) -> None:
    tally = cycles("kill", url, tmp_path, 6)
    assert tally["acknowledged"] >= 3


@pytest.mark.long
def test_a_thousand_kills_lose_nothing(url: str, tmp_path: Path) -> None:
    tally = cycles("kill", url, tmp_path, 1_000 if url.startswith("sqlite") else 200, seed=2)
    # Some kills must fall between the commit and its acknowledgement, or the moments were not random enough.
    assert tally["unsaid"] > 0


def test_a_paused_leader_that_wakes_up_makes_no_fork(url: str, tmp_path: Path) -> None:
    tally = cycles("pause", url, tmp_path, 8)
    assert tally["acknowledged"] > 0
    assert tally["sealed"] > 0
