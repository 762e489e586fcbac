"""Where does a stop fit best? Every rule is held here, so that a plan never has to be repaired."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.admission import ask
from routing.core.chance import uniform
from routing.core.insertion import consider, with_window
from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.own_trips import own_trips, own_trips_elsewhere
from routing.core.rows import look_for_room


@compiled
def find_place(net: Net, live: Live, node: int, blink: float, everywhere: bool, eager: float) -> None:
    """Fill live.choice with the cheapest place for this stop; its kind is -1 if there is none.

    A day of its own counts `eager` times its cost beside the places found.
    """
    rules, choice = net.rules[0], live.choice[0]
    live.count[0].question += 1
    choice.cost, choice.kind, choice.row = live.price[node], -1, -1
    if rules.storage:
        look_for_room(net, live, node)
    for q in range(net.near.shape[1]):
        beside = net.near[node - rules.first, q]
        if beside < 0:
            break
        row = live.at[beside, 0]
        if row >= 0:
            _beside(net, live, row, live.at[beside, 1], node, blink)
    if choice.kind < 0 and everywhere:
        _anywhere(net, live, node)
    if rules.trips > 1:
        own_trips_elsewhere(net, live, node, choice.kind < 0 and everywhere)
    _open_day(net, live, node, blink, eager)


@inlined
def _beside(net: Net, live: Live, row: int, i: int, node: int, blink: float) -> None:
    trip = live.trip_of[row, i]
    if live.asked[row, trip] != live.count[0].question:
        ask(net, live, row, trip, node)
        if net.rules[0].trips > 1:
            own_trips(net, live, row, node)
    if live.admitted[row, trip] < 0:
        return
    for place in range(i, i + 2):
        if live.looked[row, place] != live.count[0].question:
            live.looked[row, place] = live.count[0].question
            if not _blinks(live, blink):
                consider(net, live, row, trip, place, node)


@inlined
def _blinks(live: Live, blink: float) -> bool:
    """Whether this place is overlooked. The number of places until the next one that is, is drawn ahead."""
    count = live.count[0]
    count.blink -= 1
    if count.blink > 0:
        return False
    count.blink = np.int64(np.log(max(uniform(live), 1e-300)) / np.log(1.0 - blink)) + 1 if blink > 0 else FAR
    return True


@compiled
def _anywhere(net: Net, live: Live, node: int) -> None:
    """Every place of every day in use."""
    for row in range(live.rows.shape[0]):
        if not live.rows[row].live:
            continue
        for trip in range(live.rows[row].trips):
            if live.asked[row, trip] != live.count[0].question:
                ask(net, live, row, trip, node)
            if live.admitted[row, trip] < 0:
                continue
            begin = 1 if trip == 0 else live.trip_end[row, trip - 1] + 1
            for place in range(begin, live.trip_end[row, trip] + 1):
                consider(net, live, row, trip, place, node)


@compiled
def _open_day(net: Net, live: Live, node: int, blink: float, eager: float) -> None:
    """A day of its own with the cheapest vehicle that is free."""
    choice = live.choice[0]
    at = node - net.rules[0].first
    if 3 * live.count[0].free <= live.rows.shape[0]:
        return  # the rows left are for days that change
    for q in range(net.solo_kind.shape[1]):
        k = net.solo_kind[at, q]
        if k < 0 or eager * net.solo_cost[at, q] >= choice.cost:
            return
        if live.used[k] >= net.kinds[k].count or (net.rules[0].storage and not live.room[net.kinds[k].depot]):
            continue
        if _blinks(live, blink):
            continue
        choice.cost, choice.row, choice.kind, choice.place, choice.new = net.solo_cost[at, q], -1, k, 1, 0
        _solo_window(net, live, node, k)
        return


@compiled
def _solo_window(net: Net, live: Live, node: int, k: int) -> None:
    """The window in which a day for this stop alone is shortest."""
    choice = live.choice[0]
    choice.window = 0
    if net.window_at[node + 1] - net.window_at[node] == 1:
        return
    best = np.int64(-1)
    for w in range(net.window_at[node + 1] - net.window_at[node]):
        span = solo_span(net, live, node, k, w)
        if span >= 0 and (best < 0 or span < best):
            best = span
            choice.window = w


@compiled
def solo_span(net: Net, live: Live, node: int, k: int, window: int) -> int:
    """Seconds that a day of this kind for this stop alone lasts; -1 if it is impossible."""
    kind = net.kinds[k]
    live.trial[0], live.trial[1], live.trial[2] = kind.start, node, kind.depot
    return with_window(net, live, 2, node, k, window)
