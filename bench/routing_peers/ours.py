"""This project's planner, as anyone calls it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.routing_peers.answers import Answer, Elapsed, Runner
from routing import Problem, StopRule, core, solve


def prepare(problem: Problem, seed: int) -> Runner:
    """All work on the problem is on the clock. Compiled code is loaded before, as peers' libraries are."""
    core.warm()

    def run(budgets_s: Sequence[float], elapsed: Elapsed) -> list[Answer]:
        solution = solve(problem, stop=StopRule(cpu_seconds=max(budgets_s)), seed=seed)
        return [Answer(elapsed(), lambda: solution)]

    return run
