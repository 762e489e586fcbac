"""The crew shows an officer the papers of its load: a link for half an hour, without sign-in (F22, F70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import roadside
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..domain.roadside import PassVerdict
from ..models import route_plans as round_rows
from ..models.batches import Container, containers_of_trips
from ..models.manifests import Manifest, manifests_of_trips
from ..models.reference import WasteCode, waste_codes
from ..models.roadside import RoadsideOpening, RoadsidePass
from ..models.route_plans import Round, Trip


@dataclass(frozen=True, slots=True)
class LoadPapers:
    """What lies before an officer: vehicle and crew, the manifests under way, what is on board."""

    round: Round
    trips: list[Trip]
    manifests: list[Manifest]
    containers: list[Container]
    names: dict[str, WasteCode]

    @property
    def mass_g(self) -> int:
        return sum(row.mass_g for row in self.containers)

    def require_trip(self, trip_id: UUID) -> None:
        """Raises NotFound("roadside.not_of_load") for a trip that is not under way with this load."""
        if trip_id not in {trip.id for trip in self.trips}:
            raise NotFound("roadside.not_of_load")

    def require_manifest(self, manifest_id: UUID) -> None:
        """Raises NotFound("roadside.not_of_load") for a manifest of nothing on board."""
        if manifest_id not in {paper.id for paper in self.manifests}:
            raise NotFound("roadside.not_of_load")


def show(session: Session, *, actor: Actor, round_id: UUID, now: datetime) -> RoadsidePass:
    """A new link to the papers of a round that is under way.

    Raises Forbidden, NotFound, Conflict (roadside.not_on_the_road, roadside.too_many).
    """
    row = _own_round(session, actor, round_id)
    if row.state != "under_way":
        raise Conflict("roadside.not_on_the_road", round_no=row.round_no)
    alive = [each for each in _passes(session, round_id) if _verdict(each, now) == "shown"]
    if len(alive) >= roadside.ALIVE_MAX:
        raise Conflict("roadside.too_many", most=roadside.ALIVE_MAX)
    made = RoadsidePass(
        id=new_id(session, now),
        round_id=row.id,
        shown_by=actor.author,
        shown_at=now,
        expires_at=now + roadside.VALID_FOR,
    )
    session.add(made)
    session.flush()
    _log(session, "roadside.shown", actor, row, made, now)
    return made


def revoke(session: Session, *, actor: Actor, pass_id: UUID, now: datetime) -> RoadsidePass:
    """Withdraw a link. Doing it again changes nothing. Raises Forbidden, NotFound."""
    actor.require("roadside.show")
    made = session.get(RoadsidePass, pass_id, with_for_update=True)
    if made is None:
        raise NotFound("object.not_found")
    row = _own_round(session, actor, made.round_id)
    if made.revoked_at is None:
        made.revoked_at, made.revoked_by = now, actor.author
        session.flush()
        _log(session, "roadside.revoked", actor, row, made, now)
    return made


def _log(session: Session, kind: str, actor: Actor, row: Round, made: RoadsidePass, now: datetime) -> None:
    facts = {"pass": str(made.id), "until": made.expires_at.isoformat(), "vehicle": row.vehicle.plate}
    event = ledger.Event(
        type=kind, author=actor.author, site=row.platform.site, at=now, subject=row.round_no, facts=facts
    )
    ledger.append(session, [event], now=now)


def _own_round(session: Session, actor: Actor, round_id: UUID) -> Round:
    actor.require("roadside.show")
    found = round_rows.rounds_by_id(session, [round_id])
    return round_rows.require_crew(found, round_id, actor)


def _passes(session: Session, round_id: UUID) -> list[RoadsidePass]:
    query = select(RoadsidePass).where(RoadsidePass.round_id == round_id)
    return list(session.scalars(query.order_by(RoadsidePass.shown_at.desc())))


def _verdict(made: RoadsidePass, now: datetime) -> PassVerdict:
    return roadside.verdict(expires_at=made.expires_at, revoked_at=made.revoked_at, now=now)


def alive(
    session: Session, *, actor: Actor, round_id: UUID, now: datetime
) -> tuple[Round, list[tuple[RoadsidePass, int]]]:
    """The links of a round that still open, the newest first, each with how often it was opened."""
    row = _own_round(session, actor, round_id)
    found = [each for each in _passes(session, round_id) if _verdict(each, now) == "shown"]
    counts = dict(
        session.execute(
            select(RoadsideOpening.pass_id, func.count())
            .where(RoadsideOpening.pass_id.in_([each.id for each in found]))
            .group_by(RoadsideOpening.pass_id)
        ).all()
    )
    return row, [(each, int(counts.get(each.id, 0))) for each in found]


def open_pass(
    session: Session, *, pass_id: UUID, now: datetime
) -> tuple[PassVerdict, RoadsidePass, LoadPapers | None]:
    """What a link shows now; that it was opened is written down. Raises NotFound for one never given."""
    made = session.get(RoadsidePass, pass_id)
    if made is None:
        raise NotFound("roadside.forged")
    verdict = _verdict(made, now)
    before = select(func.count()).select_from(RoadsideOpening).where(RoadsideOpening.pass_id == made.id)
    if (session.scalar(before) or 0) < roadside.OPENINGS_LOGGED_MAX:
        opening = RoadsideOpening(id=new_id(session, now), pass_id=made.id, opened_at=now, verdict=verdict)
        session.add(opening)
        session.flush()
    return verdict, made, _papers(session, made.round_id) if verdict == "shown" else None


def _papers(session: Session, round_id: UUID) -> LoadPapers:
    row = round_rows.full_round(session, round_id)
    under_way = [trip for trip in row.trips if trip.state == "under_way"]
    trips = [trip.id for trip in under_way]
    aboard = [each for each in containers_of_trips(session, trips) if each.state == "loaded"]
    movers = {each.batch.enterprise_id for each in aboard}
    papers = [paper for each in manifests_of_trips(session, trips).values() for paper in each]
    return LoadPapers(
        round=row,
        trips=under_way,
        # What still waits at a firm's gate is no paper of this load.
        manifests=[each for each in papers if each.loaded_at is not None or each.mover_out_id in movers],
        containers=aboard,
        names=waste_codes(session, {each.batch.waste_code for each in aboard}),
    )
