"""The published JSON Schema says what the reader reads: no more, no less.

`broken` knows just the keywords that the two schemas use, and refuses any other.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import given, settings

from bench.planner_cases import day
from routing import (
    BreakRule,
    Conflict,
    Depot,
    Order,
    Problem,
    ProblemError,
    Route,
    Solution,
    Stats,
    Stop,
    Travel,
    Trip,
    Unassigned,
    UnderWay,
    Vehicle,
    Visit,
    Weights,
    greedy,
)
from routing.json_io import (
    problem_from_dict,
    problem_to_dict,
    schema_of,
    solution_from_dict,
    solution_to_dict,
)
from tests.routing.builders import pinned, problem, road, stop, under_way, vehicle
from tests.routing.random_problems import full_problems

PROBLEM, SOLUTION = schema_of("problem"), schema_of("solution")
NOTES = {"$schema", "$defs", "title", "description", "default"}
KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def broken(schema: dict[str, Any], value: Any, root: dict[str, Any], at: str = "") -> Iterator[str]:
    """Where the value breaks the schema."""
    known = NOTES | {"$ref", "oneOf", "const", "enum", "type", *_LIMITS, *_PARTS}
    assert schema.keys() <= known, schema.keys() - known
    if "$ref" in schema:
        yield from broken(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, at)
    if "oneOf" in schema and sum(not list(broken(s, value, root, at)) for s in schema["oneOf"]) != 1:
        yield f"{at}: oneOf"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: const"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: enum"
    if "type" in schema and not any(_is(value, kind) for kind in _list(schema["type"])):
        yield f"{at}: type"
        return
    for name, holds in _LIMITS.items():
        if name in schema and not holds(value, schema[name]):
            yield f"{at}: {name}"
    for name, parts in _PARTS.items():
        if name in schema:
            for part, inner, where in parts(value, schema):
                yield from broken(inner, part, root, f"{at}.{where}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_LIMITS: dict[str, Any] = {
    "minimum": lambda value, limit: not _number(value) or value >= limit,
    "maximum": lambda value, limit: not _number(value) or value <= limit,
    "minLength": lambda value, limit: not isinstance(value, str) or len(value) >= limit,
    "minItems": lambda value, limit: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda value, limit: not isinstance(value, list) or len(value) <= limit,
    "minProperties": lambda value, limit: not isinstance(value, dict) or len(value) >= limit,
    "uniqueItems": lambda value, _: not isinstance(value, list) or len(set(map(repr, value))) == len(value),
    "required": lambda value, limit: not isinstance(value, dict) or set(limit) <= value.keys(),
}


def _extra(value: Any, schema: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any], Any]]:
    rule = schema["additionalProperties"]
    refused: dict[str, Any] = {"enum": []}
    if isinstance(value, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            yield value[name], refused if rule is False else rule, name


_PARTS: dict[str, Any] = {
    "items": lambda value, s: (
        ((part, s["items"], i) for i, part in enumerate(value)) if isinstance(value, list) else ()
    ),
    "properties": lambda value, s: (
        ((value[n], inner, n) for n, inner in s["properties"].items() if n in value)
        if isinstance(value, dict)
        else ()
    ),
    "propertyNames": lambda value, s: (
        ((name, s["propertyNames"], name) for name in value) if isinstance(value, dict) else ()
    ),
    "additionalProperties": _extra,
}


def rich() -> Problem:
    """A problem in which every field says something."""
    way = under_way(3, distance_m=5, trips_done=1, driven_since_rest_s=7, aboard={"oil": {"mass_g": 1}})
    full: dict[str, Any] = {
        "max_distance_m": 10**6,
        "travel": "lorry",
        "overtime_s": 60,
        "overtime_per_h_fen": 1,
        "service_permille": 900,
        "max_trips": 3,
    }
    return problem(
        stop("a", 1, allowed_depots={"D"}, allowed_vehicles={"V"}, service_by_vehicle_s={"V": 5}),
        stop("b", 2, windows=((0, 40_000), (50_000, 60_000)), release_s=5, optional=True),
        vehicles=(vehicle(under_way=way, **full), vehicle("W")),
        conflicts=(Conflict("oil", "acid"),),
        alone=frozenset({"acid"}),
        solo=frozenset({"lab"}),
        travels={"lorry": road(10, 1100)},
        orders=(pinned("b", "a", fixed=True),),
        name="rich",
    )


EXAMPLES = [
    problem(),
    problem(stop("a", 1), break_rule=None),
    problem(stop("a", 1), break_rule=BreakRule(break_s=60)),
    rich(),
    day(4, 2),
]


@pytest.mark.parametrize("case", EXAMPLES)
def test_a_problem_and_its_solution_hold_to_the_schema(case: Problem) -> None:
    assert list(broken(PROBLEM, through_text(problem_to_dict(case)), PROBLEM)) == []
    assert list(broken(SOLUTION, through_text(solution_to_dict(greedy.solve(case))), SOLUTION)) == []


@settings(max_examples=40, deadline=None, derandomize=True)
@given(full_problems(4))
def test_random_problems_hold_to_the_schema(case: Problem) -> None:
    assert list(broken(PROBLEM, through_text(problem_to_dict(case)), PROBLEM)) == []
    assert list(broken(SOLUTION, through_text(solution_to_dict(greedy.solve(case))), SOLUTION)) == []


def through_text(data: dict[str, Any]) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize(
    ("root", "name", "kind"),
    [
        (PROBLEM, "", Problem),
        (PROBLEM, "depot", Depot),
        (PROBLEM, "vehicle", Vehicle),
        (PROBLEM, "under_way", UnderWay),
        (PROBLEM, "stop", Stop),
        (PROBLEM, "conflict", Conflict),
        (PROBLEM, "order", Order),
        (PROBLEM, "travel", Travel),
        (PROBLEM, "break_rule", BreakRule),
        (PROBLEM, "weights", Weights),
        (SOLUTION, "", Solution),
        (SOLUTION, "route", Route),
        (SOLUTION, "trip", Trip),
        (SOLUTION, "visit", Visit),
        (SOLUTION, "unassigned", Unassigned),
        (SOLUTION, "stats", Stats),
    ],
)
def test_the_schema_names_the_fields_and_which_must_be_there(
    root: dict[str, Any], name: str, kind: Any
) -> None:
    schema = root["$defs"][name] if name else root
    first = {"schema"} if not name else set()
    must = {item.name for item in fields(kind) if item.default is item.default_factory is MISSING}
    assert set(schema["properties"]) == first | {item.name for item in fields(kind)}
    assert set(schema["required"]) == first | must
    for item in fields(kind):
        if "default" in schema["properties"][item.name]:
            assert schema["properties"][item.name]["default"] == item.default


BAD: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [None], {"": 1}, {"x": None}, 10**16)


def variants(data: Any) -> Iterator[Any]:
    """The document with one value replaced by something else, for each value and each thing."""
    for path in _paths(data):
        for bad in BAD:
            twin = copy.deepcopy(data)
            holder = twin
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = bad
            yield twin


def _paths(data: Any) -> Iterator[tuple[Any, ...]]:
    items: Any = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (key,)
        if isinstance(value, dict) or (isinstance(value, list) and len(value) < 5):
            yield from ((key, *rest) for rest in _paths(value))


@pytest.mark.parametrize(
    ("schema", "document", "read"),
    [
        (PROBLEM, problem_to_dict(rich()), problem_from_dict),
        (SOLUTION, solution_to_dict(greedy.solve(rich())), solution_from_dict),
    ],
    ids=["problem", "solution"],
)
def test_what_the_schema_refuses_the_reader_refuses_too(
    schema: dict[str, Any], document: Any, read: Any
) -> None:
    refused = 0
    for twin in variants(through_text(document)):
        try:
            read(twin)
        except ProblemError as error:
            refused += 1
            assert error.path
        else:
            assert list(broken(schema, twin, schema)) == []
    assert refused > 100
