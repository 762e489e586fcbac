"""Ruin, recreate, accept or go back: the loop that everything else serves."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.chance import below, uniform
from routing.core.find import find_place
from routing.core.jit import compiled, inlined
from routing.core.layout import Live, Net, Pool
from routing.core.plans import snapshot, spared
from routing.core.pool import remember
from routing.core.rehouse import rehouse
from routing.core.rows import put
from routing.core.ruin import ruin
from routing.core.tables import Array
from routing.core.tails import exchange_tails

SHUFFLES = 4  # chances of a random order beside one for each ranking
ABSENT_AT_MOST = 30  # stops left out that an iteration tries again


@compiled
def anneal(net: Net, live: Live, pool: Pool, knobs: Array, iterations: int, hot: float, cold: float) -> None:
    """So many iterations while the temperature (fen) goes from hot to cold."""
    for step in range(iterations):
        temperature = hot + (cold - hot) * step / iterations
        _begin(net, live)
        ruin(net, live, knobs)
        _recreate(net, live, knobs)
        if uniform(live) < knobs[0].tails:
            exchange_tails(net, live)
        if uniform(live) < knobs[0].rehouse:
            rehouse(net, live)
        _settle(net, live, pool, knobs, temperature)
        live.count[0].iterations += 1


@inlined
def _begin(net: Net, live: Live) -> None:
    count = live.count[0]
    count.stamp += 1
    count.old = count.new = count.gone = count.hit = 0
    count.old_absent = count.absent
    for i in range(count.absent):
        live.old_absent[i] = live.absent[i]
    if net.rules[0].storage:
        _copy(live.stored, live.old_stored)


@inlined
def _copy(source: Array, target: Array) -> None:
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@compiled
def _recreate(net: Net, live: Live, knobs: Array) -> None:
    """Put back what has left, and try again some of what was left out before."""
    count = live.count[0]
    left = count.gone
    eager = uniform(live) if uniform(live) < knobs[0].eager else 1.0
    _call_absent(live)
    _sort(net, live)
    for i in range(count.gone):
        node = live.gone[i]
        before = not live.leaving[node]
        everywhere = not before or left == 0 or uniform(live) < knobs[0].retry
        find_place(net, live, node, knobs[0].blink, everywhere, eager)
        if live.choice[0].kind < 0 or not put(net, live, node):
            live.absent[count.absent] = node
            count.absent += 1
        live.leaving[node] = False


@compiled
def _call_absent(live: Live) -> None:
    """Move stops left out before to those to put back: all, or a few at random if there are many."""
    count = live.count[0]
    wanted = count.absent if count.gone == 0 else min(count.absent, ABSENT_AT_MOST)
    for _ in range(wanted):
        i = below(live, count.absent)
        live.gone[count.gone] = live.absent[i]
        count.gone += 1
        count.absent -= 1
        live.absent[i] = live.absent[count.absent]


@compiled
def _sort(net: Net, live: Live) -> None:
    """Bring the stops to put back into one of several orders, chosen at random."""
    count = live.count[0]
    ranking = below(live, net.ranks.shape[0] + SHUFFLES) - SHUFFLES
    for i in range(count.gone):
        live.gone_key[i] = uniform(live) if ranking < 0 else net.ranks[ranking, live.gone[i]]
    if count.gone > 64:
        _sort_many(live)
        return
    for i in range(1, count.gone):
        j = i
        while j > 0 and live.gone_key[j - 1] > live.gone_key[j]:
            _exchange(live, j - 1, j)
            j -= 1


@compiled
def _sort_many(live: Live) -> None:
    """The same by heap: for a long list, as at the very start."""
    number = live.count[0].gone
    for root in range(number // 2 - 1, -1, -1):
        _sink(live, root, number)
    for end in range(number - 1, 0, -1):
        _exchange(live, 0, end)
        _sink(live, 0, end)


@compiled
def _sink(live: Live, root: int, end: int) -> None:
    while 2 * root + 1 < end:
        child = 2 * root + 1
        if child + 1 < end and live.gone_key[child + 1] > live.gone_key[child]:
            child += 1
        if live.gone_key[root] >= live.gone_key[child]:
            return
        _exchange(live, root, child)
        root = child


@inlined
def _exchange(live: Live, i: int, j: int) -> None:
    live.gone_key[i], live.gone_key[j] = live.gone_key[j], live.gone_key[i]
    live.gone[i], live.gone[j] = live.gone[j], live.gone[i]
    for f in range(3):
        live.gone_window[i, f], live.gone_window[j, f] = live.gone_window[j, f], live.gone_window[i, f]


@compiled
def _settle(net: Net, live: Live, pool: Pool, knobs: Array, temperature: float) -> None:
    """Keep the changed plan if annealing accepts its cost, else go back to the one before."""
    count = live.count[0]
    cost = count.cost
    for i in range(count.old):
        cost -= live.rows[live.old[i]].cost
    for i in range(count.new):
        if live.rows[live.new[i]].live:
            cost += live.rows[live.new[i]].cost
    for i in range(count.old_absent):
        cost -= live.price[live.old_absent[i]]
    for i in range(count.absent):
        cost += live.price[live.absent[i]]
    if cost < count.cost - temperature * np.log(max(uniform(live), 1e-300)):
        count.accepted += 1
        count.cost = cost
        whole = cost + spared(net, live)
        if whole < count.best * (1.0 + knobs[0].pool_slack):
            for i in range(count.new):
                if live.rows[live.new[i]].live:
                    remember(net, live, pool, live.new[i], whole)
        _free(live, live.old, count.old)
        for i in range(count.new):
            if not live.rows[live.new[i]].live:
                live.free[count.free] = live.new[i]
                count.free += 1
        if whole < count.best - 1e-6:
            count.improved += 1
            snapshot(net, live)
    else:
        _go_back(net, live)


@inlined
def _free(live: Live, rows: Array, number: int) -> None:
    count = live.count[0]
    for i in range(number):
        live.free[count.free] = rows[i]
        count.free += 1


@compiled
def _go_back(net: Net, live: Live) -> None:
    count = live.count[0]
    for i in range(count.new):
        info = live.rows[live.new[i]]
        if info.live:
            info.live = 0
            live.used[info.kind] -= 1
    _free(live, live.new, count.new)
    for i in range(count.gone):
        node = live.gone[i]
        live.at[node, 0] = -1
        for f in range(3):
            live.window[node, f] = live.gone_window[i, f]
    for i in range(count.old):
        row = live.old[i]
        info = live.rows[row]
        info.live = 1
        live.used[info.kind] += 1
        for place in range(1, info.size + 1):
            node = live.seq[row, place]
            if node >= net.rules[0].first:
                live.at[node, 0], live.at[node, 1] = row, place
    count.absent = count.old_absent
    for i in range(count.absent):
        live.absent[i] = live.old_absent[i]
    if net.rules[0].storage:
        _copy(live.old_stored, live.stored)
