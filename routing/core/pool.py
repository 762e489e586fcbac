"""Remembers the vehicle-days of good plans, for the set partitioning that recombines them."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import compiled
from routing.core.layout import Live, Net, Pool


@compiled
def remember(net: Net, live: Live, pool: Pool, row: int, quality: float) -> None:
    """Note a day of a plan that costs `quality`: its set of stops is kept once, in its cheapest order."""
    info = live.rows[row]
    if info.size == 0:
        return
    slots = pool.key.shape[0]
    key = np.uint64(info.kind + 1) * np.uint64(0x9E3779B97F4A7C15)
    for i in range(1, info.size + 1):
        node = live.seq[row, i]
        if node >= net.rules[0].first:
            key ^= net.hashes[node]
    key |= np.uint64(1)
    slot = np.int64(key >> np.uint64(20)) % slots
    while pool.key[slot] != np.uint64(0) and pool.key[slot] != key:
        slot = (slot + 1) % slots
    if pool.key[slot] == key:
        pool.quality[slot] = min(pool.quality[slot], quality)
        if info.cost >= pool.cost[slot] - 1e-6 or info.size > pool.size[slot]:
            return
    elif 2 * pool.count[0] >= slots or pool.count[1] + info.size > pool.nodes.shape[0]:
        return
    else:
        pool.key[slot] = key
        pool.quality[slot] = quality
        pool.start[slot] = pool.count[1]
        pool.count[0] += 1
        pool.count[1] += info.size
    pool.cost[slot], pool.kind[slot], pool.size[slot] = info.cost, info.kind, info.size
    for i in range(info.size):
        pool.nodes[pool.start[slot] + i] = live.seq[row, i + 1]
