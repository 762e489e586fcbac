"""What the dispatcher changed on a round, as a diff that its crew reads and confirms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from ... import ledger
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import route_plans as round_rows
from ...models.duty import RevisionSighting
from ...models.requests import PickupRequest
from ...models.route_plans import Round, RoundRevision, Stop, Trip


@dataclass(frozen=True, slots=True)
class StopChange:
    """One stop of a diff. `before_s`, `after_s`: when the vehicle was and is to arrive; None: not at all."""

    how: str  # added, removed, moved, retimed
    request_no: str
    firm: str
    address: str
    before_s: int | None
    after_s: int | None
    after_seq: int | None = None


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    """What one published revision did to one round. `seen`: authors who have confirmed it, with the time."""

    revision_id: UUID
    revision_no: str
    decided_at: datetime
    changes: list[StopChange]
    seen: Mapping[str, datetime] = field(default_factory=dict)


def diffs_of(session: Session, row: Round) -> list[RevisionDiff]:
    """The published revisions that changed a round of somebody who may see it, the newest first."""
    query = (
        select(RoundRevision)
        .where(
            RoundRevision.platform_id == row.platform_id,
            RoundRevision.service_on == row.service_on,
            RoundRevision.state == "published",
        )
        .options(undefer(RoundRevision.before), undefer(RoundRevision.solution))
        .order_by(RoundRevision.decided_at.desc())
    )
    touched = [each for each in session.scalars(query) if row.vehicle.plate in each.changes.get("crews", {})]
    seen = _sightings(session, row, [each.id for each in touched])
    return [_diff(session, each, row.vehicle.plate, seen.get(each.id, {})) for each in touched]


def _sightings(session: Session, row: Round, revision_ids: list[UUID]) -> dict[UUID, dict[str, datetime]]:
    found: dict[UUID, dict[str, datetime]] = {}
    query = select(RevisionSighting).where(
        RevisionSighting.round_id == row.id, RevisionSighting.revision_id.in_(revision_ids)
    )
    for each in session.scalars(query):
        found.setdefault(each.revision_id, {})[each.author] = each.seen_at
    return found


def _diff(
    session: Session, revision: RoundRevision, plate: str, seen: Mapping[str, datetime]
) -> RevisionDiff:
    before, after = _visits(revision.before, plate), _visits(revision.solution, plate)
    told = revision.changes["crews"][plate]
    removed, moved = set(told.get("removed", ())), set(told.get("reordered", ()))
    named = _requests(session, {*before, *after, *removed})
    changes = []
    for number, (seq, at_s) in after.items():
        was = before.get(number)
        how = "added" if was is None else "moved" if number in moved else "retimed"
        if how == "retimed" and was is not None and abs(was[1] - at_s) < 60:
            continue
        changes.append(_change(how, number, named, was[1] if was else None, at_s, seq))
    for number in sorted({*before, *removed} - set(after)):
        was = before.get(number)
        changes.append(_change("removed", number, named, was[1] if was else None, None, None))
    assert revision.decided_at is not None
    order = {"removed": 0, "added": 1, "moved": 2, "retimed": 3}
    changes.sort(key=lambda each: (order[each.how], each.after_s or each.before_s or 0))
    return RevisionDiff(revision.id, revision.revision_no, revision.decided_at, changes, seen)


def _visits(solution: Mapping[str, Any], plate: str) -> dict[str, tuple[int, int]]:
    """By request number: the place in the order, and when the vehicle arrives."""
    visits = [
        visit
        for route in solution.get("routes", ())
        if route["vehicle_id"] == plate
        for trip in route["trips"]
        for visit in trip["visits"]
    ]
    return {visit["stop_id"]: (seq, visit["arrive_s"]) for seq, visit in enumerate(visits, 1)}


def _requests(session: Session, numbers: Iterable[str]) -> dict[str, PickupRequest]:
    query = select(PickupRequest).where(PickupRequest.request_no.in_(sorted(numbers)))
    rows = session.scalars(query.options(joinedload(PickupRequest.enterprise)))
    return {row.request_no: row for row in rows}


def _change(
    how: str,
    number: str,
    named: Mapping[str, PickupRequest],
    before_s: int | None,
    after_s: int | None,
    seq: int | None,
) -> StopChange:
    firm = named[number].enterprise if number in named else None
    name, address = (firm.short_name, firm.address) if firm else (number, "")
    return StopChange(how, number, name, address, before_s, after_s, seq)


def see_revision(
    session: Session, *, actor: Actor, revision_id: UUID, at: datetime, now: datetime
) -> list[RevisionSighting]:
    """The crew has read a revision, for each of its rounds that it touched. Twice changes nothing.

    Raises NotFound for a revision that does not concern the actor.
    """
    actor.require("round.drive")
    revision = session.get(RoundRevision, revision_id)
    if revision is None or revision.state != "published":
        raise NotFound("object.not_found")
    actor.require_own(revision.platform_id)
    rows = round_rows.rounds_on(
        session,
        revision.service_on,
        platform_id=revision.platform_id,
        states=("published", "under_way", "finished", "cancelled"),
    )
    told = revision.changes.get("crews", {})
    mine = [row for row in rows if row.vehicle.plate in told and round_rows.on_crew(row, actor)]
    if not mine:
        raise NotFound("object.not_found")
    made = []
    for row in mine:
        if session.get(RevisionSighting, (revision.id, row.id, actor.author)) is None:
            made.append(
                RevisionSighting(
                    revision_id=revision.id,
                    round_id=row.id,
                    author=actor.author,
                    seen_at=at,
                    received_at=now,
                )
            )
    session.add_all(made)
    session.flush()
    if made:
        event = ledger.Event(
            type="revision.seen",
            author=actor.author,
            site=mine[0].platform.site,
            at=at,
            subject=revision.revision_no,
            facts={"rounds": [row.round_no for row in mine]},
        )
        ledger.append(session, [event], now=now)
    return made


def unread(session: Session, *, actor: Actor, row: Round) -> int:
    """How many published changes of a round this person has not confirmed."""
    query = select(RoundRevision.id, RoundRevision.changes).where(
        RoundRevision.platform_id == row.platform_id,
        RoundRevision.service_on == row.service_on,
        RoundRevision.state == "published",
    )
    touched = {
        key for key, changes in session.execute(query) if row.vehicle.plate in changes.get("crews", {})
    }
    seen = select(RevisionSighting.revision_id).where(
        RevisionSighting.round_id == row.id, RevisionSighting.author == actor.author
    )
    return len(touched - set(session.scalars(seen)))


def gone_stop(session: Session, *, actor: Actor, stop_id: UUID) -> tuple[Stop, RoundRevision] | None:
    """A stop that was on a round of this crew and is no more: with the revision that took it away.

    None when it never was, so that nobody learns of other crews' stops. The page of a stop that somebody kept
    open must say so, instead of acting on it.
    """
    actor.require("round.drive")
    query = (
        select(Stop)
        .where(Stop.id == stop_id)
        .options(
            joinedload(Stop.request).joinedload(PickupRequest.enterprise),
            joinedload(Stop.trip).joinedload(Trip.round),
        )
    )
    stop = session.scalars(query).one_or_none()
    if stop is None or stop.trip.round.platform_id != actor.organisation_id:
        return None
    number, on = stop.request.request_no, stop.trip.round.service_on
    rows = round_rows.rounds_on(
        session,
        on,
        platform_id=actor.organisation_id,
        states=("published", "under_way", "finished", "cancelled"),
    )
    own = [row for row in rows if round_rows.on_crew(row, actor)]
    if stop.trip.round_id in {row.id for row in own}:
        return None
    mine = {row.vehicle.plate for row in own}
    revisions = select(RoundRevision).where(
        RoundRevision.platform_id == actor.organisation_id,
        RoundRevision.service_on == on,
        RoundRevision.state == "published",
    )
    for revision in session.scalars(revisions.order_by(RoundRevision.decided_at.desc())):
        told = revision.changes.get("crews", {})
        if any(number in told.get(plate, {}).get("removed", ()) for plate in mine):
            return stop, revision
    return None
