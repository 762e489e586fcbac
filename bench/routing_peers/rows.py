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
        if not self.path.is_file():
            return []
        found: dict[tuple[object, ...], Row] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["code"] == code:
                found[row["group"], row["case"], row["solver"], row["budget_s"]] = row
        return list(found.values())

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
