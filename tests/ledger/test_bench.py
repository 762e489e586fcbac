"""The bench measures a log that is whole, and writes down what it found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import ledger as bench
from bench.ledger_costs import flushing
from bench.ledger_costs import rows as bench_rows
from tests.ledger.bundles import verify


def test_the_generated_log_is_whole_at_every_level(tmp_path: Path) -> None:
    made = bench.bundle(tmp_path, 600, signed=True)
    assert verify(made.path, "--level", "3", policy=bench.POLICY).code == 0
    # At least 2 blocks a node, and as many a leaf as its bytes need with their padding.
    size = sum(len(leaf) for leaf in bench.generated(600, signed=True))
    assert 600 * 2 + size // 64 < made.blocks < 600 * 4 + size // 64


def test_entries_made_quickly_are_the_same_entries() -> None:
    assert list(bench.quickly(6_000)) == list(bench.generated(6_000, signed=False))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_rows_become_the_page(tmp_path: Path) -> None:
    rows, page = tmp_path / "rows.jsonl", tmp_path / "page.md"
    words = ["--events", "600", "--only", "level-0", "--rows", str(rows), "--report", str(page)]
    assert bench.main(words) == 0
    assert bench.main(words) == 0
    text = page.read_text()
    assert text.count("| verify 600 events, level 0 |") == 1
    assert "x bare hashing | 4.5 x |" in text
    assert len(rows.read_text().splitlines()) == 4
    assert bench_rows.kept(rows)[1].value.endswith("MB")


FLUSHES = """
import sys, tempfile, time
from pathlib import Path
from bench.ledger_costs import flushing
begun = time.perf_counter()
flushing.require_delay(Path(sys.argv[1]))
print(flushing.delayed_ms(), time.perf_counter() - begun)
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs a C compiler")
def test_flushes_wait_as_long_as_asked_in_whatever_the_bench_starts(tmp_path: Path) -> None:
    library = flushing.compiled(tmp_path)
    environment = flushing.environment(40, library)
    command = [sys.executable, "-c", FLUSHES, str(tmp_path)]
    told = subprocess.run(command, env=environment, cwd=flushing.ROOT, capture_output=True, text=True)
    delayed_ms, took_s = told.stdout.split()
    assert (delayed_ms, float(took_s) >= 0.08) == ("40", True)
    del environment[flushing.PRELOAD]
    environment[flushing.DELAY] = "600000"  # no disk is as slow as that by itself
    without = subprocess.run(command, env=environment, cwd=flushing.ROOT, capture_output=True, text=True)
    assert "does not wait" in without.stderr, "a delay that is not there is not measured"


def test_delayed_rows_stand_behind_the_plain_ones_and_only_where_a_flush_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    for measure, name in (("http-sqlite", "acts"), ("proof", "proof"), ("http-sqlite+5ms", "acts, later")):
        bench_rows.add(path, measure, [bench_rows.Row(name, "1/s", "", None, "")])
    assert [row.name for row in bench_rows.kept(path)] == ["acts", "acts, later", "proof"]
    with pytest.raises(SystemExit):
        bench.main(["--flush-ms", "5", "--only", "proof"])
    assert "--flush-ms goes with" in capsys.readouterr().err
