"""Metres and seconds between nodes, as rows that plain Python reads fast."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from routing.problem import IntMatrix, Problem, Vehicle

Matrix = list[Sequence[int]]

LISTS_UP_TO = 1500  # nodes; beyond, rows of machine integers: a little slower, a tenth of the memory


class Ways:
    """The matrices of a problem by node. `locations`: the location of each node."""

    def __init__(self, problem: Problem, locations: list[int]) -> None:
        self.problem = problem
        self.locations = locations
        self.distance_np = self._by_node(problem.travel.distance_m)
        self.duration_np = self._by_node(problem.travel.duration_s)
        self._metres: dict[str, Matrix] = {}
        self._seconds: dict[tuple[str, int], Matrix] = {}

    def metres(self, vehicle: Vehicle | None = None) -> Matrix:
        """Metres this vehicle drives from node to node; without a vehicle, by the common matrix."""
        name = "" if vehicle is None else vehicle.travel
        if name not in self._metres:
            travel = self.problem.travels[name] if name else self.problem.travel
            self._metres[name] = _rows(self._by_node(travel.distance_m))
        return self._metres[name]

    def seconds(self, vehicle: Vehicle) -> Matrix:
        """Seconds this vehicle drives from node to node."""
        key = (vehicle.travel, vehicle.speed_permille)
        if key not in self._seconds:
            seconds = self._by_node(self.problem.travel_of(vehicle).duration_s)
            if vehicle.speed_permille != 1000:
                seconds = -(-seconds * 1000 // vehicle.speed_permille)
            self._seconds[key] = _rows(seconds)
        return self._seconds[key]

    def _by_node(self, matrix: IntMatrix) -> IntMatrix:
        if self.locations == list(range(len(matrix))):
            return matrix
        chosen: IntMatrix = matrix[np.ix_(self.locations, self.locations)]
        return chosen


def _rows(matrix: IntMatrix) -> Matrix:
    if len(matrix) <= LISTS_UP_TO:
        rows: Matrix = matrix.tolist()
        return rows
    code, kind = ("i", np.int32) if int(matrix.max()) < 2**31 else ("q", np.int64)
    return [array(code, row.astype(kind).tobytes()) for row in matrix]
