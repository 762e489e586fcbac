"""A trip for a stop alone on a day that has other trips already."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.admission import ask, keeps_order
from routing.core.chance import below
from routing.core.insertion import keep, next_trips, with_window
from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.stretches import day_cost, first_stretch, join, unload_s, within_limits
from routing.core.timing import trip_unload_s

EXTRA_ROWS = 6  # days tried at random, beside those in the neighbourhood


@compiled
def own_trips_elsewhere(net: Net, live: Live, node: int, every: bool) -> None:
    """A trip of its own on days outside the neighbourhood: all of them, or a few at random."""
    rows = live.rows.shape[0]
    for q in range(rows if every else EXTRA_ROWS):
        row = q if every else below(live, rows)
        if live.rows[row].live and live.asked[row, 0] != live.count[0].question:
            ask(net, live, row, 0, node)
            own_trips(net, live, row, node)


@compiled
def own_trips(net: Net, live: Live, row: int, node: int) -> None:
    """A trip for the stop alone before, between and after the trips of a day."""
    info = live.rows[row]
    kind = net.kinds[info.kind]
    if info.trips >= kind.trips or not net.allow[info.kind, node] or info.size + 5 > live.seq.shape[1]:
        return
    if net.rules[0].storage and not live.room[kind.depot]:
        return
    for trip in range(-1, info.trips):
        if trip < 0 and (kind.begun >= 0 or info.pinned > 0):
            continue
        _own_trip(net, live, row, trip, node)


@compiled
def _own_trip(net: Net, live: Live, row: int, trip: int, node: int) -> None:
    """A trip for the stop alone after this one, or before the first (-1)."""
    choice = live.choice[0]
    info = live.rows[row]
    k = info.kind
    kind = net.kinds[k]
    legs = net.legs[kind.matrix]
    home = kind.depot
    place = 1 if trip < 0 else live.trip_end[row, trip]
    metres = np.int64(legs[home, node, 0]) + legs[node, home, 0]
    if kind.per_m * metres >= choice.cost:
        return
    if net.rules[0].orders and net.order[node, 0] >= 0:
        if net.order[node, 2] and trip >= 0:
            return
        if not keeps_order(net, live, row, 0, place, node):
            return
    out, back = np.int64(legs[home, node, 1]), np.int64(legs[node, home, 1])
    if trip < 0:
        head = first_stretch(net, k, net.release[node])
    else:
        head = (live.head[row, place, 0], live.head[row, place, 1], live.head[row, place, 2])
        if place <= info.size:
            head = _before_release(net, live, row, trip)
        head = join(head[0], head[1], head[2], 0, net.release[node], FAR, 0)
    depot = net.depots[home]
    unload = unload_s(net, home, net.load[node, depot.dimension])
    metres += info.metres
    for w in range(net.window_at[node + 1] - net.window_at[node]):
        opens, closes = net.windows[net.window_at[node] + w, 0], net.windows[net.window_at[node] + w, 1]
        lasts, early, late = join(
            head[0], head[1], head[2], out, opens, closes, net.service[kind.profile, node]
        )
        if lasts < 0:
            continue
        lasts, early, late = join(lasts, early, late, back, depot.opens, kind.closes - unload, unload)
        if lasts >= 0 and trip < info.trips - 1:
            lasts = next_trips(net, live, row, trip + 1, lasts, early, late)
        if lasts < 0:
            continue
        if info.drive + out + back > net.rules[0].max_driving:
            if not within_limits(net, k, metres, lasts):
                continue
            if day_cost(net, k, metres, lasts) - info.cost >= choice.cost:
                continue
            lasts = _own_trip_in_full(net, live, row, trip, node, w)
        if lasts >= 0 and within_limits(net, k, metres, lasts):
            cost = day_cost(net, k, metres, lasts) - info.cost
            if cost < choice.cost:
                keep(live, cost, row, place, trip, k, w, 1)


@inlined
def _before_release(net: Net, live: Live, row: int, trip: int) -> tuple[int, int, int]:
    """The day up to the end of unloading after a trip that is not the last."""
    kind = net.kinds[live.rows[row].kind]
    end = live.trip_end[row, trip]
    drive = np.int64(net.legs[kind.matrix, live.seq[row, end - 1], kind.depot, 1])
    unload = trip_unload_s(net, live, row, trip)
    opens = net.depots[kind.depot].opens
    head = live.head[row, end - 1]
    return join(head[0], head[1], head[2], drive, opens, kind.closes - unload, unload)


@compiled
def _own_trip_in_full(net: Net, live: Live, row: int, trip: int, node: int, window: int) -> int:
    info = live.rows[row]
    home = net.kinds[info.kind].depot
    place = 1 if trip < 0 else live.trip_end[row, trip]
    for i in range(place):
        live.trial[i] = live.seq[row, i]
    live.trial[place] = node if trip < 0 else home
    live.trial[place + 1] = home if trip < 0 else node
    for i in range(place, info.size + 2):
        live.trial[i + 2] = live.seq[row, i]
    return with_window(net, live, info.size + 3, node, info.kind, window)
