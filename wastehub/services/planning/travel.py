"""Metres and seconds between places on the region's road skeleton; pure, so answers are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from routing import Travel
from routing import travel as roads
from routing.horizon import Legs

from ...paths import data_dir

Place = tuple[int, int]  # lon_e6, lat_e6


class Points:
    """Places collected for one problem: the same spot is one location."""

    def __init__(self) -> None:
        self._index: dict[Place, int] = {}

    def add(self, lon_e6: int, lat_e6: int) -> int:
        """The location number of a place."""
        return self._index.setdefault((lon_e6, lat_e6), len(self._index))

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._index)


@lru_cache(maxsize=8)
def _network(region: str) -> roads.RoadNetwork:
    """The region's roads with their fastest ways worked out: once per process."""
    path = data_dir("seed") / "regions" / region / "roads.geojson"
    return roads.RoadNetwork(roads.read_road_geojson(path))


@lru_cache(maxsize=32)
def between(region: str, places: tuple[Place, ...]) -> Travel:
    """The travel matrix of some places of a region, in their order."""
    return _network(region).travel(places)


# A matrix of some is cheap, a matrix of all is not: the ways to far more places are asked for bit by bit.
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Ways:
    """Metres and seconds from some outsiders (rows) to places (columns), and the same way back."""

    to_m: npt.NDArray[np.int64]
    to_s: npt.NDArray[np.int64]
    from_m: npt.NDArray[np.int64]
    from_s: npt.NDArray[np.int64]


def ways(region: str, outsiders: Sequence[Place], places: Sequence[Place]) -> Ways:
    """The ways between outsiders and places without those among themselves."""
    network, shape = _network(region), (len(outsiders), len(places))
    found = Ways(*(np.zeros(shape, dtype=np.int64) for _ in range(4)))
    for row in range(0, len(outsiders), _BLOCK):
        here = list(outsiders[row : row + _BLOCK])
        for column in range(0, len(places), _BLOCK):
            there = list(places[column : column + _BLOCK])
            part, cut = network.travel(here + there), len(here)
            block = (slice(row, row + cut), slice(column, column + len(there)))
            found.to_m[block] = part.distance_m[:cut, cut:]
            found.to_s[block] = part.duration_s[:cut, cut:]
            found.from_m[block] = part.distance_m[cut:, :cut].T
            found.from_s[block] = part.duration_s[cut:, :cut].T
    return found


def legs(region: str, outsider: Place, places: Sequence[Place]) -> Legs:
    """The ways of one outsider."""
    found = ways(region, [outsider], places)
    return Legs(to_m=found.to_m[0], to_s=found.to_s[0], from_m=found.from_m[0], from_s=found.from_s[0])
