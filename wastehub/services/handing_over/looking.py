"""What was confirmed and changed at gates, for firm, office and manifest. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from ...domain import reasons
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import handing_over as rows
from ...models import requests as request_rows
from ...models.batches import Batch, Container
from ...models.handing_over import AgreedChange, HandOver, HandOverCode
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, Trip
from ...models.scans import Scan, photos_known

LEFT = ("done", "partly_done")
UNCONFIRMED_MAX = 200


@dataclass(frozen=True, slots=True)
class HandingOver:
    """What happened between driver and firm at one stop. `photos`: hashes whose picture has arrived."""

    confirmations: list[HandOver]
    changes: list[AgreedChange]
    photos: frozenset[str]

    def said(self, stop: Stop) -> bool:
        """Whether there is something to say of the stop: a confirmation, a change, why nobody signed."""
        return bool(self.confirmations or self.changes) or stop.outcome_reason in reasons.UNCONFIRMED

    @property
    def last(self) -> HandOver | None:
        return self.confirmations[-1] if self.confirmations else None


@dataclass(frozen=True, slots=True)
class FirmStop:
    """One visit for a request as the firm sees it. `code`: the newest that still holds."""

    stop: Stop
    on_the_way: bool
    code: HandOverCode | None
    what: HandingOver


@dataclass(frozen=True, slots=True)
class GateRefusal:
    """A container that the crew did not take, with the reason."""

    scan: Scan
    container: Container
    request_id: UUID


@dataclass(frozen=True, slots=True)
class UnconfirmedStop:
    """A gate that was left with something on board and without a confirmation."""

    stop: Stop
    round: Round


def of_stops(session: Session, *, actor: Actor, stop_ids: Iterable[UUID]) -> dict[UUID, HandingOver]:
    """Confirmations and changes of stops whose page the actor is looking at; each stop has an answer."""
    actor.require("hand_over.view")
    return at_stops(session, stop_ids)


def at_stops(session: Session, stop_ids: Iterable[UUID]) -> dict[UUID, HandingOver]:
    """The same for whoever may see the manifests of the stops, which is asked there."""
    wanted = list(stop_ids)
    confirmed, changed = rows.hand_overs_of(session, wanted), rows.changes_of(session, wanted)
    named = [row.photo_sha256 for each in confirmed.values() for row in each if row.photo_sha256]
    named += [row.photo_sha256 for each in changed.values() for row in each if row.photo_sha256]
    photos = frozenset(photos_known(session, named)) if named else frozenset()
    return {key: HandingOver(confirmed.get(key, []), changed.get(key, []), photos) for key in wanted}


def firm_stops(session: Session, *, actor: Actor, request_id: UUID, now: datetime) -> list[FirmStop]:
    """The visits for a request that are on the road or were made, the newest first. Raises NotFound."""
    actor.require("hand_over.view")
    request = request_rows.request_by_id(session, request_id)
    if request is None:
        raise NotFound("object.not_found")
    query = (
        select(Stop, Round.state)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .where(Stop.request_id == request_id, Stop.state != "cancelled")
        .order_by(Round.service_on.desc(), Stop.id)
    )
    found = [(stop, state) for stop, state in session.execute(query)]
    known = of_stops(session, actor=actor, stop_ids=[stop.id for stop, _ in found])
    return [
        FirmStop(stop, away, _code_in_force(session, stop, now) if away else None, known[stop.id])
        for stop, state in found
        for away in (stop.state == "planned" and state == "under_way",)
    ]


def _code_in_force(session: Session, stop: Stop, now: datetime) -> HandOverCode | None:
    shown = rows.codes_of_stop(session, stop.id)
    return next((row for row in shown if row.used_at is None and row.valid_until_at > now), None)


def refused_at_gate(
    session: Session, *, actor: Actor, since_at: datetime, request_id: UUID | None = None
) -> list[GateRefusal]:
    """What crews refused at the gate since a moment and what is still there, the newest first (F66).

    The firm's own, or those of one request for whoever sees it. What it asks to fetch again is left out.
    """
    actor.require("hand_over.view")
    query = (
        select(Scan, Container, Stop.request_id)
        .join(Container, Container.id == Scan.container_id)
        .join(Batch, Batch.id == Container.batch_id)
        .join(Stop, Stop.id == Scan.stop_id)
        .where(
            Scan.kind == "refuse",
            Scan.outcome == "accepted",
            Scan.scanned_at >= since_at,
            Container.state.in_(("registered", "labelled")),
            or_(Container.request_id.is_(None), Container.request_id == Stop.request_id),
        )
        .options(contains_eager(Container.batch))
        .order_by(Scan.scanned_at.desc(), Scan.id)
    )
    if request_id is None:
        query = query.where(Batch.enterprise_id == actor.organisation_id)
    else:
        query = query.where(Stop.request_id == request_id)
    newest: dict[UUID, GateRefusal] = {}
    for scan, container, asked in session.execute(query):
        newest.setdefault(container.id, GateRefusal(scan, container, asked))
    return list(newest.values())


def unconfirmed_stops(session: Session, *, actor: Actor, since_on: date) -> list[UnconfirmedStop]:
    """The platform's gates that were left loaded and unconfirmed, the newest first.

    Of those without a reason only what was left after the platform's first confirmation: before that its
    crews had no phone to confirm on.
    """
    actor.require("hand_over.view")
    begun_at = (
        select(func.min(HandOver.confirmed_at))
        .join(Stop, Stop.id == HandOver.stop_id)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .where(Round.platform_id == actor.organisation_id)
    )
    first_at = session.scalar(begun_at)
    counted: ColumnElement[bool] = Stop.outcome_reason.in_(list(reasons.UNCONFIRMED))
    if first_at is not None:
        counted = or_(counted, Stop.closed_at >= first_at)
    query = (
        select(Stop, Round)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .where(
            Round.platform_id == actor.organisation_id,
            Round.service_on >= since_on,
            Stop.state.in_(LEFT),
            ~exists().where(HandOver.stop_id == Stop.id),
            counted,
        )
        .options(joinedload(Stop.request).joinedload(PickupRequest.enterprise), joinedload(Round.vehicle))
        .order_by(Stop.closed_at.desc(), Stop.id)
        .limit(UNCONFIRMED_MAX)
    )
    return [UnconfirmedStop(stop, row) for stop, row in session.execute(query)]
