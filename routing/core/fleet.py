"""The arrays of the engine that describe vehicles and depots."""

from __future__ import annotations

import numpy as np

from routing.core.index import Index
from routing.core.layout import DEPOT, FAR, KIND
from routing.core.tables import Array
from routing.costs import arc_factors_fen, overtime_factor_fen
from routing.problem import MASS, Depot, UnderWay, Vehicle

PEERS_AT_MOST = 16


def kinds_of(index: Index, matrix_of: list[int], profile_of: list[int]) -> Array:
    """KIND[kind]."""
    kinds = np.zeros(len(index.leaders), KIND)
    start = len(index.problem.depots)
    for k, v in enumerate(index.leaders):
        kind = kinds[k]
        depot = index.problem.depots[index.depot_at[v.depot]]
        kind["depot"] = kind["start"] = index.depot_at[v.depot]
        kind["matrix"], kind["profile"] = matrix_of[k], profile_of[k]
        kind["count"], kind["separates"] = len(index.vehicles_of[k]), v.separates
        _set_limits(kind, v, depot)
        weights = index.problem.weights
        kind["per_m"], kind["per_s"], kind["fixed"] = arc_factors_fen(v, weights)
        kind["overtime_per_s"] = overtime_factor_fen(v, weights)
        if v.under_way is not None:
            _set_out(index, kind, v, depot, v.under_way)
            kind["start"] = start
            start += 1
    return kinds


def _set_limits(kind: Array, v: Vehicle, depot: Depot) -> None:
    kind["opens"], kind["closes"] = max(v.shift_start_s, depot.open_s), min(v.shift_end_s, depot.close_s)
    kind["shift"], kind["longest"] = v.max_shift_s, v.max_shift_s + v.overtime_s
    kind["reach"] = FAR if v.max_distance_m is None else v.max_distance_m
    kind["trips"], kind["begun"] = v.max_trips, -1


def _set_out(index: Index, kind: Array, v: Vehicle, depot: Depot, way: UnderWay) -> None:
    """A vehicle under way: where coming straight home breaks a limit, the limit is what that takes."""
    travel, rule = index.problem.travel_of(v), index.problem.break_rule
    leg = (way.location, depot.location)
    drive = -(-int(travel.duration_s[leg]) * 1000 // v.speed_permille)
    home = way.at_s + drive
    if rule is not None and way.driven_since_rest_s + drive > rule.max_driving_s:
        home += rule.break_s
    end = max(home, depot.open_s)
    if way.aboard:
        amount = sum(part.get(depot.unload_dimension, 0) for part in way.aboard.values())
        end += depot.unload_fixed_s - (-amount * depot.unload_per_unit_s) // depot.unload_unit
    kind["begun"], kind["ready"], kind["driven"] = way.started_s, way.at_s, way.driven_since_rest_s
    kind["metres"], kind["laden"] = way.distance_m, bool(way.aboard)
    kind["closes"] = max(kind["closes"], end)
    kind["longest"] = max(kind["longest"], end - way.started_s)
    kind["reach"] = max(kind["reach"], way.distance_m + int(travel.distance_m[leg]))
    kind["trips"] = max(1, v.max_trips - way.trips_done)


def depots_of(index: Index) -> Array:
    """DEPOT[depot]."""
    depots = np.zeros(len(index.problem.depots), DEPOT)
    for i, depot in enumerate(index.problem.depots):
        depots[i]["opens"], depots[i]["fixed"] = depot.open_s, depot.unload_fixed_s
        depots[i]["per_unit"], depots[i]["unit"] = depot.unload_per_unit_s, depot.unload_unit
        depots[i]["dimension"] = index.dimensions.index(depot.unload_dimension)
        depots[i]["steady"] = depot.unload_per_unit_s == 0
    return depots


def incoming(index: Index) -> Array:
    """Grams aboard of vehicles under way, by depot and class, the last column for all classes."""
    grams = np.zeros((len(index.problem.depots), len(index.class_at) + 1), np.int64)
    for v in index.leaders:
        for name, part in (v.under_way.aboard if v.under_way is not None else {}).items():
            grams[index.depot_at[v.depot], [index.class_at[name], -1]] += part.get(MASS, 0)
    return grams


def storage(index: Index, coming: Array) -> Array:
    """Grams left by depot and class, the last column for all classes; never less than what is coming."""
    left = np.full(coming.shape, FAR, np.int64)
    for i, depot in enumerate(index.problem.depots):
        for name, grams in depot.storage_left.items():
            if name in index.class_at:
                left[i, index.class_at[name]] = grams
        if depot.storage_total_left_g is not None:
            left[i, -1] = depot.storage_total_left_g
    return np.maximum(left, coming)


def peers(kinds: Array) -> Array:
    """By kind: other kinds with the same depot, hours, matrix and service times, cheapest first."""
    groups: dict[tuple[int, ...], list[int]] = {}
    same = ("depot", "opens", "closes", "matrix", "profile")
    for k, kind in enumerate(kinds):
        if kind["begun"] < 0:
            groups.setdefault(tuple(int(kind[name]) for name in same), []).append(k)
    table = np.full((len(kinds), PEERS_AT_MOST), -1, np.int64)
    for group in groups.values():
        ranked = sorted(group, key=lambda k: (kinds[k]["fixed"], kinds[k]["per_m"], k))
        for k in group:
            others = [other for other in ranked if other != k][:PEERS_AT_MOST]
            table[k, : len(others)] = others
    return table


def licensed(allow: Array) -> Array:
    """b1[kind, kind]: whether the second may visit every stop that the first may."""
    missing = allow.astype(np.float32) @ (~allow).astype(np.float32).T
    may: Array = missing == 0
    return may


def wider(kinds: Array, capacity: Array, may: Array) -> Array:
    """b1[kind, kind]: whether the second may do whatever the first may (`may` from licensed)."""
    roomier = (capacity[:, None, :] <= capacity[None, :, :]).all(axis=2)
    limits = ("trips", "reach", "longest", "separates")
    longer = np.all([kinds[name][:, None] <= kinds[name][None, :] for name in limits], axis=0)
    all_of_it: Array = roomier & longer & may
    return all_of_it
