"""Metres and seconds between points, from a directed road graph. Shape (n, n), asymmetric.

A point reaches the network by a local road to each of its nearest towns (great circle x 1.3 at local
speed), follows the fastest way through the graph, and leaves it in the same manner. Near points may
also use a direct local road (great circle x 1.28, up to 1.5 for the shortest). The faster way
counts, and the metres are those of that way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from routing.problem import ProblemError, Travel

EARTH_M = 6_371_008.8
ACCESS_DETOUR = 1.3
LONG_DETOUR, SHORT_DETOUR, SHORT_M = 1.28, 1.5, 5_000
DIRECT_M = 12_000
LOCAL_SLOW_M = 3_000
LOCAL_SLOW_KM_H, LOCAL_KM_H = 24, 36
NEAREST = 4

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadNode:
    """A point of the network. `access`: local roads may join it (not so for motorway junctions)."""

    id: str
    lon_e6: int
    lat_e6: int
    access: bool = True


@dataclass(frozen=True, slots=True)
class RoadEdge:
    """One direction of a road. `extra_s`: what comes on top of driving, such as a toll gate."""

    origin: str
    target: str
    length_m: int
    free_flow_s: int
    extra_s: int = 0


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """A directed road network."""

    nodes: tuple[RoadNode, ...]
    edges: tuple[RoadEdge, ...]


class RoadNetwork:
    """A road graph with its fastest ways worked out once; asked for as many matrices as wanted."""

    def __init__(self, graph: RoadGraph) -> None:
        self.joinable = [i for i, node in enumerate(graph.nodes) if node.access]
        if not self.joinable:
            raise ProblemError("roads.nodes", "no node can be joined by local roads")
        self.node_lon, self.node_lat = _radians(
            [(graph.nodes[i].lon_e6, graph.nodes[i].lat_e6) for i in self.joinable]
        )
        seconds, metres = _fastest(graph)
        pick = np.ix_(self.joinable, self.joinable)
        self.seconds, self.metres = seconds[pick], metres[pick]

    def travel(self, points: Sequence[tuple[int, int]]) -> Travel:
        """The matrix between these (lon_e6, lat_e6) points."""
        if not points:
            raise ProblemError("points", "must not be empty")
        lon, lat = _radians(points)
        metres, seconds = _direct(_great_circle(lon, lat, lon, lat))
        access_m = _great_circle(lon, lat, self.node_lon, self.node_lat) * ACCESS_DETOUR
        nearest = np.argsort(access_m, axis=1, kind="stable")[:, :NEAREST]
        access_m = np.take_along_axis(access_m, nearest, axis=1)
        access_s = _local_seconds(access_m)
        for a in range(nearest.shape[1]):
            for b in range(nearest.shape[1]):
                way = np.ix_(nearest[:, a], nearest[:, b])
                new_s = access_s[:, a, None] + self.seconds[way] + access_s[None, :, b]
                better = new_s < seconds
                seconds = np.where(better, new_s, seconds)
                new_m = access_m[:, a, None] + self.metres[way] + access_m[None, :, b]
                metres = np.where(better, new_m, metres)
        return Travel(np.rint(metres).astype(np.int64), np.rint(seconds).astype(np.int64))


def from_road_graph(
    nodes: Sequence[RoadNode], edges: Sequence[RoadEdge], points: Sequence[tuple[int, int]]
) -> Travel:
    """The matrix between (lon_e6, lat_e6) points over this graph. For many matrices keep a RoadNetwork."""
    return RoadNetwork(RoadGraph(tuple(nodes), tuple(edges))).travel(points)


def _radians(points: Sequence[tuple[int, int]]) -> tuple[Floats, Floats]:
    degrees = np.array(points, dtype=np.float64) / 1e6
    if np.any(np.abs(degrees[:, 0]) > 180) or np.any(np.abs(degrees[:, 1]) > 90):
        raise ProblemError("points", "must be (lon_e6, lat_e6) in micro-degrees")
    return np.radians(degrees[:, 0]), np.radians(degrees[:, 1])


def _great_circle(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Metres between every a (row) and every b (column)."""
    half_lat = (lat_b[None, :] - lat_a[:, None]) / 2
    half_lon = (lon_b[None, :] - lon_a[:, None]) / 2
    across = np.cos(lat_a)[:, None] * np.cos(lat_b)[None, :] * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.sin(half_lat) ** 2 + across)))


