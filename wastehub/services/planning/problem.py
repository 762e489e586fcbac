"""From the facts of a day to the solver's problem, with keys to find the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from routing import BreakRule, Conflict, Depot, Problem, Stop, Vehicle

from ...domain import errors
from ...domain.segregation import Matrix, Relation
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from . import facts, load_classes, storage, travel
from .facts import DayFacts
from .load_classes import Cargo, LoadClass

# What leaving a request out costs, for ranking only: a stop that can be served always is.
PENALTY_FEN = 200_000
PENALTY_PER_DAY_FEN = 50_000
PENALTY_URGENT_FEN = 2_000_000
PRESSING_DAYS = 30
# More containers than any vehicle could carry: the number itself is no limit, only unloading counts it.
_ANY_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Excluded:
    """A request that cannot be planned whatever the vehicles do, with the reason and its numbers."""

    request_id: UUID
    reason: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """From the solver's names back to rows: request numbers, plates, platform codes."""

    requests: Mapping[str, PickupRequest]
    vehicles: Mapping[str, UUID]
    platforms: Mapping[str, Organisation]
    vehicle_platform: Mapping[str, UUID]
    crews: Mapping[str, tuple[UUID, UUID]]
    cargo: Mapping[str, list[Cargo]]
    limited_by: Mapping[str, str]
    excluded: tuple[Excluded, ...]


def build_problem(session: Session, *, service_on: date) -> tuple[Problem, Keys]:
    """The problem of one day for all platforms together, and the keys to its names.

    Raises Conflict: plan.nothing_to_plan, plan.no_platforms, plan.no_vehicles.
    """
    return from_facts(facts.read(session, service_on))


def from_facts(day: DayFacts) -> tuple[Problem, Keys]:
    """See build_problem. Touches no database."""
    if not day.requests:
        raise errors.Conflict("plan.nothing_to_plan", on=day.service_on)
    if not day.platforms:
        raise errors.Conflict("plan.no_platforms")
    if not day.fleet:
        raise errors.Conflict("plan.no_vehicles", on=day.service_on)
    chosen, excluded = _sorted_out(day)
    classes = sorted({item.load_class for row in chosen for item in day.cargo[row.id]})
    points = travel.Points()
    depots = tuple(_depot(day, key, classes, chosen, points) for key in day.platforms)
    stops = tuple(stop_of(day, row, points) for row in chosen)
    problem = Problem(
        name=day.service_on.isoformat(),
        depots=depots,
        vehicles=tuple(vehicle_of(day, row, classes) for row in day.fleet),
        stops=stops,
        travel=travel.between(day.region, points.places),
        conflicts=conflicts_among(classes, day.matrix),
        solo=frozenset(one.id for one in classes if not one.group),
        break_rule=BreakRule(day.limits["driving_max_s"], day.limits["driving_break_s"]),
    )
    return problem, _keys(day, chosen, excluded)


def conflicts_among(classes: list[LoadClass], matrix: Matrix) -> tuple[Conflict, ...]:
    """Which of these classes may not share a trip, and which only with partitions."""
    return tuple(
        Conflict(a.id, b.id, "never" if relation is Relation.F else "unless_separated")
        for a, b, relation in load_classes.conflicts(classes, matrix)
    )


def keys_of(day: DayFacts) -> Keys:
    """The keys alone, without roads and rules."""
    return _keys(day, *_sorted_out(day))


def _sorted_out(day: DayFacts) -> tuple[list[PickupRequest], list[Excluded]]:
    """The requests that may be planned, and those that no vehicle may fetch today."""
    excluded = [found for row in day.requests if (found := _excluded(day, row))]
    out = {one.request_id for one in excluded}
    return [row for row in day.requests if row.id not in out], excluded


def _keys(day: DayFacts, chosen: list[PickupRequest], excluded: list[Excluded]) -> Keys:
    return Keys(
        requests={row.request_no: row for row in chosen},
        vehicles={row.plate: row.id for row in day.fleet},
        platforms={row.code: row for row in day.platforms.values()},
        vehicle_platform={row.plate: row.platform_id for row in day.fleet},
        crews={row.plate: day.crews[row.id] for row in day.fleet},
        cargo={row.request_no: day.cargo[row.id] for row in chosen},
        limited_by={row.code: day.stores[row.id].limited_by for row in day.platforms.values()},
        excluded=tuple(excluded),
    )


def _excluded(day: DayFacts, row: PickupRequest) -> Excluded | None:
    """Why the law or the papers keep this request off every vehicle today. Source: Order 23, Art. 10, 14."""
    cargo = day.cargo.get(row.id)
    if not cargo:
        return Excluded(row.id, "no_containers")
    if not _may_serve(day, row):
        return Excluded(row.id, "no_contract", {"on": day.service_on.isoformat()})
    missing = {item.load_class.waste_code for item in cargo} - day.planned_codes.get(row.enterprise_id, set())
    if missing:
        numbers = {"waste_code": ", ".join(sorted(missing)), "year": day.service_on.year}
        return Excluded(row.id, "code_not_on_plan", numbers)
    return None


