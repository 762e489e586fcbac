"""The story of a plan: a first one, better ones until told to stop, nothing insertable left out, checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from routing import engine, greedy
from routing.compiled import Compiled
from routing.engine import Control, Tally
from routing.finish import plan_of, solution_of
from routing.plan import Plan
from routing.problem import Problem, ProblemError
from routing.search import Search
from routing.solution import Progress, Solution, Stats, StopRule
from routing.team import Team

ENGINE, VERSION = "ortools-decomposed", "1"
ROUND_S = 2.5
ROUNDS_BY_COUNT = 4


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
    ten times a second; after it says yes the best plan so far is returned. `initial` is a plan to start
    from, as far as it still fits the problem. Raises ProblemError for an unusable argument.
    """
    if workers not in range(1, 17):
        raise ProblemError("workers", f"must be between 1 and 16, not {workers}")
    begin = time.monotonic()
    c = Compiled(problem)
    plan = greedy.construct(c, None if initial is None else plan_of(c, initial))
    run = _Run(c, stop, seed, begin, progress, cancelled)
    best = run.together(plan, workers) if workers > 1 else run.alone(plan)
    best.fill()
    stats = Stats(
        engine=ENGINE,
        engine_version=VERSION,
        seed=seed,
        iterations=run.iterations,
        seconds=round(time.monotonic() - begin, 3),
        subsolves=run.tally.subsolves,
        subsolve_wins=run.tally.wins,
        workers=workers,
        cancelled=run.was_cancelled,
    )
    return solution_of(c, best, stats)


@dataclass
class _Run:
    c: Compiled
    stop: StopRule
    seed: int
    begin: float
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    iterations: int = 0
    was_cancelled: bool = False
    told_cost: float = float("inf")
    told_at: float = 0.0
    tally: Tally = field(default_factory=Tally)

    def alone(self, plan: Plan) -> Plan:
        """Everything in this process."""
        search = Search(self.c, plan, self.seed)
        control = Control(self.stop, cancelled=self.cancelled, tell=self.tell, begin=self.begin)
        self.tally = engine.run(search, control)
        self.iterations = search.iterations
        self.was_cancelled = control.was_cancelled
        self.tell(search)
        return search.best

    def together(self, plan: Plan, workers: int) -> Plan:
        """In rounds with other processes. Every round starts from the joined plan of the one before."""
        team = Team(self.c, workers, self.seed)
        rounds = ROUNDS_BY_COUNT
        if self.stop.iterations is None and self.stop.seconds is not None:
            rounds = max(2, round(self.stop.seconds / ROUND_S))
        best, current = plan, plan
        try:
            for number in range(rounds):
                control = self._control(number, rounds, workers)
                if self.was_cancelled or control is None:
                    break
                current, found = team.round(current, number, control.stop, control)
                self.was_cancelled = control.was_cancelled
                self.iterations, self.tally = team.iterations, team.tally
                if found.cost() < best.cost():
                    best = found
                self.tell(Search(self.c, best, 0))
        finally:
            team.close()
        return best

    def _control(self, number: int, rounds: int, workers: int) -> Control | None:
        """The control of one round, None when the time is over."""
        seconds = self.stop.seconds
        if seconds is not None:
            left = seconds - (time.monotonic() - self.begin)
            seconds = left / (rounds - number)
            if seconds <= 0:
                return None
        iterations = self.stop.iterations
        if iterations is not None:
            share = iterations // workers
            iterations = share * (number + 1) // rounds - share * number // rounds
        stop = StopRule(seconds=seconds, iterations=iterations)
        span = (number / rounds, (number + 1) / rounds)
        return Control(stop, span, cancelled=self.cancelled, tell=self.tell)

    def tell(self, search: Search) -> None:
        """Report the best plan so far, at most four times a second unless it improved."""
        if self.progress is None:
            return
        now = time.monotonic()
        if now - self.told_at < 0.25 and (search.best_cost >= self.told_cost or now - self.told_at < 0.05):
            return
        self.told_at, self.told_cost = now, min(search.best_cost, self.told_cost)
        plan = search.best
        self.progress(
            Progress(
                best_cost_fen=round(plan.cost(self.c.penalty)),
                assigned=len(plan.home),
                unassigned=len(plan.absent),
                iterations=self.iterations + search.iterations,
                seconds=round(now - self.begin, 3),
            )
        )
