"""Publish what was planned anew for the rest of a day: rounds change hands, papers follow, crews are told.

A stop that changes vehicles keeps its row, its request and its manifest, which nobody has signed yet;
the ledger says which round it left and which it joined. What fits nowhere goes back to the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from ... import ledger
from ...db import new_id
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models.batches import Container
from ...models.manifests import Manifest
from ...models.numbers import take_numbers
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from ...models.route_plans import Round, RoundRevision, Stop, Trip, full_round, rounds_on
from ...models.vehicles import Vehicle
from ...models.versioned import require_version
from .drafts import named_requests
from .rearranging import drop

LIVE = ("published", "under_way")
REASON = "vehicle_out"


def revision_board(session: Session, *, actor: Actor, revision_id: UUID) -> RoundRevision:
    """A revision of the actor's platform with its solution. Raises NotFound."""
    actor.require("round.rearrange")
    query = select(RoundRevision).where(RoundRevision.id == revision_id)
    row = session.scalars(
        query.options(undefer(RoundRevision.solution), joinedload(RoundRevision.platform))
    ).one_or_none()
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.platform_id)
    return row


@dataclass(frozen=True, slots=True)
class CrewChange:
    """What one crew has to know of a published revision: short names of firms."""

    at: datetime
    added: list[str]
    removed: list[str]
    reordered: list[str]


def changes_of(session: Session, row: Round) -> list[CrewChange]:
    """What the dispatcher changed on a round of somebody who may see it, the newest first."""
    query = select(RoundRevision).where(
        RoundRevision.platform_id == row.platform_id,
        RoundRevision.service_on == row.service_on,
        RoundRevision.state == "published",
    )
    found = []
    for each in session.scalars(query.order_by(RoundRevision.decided_at.desc())):
        told = each.changes["crews"].get(row.vehicle.plate)
        if told is not None:
            assert each.decided_at is not None
            names = named_requests(session, (number for numbers in told.values() for number in numbers))
            firms = {what: [names[n].short_name for n in told[what] if n in names] for what in told}
            found.append(CrewChange(each.decided_at, firms["added"], firms["removed"], firms["reordered"]))
    return found


def discard_revision(
    session: Session, *, actor: Actor, revision_id: UUID, version: int | None, now: datetime
) -> RoundRevision:
    """Put a revision aside; the rounds stay as they are. Raises NotFound, Conflict(revision.not_draft)."""
    revision = _draft(session, actor, revision_id, version)
    revision.state, revision.decided_by, revision.decided_at = "discarded", actor.author, now
    session.flush()
    return revision


def publish_revision(
    session: Session, *, actor: Actor, revision_id: UUID, version: int | None, now: datetime
) -> RoundRevision:
    """Let the rounds of a platform go on as the revision says. All of it or nothing.

    Raises NotFound, StaleVersion, Conflict: revision.not_draft, revision.outdated (a crew has done
    something since), round.vehicle_busy, round.crew_busy.
    """
    revision = _draft(session, actor, revision_id, version)
    rows = rounds_on(session, revision.service_on, platform_id=revision.platform_id)
    live = [row for row in rows if row.state in LIVE]
    if _versions(live) != revision.watched["versions"]:
        raise Conflict("revision.outdated", revision_no=revision.revision_no)
    desk = _Desk(session, revision, live, actor, now)
    events = desk.rearrange()
    for row, stops in desk.left_out():
        drop(session, row, stops, actor=actor, reason=REASON, note=revision.revision_no, now=now)
    events += desk.close_empty()
    revision.state, revision.decided_by, revision.decided_at = "published", actor.author, now
    _discard_others(session, revision, actor, now)
    session.flush()
    ledger.append(session, events, now=now)
    return revision


def _draft(session: Session, actor: Actor, revision_id: UUID, version: int | None) -> RoundRevision:
    revision = revision_board(session, actor=actor, revision_id=revision_id)
    require_version(revision, version)
    if revision.state != "draft":
        raise Conflict("revision.not_draft", revision_no=revision.revision_no, state=revision.state)
    return revision