def _local_seconds(metres: Floats) -> Floats:
    """Driving time on local roads: slow at first, a little faster farther on."""
    slow = np.minimum(metres, LOCAL_SLOW_M) / (LOCAL_SLOW_KM_H / 3.6)
    return np.asarray(slow + np.maximum(metres - LOCAL_SLOW_M, 0) / (LOCAL_KM_H / 3.6))


def _direct(straight_m: Floats) -> tuple[Floats, Floats]:
    """(metres, seconds) of direct local roads; beyond DIRECT_M only a last resort."""
    short = np.clip(1 - straight_m / SHORT_M, 0, 1)
    metres = straight_m * (LONG_DETOUR + (SHORT_DETOUR - LONG_DETOUR) * short)
    seconds = _local_seconds(metres)
    return metres, np.where(straight_m > DIRECT_M, seconds * 3, seconds)


def _fastest(graph: RoadGraph) -> tuple[Floats, Floats]:
    """(seconds, metres) of the fastest way between all nodes; infinite seconds where there is none."""
    index = {node.id: i for i, node in enumerate(graph.nodes)}
    count = len(index)
    if count != len(graph.nodes):
        raise ProblemError("roads.nodes", "an id is used twice")
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for number, edge in enumerate(graph.edges):
        if edge.origin not in index or edge.target not in index:
            raise ProblemError(f"roads.edges[{number}]", f"unknown node {edge.origin} or {edge.target}")
        if edge.length_m < 0 or edge.free_flow_s + edge.extra_s <= 0:
            raise ProblemError(f"roads.edges[{number}]", "needs length_m >= 0 and seconds > 0")
        key = (index[edge.origin], index[edge.target])
        cost = (edge.free_flow_s + edge.extra_s, edge.length_m)
        best[key] = min(best.get(key, cost), cost)
    length = np.zeros((count, count))
    rows, columns = [key[0] for key in best], [key[1] for key in best]
    length[rows, columns] = [cost[1] for cost in best.values()]
    links = csr_matrix(([float(cost[0]) for cost in best.values()], (rows, columns)), shape=(count, count))
    seconds, before = dijkstra(links, directed=True, return_predecessors=True)
    return seconds, _lengths_along(before, length)


def _lengths_along(before: npt.NDArray[np.int32], length: Floats) -> Floats:
    """Metres along the tree of fastest ways of each source (row), by doubling the steps back."""
    count = len(length)
    itself = np.arange(count)
    back = np.where(
        before < 0, itself[:, None], before
    )  # the source (and the unreachable) stop at the source
    metres = np.where(before < 0, 0.0, length[back, itself[None, :]])
    row = itself[:, None]
    for _ in range(max(count - 1, 1).bit_length()):
        metres = metres + metres[row, back]
        back = back[row, back]
    return np.asarray(metres)


