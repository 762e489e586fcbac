"""The life of one container: its states and the acts allowed in each, one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wastehub.domain.errors import Conflict

# Poured into other containers; all of it declared lost. A reversal is no move: it restores the state before.
_GONE = {"repack": "repacked", "lose_all": "lost"}
MOVES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "registered": {"print_label": "labelled", "amend": "registered", "void": "void"},
        # A damaged label is printed again; the code on it stays the same. A label with a mass that
        # was amended since is wrong: the container waits for its new print.
        "labelled": {
            "print_label": "labelled",
            "amend": "registered",
            "void": "void",
            "load": "loaded",
            "replace_label": "registered",
        },
        "loaded": {"unload_back": "labelled", "receive": "stored", "refuse_arrival": "refused_on_arrival"},
        # Refused waste goes home, or another licensed acceptor takes it in.
        "refused_on_arrival": {"return_to_generator": "labelled", "receive": "stored"},
        "stored": {"print_label": "stored", "put_in_lot": "in_lot", "miss": "missing", **_GONE},
        "in_lot": {"take_from_lot": "stored", "ship": "shipped"},
        "shipped": {"plant_receive": "at_plant", "plant_refuse": "stored"},
        "at_plant": {"treat": "treated", "miss": "missing", "lose_all": "lost"},
        # A count of the store could not find it: an open case, until it turns up or is settled.
        "missing": {"find_in_store": "stored", "find_at_plant": "at_plant"},
        "treated": {},
        "repacked": {},
        "lost": {},
        "void": {},
    }
)
STATES = tuple(MOVES)
ACTS = tuple(sorted({act for moves in MOVES.values() for act in moves}))

AT_ENTERPRISE = frozenset({"registered", "labelled"})
ON_THE_ROAD = frozenset({"loaded", "refused_on_arrival", "shipped"})
AT_PLATFORM = frozenset({"stored", "in_lot"})
AT_PLANT = frozenset({"at_plant"})
NOWHERE = frozenset({"missing"})
CLOSED = frozenset({"treated", "void", "repacked", "lost"})


def next_state(state: str, act: str) -> str:
    """The state after an act. Raises Conflict("container.act_not_allowed", state=, act=)."""
    assert act in ACTS, act
    after = MOVES[state].get(act)
    if after is None:
        raise Conflict("container.act_not_allowed", state=state, act=act)
    return after


def may(state: str, act: str) -> bool:
    """Whether the act is allowed in the state: for pages that decide which buttons to show."""
    assert act in ACTS, act
    return act in MOVES[state]
