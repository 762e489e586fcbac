"""Rows of measurements, one JSON object a line. A group of runs is written when all of them are done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.routing_peers.cases import Group

Row = dict[str, Any]
# What explains and reports plans, but has no part in finding them.
NO_PART_IN_PLANNING = ("explain", "horizon", "emissions", "schema", "__main__.py")


def code_hash(package: Path) -> str:
    """Twelve hex digits that change with anything that takes part in planning."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if not name.parts[0].startswith(NO_PART_IN_PLANNING):
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Rows:
    """The rows in one file."""

    path: Path

    def all(self, code: str) -> list[Row]:
        """The rows measured with this code; of a run measured twice, the later."""
        return list(self._by_code().get(code, {}).values())

    def latest(self, code: str) -> list[Row]:
        """The rows measured with this code; groups without any, as the code before left them.

        Those have "earlier": true. They stand in while the whole set is measured again, which takes hours.
        """
        by_code = self._by_code()
        codes = [*(known for known in by_code if known != code), code]
        rows = [row for known in codes for row in by_code.get(known, {}).values()]
        newest = {row["group"]: row["code"] for row in rows}
        return [
            row if row["code"] == code else {**row, "earlier": True}
            for row in rows
            if row["code"] == newest[row["group"]]
        ]

    def _by_code(self) -> dict[str, dict[tuple[object, ...], Row]]:
        """Rows by code, that measured last at the end, and by run; of a run measured twice, the later."""
        found: dict[str, dict[tuple[object, ...], Row]] = {}
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        for row in map(json.loads, lines):
            found[row["code"]] = found.pop(row["code"], {})
            found[row["code"]][row["group"], row["case"], row["solver"], row["budget_s"]] = row
        return found

    def has(self, code: str, group: Group) -> bool:
        """Whether every run of the group has been measured with this code."""
        known = {(r["group"], r["case"], r["solver"], r["budget_s"]) for r in self.all(code)}
        return all(
            (group.key, run.case, run.solver, budget) in known
            for run in group.runs
            for budget in run.budgets_s
        )

    def add(self, rows: Iterable[Row]) -> None:
        """Write these rows at the end, in one piece."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)
