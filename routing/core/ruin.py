"""Which stops are taken out: strings of neighbouring days, whole days, trips, or a few at random.

Strings after Christiaens and Vanden Berghe, Slack Induction by String Removals (2020).
"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.chance import below, uniform
from routing.core.jit import compiled, inlined
from routing.core.layout import Live, Net
from routing.core.rows import leave, rewrite
from routing.core.tables import Array

ROWS_AT_MOST = 40


@compiled
def ruin(net: Net, live: Live, knobs: Array) -> None:
    """Take stops out of the plan; they are in live.gone afterwards."""
    planned = net.servable.shape[0] - live.count[0].absent
    if planned > 0:
        focused = live.count[0].absent > 0 and knobs[0].focus > 0 and uniform(live) < knobs[0].focus
        if focused:
            seed = live.absent[below(live, live.count[0].absent)]
        else:
            seed = net.servable[below(live, net.servable.shape[0])]
        chance = uniform(live) - knobs[0].random_ruin
        if chance < 0:
            _at_random(net, live, knobs, planned)
        elif live.at[seed, 0] >= 0 and net.rules[0].trips > 1 and chance < knobs[0].trip_ruin:
            _whole_trip(net, live, seed)
        else:
            _strings(net, live, knobs, seed, planned, 0.5 if focused else 1.0)
    for q in range(live.count[0].hit):
        rewrite(net, live, live.hit[q])


@inlined
def _hit(live: Live, row: int) -> None:
    """Note a row that loses stops, once."""
    count = live.count[0]
    if live.mark[row] != count.stamp:
        live.mark[row] = count.stamp
        live.hit[count.hit] = row
        count.hit += 1


@compiled
def _at_random(net: Net, live: Live, knobs: Array, planned: int) -> None:
    for _ in range(1 + below(live, min(np.int64(2 * knobs[0].removed), planned))):
        node = net.servable[below(live, net.servable.shape[0])]
        row = live.at[node, 0]
        if row >= 0:
            _hit(live, row)
            leave(net, live, node, net.kinds[live.rows[row].kind].depot)


@compiled
def _whole_trip(net: Net, live: Live, seed: int) -> None:
    row = np.int64(live.at[seed, 0])
    trip = live.trip_of[row, live.at[seed, 1]]
    begin = 1 if trip == 0 else live.trip_end[row, trip - 1] + 1
    _hit(live, row)
    _take_out(net, live, row, begin, live.trip_end[row, trip], -1, -1)


@inlined
def _take_out(net: Net, live: Live, row: int, begin: int, end: int, spare: int, spare_end: int) -> None:
    """The stops from place `begin` up to `end` leave, but for those from `spare` up to `spare_end`."""
    depot = net.kinds[live.rows[row].kind].depot
    for i in range(begin, end):
        node = live.seq[row, i]
        if node >= net.rules[0].first and not spare <= i < spare_end:
            leave(net, live, node, depot)


@compiled
def _strings(net: Net, live: Live, knobs: Array, seed: int, planned: int, part: float) -> None:
    """Strings around one stop, out of its day and of the days nearest to it; sometimes its whole day.

    `part`: of the usual number of stops and length of a string.
    """
    rows = live.rows.shape[0] - live.count[0].free
    longest = min(part * knobs[0].longest, max(planned / max(rows, 1), 1.0))
    most = 4.0 * part * knobs[0].removed / (1.0 + longest) - 1.0
    wanted = min(np.int64(uniform(live) * most + 1.0), ROWS_AT_MOST)
    whole = uniform(live) < knobs[0].row_ruin
    for q in range(-1, net.around.shape[1]):
        node = seed if q < 0 else net.around[seed - net.rules[0].first, q]
        if node < 0:
            break
        row = np.int64(live.at[node, 0])
        if row < 0 or live.mark[row] == live.count[0].stamp:
            continue
        place = np.int64(live.at[node, 1])
        _hit(live, row)
        if whole and live.count[0].hit == 1:
            _take_out(net, live, row, 1, live.rows[row].size + 1, -1, -1)
        else:
            _string(net, live, row, place, longest)
        if live.count[0].hit >= wanted:
            break


@compiled
def _string(net: Net, live: Live, row: int, place: int, longest: float) -> None:
    """A string of random length that holds this place; half of the time with a gap that stays."""
    size = live.rows[row].size
    length = min(np.int64(uniform(live) * min(np.float64(size), longest) + 1.0), size)
    gap = 0
    if length > 1 and uniform(live) < 0.5:
        gap = 1
        while length + gap < size and uniform(live) > 0.01:
            gap += 1
        gap = min(gap, size - length)
    total = length + gap
    low, high = max(1, place - total + 1), min(place, size - total + 1)
    begin = low + below(live, high - low + 1)
    spare = begin + length if gap == 0 else begin + 1 + below(live, length - 1)
    _take_out(net, live, row, begin, begin + total, spare, spare + gap)
