"""Does posting go on? While the books are found wrong, facts are logged and wait; nothing is lost.

A stop holds every event that moves mass with the reason PROJECTOR_STOPPED; resuming (rebuilding.py) posts
them in log order, so that the books are those that would have come about without the stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from .accounts import Held, Posted
from .edge import Edge
from .events import Event
from .postings import Keeper
from .rows import table
from .store import ProjectorRow
from .vocabulary import TYPES

PROJECTOR_STOPPED = "projector.stopped"


@dataclass(frozen=True, slots=True)
class Stop:
    """Since when and why nothing is posted. `problem_idx` -1: it concerns no single entry."""

    first_waiting_idx: int
    scope: str
    problem_idx: int
    problem_kind: str
    problem_detail: str
    stopped_at: datetime


def stopped(session: Session) -> Stop | None:
    """None while the projector runs."""
    row = session.execute(select(*table(ProjectorRow).c)).one_or_none()
    return Stop(*row[1:]) if row is not None else None


def keeper(connection: Connection, end: Edge, events: Sequence[Event]) -> Keeper:
    """What takes the events into the books, or keeps them waiting. The head of the log is locked by then."""
    kind = WaitingKeeper if end.stopped else Keeper
    return kind(connection, end, events)


class WaitingKeeper(Keeper):
    """Posts nothing: each event that would move mass is kept as held."""

    def apply(self, idx: int, event: Event) -> Posted | Held:
        if not TYPES[event.type].rule:
            return Posted((), {}, {})
        result = Held(PROJECTOR_STOPPED, "")
        self._note(idx, idx, result)
        return result


def note_stop(session: Session, stop: Stop) -> None:
    """From here on facts wait. The caller has locked the head of the log."""
    values = {"id": 1, **{name: getattr(stop, name) for name in Stop.__slots__}}
    session.execute(insert(table(ProjectorRow)), [values])
