"""What the rows say about each target: means over instances and seeds, and whether the target is reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.routing_peers.cases import DEMO_DAYS, ORTOOLS, OURS, PYVRP, VROOM
from bench.routing_peers.rows import Row

FULL_BUDGET_S = 60
GAPS_WANTED = {10: (3.5, 3.0), 30: (2.5, 1.8), 60: (1.9, 1.2)}  # percent: must, aim
BELOW_PYVRP = {150: 3, 400: 4, 1000: 5, 4416: 5}  # percent
BELOW_VROOM, BELOW_ORTOOLS, RULES_COST = 5, 25, 5
FAMILIES = ("CVRP", "HFVRP", "MTVRPTWR", "VRPTW")
FIRST_PLAN_S, FIRST_PLAN_MIB = 30, 1536
DAY_SHORT_S, DAY_LONG_S, DAY_WITHIN = 10, 120, 1.0


@dataclass(frozen=True)
class Measure:
    """One line of the table of targets. `reached` None: nothing measured (yet)."""

    what: str
    wanted: str
    found: str
    reached: bool | None
    aim_reached: bool | None = None


def solved(row: Row | None) -> bool:
    """Whether the row holds a plan that counts: judged right, and complete unless rules may prevent it.

    A plan that leaves every stop out breaks no rule, but is none.
    """
    if row is None or row["state"] != "ok" or row["routes"] == 0:
        return False
    return row["left_out"] == 0 or row["case"].endswith("-full") or row["family"] in DEMO_DAYS


class Table:
    """Rows by what they answer."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.by_run = {(r["case"], r["seed"], r["solver"], r["budget_s"]): r for r in self.rows}

    def runs(self, family: str, solver: str, budget_s: int) -> list[Row]:
        return [
            row
            for row in self.rows
            if (row["family"], row["solver"], row["budget_s"]) == (family, solver, budget_s)
        ]

    def beside(self, row: Row, solver: str) -> Row | None:
        """The run of another solver on the same case, seed and budget."""
        return self.by_run.get((row["case"], row["seed"], solver, row["budget_s"]))


def percent(cost: int, base: int) -> float:
    """How far the cost lies above the base."""
    return 100 * (cost - base) / base


def mean_by_instance(values: Sequence[tuple[str, float]]) -> float:
    """The mean over instances of the mean over their seeds."""
    by_instance: dict[str, list[float]] = defaultdict(list)
    for instance, value in values:
        by_instance[instance].append(value)
    return fmean(fmean(found) for found in by_instance.values())


def gap_pairs(table: Table, family: str, budget_s: int, peer: str = PYVRP) -> list[tuple[Row, Row]]:
    """Our run and the peer's where both found a plan."""
    pairs = ((row, table.beside(row, peer)) for row in table.runs(family, OURS, budget_s))
    return [
        (ours, theirs) for ours, theirs in pairs if theirs is not None and solved(ours) and solved(theirs)
    ]


def measures(rows: Iterable[Row]) -> list[Measure]:
    """Every target of the benchmark."""
    table = Table(rows)
    found = [_multi_depot(table, budget_s) for budget_s in GAPS_WANTED]
    found.append(_no_worse_on_three_quarters(table))
    for size in BELOW_PYVRP:
        found.append(_below(table, size, "relaxed", PYVRP, BELOW_PYVRP[size]))
        found.append(_below(table, size, "relaxed", VROOM, BELOW_VROOM))
    for size in BELOW_PYVRP:
        found += [_price_of_rules(table, size, base) for base in ("relaxed", "trips")]
        found.append(_below(table, size, "full", ORTOOLS, BELOW_ORTOOLS))
    found += [_family(table, family) for family in FAMILIES]
    found += [_first_plan(table), _short_day(table), _overfull_day(table)]
    return found


def _nothing(what: str, wanted: str) -> Measure:
    return Measure(what, wanted, "not measured", None)


def _notes(rows: Sequence[Row]) -> str:
    """What a reader has to know of these runs beside their mean."""
    bad, old = sum(not solved(row) for row in rows), sum(row.get("earlier", False) for row in rows)
    failed = f"; {bad} of {len(rows)} runs without a plan" if bad else ""
    return failed + (f"; {old} of {len(rows)} runs by earlier code" if old else "")