def _versions(rows: Sequence[Round]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[str(row.id)] = row.version
        for trip in row.trips:
            found[str(trip.id)] = trip.version
            found.update((str(stop.id), stop.version) for stop in trip.stops)
    return found


def _discard_others(session: Session, revision: RoundRevision, actor: Actor, now: datetime) -> None:
    query = select(RoundRevision).where(
        RoundRevision.platform_id == revision.platform_id,
        RoundRevision.service_on == revision.service_on,
        RoundRevision.state == "draft",
        RoundRevision.id != revision.id,
    )
    for other in session.scalars(query):
        other.state, other.decided_by, other.decided_at = "discarded", actor.author, now


class _Desk:
    """The rounds of the platform while the revision is laid over them."""

    def __init__(
        self, session: Session, revision: RoundRevision, live: list[Round], actor: Actor, now: datetime
    ) -> None:
        self.session, self.revision, self.actor, self.now = session, revision, actor, now
        self.live = {row.vehicle.plate: row for row in live}
        self.home: Organisation = revision.platform
        self.stops: dict[str, Stop] = {}
        self.was: dict[str, Round] = {}
        for row in live:
            for trip in row.trips:
                for stop in trip.stops:
                    if stop.state == "planned" and trip.state in ("planned", "under_way"):
                        self.stops[stop.request.request_no] = stop
                        self.was[stop.request.request_no] = row

    def rearrange(self) -> list[ledger.Event]:
        routes = self.revision.solution["routes"]
        self._free_places()
        events = [event for route in routes for event in self._lay(route)]
        self.session.flush()
        return events

    def left_out(self) -> Iterator[tuple[Round, list[Stop]]]:
        """What goes back to the pool, by the round it was on."""
        for row in self.live.values():
            out = [n for n in self.revision.changes["left_out"] if self.was[n] is row]
            if out:
                yield row, [self.stops[request_no] for request_no in out]

    def close_empty(self) -> list[ledger.Event]:
        """Trips that lost all their stops are off; so is a round that has not left and lost all of them."""
        busy = {stop.trip_id for stop in self.stops.values() if stop.state == "planned"}
        closed = []
        for row in self.live.values():
            for trip in row.trips:
                if trip.state == "planned" and trip.id not in busy:
                    trip.state = "cancelled"
            if row.state == "published" and all(trip.state == "cancelled" for trip in row.trips):
                row.state = "cancelled"
                closed.append(self._closed(row))
        return closed

    def _free_places(self) -> None:
        """Numbers that no trip uses yet: a place is taken once per trip, also half-way through."""
        for offset, stop in enumerate(self.stops.values()):
            stop.seq = 10_000 + offset
        self.session.flush()

    def _lay(self, route: Mapping[str, Any]) -> Iterator[ledger.Event]:
        trips = [trip for trip in route["trips"] if trip["visits"]]
        row = self.live.get(route["vehicle_id"])
        if row is None:
            if not trips:
                return
            row = self.live[route["vehicle_id"]] = self._new_round(route)
        row.end_s, row.distance_m, row.cost_fen = route["end_s"], route["distance_m"], route["cost_fen"]
        open_trips = [trip for trip in row.trips if trip.state in ("under_way", "planned")]
        if open_trips and open_trips[0].state == "under_way" and route["trips"]:
            # The trip under way is the first of the route, whether it visits anybody else or not.
            yield from self._fill(row, open_trips.pop(0), route["trips"][0])
            trips = [trip for trip in route["trips"][1:] if trip["visits"]]
        for planned in trips:
            trip = open_trips.pop(0) if open_trips else self._new_trip(row)
            yield from self._fill(row, trip, planned)

    def _fill(self, row: Round, trip: Trip, planned: Mapping[str, Any]) -> Iterator[ledger.Event]:
        if trip.state == "planned":
            trip.leave_s = planned["leave_s"]
        trip.return_s, trip.unloaded_s = planned["return_s"], planned["unload_end_s"]
        taken = [each.seq for each in trip.stops if each.seq < 10_000]
        for seq, visit in enumerate(planned["visits"], max(taken, default=0) + 1):
            stop = self.stops[visit["stop_id"]]
            former = self.was[visit["stop_id"]]
            moved = stop.trip_id != trip.id
            stop.trip_id, stop.seq = trip.id, seq
            stop.arrive_s, stop.service_start_s = visit["arrive_s"], visit["start_s"]
            stop.depart_s = visit["depart_s"]
            stop.rest_before_s, stop.rest_after_s = visit["rest_before_s"], visit["rest_after_s"]
            if moved:
                self._papers_follow(stop, trip, row)
            if former.id != row.id:
                yield self._event(stop.request, former, row)

    def _papers_follow(self, stop: Stop, trip: Trip, row: Round) -> None:
        """Containers and manifest go with the stop. Raises Conflict(revision.outdated) once loading began."""
        query = select(Container).where(Container.request_id == stop.request_id)
        for container in self.session.scalars(query.where(Container.trip_id.is_not(None))):
            if container.state != "labelled" and self.was[stop.request.request_no].id != row.id:
                raise Conflict("revision.outdated", revision_no=self.revision.revision_no)
            container.trip_id = trip.id
        for paper in self.session.scalars(select(Manifest).where(Manifest.stop_id == stop.id)):
            paper.trip_id, paper.vehicle_id = trip.id, row.vehicle_id
            paper.driver_id, paper.escort_id = row.driver_id, row.escort_id

    def _new_round(self, route: Mapping[str, Any]) -> Round:
        """A round for a vehicle that stood in the yard, under the plan that the others belong to."""
        plate, origin = route["vehicle_id"], next(iter(self.was.values()))
        driver_id, escort_id = (UUID(key) for key in self.revision.watched["crews"][plate])
        vehicle = self.session.scalars(select(Vehicle).where(Vehicle.plate == plate)).one()
        self._require_free(plate, vehicle, {driver_id, escort_id})
        series = f"round/{self.home.code}/{origin.service_on:%Y%m%d}"
        [number] = take_numbers(self.session, {series: 1})[series]
        code = self.home.code.rsplit("-", 1)[-1]
        row = Round(
            id=new_id(self.session, self.now),
            round_no=f"SY{origin.service_on:%Y%m%d}-{code}-{number:02d}",
            plan_id=origin.plan_id,
            platform_id=self.home.id,
            vehicle_id=vehicle.id,
            driver_id=driver_id,
            escort_id=escort_id,
            service_on=origin.service_on,
            state="published",
            start_s=route["start_s"],
            end_s=route["end_s"],
            distance_m=route["distance_m"],
            drive_s=route["drive_s"],
            cost_fen=route["cost_fen"],
        )
        self.session.add(row)
        self.session.flush()
        return full_round(self.session, row.id)

    def _require_free(self, plate: str, vehicle: Vehicle, people: set[UUID]) -> None:
        for row in self.live.values():
            if row.vehicle_id == vehicle.id or people & {row.driver_id, row.escort_id}:
                raise Conflict("revision.outdated", revision_no=self.revision.revision_no)

    def _new_trip(self, row: Round) -> Trip:
        on_the_road = row.state == "under_way" and not any(t.state == "under_way" for t in row.trips)
        trip = Trip(
            id=new_id(self.session, self.now),
            round_id=row.id,
            seq=max((each.seq for each in row.trips), default=0) + 1,
            state="under_way" if on_the_road else "planned",
            leave_s=0,
            return_s=0,
            unloaded_s=0,
            stops=[],
        )
        row.trips.append(trip)
        self.session.flush()
        return trip

    def _closed(self, row: Round) -> ledger.Event:
        return ledger.Event(
            type="round.cancelled",
            author=self.actor.author,
            site=self.home.site,
            at=self.now,
            subject=row.round_no,
            facts={"reason": REASON, "revision_no": self.revision.revision_no},
        )

    def _event(self, request: PickupRequest, former: Round, row: Round) -> ledger.Event:
        return ledger.Event(
            type="request.rescheduled",
            author=self.actor.author,
            site=request.enterprise.site,
            at=self.now,
            subject=request.request_no,
            facts={
                "back_to_pool": False,
                "from_round_no": former.round_no,
                "round_no": row.round_no,
                "vehicle": row.vehicle.site,
                "revision_no": self.revision.revision_no,
            },
        )
