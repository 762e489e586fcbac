"""Write a checked solution down as a draft plan: rounds, trips, stops, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

import routing
from routing import Problem, Solution, json_io

from ...db import new_id
from ...domain.actors import Actor
from ...models import reference
from ...models.numbers import take_numbers
from ...models.route_plans import Round, RoutePlan, Trip, UnassignedStop
from ...models.route_plans import Stop as StopRow
from . import footprint
from .origins import Origin
from .problem import Keys
from .remedies import Remedies


def store(
    session: Session,
    *,
    actor: Actor,
    service_on: date,
    seed: int,
    problem: Problem,
    keys: Keys,
    solution: Solution,
    remedies: Remedies,
    now: datetime,
    origin: Origin | None = None,
) -> RoutePlan:
    """Write a checked solution as a draft plan with its rounds, stops and what it leaves out."""
    stamp = f"{service_on:%Y%m%d}"
    routes = sorted(solution.routes, key=lambda route: (_platform_code(keys, route), route.vehicle_id))
    series: dict[str, int] = {f"plan/{stamp}": 1}
    for route in routes:
        name = f"round/{_platform_code(keys, route)}/{stamp}"
        series[name] = series.get(name, 0) + 1
    numbers = {name: iter(taken) for name, taken in take_numbers(session, series).items()}
    written = json_io.problem_to_dict(problem)
    plan = RoutePlan(
        id=new_id(session, now),
        plan_no=f"JH{stamp}-{next(numbers[f'plan/{stamp}'])}",
        service_on=service_on,
        state="draft",
        seed=seed,
        engine=solution.stats.engine,
        engine_version=solution.stats.engine_version,
        problem_digest=json_io.digest_of(written),
        problem=written,
        solution=json_io.solution_to_dict(solution),
        stops_planned=solution.assigned,
        stops_unassigned=len(solution.unassigned) + len(keys.excluded),
        distance_m=solution.distance_m,
        drive_s=sum(route.drive_s for route in solution.routes),
        cost_fen=sum(route.cost_fen for route in solution.routes),
        drafted_by=actor.author,
        drafted_at=now,
        emissions=footprint.footprint(problem, solution, reference.legal_limits(session, service_on)),
    )
    if origin is not None:
        plan.origin_id, plan.origin_kind, plan.origin_options = origin.plan_id, origin.kind, origin.options()
        plan.pins = origin.pins.within(solution).written()
        keys = replace(keys, crews={**keys.crews, **origin.crews})
    session.add(plan)
    for route in routes:
        code = _platform_code(keys, route)
        number = next(numbers[f"round/{code}/{stamp}"])
        _add_round(session, plan, keys, route, f"SY{stamp}-{code.rsplit('-', 1)[-1]}-{number:02d}", now)
    session.add_all(_left_out(plan, keys, solution, remedies))
    session.flush()
    return plan


def _platform_code(keys: Keys, route: routing.Route) -> str:
    platform_id = keys.vehicle_platform[route.vehicle_id]
    return next(code for code, row in keys.platforms.items() if row.id == platform_id)


def _add_round(
    session: Session, plan: RoutePlan, keys: Keys, route: routing.Route, round_no: str, now: datetime
) -> None:
    driver_id, escort_id = keys.crews[route.vehicle_id]
    made = Round(
        id=new_id(session, now),
        round_no=round_no,
        plan_id=plan.id,
        platform_id=keys.vehicle_platform[route.vehicle_id],
        vehicle_id=keys.vehicles[route.vehicle_id],
        driver_id=driver_id,
        escort_id=escort_id,
        service_on=plan.service_on,
        state="planned",
        start_s=route.start_s,
        end_s=route.end_s,
        distance_m=route.distance_m,
        drive_s=route.drive_s,
        cost_fen=route.cost_fen,
    )
    session.add(made)
    for seq, trip in enumerate(route.trips, 1):
        row = Trip(
            id=new_id(session, now),
            round_id=made.id,
            seq=seq,
            state="planned",
            leave_s=trip.leave_s,
            return_s=trip.return_s,
            unloaded_s=trip.unload_end_s,
        )
        session.add(row)
        session.add_all(
            StopRow(
                id=new_id(session, now),
                trip_id=row.id,
                request_id=keys.requests[visit.stop_id].id,
                seq=at,
                state="planned",
                arrive_s=visit.arrive_s,
                service_start_s=visit.start_s,
                depart_s=visit.depart_s,
                rest_before_s=visit.rest_before_s,
                rest_after_s=visit.rest_after_s,
                containers_planned=len(keys.cargo[visit.stop_id]),
                planned_g=sum(item.mass_g for item in keys.cargo[visit.stop_id]),
            )
            for at, visit in enumerate(trip.visits, 1)
        )


def _left_out(plan: RoutePlan, keys: Keys, solution: Solution, remedies: Remedies) -> list[UnassignedStop]:
    found = []
    for item in solution.unassigned:
        if item.stop_id in keys.requests:
            reason, numbers = _reason(keys, item)
            request_id, ways = keys.requests[item.stop_id].id, remedies.get(item.stop_id, [])
            found.append(_out(plan, request_id, reason, numbers | {"remedies": ways}))
    return found + [_out(plan, one.request_id, one.reason, dict(one.numbers)) for one in keys.excluded]


def _out(plan: RoutePlan, request_id: UUID, reason: str, numbers: dict[str, Any]) -> UnassignedStop:
    return UnassignedStop(plan_id=plan.id, request_id=request_id, reason=reason, numbers=numbers)


def _reason(keys: Keys, item: routing.Unassigned) -> tuple[str, dict[str, Any]]:
    """The reason in our words: the solver knows one limit per depot and one list of who may serve a stop.

    Whether store or yearly quantity set the limit, and whether the list names platforms or a pin, only we
    know.
    """
    numbers: dict[str, Any] = dict(item.numbers)
    total = item.reason == "storage_full" and numbers.get("load_class") == "*"
    if total and keys.limited_by[str(numbers["depot"])] == "quota":
        return "quota_used_up", numbers
    allowed = str(numbers.get("allowed", ""))
    if item.reason == "no_allowed_depot" and set(allowed.split(", ")) <= keys.vehicles.keys():
        return ("no_allowed_vehicle" if ", " in allowed else "pinned_elsewhere"), numbers | {
            "vehicle": allowed
        }
    return item.reason, numbers
