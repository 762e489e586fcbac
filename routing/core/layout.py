"""What the compiled engine works on: arrays only.

Nodes: depots 0 .. depots-1, then the places where vehicles under way stand, then the stops (`first` on).
A vehicle-day is a row: `seq[row]` = start, stops with a depot node between two trips, depot. Places in a
row are counted from 0 (the start) to size + 1 (home).

A stretch of the day is three numbers: how long it lasts at least, and the earliest and the latest time
it may begin so that it lasts no longer. Two stretches join in a handful of operations (timing.join), so
an insertion is judged from the stretch before it and the stretch after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.core.tables import Array, Bundle, bundle

FAR = 1 << 60

# Vehicles that are alike are one kind, of which there are `count`.
# opens, closes: when its day may begin and must be over. begun: when the day of a vehicle under way
# began, -1 for all others; ready, driven, metres: where that vehicle stands. shift: seconds without
# overtime; longest: with it. start: node where its day begins. profile: row of service times.
KIND = np.dtype(
    [
        ("depot", "i8"), ("start", "i8"), ("matrix", "i8"), ("profile", "i8"), ("separates", "i8"),
        ("opens", "i8"), ("closes", "i8"), ("begun", "i8"), ("ready", "i8"), ("driven", "i8"),
        ("metres", "i8"), ("laden", "i8"), ("shift", "i8"), ("longest", "i8"), ("reach", "i8"),
        ("trips", "i8"), ("count", "i8"),
        ("fixed", "f8"), ("per_m", "f8"), ("per_s", "f8"), ("overtime_per_s", "f8"),
    ]
)  # fmt: skip

# steady: unloading lasts the same whatever is aboard.
DEPOT = np.dtype(
    [
        ("opens", "i8"), ("fixed", "i8"), ("per_unit", "i8"), ("unit", "i8"), ("dimension", "i8"),
        ("steady", "i8"),
    ]
)  # fmt: skip

RULES = np.dtype(
    [
        ("first", "i8"), ("max_driving", "i8"), ("pause", "i8"), ("storage", "i8"), ("classes", "i8"),
        ("releases", "i8"), ("orders", "i8"), ("trips", "i8"),
    ]
)  # fmt: skip

# live: 1 while the row is part of the plan. fresh: the iteration that wrote it.
# pinned: how many stops of a fixed order it begins with.
ROW = np.dtype(
    [
        ("kind", "i8"), ("live", "i8"), ("size", "i8"), ("trips", "i8"), ("metres", "i8"), ("drive", "i8"),
        ("span", "i8"), ("pinned", "i8"), ("fresh", "i8"), ("cost", "f8"),
    ]
)  # fmt: skip

# The cheapest place found for a stop. new: a trip of its own, before (0) or after trip `trip`.
CHOICE = np.dtype(
    [
        ("cost", "f8"), ("row", "i8"), ("place", "i8"), ("trip", "i8"), ("kind", "i8"), ("window", "i8"),
        ("new", "i8"),
    ]
)  # fmt: skip

COUNT = np.dtype(
    [
        ("stamp", "i8"), ("question", "i8"), ("blink", "i8"), ("free", "i8"), ("absent", "i8"), ("old", "i8"),
        ("new", "i8"), ("gone", "i8"), ("hit", "i8"),
        ("cramped", "i8"), ("iterations", "i8"), ("accepted", "i8"),
        ("improved", "i8"), ("best_rows", "i8"), ("best_absent", "i8"), ("old_absent", "i8"),
        ("cost", "f8"), ("best", "f8"),
    ]
)  # fmt: skip

KNOBS = np.dtype(
    [
        ("removed", "f8"), ("longest", "f8"), ("blink", "f8"), ("row_ruin", "f8"), ("trip_ruin", "f8"),
        ("random_ruin", "f8"), ("tails", "f8"), ("rehouse", "f8"), ("pool_slack", "f8"), ("retry", "f8"),
        ("eager", "f8"), ("focus", "f8"),
    ]
)  # fmt: skip


@bundle(
    {
        "rules": (RULES, 1), "legs": ("i4", 4), "service": ("i8", 2), "window_at": ("i8", 1),
        "windows": ("i8", 2), "release": ("i8", 1), "load": ("i8", 2), "classes": ("u8", 2),
        "avoid": ("u8", 3), "allow": ("?", 2), "order": ("i8", 2), "absence": ("f8", 1),
        "servable": ("i8", 1),
        "kinds": (KIND, 1), "capacity": ("i8", 2), "aboard": ("i8", 2), "aboard_classes": ("u8", 2),
        "peers": ("i8", 2), "wider": ("?", 2), "licensed": ("?", 2), "depots": (DEPOT, 1),
        "storage": ("i8", 2), "incoming": ("i8", 2), "mass_at": ("i8", 1), "mass": ("i8", 2),
        "near": ("i4", 2), "around": ("i4", 2),
        "solo_kind": ("i8", 2), "solo_cost": ("f8", 2), "ranks": ("f8", 2), "hashes": ("u8", 1),
    }
)  # fmt: skip
@dataclass
class Net(Bundle):
    """The problem. Never written to while the engine runs, so that several runs may share it."""

    rules: Array  # RULES[1]
    legs: Array  # i4[matrix, from, to, (metres, seconds)]
    service: Array  # i8[profile, node]
    window_at: Array  # i8[node + 1]: where its windows begin in `windows`
    windows: Array  # i8[window, (opens, closes)]
    release: Array  # i8[node]
    load: Array  # i8[node, dimension]
    classes: Array  # u8[node, word]
    avoid: Array  # u8[separates, node, word]: classes it may not meet on a trip
    allow: Array  # b1[kind, node]
    order: Array  # i8[node, (order or -1, position, fixed)]
    absence: Array  # f8[node]: what leaving it out counts
    servable: Array  # i8[stop]: the nodes worth trying
    kinds: Array  # KIND[kind]
    capacity: Array  # i8[kind, dimension]
    aboard: Array  # i8[kind, dimension]: what a vehicle under way carries
    aboard_classes: Array  # u8[kind, word]
    peers: Array  # i8[kind, n]: kinds with the same timetable, -1 at the end
    wider: Array  # b1[kind, kind]: the second may do whatever the first may
    licensed: Array  # b1[kind, kind]: the second may visit whatever the first may
    depots: Array  # DEPOT[depot]
    storage: Array  # i8[depot, class + 1]: grams left, the last for all classes together
    incoming: Array  # i8[depot, class + 1]: grams aboard of vehicles under way
    mass_at: Array  # i8[node + 1]
    mass: Array  # i8[entry, (class, grams)]
    near: Array  # i4[stop, n]: beside which stops it fits best
    around: Array  # i4[stop, n]: stops by distance
    solo_kind: Array  # i8[stop, n]: kinds by the cost of a day for this stop alone, -1 at the end
    solo_cost: Array  # f8[stop, n]
    ranks: Array  # f8[key, node]: sort keys for putting stops back
    hashes: Array  # u8[node]


@bundle(
    {
        "count": (COUNT, 1), "choice": (CHOICE, 1), "random": ("u8", 1), "rows": (ROW, 1), "seq": ("i4", 2),
        "trip_of": ("i4", 2), "leg": ("i4", 3), "looked": ("i8", 2), "head": ("i8", 3), "tail": ("i8", 3),
        "trip_tail": ("i8", 3), "trip_end": ("i4", 2),
        "trip_load": ("i8", 3), "trip_classes": ("u8", 3), "trip_release": ("i8", 2),
        "trip_leave": ("i8", 2), "asked": ("i8", 2), "admitted": ("i8", 2), "surcharge": ("f8", 2),
        "at": ("i4", 2), "window": ("i8", 2), "used": ("i8", 1), "free": ("i8", 1), "old": ("i8", 1),
        "new": ("i8", 1), "hit": ("i8", 1), "mark": ("i8", 1), "gone": ("i8", 1), "gone_key": ("f8", 1),
        "gone_window": ("i8", 2), "leaving": ("?", 1), "price": ("f8", 1), "absent": ("i8", 1),
        "old_absent": ("i8", 1),
        "stored": ("i8", 2), "old_stored": ("i8", 2), "room": ("?", 1), "trial": ("i4", 1),
        "trial_unload": ("i8", 1), "trial_release": ("i8", 1), "labels": ("i8", 3), "label_rests": ("i8", 3),
        "best_rows": ("i4", 1), "best_costs": ("f8", 1), "best_windows": ("i8", 1), "best_absent": ("i8", 1),
    }
)  # fmt: skip
@dataclass
class Live(Bundle):
    """A plan in the making, the best one seen, and scratch space. One per run."""

    count: Array  # COUNT[1]
    choice: Array  # CHOICE[1]
    random: Array  # u8[1]
    rows: Array  # ROW[row]
    seq: Array  # i4[row, place]
    trip_of: Array  # i4[row, place]
    leg: Array  # i4[row, place, (metres, seconds)]: the drive that ends at this place
    looked: Array  # i8[row, place]: the last question for which this place was looked at
    head: Array  # i8[row, place, 3]: the day up to this place, service included
    tail: Array  # i8[row, place, 3]: the day from this place on
    trip_tail: Array  # i8[row, place, 3]: the trip from this place on, the drive home included
    trip_end: Array  # i4[row, trip]
    trip_load: Array  # i8[row, trip, dimension]
    trip_classes: Array  # u8[row, trip, word]
    trip_release: Array  # i8[row, trip]
    trip_leave: Array  # i8[row, trip]: earliest departure
    asked: Array  # i8[row, trip]: the question that `admitted` answers
    admitted: Array  # i8[row, trip]: kind that would take the stop, -1 none
    surcharge: Array  # f8[row, trip]: what changing to that kind costs
    at: Array  # i4[node, (row or -1, place)]
    window: Array  # i8[node, (opens, closes, number)]: the window chosen
    used: Array  # i8[kind]
    free: Array  # i8[row]: stack of unused rows
    old: Array  # i8[row]: rows replaced in this iteration
    new: Array  # i8[row]: rows written in this iteration
    hit: Array  # i8[row]: rows that lose stops in this iteration
    mark: Array  # i8[row]
    gone: Array  # i8[stop]: stops to put back
    gone_key: Array  # f8[stop]
    gone_window: Array  # i8[stop, 3]
    leaving: Array  # b1[node]
    price: Array  # f8[node]: what leaving it out counts at present, Net.absence at most
    absent: Array  # i8[stop]
    old_absent: Array  # i8[stop]
    stored: Array  # i8[depot, class + 1]
    old_stored: Array  # i8[depot, class + 1]
    room: Array  # b1[depot]: whether it can take in the stop in question
    trial: Array  # i4[place]: a sequence to be timed in full
    trial_unload: Array  # i8[trip]
    trial_release: Array  # i8[trip]
    labels: Array  # i8[2, label, 3]: time, driven, rests
    label_rests: Array  # i8[2, label, rest]
    best_rows: Array  # i4[entry]: kind, size, nodes; row after row
    best_costs: Array  # f8[day]
    best_windows: Array  # i8[node]
    best_absent: Array  # i8[stop]


@bundle(
    {
        "key": ("u8", 1), "cost": ("f8", 1), "quality": ("f8", 1), "start": ("i8", 1), "size": ("i8", 1),
        "kind": ("i8", 1), "nodes": ("i4", 1), "count": ("i8", 1),
    }
)  # fmt: skip
@dataclass
class Pool(Bundle):
    """Vehicle-days that were part of good plans, each set of stops and kind once."""

    key: Array  # u8[slot]
    cost: Array  # f8[slot]
    quality: Array  # f8[slot]: cost of the best plan it was part of
    start: Array  # i8[slot]
    size: Array  # i8[slot]
    kind: Array  # i8[slot]
    nodes: Array  # i4[entry]
    count: Array  # i8[2]: slots and entries in use
