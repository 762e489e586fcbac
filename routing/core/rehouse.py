"""Whole days change hands: the same stops in the same order by a vehicle of another depot or kind."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.chance import below
from routing.core.jit import compiled, inlined
from routing.core.layout import Live, Net
from routing.core.rests import full_span
from routing.core.rows import may_visit_all, quarrels, store
from routing.core.stretches import day_cost, within_limits
from routing.core.timing import rebuild

TRIED_AT_MOST = 24  # kinds tried for one day


@compiled
def rehouse(net: Net, live: Live) -> None:
    """Give each day written in this iteration to the cheapest kind that can do it."""
    for q in range(live.count[0].new):
        row = live.new[q]
        info = live.rows[row]
        if info.live and info.size > 0 and net.kinds[info.kind].begun < 0:
            _rehouse(net, live, row)


@compiled
def _rehouse(net: Net, live: Live, row: int) -> None:
    info = live.rows[row]
    kinds = net.kinds.shape[0]
    start = 0 if kinds <= TRIED_AT_MOST else below(live, kinds)
    best, cost = info.kind, info.cost - 1e-6
    for q in range(min(kinds, TRIED_AT_MOST)):
        k = (start + q) % kinds
        if k == info.kind or live.used[k] >= net.kinds[k].count or net.kinds[k].begun >= 0:
            continue
        asked = _cost_with(net, live, row, k, cost)
        if asked < cost:
            best, cost = k, asked
    if best != info.kind:
        _hand_over(net, live, row, best)


@compiled
def _cost_with(net: Net, live: Live, row: int, k: int, below_cost: float) -> float:
    """What this day costs with another kind; below_cost if that is more, or it breaks a rule."""
    info, kind = live.rows[row], net.kinds[k]
    if info.trips > kind.trips or (info.pinned > 0):
        return below_cost
    for trip in range(info.trips):
        for d in range(net.load.shape[1]):
            if live.trip_load[row, trip, d] > net.capacity[k, d]:
                return below_cost
    metres = _sequence(net, live, row, k)
    if kind.fixed + kind.per_m * metres >= below_cost or not may_visit_all(net, live, row, k):
        return below_cost
    separates = net.kinds[info.kind].separates
    if kind.separates != separates and quarrels(net, live.seq[row], info.size, kind.separates):
        return below_cost
    if (
        kind.depot != net.kinds[info.kind].depot
        and net.rules[0].storage
        and not _storage_fits(net, live, row, k)
    ):
        return below_cost
    span = full_span(net, live, live.trial, info.size + 1, k)
    if span < 0 or not within_limits(net, k, metres, span):
        return below_cost
    return day_cost(net, k, metres, span)


@inlined
def _sequence(net: Net, live: Live, row: int, k: int) -> int:
    """The day as this kind would drive it, in live.trial; its metres."""
    info, kind = live.rows[row], net.kinds[k]
    legs = net.legs[kind.matrix]
    live.trial[0] = kind.start
    metres = np.int64(0)
    for i in range(1, info.size + 2):
        node = live.seq[row, i]
        live.trial[i] = kind.depot if node < net.rules[0].first else node
        metres += legs[live.trial[i - 1], live.trial[i], 0]
    return metres


@compiled
def _storage_fits(net: Net, live: Live, row: int, k: int) -> bool:
    """Whether the depot of kind k can take in the whole day."""
    depot = net.kinds[k].depot
    _store_all(net, live, row, depot, 1)
    fits = True
    for name in range(net.storage.shape[1]):
        fits = fits and live.stored[depot, name] <= net.storage[depot, name]
    _store_all(net, live, row, depot, -1)
    return fits


@inlined
def _store_all(net: Net, live: Live, row: int, depot: int, sign: int) -> None:
    for i in range(1, live.rows[row].size + 1):
        node = live.seq[row, i]
        if node >= net.rules[0].first:
            store(net, live, depot, node, sign)


@compiled
def _hand_over(net: Net, live: Live, row: int, k: int) -> None:
    info = live.rows[row]
    old = net.kinds[info.kind].depot
    if net.rules[0].storage:
        _store_all(net, live, row, old, -1)
        _store_all(net, live, row, net.kinds[k].depot, 1)
    live.used[info.kind] -= 1
    live.used[k] += 1
    info.kind = k
    for i in range(1, info.size + 1):
        if live.seq[row, i] < net.rules[0].first:
            live.seq[row, i] = net.kinds[k].depot
    rebuild(net, live, row)
