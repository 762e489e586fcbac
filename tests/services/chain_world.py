"""A small chain with waste at every station, built once through the services: plain functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import firms
from tests.services import facility_world as facility
from tests.services import planning_world as planning
from tests.services.facility_world import OIL, RAGS
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch, Container
from wastehub.models.organisations import Organisation, organisation_by_code
from wastehub.models.requests import PickupRequest

NOW = facility.GATE + timedelta(hours=8)
COUNTY, OTHER_COUNTY = "330411", "330481"
REGULATOR = Actor(author="user:regulator", role="regulator")

# What becomes of each firm's drums, in the order of their labels.
LOADS = {
    "treated": [(OIL, (150_000, 100_000))],  # the first treated, the second at the plant
    "differing": [(OIL, (150_000, 150_000))],  # 751 g short, at the plant; 1000 g surplus, in store
    "refused": [(RAGS, (80_000,))],  # on the vehicle
    "undecided": [(RAGS, (60_000,))],  # on the vehicle, its manifest waits
}


@dataclass(frozen=True)
class Chain:
    """The firms by what became of their waste; besides LOADS `waiting` (a request) and `elsewhere`."""

    database: Database
    firms: dict[str, UUID]
    batches: dict[str, UUID]
    containers: dict[str, list[UUID]]
    lot_id: UUID
    treatment_id: UUID
    trip_ids: list[UUID]

    def desk(self, session: Session, name: str) -> Actor:
        """Somebody at a firm."""
        return firms.actor_of(session.get_one(Organisation, self.firms[name]))

    def label(self, session: Session, name: str, number: int = 0) -> str:
        return session.get_one(Container, self.containers[name][number]).label_code


def platform(session: Session, county: str = COUNTY) -> Actor:
    return firms.dispatcher(session, county)


def plant(session: Session, code: str = "JX-D90") -> Actor:
    found = organisation_by_code(session, code)
    assert found is not None
    return firms.actor_of(found)


def county_regulator(county: str = COUNTY) -> Actor:
    return Actor(author="user:county", role="regulator", county_code=county)


def build(database: Database) -> Chain:
    """Everything through the services, so that the ledger is a real one."""
    owners: dict[str, UUID] = {}
    with database.transaction() as session:
        for serial, (name, loads) in enumerate(LOADS.items(), 1):
            owners[name] = planning.firm_with_requests(session, serial, *loads).enterprise_id
    planning.published(database)
    trips = facility.drive(database)
    containers = _containers(database, owners)
    _weigh_in(database, trips, containers)
    chosen = [*containers["treated"], containers["differing"][0]]
    lot_id = facility.shipped(database, facility.opened(database, chosen))
    weighed = zip(chosen, (150_300, 100_000, 149_249), strict=True)
    facility.lot_received(database, lot_id, *(Decision(key, grams) for key, grams in weighed))
    treatment_id = facility.treated(database, containers["treated"][:1])
    with database.transaction() as session:
        request: PickupRequest = planning.firm_with_requests(session, 5, (OIL, (50_000,)))
        owners["waiting"] = request.enterprise_id
        other = firms.enrolled(session, 6, county_code=OTHER_COUNTY)
        firms.registered(session, other, 40_000)
        owners["elsewhere"] = other.id
    containers = _containers(database, owners)
    with database.reading() as session:
        batches = {name: session.get_one(Container, keys[0]).batch_id for name, keys in containers.items()}
    return Chain(database, owners, batches, containers, lot_id, treatment_id, trips)


def _containers(database: Database, owners: dict[str, UUID]) -> dict[str, list[UUID]]:
    def of(session: Session, owner: UUID) -> list[UUID]:
        query = select(Container.id).join(Batch).where(Batch.enterprise_id == owner)
        return list(session.scalars(query.order_by(Container.label_code)))

    with database.reading() as session:
        return {name: of(session, owner) for name, owner in owners.items()}


def _weigh_in(database: Database, trips: list[UUID], containers: dict[str, list[UUID]]) -> None:
    first, second = containers["treated"]
    short, surplus = containers["differing"]
    said: dict[UUID, Callable[[UUID], Decision]] = {
        first: lambda key: Decision(key, 150_400),
        second: lambda key: Decision(key, 100_000),
        short: lambda key: Decision(key, 149_249),
        surplus: lambda key: Decision(key, 151_000),
        containers["refused"][0]: lambda key: Decision(key, None, "refused", "not_licensed"),
    }
    for trip_id in trips:
        with database.reading() as session:
            aboard = [row.id for row in facility.aboard(session, trip_id)]
        decided = [said[key](key) for key in aboard if key in said]
        if decided:
            facility.receive(database, trip_id, *decided, close=len(decided) == len(aboard))
    facility.put_away(database, surplus)