def read_road_geojson(source: str | Path | Mapping[str, Any]) -> RoadGraph:
    """The road graph of a GeoJSON file: points are nodes, lines are two-way links.

    Line properties: from, to, class, km, free_flow_s; optional `free_flow_back_s` (other direction) and
    `oneway`. A ramp leads off the motorway, its free_flow_s holds the `toll_s.leave` of the metadata; the way
    back holds `toll_s.enter` instead. Metadata `directional` {centre, towards_permille, away_permille} makes
    driving towards a centre slower than away from it. Raises ProblemError naming the feature.
    """
    data = source if isinstance(source, Mapping) else json.loads(Path(source).read_text(encoding="utf-8"))
    toll = data.get("metadata", {}).get("toll_s", {})
    enter_s, leave_s = int(toll.get("enter", 0)), int(toll.get("leave", 0))
    nodes: list[RoadNode] = []
    edges: list[RoadEdge] = []
    lines: list[tuple[int, Any]] = []
    for number, feature in enumerate(data.get("features", [])):
        try:
            properties, geometry = feature["properties"], feature["geometry"]
            if geometry["type"] == "Point":
                nodes.append(_node(properties, geometry["coordinates"]))
            else:
                lines.append((number, feature))
        except (KeyError, TypeError, ValueError) as error:
            raise ProblemError(f"features[{number}]", f"bad or missing property: {error}") from None
    positions = {node.id: (node.lon_e6, node.lat_e6) for node in nodes}
    towards = _Towards.from_metadata(data.get("metadata", {}))
    for number, feature in lines:
        try:
            edges += _edges(feature["properties"], enter_s, leave_s, towards, positions)
        except (KeyError, TypeError, ValueError) as error:
            raise ProblemError(f"features[{number}]", f"bad or missing property: {error}") from None
    return RoadGraph(tuple(nodes), tuple(edges))


@dataclass(frozen=True, slots=True)
class _Towards:
    """Driving towards a centre is slower than away from it, by thousandths; across it is neither."""

    lon_e6: int = 0
    lat_e6: int = 0
    towards_permille: int = 1000
    away_permille: int = 1000

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> _Towards:
        given = metadata.get("directional")
        if given is None:
            return cls()
        lon, lat = given["centre"]
        return cls(
            round(lon * 1e6), round(lat * 1e6), int(given["towards_permille"]), int(given["away_permille"])
        )

    def seconds(self, free_flow_s: int, origin: tuple[int, int], target: tuple[int, int]) -> int:
        """free_flow_s weighted by how straight this leads to, or away from, the centre."""
        shrink = math.cos(math.radians(self.lat_e6 / 1e6))
        along = ((target[0] - origin[0]) * shrink, target[1] - origin[1])
        middle = ((origin[0] + target[0]) / 2, (origin[1] + target[1]) / 2)
        inward = ((self.lon_e6 - middle[0]) * shrink, self.lat_e6 - middle[1])
        size = math.hypot(*along) * math.hypot(*inward)
        cosine = (along[0] * inward[0] + along[1] * inward[1]) / size if size else 0.0
        factor = self.towards_permille if cosine > 0 else self.away_permille
        return max(1, round(free_flow_s * (1000 + abs(cosine) * (factor - 1000)) / 1000))


def _node(properties: Mapping[str, Any], coordinates: Sequence[float]) -> RoadNode:
    lon, lat = coordinates
    off_motorway = properties.get("kind") not in ("interchange", "junction")
    return RoadNode(str(properties["id"]), round(lon * 1e6), round(lat * 1e6), off_motorway)


def _edges(
    properties: Mapping[str, Any],
    enter_s: int,
    leave_s: int,
    towards: _Towards,
    positions: Mapping[str, tuple[int, int]],
) -> list[RoadEdge]:
    origin, target = str(properties["from"]), str(properties["to"])
    length_m = round(float(properties["km"]) * 1000)
    there_s = int(properties["free_flow_s"])
    back_s = int(properties.get("free_flow_back_s", there_s))
    leave, enter = (leave_s, enter_s) if properties["class"] == "ramp" else (0, 0)
    a, b = positions[origin], positions[target]
    edges = [RoadEdge(origin, target, length_m, towards.seconds(there_s - leave, a, b), leave)]
    if not properties.get("oneway", False):
        edges.append(RoadEdge(target, origin, length_m, towards.seconds(back_s - leave, b, a), enter))
    return edges
