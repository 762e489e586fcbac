"""What moves on the road: the load of a collection round, or a lot on its way from a platform to a plant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import roles
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import lots as lot_rows
from ...models import route_plans as round_rows
from ...models.batches import Container, containers_of_trips
from ...models.lots import Lot
from ...models.manifests import Manifest, manifests_of_lots, manifests_of_trips
from ...models.organisations import Organisation
from ...models.reference import WasteCode, waste_codes
from ...models.roadside import RoadsidePass
from ...models.route_plans import Round, Trip
from ...models.vehicles import CrewMember, Vehicle

OF_ROUNDS, OF_LOTS = "roadside.show", "roadside.show_lot"


@dataclass(frozen=True, slots=True)
class Load:
    """What a link speaks for: a round or a lot, one of the two, with what moves it."""

    round: Round | None
    lot: Lot | None
    vehicle: Vehicle | None
    driver: CrewMember | None
    escort: CrewMember | None

    @property
    def carrier(self) -> Organisation:
        found = self.round or self.lot
        assert found is not None
        return found.platform

    @property
    def number(self) -> str:
        """The number of the round or of the lot."""
        return self.round.round_no if self.round else self.lot.lot_no if self.lot else ""

    @property
    def under_way(self) -> bool:
        if self.round is not None:
            return self.round.state == "under_way"
        return self.lot is not None and self.lot.state == "shipped"


@dataclass(frozen=True, slots=True)
class LoadPapers:
    """What lies before an officer: vehicle and crew, the manifests under way, what is on board."""

    load: Load
    manifests: list[Manifest]
    containers: list[Container]
    names: dict[str, WasteCode]
    trips: list[Trip] = field(default_factory=list)

    @property
    def mass_g(self) -> int:
        return sum(row.mass_g for row in self.containers)

    def require_trip(self, trip_id: UUID) -> Round:
        """The round. Raises NotFound("roadside.not_of_load") for a trip not under way with this load."""
        if self.load.round is None or trip_id not in {trip.id for trip in self.trips}:
            raise NotFound("roadside.not_of_load")
        return self.load.round

    def require_lot(self) -> Lot:
        """The lot. Raises NotFound("roadside.not_of_load") for the load of a round."""
        if self.load.lot is None:
            raise NotFound("roadside.not_of_load")
        return self.load.lot

    def require_manifest(self, manifest_id: UUID) -> None:
        """Raises NotFound("roadside.not_of_load") for a manifest of nothing on board."""
        if manifest_id not in {paper.id for paper in self.manifests}:
            raise NotFound("roadside.not_of_load")


def own_round(session: Session, actor: Actor, round_id: UUID) -> Load:
    """A round that the actor is on. Raises Forbidden, NotFound."""
    actor.require(OF_ROUNDS)
    found = round_rows.rounds_by_id(session, [round_id])
    return _load_of_round(round_rows.require_crew(found, round_id, actor))


def own_lot(session: Session, actor: Actor, lot_id: UUID) -> Load:
    """A lot of the actor's platform; for a driver, one that he or she carries. Raises Forbidden, NotFound."""
    actor.require(OF_LOTS)
    lot = lot_rows.lots_by_id(session, [lot_id]).get(lot_id)
    if lot is None:
        raise NotFound("object.not_found")
    actor.require_own(lot.platform_id)
    load = _load_of_lot(session, lot)
    if not _carries(actor, (load.driver, load.escort)):
        raise NotFound("object.not_found")
    return load


def _carries(actor: Actor, crew: Sequence[CrewMember | None]) -> bool:
    """Whether a driver is on the crew; always true for other roles and for devices."""
    if actor.role != "driver" or actor.user_id is None:
        return True
    return actor.user_id in {person.user_id for person in crew if person is not None}


def may_show_lot(actor: Actor, lot: Lot, crew: Sequence[CrewMember | None]) -> bool:
    """Whether this person may show the lot's papers now: for the page that offers the button."""
    allowed = roles.may(actor.role, OF_LOTS) and actor.organisation_id == lot.platform_id
    return allowed and lot.state == "shipped" and _carries(actor, crew)


def _load_of_round(row: Round) -> Load:
    return Load(row, None, row.vehicle, row.driver, row.escort)


def _load_of_lot(session: Session, lot: Lot) -> Load:
    return Load(
        None,
        lot,
        session.get(Vehicle, lot.vehicle_id) if lot.vehicle_id else None,
        session.get(CrewMember, lot.driver_id) if lot.driver_id else None,
        session.get(CrewMember, lot.escort_id) if lot.escort_id else None,
    )


def load_of(session: Session, made: RoadsidePass) -> Load:
    """What a link speaks for."""
    if made.round_id is not None:
        return _load_of_round(round_rows.full_round(session, made.round_id))
    assert made.lot_id is not None, "a link without a load"
    return _load_of_lot(session, lot_rows.lots_by_id(session, [made.lot_id])[made.lot_id])


def papers_of(session: Session, load: Load) -> LoadPapers:
    """What lies before an officer now."""
    if load.lot is not None:
        aboard = lot_rows.containers_of_lots(session, [load.lot.id])[load.lot.id]
        papers = list(manifests_of_lots(session, [load.lot.id]).values())
        return LoadPapers(load, papers, aboard, _names(session, aboard))
    assert load.round is not None
    under_way = [trip for trip in load.round.trips if trip.state == "under_way"]
    trips = [trip.id for trip in under_way]
    aboard = [each for each in containers_of_trips(session, trips) if each.state == "loaded"]
    movers = {each.batch.enterprise_id for each in aboard}
    papers = [paper for each in manifests_of_trips(session, trips).values() for paper in each]
    # What still waits at a firm's gate is no paper of this load.
    moving = [each for each in papers if each.loaded_at is not None or each.mover_out_id in movers]
    return LoadPapers(load, moving, aboard, _names(session, aboard), under_way)


def _names(session: Session, aboard: Sequence[Container]) -> dict[str, WasteCode]:
    return waste_codes(session, {each.batch.waste_code for each in aboard})
