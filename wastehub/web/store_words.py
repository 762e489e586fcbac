"""What homes say about counted stock and about posting that stands still."""

from __future__ import annotations

from dataclasses import dataclass

from .. import ledger
from ..domain import calendar
from ..services import counts
from .acting import Act


@dataclass(frozen=True)
class StoreTodo:
    """`due`: places of one's own store without a signature today; `late`: stores without one yesterday."""

    stop: ledger.Stop | None
    due: int = 0
    late: int = 0


def todo(act: Act) -> StoreTodo:
    """For a dispatcher or plant its own store, for a regulator those of his county or city."""
    stop, today = ledger.posting_stopped(act.session), calendar.on_date(act.now)
    if act.actor.role in ("dispatcher", "plant") and act.actor.organisation_id is not None:
        board = counts.today_board(act.session, actor=act.actor, today=today)
        return StoreTodo(stop, due=board.due)
    if act.actor.role == "regulator":
        return StoreTodo(stop, late=len(counts.unsigned_sites(act.session, actor=act.actor, today=today)))
    return StoreTodo(stop)
