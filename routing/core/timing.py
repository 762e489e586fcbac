"""When is the day of a row possible, how long does it last, what does it cost?"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.rests import prepare, rested_span
from routing.core.stretches import day_cost, first_stretch, join, unload_s, within_limits
from routing.core.tables import Array


@inlined
def trip_unload_s(net: Net, live: Live, row: int, trip: int) -> int:
    """Seconds of unloading after this trip; a vehicle under way that has nothing aboard unloads nothing."""
    k = live.rows[row].kind
    kind = net.kinds[k]
    if trip == 0 and kind.begun >= 0 and live.trip_end[row, 0] == 1 and not kind.laden:
        return 0
    dimension = net.depots[kind.depot].dimension
    return unload_s(net, kind.depot, live.trip_load[row, trip, dimension])


@compiled
def tally(net: Net, live: Live, row: int) -> None:
    """Loads, classes, releases and ends of the trips of a row."""
    first = net.rules[0].first
    info = live.rows[row]
    size = info.size
    trip = 0
    _clear_trip(net, live, row, 0)
    for i in range(1, size + 2):
        node = live.seq[row, i]
        live.trip_of[row, i] = trip
        if node < first:
            live.trip_end[row, trip] = i
            trip += 1
            if i <= size:
                _clear_trip(net, live, row, trip)
        else:
            for d in range(net.load.shape[1]):
                live.trip_load[row, trip, d] += net.load[node, d]
            for w in range(net.classes.shape[1]):
                live.trip_classes[row, trip, w] |= net.classes[node, w]
            if net.release[node] > live.trip_release[row, trip]:
                live.trip_release[row, trip] = net.release[node]
    info.trips = trip


@inlined
def _clear_trip(net: Net, live: Live, row: int, trip: int) -> None:
    k = live.rows[row].kind
    laden = trip == 0 and net.kinds[k].begun >= 0
    for d in range(net.load.shape[1]):
        live.trip_load[row, trip, d] = net.aboard[k, d] if laden else 0
    for w in range(net.classes.shape[1]):
        live.trip_classes[row, trip, w] = net.aboard_classes[k, w] if laden else np.uint64(0)
    live.trip_release[row, trip] = 0


@compiled
def rebuild(net: Net, live: Live, row: int) -> bool:
    """Everything known of a row, from its kind and its sequence. False if the day is impossible."""
    info = live.rows[row]
    k = info.kind
    kind = net.kinds[k]
    live.seq[row, 0] = kind.start
    live.seq[row, info.size + 1] = kind.depot
    tally(net, live, row)
    if not _forward(net, live, row):
        return False
    _backward(net, live, row)
    span = live.head[row, info.size + 1, 0]
    if info.drive > net.rules[0].max_driving:
        prepare(net, live, live.seq[row], info.size + 1, k)
        span = rested_span(net, live, live.seq[row], info.size + 1, k)
        if span < 0:
            return False
    info.span = span
    info.cost = day_cost(net, k, info.metres, span)
    return within_limits(net, k, info.metres, span)


@compiled
def _forward(net: Net, live: Live, row: int) -> bool:
    info = live.rows[row]
    kind = net.kinds[info.kind]
    first, size = net.rules[0].first, info.size
    service = net.service[kind.profile]
    legs = net.legs[kind.matrix]
    depot = net.depots[kind.depot]
    lasts, early, late = first_stretch(net, info.kind, live.trip_release[row, 0])
    live.head[row, 0, 0], live.head[row, 0, 1], live.head[row, 0, 2] = lasts, early, late
    if early > late:
        return False
    live.trip_leave[row, 0] = early + lasts
    metres, drive, pinned = kind.metres, kind.driven, 0
    here, trip = live.seq[row, 0], 0
    for i in range(1, size + 2):
        node = live.seq[row, i]
        drive_s, leg_m = legs[here, node, 1], legs[here, node, 0]
        live.leg[row, i, 0], live.leg[row, i, 1] = leg_m, drive_s
        metres += leg_m
        drive += drive_s
        if node < first:
            unload = trip_unload_s(net, live, row, trip)
            lasts, early, late = join(lasts, early, late, drive_s, depot.opens, kind.closes - unload, unload)
            trip += 1
            if lasts >= 0 and i <= size:
                lasts, early, late = join(lasts, early, late, 0, live.trip_release[row, trip], FAR, 0)
                live.trip_leave[row, trip] = early + lasts
        else:
            opens, closes = live.window[node, 0], live.window[node, 1]
            lasts, early, late = join(lasts, early, late, drive_s, opens, closes, service[node])
            live.at[node, 0], live.at[node, 1] = row, i
            if pinned == i - 1 and net.order[node, 2]:
                pinned = i
        if lasts < 0:
            return False
        live.head[row, i, 0], live.head[row, i, 1], live.head[row, i, 2] = lasts, early, late
        here = node
    info.metres, info.drive, info.pinned = metres, drive, pinned
    return True


@compiled
def _backward(net: Net, live: Live, row: int) -> None:
    info = live.rows[row]
    kind = net.kinds[info.kind]
    first, size = net.rules[0].first, info.size
    service = net.service[kind.profile]
    depot = net.depots[kind.depot]
    trip = info.trips - 1
    unload = trip_unload_s(net, live, row, trip)
    lasts, early, late = unload, depot.opens, kind.closes - unload
    _keep(live.tail, row, size + 1, lasts, early, late)
    t_lasts = t_early = t_late = 0
    for i in range(size, 0, -1):
        node, target = live.seq[row, i], live.seq[row, i + 1]
        drive = np.int64(live.leg[row, i + 1, 1])
        if node < first:
            lasts, early, late = join(0, live.trip_release[row, trip], FAR, drive, early, late, lasts)
            trip -= 1
            unload = trip_unload_s(net, live, row, trip)
            lasts, early, late = join(unload, depot.opens, kind.closes - unload, 0, early, late, lasts)
        else:
            opens, closes, serve = live.window[node, 0], live.window[node, 1], service[node]
            lasts, early, late = join(serve, opens, closes, drive, early, late, lasts)
            if not depot.steady:
                if target < first:
                    t_lasts, t_early, t_late = serve + drive, opens, closes
                else:
                    t_lasts, t_early, t_late = join(serve, opens, closes, drive, t_early, t_late, t_lasts)
                _keep(live.trip_tail, row, i, t_lasts, t_early, t_late)
        _keep(live.tail, row, i, lasts, early, late)


@inlined
def _keep(stretches: Array, row: int, i: int, lasts: int, early: int, late: int) -> None:
    stretches[row, i, 0], stretches[row, i, 1], stretches[row, i, 2] = lasts, early, late
