"""A fresh database with law only, and copies of the seed folders that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wastehub.paths import data_dir

NOW = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
TINY = Path(__file__).parent / "region_tiny"

Spoil = Callable[[str, str, str], Path]


def _spoiler(source: Path, target: Path) -> Spoil:
    """A copy of a folder in which `spoil(file, old, new)` changes one place; returns the folder."""
    shutil.copytree(source, target)

    def spoil(file: str, old: str, new: str) -> Path:
        path = target / file
        words = path.read_text(encoding="utf-8")
        assert old in words, f"{file} does not contain {old!r}"
        path.write_text(words.replace(old, new, 1), encoding="utf-8")
        return target

    return spoil


@pytest.fixture
def spoil_tiny(tmp_path: Path) -> Spoil:
    return _spoiler(TINY, tmp_path / "region_tiny")


@pytest.fixture
def spoil_reference(tmp_path: Path) -> Spoil:
    return _spoiler(data_dir("seed") / "reference", tmp_path / "reference")
