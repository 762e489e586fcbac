"""One run in a process of its own: `python -m bench.routing_peers.run_one`, the run as JSON on its input.

Pins itself to one core, limits its CPU time to three times the budget (the kernel ends it then), measures,
has the answers judged by the checker and prints a list of rows as JSON, one for each budget.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.routing_peers.answers import Answer, answer_at
from bench.routing_peers.cases import ORTOOLS, OURS, PYVRP, VROOM, load
from routing import Problem, ProblemError, check

ADAPTERS = {
    OURS: "bench.routing_peers.ours",
    PYVRP: "bench.routing_peers.pyvrp_peer",
    VROOM: "bench.routing_peers.vroom_peer",
    ORTOOLS: "bench.routing_peers.ortools_peer",
}
PATIENCE = 3
HAND_OVER_S = 5  # what a solver may need to hand over what it has


def main() -> None:
    job = json.load(sys.stdin)
    answer_to = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not mix with the answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.sched_setaffinity(0, {job["core"]})
    instances = job["instances"]
    instance = load(job["case"], None if instances is None else Path(instances))
    adapter = importlib.import_module(ADAPTERS[job["solver"]])
    rows = measure(instance.problem, adapter, job["budgets_s"], job["seed"])
    with answer_to:
        json.dump([{"best_known": instance.best_known, **row} for row in rows], answer_to)


def measure(
    problem: Problem, adapter: ModuleType, budgets_s: Sequence[int], seed: int
) -> list[dict[str, Any]]:
    """A row for each budget: cost, feasibility, CPU and memory."""
    models = getattr(adapter, "models", None)
    if models is not None and not models(problem):
        return [{"budget_s": budget, "state": "cannot model it"} for budget in budgets_s]
    run = adapter.prepare(problem, seed)
    begin, wall = time.process_time(), time.perf_counter()
    with _cpu_limit(begin + PATIENCE * max(budgets_s) + HAND_OVER_S):
        answers = run(budgets_s, lambda: time.process_time() - begin)
    used = {
        "cpu_s": round(time.process_time() - begin, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mib": _peak_mib(),
    }
    excused = getattr(adapter, "excused", None)
    judged_by = problem if excused is None else excused(problem)
    rows = []
    for budget in budgets_s:
        answer = answer_at(answers, budget, budgets_s)
        rows.append({"budget_s": budget, **used, **_judged(judged_by, answer)})
    return rows


@contextmanager
def _cpu_limit(cpu_s: float) -> Iterator[None]:
    """The kernel ends this process when it has used so many CPU seconds in all."""
    before = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu_s), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CPU, before)


def _peak_mib() -> int:
    """The most memory this process ever held; getrusage would count what its parent held at the fork, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def _judged(problem: Problem, answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"state": "none"}
    try:
        solution = answer.make()
    except ProblemError as error:
        return {"state": "refused", "why": str(error)[:200]}
    violations = check(problem, solution)
    if violations:
        return {"state": "refused", "why": f"{len(violations)}: {violations[0]}"[:200]}
    return {
        "state": "ok",
        "cost": solution.cost_fen,
        "left_out": len(solution.unassigned),
        "routes": len(solution.routes),
        "trips": solution.trips,
        "held_since_cpu_s": round(answer.cpu_s, 2),
    }


if __name__ == "__main__":
    main()
