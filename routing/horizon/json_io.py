"""A plan over several days as plain JSON values, and back.

The ways between the places are not written: they are most of the bytes, and whoever knows the places can
work them out again. Reading takes them as `travel`, in the numbering of the horizon that was written.
Only what `plan_to_dict` has written is read; a file of another schema is refused with a ProblemError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from routing.horizon.days import day_problem
from routing.horizon.model import Carrier, Horizon, Plant, Request, ServiceDay, Store
from routing.horizon.result import DayOffer, DayPlan, HorizonPlan, Undone, WhyNot
from routing.horizon.stock import Stock, Transfer, at_start, brought, room, take_in, take_out
from routing.json_io import solution_from_dict, solution_to_dict
from routing.problem import (
    BreakRule,
    Conflict,
    Depot,
    ProblemError,
    Stop,
    Travel,
    UnderWay,
    Vehicle,
    Weights,
)
from routing.solution import Solution

T = TypeVar("T")

SCHEMA = "routing.horizon/1"
_NOT_WRITTEN = frozenset({"travel", "travels"})


def plan_to_dict(plan: HorizonPlan) -> dict[str, Any]:
    """The plan without its matrices."""
    horizon = {
        item.name: _plain(getattr(plan.horizon, item.name))
        for item in fields(Horizon)
        if item.name not in _NOT_WRITTEN
    }
    return {
        "schema": SCHEMA,
        "horizon": horizon,
        "solutions": [solution_to_dict(day.solution) for day in plan.days],
        "transfers": _plain(plan.transfers),
        "undone": _plain(plan.undone),
    }


def plan_from_dict(
    data: Mapping[str, Any], travel: Travel, travels: Mapping[str, Travel] | None = None
) -> HorizonPlan:
    """The plan over these matrices. Raises ProblemError."""
    if data.get("schema") != SCHEMA:
        raise ProblemError("schema", f"must be {SCHEMA!r}, not {data.get('schema')!r}")
    horizon = _horizon(data["horizon"], travel, travels or {})
    transfers = _each(data["transfers"], lambda one: Transfer(**one))
    return HorizonPlan(
        horizon=horizon,
        days=_days(horizon, [solution_from_dict(one) for one in data["solutions"]], transfers),
        transfers=transfers,
        undone=_each(data["undone"], _undone),
    )


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _each(data: list[Any], read: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in data)


def _horizon(data: Mapping[str, Any], travel: Travel, travels: Mapping[str, Travel]) -> Horizon:
    broken, carriers = data["break_rule"], data["carriers"]
    return Horizon(
        days=_each(data["days"], _service_day),
        requests=_each(data["requests"], lambda one: Request(**one | {"stop": Stop(**one["stop"])})),
        travel=travel,
        travels=travels,
        stores=_each(data["stores"], lambda one: Store(**one)),
        plants=_each(data["plants"], lambda one: Plant(**one | {"accepts": frozenset(one["accepts"])})),
        carriers=_each(carriers, _carrier),
        conflicts=_each(data["conflicts"], lambda one: Conflict(**one)),
        alone=frozenset(data["alone"]),
        solo=frozenset(data["solo"]),
        break_rule=None if broken is None else BreakRule(**broken),
        weights=Weights(**data["weights"]),
        name=data["name"],
    )


def _service_day(data: Mapping[str, Any]) -> ServiceDay:
    return ServiceDay(
        day=data["day"],
        vehicles=_each(data["vehicles"], _vehicle),
        depots=_each(data["depots"], lambda one: Depot(**one)),
    )


def _vehicle(data: dict[str, Any]) -> Vehicle:
    way = data["under_way"]
    return Vehicle(**data | {"under_way": None if way is None else UnderWay(**way)})


def _carrier(data: dict[str, Any]) -> Carrier:
    sets = {name: frozenset(data[name]) for name in ("depots", "days") if data[name] is not None}
    return Carrier(**data | sets)


def _undone(data: dict[str, Any]) -> Undone:
    return Undone(**data | {"offers": _each(data["offers"], _offer)})


def _offer(data: dict[str, Any]) -> DayOffer:
    why = data["why_not"]
    return DayOffer(**data | {"why_not": None if why is None else WhyNot(**why)})


def _days(
    horizon: Horizon, solutions: list[Solution], transfers: tuple[Transfer, ...]
) -> tuple[DayPlan, ...]:
    """The days with the problems that state the room the stores really have."""
    stops = {request.id: request.stop for request in horizon.requests}
    held: Stock = at_start(horizon)
    days = []
    for service, solution in zip(horizon.days, solutions, strict=True):
        take_out(held, (one for one in transfers if one.day == service.day))
        rooms = {store.depot: room(store, held[store.depot]) for store in horizon.stores}
        visited = [
            stops[visit.stop_id] for route in solution.routes for trip in route.trips for visit in trip.visits
        ]
        problem = day_problem(horizon, service, visited, rooms)
        take_in(held, brought(service.vehicles, stops, solution))
        days.append(DayPlan(day=service.day, problem=problem, solution=solution))
    return tuple(days)
