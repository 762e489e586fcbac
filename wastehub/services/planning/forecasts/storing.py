"""Forecasts in the database: written once, read fast."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from routing.horizon import DayPlan, HorizonPlan, NearMiss, ServiceDay, Undone
from routing.horizon.json_io import plan_from_dict, plan_to_dict
from routing.json_io import digest_of
from routing.problem import MASS
from routing.solution import Route

from ....db import new_id
from ....domain.actors import Actor
from ....models.forecasts import (
    Forecast,
    ForecastDay,
    ForecastPassing,
    ForecastRequest,
    ForecastTransfer,
)
from .. import travel
from .ahead import Ahead, class_of
from .neighbours import Firm

# Plans of the two newest forecasts stay in memory: reading one takes longer than answering from it.
KEPT = 2


def store(
    session: Session,
    *,
    actor: Actor,
    run_id: UUID,
    seed: int,
    ahead: Ahead,
    plan: HorizonPlan,
    passings: Sequence[tuple[Firm, NearMiss]],
    now: datetime,
) -> Forecast:
    """Write a plan as the newest forecast. Who passes near whom is kept for the newest one only."""
    places = _placements(ahead, plan)
    left = _left(ahead, plan, set(places))
    written, where = plan_to_dict(plan), [list(place) for place in ahead.places]
    forecast = Forecast(
        id=new_id(session, now),
        run_id=run_id,
        first_on=date.fromordinal(plan.days[0].day),
        last_on=date.fromordinal(plan.days[-1].day),
        seed=seed,
        cost_fen=plan.cost_fen,
        distance_m=sum(day.solution.distance_m for day in plan.days),
        requests_placed=len(places),
        requests_left=len(left),
        made_by=actor.author,
        made_at=now,
        digest=digest_of({"plan": written, "places": where}),
        written=written,
        places=where,
    )
    session.add(forecast)
    session.flush()
    session.add_all(_days(forecast.id, ahead, plan))
    session.add_all(
        ForecastRequest(
            forecast_id=forecast.id, request_id=key, service_on=on, platform_id=platform_id, numbers={}
        )
        for key, (on, platform_id) in places.items()
    )
    session.add_all(
        ForecastRequest(forecast_id=forecast.id, request_id=key, reason=reason, numbers=numbers)
        for key, (reason, numbers) in left.items()
    )
    session.add_all(_transfers(session, forecast.id, ahead, plan, now))
    session.execute(delete(ForecastPassing))
    session.add_all(_passings(forecast.id, ahead, passings))
    session.flush()
    return forecast


def _routes(plan: HorizonPlan) -> Iterable[tuple[DayPlan, Route, str]]:
    """Every route with its day and depot."""
    for service, day in zip(plan.horizon.days, plan.days, strict=True):
        depot_of = {vehicle.id: vehicle.depot for vehicle in service.vehicles}
        for route in day.solution.routes:
            yield day, route, depot_of[route.vehicle_id]


def _stops(route: Route) -> list[str]:
    return [visit.stop_id for trip in route.trips for visit in trip.visits]


def _placements(ahead: Ahead, plan: HorizonPlan) -> dict[UUID, tuple[date, UUID]]:
    """Day and platform of each request all of whose parts have a day: those of its last part."""
    found: dict[UUID, tuple[date, UUID]] = {}
    parts = Counter(ahead.requests.values())
    for day, route, depot in _routes(plan):
        for name in _stops(route):
            key = ahead.requests[name]
            parts[key] -= 1
            found[key] = (date.fromordinal(day.day), ahead.platforms[depot])
    return {key: place for key, place in found.items() if not parts[key]}


def _left(ahead: Ahead, plan: HorizonPlan, placed: set[UUID]) -> dict[UUID, tuple[str, dict[str, Any]]]:
    """Why the others have no day. What is due behind the last day may wait: it is `later`."""
    found: dict[UUID, tuple[str, dict[str, Any]]] = {}
    for one in ahead.barred:
        found[one.request_id] = (one.reason, dict(one.numbers))
    for undone in plan.undone:
        key = ahead.requests[undone.request_id]
        found.setdefault(key, ("later" if key in ahead.patient else undone.code, _numbers(undone)))
    return {key: why for key, why in found.items() if key not in placed}


def _numbers(undone: Undone) -> dict[str, Any]:
    """The numbers with days as dates."""
    return {
        name.removesuffix("_day") + "_on" if name.endswith("_day") else name: (
            date.fromordinal(int(value)).isoformat() if name.endswith("_day") else value
        )
        for name, value in undone.numbers.items()
    }


def _days(forecast_id: UUID, ahead: Ahead, plan: HorizonPlan) -> list[ForecastDay]:
    evenings = plan.evenings()
    routes: dict[tuple[int, str], list[Route]] = defaultdict(list)
    for day, route, depot in _routes(plan):
        routes[day.day, depot].append(route)
    rows = []
    for service in plan.horizon.days:
        for code, platform_id in ahead.platforms.items():
            standing = evenings[service.day].get(code, Counter())
            rows.append(
                ForecastDay(
                    forecast_id=forecast_id,
                    service_on=date.fromordinal(service.day),
                    platform_id=platform_id,
                    store_g=standing.total() + ahead.aside_g[code],
                    store_max_g=ahead.store_max_g[code],
                    **_work(ahead, plan, service, code, routes[service.day, code]),
                )
            )
    return rows


def _work(
    ahead: Ahead, plan: HorizonPlan, service: ServiceDay, code: str, routes: list[Route]
) -> dict[str, int]:
    """What a platform's vehicles do on a day."""
    masses = {
        request.id: sum(load.get(MASS, 0) for load in request.stop.load.values())
        for request in plan.horizon.requests
    }
    vehicles = {vehicle.id: vehicle for vehicle in service.vehicles if vehicle.depot == code}
    names = [name for route in routes for name in _stops(route)]
    mass_g = sum(masses[name] for name in names)
    carried_g = sum(vehicles[route.vehicle_id].capacity[MASS] * len(route.trips) for route in routes)
    return {
        "requests": len({ahead.requests[name] for name in names}),
        "mass_g": mass_g,
        "vehicles": len(vehicles),
        "vehicles_used": len(routes),
        "fill_permille": mass_g * 1000 // carried_g if carried_g else 0,
        "distance_m": sum(route.distance_m for route in routes),
        "cost_fen": sum(route.cost_fen for route in routes),
    }


