"""A Problem as the arrays of the engine, built straight from the dataclasses: no lists of size n x n."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routing.core import fleet, visits
from routing.core.index import Index
from routing.core.layout import FAR, RULES, Net
from routing.core.nearness import neighbours
from routing.core.tables import Array
from routing.core.visits import TooLarge
from routing.problem import Problem

__all__ = ["TooLarge", "build"]

AMOUNT_MAX = 2**61


def build(problem: Problem) -> tuple[Net, Index]:
    """The arrays, and what each number in them stands for. Raises TooLarge."""
    index = Index(problem)
    legs, matrix_of = visits.legs_of(index)
    service, profile_of = visits.service_of(index)
    kinds, depots = fleet.kinds_of(index, matrix_of, profile_of), fleet.depots_of(index)
    load, aboard, capacity = visits.loads_of(index), _aboard(index), _capacity(index)
    _refuse_overflow(load, aboard, depots)
    classes, avoid = visits.classes_of(index)
    window_at, windows = visits.windows_of(index)
    mass_at, mass = visits.masses_of(index)
    allow = visits.allowed(index, load, capacity)
    may, coming = fleet.licensed(allow), fleet.incoming(index)
    storage = fleet.storage(index, coming)
    stops = len(problem.stops)
    net = Net(
        rules=_rules(index, kinds, storage), legs=legs, service=service, window_at=window_at, windows=windows,
        release=index.per_stop(stop.release_s for stop in problem.stops), load=load, classes=classes,
        avoid=avoid, allow=allow, order=visits.orders_of(index),
        absence=visits.absences_of(index, kinds, legs), servable=np.arange(index.first, index.nodes),
        kinds=kinds, capacity=capacity, aboard=aboard,
        aboard_classes=_aboard_classes(index),
        peers=fleet.peers(kinds), wider=fleet.wider(kinds, capacity, may), licensed=may, depots=depots,
        storage=storage, incoming=coming, mass_at=mass_at, mass=mass,
        near=np.zeros((stops, 0), np.int32), around=np.zeros((stops, 0), np.int32),
        solo_kind=np.zeros((stops, 0), np.int64), solo_cost=np.zeros((stops, 0)),
        ranks=visits.ranks_of(index, legs, kinds, load, (window_at, windows), allow),
        hashes=np.random.default_rng(7).integers(1, 2**63, index.nodes).astype(np.uint64),
    )  # fmt: skip
    near, around = neighbours(net)
    return replace(net, near=near, around=around), index


def _rules(index: Index, kinds: Array, storage: Array) -> Array:
    rules, rule = np.zeros(1, RULES), index.problem.break_rule
    rules[0]["first"] = index.first
    rules[0]["max_driving"] = FAR if rule is None else rule.max_driving_s
    rules[0]["pause"] = 0 if rule is None else rule.break_s
    rules[0]["storage"] = bool((storage < FAR).any())
    rules[0]["orders"] = len(index.problem.orders)
    rules[0]["trips"] = int(kinds["trips"].max())
    return rules


def _aboard(index: Index) -> Array:
    """Amounts by kind and dimension that a vehicle under way carries."""
    return np.array([index.amounts(v.under_way.aboard if v.under_way else {}) for v in index.leaders])


def _aboard_classes(index: Index) -> Array:
    return index.words_of([index.mask(v.under_way.aboard if v.under_way else ()) for v in index.leaders])


def _capacity(index: Index) -> Array:
    return np.array([[v.capacity.get(name, FAR) for name in index.dimensions] for v in index.leaders])


def _refuse_overflow(load: Array, aboard: Array, depots: Array) -> None:
    heaviest = int(load.sum(axis=0, dtype=object).max()) + int(aboard.sum(dtype=object))
    if heaviest * max(1, int(depots["per_unit"].max())) > AMOUNT_MAX:
        raise TooLarge("loads times unloading seconds")
