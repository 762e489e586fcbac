"""What the crew looks at on the phone: its rounds, the stop before it. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from ..domain.actors import Actor
from ..domain.errors import NotFound
from ..models import requests as request_rows
from ..models import route_plans as round_rows
from ..models.batches import Batch, Container
from ..models.manifests import Manifest, manifests_of_stops
from ..models.reference import WasteCode, waste_codes
from ..models.route_plans import Round, Stop, Trip, full_round
from ..models.scans import Scan, accepted_scans
from ..models.vehicles import CrewMember

SHOWN = ("published", "under_way", "finished")
ROUNDS_MAX = 10


@dataclass(frozen=True, slots=True)
class CabDay:
    """The crew's rounds: `now` the one to drive (under way before waiting), then the others."""

    person: CrewMember | None
    now: Round | None
    others: list[Round]
    containers: int = 0  # on board of `now`
    mass_g: int = 0


@dataclass(frozen=True, slots=True)
class CabStop:
    """One gate: what should stand there, what happened to it so far.

    `refused`: the last accepted refusal of a container that is not on board, by container.
    """

    round: Round
    trip: Trip
    stop: Stop
    containers: list[Container]
    names: dict[str, WasteCode]
    refused: dict[UUID, Scan]
    manifest: Manifest | None

    @property
    def loaded(self) -> list[Container]:
        return [row for row in self.containers if row.state == "loaded"]

    @property
    def loaded_g(self) -> int:
        return sum(row.mass_g for row in self.loaded)


def my_day(session: Session, *, actor: Actor, today: date) -> CabDay:
    """The rounds that the signed-in driver or escort is on: under way, of today, or to come."""
    actor.require("round.drive")
    person = session.scalar(select(CrewMember).where(CrewMember.user_id == actor.user_id))
    if actor.user_id is None or person is None:
        return CabDay(None, None, [])
    query = (
        select(Round.id)
        .where(
            Round.platform_id == actor.organisation_id,
            or_(Round.driver_id == person.id, Round.escort_id == person.id),
            or_(Round.state == "under_way", Round.service_on >= today),
            Round.state.in_(SHOWN),
        )
        .order_by(Round.service_on, Round.round_no)
        .limit(ROUNDS_MAX)
    )
    rows = [full_round(session, key) for key in session.scalars(query)]
    rows.sort(key=lambda row: (SHOWN.index(row.state) != 1, row.state == "finished", row.service_on))
    if not rows:
        return CabDay(person, None, [])
    containers, mass_g = on_board(session, [trip.id for trip in rows[0].trips])
    return CabDay(person, rows[0], rows[1:], containers, mass_g)


def my_round(session: Session, *, actor: Actor, round_id: UUID) -> Round:
    """A round down to the firms. Raises NotFound unless the actor is on it."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    return round_rows.require_crew({row.id: row}, row.id, actor)


def my_stop(session: Session, *, actor: Actor, stop_id: UUID) -> CabStop:
    """A gate of a round that the actor is on. Raises NotFound."""
    actor.require("round.drive")
    trip_round = select(Trip.round_id).join(Stop, Stop.trip_id == Trip.id).where(Stop.id == stop_id)
    round_id = session.scalar(trip_round)
    if round_id is None:
        raise NotFound("object.not_found")
    row = my_round(session, actor=actor, round_id=round_id)
    trip, stop = next((t, s) for t in row.trips for s in t.stops if s.id == stop_id)
    containers = _containers(session, stop)
    board = {each.id for each in containers if each.state == "loaded"}
    refused: dict[UUID, Scan] = {}
    for scan in accepted_scans(session, row.id):
        if scan.container_id is None or scan.container_id in board:
            continue
        if scan.kind == "refuse":
            refused[scan.container_id] = scan
        else:
            refused.pop(scan.container_id, None)
    return CabStop(
        round=row,
        trip=trip,
        stop=stop,
        containers=containers,
        names=waste_codes(session, {each.batch.waste_code for each in containers}),
        refused=refused,
        manifest=manifests_of_stops(session, [stop.id]).get(stop.id),
    )


def _containers(session: Session, stop: Stop) -> list[Container]:
    """What the request asks to fetch; of a stop that was left, what was taken and what stayed."""
    found = request_rows.containers_on(session, [stop.request_id])
    if stop.state != "partly_done":
        return found
    query = (
        select(Container)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Container.trip_id == stop.trip_id,
            Container.request_id.is_(None),
            Batch.enterprise_id == stop.request.enterprise_id,
        )
        .options(joinedload(Container.batch))
        .order_by(Container.label_code)
    )
    return found + list(session.scalars(query))


def on_board(session: Session, trip_ids: Sequence[UUID]) -> tuple[int, int]:
    """Containers and grams that some trips carry now."""
    query = select(func.count(Container.id), func.coalesce(func.sum(Container.mass_g), 0)).where(
        Container.trip_id.in_(trip_ids), Container.state == "loaded"
    )
    count, mass_g = session.execute(query).one()
    return int(count), int(mass_g)
