"""Improvement in plain Python, for machines without numba: the same idea, a hundred times slower."""

from __future__ import annotations

from collections.abc import Callable

from routing.compiled import Compiled
from routing.plan import Plan
from routing.schedule import Clock
from routing.search import Search

HOT, COLD = 0.25, 0.004  # temperatures at start and end, as shares of the mean cost of a stop
POLL_EVERY = 16


def improve(
    c: Compiled, plan: Plan, seed: int, clock: Clock, tell: Callable[[Plan, int], None]
) -> tuple[Plan, int]:
    """The best plan found before the clock runs out, and the iterations it took."""
    search = Search(c, plan, seed)
    scale = search.scale()
    tell(search.best, 0)
    while (share := clock.share(search.iterations)) < 1 and not clock.was_cancelled:
        if search.iterations % POLL_EVERY == 0:
            clock.poll()
            tell(search.best, search.iterations)
        search.step(scale * HOT * (COLD / HOT) ** share)
    tell(search.best, search.iterations)
    return search.best, search.iterations
