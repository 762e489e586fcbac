"""What is measured: which days, with which solvers, at which budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.planner_cases import day, overfull_day
from routing import Problem
from routing.generate import TRIPS, generate
from routing.readers import Instance, read

PUBLIC = ("MDVRPTW", "CVRP", "HFVRP", "MTVRPTWR", "VRPTW", "VRPTW_HG")
DEMO_DAYS: dict[str, Callable[..., Problem]] = {"day": day, "overfull": overfull_day}
OWN = ("jiaxing", "jiaxing-4416", *DEMO_DAYS)
FAMILIES = (*OWN, *PUBLIC)
SIZES = (150, 400, 1000, 4416)
SEEDS = (1, 2, 3)
# On small days a solver's cost changes by 2 % with its seed alone: three of them say too little.
MORE_DAYS = {150: range(4, 11)}
OURS, PYVRP, VROOM, ORTOOLS = "ours", "pyvrp", "vroom", "ortools"
PEERS = (PYVRP, VROOM, ORTOOLS)
TRIPS_OF = {"relaxed": 1, "trips": TRIPS, "full": TRIPS}
SUFFIXES = {".vrp", ".txt"}


@dataclass(frozen=True)
class Run:
    """One process: this solver on this case until the largest budget, read off at each."""

    case: str
    solver: str
    budgets_s: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Runs that belong in one row of a table: they follow each other with nothing else beside them."""

    family: str
    instance: str
    seed: int
    runs: tuple[Run, ...]

    @property
    def key(self) -> str:
        budgets = sorted({budget for run in self.runs for budget in run.budgets_s})
        return f"{self.family}/{self.instance}/s{self.seed}/{'-'.join(map(str, budgets))}"

    @property
    def seconds(self) -> int:
        return sum(max(run.budgets_s) for run in self.runs)


def load(case: str, instances: Path | None) -> Instance:
    """The problem that a run names. Raises ProblemError, or KeyError for a case that does not exist."""
    family, _, name = case.partition("/")
    if family == "jiaxing":
        return Instance(problem=_jiaxing(name), unit="fen")
    if family in DEMO_DAYS:
        return Instance(problem=DEMO_DAYS[family](seed=int(name)), unit="fen")
    if instances is None:
        raise KeyError(case)
    return read(instances / case)


def _jiaxing(name: str) -> Problem:
    stops, seed, rules = name.split("-")
    return generate(stops=int(stops), seed=int(seed), relaxed=rules != "full", trips=TRIPS_OF[rules])


def groups(instances: Path | None, *, quick: bool) -> Iterator[Group]:
    """Everything there is to measure, the most telling first."""
    if quick:
        yield from _quick(instances)
        return
    for seed in SEEDS:
        for size in SIZES:
            yield jiaxing(size, seed, 60)
        if seed == SEEDS[0]:
            yield from (relaxed(size, day, 60) for size, days in MORE_DAYS.items() for day in days)
        yield first_plan(seed)
        yield from (demo_day(seed, 10, 120, family) for family in DEMO_DAYS)
        for path in _files(instances, "MDVRPTW"):
            yield public(path, seed, (10, 30, 60))
        for family in PUBLIC[1:]:
            for path in _files(instances, family):
                yield public(path, seed, (60,))


def _quick(instances: Path | None) -> Iterator[Group]:
    for size in SIZES[:3]:
        yield jiaxing(size, 1, 20)
    yield first_plan(1)
    yield demo_day(1, 10, 60)
    for path in _files(instances, "MDVRPTW")[:3]:
        yield public(path, 1, (10,))
    for family in PUBLIC[1:5]:
        for path in _files(instances, family)[-1:]:
            yield public(path, 1, (10,))


def _files(instances: Path | None, family: str) -> list[Path]:
    if instances is None:
        return []
    return sorted(path for path in (instances / family).glob("*") if path.suffix in SUFFIXES)


def jiaxing(size: int, seed: int, budget_s: int) -> Group:
    """Without the rules that only we can model, then with them; between the two only with several trips."""
    easy = relaxed(size, seed, budget_s)
    trips, full = (f"jiaxing/{size}-{seed}-{rules}" for rules in ("trips", "full"))
    budgets = (budget_s,)
    runs = [Run(trips, OURS, budgets), Run(trips, PYVRP, budgets)]
    runs += [Run(full, OURS, budgets), Run(full, ORTOOLS, budgets)]
    return replace(easy, runs=(*easy.runs, *runs))


def relaxed(size: int, seed: int, budget_s: int) -> Group:
    """Without the rules that only we can model."""
    case = f"jiaxing/{size}-{seed}-relaxed"
    runs = tuple(Run(case, solver, (budget_s,)) for solver in (OURS, *PEERS))
    return Group("jiaxing", f"{size}", seed, runs)


def first_plan(seed: int) -> Group:
    """The largest day with all rules, in half a minute."""
    return Group("jiaxing-4416", "4416", seed, (Run(f"jiaxing/4416-{seed}-full", OURS, (30,)),))


def demo_day(seed: int, short_s: int, long_s: int, family: str = "day") -> Group:
    """The day of the demo, as it is or with a vehicle missing ("overfull"), briefly and at length."""
    runs = tuple(Run(f"{family}/{seed}", OURS, (budget,)) for budget in (short_s, long_s))
    return Group(family, "210", seed, runs)


def public(path: Path, seed: int, budgets_s: tuple[int, ...]) -> Group:
    """A published instance. Our search plans its budget, so each is a run; PyVRP does not, one run has all.

    VROOM and OR-Tools have no seed: they run beside the first.
    """
    case = f"{path.parent.name}/{path.name}"
    runs = [Run(case, OURS, (budget,)) for budget in budgets_s]
    runs.append(Run(case, PYVRP, budgets_s))
    if seed == SEEDS[0]:
        runs += [Run(case, solver, budgets_s[-1:]) for solver in (VROOM, ORTOOLS)]
    return Group(path.parent.name, path.stem, seed, tuple(runs))
