"""The measurements as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.routing_peers.cases import FAMILIES, ORTOOLS, OURS, PYVRP, VROOM
from bench.routing_peers.measures import Measure, measures, percent, solved
from bench.routing_peers.rows import Row

SOLVERS = {OURS: "ours", PYVRP: "PyVRP", VROOM: "VROOM", ORTOOLS: "OR-Tools GLS"}
RAW = {
    "family": "family",
    "case": "case",
    "seed": "seed",
    "solver": "solver",
    "budget_s": "budget s",
    "state": "state",
    "cost": "cost",
    "left_out": "left out",
    "routes": "routes",
    "trips": "trips",
    "cpu_s": "CPU s",
    "held_since_cpu_s": "held since CPU s",
    "wall_s": "wall s",
    "peak_mib": "peak MiB",
    "load": "load before",
    "on": "on",
    "code": "code",
}
METHOD = """\
- Each run is a process of its own on one core; budgets are CPU seconds of that process. The clock starts
  when the solver has its problem in memory: for the peers with their model built, for us with everything
  still to do. Libraries and compiled code are loaded before.
- The runs of one instance and seed follow each other directly. Without a first plan a solver may use three
  times its budget; after that it has none, and is left out of the ratio. VROOM and OR-Tools have no seed: on
  published instances they run beside the first seed. VROOM stops by wall time, or by itself earlier.
- Every answer, ours and theirs, is judged by `routing.check`, which shares no code with the solver; theirs
  is given its best timetable before. An answer that is refused does not count.
- A mean gap is the mean over instances of the mean over seeds. Each seed of a Jiaxing-like size is a new day;
  of 150 stops there are ten, because there a solver's cost changes by 2 % with its seed alone.
- OR-Tools on the full rules is excused from rests, from the room at the platforms and from unloading times.
- Several trips a day are among the full rules and not in the relaxed day (VROOM cannot model them). They save
  trucks, which sets off what the other rules cost; therefore the relaxed day is also planned with them.
"""


@dataclass(frozen=True)
class Facts:
    """What the page says about how the rows came about."""

    code: str
    machine: str
    versions: Mapping[str, str]
    instances_given: bool


def page(rows: Sequence[Row], facts: Facts) -> str:
    """The whole page. `rows`: as `Rows.latest` gives them."""
    ordered = sorted(rows, key=_order)
    parts = [
        "# Routing: measured side by side",
        "Written by `python3 -m wastehub bench routing`; do not edit.",
        _facts(rows, facts),
        "## Targets",
        "Only runs with the budgets named here count (those of `--quick` are shorter: see the tables below).",
        _targets(measures(ordered)),
        "## How it is measured",
        METHOD.rstrip(),
        *_families(ordered),
        "## All rows",
        _table(list(RAW.values()), [[_cell(row.get(name)) for name in RAW] for row in ordered]),
    ]
    return "\n\n".join(parts) + "\n"


def _order(row: Row) -> tuple[object, ...]:
    order = list(SOLVERS)
    place = order.index(row["solver"]) if row["solver"] in order else len(order)
    size = int(row["instance"]) if row["instance"].isdigit() else 0
    return (
        FAMILIES.index(row["family"]),
        size,
        row["instance"],
        row["seed"],
        row["case"],
        place,
        row["budget_s"],
    )


def _facts(rows: Sequence[Row], facts: Facts) -> str:
    days = sorted({row["on"] for row in rows})
    when = "no rows yet" if not days else days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    earlier = sum(row.get("earlier", False) for row in rows)
    old = f"; {earlier} of them by earlier code (column code), not yet measured again" if earlier else ""
    lines = [
        f"- measured: {when}; {len(rows)} rows, code {facts.code}{old}",
        f"- machine: {facts.machine}",
        f"- versions: {versions}",
    ]
    if not facts.instances_given:
        lines.append(
            "- **published instances were not given** (`--instances` or `WASTEHUB_BENCH_INSTANCES`):"
            " only the days of our own generator were measured"
        )
    return "\n".join(lines)


def _targets(found: Iterable[Measure]) -> str:
    return _table(
        ["measure", "must reach", "measured", "verdict"],
        [[item.what, item.wanted, item.found, _verdict(item)] for item in found],
    )


def _verdict(item: Measure) -> str:
    if item.reached is None:
        return "-"
    words = "reached" if item.reached else "**not reached**"
    return f"{words}, the aim too" if item.reached and item.aim_reached else words


def _families(rows: Sequence[Row]) -> list[str]:
    parts: list[str] = []
    for family in FAMILIES:
        mine = [row for row in rows if row["family"] == family]
        if mine:
            parts += [f"## {family}", _family(mine)]
    return parts


def _family(rows: Sequence[Row]) -> str:
    """A line per case, a column per solver and budget: mean gap if a best cost is known, else mean cost."""
    columns = list(dict.fromkeys((row["solver"], row["budget_s"]) for row in rows))
    columns.sort(key=lambda column: (list(SOLVERS).index(column[0]), column[1]))
    titles = ["case", "best known", *(f"{SOLVERS[solver]} {budget} s" for solver, budget in columns)]
    lines = []
    for case in dict.fromkeys(_case(row) for row in rows):
        mine = [row for row in rows if _case(row) == case]
        best = mine[0].get("best_known")
        cells = [
            _mean([row for row in mine if (row["solver"], row["budget_s"]) == column]) for column in columns
        ]
        lines.append([case, _cell(best), *cells])
    return _table(titles, lines)


def _case(row: Row) -> str:
    """What its seeds are averaged over: for the days of the generator their size and rules."""
    if row["family"].startswith("jiaxing"):
        return f"{row['instance']} {row['case'].rpartition('-')[2]}"
    return str(row["instance"])


def _mean(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    good = [row for row in rows if solved(row)]
    if not good:
        return str(rows[0]["state"] if rows[0]["state"] != "ok" else "incomplete")
    note = f" ({len(good)} of {len(rows)})" if len(good) < len(rows) else ""
    if all(row.get("best_known") for row in good):
        return f"{fmean(percent(row['cost'], row['best_known']) for row in good):.2f} %{note}"
    return f"{fmean(row['cost'] for row in good):,.0f}{note}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [titles, ["---"] * len(titles), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
