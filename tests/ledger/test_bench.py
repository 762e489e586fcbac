"""The bench measures a log that is whole, and writes down what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import ledger as bench
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