def _multi_depot(table: Table, budget_s: int) -> Measure:
    must, aim = GAPS_WANTED[budget_s]
    what = f"MDVRPTW, mean gap to the best known at {budget_s} s"
    wanted = f"below PyVRP's, at most {must} % (aim {aim} %)"
    runs = table.runs("MDVRPTW", OURS, budget_s)
    pairs = gap_pairs(table, "MDVRPTW", budget_s)
    if not pairs:
        return _nothing(what, wanted)
    ours, theirs = (_mean_gap([pair[side] for pair in pairs]) for side in (0, 1))
    whole = all(solved(row) for row in runs)
    found = f"{ours:.2f} %, PyVRP {theirs:.2f} % ({_count(runs)}){_notes(runs)}"
    good = whole and ours < theirs
    return Measure(what, wanted, found, good and ours <= must, good and ours <= aim)


def _mean_gap(rows: Sequence[Row]) -> float:
    return mean_by_instance([(row["instance"], percent(row["cost"], row["best_known"])) for row in rows])


def _count(rows: Sequence[Row]) -> str:
    instances = len({row["instance"] for row in rows})
    seeds = len({row["seed"] for row in rows})
    return f"{instances} instance{'s' * (instances > 1)}, {seeds} seed{'s' * (seeds > 1)}"


def _no_worse_on_three_quarters(table: Table) -> Measure:
    what, wanted = (
        "MDVRPTW, instances on which we are no worse than PyVRP",
        "aim: three quarters at each budget",
    )
    shares = []
    for budget_s in GAPS_WANTED:
        by_instance: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
        for pair in gap_pairs(table, "MDVRPTW", budget_s):
            by_instance[pair[0]["instance"]].append(pair)
        if not by_instance:
            return _nothing(what, wanted)
        good = sum(
            fmean(ours["cost"] for ours, _ in pairs) <= fmean(theirs["cost"] for _, theirs in pairs)
            for pairs in by_instance.values()
        )
        shares.append((budget_s, good, len(by_instance)))
    found = ", ".join(f"{good} of {count} at {budget_s} s" for budget_s, good, count in shares)
    return Measure(what, wanted, found, all(4 * good >= 3 * count for _, good, count in shares))


def _below(table: Table, size: int, rules: str, peer: str, wanted: int) -> Measure:
    name = {PYVRP: "PyVRP", VROOM: "VROOM", ORTOOLS: "OR-Tools guided local search"}[peer]
    day = "rules all can model" if rules == "relaxed" else "all rules"
    what = f"Jiaxing-like, {size:,} stops, {day}, {FULL_BUDGET_S} s, against {name}"
    goal = f"at least {wanted} % below"
    runs = [row for row in table.runs("jiaxing", OURS, FULL_BUDGET_S) if _is_day(row, size, rules)]
    if not runs:
        return _nothing(what, goal)
    pairs = [(row, table.beside(row, peer)) for row in runs]
    ratios = [
        percent(ours["cost"], theirs["cost"])
        for ours, theirs in pairs
        if theirs is not None and solved(ours) and solved(theirs)
    ]
    none = sum(theirs is not None and not solved(theirs) for _, theirs in pairs)
    note = f", {none} of {len(pairs)} times none" if none else ""
    if not ratios:
        state = "none within three times the budget" if none else "not measured"
        return Measure(what, goal, f"{name}: {state}{_notes(runs)}", None)
    good = all(map(solved, runs)) and fmean(ratios) <= -wanted
    found = f"{fmean(ratios):+.2f} % ({_spread(ratios)}{note}){_notes(runs)}"
    return Measure(what, goal, found, good)


def _spread(values: Sequence[float]) -> str:
    return f"{len(values)} days, {min(values):+.2f} to {max(values):+.2f}"


def _is_day(row: Row, size: int, rules: str) -> bool:
    return row["instance"] == f"{size}" and row["case"].endswith(f"-{rules}")


