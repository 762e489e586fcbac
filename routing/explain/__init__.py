"""Explanation of a plan: why stops are left out and what would let them in, what a manual order breaks.

    for one in explain(problem, solution):
        print(one.nearest, one.remedies)

Structured results with codes and numbers; the words are the caller's. `report` has plain English ones.
"""

from __future__ import annotations

from routing.explain.changes import Change, relaxed
from routing.explain.comparison import Comparison, Moved, Totals, Where, compare, totals
from routing.explain.judgement import Breach, Judgement, judge, moved
from routing.explain.left_out import Block, Explanation, explain
from routing.explain.pieces import orders_of
from routing.explain.remedies import Fit, Remedy
from routing.explain.rules import Broken
from routing.explain.wording import report

__all__ = [
    "Block",
    "Breach",
    "Broken",
    "Change",
    "Comparison",
    "Explanation",
    "Fit",
    "Judgement",
    "Moved",
    "Remedy",
    "Totals",
    "Where",
    "compare",
    "explain",
    "judge",
    "moved",
    "orders_of",
    "relaxed",
    "report",
    "totals",
]
