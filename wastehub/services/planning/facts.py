"""What the planner must know of a day, read from the database in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain import calendar
from ...domain.permits import PermitView, in_force, names_waste
from ...domain.segregation import Matrix, Relation
from ...models import organisations, permits, reference, requests, route_plans, vehicles, zones
from ...models.batches import Batch, Container, stock_g
from ...models.organisations import Organisation, PlatformCounty
from ...models.receptions import Reception, ReceptionLine
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Trip
from ...models.vehicles import Vehicle
from . import crews
from .load_classes import Cargo, LoadClass
from .storage import ZoneRoom

# A round that never was received for this long is somebody's case to clear up, not the planner's.
_STILL_COMING = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Store:
    """What a platform may still take in. `limited_by`: quota or storage, whichever ends first."""

    zones: list[ZoneRoom]
    incoming_g: dict[str, int]
    total_left_g: int | None
    limited_by: str


@dataclass(slots=True)
class DayFacts:
    """One day: who waits with what, who may fetch it with which vehicle and people, where it fits."""

    service_on: date
    requests: list[PickupRequest]
    cargo: dict[UUID, list[Cargo]]
    platforms: dict[UUID, Organisation]
    serves: dict[str, list[UUID]]  # county -> platforms, its own first
    contracts: dict[UUID, list[organisations.Contract]]
    planned_codes: dict[UUID, set[str]]
    permits: dict[UUID, list[PermitView]]
    fleet: list[Vehicle]
    licences: dict[UUID, frozenset[str]]
    crews: dict[UUID, tuple[UUID, UUID]]
    stores: dict[UUID, Store]
    matrix: Matrix
    limits: dict[str, int]
    region: str

    def leave_out(self, plates: frozenset[str]) -> None:
        """Let these vehicles stay in the yard."""
        self.fleet = [vehicle for vehicle in self.fleet if vehicle.plate not in plates]

    def put_off(self, days: Mapping[UUID, date]) -> list[tuple[UUID, date]]:
        """Let these requests wait for their days; those that were here, with the day."""
        waiting = [(row.id, days[row.id]) for row in self.requests if row.id in days]
        self.requests = [row for row in self.requests if row.id not in days]
        return waiting

    def partitioned_for(self, row: PickupRequest) -> bool:
        """Whether a vehicle with partitions could come for this request today."""
        signed = {contract.platform_id for contract in self.contracts.get(row.enterprise_id, [])}
        return any(vehicle.partitioned and vehicle.platform_id in signed for vehicle in self.fleet)


def read(session: Session, service_on: date, *, ready_by: date | None = None) -> DayFacts:
    """Everything about a day except the roads. `ready_by`: also the requests that are ready by then."""
    waiting = requests.open_requests(session, ready_by=ready_by or service_on)
    platforms = {row.id: row for row in organisations.organisations_of(session, "platform")}
    firms = sorted({row.enterprise_id for row in waiting})
    licences_held = permits.permits_of(session, list(platforms))
    fleet, crew = fleet_of(session, list(platforms), service_on)
    return DayFacts(
        service_on=service_on,
        requests=waiting,
        cargo=_cargo(session, waiting, service_on),
        platforms=platforms,
        serves=_serves(session, platforms),
        contracts=organisations.contracts_in_force(session, enterprise_ids=firms, on=service_on),
        planned_codes=organisations.planned_codes(session, enterprise_ids=firms, year=service_on.year),
        permits=licences_held,
        fleet=fleet,
        licences=vehicles.licensed_categories(session, [row.id for row in fleet]),
        crews=crew,
        stores=_stores(session, platforms, licences_held, service_on),
        matrix=matrix_of(session),
        limits=reference.legal_limits(session, service_on),
        region=region_of(session),
    )


def covers(held: list[PermitView], waste_code: str, on: date) -> bool:
    """Whether any of the licences names the waste and is in force that day."""
    return any(in_force(permit, on) and names_waste(permit, waste_code) for permit in held)


def _cargo(session: Session, waiting: list[PickupRequest], on: date) -> dict[UUID, list[Cargo]]:
    ids = [row.id for row in waiting]
    rows: list[tuple[Container, Batch]] = []
    for start in range(0, len(ids), 500):
        query = (
            select(Container, Batch)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.request_id.in_(ids[start : start + 500]), Container.state == "labelled")
            .order_by(Container.label_code)
        )
        rows.extend((container, batch) for container, batch in session.execute(query))
    found: dict[UUID, list[Cargo]] = defaultdict(list)
    for (container, _), cargo in zip(rows, cargo_of(session, rows, on), strict=True):
        assert container.request_id is not None
        found[container.request_id].append(cargo)
    return dict(found)


def cargo_of(session: Session, rows: Sequence[tuple[Container, Batch]], on: date) -> list[Cargo]:
    """Containers with their batches as the planner needs them, in their order."""
    kinds = reference.container_types(session, on)
    codes = reference.waste_codes(session, {batch.waste_code for _, batch in rows})
    found = []
    for container, batch in rows:
        kind = kinds[container.container_type]
        group = codes[batch.waste_code].group_for(batch.form) or ""
        found.append(
            Cargo(
                container_id=container.id,
                load_class=LoadClass(group, batch.waste_code, batch.hazards),
                mass_g=container.mass_g,
                gross_g=container.mass_g + kind.tare_g,
                volume_l=kind.volume_l,
                places_milli=kind.floor_places_milli,
            )
        )
    return found


def matrix_of(session: Session) -> Matrix:
    """Which segregation groups may share a trip."""
    return Matrix({pair: Relation(rel) for pair, rel in reference.matrix(session).items()})


def _serves(session: Session, platforms: dict[UUID, Organisation]) -> dict[str, list[UUID]]:
    query = select(PlatformCounty).where(PlatformCounty.platform_id.in_(list(platforms)))
    found: dict[str, list[UUID]] = defaultdict(list)
    for row in session.scalars(query.order_by(PlatformCounty.rank, PlatformCounty.platform_id)):
        found[row.county_code].append(row.platform_id)
    return dict(found)


def fleet_of(
    session: Session, platform_ids: list[UUID], on: date
) -> tuple[list[Vehicle], dict[UUID, tuple[UUID, UUID]]]:
    """Vehicles that are free that day and have a crew, and their crews."""
    busy_vehicles, busy_people = route_plans.busy_on(session, on)
    ready = [
        row
        for row in vehicles.vehicles_of(session, platform_ids, use="collection")
        if row.permit_valid_until_on >= on and row.id not in busy_vehicles
    ]
    people = vehicles.crew_of(session, platform_ids, certified_on=on)
    manned: dict[UUID, tuple[UUID, UUID]] = {}
    for platform_id in platform_ids:
        manned |= crews.pair(
            (row for row in ready if row.platform_id == platform_id),
            (row for row in people if row.platform_id == platform_id),
            busy_people,
        )
    return [row for row in ready if row.id in manned], manned


def _stores(
    session: Session,
    platforms: dict[UUID, Organisation],
    licences_held: dict[UUID, list[PermitView]],
    on: date,
) -> dict[UUID, Store]:
    ids = list(platforms)
    zones_of = zones.zones_of(session, ids)
    zone_ids = [zone.id for owned in zones_of.values() for zone in owned]
    groups = zones.zone_groups(session, zone_ids)
    standing = zones.zone_stock_g(session, zone_ids)
    held = stock_g(session, ids)
    coming = _incoming(session, ids, on)
    used = _taken_in_g(session, ids, on)
    made: dict[UUID, Store] = {}
    for key, platform in platforms.items():
        on_the_way = sum(coming[key].values())
        room = {
            "storage": _left(platform.storage_capacity_g, held.get(key, 0) + on_the_way),
            "quota": _left(_quota_g(platform, licences_held.get(key, []), on), used.get(key, 0) + on_the_way),
        }
        known = {name: left for name, left in room.items() if left is not None}
        tightest = min(known, key=lambda name: (known[name], name), default="storage")
        made[key] = Store(
            zones=[
                ZoneRoom(max(zone.capacity_g - standing[zone.id], 0), groups[zone.id])
                for zone in zones_of[key]
            ],
            incoming_g=coming[key],
            total_left_g=known.get(tightest),
            limited_by=tightest,
        )
    return made


def _left(limit_g: int | None, used_g: int) -> int | None:
    return None if limit_g is None else max(limit_g - used_g, 0)


def _quota_g(platform: Organisation, held: list[PermitView], on: date) -> int | None:
    """The tightest yearly quantity that binds the platform: of the unit itself or of its licences."""
    licensed = [permit.annual_quota_g for permit in held if in_force(permit, on)]
    of_licences = (
        sum(quota for quota in licensed if quota is not None) if licensed and None not in licensed else None
    )
    known = [quota for quota in (platform.annual_quota_g, of_licences) if quota is not None]
    return min(known, default=None)


def _incoming(session: Session, ids: list[UUID], on: date) -> dict[UUID, dict[str, int]]:
    """What live rounds are still to bring or have not yet weighed in, by platform and group."""
    query = (
        select(Round.platform_id, Batch.waste_code, Batch.form, func.sum(Container.mass_g))
        .join(Trip, Trip.round_id == Round.id)
        .join(Container, Container.trip_id == Trip.id)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Round.platform_id.in_(ids),
            Round.service_on >= on - _STILL_COMING,
            Round.state.in_(route_plans.LIVE_ROUND),
            Container.state.in_(("labelled", "loaded", "refused_on_arrival")),
        )
        .group_by(Round.platform_id, Batch.waste_code, Batch.form)
    )
    rows = session.execute(query).all()
    codes = reference.waste_codes(session, {row[1] for row in rows})
    found: dict[UUID, dict[str, int]] = {key: {} for key in ids}
    for platform_id, code, form, mass_g in rows:
        group = codes[code].group_for(form) or ""
        found[platform_id][group] = found[platform_id].get(group, 0) + int(mass_g)
    return found


def _taken_in_g(session: Session, ids: list[UUID], on: date) -> dict[UUID, int]:
    """Grams each platform accepted since the first of January, for its yearly quantity."""
    since: datetime = calendar.at_time(on.replace(month=1, day=1), 0)
    query = (
        select(Reception.organisation_id, func.sum(ReceptionLine.weighed_g))
        .join(ReceptionLine, ReceptionLine.reception_id == Reception.id)
        .where(
            Reception.organisation_id.in_(ids),
            Reception.arrived_at >= since,
            ReceptionLine.decision == "accepted",
        )
        .group_by(Reception.organisation_id)
    )
    return {key: int(total) for key, total in session.execute(query)}


def region_of(session: Session) -> str:
    """The region whose roads are driven; one database serves one city."""
    return session.scalars(select(reference.Region.code).order_by(reference.Region.code)).first() or ""
