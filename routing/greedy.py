"""Construction without OR-Tools: first solution, fallback, baseline. Engine name "greedy".

Stops in order of urgency and difficulty, each at its cheapest place; then whatever still fits anywhere.
"""

from __future__ import annotations

import time

from routing.compiled import Compiled
from routing.finish import solution_of
from routing.plan import Place, Plan
from routing.problem import Problem
from routing.solution import Solution, Stats

VERSION = "1"


def solve(problem: Problem) -> Solution:
    """A plan in milliseconds, every rule held. Deterministic."""
    begin = time.monotonic()
    c = Compiled(problem)
    plan = construct(c)
    stats = Stats(
        engine="greedy", engine_version=VERSION, seed=0, iterations=0, seconds=time.monotonic() - begin
    )
    return solution_of(c, plan, stats)


def construct(c: Compiled, plan: Plan | None = None) -> Plan:
    """A first plan, or the given one completed, with no insertable stop left out."""
    plan = Plan(c) if plan is None else plan
    plan.absent |= {s for s in c.stop_nodes if s not in plan.home}
    for s in sorted(plan.absent, key=lambda s: _urgency(c, s)):
        place = plan.best_place(s)
        if place is not None and (not c.optional[s] or _pays(plan, s, place)):
            plan.insert(s, place)
    plan.fill()
    return plan


def _pays(plan: Plan, s: int, place: Place) -> bool:
    day = plan.day_with(s, place)
    return day is not None and plan.is_worth(s, day.cost_fen - plan.days[place.car].cost_fen)


def _urgency(c: Compiled, s: int) -> tuple[bool, int, float, int, int, int, int]:
    """Pinned in their order, expensive to leave out, few vehicles, narrow windows, far away: these go first.

    Optional stops go last, when it is known what serving them costs on top.
    """
    order = c.order_of.get(s)
    rank = len(c.node_of) if order is None else order.stops.index(c.stop(s).id)
    width = sum(closes - opens for opens, closes in c.windows[s])
    far = max((c.distance[c.cars[k].node][s] for k in c.choices[s]), default=0)
    return (c.optional[s], rank, -c.penalty[s], len(c.choices[s]), width // 3600, -far, s)
