"""The arrays of the engine that describe stops and the ways between them."""

from __future__ import annotations

import numpy as np

from routing.core.index import Index
from routing.core.tables import Array
from routing.costs import penalty_fen
from routing.problem import MASS

BLOCK = 32  # rows of a matrix copied at a time, so that no second one is in memory


class TooLarge(ValueError):
    """Numbers that the 64 bits of the compiled engine do not hold: plan without it."""


def legs_of(index: Index) -> tuple[Array, list[int]]:
    """i4[matrix, from, to, (metres, seconds)], and the matrix of each kind. Raises TooLarge."""
    problem, places = index.problem, index.places
    known: dict[tuple[str, int], int] = {}
    matrix_of = [known.setdefault((v.travel, v.speed_permille), len(known)) for v in index.leaders]
    legs = np.empty((len(known), index.nodes, index.nodes, 2), np.int32)
    for (name, speed), m in known.items():
        travel = problem.travels[name] if name else problem.travel
        for low in range(0, index.nodes, BLOCK):
            block = slice(low, low + BLOCK)
            ways = np.ix_(places[block], places)
            legs[m, block, :, 0] = travel.distance_m[ways]
            seconds = travel.duration_s[ways]
            if speed != 1000:
                seconds = -(-seconds * 1000 // speed)
                if int(seconds.max()) >= 2**31:
                    raise TooLarge("travel times")
            legs[m, block, :, 1] = seconds
    return legs, matrix_of


def service_of(index: Index) -> tuple[Array, list[int]]:
    """Service seconds by profile and node, and the profile of each kind."""
    stops = index.problem.stops
    named = {vehicle_id for stop in stops for vehicle_id in stop.service_by_vehicle_s}
    known: dict[tuple[int, str], int] = {}
    profile_of: list[int] = []
    for v in index.leaders:
        key = (v.service_permille, v.id if v.id in named else "")
        profile_of.append(known.setdefault(key, len(known)))
    service = [
        index.per_stop(
            stop.service_by_vehicle_s.get(vehicle_id, -(-stop.service_s * permille // 1000)) for stop in stops
        )
        for permille, vehicle_id in known
    ]
    return np.array(service), profile_of


def windows_of(index: Index) -> tuple[Array, Array]:
    """Where the windows of each node begin, and all windows (opens, closes)."""
    at = np.zeros(index.nodes + 1, np.int64)
    at[index.first + 1 :] = np.cumsum([len(stop.windows) for stop in index.problem.stops])
    flat = [window for stop in index.problem.stops for window in stop.windows]
    return at, np.array(flat, np.int64).reshape(len(flat), 2)


def loads_of(index: Index) -> Array:
    """Amounts by node and dimension."""
    loads = np.zeros((index.nodes, len(index.dimensions)), np.int64)
    for i, stop in enumerate(index.problem.stops):
        loads[index.first + i] = index.amounts(stop.load)
    return loads


def masses_of(index: Index) -> tuple[Array, Array]:
    """Where the masses of each node begin, and all masses (class, grams)."""
    stops = index.problem.stops
    at = np.zeros(index.nodes + 1, np.int64)
    at[index.first + 1 :] = np.cumsum([len(stop.load) for stop in stops])
    flat = [(index.class_at[name], part.get(MASS, 0)) for stop in stops for name, part in stop.load.items()]
    return at, np.array(flat, np.int64).reshape(len(flat), 2)


def classes_of(index: Index) -> tuple[Array, Array]:
    """Classes as bits by node, and by separation and node the classes that it may not meet on a trip."""
    empty = [0] * index.first
    masks = [index.mask(stop.load) for stop in index.problem.stops]
    avoid = [index.words_of(empty + [_shunned(against, mask) for mask in masks]) for against in index.against]
    return index.words_of(empty + masks), np.array(avoid).reshape(2, index.nodes, index.words)


def _shunned(against: list[int], mask: int) -> int:
    found = 0
    for i, other in enumerate(against):
        if mask >> i & 1:
            found |= other
    return found


def _quarrels(against: list[int], mask: int) -> bool:
    """Whether these classes of one stop may not share a trip among themselves."""
    return any(mask >> i & 1 and other & mask & ~(1 << i) for i, other in enumerate(against))


def allowed(index: Index, load: Array, capacity: Array) -> Array:
    """b1[kind, node]: which kinds may visit which stops, time and the other stops left aside."""
    problem = index.problem
    masks = [index.mask(stop.load) for stop in problem.stops]
    quarrels = [[_quarrels(against, mask) for mask in masks] for against in index.against]
    ordered = {stop_id: order.vehicle for order in problem.orders for stop_id in order.stops}
    allow = np.zeros((len(index.leaders), index.nodes), np.bool_)
    for k, v in enumerate(index.leaders):
        depot = problem.depots[index.depot_at[v.depot]]
        carries = index.mask(v.licences) & index.mask(depot.accepts)
        fits = (load[index.first :] <= capacity[k]).all(axis=1)
        for i, stop in enumerate(problem.stops):
            allow[k, index.first + i] = (
                fits[i]
                and not masks[i] & ~carries
                and (stop.allowed_depots is None or v.depot in stop.allowed_depots)
                and (stop.allowed_vehicles is None or v.id in stop.allowed_vehicles)
                and ordered.get(stop.id, v.id) == v.id
                and not quarrels[v.separates][i]
            )
    return allow


def orders_of(index: Index) -> Array:
    """i8[node, (order or -1, position, fixed)]."""
    order = np.zeros((index.nodes, 3), np.int64)
    order[:, 0] = -1
    for number, item in enumerate(index.problem.orders):
        for position, stop_id in enumerate(item.stops):
            order[index.node_of[stop_id]] = (number, position, item.fixed)
    return order


def absences_of(index: Index, kinds: Array, legs: Array) -> Array:
    """What leaving out counts: the penalty if optional, else more than any change of routes can save."""
    farthest = int(legs[..., 0].max())
    hours = np.maximum(np.minimum(kinds["longest"], kinds["closes"] - kinds["opens"]), 0)
    over = np.maximum(kinds["longest"] - kinds["shift"], 0) * kinds["overtime_per_s"]
    dearest = float((kinds["fixed"] + 2 * farthest * kinds["per_m"] + hours * kinds["per_s"] + over).max())
    weights = index.problem.weights
    return index.per_stop(
        (
            penalty_fen(stop, weights) + (0.0 if stop.optional else 2 * dearest + 1.0)
            for stop in index.problem.stops
        ),
        np.float64,
    )


def ranks_of(
    index: Index, legs: Array, kinds: Array, load: Array, windows: tuple[Array, Array], allow: Array
) -> Array:
    """f8[key, node]: stops are put back in the order of one of these, smallest first; some count double."""
    first, nodes = index.first, index.nodes
    bulk = (load / np.maximum(load.max(axis=0), 1)).max(axis=1)
    homes = sorted({(int(kind["matrix"]), int(kind["depot"])) for kind in kinds})
    far = np.min([legs[m, depot, :, 0] for m, depot in homes], axis=0).astype(float)
    early, late, width = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes)
    at, flat = windows
    if first < nodes:
        early[first:], late[first:] = flat[at[first:-1], 0], flat[at[first + 1 :] - 1, 1]
        width[first:] = np.add.reduceat(flat[:, 1] - flat[:, 0], at[first:-1])
    picky = allow.sum(axis=0).astype(float)
    return np.array([-bulk] * 4 + [-far] * 2 + [far] + [width] * 2 + [early] * 2 + [-late] * 2 + [picky])
