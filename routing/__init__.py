"""Routes for vehicles that collect at stops: a library of its own that knows stops, vehicles, load classes.

    from routing import Problem, StopRule, solve, check
    solution = solve(problem, stop=StopRule(seconds=30), seed=1)
    assert check(problem, solution) == []

Units everywhere: metres, seconds from local midnight of the service day, fen, and for loads the unit
that the name of the dimension carries. Integers only.
"""

from __future__ import annotations

from routing.checker import Violation, check
from routing.problem import (
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
from routing.solution import Progress, Route, Solution, Stats, StopRule, Trip, Unassigned, Visit
from routing.solver import solve
from routing.unassigned import Insertion, insertable

__all__ = [
    "BreakRule",
    "Conflict",
    "Depot",
    "Insertion",
    "Order",
    "Problem",
    "ProblemError",
    "Progress",
    "Route",
    "Solution",
    "Stats",
    "Stop",
    "StopRule",
    "Travel",
    "Trip",
    "Unassigned",
    "UnderWay",
    "Vehicle",
    "Violation",
    "Visit",
    "Weights",
    "check",
    "insertable",
    "solve",
]
