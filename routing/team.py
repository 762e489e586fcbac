"""One or several runs on one problem, in threads (compiled code holds no lock), that share what they find.

At the end of each phase the days remembered by all runs are recombined, and every run goes on from the
best plan known.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from routing.engine import SETTLING, Engine, KindDay, Run
from routing.recombine import Limit, recombine
from routing.schedule import Clock, Phase, phases

CHUNK_S = 0.04  # between two looks at the clock
CHUNK = 100  # iterations between two looks when the count decides, at most
LOOKS = 50  # and so many looks at least, as far as there are iterations, so that a short run cools, too
RECOMBINED = 0.12  # share of the time for all recombinations together
RECOMBINE_WORK = 2.0  # deterministic time per recombination when the count decides
WORTH_RECOMBINING = (
    20_000  # iterations per stop and run below which a counted run does without, divided by stops
)


@dataclass(slots=True)
class Team:
    """The runs of one call of solve."""

    engine: Engine
    clock: Clock
    seed: int
    workers: int = 1
    tell: Callable[[Run, int], None] | None = None
    runs: list[Run] = field(default_factory=list)
    course: tuple[Phase, ...] = phases(0.0)
    scale: float = 0.0
    recombinations: int = 0
    wins: int = 0

    def __post_init__(self) -> None:
        self.runs = [Run(self.engine, hash((self.seed, i)) & 0x7FFFFFFF) for i in range(self.workers)]

    @property
    def iterations(self) -> int:
        return sum(run.iterations for run in self.runs)

    @property
    def best(self) -> Run:
        return min(self.runs, key=lambda run: run.best_cost)

    def work(self) -> None:
        """Until the clock says stop. The best plan is that of `best` afterwards."""
        speed = self._settle()
        self.course = phases(self.clock.expected(speed, self.workers) / max(self.engine.stops, 1))
        with ThreadPoolExecutor(self.workers) as threads:
            for phase in self.course:
                list(threads.map(self._phase, self.runs, [phase] * self.workers))
                if self.clock.was_cancelled:
                    break
                self._share(last=phase is self.course[-1])

    def _settle(self) -> float:
        """The first plan, and what a stop costs in it; iterations a second of one run."""
        run = self.runs[0]
        run.first_plan()
        self._report()
        rest = SETTLING
        if self.clock.stop.iterations is not None:
            rest = min(rest, self.clock.stop.iterations // (10 * self.workers))
        begin, before = time.monotonic(), run.iterations
        while rest > 0 and not self._over(run, 1.0) and not self.clock.poll():
            run.step(min(rest, 50), 1.0, 1.0)
            rest -= 50
        self.scale = run.mean_cost()
        return (run.iterations - before) / max(time.monotonic() - begin, 1e-3)

    def _over(self, run: Run, end: float) -> bool:
        return self._share_of(run) >= end

    def _share_of(self, run: Run) -> float:
        return self.clock.share(run.iterations * self.workers)

    def _phase(self, run: Run, phase: Phase) -> None:
        """Anneal one run to the end of the phase."""
        spare = min(RECOMBINED / len(self.course), 0.3 * (phase.end - phase.begin))
        end = phase.end - (0.0 if self.clock.counted else spare)
        chunk = self._counted_chunk() if self.clock.counted else 10
        while (share := self._share_of(run)) < end and not self.clock.was_cancelled:
            if run is self.runs[0]:
                self.clock.poll()
            begin = time.monotonic()
            self._step(run, self._within(run, chunk), phase, share)
            if not self.clock.counted:
                spent = max(time.monotonic() - begin, 1e-4)
                chunk = max(1, min(4 * chunk, int(chunk * CHUNK_S / spent)))
            if run is self.runs[0]:
                self._report()

    def _counted_chunk(self) -> int:
        """Iterations between two looks at the count."""
        return max(1, min(CHUNK, (self.clock.stop.iterations or 0) // (LOOKS * self.workers)))

    def _within(self, run: Run, chunk: int) -> int:
        """No more iterations than the rule allows."""
        if self.clock.stop.iterations is None:
            return chunk
        return max(1, min(chunk, self.clock.stop.iterations // self.workers - run.iterations))

    def _step(self, run: Run, iterations: int, phase: Phase, share: float) -> None:
        hot = self.scale * phase.temperature(share)
        run.ease(self.scale * phase.absence(share) if run.lacks else float("inf"))
        run.step(iterations, hot, hot)

    def _share(self, *, last: bool) -> None:
        """Recombine what all runs remember; every run goes on from the best plan."""
        days = self._recombined()
        best = self.best
        if days is not None:
            before = best.best_cost
            best.adopt(days)
            self.wins += best.best_cost < before - 1e-6
        plan, windows = best.best(), best.best_windows()
        if not last:
            for run in self.runs:
                run.adopt(plan, windows)
        self._report()

    def _recombined(self) -> list[KindDay] | None:
        if self.engine.stops < 2:
            return None
        if self.clock.counted:
            if self.iterations * self.engine.stops < WORTH_RECOMBINING:
                return None
            limit = Limit(deterministic=RECOMBINE_WORK)
        else:
            left = self.clock.seconds_left(self.iterations)
            whole = max(self.clock.stop.seconds or 0.0, self.clock.stop.cpu_seconds or 0.0)
            allowed = RECOMBINED / len(self.course) * whole
            if left < 0.05:
                return None
            limit = Limit(seconds=max(min(left, allowed), 0.05))
        self.recombinations += 1
        return recombine(self.runs, limit, self.seed)

    def _report(self) -> None:
        if self.tell is not None:
            self.tell(self.best, self.iterations)
