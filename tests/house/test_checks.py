"""Style, types and import contracts: each tool's own words are the failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
CHECKS = {
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "floors": ["lint-imports", "--no-logo"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_check(name: str) -> None:
    program, *arguments = CHECKS[name]
    done = subprocess.run([TOOLS / program, *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{' '.join(CHECKS[name])}\n{done.stdout}{done.stderr}", pytrace=False)
