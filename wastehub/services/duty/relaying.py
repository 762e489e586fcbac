"""A load goes on with another vehicle: one crew gives, the other takes (F69). See domain/relays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ... import ledger
from ...db import new_id
from ...domain import calendar, manifests, relays, texts, waste_codes
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...domain.relays import Cargo, Taker
from ...models import batches, reference, stores
from ...models import duty as rows
from ...models import manifests as manifest_rows
from ...models import route_plans as round_rows
from ...models.batches import Container, batch_key
from ...models.duty import Relay, RelayContainer
from ...models.manifests import Manifest, ManifestCarriage
from ...models.permits import Permit
from ...models.route_plans import Round, Trip
from ...models.vehicles import Vehicle, licensed_categories
from ...models.versioned import require_version

PLACE_LONGEST = 200
ON_THE_ROAD = ("under_way",)


@dataclass(frozen=True)
class RelayOut:
    """A crew gives what is on board, or the named containers, to another vehicle."""

    actor: Actor
    round_id: UUID
    to_plate: str
    container_ids: Sequence[UUID] | None = None  # None: everything on board
    place: str = ""


@dataclass(frozen=True)
class RelayIn:
    """A crew takes from another vehicle what that crew gives, or the named containers."""

    actor: Actor
    round_id: UUID
    from_plate: str
    container_ids: Sequence[UUID] | None = None  # None: whatever is given
    place: str = ""


def give(session: Session, *, out: RelayOut, at: datetime, now: datetime) -> Relay:
    """The giving crew's half; with the other half there, the load changes hands.

    Raises NotFound, InvalidInput (text.*), Conflict: round.not_under_way, relay.no_round, relay.same_vehicle,
    relay.given_already, relay.nothing, relay.not_on_board, relay.manifest_split, relay.stop_open,
    relay.differs and the codes of domain/relays.require_may_take.
    """
    desk = _Desk(session, out.actor, out.round_id, out.to_plate, gives=True, at=at, now=now)
    relay = desk.relay_for(relays.TAKEN, out.place)
    if relay.given_at is not None:
        raise Conflict("relay.given_already", plate=desk.other.vehicle.plate)
    wanted = desk.aboard_ids() if out.container_ids is None else frozenset(out.container_ids)
    relays.require_whole(wanted, desk.manifests())
    desk.require_sealed(wanted)
    desk.name(relay, wanted, given=True)
    relay.given_at, relay.given_by = at, out.actor.author
    return desk.settle(relay)


def take(session: Session, *, into: RelayIn, at: datetime, now: datetime) -> Relay:
    """The taking crew's half; with the other half there, the load changes hands.

    Licence, segregation and rated load of the taking vehicle are judged as soon as both halves are there.
    Raises as `give`, and relay.taken_already.
    """
    desk = _Desk(session, into.actor, into.round_id, into.from_plate, gives=False, at=at, now=now)
    relay = desk.relay_for(relays.OFFERED, into.place)
    if relay.taken_at is not None:
        raise Conflict("relay.taken_already", plate=desk.other.vehicle.plate)
    relay.takes_all = into.container_ids is None
    if into.container_ids is not None:
        if not into.container_ids:
            raise Conflict("relay.nothing", field="container_ids")
        desk.name(relay, frozenset(into.container_ids), taken=True)
    relay.taken_at, relay.taken_by = at, into.actor.author
    return desk.settle(relay)


class _Desk:
    """Both rounds of a relay, locked, with what the giving one has on board."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        round_id: UUID,
        other_plate: str,
        *,
        gives: bool,
        at: datetime,
        now: datetime,
    ) -> None:
        actor.require("round.drive")
        self.session, self.actor, self.gives, self.at, self.now = session, actor, gives, at, now
        other_id = _round_of_plate(session, actor, round_id, other_plate)
        found: dict[UUID, Round] = {}
        # One after the other in one order: two crews that report at once must not wait for each other.
        for key in sorted({round_id, other_id}):
            found |= round_rows.rounds_by_id(session, [key], lock=True)
        own = round_rows.require_crew(found, round_id, actor)
        self.other = found[other_id]
        if self.other.id == own.id:
            raise Conflict("relay.same_vehicle", field="plate", plate=own.vehicle.plate)
        self.giving, self.taking = (own, self.other) if gives else (self.other, own)
        for row, states in ((own, ON_THE_ROAD), (self.other, (*ON_THE_ROAD, "finished"))):
            if row.state not in states:
                raise Conflict("relay.round_not_under_way", plate=row.vehicle.plate, state=row.state)
        self.trip = _trip_under_way(self.giving)
        trips = [self.trip.id] if self.trip else []
        self.aboard = {c.id: c for c in batches.containers_of_trips(session, trips) if c.state == "loaded"}
        self.papers = manifest_rows.manifests_of_trips(session, trips).get(trips[0], []) if trips else []
        stops = round_rows.stops_by_id(session, [p.stop_id for p in self.papers if p.stop_id])
        self.requests = {key: stop.request_id for key, stop in stops.items()}

    def aboard_ids(self) -> frozenset[UUID]:
        return frozenset(self.aboard)

    def relay_for(self, half: str, place: str) -> Relay:
        """The open relay between the two vehicles, else a new one that waits for its other half."""
        said = texts.clean(place, field="place", longest=PLACE_LONGEST)
        for relay in rows.relays_of(self.session, [self.giving.id], open_only=True, lock=True):
            if (relay.from_round_id, relay.to_round_id) == (self.giving.id, self.taking.id):
                relay.place = relay.place or said
                return relay
        made = Relay(
            id=new_id(self.session, self.now),
            from_round_id=self.giving.id,
            to_round_id=self.taking.id,
            state=relays.OFFERED if half == relays.TAKEN else relays.TAKEN,
            place=said,
            containers=[],
        )
        self.session.add(made)
        return made

    def manifests(self) -> dict[str, frozenset[UUID]]:
        """What is on board by manifest."""
        return {paper.provisional_no: self.load_of(paper) for paper in self.papers}

    def load_of(self, paper: Manifest) -> frozenset[UUID]:
        request_id = self.requests.get(paper.stop_id) if paper.stop_id else None
        return frozenset(key for key, each in self.aboard.items() if each.request_id == request_id)

    def require_sealed(self, wanted: frozenset[UUID]) -> None:
        """Raises Conflict(relay.stop_open) while the crew still loads at a firm whose waste is to go over."""
        for paper in self.papers:
            if paper.loaded_at is None and self.load_of(paper) & wanted:
                raise Conflict("relay.stop_open", number=paper.number)

    def name(self, relay: Relay, ids: frozenset[UUID], *, given: bool = False, taken: bool = False) -> None:
        """Write down which containers one side has named; unknown ones are refused."""
        known = set(self.session.scalars(select(Container.id).where(Container.id.in_(ids))))
        if known != ids:
            raise Conflict("relay.not_on_board", field="container_ids", containers=len(ids - known))
        held = {row.container_id: row for row in relay.containers}
        for key in sorted(ids):
            row = held.get(key)
            if row is None:
                row = RelayContainer(container_id=key, given=False, taken=False)
                relay.containers.append(row)
            row.given, row.taken = row.given or given, row.taken or taken

    def settle(self, relay: Relay) -> Relay:
        """With both halves there and of one mind the load goes over; otherwise the half is kept."""
        if relay.given_at is None or relay.taken_at is None:
            self.session.flush()
            half = "given" if self.gives else "taken"
            self._log_half(relay, half)
            return relay
        if relay.takes_all:
            for row in relay.containers:
                row.taken = row.given
        if not relays.agreed(frozenset(relay.given), frozenset(relay.taken)):
            raise Conflict("relay.differs", given=len(relay.given), taken=len(relay.taken))
        moved = [self.aboard[key] for key in sorted(relay.given) if key in self.aboard]
        if len(moved) != len(relay.given):
            raise Conflict("relay.not_on_board", containers=len(relay.given) - len(moved))
        self.into = _trip_taking(self.taking, relay.taken_at)
        if self.into is None:
            raise Conflict("relay.no_trip", plate=self.taking.vehicle.plate)
        self.at = max(relay.given_at, relay.taken_at)
        relays.require_may_take(
            [self._cargo(each) for each in moved], self._taker(), stores.matrix(self.session)
        )
        self._move(relay, moved)
        relay.state, relay.decided_at, relay.decided_by = relays.DONE, self.now, self.actor.author
        self.session.flush()
        return relay

    def _cargo(self, container: Container) -> Cargo:
        code = container.batch.waste_code
        return Cargo(
            container.id,
            container.label_code,
            waste_codes.category(code),
            container.mass_g,
            stores.load_of(container.batch, reference.waste_code(self.session, code)),
        )

    def _taker(self) -> Taker:
        assert self.into is not None
        vehicle = self.taking.vehicle
        aboard = [c for c in batches.containers_of_trips(self.session, [self.into.id]) if c.state == "loaded"]
        return Taker(
            plate=vehicle.plate,
            categories=licensed_categories(self.session, [vehicle.id])[vehicle.id],
            aboard=tuple(self._cargo(each).load for each in aboard),
            aboard_g=sum(each.mass_g for each in aboard),
            capacity_g=vehicle.capacity_g,
            partitioned=vehicle.partitioned,
        )

    def _move(self, relay: Relay, moved: Sequence[Container]) -> None:
        """Containers and manifests belong to the other trip; books follow, both plates are on the paper."""
        assert self.into is not None
        loads = {paper.id: self.load_of(paper) for paper in self.papers}
        for container in moved:
            container.trip_id = self.into.id
        events = [self._relayed(relay, moved)]
        for paper in self.papers:
            if loads[paper.id] & relay.given:
                paper.trip_id = self.into.id
                events.append(self._handed_over(relay, paper))
                if self.into.arrived_at is not None and paper.state == "in_transit":
                    events.append(self._arrived(paper, self.into.arrived_at))
        self.session.flush()
        ledger.append(self.session, events, now=self.now)

    def _arrived(self, paper: Manifest, at: datetime) -> ledger.Event:
        """The taking vehicle was back before the giving crew could report (Order 23, Art. 18)."""
        on = calendar.on_date(at)
        days = reference.legal_limit(self.session, "manifest_confirm_working_days", on)
        paper.state, paper.arrived_at = manifests.next_state(paper.state, "arrive"), at
        paper.confirm_due_on = manifests.confirm_due_on_if_known(on, working_days=days)
        due = paper.confirm_due_on.isoformat() if paper.confirm_due_on else "unknown"
        event = self._event("manifest.arrived", paper.provisional_no, {"confirm_due_on": due})
        return replace(event, site=paper.acceptor.site, at=at)

    def _relayed(self, relay: Relay, moved: Sequence[Container]) -> ledger.Event:
        giving, taking = self.giving.vehicle, self.taking.vehicle
        lines = tuple(
            ledger.Line(
                label=each.label_code,
                batch=batch_key(each.batch.enterprise, each.batch),
                code=each.batch.waste_code,
                place=giving.site,
                to_place=taking.site,
            )
            for each in moved
        )
        return ledger.Event(
            type="custody.relayed",
            author=self.actor.author,
            site=giving.site,
            at=self.at,
            subject=self.giving.round_no,
            lines=lines,
            facts={
                "to_round": self.taking.round_no,
                "vehicle": giving.plate,
                "to_vehicle": taking.plate,
                "given_by": relay.given_by,
                "taken_by": relay.taken_by,
            },
        )

    def _handed_over(self, relay: Relay, paper: Manifest) -> ledger.Event:
        """Part 2 of the form once more, with vehicle and crew that took over (Order 23, Art. 17)."""
        row, vehicle = self.taking, self.taking.vehicle
        earlier = select(func.count()).where(ManifestCarriage.manifest_id == paper.id)
        made = ManifestCarriage(
            manifest_id=paper.id,
            seq=2 + (self.session.scalar(earlier) or 0),
            carrier_name=row.platform.name,
            carrier_permit_number=_permit_of(self.session, row),
            vehicle_plate=vehicle.plate,
            vehicle_certificate_number=vehicle.permit_number,
            driver_name=row.driver.name if row.driver else "",
            driver_phone=row.driver.phone if row.driver else "",
            escort_name=row.escort.name if row.escort else "",
            place=relay.place or "—",
            handed_over_at=self.at,
            verified=True,
            recorded_at=self.now,
            recorded_by=self.actor.author,
        )
        self.session.add(made)
        facts = {
            "seq": made.seq,
            "at": self.at.isoformat(),
            "vehicle_plate": vehicle.plate,
            "place": made.place,
        }
        return self._event("manifest.handed_over", paper.provisional_no, facts)

    def _log_half(self, relay: Relay, half: str) -> None:
        facts = {
            "vehicle": self.giving.vehicle.plate,
            "to_vehicle": self.taking.vehicle.plate,
            "containers": len(relay.containers),
        }
        event = self._event(f"relay.{half}", self.giving.round_no, facts)
        ledger.append(self.session, [event], now=self.now)

    def _event(self, kind: str, subject: str, facts: dict[str, object]) -> ledger.Event:
        return ledger.Event(
            type=kind,
            author=self.actor.author,
            site=self.giving.platform.site,
            at=self.at,
            subject=subject,
            facts=facts,
        )


