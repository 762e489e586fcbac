"""How the effort for all days is shared out: a part for choosing days, the rest for the routes of each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from routing.horizon.onward import Effort
from routing.solution import StopRule

# The parts of the time that go into choosing days and transfers, and into settling; the rest is routes.
CHOOSING_SHARE = 0.15
SETTLING_SHARE = 0.1
# The part of the routes' effort that is kept for the days that change when they settle.
AGAIN_SHARE = 0.3
# CP-SAT's count of work for a choice when nothing but counts may decide.
CHOOSING_WORK = 0.5
LEAST_S = 0.05


@dataclass(slots=True)
class Budget:
    """What may be spent on `days` days with `requests` requests."""

    stop: StopRule
    days: int
    requests: int
    begin: float = field(default_factory=time.monotonic)
    begin_cpu: float = field(default_factory=time.process_time)

    def choosing(self, *, first: bool) -> Effort:
        """For one choice: the first may take half of the share, each later one its part of the rest."""
        times = [one for one in (self.stop.seconds, self.stop.cpu_seconds) if one is not None]
        if not times:
            return Effort(work=CHOOSING_WORK if first else CHOOSING_WORK / 2)
        part = 0.5 if first else 0.5 / self.days
        return Effort(seconds=max(min(times) * CHOOSING_SHARE * part, 0.1))

    def routes(self, number: int, count: int, still_open: int) -> StopRule:
        """For the routes of day `number` with `count` stops, of the requests that are still open."""
        ahead = CHOOSING_SHARE / 2 * (1 - number / self.days)
        keep = ahead + SETTLING_SHARE + AGAIN_SHARE * (1 - CHOOSING_SHARE - SETTLING_SHARE)
        part = min(max(count, 1) / max(still_open, 1), 1.0)
        return self._rule(count, part, keep, 1 - AGAIN_SHARE)

    def settling(self) -> float | None:
        """Until when requests may change days, by the monotonic clock; None without a limit."""
        times = [one for one in (self.stop.seconds, self.stop.cpu_seconds) if one is not None]
        return time.monotonic() + max(min(times) * SETTLING_SHARE, LEAST_S) if times else None

    def again(self, count: int, still_to_come: int) -> StopRule:
        """For the routes of a day that has changed, of all stops on days that are still to be done again."""
        return self._rule(count, max(count, 1) / max(still_to_come, 1), 0.0, AGAIN_SHARE)

    def _rule(self, count: int, part: float, keep: float, counted: float) -> StopRule:
        """`part` of the time left when `keep` of all is kept; of iterations `counted`, by requests."""
        stop, iterations = self.stop, self.stop.iterations
        if iterations is not None:
            iterations = round(iterations * counted * max(count, 1) / max(self.requests, 1))
        return StopRule(
            seconds=_left(stop.seconds, time.monotonic() - self.begin, keep, part),
            cpu_seconds=_left(stop.cpu_seconds, time.process_time() - self.begin_cpu, keep, part),
            iterations=iterations,
        )


def _left(seconds: float | None, spent: float, keep: float, part: float) -> float | None:
    if seconds is None:
        return None
    return max((seconds * (1 - keep) - spent) * part, LEAST_S)
