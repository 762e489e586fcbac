"""Days timed in full: releases, changed unloading, and rests by labels (time, driving since the last rest).

The exact judge does the same with finer labels, so what is possible here is possible there.
"""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import compiled, inlined
from routing.core.layout import FAR, Live, Net
from routing.core.stretches import first_stretch, join, unload_s
from routing.core.tables import Array

LABELS, RESTS = 48, 12
BEFORE, AFTER = 0, 1


@compiled
def prepare(net: Net, live: Live, seq: Array, last: int, k: int) -> None:
    """Unloading and release of each trip of a sequence, for the two functions below."""
    first = net.rules[0].first
    kind = net.kinds[k]
    dimension = net.depots[kind.depot].dimension
    trip, release, visits = 0, 0, 0
    amount = net.aboard[k, dimension] if kind.begun >= 0 else 0
    for i in range(1, last + 1):
        node = seq[i]
        if node >= first:
            amount += net.load[node, dimension]
            release = max(release, net.release[node])
            visits += 1
            continue
        idle = trip == 0 and kind.begun >= 0 and visits == 0 and not kind.laden
        live.trial_unload[trip] = 0 if idle else unload_s(net, kind.depot, amount)
        live.trial_release[trip] = release
        trip += 1
        amount, release, visits = 0, 0, 0


@compiled
def full_span(net: Net, live: Live, seq: Array, last: int, k: int) -> int:
    """Seconds that this sequence lasts at least for this kind, rests included; -1 if it is impossible."""
    first = net.rules[0].first
    kind = net.kinds[k]
    legs = net.legs[kind.matrix]
    service = net.service[kind.profile]
    depot = net.depots[kind.depot]
    prepare(net, live, seq, last, k)
    lasts, early, late = first_stretch(net, k, live.trial_release[0])
    if early > late:
        return -1
    drive, trip = kind.driven, 0
    for i in range(1, last + 1):
        node = seq[i]
        drive_s = np.int64(legs[seq[i - 1], node, 1])
        drive += drive_s
        if node < first:
            unload = live.trial_unload[trip]
            lasts, early, late = join(lasts, early, late, drive_s, depot.opens, kind.closes - unload, unload)
            trip += 1
            if lasts >= 0 and i < last:
                lasts, early, late = join(lasts, early, late, 0, live.trial_release[trip], FAR, 0)
        else:
            opens, closes = live.window[node, 0], live.window[node, 1]
            lasts, early, late = join(lasts, early, late, drive_s, opens, closes, service[node])
        if lasts < 0:
            return -1
    if drive > net.rules[0].max_driving:
        return rested_span(net, live, seq, last, k)
    return lasts


@compiled
def rested_span(net: Net, live: Live, seq: Array, last: int, k: int) -> int:
    """As full_span, with the rests that its driving needs; `prepare` has been called."""
    kind = net.kinds[k]
    begun = kind.begun >= 0
    begin = max(kind.ready if begun else kind.opens, live.trial_release[0])
    _label(live, 0, 0, begin, kind.driven, 0)
    n, side, trip = 1, 0, 0
    if begun:
        rested = max(kind.ready + net.rules[0].pause, live.trial_release[0])
        _label(live, 0, 1, rested, 0, 1)
        live.label_rests[0, 1, 0] = AFTER
        n = 2
    for i in range(1, last + 1):
        n = _grow(net, live, seq, i, last, k, trip, side, n)
        side = 1 - side
        if n == 0:
            return -1
        n = _undominated(live, side, n)
        if seq[i] < net.rules[0].first:
            trip += 1
    best = -1
    for j in range(n):
        end = live.labels[side, j, 0]
        if end > kind.closes:
            continue
        start = kind.begun if begun else _latest_start(net, live, seq, last, k, side, j)
        if best < 0 or end - start < best:
            best = end - start
    return best


@inlined
def _label(live: Live, side: int, j: int, time: int, driven: int, rests: int) -> None:
    live.labels[side, j, 0], live.labels[side, j, 1], live.labels[side, j, 2] = time, driven, rests


@inlined
def service_start(net: Net, node: int, now: int) -> int:
    """When service may begin for an arrival at `now`, FAR if every window has closed."""
    for w in range(net.window_at[node], net.window_at[node + 1]):
        if now <= net.windows[w, 1]:
            return max(now, net.windows[w, 0])
    return FAR


