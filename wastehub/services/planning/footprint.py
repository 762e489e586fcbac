"""Fuel and CO2e of a plan beside one trip per firm (S13), by the factors in force on the day.

The factors are rows of `legal_limits` (fuel_*): data with source, day and certainty. None of those that
come with the product is confirmed by a published source, so whoever shows a result says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from routing import Problem, Solution, Vehicle
from routing.emissions import Burn, Footprint, Saving, saving

FACTORS = (
    "fuel_g_co2e_per_l",
    "fuel_small_max_g",
    "fuel_small_empty_ml_per_100km",
    "fuel_small_full_ml_per_100km",
    "fuel_large_empty_ml_per_100km",
    "fuel_large_full_ml_per_100km",
)


def footprint(problem: Problem, solution: Solution, limits: Mapping[str, int]) -> dict[str, Any] | None:
    """Per plan and vehicle what is burnt and emitted, with the factors used; None where one is missing."""
    factors = {name: limits[name] for name in FACTORS if name in limits}
    if len(factors) < len(FACTORS):
        return None
    burns = {vehicle.id: _burn(vehicle, factors) for vehicle in problem.vehicles}
    of_route = {
        route.vehicle_id: _plain(saving(problem, replace(solution, routes=(route,)), burns))
        for route in solution.routes
    }
    return {"factors": factors, **_plain(saving(problem, solution, burns)), "rounds": of_route}


def _burn(vehicle: Vehicle, factors: Mapping[str, int]) -> Burn:
    full_load_g = vehicle.capacity["mass_g"]
    size = "small" if full_load_g <= factors["fuel_small_max_g"] else "large"
    return Burn(
        name=size,
        empty_ml_per_100km=factors[f"fuel_{size}_empty_ml_per_100km"],
        full_ml_per_100km=factors[f"fuel_{size}_full_ml_per_100km"],
        full_load_g=full_load_g,
        g_co2e_per_l=factors["fuel_g_co2e_per_l"],
    )


def _plain(found: Saving) -> dict[str, dict[str, int]]:
    return {"plan": _numbers(found.plan), "baseline": _numbers(found.baseline)}


def _numbers(one: Footprint) -> dict[str, int]:
    return {"distance_m": one.distance_m, "fuel_ml": one.fuel_ml, "co2e_g": one.co2e_g}
