"""Stretches of a day, how they join, and what a day costs: the arithmetic of every insertion.

A stretch lasts at least so long if it begins between an earliest and a latest time.
"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

from routing.core.jit import inlined
from routing.core.layout import Net


@inlined
def join(
    lasts: int, early: int, late: int, drive: int, opens: int, closes: int, service: int
) -> tuple[int, int, int]:
    """A stretch, a drive and a place (or a second stretch) as one stretch; lasts -1 if it comes too late."""
    now = lasts + drive
    if early + now > closes:
        return -1, 0, 0
    wait = max(opens - now - late, 0)
    return now + wait + service, max(early, opens - now) - wait, min(late, closes - now)


@inlined
def unload_s(net: Net, depot: int, amount: int) -> int:
    """Seconds to unload this much, rounded up."""
    d = net.depots[depot]
    return d.fixed - (-amount * d.per_unit) // d.unit


@inlined
def day_cost(net: Net, k: int, metres: int, span: int) -> float:
    """Fen for a day of this kind."""
    kind = net.kinds[k]
    over = max(span - kind.shift, 0)
    return kind.fixed + kind.per_m * metres + kind.per_s * span + kind.overtime_per_s * over


@inlined
def within_limits(net: Net, k: int, metres: int, span: int) -> bool:
    kind = net.kinds[k]
    return metres <= kind.reach and span <= kind.longest


@inlined
def first_stretch(net: Net, k: int, release: int) -> tuple[int, int, int]:
    """The day before its first drive."""
    kind = net.kinds[k]
    if kind.begun >= 0:
        return max(kind.ready, release) - kind.begun, kind.begun, kind.begun
    return 0, max(kind.opens, release), kind.closes
