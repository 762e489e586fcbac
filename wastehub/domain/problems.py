"""A problem's way from found to closed 销号: one table. Who may do what stands in domain/roles.

Days for putting right are our own defaults, no law: a leak is for today, the rest for the week.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

from wastehub.domain.errors import Conflict, InvalidInput, RuleViolation

# Of all addresses together: a county's passers-by never report that much, a script does.
PUBLIC_REPORTS_PER_HOUR = 60
PUBLIC_REPORTS_PER_LABEL_AND_DAY = 10
# Putting these right is seen, so it is shown.
PHOTO_NEEDED = frozenset({"leaking", "abandoned", "damaged"})


class TooManyReports(RuleViolation):
    """More reports of the public than anybody can read: 429."""

    code = "problem.too_many_reports"
    status = 429


# kind -> Chinese, English, days for putting right.
KINDS: Mapping[str, tuple[str, str, int]] = MappingProxyType(
    {
        "leaking": ("容器渗漏", "Leaking container", 1),
        "abandoned": ("容器被遗弃", "Abandoned container", 3),
        "damaged": ("包装破损", "Damaged packaging", 3),
        "odd_label": ("标签可疑或已失效", "Doubtful or dead label", 7),
        "other": ("其他", "Other", 7),
    }
)
# The public is offered these.
PUBLIC_KINDS = ("leaking", "abandoned", "damaged", "odd_label")

MOVES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "found": {"assign": "assigned", "dismiss": "closed"},
        "assigned": {"assign": "assigned", "rectify": "rectified"},
        "rectified": {"accept": "accepted", "return": "assigned"},
        "accepted": {"close": "closed", "return": "assigned"},
        "closed": {},
    }
)
STATES = tuple(MOVES)
OPEN = tuple(state for state in STATES if state != "closed")
# Acts that must say why, or what was done.
NOTED = frozenset({"rectify", "return", "dismiss"})


def require_kind(kind: str, *, public: bool) -> str:
    """Raises InvalidInput("problem.kind_unknown")."""
    if kind not in (PUBLIC_KINDS if public else KINDS):
        raise InvalidInput("problem.kind_unknown", field="kind", given=kind[:40])
    return kind


def next_state(state: str, act: str) -> str:
    """Raises Conflict("problem.act_not_allowed", state=, act=)."""
    after = MOVES[state].get(act)
    if after is None:
        raise Conflict("problem.act_not_allowed", state=state, act=act)
    return after


def may(state: str, act: str) -> bool:
    return act in MOVES[state]


def due_on(kind: str, found_on: date) -> date:
    """The day by which it is to be put right, unless the office sets another one."""
    return found_on + timedelta(days=KINDS[kind][2])