def _may_serve(day: DayFacts, row: PickupRequest) -> list[UUID]:
    """Platforms the region lets serve the firm's county and with which the firm has a contract in force.

    The platform named by the request counts as its own even where the region lists no county for it.
    """
    signed = {contract.platform_id for contract in day.contracts.get(row.enterprise_id, [])}
    allowed = [row.platform_id, *day.serves.get(row.enterprise.county_code or "", [])]
    return [key for key in dict.fromkeys(allowed) if key in signed and key in day.platforms]


def stop_of(day: DayFacts, row: PickupRequest, points: travel.Points) -> Stop:
    """A request as a stop, with the platforms that may serve it."""
    cargo = day.cargo[row.id]
    load: dict[str, dict[str, int]] = {}
    for item in cargo:
        held = load.setdefault(item.load_class.id, {})
        for dimension, amount in item.amounts().items():
            held[dimension] = held.get(dimension, 0) + amount
    days_left = (row.due_on - day.service_on).days
    penalty_fen = PENALTY_FEN + PENALTY_PER_DAY_FEN * max(PRESSING_DAYS - days_left, 0)
    return Stop(
        id=row.request_no,
        location=points.add(row.enterprise.lon_e6, row.enterprise.lat_e6),
        load=load,
        windows=_windows(row),
        service_s=day.limits["service_stop_s"] + day.limits["service_container_s"] * len(cargo),
        allowed_depots=frozenset(day.platforms[key].code for key in _may_serve(day, row)),
        penalty_fen=penalty_fen + (PENALTY_URGENT_FEN if row.urgent else 0),
        due_rank=days_left,
    )


def _windows(row: PickupRequest) -> tuple[tuple[int, int], ...]:
    """The request's windows, those that touch joined; the firm's opening hours when it named none."""
    given = sorted((w.open_s, w.close_s) for w in row.windows)
    joined: list[tuple[int, int]] = []
    for open_s, close_s in given or [(row.enterprise.open_s, row.enterprise.close_s)]:
        if joined and open_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], close_s))
        else:
            joined.append((open_s, close_s))
    return tuple(joined)


def _depot(
    day: DayFacts,
    key: UUID,
    classes: list[LoadClass],
    chosen: list[PickupRequest],
    points: travel.Points,
) -> Depot:
    platform, store = day.platforms[key], day.stores[key]
    held = day.permits.get(key, [])
    accepts = {one for one in classes if facts.covers(held, one.waste_code, day.service_on)}
    wanted: dict[tuple[str, str], int] = {}
    for row in chosen:
        if key in _may_serve(day, row):
            for item in day.cargo[row.id]:
                if item.load_class in accepts and item.load_class.group:
                    name = (item.load_class.group, item.load_class.id)
                    wanted[name] = wanted.get(name, 0) + item.mass_g
    return Depot(
        id=platform.code,
        location=points.add(platform.lon_e6, platform.lat_e6),
        open_s=0,
        close_s=24 * 3600,
        accepts=frozenset(one.id for one in accepts),
        unload_fixed_s=day.limits["unload_fixed_s"],
        unload_per_unit_s=day.limits["unload_container_s"],
        unload_dimension="containers",
        unload_unit=1,
        storage_left=(
            storage.shares(store.zones, incoming_g=store.incoming_g, wanted_g=wanted) if store.zones else {}
        ),
        storage_total_left_g=store.total_left_g,
    )


def vehicle_of(day: DayFacts, row: facts.Vehicle, classes: list[LoadClass]) -> Vehicle:
    """A vehicle of the fleet with what it may carry and costs."""
    licensed = day.licences[row.id]
    return Vehicle(
        id=row.plate,
        depot=day.platforms[row.platform_id].code,
        capacity={
            "mass_g": row.capacity_g,
            "gross_g": row.capacity_g,
            "volume_l": row.volume_l,
            "places_milli": row.places_milli,
            "containers": _ANY_NUMBER,
        },
        licences=frozenset(one.id for one in classes if one.category in licensed),
        shift_start_s=row.shift_start_s,
        shift_end_s=row.shift_end_s,
        max_shift_s=min(row.shift_max_s, day.limits["shift_s"]),
        max_trips=row.trips_max,
        fixed_cost_fen=row.fixed_cost_fen,
        cost_per_km_fen=row.cost_per_km_fen,
        cost_per_h_fen=row.cost_per_h_fen,
        separates=row.partitioned,
    )
