"""How a run is laid out: when it ends, how hot it is on the way, when days are recombined."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from routing.solution import StopRule

HOT, WARM, COLD = 0.7, 0.15, 0.06  # temperatures in mean fen per stop
LEFT_OUT = 2.0  # what leaving out a stop may count at most, in the same measure, times the temperature
EASED = (0.05, 0.8)  # part of a cooling in which it counts less than in full


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the run (shares 0 to 1) that cools from `hot` to `cold` and ends with a recombination."""

    begin: float
    end: float
    hot: float
    cold: float

    def temperature(self, share: float) -> float:
        return self.hot * float((self.cold / self.hot) ** self._along(share))

    def absence(self, share: float) -> float:
        """What leaving out a stop may count at most, in mean fen per stop, on a day on which not all fit.

        At full price, a hundred times what a stop costs, no plan is accepted that leaves out one more, and
        the search stays with the grouping it has. So the price rises from little as the temperature falls.
        """
        begin, end = EASED
        return LEFT_OUT / self.temperature(share) if begin <= self._along(share) <= end else float("inf")

    def _along(self, share: float) -> float:
        return min(max((share - self.begin) / (self.end - self.begin), 0.0), 1.0)


ANNEALED = 0.8  # share of the run for the first coolings; two short warm ones follow
COOLED_PER_STOP = 1500  # iterations per stop, of which a cooling wants at least so many
COOLINGS_MAX = 6


def phases(iterations_per_stop: float) -> tuple[Phase, ...]:
    """How a run of so many iterations per stop is laid out.

    With time to spare several coolings find more than one slow one: each may end with other vehicles and
    another grouping, and what is good in each is recombined.
    """
    coolings = min(max(int(iterations_per_stop / COOLED_PER_STOP), 1), COOLINGS_MAX)
    ends = [ANNEALED * number / coolings for number in range(coolings + 1)]
    return (
        *(Phase(begin, end, HOT, COLD) for begin, end in pairwise(ends)),
        Phase(0.8, 0.9, WARM, COLD),
        Phase(0.9, 1.0, WARM, COLD),
    )


@dataclass(slots=True)
class Clock:
    """When to stop: by time, by CPU time, by count, or because somebody says so.

    `spare_s` is kept back for writing the plan out.
    """

    stop: StopRule
    cancelled: Callable[[], bool] | None = None
    spare_s: float = 0.0
    begin: float = field(default_factory=time.monotonic)
    begin_cpu: float = field(default_factory=time.process_time)
    was_cancelled: bool = False

    @property
    def counted(self) -> bool:
        """Whether the count alone decides, so that the run must repeat itself."""
        return self.stop.seconds is None and self.stop.cpu_seconds is None

    def share(self, iterations: int) -> float:
        """The part of the run that is over; 1 and more: stop."""
        parts = [0.0]
        if self.stop.iterations is not None:
            parts.append(iterations / self.stop.iterations if self.stop.iterations else 1.0)
        if self.stop.seconds is not None:
            parts.append(_part(time.monotonic() - self.begin, self.stop.seconds, self.spare_s))
        if self.stop.cpu_seconds is not None:
            parts.append(_part(time.process_time() - self.begin_cpu, self.stop.cpu_seconds, self.spare_s))
        return max(parts)

    def seconds_left(self, iterations: int) -> float:
        """Wall or CPU seconds left, whichever is less; infinite if only the count decides."""
        left = [float("inf")]
        if self.stop.seconds is not None:
            left.append(self.stop.seconds - self.spare_s - (time.monotonic() - self.begin))
        if self.stop.cpu_seconds is not None:
            left.append(self.stop.cpu_seconds - self.spare_s - (time.process_time() - self.begin_cpu))
        return min(left)

    def expected(self, iterations_per_s: float, workers: int) -> float:
        """Iterations that each worker has room for, at this speed."""
        found = [float("inf")]
        if self.stop.iterations is not None:
            found.append(self.stop.iterations / workers)
        if self.stop.seconds is not None:
            found.append(self.stop.seconds * iterations_per_s)
        if self.stop.cpu_seconds is not None:
            found.append(self.stop.cpu_seconds * iterations_per_s / workers)
        return min(found)

    def poll(self) -> bool:
        """Ask whether the run is cancelled."""
        if not self.was_cancelled and self.cancelled is not None and self.cancelled():
            self.was_cancelled = True
        return self.was_cancelled


def _part(spent: float, allowed: float, spare: float) -> float:
    return spent / max(allowed - spare, 1e-3)
