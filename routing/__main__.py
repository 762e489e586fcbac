"""Plan, check, explain and invent problems from the shell.

python -m routing solve FILE [--seconds N | --iterations N] [--seed N] [--workers N] [--out SOLUTION.json]
python -m routing check FILE SOLUTION.json       (exit 1 and the list if a rule is broken)
python -m routing explain FILE SOLUTION.json     (why stops were left out, and what would admit them)
python -m routing generate --stops N --seed N --out FILE.json [--relaxed]

FILE: our JSON, a VRPLIB .vrp or Solomon's .txt (--format tells if the suffix does not). Seconds are CPU
seconds. Costs are in fen; for a benchmark instance in its own unit, beside the best known if a .sol lies
beside the file. A solution whose name ends in .sol is written and read in the format of those files.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from routing import greedy, readers
from routing.checker import check
from routing.explain import report
from routing.generate import generate
from routing.json_io import digest, digest_of, problem_to_dict, solution_from_dict, solution_to_dict
from routing.problem import ProblemError
from routing.readers import Instance
from routing.solution import Solution, StopRule
from routing.solver import solve

SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 rules broken, 2 unusable input."""
    options = _parser().parse_args(arguments)
    commands = {"solve": _solve, "check": _check, "explain": _explain, "generate": _generate}
    try:
        return commands[options.command](options)
    except ProblemError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m routing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    solving = _reading(commands.add_parser("solve", help="plan a problem"))
    budget = solving.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, help=f"CPU seconds, default {SECONDS:g}")
    budget.add_argument("--iterations", type=int, help="a count: the same plan for the same seed")
    solving.add_argument("--seed", type=int, default=0)
    solving.add_argument("--workers", type=int, default=1)
    solving.add_argument("--engine", choices=("search", "greedy"), default="search")
    solving.add_argument("--out", type=Path, metavar="SOLUTION")
    for name, words in (("check", "check a solution"), ("explain", "why stops were left out")):
        _reading(commands.add_parser(name, help=words)).add_argument("solution", type=Path)
    inventing = commands.add_parser("generate", help="invent a day that looks like Jiaxing")
    inventing.add_argument("--stops", type=int, required=True)
    inventing.add_argument("--seed", type=int, required=True)
    inventing.add_argument("--relaxed", action="store_true", help="only the rules that all solvers can model")
    inventing.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    return parser


def _reading(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("problem", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=readers.FORMATS)
    return parser


def _solve(options: argparse.Namespace) -> int:
    instance = readers.read(options.problem, options.format)
    problem = instance.problem
    if options.engine == "greedy":
        solution = greedy.solve(problem)
    else:
        seconds = SECONDS if options.seconds is None and options.iterations is None else options.seconds
        stop = StopRule(cpu_seconds=seconds, iterations=options.iterations)
        solution = solve(problem, stop=stop, seed=options.seed, workers=options.workers)
    if options.out is not None:
        is_sol = options.out.suffix == ".sol"
        _write(options.out, readers.sol_text(instance, solution) if is_sol else _json(solution))
    _summary(instance, solution)
    return 0


def _json(solution: Solution) -> str:
    return json.dumps(solution_to_dict(solution), ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProblemError(str(path), error.strerror or "cannot be written") from None


def _summary(instance: Instance, solution: Solution) -> None:
    problem = instance.problem
    print(f"problem     {problem.name or '-'} {digest(problem)}")
    print(f"cost        {solution.cost_fen} {instance.unit}")
    if instance.best_known is not None and not solution.unassigned:
        gap = 100 * (solution.cost_fen / instance.best_known - 1)
        print(f"best known  {instance.best_known} ({gap:+.2f} %)")
    print(f"routes      {len(solution.routes)} vehicles, {solution.trips} trips, {solution.distance_m} m")
    print(f"assigned    {solution.assigned}")
    print(f"unassigned  {len(solution.unassigned)}")
    for item in solution.unassigned:
        print(f"  {item.stop_id} {item.reason} {dict(item.numbers)}")
    violations = check(problem, solution)
    print(f"feasible    {'no' if violations else 'yes'} (checked)")
    print(f"engine      {solution.stats}")


def _check(options: argparse.Namespace) -> int:
    instance = readers.read(options.problem, options.format)
    solution = _solution(instance, options.solution)
    violations = check(instance.problem, solution)
    print(f"cost        {solution.cost_fen} {instance.unit}")
    for item in violations:
        print(f"{item.code} {item.where} {dict(item.detail)}")
    print(f"{len(violations)} violations")
    return 1 if violations else 0


def _solution(instance: Instance, path: Path) -> Solution:
    """A solution of ours, or the routes of a .sol file with the best timetable of each."""
    try:
        if path.suffix == ".sol":
            return readers.timed_solution(
                instance.problem, readers.routes_of_sol(instance, readers.text_of(path))
            )
        return solution_from_dict(readers.read_json(path))
    except ProblemError as error:
        if error.path.startswith(str(path)):
            raise
        raise ProblemError(f"{path}: {error.path}", error.reason) from None


def _explain(options: argparse.Namespace) -> int:
    instance = readers.read(options.problem, options.format)
    for line in report(instance.problem, _solution(instance, options.solution)):
        print(line)
    return 0


def _generate(options: argparse.Namespace) -> int:
    problem = generate(stops=options.stops, seed=options.seed, relaxed=options.relaxed)
    data = problem_to_dict(problem)
    _write(options.out, json.dumps(data, ensure_ascii=False) + "\n")
    print(f"problem     {problem.name} {digest_of(data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
