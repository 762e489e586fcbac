"""Problems and solutions as JSON, with a schema version, and the digest that names a problem.

`problem_to_dict` gives sorted, plain values: the same problem always gives the same text. Reading
refuses unknown and missing fields with their path ("stops[3].service_s"). `schema_of` gives the published
JSON Schema (routing/schema/); a file that holds to it is read, unless its values contradict each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from importlib import resources
from typing import Any, TypeVar

import numpy as np

from routing.fields import flag, whole
from routing.problem import (
    QUANTITY_MAX,
    BreakRule,
    Conflict,
    Depot,
    Order,
    Problem,
    ProblemError,
    Stop,
    Travel,
    UnderWay,
    Vehicle,
    Weights,
)
from routing.solution import Route, Solution, Stats, Trip, Unassigned, Visit

T = TypeVar("T")

PROBLEM_SCHEMA = "routing.problem/1"
SOLUTION_SCHEMA = "routing.solution/1"

# Added after the first edition: left out where they say nothing new, so that old problems keep their digest.
_ADDED: dict[type, frozenset[str]] = {
    Problem: frozenset({"travels", "orders"}),
    Vehicle: frozenset({"travel", "overtime_s", "overtime_per_h_fen", "service_permille", "under_way"}),
    Stop: frozenset({"service_by_vehicle_s", "release_s", "optional"}),
}

# These dataclasses take what the solver gives them; what a file says is looked at here.
_UNCHECKED = frozenset({Solution, Route, Trip, Visit, Unassigned, Stats})


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of "problem" or "solution"."""
    text = resources.files("routing").joinpath("schema", f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """The problem as plain JSON values."""
    return {"schema": PROBLEM_SCHEMA, **_plain(problem)}


def solution_to_dict(solution: Solution) -> dict[str, Any]:
    """The solution as plain JSON values."""
    return {"schema": SOLUTION_SCHEMA, **_plain(solution)}


def digest(problem: Problem) -> str:
    """SHA-256 (hex) of the canonical JSON of the problem."""
    return digest_of(problem_to_dict(problem))


def digest_of(data: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a problem that `problem_to_dict` has already written out."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        added = _ADDED.get(type(value), frozenset())
        return {
            item.name: _plain(getattr(value, item.name))
            for item in fields(value)
            if item.name not in added or getattr(value, item.name) != _default(item)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def problem_from_dict(data: object) -> Problem:
    """The problem. Raises ProblemError with the path of the first bad field."""
    return _problem(_versioned(data, PROBLEM_SCHEMA))


def solution_from_dict(data: object) -> Solution:
    """The solution. Raises ProblemError with the path of the first bad field."""
    values = _versioned(data, SOLUTION_SCHEMA)
    return _build(
        Solution,
        "solution",
        values,
        routes=lambda path, item: _each(path, item, _route),
        unassigned=lambda path, item: _each(path, item, _unassigned),
        stats=lambda path, item: _build(Stats, path, item),
    )


def _versioned(data: object, schema: str) -> dict[str, Any]:
    values = _mapping("", data)
    if values.get("schema") != schema:
        raise ProblemError("schema", f"must be {schema!r}, not {values.get('schema')!r}")
    return {key: value for key, value in values.items() if key != "schema"}


def _mapping(path: str, data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ProblemError(path or "file", "must be a JSON object")
    return data


def _each(path: str, data: object, read: Callable[[str, object], T]) -> tuple[T, ...]:
    if not isinstance(data, list):
        raise ProblemError(path, "must be a list")
    return tuple(read(f"{path}[{number}]", item) for number, item in enumerate(data))


def _problem(values: dict[str, Any]) -> Problem:
    return _build(
        Problem,
        "problem",
        values,
        depots=lambda path, item: _each(path, item, lambda p, d: _build(Depot, p, d)),
        vehicles=lambda path, item: _each(path, item, _vehicle),
        stops=lambda path, item: _each(path, item, _stop),
        travel=lambda path, item: _build(Travel, path, item),
        conflicts=lambda path, item: _each(path, item, lambda p, d: _build(Conflict, p, d)),
        break_rule=lambda path, item: None if item is None else _build(BreakRule, path, item),
        weights=lambda path, item: _build(Weights, path, item),
        travels=_travels,
        orders=lambda path, item: _each(path, item, lambda p, d: _build(Order, p, d)),
    )


def _vehicle(path: str, data: object) -> Vehicle:
    return _build(
        Vehicle, path, data, under_way=lambda p, item: None if item is None else _build(UnderWay, p, item)
    )


def _travels(path: str, data: object) -> dict[str, Travel]:
    return {name: _build(Travel, f"{path}.{name}", item) for name, item in _mapping(path, data).items()}


def _stop(path: str, data: object) -> Stop:
    return _build(Stop, path, data)


def _route(path: str, data: object) -> Route:
    return _build(Route, path, data, trips=lambda p, item: _each(p, item, _trip))


def _trip(path: str, data: object) -> Trip:
    return _build(Trip, path, data, visits=lambda p, item: _each(p, item, lambda q, d: _build(Visit, q, d)))


def _unassigned(path: str, data: object) -> Unassigned:
    return _build(Unassigned, path, data, numbers=_numbers)


def _numbers(path: str, data: object) -> dict[str, int | str]:
    values = _mapping(path, data)
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ProblemError(f"{path}.{name}", f"must be a whole number or a text, not {value!r}")
    return values


def _build(kind: type[T], path: str, data: object, **readers: Callable[[str, Any], Any]) -> T:
    """An instance of the dataclass from a JSON object, its parts read by `readers`."""
    values = _mapping(path, data)
    prefix = "" if path in ("problem", "solution") else f"{path}."
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in sorted(set(values) - set(known)):
        raise ProblemError(f"{prefix}{name}", "is not a field of this schema")
    for name, item in known.items():
        if name not in values and _required(item):
            raise ProblemError(f"{prefix}{name}", "is missing")
    ready = {
        name: readers[name](f"{prefix}{name}", value) if name in readers else value
        for name, value in values.items()
    }
    if kind in _UNCHECKED:
        for name, value in ready.items():
            _typed(f"{prefix}{name}", str(known[name].type), value)
    try:
        return kind(**ready)
    except ProblemError as error:
        if path and path not in ("problem", "solution", "travel", "break_rule", "weights"):
            raise ProblemError(f"{path} ({error.path})", error.reason) from None
        raise


def _typed(path: str, kind: str, value: object) -> None:
    """Refuse a value that is not of this plain type."""
    if kind == "int":
        whole(path, value, -QUANTITY_MAX)
    elif kind == "float":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ProblemError(path, f"must be a number, not {value!r}")
    elif kind == "str":
        if not isinstance(value, str):
            raise ProblemError(path, f"must be a text, not {value!r}")
    elif kind == "bool":
        flag(path, value)


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING
