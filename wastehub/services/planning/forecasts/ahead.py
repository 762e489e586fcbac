"""From the facts of several days to the planner's horizon, with the keys to find the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from routing import BreakRule, Conflict, Depot, Problem, Stop
from routing.horizon import Carrier, Horizon, Plant, Request, ServiceDay, Store

from ....domain.segregation import Relation
from ....models.requests import PickupRequest, RequestWindow
from .. import load_classes, storage, travel
from ..facts import DayFacts
from ..load_classes import Cargo, LoadClass
from ..problem import Excluded, Keys, from_facts
from .standing import Beyond

# Room that a store keeps beyond what is asked for now, by class, so that a firm that asks later finds some.
SPARE_G = 2_000_000


@dataclass(frozen=True, slots=True)
class Ahead:
    """The horizon and what its names stand for.

    `requests`: stop -> request; one whose waste may not ride together is several stops. `barred`: what no
    vehicle could fetch on any day, with the reason. `patient`: due behind the last day. `aside_g`: by
    platform code, see standing.Beyond.
    """

    horizon: Horizon
    region: str
    places: tuple[travel.Place, ...]
    requests: Mapping[str, UUID]
    platforms: Mapping[str, UUID]
    plants: Mapping[str, UUID]
    barred: tuple[Excluded, ...]
    patient: frozenset[UUID]
    aside_g: Mapping[str, int]
    store_max_g: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class _Day:
    """One day, with the problem it would have with all requests on it."""

    facts: DayFacts
    problem: Problem
    keys: Keys
    stops: Mapping[str, Stop]

    @property
    def number(self) -> int:
        return self.facts.service_on.toordinal()


def look_ahead(days: Sequence[DayFacts], beyond: Beyond) -> Ahead:
    """The horizon over these days, each with all requests in its facts. Touches no database.

    Raises Conflict: plan.nothing_to_plan, plan.no_platforms, plan.no_vehicles.
    """
    origins = in_parts(days)
    planned = []
    for day in days:
        problem, keys = from_facts(day)
        planned.append(_Day(day, problem, keys, {stop.id: stop for stop in problem.stops}))
    first = days[0]
    points = travel.Points()
    depots = {row.code: points.add(row.lon_e6, row.lat_e6) for row in first.platforms.values()}
    requests, barred = _requests(planned, points)
    classes = sorted({item.load_class for held in first.cargo.values() for item in held} | beyond.classes())
    plants = tuple(
        Plant(
            id=row.code,
            location=points.add(row.lon_e6, row.lat_e6),
            accepts=frozenset(beyond.accepted(row, classes, (first.service_on, days[-1].service_on))),
        )
        for row in beyond.plants
    )
    horizon = Horizon(
        name=first.service_on.isoformat(),
        days=tuple(
            ServiceDay(
                day=day.number,
                vehicles=day.problem.vehicles,
                depots=tuple(_depot(day, depot, depots[depot.id]) for depot in day.problem.depots),
            )
            for day in planned
        ),
        requests=requests,
        travel=travel.between(first.region, points.places),
        stores=_stores(first, requests, beyond),
        plants=plants,
        carriers=_carriers(days, beyond, classes),
        conflicts=conflicts_of(first, classes),
        solo=frozenset(one.id for one in classes if not one.group),
        break_rule=BreakRule(first.limits["driving_max_s"], first.limits["driving_break_s"]),
    )
    return Ahead(
        horizon=horizon,
        region=first.region,
        places=points.places,
        requests={row.request_no: origins.get(row.id, row.id) for row in first.requests},
        platforms={row.code: key for key, row in first.platforms.items()},
        plants={row.code: row.id for row in beyond.plants},
        barred=tuple(replace(one, request_id=origins.get(one.request_id, one.request_id)) for one in barred),
        patient=frozenset(row.id for row in first.requests if row.due_on > days[-1].service_on),
        aside_g={row.code: beyond.aside_g[key] for key, row in first.platforms.items()},
        store_max_g={row.code: row.storage_capacity_g for row in first.platforms.values()},
    )


def conflicts_of(day: DayFacts, classes: Sequence[LoadClass]) -> tuple[Conflict, ...]:
    """What may not share a trip, or only in a vehicle with partitions."""
    return tuple(
        Conflict(a.id, b.id, "never" if relation is Relation.F else "unless_separated")
        for a, b, relation in load_classes.conflicts(classes, day.matrix)
    )


# --- requests ---------------------------------------------------------------------------------------


def in_parts(days: Sequence[DayFacts]) -> dict[UUID, UUID]:
    """Let a request whose waste may not ride together stand as several in these facts: part -> request.

    The request itself stays as it is: planning the day cuts it (services/planning/plans).
    """
    origins: dict[UUID, UUID] = {}
    for row in list(days[0].requests):
        apart = any(day.partitioned_for(row) for day in days)
        parts = load_classes.parts(days[0].cargo.get(row.id, []), days[0].matrix, partitioned=apart)
        for number, part in enumerate(parts[1:], 2):
            sibling = _sibling(row, number)
            origins[sibling.id] = row.id
            for day in days:
                day.requests.append(sibling)
                day.cargo[sibling.id] = part
        if len(parts) > 1:
            for day in days:
                day.cargo[row.id] = parts[0]
    return origins


def part_name(request_no: str, number: int) -> str:
    """The planner's name of the `number`-th part of a request; the first is the request itself."""
    return request_no if number == 1 else f"{request_no}/{number}"


