"""Invented days that look like Jiaxing: seven platforms, their towns, firms with a few containers each.

`generate(stops=150, seed=1)` has every rule in a realistic share; `relaxed=True` gives the same stops, roads,
trucks and prices without the rules that general-purpose solvers cannot model. The relaxed day has: one
window per stop, any truck of any platform, one trip a day and no unloading. Crews of the full day work up to
half an hour longer, which is what unloading takes of it. The same arguments always give the same problem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.problem import MASS, BreakRule, Conflict, Depot, Problem, Stop, Travel, Vehicle, whole

HOUR = 3600
STOPS_MAX = 20_000
PLATFORMS_M = {  # east and north of the south-western corner of the area
    "nanhu": (31_600, 34_300),
    "xiuzhou": (17_200, 42_000),
    "jiashan": (41_200, 49_700),
    "pinghu": (50_700, 33_200),
    "haiyan": (41_200, 14_400),
    "haining": (15_300, 12_200),
    "tongxiang": (3_800, 26_500),
}
NAMES = tuple(PLATFORMS_M)
AREA_M = (64_000, 58_000)
TOWNS = 62
SCATTERED = 0.12

# Share of the stops by load class; the classes of the second line fit on one trip and at one firm.
SHARES = {
    "acid": 0.07, "alkali": 0.05, "solvent": 0.16, "oxidiser": 0.015, "cyanide": 0.01, "lab": 0.01,
    "oil": 0.30, "emulsion": 0.24, "metal": 0.14,
    "reactive": 0.005,
}  # fmt: skip
CLASSES = frozenset(SHARES)
MILD = ("oil", "emulsion", "metal")
CONFLICTS = (
    Conflict("acid", "cyanide"),
    Conflict("oxidiser", "solvent"),
    Conflict("oxidiser", "oil"),
    Conflict("acid", "alkali", "unless_separated"),
)
NOT_ACCEPTED = {"haiyan": "cyanide", "xiuzhou": "oxidiser"}
MUTUAL_AID = 0.5  # of the stops may be served by the second nearest platform, too
SHORT_OF_ROOM = ("nanhu", "pinghu")

DAY_OPENS_S, DAY_CLOSES_S = 8 * HOUR, 16 * HOUR
LUNCH_S = (11 * HOUR + 1800, 13 * HOUR)
LUNCH_BREAK = 0.4
TRIPS = 3
SHIFT_STARTS_S, SHIFT_S, UNLOADING_S = 7 * HOUR + 1800, 9 * HOUR, 1800

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Truck:
    """A class of trucks, and its part of a platform's fleet."""

    name: str
    mass_g: int
    volume_l: int
    containers: int
    fixed_cost_fen: int
    cost_per_km_fen: int
    share: float
    forbidden: frozenset[str]
    separates: bool = False


TRUCKS = (
    Truck("small", 1_000_000, 3_500, 14, 26_000, 95, 0.4, frozenset({"oxidiser", "cyanide", "reactive"})),
    Truck("medium", 1_800_000, 6_500, 26, 34_000, 120, 0.4, frozenset({"cyanide", "reactive"})),
    Truck("large", 3_500_000, 12_000, 48, 48_000, 165, 0.3, frozenset(), separates=True),
)


def generate(
    *, stops: int, seed: int, relaxed: bool = False, trips: int | None = None, cost_per_h_fen: int = 0
) -> Problem:
    """A day with so many stops.

    `trips`: the most that a truck may make, by default 3, on the relaxed day 1. `cost_per_h_fen`: what an
    hour of any truck costs besides. Raises ProblemError for an unusable argument.
    """
    whole("stops", stops, 1, STOPS_MAX)
    whole("seed", seed, 0, 10**9)
    trips = whole("trips", (1 if relaxed else TRIPS) if trips is None else trips, 1, 50)
    name = f"jiaxing-like-{stops}-s{seed}"
    places = _places(stops, Random(f"{name} places"))
    homes = [_by_distance(point)[0] for point in places]
    full = Problem(
        depots=_depots({}),
        vehicles=_fleet([homes.count(platform) for platform in NAMES], trips, cost_per_h_fen),
        stops=_stops(places, Random(f"{name} stops")),
        travel=_travel([*PLATFORMS_M.values(), *places], Random(f"{name} roads")),
        conflicts=CONFLICTS,
        alone=frozenset({"lab"}),
        solo=frozenset({"reactive"}),
        break_rule=BreakRule(),
        name=name,
    )
    return _relaxed(full) if relaxed else replace(full, depots=_depots(_collected(full.stops, homes)))


