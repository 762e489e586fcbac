"""Our planner beside PyVRP, VROOM and OR-Tools at equal CPU time: `python3 -m wastehub bench routing`.

--quick               a look in about 20 minutes: short budgets, few instances, one seed
--minutes N           begin nothing new after N minutes; the next call goes on where this one ended
--only FAMILY         jiaxing, jiaxing-4416, MDVRPTW, CVRP, HFVRP, MTVRPTWR, VRPTW, VRPTW_HG, day,
                      overfull (repeatable)
--instances DIR       the folder of published instances (or WASTEHUB_BENCH_INSTANCES); without it only our own
                      generator is measured

The peers come with the extra "bench" (pip install wastehub[bench]). Rows are kept in
docs/benchmarks/routing.jsonl; those of the present code make docs/benchmarks/routing.md, and where there are
none yet, those of the code before, marked.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.routing_peers.cases import FAMILIES, OWN, PYVRP, VROOM, Group, Run, groups
from bench.routing_peers.report import Facts, page
from bench.routing_peers.rows import Row, Rows, code_hash

ROOT = Path(__file__).resolve().parents[1]
MODULES = {PYVRP: "pyvrp", VROOM: "vroom"}
PACKAGES = ("numpy", "numba", "ortools", "pyvrp", "pyvroom")
OVERHEAD = 1.25  # a group's wall time over its budgets, roughly

RunIt = Callable[[Run, Group, Path | None], list[Row]]


def main(arguments: Sequence[str] | None = None, run_it: RunIt | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.instances is None:
        print("No published instances given: only days of our own generator are measured.")
    elif not options.instances.is_dir():
        print(f"{options.instances} is not a folder", file=sys.stderr)
        return 2
    rows, code = Rows(options.rows), code_hash(ROOT / "routing")
    _measure(options, rows, code, run_it or run_in_process)
    _write(options.report, rows.latest(code), code, options.instances is not None)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given = os.environ.get("WASTEHUB_BENCH_INSTANCES")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--only", action="append", choices=FAMILIES)
    parser.add_argument("--instances", type=Path, default=Path(given) if given else None)
    parser.add_argument("--rows", type=Path, default=ROOT / "docs" / "benchmarks" / "routing.jsonl")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "routing.md")
    return parser


def _measure(options: argparse.Namespace, rows: Rows, code: str, run_it: RunIt) -> None:
    """Every group that has no rows yet, until the time is over."""
    begin = time.monotonic()
    missing = [solver for solver, module in MODULES.items() if importlib.util.find_spec(module) is None]
    for solver in missing:
        print(f"{solver} is not installed: pip install wastehub[bench]")
    for group in groups(options.instances, quick=options.quick):
        if options.only and group.family not in options.only:
            continue
        group = _without(group, missing)
        if rows.has(code, group):
            continue
        needed_min = OVERHEAD * group.seconds / 60
        if options.minutes is not None and (time.monotonic() - begin) / 60 + needed_min > options.minutes:
            print(f"{options.minutes:g} minutes are over; call again to go on")
            return
        rows.add(_rows_of(group, code, options.instances, run_it))


def _without(group: Group, solvers: list[str]) -> Group:
    runs = tuple(run for run in group.runs if run.solver not in solvers)
    return Group(group.family, group.instance, group.seed, runs)


def _rows_of(group: Group, code: str, instances: Path | None, run_it: RunIt) -> list[Row]:
    """All runs of the group, back to back."""
    found: list[Row] = []
    for run in group.runs:
        same = {"group": group.key, "family": group.family, "instance": group.instance, "seed": group.seed}
        load = round(os.getloadavg()[0], 1)
        for row in run_it(run, group, instances):
            row = {"code": code, **same, "case": run.case, "solver": run.solver, "load": load, **row}
            found.append({"on": f"{datetime.now(UTC):%Y-%m-%d}", **row})
            print(_line(found[-1]), flush=True)
    return found


def _line(row: Row) -> str:
    found = row["state"] if row["state"] != "ok" else f"{row['cost']:,}"
    gap = ""
    if row["state"] == "ok" and row.get("best_known"):
        gap = f"  {100 * (row['cost'] / row['best_known'] - 1):+.2f} %"
    left = f"  {row['left_out']} left out" if row.get("left_out") else ""
    who = f"{row['case']} seed {row['seed']} {row['solver']} {row['budget_s']} s"
    return f"{who:58} {found:>16}{gap}{left}{'  ' + row['why'] if 'why' in row else ''}"


def run_in_process(run: Run, group: Group, instances: Path | None) -> list[Row]:
    """The rows of one run, measured in a process of its own on one core.

    A process that the kernel ended at its limit of CPU time has no answer; any other end is an error.
    """
    job: dict[str, Any] = {
        "case": run.case,
        "solver": run.solver,
        "budgets_s": run.budgets_s,
        "seed": group.seed,
        "core": max(os.sched_getaffinity(0)),
        "instances": None if instances is None else str(instances.resolve()),
    }
    command = [sys.executable, "-m", "bench.routing_peers.run_one"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(job), capture_output=True, text=True)
    if done.returncode == -signal.SIGXCPU:
        return [{"budget_s": budget, "state": "none"} for budget in run.budgets_s]
    if done.returncode:
        raise RuntimeError(f"{run} ended with {done.returncode}\n{done.stderr[-4000:]}")
    found: list[Row] = json.loads(done.stdout)
    return found


def _write(path: Path, rows: list[Row], code: str, instances_given: bool) -> None:
    facts = Facts(
        code=code, machine=_machine(), versions=_versions(), instances_given=instances_given or _public(rows)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(rows, facts), encoding="utf-8")
    print(f"{len(rows)} rows, written to {path.name}")


def _public(rows: list[Row]) -> bool:
    return any(row["family"] not in OWN for row in rows)


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except ImportError:
            found[name] = "not installed"
    return found


def _machine() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").is_file() else ""
    model = next((line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line), "?")
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; each run on one core"


if __name__ == "__main__":
    sys.exit(main())
