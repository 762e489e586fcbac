"""What rides with a round now, and what of it has been weighed in. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...models import batches, reference
from ...models import manifests as manifest_rows
from ...models import receptions as reception_rows
from ...models import route_plans as round_rows
from ...models import waybills as waybill_rows
from ...models.batches import Container
from ...models.manifests import Manifest
from ...models.receptions import ReceptionLine
from ...models.reference import WasteCode
from ...models.route_plans import Round, Trip, full_round


@dataclass(frozen=True, slots=True)
class CarriedPapers:
    """The crew's copy of its load's papers. `waybills`: numbers by trip."""

    round: Round
    trips: list[Trip]
    manifests: list[Manifest]
    containers: list[Container]
    names: dict[str, WasteCode]
    waybills: dict[UUID, str] = field(default_factory=dict)

    @property
    def mass_g(self) -> int:
        return sum(row.mass_g for row in self.containers)


def carried_papers(session: Session, *, actor: Actor, round_id: UUID) -> CarriedPapers:
    """Of a round that the actor drives. Raises NotFound."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    round_rows.require_crew({row.id: row}, row.id, actor)
    trips = [trip for trip in row.trips if trip.state == "under_way"]
    ids = [trip.id for trip in trips]
    aboard = [each for each in batches.containers_of_trips(session, ids) if each.state == "loaded"]
    movers = {each.batch.enterprise_id for each in aboard}
    papers = [paper for each in manifest_rows.manifests_of_trips(session, ids).values() for paper in each]
    return CarriedPapers(
        round=row,
        trips=trips,
        manifests=[p for p in papers if p.loaded_at is not None or p.mover_out_id in movers],
        containers=aboard,
        names=reference.waste_codes(session, {each.batch.waste_code for each in aboard}),
        waybills={
            key: paper.waybill_no for key, paper in waybill_rows.waybills_of_trips(session, ids).items()
        },
    )


@dataclass(frozen=True, slots=True)
class Unloading:
    """One trip back at the platform. `decided`: what the gate has said, by container."""

    trip: Trip
    waiting: list[Container]
    decided: list[ReceptionLine]

    @property
    def refused(self) -> list[ReceptionLine]:
        return [line for line in self.decided if line.decision == "refused"]

    @property
    def count(self) -> int:
        return len(self.waiting) + len(self.decided)


def unloading(
    session: Session, *, actor: Actor, round_id: UUID
) -> tuple[Round, list[Unloading], dict[str, WasteCode]]:
    """The trips of a round that have come back, the last first. Raises NotFound."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    round_rows.require_crew({row.id: row}, row.id, actor)
    trips = [trip for trip in row.trips if trip.state in ("arrived", "received")]
    receptions = reception_rows.receptions_of_trips(session, [trip.id for trip in trips])
    lines = reception_rows.lines_of(session, [each.id for each in receptions.values()])
    aboard = [c for c in batches.containers_of_trips(session, [t.id for t in trips]) if c.state == "loaded"]
    found = []
    for trip in reversed(trips):
        reception = receptions.get(trip.id)
        decided = lines[reception.id] if reception else []
        said = {line.container_id for line in decided}
        waiting = [each for each in aboard if each.trip_id == trip.id and each.id not in said]
        found.append(Unloading(trip, waiting, decided))
    names = reference.waste_codes(session, {each.batch.waste_code for each in aboard})
    return row, found, names
