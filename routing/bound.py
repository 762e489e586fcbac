"""A number of fen that no plan can go below, where it is cheap to know."""

from __future__ import annotations

import numpy as np

from routing.core.index import Index
from routing.core.layout import Net
from routing.core.tables import Array
from routing.costs import penalty_fen

NODES_AT_MOST = 1200


def lower_bound_fen(net: Net, index: Index) -> int | None:
    """Every stop is left out, or somebody drives to it and serves it: the cheapest of these, summed up.

    Far below the best plan as a rule (it knows no way home, no fixed cost and no limit), but certain.
    None for problems so large that it would take noticeable time.
    """
    if len(net.absence) > NODES_AT_MOST:
        return None
    first = int(net.rules[0]["first"])
    cheapest = np.full(len(net.absence) - first, np.inf)
    for k, kind in enumerate(net.kinds):
        served = _arrival(net, int(kind["matrix"]), float(kind["per_m"]), float(kind["per_s"]))
        served += net.service[kind["profile"], first:] * float(kind["per_s"])
        cheapest = np.minimum(cheapest, np.where(net.allow[k, first:], served, np.inf))
    problem = index.problem
    penalties = np.array([penalty_fen(stop, problem.weights) for stop in problem.stops], float)
    return max(int(np.minimum(cheapest, penalties).sum()) - len(problem.vehicles), 0)


def _arrival(net: Net, matrix: int, per_m: float, per_s: float) -> Array:
    """By stop: fen of the cheapest drive to it from anywhere else."""
    first = int(net.rules[0]["first"])
    legs = net.legs[matrix, :, first:]
    fen = legs[..., 0] * per_m + legs[..., 1] * per_s
    fen[np.arange(first, len(fen)), np.arange(fen.shape[1])] = np.inf
    arrival: Array = fen.min(axis=0)
    return arrival
