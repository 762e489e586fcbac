"""What a day for one stop alone costs, by kind of vehicle: the price of opening a new day."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

from dataclasses import replace

import numpy as np

from routing.core.find import solo_span
from routing.core.jit import compiled
from routing.core.layout import FAR, Live, Net
from routing.core.stretches import day_cost, within_limits
from routing.core.tables import Array


@compiled
def solo_costs(net: Net, live: Live, costs: Array) -> None:
    """Fill costs[stop, kind]; infinite where the day is impossible."""
    first = net.rules[0].first
    for at in range(costs.shape[0]):
        for k in range(costs.shape[1]):
            costs[at, k] = _solo_cost(net, live, first + at, k)


@compiled
def _solo_cost(net: Net, live: Live, node: int, k: int) -> float:
    kind = net.kinds[k]
    if not net.allow[k, node]:
        return np.inf
    legs = net.legs[kind.matrix]
    metres = kind.metres + np.int64(legs[kind.start, node, 0]) + legs[node, kind.depot, 0]
    best = np.int64(FAR)
    for window in range(net.window_at[node + 1] - net.window_at[node]):
        span = solo_span(net, live, node, k, window)
        if span >= 0:
            best = min(best, span)
    if best == FAR or not within_limits(net, k, metres, best):
        return np.inf
    return day_cost(net, k, metres, best)


def with_solo_days(net: Net, live: Live) -> Net:
    """The problem with its solo_* tables. Vehicles under way are in use already and open no day."""
    stops, kinds = len(net.absence) - int(net.rules[0]["first"]), len(net.kinds)
    costs = np.full((stops, kinds), np.inf)
    solo_costs(net, live, costs)
    servable = np.flatnonzero(np.isfinite(costs).any(axis=1) | ~_hopeless(net)) + int(net.rules[0]["first"])
    costs[:, net.kinds["begun"] >= 0] = np.inf
    order = np.argsort(costs, axis=1, kind="stable")
    sorted_costs = np.take_along_axis(costs, order, 1)
    return replace(
        net,
        solo_kind=np.where(np.isfinite(sorted_costs), order, -1),
        solo_cost=sorted_costs,
        servable=servable,
    )


def _hopeless(net: Net) -> Array:
    """Stops that no kind of vehicle may visit."""
    hopeless: Array = ~net.allow[:, int(net.rules[0]["first"]) :].any(axis=0)
    return hopeless
