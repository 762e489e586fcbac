"""Every environment variable that the code reads stands in docs/configuration.md."""

from __future__ import annotations

import re

from tests.house.tracked import ROOT, tracked_files

NAME = re.compile(r"\bWASTEHUB_[A-Z][A-Z_]*[A-Z]\b")


def test_every_variable_is_documented() -> None:
    documented = set(NAME.findall((ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")))
    used = {
        name
        for path in tracked_files()
        if path.suffix in {".py", ".toml", ".html"}
        for name in NAME.findall(path.read_text(encoding="utf-8"))
    }
    assert used == documented
