"""The story of a plan: a first one, better ones until told to stop, nothing insertable left out, checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import core, fallback, greedy
from routing.compiled import Compiled
from routing.finish import plan_of, solution_of
from routing.plan import Plan
from routing.problem import Problem, ProblemError
from routing.schedule import Clock
from routing.solution import Progress, Solution, Stats, StopRule

if TYPE_CHECKING:
    from routing.engine import Engine, Run

VERSION = "4"
TOLD_EVERY_S = 0.25
FINISH_S, FINISH_S_PER_STOP = 0.02, 2e-4  # kept back for writing the plan out


def solve(
    problem: Problem,
    *,
    stop: StopRule,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    initial: Solution | None = None,
    workers: int = 1,
) -> Solution:
    """The best plan found: every rule held (the checker has seen it), no insertable stop left out.

    Stopped by iterations alone it is the same for the same seed and workers. `cancelled` is polled about
    twenty times a second; after it says yes the best plan so far is returned. `initial` is a plan to start
    from, as far as it still fits the problem. Raises ProblemError for an unusable argument.
    """
    if workers not in range(1, 17):
        raise ProblemError("workers", f"must be between 1 and 16, not {workers}")
    if stop.iterations != 0:
        _warm_up()
    clock = Clock(stop, cancelled)
    c = Compiled(problem)
    first = None if initial is None else plan_of(c, initial)
    search = _Search(c, clock, seed, workers, progress)
    found = search.best(first)
    found.plan.fill()
    search.tell_plan(found.plan, found.iterations, last=True)
    stats = Stats(
        engine=found.engine,
        engine_version=VERSION,
        seed=seed,
        iterations=found.iterations,
        seconds=round(time.monotonic() - clock.begin, 3),
        subsolves=found.recombinations,
        subsolve_wins=found.wins,
        workers=workers,
        cancelled=clock.was_cancelled,
    )
    return solution_of(c, found.plan, stats)


def _warm_up() -> None:
    """Compile the engine if this machine never has: a minute that must not eat up the time of a plan."""
    try:
        if not core.is_warm():
            core.warm()
    except ImportError:
        pass  # no numba: there is the fallback


def _engine(problem: Problem) -> Engine | None:
    """The compiled engine, or None where there is no numba, or numbers too large for it.

    Imported here because numba takes a second to load, and most processes that know routing never plan.
    """
    try:
        from routing.core.build import TooLarge
        from routing.engine import Engine
    except ImportError:
        return None
    try:
        return Engine(problem)
    except TooLarge:
        return None


@dataclass(slots=True)
class Found:
    """A plan and how it came about."""

    plan: Plan
    engine: str
    iterations: int = 0
    recombinations: int = 0
    wins: int = 0


@dataclass(slots=True)
class _Search:
    c: Compiled
    clock: Clock
    seed: int
    workers: int
    progress: Callable[[Progress], None] | None
    told_at: float = 0.0
    told: tuple[float, float] = (float("inf"), float("inf"))
    lower_bound_fen: int | None = None

    def best(self, first: Plan | None) -> Found:
        """The best plan found before the clock runs out, starting from `first` if there is one."""
        if self.clock.stop.iterations == 0:
            return Found(greedy.construct(self.c, first), "greedy")
        engine = _engine(self.c.problem)
        return self._plain(first) if engine is None else self._compiled(engine, first)

    def _plain(self, first: Plan | None) -> Found:
        plan = greedy.construct(self.c, first)
        best, iterations = fallback.improve(self.c, plan, self.seed, self.clock, self.tell_plan)
        return Found(best, "python", iterations)

    def _compiled(self, engine: Engine, first: Plan | None) -> Found:
        from routing.bound import lower_bound_fen
        from routing.team import Team

        self.clock.spare_s = FINISH_S + FINISH_S_PER_STOP * engine.stops
        if self.progress is not None:
            self.lower_bound_fen = lower_bound_fen(engine.net, engine.index)
        team = Team(engine, self.clock, self.seed, self.workers, self._tell_run)
        if first is not None:
            days, windows = engine.days_of(self.c, first)
            for run in team.runs:
                run.adopt(days, windows)
        team.work()
        plan = engine.plan_of(self.c, team.best.best(), first)
        found = Found(plan, "sisr-cpsat", team.iterations, team.recombinations, team.wins)
        if first is not None:
            plan.fill()
            first.fill()
            if first.cost() < plan.cost():
                found.plan = first
        return found

    def tell_plan(self, plan: Plan, iterations: int, *, last: bool = False) -> None:
        """Report this plan; the last one in any case."""
        self._tell(len(plan.absent), plan.cost(self.c.penalty), iterations, last=last)

    def _tell_run(self, run: Run, iterations: int) -> None:
        absent = run.best_absent()
        cost = run.best_cost - sum(float(run.engine.net.absence[node]) for node in absent)
        shift = self.c.stop_nodes.start - run.engine.first
        out = absent + run.engine.never
        self._tell(len(out), cost + sum(self.c.penalty[node + shift] for node in out), iterations)

    def _tell(self, absent: int, cost: float, iterations: int, *, last: bool = False) -> None:
        """Report the best plan so far, at most four times a second unless it improved."""
        if self.progress is None:
            return
        now = time.monotonic()
        pause = now - self.told_at
        better = (absent, cost) < self.told
        if not last and pause < (TOLD_EVERY_S / 5 if better else TOLD_EVERY_S):
            return
        self.told_at, self.told = now, min((absent, cost), self.told)
        self.progress(
            Progress(
                best_cost_fen=round(cost),
                assigned=len(self.c.stop_nodes) - absent,
                unassigned=absent,
                iterations=iterations,
                seconds=round(now - self.clock.begin, 3),
                lower_bound_fen=self.lower_bound_fen,
            )
        )
