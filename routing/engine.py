"""One process at work on a plan: OR-Tools re-plans neighbourhoods, ruin and recreate moves between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.decompose import improve
from routing.ortools_model import Budget
from routing.search import Search
from routing.solution import StopRule

HOT, COLD = 0.25, 0.004  # temperatures at start and end, as shares of the mean cost of a stop
SUBSOLVE_EVERY = 150  # iterations between two sub-solves when stopping by count
SUBSOLVE_SOLUTIONS = 40
SUBSOLVE_MS = 500
SUBSOLVE_SHARE = 0.4  # share of wall time given to OR-Tools when stopping by time
POLL_S = 0.1


@dataclass(slots=True)
class Control:
    """When to stop, how far along the whole run is, and whom to tell.

    `span` is the part of the whole run this stretch covers: the temperature follows the whole run.
    """

    stop: StopRule
    span: tuple[float, float] = (0.0, 1.0)
    cancelled: Callable[[], bool] | None = None
    tell: Callable[[Search], None] | None = None
    begin: float = field(default_factory=time.monotonic)
    was_cancelled: bool = False
    _polled: float = 0.0

    def done(self, iterations: int) -> bool:
        now = time.monotonic()
        if self.stop.iterations is not None and iterations >= self.stop.iterations:
            return True
        if self.stop.seconds is not None and now - self.begin >= self.stop.seconds:
            return True
        if now - self._polled >= POLL_S:
            self._polled = now
            if self.cancelled is not None and self.cancelled():
                self.was_cancelled = True
        return self.was_cancelled

    def share(self, iterations: int) -> float:
        """Part of the whole run that is over, 0 to 1."""
        parts = [0.0]
        if self.stop.iterations:
            parts.append(iterations / self.stop.iterations)
        if self.stop.seconds:
            parts.append((time.monotonic() - self.begin) / self.stop.seconds)
        low, high = self.span
        return low + (high - low) * min(max(parts), 1.0)

    def seconds_left(self) -> float:
        if self.stop.seconds is None:
            return float("inf")
        return self.stop.seconds - (time.monotonic() - self.begin)


@dataclass(slots=True)
class Tally:
    """How often OR-Tools was asked and how often its answer was taken."""

    subsolves: int = 0
    wins: int = 0
    seconds: float = 0.0


def run(search: Search, control: Control) -> Tally:
    """Work until the control says stop. The search then holds the best plan found."""
    tally = Tally()
    scale = search.scale()
    temperature = HOT * scale
    while not control.done(search.iterations):
        if search.iterations % 16 == 0:
            share = control.share(search.iterations)
            temperature = scale * HOT * (COLD / HOT) ** share
            if control.tell is not None:
                control.tell(search)
        if _subsolve_due(search, control, tally):
            _subsolve(search, control, tally)
        search.step(temperature)
    return tally


def _subsolve_due(search: Search, control: Control, tally: Tally) -> bool:
    if control.stop.iterations is not None:
        return search.iterations % SUBSOLVE_EVERY == 0
    spent = time.monotonic() - control.begin
    return tally.seconds <= SUBSOLVE_SHARE * spent and control.seconds_left() > SUBSOLVE_MS / 1000


def _subsolve(search: Search, control: Control, tally: Tally) -> None:
    begin = time.monotonic()
    counted = control.stop.iterations is not None
    budget = Budget(solutions=SUBSOLVE_SOLUTIONS) if counted else Budget(milliseconds=SUBSOLVE_MS)
    better = improve(search.c, search.current, search.rng, budget, search.cars)
    tally.subsolves += 1
    tally.seconds += time.monotonic() - begin
    if better is not None:
        tally.wins += 1
        search.adopt(better)