def _trip_taking(row: Round, taken_at: datetime) -> Trip | None:
    """The trip on which a vehicle took over: under way, or back since and not weighed in yet."""
    found = _trip_under_way(row)
    if found is not None:
        return found
    back = [each for each in row.trips if each.state == "arrived" and each.arrived_at is not None]
    return next((each for each in back if each.arrived_at and each.arrived_at >= taken_at), None)


def _trip_under_way(row: Round) -> Trip | None:
    return next((trip for trip in row.trips if trip.state == "under_way"), None)


def _round_of_plate(session: Session, actor: Actor, round_id: UUID, plate: str) -> UUID:
    """The round of that day that a vehicle of the platform drives. Raises Conflict(relay.no_round)."""
    said = texts.clean(plate, field="plate", longest=16, required=True).upper().replace(" ", "")
    own = session.get(Round, round_id)
    if own is None:
        raise NotFound("object.not_found")
    query = (
        select(Round.id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .where(
            Round.service_on == own.service_on,
            Round.platform_id == actor.organisation_id,
            Round.state.in_(("published", "under_way", "finished")),
            Vehicle.plate == said,
        )
        # Of several rounds of a day the one on the road, else one that is over.
        .order_by(case((Round.state == "under_way", 0), (Round.state == "finished", 1), else_=2))
    )
    found = session.scalars(query).first()
    if found is None:
        raise Conflict("relay.no_round", field="plate", plate=said)
    return found


def _permit_of(session: Session, row: Round) -> str:
    query = select(Permit.number).where(
        Permit.organisation_id == row.platform_id,
        Permit.kind == "transport",
        Permit.valid_from_on <= row.service_on,
        or_(Permit.valid_until_on.is_(None), Permit.valid_until_on >= row.service_on),
    )
    return session.scalars(query.order_by(Permit.number)).first() or ""


def withdraw(session: Session, *, actor: Actor, relay_id: UUID, version: int | None, now: datetime) -> Relay:
    """The office ends a relay of which one half is missing; nothing has moved.

    Raises Forbidden, NotFound, StaleVersion, Conflict(relay.not_open).
    """
    actor.require("round.rearrange")
    query = select(Relay).where(Relay.id == relay_id)
    options = (
        joinedload(Relay.giving).options(joinedload(Round.platform), joinedload(Round.vehicle)),
        joinedload(Relay.taking).joinedload(Round.vehicle),
        selectinload(Relay.containers),
    )
    relay = session.scalars(query.options(*options).with_for_update(of=Relay)).one_or_none()
    if relay is None:
        raise NotFound("object.not_found")
    actor.require_own(relay.giving.platform_id)
    require_version(relay, version)
    if relay.state not in relays.OPEN:
        raise Conflict("relay.not_open", state=relay.state)
    relay.state, relay.decided_at, relay.decided_by = relays.WITHDRAWN, now, actor.author
    session.flush()
    event = ledger.Event(
        type="relay.withdrawn",
        author=actor.author,
        site=relay.giving.platform.site,
        at=now,
        subject=relay.giving.round_no,
        facts={"vehicle": relay.giving.vehicle.plate, "to_vehicle": relay.taking.vehicle.plate},
    )
    ledger.append(session, [event], now=now)
    return relay


@dataclass(frozen=True, slots=True)
class Partners:
    """What the relay screen offers: the other vehicles on the road, what is on board, what is half done."""

    others: list[Round]
    aboard: list[Container]
    open: list[Relay] = field(default_factory=list)


def relay_partners(session: Session, *, actor: Actor, round_id: UUID) -> tuple[Round, Partners]:
    """For a crew that gives or takes. Raises NotFound."""
    actor.require("round.drive")
    found = round_rows.rounds_by_id(session, [round_id])
    own = round_rows.require_crew(found, round_id, actor)
    same_day = round_rows.rounds_on(
        session, own.service_on, platform_id=own.platform_id, states=("published", "under_way")
    )
    trip = _trip_under_way(own)
    aboard = batches.containers_of_trips(session, [trip.id]) if trip else []
    return own, Partners(
        others=[row for row in same_day if row.id != own.id],
        aboard=[each for each in aboard if each.state == "loaded"],
        open=rows.relays_of(session, [own.id], open_only=True),
    )


def open_relays(session: Session, *, actor: Actor, round_ids: Sequence[UUID]) -> list[Relay]:
    """Half-done relays of some rounds, for the office."""
    actor.require("round.view")
    return rows.relays_of(session, list(round_ids), open_only=True)
