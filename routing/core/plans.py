"""Whole plans: noting the best, starting from nothing, taking one over."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import compiled, inlined
from routing.core.layout import Live, Net
from routing.core.rows import choose_window, store, take_row
from routing.core.tables import Array
from routing.core.timing import rebuild


@compiled
def snapshot(net: Net, live: Live) -> None:
    """Note the plan as the best so far."""
    count = live.count[0]
    count.best = count.cost + spared(net, live)
    n = days = 0
    for row in range(live.rows.shape[0]):
        info = live.rows[row]
        if not info.live:
            continue
        live.best_costs[days] = info.cost
        days += 1
        live.best_rows[n], live.best_rows[n + 1] = info.kind, info.size
        for i in range(info.size):
            live.best_rows[n + 2 + i] = live.seq[row, i + 1]
        n += info.size + 2
    count.best_rows = n
    for node in range(live.window.shape[0]):
        live.best_windows[node] = live.window[node, 2]
    count.best_absent = count.absent
    for i in range(count.absent):
        live.best_absent[i] = live.absent[i]


@compiled
def clear(net: Net, live: Live) -> None:
    """A plan without any stop; vehicles under way come home. Costs are counted anew."""
    count = live.count[0]
    count.stamp += 1
    count.old = count.new = count.gone = count.hit = count.absent = 0
    rows = live.rows.shape[0]
    count.free = rows
    for row in range(rows):
        live.free[row] = rows - 1 - row
        live.rows[row].live = 0
        live.rows[row].fresh = 0
    for depot in range(live.stored.shape[0]):
        for name in range(live.stored.shape[1]):
            live.stored[depot, name] = net.incoming[depot, name]
    for node in range(live.at.shape[0]):
        live.at[node, 0] = -1
        live.leaving[node] = False
    for k in range(net.kinds.shape[0]):
        live.used[k] = 0
        if net.kinds[k].begun >= 0:
            rebuild(net, live, take_row(live, k))
    for i in range(net.servable.shape[0]):
        live.absent[i] = net.servable[i]
    count.absent = net.servable.shape[0]
    recount(net, live)


@compiled
def recount(net: Net, live: Live) -> None:
    """The cost of the plan from its parts, so that rounding does not pile up."""
    cost = 0.0
    for row in range(live.rows.shape[0]):
        if live.rows[row].live:
            cost += live.rows[row].cost
    for i in range(live.count[0].absent):
        cost += live.price[live.absent[i]]
    live.count[0].cost = cost


@inlined
def spared(net: Net, live: Live) -> float:
    """By how much the plan counts less than it costs, because leaving stops out is cheap at present."""
    less = 0.0
    for i in range(live.count[0].absent):
        less += net.absence[live.absent[i]] - live.price[live.absent[i]]
    return less


@compiled
def load(net: Net, live: Live, days: Array, windows: Array) -> None:
    """Make this the plan: days as in Live.best_rows, a window per node. What breaks a rule stays out."""
    clear(net, live)
    count = live.count[0]
    i = 0
    while i < days.shape[0]:
        k, size = np.int64(days[i]), np.int64(days[i + 1])
        _load_day(net, live, k, days[i + 2 : i + 2 + size], windows)
        i += size + 2
    count.absent = 0
    for i in range(net.servable.shape[0]):
        if live.at[net.servable[i], 0] < 0:
            live.absent[count.absent] = net.servable[i]
            count.absent += 1
    recount(net, live)


@compiled
def _load_day(net: Net, live: Live, k: int, nodes: Array, windows: Array) -> None:
    first, kind = net.rules[0].first, net.kinds[k]
    row = np.int64(-1)
    if kind.begun >= 0:
        for other in range(live.rows.shape[0]):
            if live.rows[other].live and live.rows[other].kind == k:
                row = other
    elif live.used[k] < kind.count:
        row = take_row(live, k)
    if row < 0 or live.rows[row].size > 0:
        return
    for i in range(nodes.shape[0]):
        live.seq[row, i + 1] = nodes[i]
        if nodes[i] >= first:
            choose_window(net, live, nodes[i], windows[nodes[i]])
    live.rows[row].size = nodes.shape[0]
    if rebuild(net, live, row):
        if net.rules[0].storage:
            for i in range(nodes.shape[0]):
                if nodes[i] >= first:
                    store(net, live, kind.depot, nodes[i], 1)
        return
    for i in range(nodes.shape[0]):
        if nodes[i] >= first:
            live.at[nodes[i], 0] = -1
    live.rows[row].size = 0
    if kind.begun >= 0:
        rebuild(net, live, row)
    else:
        live.rows[row].live = 0
        live.used[k] -= 1
        live.free[live.count[0].free] = row
        live.count[0].free += 1