def _relaxed(full: Problem) -> Problem:
    """The same day with what general-purpose solvers can model."""
    return replace(
        full,
        depots=tuple(
            replace(depot, unload_fixed_s=0, unload_per_unit_s=0, accepts=CLASSES) for depot in full.depots
        ),
        vehicles=tuple(
            replace(
                vehicle,
                licences=CLASSES,
                max_shift_s=SHIFT_S,
                shift_end_s=SHIFT_STARTS_S + SHIFT_S,
            )
            for vehicle in full.vehicles
        ),
        stops=tuple(
            replace(stop, allowed_depots=None, windows=((stop.windows[0][0], stop.windows[-1][1]),))
            for stop in full.stops
        ),
        conflicts=(),
        alone=frozenset(),
        solo=frozenset(),
        break_rule=None,
        name=f"{full.name}-relaxed",
    )


def _by_distance(point: Point) -> list[str]:
    """The platforms, nearest first."""
    return sorted(NAMES, key=lambda name: math.dist(PLATFORMS_M[name], point))


def _places(count: int, rng: Random) -> list[Point]:
    """Where the firms are: most in towns of very different size, some scattered over the land."""
    towns: list[Point] = [(rng.gauss(x, 1_000), rng.gauss(y, 1_000)) for x, y in PLATFORMS_M.values()]
    while len(towns) < TOWNS:
        x, y = PLATFORMS_M[rng.choice(NAMES)]
        towns.append((rng.gauss(x, 7_200), rng.gauss(y, 6_100)))
    sizes = [rng.paretovariate(1.3) - 0.7 for _ in towns]
    widths = [rng.uniform(400, 1_600) for _ in towns]
    points: list[Point] = []
    for town in rng.choices(range(TOWNS), weights=sizes, k=count):
        if rng.random() < SCATTERED:
            points.append((rng.uniform(0, AREA_M[0]), rng.uniform(0, AREA_M[1])))
        else:
            east, north = towns[town]
            points.append((rng.gauss(east, widths[town]), rng.gauss(north, widths[town])))
    return points


def _travel(points: list[Point], rng: Random) -> Travel:
    """Longer than the straight line, slow on short ways; yards and one-way streets make it asymmetric."""
    xy = np.array(points, dtype=np.float64)
    leave, arrive = (np.array([rng.uniform(0, most) for _ in points]) for most in (250.0, 100.0))
    count = len(points)
    metres: npt.NDArray[Any] = np.zeros((count, count), dtype=np.int32)
    seconds = np.zeros_like(metres)
    for i in range(count):  # row by row: a day of 4,416 stops has twenty million ways
        straight = np.sqrt(((xy - xy[i]) ** 2).sum(axis=1))
        way = straight * (1.28 + 0.25 * np.exp(-straight / 4_000)) + 150 + leave[i] + arrive
        metres[i] = np.rint(way)
        seconds[i] = np.rint(_seconds(way) + 45 + leave[i] / 10)
        metres[i, i] = seconds[i, i] = 0
    return Travel(metres, seconds)


def _seconds(way_m: Floats) -> Floats:
    """24 km/h on the first three kilometres, 40 km/h to the twelfth, 58 km/h beyond."""
    return np.asarray(
        np.minimum(way_m, 3_000) / (24 / 3.6)
        + np.clip(way_m - 3_000, 0, 9_000) / (40 / 3.6)
        + np.clip(way_m - 12_000, 0, None) / (58 / 3.6)
    )


def _stops(places: list[Point], rng: Random) -> tuple[Stop, ...]:
    return tuple(_stop(number, point, rng) for number, point in enumerate(places, start=1))


def _stop(number: int, point: Point, rng: Random) -> Stop:
    containers = rng.choices((1, 2, 3, 4, 6, 8), weights=(38, 25, 15, 10, 8, 4))[0]
    kilograms = min(max(round(containers * rng.lognormvariate(math.log(65), 0.6)), 10), 990)
    litres = round(containers * rng.uniform(110, 230))
    first = rng.choices(tuple(SHARES), weights=tuple(SHARES.values()))[0]
    second = rng.choice(MILD)
    two = rng.random() < 0.15 and first in MILD and second != first and containers > 1
    parts = {first: containers - 1, second: 1} if two else {first: containers}
    near = _by_distance(point)
    allowed = {near[0]}
    if rng.random() < MUTUAL_AID or NOT_ACCEPTED.get(near[0]) in parts:
        allowed.add(near[1])
    return Stop(
        id=f"firm-{number:05d}",
        location=len(PLATFORMS_M) + number - 1,
        load={
            name: {
                MASS: 1000 * kilograms * part // containers,
                "volume_l": litres * part // containers,
                "containers": part,
            }
            for name, part in parts.items()
        },
        windows=_windows(rng),
        service_s=360 + 150 * containers + rng.choices((0, 300, 600), weights=(6, 3, 1))[0],
        allowed_depots=frozenset(allowed),
        penalty_fen=300_000,
    )


