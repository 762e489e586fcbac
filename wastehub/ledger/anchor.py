"""The anchor: outside the database, the newest checkpoint that was ever signed.

A database that was replaced by an older copy is consistent with itself; it betrays itself only against
something that was not restored with it. So the anchor's folder belongs on another volume, and what it says
only ever moves forward. While database and anchor (or a witness) contradict each other, the reasons lie here
as well, and every process of the installation refuses to write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import checkpoints, files, integrating
from .checkpoints import TreeHead
from .integrating import LedgerDamaged
from .store import HeadRow

CHECKPOINT, REFUSALS, WITNESSES = "checkpoint", "refusals.json", "witnesses.json"
SOURCE = "anchor"


class AnchorMoved(RuntimeError):
    """The anchor does not stand where the caller believed: somebody else moved it meanwhile."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be written. `code`: "ledger.rolled_back" and the like; `params`: for its sentence."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WitnessState:
    """How the last question to a witness ended. `outcome`: cosigned, down, ahead, forgot, refused."""

    outcome: str
    at: datetime
    detail: str = ""


class Anchor:
    """The folder of an installation's anchor."""

    def __init__(self, folder: Path, *, patience_s: float = files.PATIENCE_S) -> None:
        """`patience_s`: how long to wait for a process that holds the folder, before files.Busy is raised."""
        self.folder = folder
        self._patience_s = patience_s

    def read(self) -> TreeHead | None:
        """What the anchor says; None before the first checkpoint."""
        note = files.read(self.folder / CHECKPOINT)
        return None if note is None else TreeHead.parse(note)

    def advance(self, expected: TreeHead | None, note: str) -> None:
        """Compare and swap: from `expected` to the checkpoint of `note`.

        Raises AnchorMoved when the anchor says something else, ValueError for a step back or another log,
        files.Busy.
        """
        with self.held() as swap:
            swap(expected, note)

    @contextmanager
    def held(self) -> Iterator[Callable[[TreeHead | None, str], None]]:
        """Nobody else moves the anchor meanwhile; gives the compare and swap of `advance`.

        Raises files.Busy at the beginning, so that nothing was signed which could not be anchored.
        """
        with files.locked(self.folder, patience_s=self._patience_s):
            yield self._swap

    def _swap(self, expected: TreeHead | None, note: str) -> None:
        to, found = TreeHead.parse(note), self.read()
        if found != expected:
            raise AnchorMoved(f"the anchor stands at {_told(found)}, not at {_told(expected)}")
        if found is not None and (to.origin != found.origin or to.size < found.size):
            raise ValueError(f"from {_told(found)} to {_told(to)} is no step forward")
        files.replace(self.folder / CHECKPOINT, note)

    # -- refusals and witnesses --------------------------------------------------------------------------

    def refusals(self) -> dict[str, Refusal]:
        """Who says that nothing may be written ("anchor" or the name of a witness), and why."""
        text = files.read(self.folder / REFUSALS)
        return {} if text is None else {name: Refusal(**each) for name, each in json.loads(text).items()}

    def note_refusal(self, source: str, refusal: Refusal | None) -> None:
        """Remember, or with None forget, what one source says."""
        if refusal is None and source not in self.refusals():
            return
        with files.locked(self.folder, patience_s=self._patience_s):
            known = self.refusals()
            known.pop(source, None)
            if refusal is not None:
                known[source] = refusal
            rows = {name: {"code": each.code, "params": each.params} for name, each in known.items()}
            files.replace(self.folder / REFUSALS, json.dumps(rows, ensure_ascii=False, indent=1))

    def witnesses(self) -> dict[str, WitnessState]:
        """The last outcome by witness."""
        text = files.read(self.folder / WITNESSES)
        rows = {} if text is None else json.loads(text)
        return {
            name: WitnessState(row["outcome"], datetime.fromisoformat(row["at"]), row["detail"])
            for name, row in rows.items()
        }

    def note_witness(self, name: str, state: WitnessState) -> None:
        with files.locked(self.folder, patience_s=self._patience_s):
            known = self.witnesses() | {name: state}
            rows = {
                each: {"outcome": kept.outcome, "at": kept.at.isoformat(), "detail": kept.detail}
                for each, kept in known.items()
            }
            files.replace(self.folder / WITNESSES, json.dumps(rows, ensure_ascii=False, indent=1))


def compare(session: Session, anchored: TreeHead | None) -> Refusal | None:
    """Does the log still begin with what the anchor says? None when it does.

    ledger.rolled_back     the log is shorter than it was
    ledger.forked          it is long enough, but its beginning is another one
    ledger.anchor_missing  there are checkpoints, but the anchor that followed them is gone
    ledger.damaged         an entry or a tile of the beginning cannot be read
    """
    if anchored is None:
        newest = integrating.latest(session)
        return None if newest is None else Refusal("ledger.anchor_missing", {"size": newest.size})
    size = session.scalar(select(HeadRow.size).where(HeadRow.id == 1)) or 0
    if size < anchored.size:
        return Refusal("ledger.rolled_back", {"size": size, "anchored": anchored.size})
    try:
        same = integrating.root_at(session, anchored.size) == anchored.root
    except LedgerDamaged as damage:
        return Refusal("ledger.damaged", {"detail": str(damage)})
    return None if same else Refusal("ledger.forked", {"anchored": anchored.size})


def _told(head: TreeHead | None) -> str:
    return "nothing" if head is None else checkpoints.short_form(head.size, head.root)
