"""Small planning problems on a straight road: one kilometre and one minute from each place to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from routing import (
    BreakRule,
    Depot,
    Order,
    Problem,
    Route,
    Solution,
    Stats,
    Stop,
    StopRule,
    Travel,
    Trip,
    Unassigned,
    UnderWay,
    Vehicle,
    Visit,
    check,
    solve,
)

MINUTE = 60
HOUR = 3600
CLASSES = frozenset({"oil", "acid", "lab"})
STATS = Stats(engine="by hand", engine_version="1", seed=0, iterations=0, seconds=0.0)


def road(places: int, metres: int = 1000, seconds: int = MINUTE) -> Travel:
    gap = np.abs(np.subtract.outer(np.arange(places), np.arange(places)))
    return Travel(gap * metres, gap * seconds)


def depot(**changes: Any) -> Depot:
    values: dict[str, Any] = {"id": "D", "location": 0, "accepts": CLASSES}
    return Depot(**values | changes)


def vehicle(name: str = "V", **changes: Any) -> Vehicle:
    values: dict[str, Any] = {
        "id": name,
        "depot": "D",
        "capacity": {"mass_g": 1000},
        "licences": CLASSES,
        "shift_start_s": 8 * HOUR,
        "shift_end_s": 17 * HOUR,
        "cost_per_km_fen": 100,
        "fixed_cost_fen": 1000,
    }
    return Vehicle(**values | changes)


def stop(name: str, location: int, mass_g: int = 100, load_class: str = "oil", **changes: Any) -> Stop:
    values: dict[str, Any] = {
        "id": name,
        "location": location,
        "load": {load_class: {"mass_g": mass_g}},
        "windows": ((8 * HOUR, 17 * HOUR),),
        "service_s": 10 * MINUTE,
        "penalty_fen": 100_000,
    }
    return Stop(**values | changes)


def under_way(location: int, **changes: Any) -> UnderWay:
    values: dict[str, Any] = {"location": location, "at_s": 9 * HOUR, "started_s": 8 * HOUR}
    return UnderWay(**values | changes)


def pinned(*stops: str, vehicle: str = "V", fixed: bool = False) -> Order:
    return Order(vehicle=vehicle, stops=stops, fixed=fixed)


def problem(*stops: Stop, **changes: Any) -> Problem:
    values: dict[str, Any] = {
        "depots": (depot(),),
        "vehicles": (vehicle(),),
        "stops": stops,
        "travel": road(10),
        "break_rule": BreakRule(),
    }
    return Problem(**values | changes)


def planned(case: Problem, iterations: int = 20, seed: int = 1) -> Solution:
    return solve(case, stop=StopRule(iterations=iterations), seed=seed)


def reasons(solution: Solution) -> dict[str, str]:
    return {item.stop_id: item.reason for item in solution.unassigned}


def trips(solution: Solution) -> dict[str, list[list[str]]]:
    return {
        route.vehicle_id: [[visit.stop_id for visit in trip.visits] for trip in route.trips]
        for route in solution.routes
    }


def drive(
    case: Problem,
    *trips: str,
    start_s: int | None = None,
    leave_s: Mapping[int, int] | None = None,
    rests: Mapping[str | int, int] | None = None,
) -> Solution:
    """All trips ("ab", "c") by the first vehicle, written down without asking any rule.

    The day begins at `start_s`, by default at eight or when the vehicle under way is ready. `leave_s`:
    trips by number that wait at their origin until then. `rests`: seconds before a stop or, by number,
    before a trip.
    """
    car, home, rests = case.vehicles[0], case.depots[0], rests or {}
    way, by_id = car.under_way, {item.id: item for item in case.stops}
    travel = case.travels[car.travel] if car.travel else case.travel
    now = start_s or (8 * HOUR if way is None else way.at_s)
    here, distance_m = (home.location, 0) if way is None else (way.location, way.distance_m)
    began_s = now + rests.get(0, 0) if way is None else way.started_s
    drive_s, done = 0, []

    def go(target: int) -> int:
        nonlocal here, now, drive_s, distance_m
        leg = -(-int(travel.duration_s[here, target]) * 1000 // car.speed_permille)
        drive_s += leg
        distance_m += int(travel.distance_m[here, target])
        here, now = target, now + leg
        return now

    for number, names in enumerate(trips):
        now = leave = max(now + rests.get(number, 0), (leave_s or {}).get(number, 0))
        visits = []
        loads = list(way.aboard.values()) if way is not None and number == 0 else []
        for name in names:
            spot, rest = by_id[name], rests.get(name, 0)
            arrive = go(spot.location)
            ready = arrive + rest
            start = next((max(ready, opens) for opens, closes in spot.windows if ready <= closes), ready)
            scaled = -(-spot.service_s * car.service_permille // 1000)
            now = start + spot.service_by_vehicle_s.get(car.id, scaled)
            visits.append(
                Visit(stop_id=name, arrive_s=arrive, start_s=start, depart_s=now, rest_before_s=rest)
            )
            loads += spot.load.values()
        back = go(home.location)
        now = max(back, home.open_s)
        if loads:
            amount = sum(load.get(home.unload_dimension, 0) for load in loads)
            now += home.unload_fixed_s + -(-amount * home.unload_per_unit_s // home.unload_unit)
        done.append(
            Trip(
                visits=tuple(visits),
                leave_s=leave,
                return_s=back,
                unload_end_s=now,
                rest_before_s=rests.get(number, 0),
            )
        )
    span_s = now - began_s
    seconds_fen = car.cost_per_h_fen * span_s + car.overtime_per_h_fen * max(0, span_s - car.max_shift_s)
    cost = car.fixed_cost_fen + car.cost_per_km_fen * distance_m // 1000 + (seconds_fen + 1800) // 3600
    route = Route(
        vehicle_id=car.id,
        start_s=began_s,
        end_s=now,
        trips=tuple(done),
        distance_m=distance_m,
        drive_s=drive_s,
        rest_s=sum(rests.values()),
        cost_fen=cost,
    )
    left = [item for item in case.stops if not any(item.id in names for names in trips)]
    return Solution(
        routes=(route,) if trips else (),
        unassigned=tuple(Unassigned(stop_id=item.id, reason="x") for item in left),
        cost_fen=(cost if trips else 0) + sum(item.penalty_fen for item in left),
        stats=STATS,
    )


def codes(case: Problem, solution: Solution) -> list[str]:
    """What the checker finds, each code once."""
    return sorted({item.code for item in check(case, solution)})
