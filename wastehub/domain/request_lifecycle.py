"""The life of a pickup request 收运申请: its states and the acts allowed in each, one table.

A request in a draft plan is still open: only a published plan makes it scheduled.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wastehub.domain.errors import Conflict

MOVES: Mapping[str | None, Mapping[str, str]] = MappingProxyType(
    {
        None: {"place": "open"},
        "open": {"schedule": "scheduled", "cancel": "cancelled"},
        # A cancelled round, another day or nobody there: back into the pool, the due date stays.
        "scheduled": {"unschedule": "open", "collect": "collected", "collect_part": "partly_collected"},
        # What was left behind is free: the firm mends it (label, mass) and asks anew.
        # `collect`: a phone reports late that the rest was loaded as well.
        "partly_collected": {"collect": "collected"},
        "collected": {},
        "cancelled": {},
    }
)
STATES = tuple(state for state in MOVES if state is not None)
ACTS = tuple(sorted({act for moves in MOVES.values() for act in moves}))

WAITING = frozenset({"open", "scheduled"})
CLOSED = frozenset({"collected", "cancelled"})


def next_state(state: str | None, act: str) -> str:
    """The state after an act; None is the state before `place`.

    Raises Conflict("request.act_not_allowed", state=, act=).
    """
    assert act in ACTS, act
    after = MOVES[state].get(act)
    if after is None:
        raise Conflict("request.act_not_allowed", state=state or "", act=act)
    return after


def may(state: str | None, act: str) -> bool:
    """Whether the act is allowed in the state: for pages that decide which buttons to show."""
    assert act in ACTS, act
    return act in MOVES[state]
