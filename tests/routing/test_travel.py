"""Matrices from a road graph: fastest way, tolls by direction, local roads for near points."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing import ProblemError
from routing.travel import RoadEdge, RoadNetwork, RoadNode, from_road_graph, read_road_geojson

JIAXING = Path(__file__).parents[2] / "seed" / "regions" / "jiaxing" / "roads.geojson"
WEST, EAST = RoadNode("w", 120_000_000, 30_000_000), RoadNode("e", 120_500_000, 30_000_000)
ENDS = [(120_000_000, 30_000_000), (120_500_000, 30_000_000)]


def test_each_direction_has_its_own_seconds_and_metres() -> None:
    edges = [RoadEdge("w", "e", 50_000, 3000, extra_s=70), RoadEdge("e", "w", 52_000, 3100)]
    travel = from_road_graph([WEST, EAST], edges, ENDS)
    assert travel.duration_s.tolist() == [[0, 3070], [3100, 0]]
    assert travel.distance_m.tolist() == [[0, 50_000], [52_000, 0]]


def test_the_metres_are_those_of_the_fastest_way() -> None:
    middle = RoadNode("m", 120_250_000, 30_100_000, access=False)
    edges = [
        RoadEdge("w", "e", 40_000, 4000),
        RoadEdge("w", "m", 30_000, 1000),
        RoadEdge("m", "e", 30_000, 1000),
        RoadEdge("e", "w", 40_000, 4000),
    ]
    travel = from_road_graph([WEST, middle, EAST], edges, ENDS)
    assert (travel.duration_s[0, 1], travel.distance_m[0, 1]) == (2000, 60_000)
    assert (travel.duration_s[1, 0], travel.distance_m[1, 0]) == (4000, 40_000)


def test_no_local_road_joins_a_motorway_junction() -> None:
    junction = RoadNode("j", 120_000_000, 30_000_000, access=False)
    with pytest.raises(ProblemError):
        from_road_graph([junction], [], ENDS)


def test_near_points_use_local_roads_with_a_larger_detour() -> None:
    travel = from_road_graph([WEST, EAST], [], [(120_250_000, 30_000_000), (120_260_000, 30_000_000)])
    straight = 6_371_008.8 * np.radians(0.01) * np.cos(np.radians(30))
    assert 1.40 < travel.distance_m[0, 1] / straight < 1.50
    assert travel.distance_m[0, 0] == travel.duration_s[0, 0] == 0


@pytest.mark.parametrize(
    ("edges", "path"),
    [
        ([RoadEdge("w", "x", 1, 1)], "roads.edges[0]"),
        ([RoadEdge("w", "e", -1, 1)], "roads.edges[0]"),
        ([RoadEdge("w", "e", 1, 0)], "roads.edges[0]"),
    ],
)
def test_a_bad_road_is_refused(edges: list[RoadEdge], path: str) -> None:
    with pytest.raises(ProblemError) as caught:
        from_road_graph([WEST, EAST], edges, ENDS)
    assert caught.value.path == path


def feature(shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_a_ramp_costs_the_gate_it_leads_through() -> None:
    data = {
        "metadata": {"toll_s": {"enter": 50, "leave": 70}},
        "features": [
            feature(
                "LineString", [], **{"from": "i", "to": "t", "class": "ramp", "km": 2, "free_flow_s": 270}
            ),
            feature("Point", [120.0, 30.0], id="i", kind="interchange"),
            feature("Point", [120.1, 30.0], id="t", kind="town"),
        ],
    }
    graph = read_road_geojson(data)
    seconds = {(e.origin, e.target): e.free_flow_s + e.extra_s for e in graph.edges}
    assert seconds == {("i", "t"): 270, ("t", "i"): 250}
    assert [node.access for node in graph.nodes] == [False, True]


def test_driving_towards_the_centre_may_be_slower() -> None:
    data: dict[str, Any] = {
        "metadata": {
            "directional": {"centre": [120.0, 30.0], "towards_permille": 1100, "away_permille": 900}
        },
        "features": [
            feature("Point", [120.0, 30.0], id="c", kind="town"),
            feature("Point", [120.2, 30.0], id="t", kind="town"),
            feature(
                "LineString", [], **{"from": "t", "to": "c", "class": "trunk", "km": 20, "free_flow_s": 1000}
            ),
        ],
    }
    seconds = {(e.origin, e.target): e.free_flow_s for e in read_road_geojson(data).edges}
    assert seconds == {("t", "c"): 1100, ("c", "t"): 900}
    del data["features"][2]["properties"]["km"]
    with pytest.raises(ProblemError, match="features\\[2\\]"):
        read_road_geojson(data)


def test_jiaxing_is_connected_asymmetric_repeatable_and_quick() -> None:
    network = RoadNetwork(read_road_geojson(JIAXING))
    rng = np.random.default_rng(1)
    points = [
        (int(lon), int(lat))
        for lon, lat in zip(
            rng.integers(120_450_000, 121_050_000, 700),
            rng.integers(30_450_000, 30_900_000, 700),
            strict=True,
        )
    ]
    begin = time.process_time()
    travel = network.travel(points)
    assert time.process_time() - begin < 3
    assert (travel.duration_s != travel.duration_s.T).mean() > 0.5
    assert np.isfinite(network.seconds).all()
    speed = travel.distance_m.sum() / travel.duration_s.sum() * 3.6
    assert 30 < speed < 60
    assert network.travel(points) == travel
