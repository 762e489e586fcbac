"""Two days exchange their tails: each goes on with what the other has after some stop.

Strings are too short for that, and long days with narrow windows change little in any other way. After the
2-opt* of Potvin and Rousseau (1995), for days of any kind and any number of trips.
"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.chance import below
from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.rests import full_span
from routing.core.rows import change_kind, quarrels, retire, take_row
from routing.core.stretches import day_cost, join, within_limits
from routing.core.timing import rebuild


@compiled
def exchange_tails(net: Net, live: Live) -> None:
    """Give one of the stops just put back a new neighbour in another day, if that saves something."""
    if live.count[0].gone == 0:
        return
    node = live.gone[below(live, live.count[0].gone)]
    a = np.int64(live.at[node, 0])
    if a < 0 or net.kinds[live.rows[a].kind].begun >= 0:
        return
    i = np.int64(live.at[node, 1])
    best, partner, cut_a, cut_b = -1e-6, np.int64(-1), np.int64(0), np.int64(0)
    for q in range(net.near.shape[1]):
        other = net.near[node - net.rules[0].first, q]
        if other < 0:
            break
        b = np.int64(live.at[other, 0])
        if b < 0 or b == a or net.kinds[live.rows[b].kind].begun >= 0:
            continue
        j = np.int64(live.at[other, 1])
        for before in range(2):
            saved = _saved(net, live, a, i - before, b, j - 1 + before)
            if saved < best:
                best, partner, cut_a, cut_b = saved, b, i - before, j - 1 + before
    if partner >= 0:
        _exchange(net, live, a, cut_a, partner, cut_b)


@inlined
def _saved(net: Net, live: Live, a: int, i: int, b: int, j: int) -> float:
    """Fen (below zero) that it changes if day a keeps i places and day b keeps j; 0 if it does not pay."""
    if not _promising(net, live, a, i, b, j):
        return 0.0
    cost = -live.rows[a].cost - live.rows[b].cost
    for turn in range(2):
        size = _join(net, live, a, i, b, j) if turn == 0 else _join(net, live, b, j, a, i)
        if size < 0:
            return 0.0
        if size > 0:
            cost += _cost(net, live, live.rows[a if turn == 0 else b].kind, size)
        if cost >= 0.0:
            return 0.0
    return cost


@inlined
def _promising(net: Net, live: Live, a: int, i: int, b: int, j: int) -> bool:
    """Whether the roads become shorter, or a day falls away; all else is looked at in full."""
    if net.kinds[live.rows[a].kind].depot != net.kinds[live.rows[b].kind].depot:
        return not net.rules[0].storage and _shorter_elsewhere(net, live, a, i, b, j)
    end_a, end_b = live.rows[a].size + 1, live.rows[b].size + 1
    merged = (i == 0 and j + 1 == end_b) or (j == 0 and i + 1 == end_a)
    legs = net.legs[net.kinds[live.rows[a].kind].matrix]
    metres = np.int64(legs[live.seq[a, i], live.seq[b, j + 1], 0]) - live.leg[a, i + 1, 0]
    metres += np.int64(legs[live.seq[b, j], live.seq[a, i + 1], 0]) - live.leg[b, j + 1, 0]
    return (merged or metres < 0) and not (_late(net, live, a, i, b, j) or _late(net, live, b, j, a, i))


@inlined
def _late(net: Net, live: Live, a: int, i: int, b: int, j: int) -> bool:
    """Whether what is known of the two days already rules out the tail of b after the head of a."""
    kind, other = net.kinds[live.rows[a].kind], net.kinds[live.rows[b].kind]
    if kind.matrix != other.matrix or kind.profile != other.profile or not net.depots[kind.depot].steady:
        return False
    head, tail = live.head[a, i], live.tail[b, j + 1]
    drive = np.int64(net.legs[kind.matrix, live.seq[a, i], live.seq[b, j + 1], 1])
    return join(head[0], head[1], head[2], drive, tail[1], tail[2], tail[0])[0] < 0


@inlined
def _shorter_elsewhere(net: Net, live: Live, a: int, i: int, b: int, j: int) -> bool:
    """The same for two depots: each tail comes home to the other one."""
    new = _way_on(net, live, a, i, b, j) + _way_on(net, live, b, j, a, i)
    return new < _way_on(net, live, a, i, a, i) + _way_on(net, live, b, j, b, j)


@inlined
def _way_on(net: Net, live: Live, a: int, i: int, b: int, j: int) -> int:
    """Metres from the head of a to the tail of b, and from its end home to the depot of a."""
    kind = net.kinds[live.rows[a].kind]
    legs, last = net.legs[kind.matrix], live.rows[b].size
    if j == last:
        return np.int64(legs[live.seq[a, i], kind.depot, 0])
    return np.int64(legs[live.seq[a, i], live.seq[b, j + 1], 0]) + legs[live.seq[b, last], kind.depot, 0]


@inlined
def _join(net: Net, live: Live, a: int, i: int, b: int, j: int) -> int:
    """The first i places of day a and all of b after j, in live.trial; how many, -1 if that is no day."""
    k = live.rows[a].kind
    first, home = net.rules[0].first, net.kinds[k].depot
    size = i + live.rows[b].size - j
    if size + 5 > live.seq.shape[1]:
        return -1
    if size > 0 and live.seq[a, i] < first and live.seq[b, j + 1] < first:
        return -1
    live.trial[0] = net.kinds[k].start
    for p in range(1, i + 1):
        live.trial[p] = live.seq[a, p]
    for p in range(i + 1, size + 1):
        node = live.seq[b, p - i + j]
        live.trial[p] = home if node < first else node
    live.trial[size + 1] = home
    return size


@compiled
def _cost(net: Net, live: Live, k: int, size: int) -> float:
    """What the day in live.trial costs with this kind; FAR if it breaks a rule."""
    first, kind = net.rules[0].first, net.kinds[k]
    legs = net.legs[kind.matrix]
    metres, trips = np.int64(0), 0
    for p in range(1, size + 2):
        node = live.trial[p]
        metres += legs[live.trial[p - 1], node, 0]
        if node < first:
            trips += 1
        elif not net.allow[k, node]:
            return np.float64(FAR)
    if trips > kind.trips:
        return np.float64(FAR)
    for d in range(net.load.shape[1]):
        amount = np.int64(0)
        for p in range(1, size + 2):
            node = live.trial[p]
            amount = 0 if node < first else amount + net.load[node, d]
            if amount > net.capacity[k, d]:
                return np.float64(FAR)
    if net.classes.shape[1] > 0 and quarrels(net, live.trial, size, kind.separates):
        return np.float64(FAR)
    span = full_span(net, live, live.trial, size + 1, k)
    if span < 0 or not within_limits(net, k, metres, span):
        return np.float64(FAR)
    return day_cost(net, k, metres, span)


@compiled
def _exchange(net: Net, live: Live, a: int, i: int, b: int, j: int) -> None:
    if live.count[0].free < 2:
        return
    retire(live, a)
    retire(live, b)
    new_a, new_b = _write(net, live, a, i, b, j), _write(net, live, b, j, a, i)
    # Only now: the vehicle that one of the days leaves may be the one that the other wants.
    if new_a >= 0:
        change_kind(net, live, new_a)
    if new_b >= 0:
        change_kind(net, live, new_b)


@inlined
def _write(net: Net, live: Live, a: int, i: int, b: int, j: int) -> int:
    """A row for the head of a and the tail of b; -1 if nothing is left of that day."""
    size = _join(net, live, a, i, b, j)
    if size == 0:
        return -1
    row = take_row(live, live.rows[a].kind)
    for p in range(1, size + 1):
        live.seq[row, p] = live.trial[p]
    live.rows[row].size = size
    rebuild(net, live, row)
    return row