def _transfers(
    session: Session, forecast_id: UUID, ahead: Ahead, plan: HorizonPlan, now: datetime
) -> list[ForecastTransfer]:
    rows = []
    for one in plan.transfers:
        by_code: Counter[str] = Counter()
        for name, grams in one.load_g.items():
            by_code[class_of(name).waste_code] += grams
        rows.append(
            ForecastTransfer(
                id=new_id(session, now),
                forecast_id=forecast_id,
                service_on=date.fromordinal(one.day),
                plate=one.carrier,
                run=one.run,
                platform_id=ahead.platforms[one.depot],
                plant_id=ahead.plants[one.plant],
                load=dict(sorted(by_code.items())),
                mass_g=one.total_g,
                distance_m=one.distance_m,
                cost_fen=one.cost_fen,
            )
        )
    return rows


def _passings(
    forecast_id: UUID, ahead: Ahead, passings: Sequence[tuple[Firm, NearMiss]]
) -> list[ForecastPassing]:
    return [
        ForecastPassing(
            forecast_id=forecast_id,
            enterprise_id=firm.id,
            service_on=date.fromordinal(one.day),
            platform_id=ahead.platforms[one.depot],
            detour_m=one.detour_m,
            at_s=one.at_s,
        )
        for firm, one in passings
    ]


# --- reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A forecast as the planner needs it to answer questions."""

    plan: HorizonPlan
    places: tuple[travel.Place, ...]


_shelf: OrderedDict[str, Kept] = OrderedDict()
_shelf_lock = Lock()


def read(session: Session, forecast: Forecast, region: str) -> Kept:
    """The plan of a forecast; one that was read lately is still in memory, for it never changes."""
    with _shelf_lock:
        if forecast.digest in _shelf:
            _shelf.move_to_end(forecast.digest)
            return _shelf[forecast.digest]
    wanted = (undefer(Forecast.written), undefer(Forecast.places))
    row = session.scalars(select(Forecast).where(Forecast.id == forecast.id).options(*wanted)).one()
    places = tuple((lon_e6, lat_e6) for lon_e6, lat_e6 in row.places)
    kept = Kept(plan_from_dict(row.written, travel.between(region, places)), places)
    with _shelf_lock:
        _shelf[forecast.digest] = kept
        while len(_shelf) > KEPT:
            _shelf.popitem(last=False)
    return kept
