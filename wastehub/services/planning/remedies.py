"""What would let in the stops that a plan leaves out, in the form in which plans keep it (F44)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routing import Problem, Solution
from routing.explain import explain

# By stop left out: changes that would let it in, the easiest first.
Remedies = dict[str, list[dict[str, Any]]]
EXPLAINED_MAX, REMEDIES_MAX = 40, 3


def remedies_of(problem: Problem, solution: Solution, stops: Sequence[str] | None = None) -> Remedies:
    """For each stop left out, or those named: changes that would let it in, each tried on the very plan."""
    asked = [item.stop_id for item in solution.unassigned] if stops is None else stops
    return {
        one.stop_id: [
            {
                "changes": [{"code": each.code, "of": each.of, **each.numbers} for each in remedy.changes],
                "vehicle": remedy.vehicle_id,
                "start_s": remedy.fit.start_s,
                "extra_m": remedy.fit.extra_m,
                "extra_cost_fen": remedy.fit.extra_cost_fen,
            }
            for remedy in one.remedies[:REMEDIES_MAX]
        ]
        for one in explain(problem, solution, list(asked)[:EXPLAINED_MAX])
    }
