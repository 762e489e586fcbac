"""Fresh state for a run, and wider rows when days grow longer than expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routing.core.layout import Live, Net, Pool
from routing.core.rests import LABELS, RESTS

PLACES = 64  # of a row at first; doubled when a day needs more
KEPT_DAYS = 1 << 17
# What a run keeps when its rows become wider.
KEPT = (
    "count", "random", "best_rows", "best_costs", "best_windows", "best_absent", "window", "price",
)  # fmt: skip


def fresh(net: Net, seed: int, places: int = PLACES) -> Live:
    """State with no plan in it yet; call anneal.clear or anneal.load next."""
    shapes = _shapes(net, places)
    arrays = {name: np.zeros(shapes[name], dtype) for name, dtype, _ in Live.compiled_type.spec}
    live = Live(**arrays)
    live.random[0] = np.random.default_rng(seed).integers(1, 2**63)
    live.at[:] = -1
    live.room[:] = True
    live.price[:] = net.absence
    live.count[0]["best"] = np.inf
    return live


def _shapes(net: Net, places: int) -> dict[str, tuple[int, ...]]:
    """The shape of each array of Live. Rows: three times the days that can be live at once."""
    nodes, stops, kinds = len(net.absence), len(net.servable), len(net.kinds)
    begun = net.kinds["begun"] >= 0
    days = min(int(np.minimum(net.kinds["count"], stops)[~begun].sum()), stops) + int(begun.sum())
    rows, trips = 3 * days + 16, int(net.rules[0]["trips"]) + 1
    labels, depot_class = 2 * LABELS + 2, net.storage.shape
    shapes: dict[str, tuple[int, ...]] = {
        "count": (1,), "choice": (1,), "random": (1,), "rows": (rows,), "leg": (rows, places, 2),
        "trip_load": (rows, trips, net.load.shape[1]), "trip_classes": (rows, trips, net.classes.shape[1]),
        "at": (nodes, 2), "window": (nodes, 3), "used": (kinds,), "leaving": (nodes,), "price": (nodes,),
        "gone_window": (stops + 1, 3), "stored": depot_class, "old_stored": depot_class,
        "room": (len(net.depots),), "trial": (places + 4,), "trial_unload": (trips + 1,),
        "trial_release": (trips + 1,), "labels": (2, labels, 3), "label_rests": (2, labels, RESTS),
        "best_rows": (stops + days * (trips + 3) + 2,), "best_costs": (days + 1,), "best_windows": (nodes,),
    }  # fmt: skip
    shapes |= dict.fromkeys(("seq", "trip_of", "looked"), (rows, places))
    shapes |= dict.fromkeys(("head", "tail", "trip_tail"), (rows, places, 3))
    by_trip = ("trip_end", "trip_release", "trip_leave", "asked", "admitted", "surcharge")
    shapes |= dict.fromkeys(by_trip, (rows, trips))
    shapes |= dict.fromkeys(("free", "old", "new", "hit", "mark"), (rows,))
    return shapes | dict.fromkeys(("gone", "gone_key", "absent", "old_absent", "best_absent"), (stops + 1,))


def widened(net: Net, live: Live) -> Live:
    """The same run with rows twice as long. The plan itself has to be loaded again."""
    places = 2 * live.seq.shape[1]
    wide = fresh(net, 0, places)
    same = {name: getattr(live, name) for name in KEPT}
    same["count"][0]["cramped"] = 0
    return replace(wide, **same)


def empty_pool(days: int = KEPT_DAYS, mean_size: int = 16) -> Pool:
    """Room for half as many days as `days` says."""
    return Pool(
        key=np.zeros(days, np.uint64), cost=np.zeros(days), quality=np.zeros(days),
        start=np.zeros(days, np.int64), size=np.zeros(days, np.int64), kind=np.zeros(days, np.int64),
        nodes=np.zeros(days // 2 * mean_size, np.int32), count=np.zeros(2, np.int64),
    )  # fmt: skip
