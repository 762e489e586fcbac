"""One day of the horizon as a problem for the solver, with only the places it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from routing.horizon.model import Horizon, ServiceDay
from routing.horizon.stock import Room
from routing.problem import Depot, Problem, ProblemError, Stop, Travel, Vehicle

Line = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Legs:
    """The way from a place that the horizon's matrix does not hold to every place it holds, and back."""

    to_m: Sequence[int]
    to_s: Sequence[int]
    from_m: Sequence[int]
    from_s: Sequence[int]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A stop at a place the horizon may not know yet; then `legs` by name of the matrix ("": the common)."""

    stop: Stop
    legs: Mapping[str, Legs] | None = None


def day_problem(
    horizon: Horizon,
    day: ServiceDay,
    stops: Iterable[Stop],
    room: Mapping[str, Room],
    newcomer: Newcomer | None = None,
) -> Problem:
    """The problem of one day. `room`: what each depot may take in; a newcomer's stop comes last."""
    chosen = list(stops)
    places = _places(day, chosen, newcomer)
    at = {location: number for number, location in enumerate(places)}
    depots = {depot.id for depot in day.depots}
    vehicles = {vehicle.id for vehicle in day.vehicles}
    moved = [replace(stop, location=at[stop.location]) for stop in chosen]
    if newcomer is not None:
        home = len(places) if newcomer.legs is not None else at[newcomer.stop.location]
        moved.append(replace(newcomer.stop, location=home))
    return Problem(
        name=f"{horizon.name} {day.day}".strip(),
        depots=tuple(_depot(depot, at, room.get(depot.id, Room())) for depot in day.depots),
        vehicles=tuple(_vehicle(vehicle, at) for vehicle in day.vehicles),
        stops=tuple(_known(stop, depots, vehicles) for stop in moved),
        travel=_travel(horizon.travel, places, newcomer, ""),
        travels={name: _travel(one, places, newcomer, name) for name, one in horizon.travels.items()},
        conflicts=horizon.conflicts,
        alone=horizon.alone,
        solo=horizon.solo,
        break_rule=horizon.break_rule,
        weights=horizon.weights,
    )


def _places(day: ServiceDay, stops: list[Stop], newcomer: Newcomer | None) -> list[int]:
    found = [depot.location for depot in day.depots]
    found += [vehicle.under_way.location for vehicle in day.vehicles if vehicle.under_way is not None]
    found += [stop.location for stop in stops]
    if newcomer is not None and newcomer.legs is None:
        found.append(newcomer.stop.location)
    return list(dict.fromkeys(found))


def _depot(depot: Depot, at: Mapping[int, int], room: Room) -> Depot:
    own = Room(dict(depot.storage_left), depot.storage_total_left_g)
    left = own.within(room)
    return replace(
        depot,
        location=at[depot.location],
        storage_left=left.by_class_g,
        storage_total_left_g=left.total_g,
    )


def _vehicle(vehicle: Vehicle, at: Mapping[int, int]) -> Vehicle:
    way = vehicle.under_way
    return vehicle if way is None else replace(vehicle, under_way=replace(way, location=at[way.location]))


def _known(stop: Stop, depots: set[str], vehicles: set[str]) -> Stop:
    """The stop with those struck off that are not there on this day: a problem may not name them."""
    allowed, drivers = stop.allowed_depots, stop.allowed_vehicles
    return replace(
        stop,
        allowed_depots=None if allowed is None else allowed & depots,
        allowed_vehicles=None if drivers is None else drivers & vehicles,
        service_by_vehicle_s={k: v for k, v in stop.service_by_vehicle_s.items() if k in vehicles},
    )


def _travel(travel: Travel, places: list[int], newcomer: Newcomer | None, name: str) -> Travel:
    if newcomer is not None and newcomer.legs is not None:
        return _with_place(travel, places, newcomer.legs, name)
    index = np.ix_(places, places)
    return Travel(travel.distance_m[index], travel.duration_s[index])


def with_place(travel: Travel, legs: Mapping[str, Legs], name: str) -> Travel:
    """The matrix of this name with one more place, the last."""
    return _with_place(travel, list(range(travel.size)), legs, name)


def _with_place(travel: Travel, places: list[int], legs: Mapping[str, Legs], name: str) -> Travel:
    if name not in legs:
        raise ProblemError("legs", f"does not say the ways of matrix {name!r}")
    one, index = legs[name], np.ix_(places, places)
    to_m, from_m = _line(one.to_m, travel, places), _line(one.from_m, travel, places)
    to_s, from_s = _line(one.to_s, travel, places), _line(one.from_s, travel, places)
    return Travel(
        _grown(travel.distance_m[index], to_m, from_m), _grown(travel.duration_s[index], to_s, from_s)
    )


def _line(values: Sequence[int], travel: Travel, places: list[int]) -> Line:
    if len(values) != travel.size:
        raise ProblemError("legs", f"names {len(values)} places, the horizon has {travel.size}")
    line: Line = np.asarray(values)[places]
    return line


def _grown(matrix: Line, to: Line, back: Line) -> Line:
    """The matrix with one more place: `to` leads from it, `back` leads to it."""
    grown = np.zeros((len(matrix) + 1, len(matrix) + 1), dtype=np.int64)
    grown[:-1, :-1], grown[-1, :-1], grown[:-1, -1] = matrix, to, back
    return grown