def _sibling(row: PickupRequest, number: int) -> PickupRequest:
    return PickupRequest(
        id=uuid5(row.id, str(number)),
        request_no=part_name(row.request_no, number),
        enterprise_id=row.enterprise_id,
        platform_id=row.platform_id,
        ready_on=row.ready_on,
        due_on=row.due_on,
        urgent=row.urgent,
        enterprise=row.enterprise,
        windows=[RequestWindow(open_s=w.open_s, close_s=w.close_s) for w in row.windows],
    )


def _requests(
    days: Sequence[_Day], points: travel.Points
) -> tuple[tuple[Request, ...], tuple[Excluded, ...]]:
    made, barred = [], []
    for row in days[0].facts.requests:
        found = _request(days, row)
        if isinstance(found, Excluded):
            barred.append(found)
            continue
        place = points.add(row.enterprise.lon_e6, row.enterprise.lat_e6)
        made.append(replace(found, stop=replace(found.stop, location=place)))
    return tuple(made), tuple(barred)


def _request(days: Sequence[_Day], row: PickupRequest) -> Request | Excluded:
    """The request with its days: from the first on which law and papers allow it, as long as they do."""
    due_on = _last_on(days, row)
    within = [day for day in days if row.ready_on <= day.facts.service_on <= due_on]
    if not within:
        term = {"ready_on": row.ready_on.isoformat(), "due_on": row.due_on.isoformat()}
        return Excluded(row.id, "no_service_day", term)
    allowed = [day for day in within if row.request_no in day.stops]
    if not allowed:
        return next(one for one in within[0].keys.excluded if one.request_id == row.id)
    first = allowed[0]
    stop = first.stops[row.request_no]
    # What may wait longer is fetched within these days if it can be, as planning a day does it.
    last_day = min(due_on, days[-1].facts.service_on).toordinal()
    for day in within[within.index(first) :]:
        later = day.stops.get(row.request_no)
        if later is None or later.allowed_depots != stop.allowed_depots:
            last_day = day.number - 1
            break
    return Request(stop=stop, ready_day=first.number, due_day=last_day)


def _last_on(days: Sequence[_Day], row: PickupRequest) -> date:
    """The due day. What is late already goes on one of the first two days."""
    if row.due_on >= days[0].facts.service_on:
        return row.due_on
    return days[min(1, len(days) - 1)].facts.service_on


# --- stores -----------------------------------------------------------------------------------------


def _depot(day: _Day, depot: Depot, location: int) -> Depot:
    """The depot of a day without its store, which is followed over all days.

    What the yearly quantity leaves still binds each day: no transfer gives it back.
    """
    by_quota = day.keys.limited_by[depot.id] == "quota"
    left = depot.storage_total_left_g if by_quota else None
    return replace(depot, location=location, storage_left={}, storage_total_left_g=left)


def _stores(day: DayFacts, requests: Sequence[Request], beyond: Beyond) -> tuple[Store, ...]:
    made = []
    for key, row in day.platforms.items():
        stock = {one.id: grams for one, grams in beyond.stock_g[key].items()}
        wanted = _wanted(day, row.code, requests)
        room = _class_room(day, key, wanted)
        total = row.storage_capacity_g
        made.append(
            Store(
                depot=row.code,
                capacity_g={name: stock.get(name, 0) + grams for name, grams in room.items()},
                total_g=None if total is None else max(total - beyond.aside_g[key], 0),
                stock_g=stock,
            )
        )
    return tuple(made)


def _wanted(day: DayFacts, code: str, requests: Sequence[Request]) -> dict[tuple[str, str], int]:
    """Grams that could come to a platform, keyed by (group, class id)."""
    found: Counter[tuple[str, str]] = Counter()
    for request in requests:
        if request.stop.allowed_depots is None or code in request.stop.allowed_depots:
            for name, load in request.stop.load.items():
                one = class_of(name)
                if one.group:
                    found[one.group, name] += load["mass_g"]
    return dict(found)


def _class_room(day: DayFacts, key: UUID, wanted: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Grams that each class may still bring into the zones; with some to spare where there is enough."""
    store = day.stores[key]
    if not store.zones:
        return {}
    plain = storage.shares(store.zones, incoming_g=store.incoming_g, wanted_g=wanted)
    more = {name: grams + SPARE_G for name, grams in wanted.items()}
    generous = storage.shares(store.zones, incoming_g=store.incoming_g, wanted_g=more)
    enough = all(generous[name] >= grams for name, grams in plain.items())
    return generous if enough else plain


def class_of(name: str) -> LoadClass:
    """The class that a planner's name stands for."""
    group, code, hazards = name.split(":", 2)
    return LoadClass("" if group == "?" else group, code, hazards)


def cargo_load(cargo: Sequence[Cargo]) -> dict[str, dict[str, int]]:
    """Load class -> dimension -> amount of some containers."""
    load: dict[str, dict[str, int]] = {}
    for item in cargo:
        held = load.setdefault(item.load_class.id, {})
        for dimension, amount in item.amounts().items():
            held[dimension] = held.get(dimension, 0) + amount
    return load


def _carriers(days: Sequence[DayFacts], beyond: Beyond, classes: Sequence[LoadClass]) -> tuple[Carrier, ...]:
    platforms = days[0].platforms
    return tuple(
        Carrier(
            id=row.plate,
            capacity_g=row.capacity_g,
            licences=frozenset(one.id for one in classes if one.category in beyond.licences[row.id]),
            runs_per_day=row.trips_max,
            cost_per_run_fen=row.fixed_cost_fen,
            cost_per_km_fen=row.cost_per_km_fen,
            separates=row.partitioned,
            depots=frozenset({platforms[row.platform_id].code}),
            days=frozenset(
                day.service_on.toordinal() for day in days if day.service_on <= row.permit_valid_until_on
            ),
        )
        for row in beyond.carriers
    )
