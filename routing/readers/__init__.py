"""Problems from files: our own JSON, the VRPLIB dialects and Solomon's text, to lay beside what is known.

    instance = read("PR11A.vrp")
    solution = solve(instance.problem, stop=StopRule(seconds=30))
    gap = solution.cost_fen / instance.best_known - 1

In a benchmark instance a metre, a second and a fen are one unit of the scaled instance, so cost_fen is the
cost in the unit that `Instance.unit` names. Stops are named by the numbers that .sol files use, vehicles by
the numbers of their routes. Every error is a ProblemError whose path names file, section and line.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from routing.json_io import problem_from_dict
from routing.problem import ProblemError
from routing.readers.instance import CONVENTIONS, Convention, Instance
from routing.readers.solomon import read_solomon
from routing.readers.solution_file import best_known, routes_of_sol, sol_text
from routing.readers.timetables import timed_solution
from routing.readers.vrplib import read_vrplib

__all__ = [
    "CONVENTIONS",
    "FORMATS",
    "Convention",
    "Instance",
    "best_known",
    "read",
    "read_json",
    "routes_of_sol",
    "sol_text",
    "text_of",
    "timed_solution",
]

FORMATS = ("json", "vrplib", "solomon")
_BY_SUFFIX = {".json": "json", ".vrp": "vrplib", ".txt": "solomon"}


def read(path: Path | str, format: str | None = None, convention: str | None = None) -> Instance:
    """The problem in this file, with the best known cost if a .sol file lies beside it.

    `format`: one of FORMATS, by default told from the suffix. `convention`: how distances are rounded, one of
    CONVENTIONS, by default the one in use for the type of the instance. Raises ProblemError.
    """
    path = Path(path)
    kind = format or _BY_SUFFIX.get(path.suffix.lower())
    if kind not in FORMATS:
        raise ProblemError(str(path), f"say its format: one of {', '.join(FORMATS)}")
    if convention is not None and convention not in CONVENTIONS:
        raise ProblemError("convention", f"must be one of {', '.join(CONVENTIONS)}, not {convention!r}")
    try:
        instance = _read(path, kind, convention)
        beside = path.with_suffix(".sol")
        if kind == "json" or not beside.is_file():
            return instance
    except ProblemError as error:
        if error.path.startswith(str(path)):
            raise
        raise ProblemError(f"{path}: {error.path}", error.reason) from None
    return replace(instance, best_known=best_known(instance, beside))


def _read(path: Path, kind: str, convention: str | None) -> Instance:
    if kind == "json":
        return Instance(problem=problem_from_dict(read_json(path)), unit="fen")
    reader = read_vrplib if kind == "vrplib" else read_solomon
    return reader(text_of(path), name=path.stem, convention=convention)


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises ProblemError naming the file."""
    try:
        return json.loads(text_of(path), parse_constant=_no_constant)
    except ValueError as error:
        if isinstance(error, ProblemError):
            raise
        raise ProblemError(str(path), f"is not JSON: {error}") from None


def text_of(path: Path) -> str:
    """What the file says. Raises ProblemError naming the file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProblemError(str(path), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise ProblemError(str(path), "is not UTF-8 text") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
