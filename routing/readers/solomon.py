"""The text format of Solomon, and of Gehring and Homberger: one depot, one kind of vehicle, time windows."""

from __future__ import annotations

from routing.problem import ProblemError
from routing.readers.instance import CONVENTIONS, Convention, Instance, Node, Truck, assembled
from routing.readers.lines import Line

COLUMNS = {"VEHICLE": 2, "CUSTOMER": 7}
TITLES = ("NUMBER", "CUST")
NUMBER, X, Y, AMOUNT, READY, _DUE, SERVICE = range(7)


def read_solomon(text: str, name: str, convention: str | None = None) -> Instance:
    """The instance; distances and times by the dimacs convention unless told otherwise.

    Raises ProblemError naming section and line.
    """
    rule = CONVENTIONS[convention or "dimacs"]
    lines = _lines(text)
    if len(lines["VEHICLE"]) != 1:
        raise ProblemError("VEHICLE", "one line with the number of vehicles and their capacity is needed")
    if len(lines["CUSTOMER"]) < 2:
        raise ProblemError("CUSTOMER", "a depot and at least one customer are needed")
    nodes = [_node(line, number, rule) for number, line in enumerate(lines["CUSTOMER"])]
    fleet_line = lines["VEHICLE"][0]
    fleet = [Truck(capacity=fleet_line.count(1, 1))] * fleet_line.count(0, 1, 100_000)
    return assembled(name, nodes[:1], nodes[1:], fleet, rule)


def _lines(text: str) -> dict[str, list[Line]]:
    """The lines of numbers in each section."""
    found: dict[str, list[Line]] = {section: [] for section in COLUMNS}
    section = ""
    for number, content in enumerate(text.splitlines(), start=1):
        words = tuple(content.split())
        first = words[0].upper() if words else ""
        if first in COLUMNS:
            section = first
        elif section and words and first not in TITLES:
            line = Line(f"{section}, line {number}", words)
            if len(words) != COLUMNS[section]:
                raise line.refuse(f"has {len(words)} columns, not {COLUMNS[section]}")
            found[section].append(line)
    return found


def _node(line: Line, expected: int, rule: Convention) -> Node:
    if line.count(NUMBER) != expected:
        raise line.refuse(f"is customer {line.words[NUMBER]}, but {expected} comes next")
    far = rule.farthest
    return Node(
        at=(line.number(X, -far, far), line.number(Y, -far, far)),
        demand=line.count(AMOUNT),
        window=line.window(READY, rule.latest),
        service=line.number(SERVICE, 0, rule.latest),
    )
