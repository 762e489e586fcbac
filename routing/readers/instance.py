"""A benchmark instance, and how its plain numbers become the whole numbers of a Problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.fleet import TRIPS_MAX
from routing.problem import HORIZON_S, TRAVEL_MAX, Depot, Problem, Stop, Travel, Vehicle

GOODS = "goods"
DEMAND = "demand"

COST_PER_UNIT_FEN = 1000  # per 1000 "metres": a unit of distance costs one unit


@dataclass(frozen=True, slots=True)
class Convention:
    """What the authors of a set do with distances and times: multiply by `scale`, then round or cut off."""

    name: str
    scale: int
    rounded: Callable[[Any], Any]

    def whole(self, value: float) -> int:
        """One number of the instance (a time, a fixed cost) in whole units."""
        return int(self.rounded(self.scale * value))

    @property
    def latest(self) -> float:
        """The largest time that a Problem still holds when scaled."""
        return HORIZON_S / self.scale

    @property
    def farthest(self) -> float:
        """So large a coordinate, of either sign, that no distance grows beyond what a Problem holds."""
        return TRAVEL_MAX / self.scale / 3


CONVENTIONS = {
    "exact": Convention("exact", 1000, np.round),
    "round": Convention("round", 1, np.round),
    "dimacs": Convention("dimacs", 10, np.trunc),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A problem with the unit of its cost. `best_known`: the best cost published, None where there is none.

    `numbered`: route k of a .sol file belongs to vehicle k (otherwise all vehicles are alike).
    """

    problem: Problem
    unit: str
    best_known: int | None = None
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A depot or a customer in the numbers of its file. `window` None: any time."""

    at: tuple[float, float]
    demand: int = 0
    window: tuple[float, float] | None = None
    service: float = 0.0
    release: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A vehicle in the numbers of its file. `depot` counts from 0; `unit_cost`: per unit of distance."""

    capacity: int
    depot: int = 0
    fixed_cost: float = 0.0
    unit_cost: float = 1.0
    max_duration: float | None = None
    max_distance: float | None = None
    reloads: bool = False


def assembled(
    name: str, depots: Sequence[Node], customers: Sequence[Node], fleet: Sequence[Truck], rule: Convention
) -> Instance:
    """The instance as a problem: customers are collected from, all goods are of one load class."""
    nodes = [*depots, *customers]
    metres = distances([node.at for node in nodes], rule)
    timed = any(node.window or node.release for node in nodes) or any(truck.max_duration for truck in fleet)
    problem = Problem(
        depots=tuple(_depot(number, node, rule) for number, node in enumerate(depots)),
        vehicles=tuple(_vehicle(number, truck, depots, rule) for number, truck in enumerate(fleet)),
        stops=tuple(_stop(number, node, rule) for number, node in enumerate(customers, len(depots))),
        # Where nothing depends on time, driving takes none: no day is ever too long.
        travel=Travel(metres, metres if timed else np.zeros_like(metres)),
        break_rule=None,
        name=name,
    )
    return Instance(problem=problem, unit=_unit(fleet, rule), numbered=len(set(fleet)) > 1)


def _unit(fleet: Sequence[Truck], rule: Convention) -> str:
    """What one fen of the problem stands for."""
    priced = any(truck.fixed_cost or truck.unit_cost != 1 for truck in fleet)
    term = "cost" if priced else "distance"
    return term if rule.scale == 1 else f"{term} x {rule.scale}"


def distances(points: Sequence[tuple[float, float]], rule: Convention) -> npt.NDArray[np.int64]:
    """Euclidean distances between all points, in whole units."""
    xy = np.array(points, dtype=np.float64)
    found = np.empty((len(xy), len(xy)), dtype=np.int64)
    for row, point in enumerate(xy):
        found[row] = rule.rounded(rule.scale * np.sqrt(((xy - point) ** 2).sum(axis=1)))
    return found


def _window(node: Node, rule: Convention) -> tuple[int, int]:
    if node.window is None:
        return 0, HORIZON_S
    return rule.whole(node.window[0]), rule.whole(node.window[1])


def _depot(number: int, node: Node, rule: Convention) -> Depot:
    opens, closes = _window(node, rule)
    return Depot(
        id=f"depot-{number}", location=number, accepts=frozenset({GOODS}), open_s=opens, close_s=closes
    )


def _vehicle(number: int, truck: Truck, depots: Sequence[Node], rule: Convention) -> Vehicle:
    opens, closes = _window(depots[truck.depot], rule)
    longest = closes - opens
    if truck.max_duration is not None:
        longest = min(longest, rule.whole(truck.max_duration))
    return Vehicle(
        id=str(number + 1),
        depot=f"depot-{truck.depot}",
        capacity={DEMAND: truck.capacity},
        licences=frozenset({GOODS}),
        shift_start_s=opens,
        shift_end_s=closes,
        max_shift_s=longest,
        max_distance_m=None if truck.max_distance is None else rule.whole(truck.max_distance),
        max_trips=TRIPS_MAX if truck.reloads else 1,
        fixed_cost_fen=rule.whole(truck.fixed_cost),
        cost_per_km_fen=round(COST_PER_UNIT_FEN * truck.unit_cost),
    )


def _stop(number: int, node: Node, rule: Convention) -> Stop:
    return Stop(
        id=str(number),
        location=number,
        load={GOODS: {DEMAND: node.demand}},
        windows=(_window(node, rule),),
        service_s=rule.whole(node.service),
        release_s=rule.whole(node.release),
    )
