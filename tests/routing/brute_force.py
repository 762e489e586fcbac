"""The best plan of a very small problem by trying everything. Trusts only the exact judge of a day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from routing import Problem
from routing.compiled import Compiled
from routing.day import Day, Trips, make_day
from routing.plan import Plan

Stops = frozenset[int]


def best_cost(problem: Problem) -> float:
    """Fen of the best plan; a stop left out counts as in Plan.cost."""
    c = Compiled(problem)
    days = [_best_days(c, k) for k in range(len(c.cars))]
    everything = frozenset(c.stop_nodes)
    return min(_plans(c, days, 0, everything, []))


def _plans(
    c: Compiled, days: list[dict[Stops, Day]], k: int, left: Stops, chosen: list[Day]
) -> Iterator[float]:
    if k == len(days):
        plan = Plan(c)
        plan.absent = set(c.stop_nodes)
        plan.set_days(chosen)
        yield plan.cost() if plan.storage_holds() else float("inf")
        return
    for stops, day in days[k].items():
        if stops <= left:
            yield from _plans(c, days, k + 1, left - stops, [*chosen, day])


def _best_days(c: Compiled, k: int) -> dict[Stops, Day]:
    """For each set of stops that vehicle k can serve, its cheapest day."""
    best: dict[Stops, Day] = {}
    mine = [s for s in c.stop_nodes if k in c.choices[s]]
    for number in range(len(mine) + 1):
        for order in itertools.permutations(mine, number):
            for trips in _splits(order, c.cars[k].max_trips, under_way=c.cars[k].under_way):
                day = make_day(c, k, trips)
                known = best.get(frozenset(order))
                if day is not None and (known is None or day.cost_fen < known.cost_fen):
                    best[frozenset(order)] = day
    return best


def _splits(order: tuple[int, ...], most: int, *, under_way: bool) -> Iterator[Trips]:
    """All ways to cut a sequence into trips; only the first of a vehicle under way may be empty."""
    if not order:
        yield ()
        return
    for number in range(1, min(most, len(order)) + 1):
        for cuts in itertools.combinations(range(1, len(order)), number - 1):
            bounds = [0, *cuts, len(order)]
            trips = tuple(order[a:b] for a, b in itertools.pairwise(bounds))
            yield trips
            if under_way and number < most:
                yield ((), *trips)
