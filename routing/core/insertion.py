"""What does a stop cost at a place? Judged in a handful of operations from the day before and after it.

Only where that is not the whole truth (a rest becomes due, a release moves the departure) is the day
timed in full, and only if the place would be the best so far.
"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.admission import in_order
from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.rests import full_span
from routing.core.stretches import day_cost, join, unload_s, within_limits


@compiled
def consider(net: Net, live: Live, row: int, trip: int, place: int, node: int) -> None:
    """Keep this place in live.choice if it is possible and the cheapest so far."""
    choice = live.choice[0]
    info = live.rows[row]
    k = live.admitted[row, trip]
    kind = net.kinds[k]
    legs = net.legs[kind.matrix]
    here, there = live.seq[row, place - 1], live.seq[row, place]
    metres = np.int64(legs[here, node, 0]) + legs[node, there, 0] - live.leg[row, place, 0]
    if live.surcharge[row, trip] + kind.per_m * metres >= choice.cost:
        return
    if not in_order(net, live, row, trip, place, node):
        return
    out, back = np.int64(legs[here, node, 1]), np.int64(legs[node, there, 1])
    drive = info.drive + out + back - live.leg[row, place, 1]
    metres += info.metres
    service = net.service[kind.profile, node]
    for w in range(net.window_at[node + 1] - net.window_at[node]):
        opens, closes = net.windows[net.window_at[node] + w, 0], net.windows[net.window_at[node] + w, 1]
        head = live.head[row, place - 1]
        lasts, early, late = join(head[0], head[1], head[2], out, opens, closes, service)
        if lasts < 0:
            continue
        span = _rest_of_day(net, live, row, trip, place, node, lasts, early, late, back)
        if span < 0 or not within_limits(net, k, metres, span):
            continue
        cost = day_cost(net, k, metres, span) - info.cost
        if cost >= choice.cost:
            continue
        if drive > net.rules[0].max_driving or net.release[node] > live.trip_leave[row, trip]:
            span = _in_full(net, live, row, place, node, k, w)
            if span < 0 or not within_limits(net, k, metres, span):
                continue
            cost = day_cost(net, k, metres, span) - info.cost
            if cost >= choice.cost:
                continue
        keep(live, cost, row, place, trip, k, w, 0)


@inlined
def keep(live: Live, cost: float, row: int, place: int, trip: int, k: int, window: int, new: int) -> None:
    choice = live.choice[0]
    choice.cost, choice.row, choice.place, choice.trip = cost, row, place, trip
    choice.kind, choice.window, choice.new = k, window, new


@inlined
def _rest_of_day(
    net: Net,
    live: Live,
    row: int,
    trip: int,
    place: int,
    node: int,
    lasts: int,
    early: int,
    late: int,
    back: int,
) -> int:
    """Span of the day that goes on from the stop to `place`; -1 if it comes too late."""
    info = live.rows[row]
    kind = net.kinds[info.kind]
    if net.depots[kind.depot].steady:
        tail = live.tail[row, place]
        return join(lasts, early, late, back, tail[1], tail[2], tail[0])[0]
    return _rest_of_trip(net, live, row, trip, place, node, lasts, early, late, back)


@inlined
def _rest_of_trip(
    net: Net,
    live: Live,
    row: int,
    trip: int,
    place: int,
    node: int,
    lasts: int,
    early: int,
    late: int,
    back: int,
) -> int:
    """The same where the stop makes the unloading of its trip longer."""
    info = live.rows[row]
    kind = net.kinds[info.kind]
    depot = net.depots[kind.depot]
    end = live.trip_end[row, trip]
    if place < end:
        tail = live.trip_tail[row, place]
        lasts, early, late = join(lasts, early, late, back, tail[1], tail[2], tail[0])
        back = 0
        if lasts < 0:
            return -1
    dimension = depot.dimension
    unload = unload_s(net, kind.depot, live.trip_load[row, trip, dimension] + net.load[node, dimension])
    lasts, early, late = join(lasts, early, late, back, depot.opens, kind.closes - unload, unload)
    if lasts < 0 or trip == info.trips - 1:
        return lasts
    return next_trips(net, live, row, trip + 1, lasts, early, late)


@inlined
def next_trips(net: Net, live: Live, row: int, trip: int, lasts: int, early: int, late: int) -> int:
    """Span of the day that has come to the depot and goes on with this trip."""
    kind = net.kinds[live.rows[row].kind]
    lasts, early, late = join(lasts, early, late, 0, live.trip_release[row, trip], FAR, 0)
    start = 1 if trip == 0 else live.trip_end[row, trip - 1] + 1
    drive = np.int64(net.legs[kind.matrix, kind.depot, live.seq[row, start], 1])
    tail = live.tail[row, start]
    return join(lasts, early, late, drive, tail[1], tail[2], tail[0])[0]


@compiled
def _in_full(net: Net, live: Live, row: int, place: int, node: int, k: int, window: int) -> int:
    """Span of the row with the stop before this place, all rules of time counted; -1 if impossible."""
    size = live.rows[row].size
    for i in range(place):
        live.trial[i] = live.seq[row, i]
    live.trial[place] = node
    for i in range(place, size + 2):
        live.trial[i + 1] = live.seq[row, i]
    return with_window(net, live, size + 2, node, k, window)


@compiled
def with_window(net: Net, live: Live, last: int, node: int, k: int, window: int) -> int:
    """full_span of live.trial with this window for the stop."""
    opens, closes = live.window[node, 0], live.window[node, 1]
    w = net.window_at[node] + window
    live.window[node, 0], live.window[node, 1] = net.windows[w, 0], net.windows[w, 1]
    span = full_span(net, live, live.trial, last, k)
    live.window[node, 0], live.window[node, 1] = opens, closes
    return span
