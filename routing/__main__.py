"""Plan and check from the shell.

python -m routing solve PROBLEM.json [--seconds N] [--iterations N] [--seed S] [--workers N]
                        [--engine hybrid|greedy] [--out SOLUTION.json]
python -m routing check PROBLEM.json SOLUTION.json      (exit 1 and the list if a rule is broken)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from routing import greedy
from routing.checker import check
from routing.json_io import digest, problem_from_dict, solution_from_dict, solution_to_dict
from routing.problem import Problem, ProblemError
from routing.solution import Solution, StopRule
from routing.solver import solve


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 rules broken, 2 unusable input."""
    options = _parser().parse_args(arguments)
    try:
        problem = problem_from_dict(_read(options.problem))
        if options.command == "check":
            return _check(problem, solution_from_dict(_read(options.solution)))
        return _solve(problem, options)
    except ProblemError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing")
    commands = parser.add_subparsers(dest="command", required=True)
    solving = commands.add_parser("solve", help="plan a problem")
    solving.add_argument("problem", type=Path)
    solving.add_argument("--seconds", type=float)
    solving.add_argument("--iterations", type=int)
    solving.add_argument("--seed", type=int, default=0)
    solving.add_argument("--workers", type=int, default=1)
    solving.add_argument("--engine", choices=("hybrid", "greedy"), default="hybrid")
    solving.add_argument("--out", type=Path)
    checking = commands.add_parser("check", help="check a solution")
    checking.add_argument("problem", type=Path)
    checking.add_argument("solution", type=Path)
    return parser


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise ProblemError(str(path), error.strerror or "cannot be read") from None
    except ValueError as error:
        raise ProblemError(str(path), f"is not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _solve(problem: Problem, options: argparse.Namespace) -> int:
    if options.engine == "greedy":
        solution = greedy.solve(problem)
    else:
        seconds, iterations = options.seconds, options.iterations
        if seconds is None and iterations is None:
            seconds = 30.0
        stop = StopRule(seconds=seconds, iterations=iterations)
        solution = solve(problem, stop=stop, seed=options.seed, workers=options.workers)
    if options.out is not None:
        written = json.dumps(solution_to_dict(solution), ensure_ascii=False, indent=1)
        options.out.write_text(written + "\n", encoding="utf-8")
    _summary(problem, solution)
    return 0


def _summary(problem: Problem, solution: Solution) -> None:
    print(f"problem     {problem.name or '-'} {digest(problem)}")
    print(f"cost_fen    {solution.cost_fen}")
    print(f"routes      {len(solution.routes)} vehicles, {solution.trips} trips, {solution.distance_m} m")
    print(f"assigned    {solution.assigned}")
    print(f"unassigned  {len(solution.unassigned)}")
    for item in solution.unassigned:
        print(f"  {item.stop_id} {item.reason} {dict(item.numbers)}")
    print("feasible    yes (checked)")
    print(f"engine      {solution.stats}")


def _check(problem: Problem, solution: Solution) -> int:
    violations = check(problem, solution)
    for item in violations:
        print(f"{item.code} {item.where} {dict(item.detail)}")
    print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
