"""How far is a short planning run from a long one? One day of 210 stops, 7 platforms, all rules.

python -m bench.planner_budget --seconds 30 300 [--seed 1] [--workers 2]
"""

from __future__ import annotations

import argparse
import json

from bench.planner_cases import day
from routing import StopRule, check, greedy, solve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, nargs="+", default=[30.0, 300.0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    case = day(seed=options.seed)
    runs = [("greedy", greedy.solve(case))]
    for seconds in options.seconds:
        stop = StopRule(seconds=seconds)
        runs.append((f"{seconds:g} s", solve(case, stop=stop, seed=options.seed, workers=options.workers)))
    best = min(solution.cost_fen for _, solution in runs)
    for name, solution in runs:
        row = {
            "run": name,
            "cost_fen": solution.cost_fen,
            "above_best_percent": round(100 * (solution.cost_fen / best - 1), 2),
            "unassigned": len(solution.unassigned),
            "violations": len(check(case, solution)),
            "trips": solution.trips,
            "seconds": solution.stats.seconds,
            "iterations": solution.stats.iterations,
            "subsolves": solution.stats.subsolves,
            "subsolve_wins": solution.stats.subsolve_wins,
        }
        print(json.dumps(row))


if __name__ == "__main__":
    main()
