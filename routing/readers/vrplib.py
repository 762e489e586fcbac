"""The VRPLIB dialects of CVRP, VRPTW, HFVRP, MDVRPTW and MTVRPTWR: `NAME : value` lines, then sections.

A section or a line that is not known here is refused: to ignore it could change the problem.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from routing.problem import ProblemError
from routing.readers.instance import CONVENTIONS, Convention, Instance, Node, Truck, assembled
from routing.readers.lines import Line

CONVENTION_OF_TYPE = {
    "CVRP": "round",
    "VRPTW": "dimacs",
    "HFVRP": "exact",
    "MDVRPTW": "exact",
    "MTVRPTWR": "dimacs",
}
EITHER = ("CAPACITY", "SERVICE_TIME", "VEHICLES_MAX_DURATION", "VEHICLES_MAX_DISTANCE")
HEADERS = frozenset(["NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "VEHICLES", *EITHER])
SECTIONS = frozenset(
    [
        "NODE_COORD",
        "DEMAND",
        "TIME_WINDOW",
        "RELEASE_TIME",
        "DEPOT",
        "VEHICLES_DEPOT",
        "VEHICLES_RELOAD_DEPOT",
        "VEHICLES_FIXED_COST",
        "VEHICLES_UNIT_DISTANCE_COST",
        *EITHER,
    ]
)
BIGGEST = 100_000  # locations, and vehicles


@dataclass(slots=True)
class Parts:
    """A file taken apart: header lines by name, lines of each section."""

    headers: dict[str, Line] = field(default_factory=dict)
    sections: dict[str, list[Line]] = field(default_factory=dict)

    def header(self, name: str) -> Line:
        if name not in self.headers:
            raise ProblemError(name, "is missing")
        return self.headers[name]

    def rows(self, name: str, expected: int) -> list[Line]:
        """The lines of a section, numbered 1 to `expected` in their first column. Raises ProblemError."""
        place = f"{name}_SECTION"
        if name not in self.sections:
            raise ProblemError(place, "is missing")
        lines = self.sections[name]
        for number, line in enumerate(lines, start=1):
            if line.count(0) != number:
                raise line.refuse(f"is number {line.words[0]}, but {number} comes next")
        if len(lines) != expected:
            raise ProblemError(place, f"has {len(lines)} lines, not {expected}")
        return lines

    def each(self, name: str, count: int) -> list[tuple[Line, int]] | None:
        """(line, column) of the value of each of `count` things: one section, or one header for all."""
        if name in self.sections:
            return [(line, 1) for line in self.rows(name, count)]
        return [(self.headers[name], 0)] * count if name in self.headers else None

    def numbers(
        self, name: str, count: int, default: float, low: float = 0, high: float = 1e9
    ) -> list[float]:
        """A number for each of `count` things, the default where the file does not speak of it."""
        cells = self.each(name, count)
        return [default] * count if cells is None else [line.number(at, low, high) for line, at in cells]


def read_vrplib(text: str, name: str, convention: str | None = None) -> Instance:
    """The instance; distances and times by the convention of its TYPE unless told otherwise.

    Raises ProblemError naming section and line.
    """
    parts = _parts(text)
    rule = _convention(parts, convention)
    weights = parts.header("EDGE_WEIGHT_TYPE")
    if weights.words != ("EUC_2D",):
        raise weights.refuse(f"is {' '.join(weights.words)}; only EUC_2D is read")
    depot_count = _depot_count(parts)
    nodes = _nodes(parts, parts.header("DIMENSION").count(0, 2, BIGGEST), depot_count, rule)
    if depot_count >= len(nodes):
        raise ProblemError("DEPOT_SECTION", "leaves no customer")
    fleet = _fleet(parts, nodes, depot_count, rule)
    return assembled(name, nodes[:depot_count], nodes[depot_count:], fleet, rule)


def _parts(text: str) -> Parts:
    parts = Parts()
    section = ""
    for number, content in enumerate(text.splitlines(), start=1):
        stripped = content.strip()
        if stripped.upper() == "EOF":
            break
        title, colon, value = stripped.partition(":")
        title = title.strip().upper()
        if title.endswith("_SECTION") and not value.strip():
            section = title.removesuffix("_SECTION")
            _once(section, SECTIONS, parts.sections, f"{title}, line {number}")
            parts.sections[section] = []
        elif colon:
            _once(title, HEADERS, parts.headers, f"{title}, line {number}")
            parts.headers[title] = Line(f"{title}, line {number}", tuple(value.split()))
        elif stripped:
            if not section:
                raise ProblemError(f"line {number}", f"{stripped[:40]!r} belongs to no section")
            parts.sections[section].append(Line(f"{section}_SECTION, line {number}", tuple(stripped.split())))
    return parts


def _once(title: str, known: frozenset[str], seen: dict[str, Line] | dict[str, list[Line]], at: str) -> None:
    if title not in known:
        raise ProblemError(at, "is not known to this reader")
    if title in seen:
        raise ProblemError(at, "comes a second time")


def _convention(parts: Parts, wanted: str | None) -> Convention:
    line = parts.header("TYPE")
    kind = " ".join(line.words).upper()
    if wanted is None and kind not in CONVENTION_OF_TYPE:
        raise line.refuse(f"{kind!r} is not one of {', '.join(CONVENTION_OF_TYPE)}: name a convention")
    return CONVENTIONS[wanted or CONVENTION_OF_TYPE[kind]]


def _depot_count(parts: Parts) -> int:
    """How many of the first locations are depots: the section must name 1, 2, ... in order."""
    if "DEPOT" not in parts.sections:
        raise ProblemError("DEPOT_SECTION", "is missing")
    lines = parts.sections["DEPOT"]
    if lines and lines[-1].words == ("-1",):
        lines = lines[:-1]
    for number, line in enumerate(lines, start=1):
        if line.count(0) != number:
            raise line.refuse(f"names location {line.words[0]}: depots must be the first locations, in order")
    if not lines:
        raise ProblemError("DEPOT_SECTION", "names no depot")
    return len(lines)


def _nodes(parts: Parts, count: int, depot_count: int, rule: Convention) -> list[Node]:
    far, latest = rule.farthest, rule.latest
    places = parts.rows("NODE_COORD", count)
    demands = parts.rows("DEMAND", count)
    services = parts.numbers("SERVICE_TIME", count, 0, high=latest)
    releases = parts.numbers("RELEASE_TIME", count, 0, high=latest)
    windows = parts.each("TIME_WINDOW", count)
    return [
        Node(
            at=(places[i].number(1, -far, far), places[i].number(2, -far, far)),
            demand=demands[i].count(1),
            window=None if windows is None else windows[i][0].window(1, latest),
            service=services[i] if i >= depot_count else 0,
            release=releases[i],
        )
        for i in range(count)
    ]


def _fleet(parts: Parts, nodes: list[Node], depot_count: int, rule: Convention) -> list[Truck]:
    if "VEHICLES" in parts.headers:
        count = parts.header("VEHICLES").count(0, 1, BIGGEST)
    else:
        count = _enough(parts.header("CAPACITY").count(0, 1), nodes)
    capacities = parts.each("CAPACITY", count)
    if capacities is None:
        raise ProblemError("CAPACITY", "is missing")
    homes = _homes(parts, count, depot_count)
    reloads = _reloads(parts, homes)
    fixed = parts.numbers("VEHICLES_FIXED_COST", count, 0, high=1e8)
    unit_costs = parts.numbers("VEHICLES_UNIT_DISTANCE_COST", count, 1, high=1e5)
    durations = parts.numbers("VEHICLES_MAX_DURATION", count, 0, low=1, high=rule.latest)
    ranges = parts.numbers("VEHICLES_MAX_DISTANCE", count, 0, low=1)
    return [
        Truck(
            capacity=capacities[i][0].count(capacities[i][1], 1),
            depot=homes[i],
            fixed_cost=fixed[i],
            unit_cost=unit_costs[i],
            max_duration=durations[i] or None,
            max_distance=ranges[i] or None,
            reloads=reloads,
        )
        for i in range(count)
    ]


def _enough(capacity: int, nodes: list[Node]) -> int:
    """Vehicles that are as good as any number, for a fleet that the file does not limit.

    Two routes that are both at most half full are never better than one after the other in one vehicle, so
    all but one of the routes of some best plan are more than half full.
    """
    total = sum(node.demand for node in nodes)
    return min(len(nodes) - 1, 2 * -(-total // capacity) + 1)


def _homes(parts: Parts, count: int, depot_count: int) -> list[int]:
    cells = parts.each("VEHICLES_DEPOT", count)
    return [0] * count if cells is None else [line.count(at, 1, depot_count) - 1 for line, at in cells]


def _reloads(parts: Parts, homes: list[int]) -> bool:
    """Whether vehicles may come home to unload and leave again."""
    cells = parts.each("VEHICLES_RELOAD_DEPOT", len(homes))
    for home, (line, at) in zip(homes, cells or [], strict=False):
        if line.count(at, 1) - 1 != home or len(line.words) > at + 1:
            raise line.refuse("reloads elsewhere than at its own depot, which is not read")
    return cells is not None