def _windows(rng: Random) -> tuple[tuple[int, int], ...]:
    """All day (some with a lunch break), half a day, or two hours."""
    kind = rng.random()
    morning, afternoon = (DAY_OPENS_S, LUNCH_S[0]), (LUNCH_S[1], DAY_CLOSES_S)
    if kind < 0.40:
        return (morning, afternoon) if rng.random() < LUNCH_BREAK else ((DAY_OPENS_S, DAY_CLOSES_S),)
    if kind < 0.70:
        return (morning,) if rng.random() < 0.55 else (afternoon,)
    opens = rng.randrange(16, 29) * 1800
    return ((opens, min(opens + 2 * HOUR, DAY_CLOSES_S)),)


def _collected(stops: tuple[Stop, ...], homes: list[str]) -> dict[str, dict[str, int]]:
    """Grams that come to each platform, by class, in a plan that has room for everything.

    Each firm goes to the nearest platform that accepts it, but a platform short of room is helped with every
    third firm that its neighbour may serve, too.
    """
    found: dict[str, dict[str, int]] = {platform: {} for platform in NAMES}
    shared = 0
    for stop, home in zip(stops, homes, strict=True):
        others = (stop.allowed_depots or frozenset()) - {home}
        shared += bool(others) and home in SHORT_OF_ROOM
        helped = home in SHORT_OF_ROOM and shared % 3 == 1
        platform = min(others) if others and (helped or NOT_ACCEPTED.get(home) in stop.load) else home
        for load_class, load in stop.load.items():
            found[platform][load_class] = found[platform].get(load_class, 0) + load[MASS]
    return found


def _depots(collected: dict[str, dict[str, int]]) -> tuple[Depot, ...]:
    """The platforms, with a quarter more room than is collected; those that are short have hardly more."""
    depots: list[Depot] = []
    for location, platform in enumerate(NAMES):
        grams = collected.get(platform, {})
        room = 108 if platform in SHORT_OF_ROOM else 125
        depots.append(
            Depot(
                id=platform,
                location=location,
                accepts=CLASSES - {NOT_ACCEPTED.get(platform, "")},
                open_s=7 * HOUR,
                close_s=18 * HOUR,
                unload_fixed_s=300,
                unload_per_unit_s=20,
                unload_dimension="containers",
                unload_unit=1,
                storage_left={"oil": grams.get("oil", 0) * room // 100} if collected else {},
                storage_total_left_g=sum(grams.values()) * (room + 5) // 100 if collected else None,
            )
        )
    return tuple(depots)


def _fleet(firms: list[int], trips: int, cost_per_h_fen: int) -> tuple[Vehicle, ...]:
    """Trucks for each platform: enough of each class for one route per nine firms and one in reserve."""
    vehicles: list[Vehicle] = []
    for platform, count in zip(NAMES, firms, strict=True):
        needed = max(2, math.ceil(count / 9) + 1)
        for truck in TRUCKS:
            for number in range(1, max(1, round(needed * truck.share)) + 1):
                vehicles.append(_vehicle(platform, truck, number, trips, cost_per_h_fen))
    return tuple(vehicles)


def _vehicle(platform: str, truck: Truck, number: int, trips: int, cost_per_h_fen: int) -> Vehicle:
    return Vehicle(
        id=f"{platform}-{truck.name}-{number}",
        depot=platform,
        capacity={MASS: truck.mass_g, "volume_l": truck.volume_l, "containers": truck.containers},
        licences=CLASSES - truck.forbidden,
        shift_start_s=SHIFT_STARTS_S,
        shift_end_s=SHIFT_STARTS_S + SHIFT_S + UNLOADING_S,
        max_shift_s=SHIFT_S + UNLOADING_S,
        max_distance_m=180_000,
        max_trips=trips,
        fixed_cost_fen=truck.fixed_cost_fen,
        cost_per_km_fen=truck.cost_per_km_fen,
        cost_per_h_fen=cost_per_h_fen,
        separates=truck.separates,
    )