@compiled
def _grow(net: Net, live: Live, seq: Array, i: int, last: int, k: int, trip: int, side: int, n: int) -> int:
    """Labels at place i from those at the place before, written to the other side; how many."""
    kind = net.kinds[k]
    node, home = seq[i], seq[i] < net.rules[0].first
    leg = np.int64(net.legs[kind.matrix, seq[i - 1], node, 1])
    opens = net.depots[kind.depot].opens
    pause, other, grown = net.rules[0].pause, 1 - side, 0
    for j in range(n):
        driven, rests = live.labels[side, j, 1] + leg, live.labels[side, j, 2]
        now = live.labels[side, j, 0] + leg
        if driven > net.rules[0].max_driving or now > kind.closes:
            continue
        before = FAR
        if home:
            plain = max(now, opens) + live.trial_unload[trip]
            after = plain + pause
            if i < last:
                release = live.trial_release[trip + 1]
                plain, after = max(plain, release), max(after, release)
        else:
            serve = net.service[kind.profile, node]
            plain = service_start(net, node, now) + serve
            before = service_start(net, node, now + pause) + serve
            after = plain + pause
        if plain < FAR:
            _carry(live, side, j, grown, plain, driven, rests)
            grown += 1
        if i < last and rests < RESTS and min(before, after) < FAR:
            _carry(live, side, j, grown, min(before, after), 0, rests + 1)
            live.label_rests[other, grown, rests] = 2 * i + (BEFORE if before <= after else AFTER)
            grown += 1
    return grown


@inlined
def _carry(live: Live, side: int, j: int, to: int, time: int, driven: int, rests: int) -> None:
    _label(live, 1 - side, to, time, driven, rests)
    for q in range(live.labels[side, j, 2]):
        live.label_rests[1 - side, to, q] = live.label_rests[side, j, q]


@compiled
def _undominated(live: Live, side: int, n: int) -> int:
    """Keep the labels that no other beats in time, driving and rests together, LABELS at most."""
    kept = 0
    other = 1 - side
    for _ in range(n):
        best = -1
        for j in range(n):
            if live.labels[side, j, 0] >= 0 and (best < 0 or _sooner(live, side, j, best)):
                best = j
        beaten = False
        for q in range(kept):
            if live.labels[other, q, 1] <= live.labels[side, best, 1]:
                beaten = beaten or live.labels[other, q, 2] <= live.labels[side, best, 2]
        if not beaten and kept < LABELS:
            _carry(
                live, side, best, kept,
                live.labels[side, best, 0], live.labels[side, best, 1], live.labels[side, best, 2],
            )  # fmt: skip
            kept += 1
        live.labels[side, best, 0] = -1
    for q in range(kept):
        _carry(
            live, other, q, q, live.labels[other, q, 0], live.labels[other, q, 1], live.labels[other, q, 2]
        )
    return kept


@inlined
def _sooner(live: Live, side: int, a: int, b: int) -> bool:
    for f in range(3):
        if live.labels[side, a, f] != live.labels[side, b, f]:
            return live.labels[side, a, f] < live.labels[side, b, f]
    return False


@compiled
def _latest_start(net: Net, live: Live, seq: Array, last: int, k: int, side: int, label: int) -> int:
    """The latest departure that still ends when this label ends, with its rests."""
    kind = net.kinds[k]
    first, pause = net.rules[0].first, net.rules[0].pause
    bound = live.labels[side, label, 0]
    rest = live.labels[side, label, 2] - 1
    trip = -1
    for i in range(1, last + 1):
        trip += seq[i] < first
    for i in range(last, 0, -1):
        node = seq[i]
        how = -1
        if rest >= 0 and live.label_rests[side, label, rest] // 2 == i:
            how = live.label_rests[side, label, rest] % 2
            rest -= 1
        if how == AFTER:
            bound -= pause
        if node < first:
            bound = min(bound - live.trial_unload[trip], kind.closes)
            trip -= 1
        else:
            bound = _last_service(net, node, bound - net.service[kind.profile, node])
        if how == BEFORE:
            bound -= pause
        bound -= np.int64(net.legs[kind.matrix, seq[i - 1], node, 1])
    return bound


@inlined
def _last_service(net: Net, node: int, bound: int) -> int:
    """The latest start of service that is at or before `bound`."""
    for w in range(net.window_at[node + 1] - 1, net.window_at[node] - 1, -1):
        if net.windows[w, 0] <= bound:
            return min(bound, net.windows[w, 1])
    return bound
