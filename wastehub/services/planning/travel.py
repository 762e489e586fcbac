"""Metres and seconds between places on the region's road skeleton; pure, so answers are kept."""

from __future__ import annotations

from functools import lru_cache

from routing import Travel
from routing import travel as roads

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
