"""Invented planning days for benchmarks and tests: several platforms, all rules on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from routing import BreakRule, Conflict, Depot, Problem, Stop, Travel, Vehicle

HOUR = 3600
CLASSES = ("A1", "A2", "B", "OX", "FL", "OIL", "EM", "HM", "LAB")
SHARES = (0.08, 0.04, 0.08, 0.03, 0.14, 0.28, 0.22, 0.10, 0.03)
PAIRS = (
    ("A1", "B"), ("A1", "OX"), ("A2", "B"), ("A2", "FL"), ("A2", "OIL"), ("A2", "HM"),
    ("OX", "FL"), ("OX", "OIL"), ("LAB", "LAB"),
)  # fmt: skip
CENTRES = (
    (120.85, 30.76), (120.72, 30.86), (120.97, 30.85), (120.96, 30.59), (121.03, 30.70), (120.66, 30.51),
    (120.54, 30.64),
)  # fmt: skip


def day(stops_per_depot: int = 30, depots: int = 7, seed: int = 1, shared: float = 0.15) -> Problem:
    """A day with `depots` platforms. `shared`: part of the stops that a second platform may serve, too."""
    rng = np.random.default_rng(seed)
    count = stops_per_depot * depots
    centres = np.array(CENTRES[:depots])
    home = np.repeat(np.arange(depots), stops_per_depot)
    towns = centres[:, None, :] + rng.normal(0, 1, (depots, 9, 2)) * np.array([0.07, 0.05])
    spots = towns[home, rng.integers(0, 9, count)] + rng.normal(0, 0.008, (count, 2))
    travel = _travel(np.vstack([centres, spots]), rng)
    stops = tuple(_stop(i, depots, int(home[i]), centres, spots[i], shared, rng) for i in range(count))
    return Problem(
        depots=tuple(_depot(d, count // depots) for d in range(depots)),
        vehicles=tuple(v for d in range(depots) for v in _fleet(d, stops_per_depot)),
        stops=stops,
        travel=travel,
        conflicts=tuple(Conflict(a, b) for a, b in PAIRS),
        alone=frozenset({"LAB"}),
        break_rule=BreakRule(),
        name=f"day-{depots}x{stops_per_depot}-s{seed}",
    )


def overfull_day(seed: int = 1) -> Problem:
    """The day of this seed on which one platform lacks a vehicle: not all of its stops fit.

    All stops are equally urgent, and leaving out one counts far more than the road to it: so the cost says
    how many are left out.
    """
    whole = day(seed=seed)
    missing = f"P{1 + seed % len(whole.depots)}-V3"
    return replace(
        whole,
        vehicles=tuple(v for v in whole.vehicles if v.id != missing),
        stops=tuple(replace(stop, penalty_fen=1_000_000) for stop in whole.stops),
        name=f"over{whole.name}",
    )


def _travel(points: np.ndarray, rng: np.random.Generator) -> Travel:
    scale = np.array([111_320 * math.cos(math.radians(30.7)), 110_540])
    xy = points * scale
    straight = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(-1))
    metres = straight * (1.28 + 0.22 * np.exp(-straight / 4000))
    leave = rng.uniform(0, 60, len(points))
    seconds = (
        np.minimum(metres, 3000) / 6.7
        + np.clip(metres - 3000, 0, 9000) / 11
        + np.clip(metres - 12000, 0, None) / 16
    )
    seconds = seconds + (60 + leave[:, None]) * (straight > 0)
    return Travel(np.rint(metres).astype(np.int64), np.rint(seconds).astype(np.int64))


def _stop(
    i: int,
    depots: int,
    home: int,
    centres: np.ndarray,
    spot: np.ndarray,
    shared: float,
    rng: np.random.Generator,
) -> Stop:
    drums = int(rng.choice([1, 2, 3, 4, 6, 8], p=[0.36, 0.25, 0.16, 0.11, 0.08, 0.04]))
    mass_g = int(drums * rng.lognormal(math.log(80), 0.5) * 1000)
    load = {
        str(rng.choice(CLASSES, p=SHARES)): {
            "mass_g": mass_g,
            "volume_l": drums * 220,
            "places_milli": drums * 1000,
        }
    }
    allowed = {f"P{home + 1}"}
    if rng.random() < shared:
        order = np.argsort(((centres - spot) ** 2).sum(1))
        allowed.add(f"P{int(order[order != home][0]) + 1}" if depots > 1 else f"P{home + 1}")
    kind = rng.random()
    windows: tuple[tuple[int, int], ...] = ((8 * HOUR, 11 * HOUR + 1800), (13 * HOUR, 16 * HOUR + 1800))
    if kind < 0.3:
        windows = ((8 * HOUR, 16 * HOUR + 1800),)
    elif kind < 0.55:
        windows = (windows[int(rng.random() < 0.5)],)
    elif kind < 0.7:
        open_s = int(rng.integers(16, 29)) * 1800
        windows = ((open_s, open_s + 2 * HOUR),)
    return Stop(
        id=f"R{i + 1:04d}",
        location=depots + i,
        windows=windows,
        service_s=900 + 180 * drums,
        load=load,
        allowed_depots=frozenset(allowed),
        penalty_fen=int(rng.choice([50_000, 100_000, 300_000])),
    )


def _depot(d: int, stops: int) -> Depot:
    return Depot(
        id=f"P{d + 1}",
        location=d,
        open_s=7 * HOUR,
        close_s=18 * HOUR,
        unload_fixed_s=600,
        unload_per_unit_s=90,
        unload_dimension="places_milli",
        unload_unit=1000,
        storage_left={"OIL": 90_000 * stops, "A2": 30_000 * stops},
        storage_total_left_g=300_000 * stops,
        accepts=frozenset(CLASSES) - ({"OX"} if d == 2 else set()),
    )


def _fleet(d: int, stops: int) -> list[Vehicle]:
    small = frozenset(CLASSES) - {"LAB", "OX"}
    types = (
        (1_500_000, 12_000, 12_000, 30_000, 180, small),
        (3_000_000, 18_000, 16_000, 42_000, 230, frozenset(CLASSES)),
    )
    number = max(2, round(stops / 10))
    return [
        Vehicle(
            id=f"P{d + 1}-V{n + 1}",
            depot=f"P{d + 1}",
            capacity={"mass_g": mass, "volume_l": volume, "places_milli": places},
            licences=licences,
            shift_start_s=7 * HOUR + 1800,
            shift_end_s=17 * HOUR + 1800,
            max_shift_s=9 * HOUR,
            max_distance_m=220_000,
            max_trips=3,
            fixed_cost_fen=fixed,
            cost_per_km_fen=km,
            cost_per_h_fen=9_000,
        )
        for n in range(number)
        for mass, volume, places, fixed, km, licences in [types[n % 2]]
    ]
