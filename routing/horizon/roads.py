"""The way of a carrier from a depot to a plant and back: what it costs, what may ride along."""

from __future__ import annotations

from collections.abc import Mapping

from routing.horizon.model import Carrier, Horizon, Plant
from routing.horizon.stock import Transfer

Run = tuple[int, str, int, str, str]  # day, carrier, run of the day, depot, plant


def transfer(
    horizon: Horizon, run: Run, carrier: Carrier, plant: Plant, load_g: Mapping[str, int]
) -> Transfer:
    """A run (day, carrier, run of the day, depot, plant) written out with its way and its cost."""
    day, _, number, depot, _ = run
    return Transfer(
        day=day,
        carrier=carrier.id,
        run=number,
        depot=depot,
        plant=plant.id,
        load_g=load_g,
        distance_m=run_distance_m(horizon, depot, plant),
        cost_fen=run_cost_fen(horizon, carrier, depot, plant),
    )


def run_distance_m(horizon: Horizon, depot: str, plant: Plant) -> int:
    """Metres from the depot to the plant and back."""
    home, metres = horizon.depots[depot].location, horizon.travel.distance_m
    return int(metres[home, plant.location] + metres[plant.location, home])


def run_cost_fen(horizon: Horizon, carrier: Carrier, depot: str, plant: Plant) -> int:
    """Fen for one run, rounded half up once."""
    way = carrier.cost_per_km_fen * run_distance_m(horizon, depot, plant)
    return carrier.cost_per_run_fen + (way + 500) // 1000


def apart(horizon: Horizon, carrier: Carrier, a: str, b: str) -> bool:
    """Whether two load classes may not share a run of this carrier."""
    lonely = horizon.alone | horizon.solo
    return a in lonely or b in lonely or frozenset((a, b)) in horizon.conflicting(separated=carrier.separates)
