"""Who comes near a great many places at once: one line for each place and vehicle that is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.horizon.result import HorizonPlan
from routing.problem import ProblemError
from routing.solution import Route

Metres = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A vehicle near a place, `place` counted in the rows asked for. `detour_m`: there and back.

    `at_s`: when it leaves the stop (or the depot) before.
    """

    place: int
    day: int
    vehicle_id: str
    depot: str
    detour_m: int
    at_s: int


def near_misses(plan: HorizonPlan, to_m: Metres, from_m: Metres, *, radius_m: int) -> list[NearMiss]:
    """Vehicles that drive by the common matrix and pass no further than `radius_m` off their way.

    `to_m` and `from_m`: metres from each place asked for (row) to each place of the horizon (column), and
    from there to it. The way only, as `passing` sees it. By place, day and detour.
    """
    size = plan.horizon.travel.size
    if to_m.shape != from_m.shape or to_m.shape[1:] != (size,):
        raise ProblemError("to_m", f"has shape {to_m.shape}, the horizon has {size} places")
    found = []
    for day, vehicle_id, depot, legs in _drives(plan):
        here, there, at_s = (np.array(part) for part in zip(*legs, strict=True))
        detours = from_m[:, here] + to_m[:, there] - plan.horizon.travel.distance_m[here, there][None, :]
        best = detours.argmin(axis=1)
        nearest = detours[np.arange(len(best)), best]
        for place in np.flatnonzero(nearest <= 2 * radius_m):
            detour_m, at = int(nearest[place]), int(at_s[best[place]])
            found.append(NearMiss(int(place), day, vehicle_id, depot, detour_m, at))
    return sorted(found, key=lambda one: (one.place, one.day, one.detour_m, one.vehicle_id))


def _drives(plan: HorizonPlan) -> Iterator[tuple[int, str, str, list[tuple[int, int, int]]]]:
    """(day, vehicle, depot, its legs) of every vehicle that drives by the common matrix."""
    where = {request.id: request.stop.location for request in plan.horizon.requests}
    for service, day in zip(plan.horizon.days, plan.days, strict=True):
        homes = {depot.id: depot.location for depot in service.depots}
        vehicles = {vehicle.id: vehicle for vehicle in service.vehicles}
        for route in day.solution.routes:
            vehicle = vehicles[route.vehicle_id]
            legs = _legs(route, homes[vehicle.depot], where)
            if legs and not vehicle.travel:
                yield service.day, vehicle.id, vehicle.depot, legs


def _legs(route: Route, home: int, where: dict[str, int]) -> list[tuple[int, int, int]]:
    """(from, to, when it leaves) of each leg."""
    legs = []
    for trip in route.trips:
        here, at_s = home, trip.leave_s
        for visit in trip.visits:
            legs.append((here, where[visit.stop_id], at_s))
            here, at_s = where[visit.stop_id], visit.depart_s
        if trip.visits:
            legs.append((here, home, at_s))
    return legs
