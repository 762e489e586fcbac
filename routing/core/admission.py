"""May a trip take a stop at all, time aside: licences, classes, load, storage, pinned orders."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.stretches import day_cost


@compiled
def ask(net: Net, live: Live, row: int, trip: int, node: int) -> None:
    """May this trip take the stop, time aside? If a larger vehicle is needed, the cheapest that is free."""
    info = live.rows[row]
    k = info.kind
    live.asked[row, trip] = live.count[0].question
    live.admitted[row, trip] = -1
    if info.size + 5 > live.seq.shape[1]:
        live.count[0].cramped = 1
        return
    kind = net.kinds[k]
    if net.rules[0].storage and not live.room[kind.depot]:
        return
    mixes = _mixes(net, live, row, trip, node, kind.separates)
    if not mixes and (kind.separates or not _mixes(net, live, row, trip, node, 1)):
        return
    if mixes and net.allow[k, node] and _load_fits(net, live, row, trip, node, k):
        live.admitted[row, trip] = k
        live.surcharge[row, trip] = 0.0
        return
    cheapest = np.float64(FAR)
    for q in range(net.peers.shape[1]):
        other = net.peers[k, q]
        if other < 0:
            break
        if (
            not net.wider[k, other]
            or live.used[other] >= net.kinds[other].count
            or not net.allow[other, node]
            or not (mixes or net.kinds[other].separates)
        ):
            continue
        extra = day_cost(net, other, info.metres, info.span) - info.cost
        if extra < cheapest and _load_fits(net, live, row, trip, node, other):
            cheapest = extra
            live.admitted[row, trip] = other
            live.surcharge[row, trip] = extra


@inlined
def _mixes(net: Net, live: Live, row: int, trip: int, node: int, separates: int) -> bool:
    """Whether the stop gets on with all that a trip of a vehicle with or without compartments carries."""
    for w in range(net.classes.shape[1]):
        if net.avoid[separates, node, w] & live.trip_classes[row, trip, w]:
            return False
    return True


@inlined
def _load_fits(net: Net, live: Live, row: int, trip: int, node: int, k: int) -> bool:
    for d in range(net.load.shape[1]):
        if live.trip_load[row, trip, d] + net.load[node, d] > net.capacity[k, d]:
            return False
    return True


@inlined
def in_order(net: Net, live: Live, row: int, trip: int, place: int, node: int) -> bool:
    """Whether pinned orders allow the stop before this place."""
    pinned = live.rows[row].pinned
    if not net.rules[0].orders:
        return True
    if net.order[node, 0] < 0:
        return place > pinned
    return keeps_order(net, live, row, trip, place, node)


@compiled
def keeps_order(net: Net, live: Live, row: int, trip: int, place: int, node: int) -> bool:
    before = 0
    for i in range(1, live.rows[row].size + 1):
        other = live.seq[row, i]
        if other < net.rules[0].first or net.order[other, 0] != net.order[node, 0]:
            continue
        if (net.order[other, 1] < net.order[node, 1]) != (i < place):
            return False
        before += i < place
    if net.order[node, 2]:
        return trip == 0 and place == before + 1
    return place > live.rows[row].pinned
