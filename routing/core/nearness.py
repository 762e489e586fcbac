"""For each stop: beside which stops it would fit well, and which stops lie around it."""

from __future__ import annotations

import numpy as np

from routing.core.layout import Net
from routing.core.tables import Array

NEAR, AROUND = 50, 240
BLOCK = 32  # stops handled at a time: what is in work fits into the cache
WAIT_SHARE = 0.2  # how much a second of waiting counts against a second of driving
BARRED = np.float32(1e30)


def neighbours(net: Net) -> tuple[Array, Array]:
    """near (i4[stop, NEAR], -1 at the end) and around (i4[stop, AROUND])."""
    first, nodes = int(net.rules[0]["first"]), len(net.absence)
    stops = nodes - first
    near = np.full((stops, min(NEAR, max(stops - 1, 0))), -1, np.int32)
    around = np.full((stops, min(AROUND, max(stops - 1, 0))), -1, np.int32)
    if stops > 1:
        pairs = _Pairs(net)
        for low in range(0, stops, BLOCK):
            block = slice(low, min(low + BLOCK, stops))
            apart, fit = pairs.judged(block)
            around[block] = _smallest(apart, around.shape[1]) + first
            best = _smallest(fit, near.shape[1])
            usable = np.take_along_axis(fit, best, 1) < BARRED
            near[block] = np.where(usable, best + first, -1)
    return near, around


def _smallest(values: Array, number: int) -> Array:
    """Columns of the smallest values of each row, in order; equal ones by number."""
    if number < values.shape[1] - 1:
        some = np.argpartition(values, number, axis=1)[:, : number + 1]
        some.sort(axis=1)
    else:
        some = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    order = np.argsort(np.take_along_axis(values, some, 1), axis=1, kind="stable")[:, :number]
    return np.take_along_axis(some, order, 1)


class _Pairs:
    """Distances and obstacles between stops, block by block."""

    def __init__(self, net: Net) -> None:
        first = self.first = int(net.rules[0]["first"])
        self.net = net
        kinds = net.kinds
        self.per_m, self.per_s = float(kinds["per_m"].mean()), float(kinds["per_s"].mean())
        self.opens = net.windows[net.window_at[first:-1], 0].astype(np.float32)
        self.closes = net.windows[net.window_at[first + 1 :] - 1, 1].astype(np.float32)
        self.service = net.service[0, first:].astype(np.float32)
        self.allow = net.allow[:, first:].astype(np.float32)
        sample = net.legs[0, first:, first:]
        metres, seconds = float(sample[..., 0].mean()), float(sample[..., 1].mean())
        self.worth = self.per_s + self.per_m * metres / max(seconds, 1.0)  # fen that a lost second counts

    def _cost(self, legs: Array) -> Array:
        metres, seconds = legs[..., 0].astype(np.float32), legs[..., 1].astype(np.float32)
        if self.per_m == 0 and self.per_s == 0:
            return seconds
        return metres * np.float32(self.per_m) + seconds * np.float32(self.per_s)

    def judged(self, block: slice) -> tuple[Array, Array]:
        """Fen between two stops (the shorter way round), and by which one after the other is a bad idea."""
        legs = self.net.legs[0, self.first :, self.first :]
        there, back = legs[block], legs[:, block]
        cost, cost_back = self._cost(there), self._cost(back).T
        apart = np.minimum(cost, cost_back)
        np.fill_diagonal(apart[:, block], np.inf)
        after = cost + self._lost(block, there[..., 1], True)
        before = cost_back + self._lost(block, back[..., 1].T, False)
        unfit: Array = np.minimum(after, before)
        unfit[np.isinf(apart) | ~self._may_meet(block)] = BARRED
        return apart, unfit

    def _lost(self, block: slice, drive: Array, forward: bool) -> Array:
        """Time lost between the two stops whatever the day: waiting counts less than coming too late."""
        opens, closes = self.opens[:, None], self.closes[:, None]
        if forward:
            gap = self.service[block, None] + drive
            wait = np.maximum(self.opens - closes[block] - gap, 0)
            late = np.maximum(opens[block] + gap - self.closes, 0)
        else:
            gap = self.service + drive
            wait = np.maximum(opens[block] - self.closes - gap, 0)
            late = np.maximum(self.opens + gap - closes[block], 0)
        lost: Array = np.float32(self.worth) * (np.float32(WAIT_SHARE) * wait + late)
        return lost

    def _may_meet(self, block: slice) -> Array:
        """Whether some kind may visit both, and their classes may share a trip of some vehicle."""
        meet: Array = (self.allow[:, block].T @ self.allow) > 0
        avoid, classes = self.net.avoid[1, self.first :], self.net.classes[self.first :]
        for w in range(classes.shape[1]):
            meet &= (avoid[block, w][:, None] & classes[None, :, w]) == 0
        return meet