def _price_of_rules(table: Table, size: int, base: str) -> Measure:
    """What all rules cost over the relaxed day, with or without several trips."""
    what = f"Jiaxing-like, {size:,} stops, {FULL_BUDGET_S} s, cost of all rules over the relaxed day"
    wanted = f"no violation, at most {RULES_COST} % above"
    if base == "trips":
        what, wanted = f"{what} with several trips, too", "(for comparison)"
    full = [row for row in table.runs("jiaxing", OURS, FULL_BUDGET_S) if _is_day(row, size, "full")]
    ratios = []
    for row in full:
        case = row["case"].replace("-full", f"-{base}")
        easy = table.by_run.get((case, row["seed"], OURS, FULL_BUDGET_S))
        if easy is not None and solved(row) and solved(easy):
            ratios.append(percent(row["cost"], easy["cost"]))
    if not ratios:
        return _nothing(what, wanted)
    left_out = sum(row.get("left_out", 0) for row in full)
    found = f"{fmean(ratios):+.2f} % ({_spread(ratios)}), {left_out} stops left out{_notes(full)}"
    good = all(map(solved, full)) and fmean(ratios) <= RULES_COST
    return Measure(what, wanted, found, good if base == "relaxed" else None)


def _family(table: Table, family: str) -> Measure:
    what = f"{family}, mean gap at {FULL_BUDGET_S} s"
    wanted = "aim: no worse than PyVRP's"
    runs = table.runs(family, OURS, FULL_BUDGET_S)
    pairs = gap_pairs(table, family, FULL_BUDGET_S)
    if not pairs:
        return _nothing(what, wanted)
    ours, theirs = (_mean_gap([pair[side] for pair in pairs]) for side in (0, 1))
    found = f"{ours:.2f} %, PyVRP {theirs:.2f} % ({_count(runs)}){_notes(runs)}"
    return Measure(what, wanted, found, all(map(solved, runs)) and ours <= theirs)


def _first_plan(table: Table) -> Measure:
    what = "4,416 stops, all rules"
    wanted = f"feasible in {FIRST_PLAN_S} s CPU, under 1.5 GiB"
    runs = table.runs("jiaxing-4416", OURS, FIRST_PLAN_S)
    if not runs:
        return _nothing(what, wanted)
    if not all(map(solved, runs)):
        return Measure(what, wanted, _notes(runs)[2:], False)
    cpu_s, mib = max(row["cpu_s"] for row in runs), max(row["peak_mib"] for row in runs)
    left_out = max(row["left_out"] for row in runs)
    good = cpu_s <= FIRST_PLAN_S * 1.05 and mib < FIRST_PLAN_MIB and left_out == 0
    return Measure(what, wanted, f"{cpu_s:.1f} s, {mib:,} MiB, {left_out} stops left out{_notes(runs)}", good)


DAY = "a day of the demo, about 210 stops, all rules"
DAY_WANTED = f"{DAY_SHORT_S} s within {DAY_WITHIN:g} % of what {DAY_LONG_S} s find"


def _day_pairs(table: Table, family: str) -> list[tuple[Row, Row]]:
    """The short and the long run of each day."""
    short = [row for row in table.runs(family, OURS, DAY_SHORT_S) if solved(row)]
    pairs = ((row, table.by_run.get((row["case"], row["seed"], OURS, DAY_LONG_S))) for row in short)
    return [(row, long) for row, long in pairs if long is not None and solved(long)]


def _above(pairs: Sequence[tuple[Row, Row]]) -> tuple[float, str]:
    """By how many percent short runs end above long ones, as a number and in words."""
    ratios = [percent(short["cost"], long["cost"]) for short, long in pairs]
    notes = _notes([short for short, _ in pairs])
    return fmean(ratios), f"{fmean(ratios):+.2f} % ({_spread(ratios)}){notes}"


def _short_day(table: Table) -> Measure:
    pairs = _day_pairs(table, "day")
    if not pairs:
        return _nothing(DAY, DAY_WANTED)
    mean, found = _above(pairs)
    return Measure(DAY, DAY_WANTED, found, mean <= DAY_WITHIN)


def _overfull_day(table: Table) -> Measure:
    what, wanted = f"{DAY}, one vehicle fewer than it needs", f"(for comparison: {DAY_WANTED})"
    pairs = _day_pairs(table, "overfull")
    if not pairs:
        return _nothing(what, wanted)
    more = sum(short["left_out"] - long["left_out"] for short, long in pairs)
    return Measure(what, wanted, f"{_above(pairs)[1]}; {more:+d} stops left out in all", None)
