"""Take back what was published: one stop or a whole round. The request returns, its due date stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import manifests, reasons, request_lifecycle
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models.batches import Container
from ...models.manifests import Manifest
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, full_round, live_stop_of
from ...models.versioned import require_version


def send_back(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    reason: str,
    note: str,
    now: datetime,
    version: int | None = None,
) -> PickupRequest:
    """Take a scheduled request off its round before anything was loaded: open again, manifest void.

    Raises NotFound, StaleVersion, InvalidInput (reasons), Conflict: stop.not_planned, stop.partly_loaded.
    """
    actor.require("round.rearrange")
    request = session.get(PickupRequest, request_id)
    if request is None:
        raise NotFound("object.not_found")
    require_version(request, version)
    stop = live_stop_of(session, request_id)
    if stop is None:
        actor.require_own(request.platform_id)
        raise Conflict("stop.not_planned", request_no=request.request_no, state=request.state)
    row = full_round(session, stop.trip.round_id)
    actor.require_own(row.platform_id)
    reasons.require("cancellation", reason, note=note)
    drop(session, row, [stop], actor=actor, reason=reason, note=note, now=now)
    return request


def cancel_round(
    session: Session,
    *,
    actor: Actor,
    round_id: UUID,
    reason: str,
    note: str,
    version: int | None,
    now: datetime,
) -> Round:
    """Cancel a published round, or one under way that has loaded nothing: every request returns.

    Raises NotFound, StaleVersion, InvalidInput (reasons), Conflict: round.not_changeable,
    stop.partly_loaded.
    """
    actor.require("round.rearrange")
    row = full_round(session, round_id)
    actor.require_own(row.platform_id)
    require_version(row, version)
    stops = [stop for trip in row.trips for stop in trip.stops if stop.state != "cancelled"]
    if row.state not in ("published", "under_way") or any(stop.state != "planned" for stop in stops):
        raise Conflict("round.not_changeable", round_no=row.round_no, state=row.state)
    reasons.require("cancellation", reason, note=note)
    drop(session, row, stops, actor=actor, reason=reason, note=note, now=now)
    return row


def drop(
    session: Session,
    row: Round,
    stops: Sequence[Stop],
    *,
    actor: Actor,
    reason: str,
    note: str,
    now: datetime,
) -> None:
    ids = [stop.request_id for stop in stops]
    query = select(Container).where(Container.request_id.in_(ids), Container.trip_id.is_not(None))
    held: dict[UUID, list[Container]] = {}
    for container in session.scalars(query):
        assert container.request_id is not None
        if container.state != "labelled":
            raise Conflict("stop.partly_loaded", label_code=container.label_code, round_no=row.round_no)
        held.setdefault(container.request_id, []).append(container)
    papers = {
        paper.stop_id: paper
        for paper in session.scalars(select(Manifest).where(Manifest.stop_id.in_([s.id for s in stops])))
    }
    events: list[ledger.Event] = []
    for stop in stops:
        for container in held.get(stop.request_id, []):
            container.trip_id = None
        events += _drop_one(row, stop, papers.get(stop.id), actor=actor, reason=reason, note=note, now=now)
    events += _close_empty(row, actor, reason, now)
    session.flush()
    ledger.append(session, events, now=now)


def _drop_one(
    row: Round,
    stop: Stop,
    paper: Manifest | None,
    *,
    actor: Actor,
    reason: str,
    note: str,
    now: datetime,
) -> list[ledger.Event]:
    request = stop.request
    stop.state, stop.outcome_reason, stop.outcome_note, stop.closed_at = "cancelled", reason, note, now
    request.state = request_lifecycle.next_state(request.state, "unschedule")
    site = request.enterprise.site
    events = [
        ledger.Event(
            type="request.rescheduled",
            author=actor.author,
            site=site,
            at=now,
            subject=request.request_no,
            facts={
                "back_to_pool": True,
                "round_no": row.round_no,
                "reason": reason,
                "due_on": request.due_on.isoformat(),
            },
        )
    ]
    if paper is not None:
        paper.state = manifests.next_state(paper.state, "void")
        events.append(
            ledger.Event(
                type="manifest.voided",
                author=actor.author,
                site=site,
                at=now,
                subject=paper.number,
                facts={"reason": reason, "request_no": request.request_no},
            )
        )
    return events


def _close_empty(row: Round, actor: Actor, reason: str, now: datetime) -> list[ledger.Event]:
    """Trips without a stop left are cancelled, and so is a round without a trip left."""
    for trip in row.trips:
        if trip.state == "planned" and all(stop.state == "cancelled" for stop in trip.stops):
            trip.state = "cancelled"
    if not all(trip.state == "cancelled" for trip in row.trips):
        return []
    row.state = "cancelled"
    return [
        ledger.Event(
            type="round.cancelled",
            author=actor.author,
            site=row.platform.site,
            at=now,
            subject=row.round_no,
            facts={"reason": reason},
        )
    ]
