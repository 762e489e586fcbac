"""The platform weighs in what a trip brought: accepted, partly accepted, refused, with tolerance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import batch_lifecycle, calendar, manifests, permits, receiving, scales
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..domain.receiving import Decision, Judged
from ..models import batches, reference
from ..models import manifests as manifest_rows
from ..models import permits as permit_rows
from ..models import receptions as reception_rows
from ..models import route_plans as round_rows
from ..models.batches import Container, batch_key
from ..models.manifests import Manifest
from ..models.numbers import take_numbers
from ..models.organisations import Organisation
from ..models.receptions import Reception, ReceptionLine
from ..models.route_plans import Round, Trip
from ..models.scales import Scale, scale_for

__all__ = ["Decision", "TripReception", "receive_trips", "refused_g", "return_refused"]

Decided = Sequence[tuple[Container, Judged]]
DECIDABLE = ("arrived", "discrepancy", "paper_pending")


@dataclass(frozen=True)
class TripReception:
    """Weigh-in of a trip or a part of it. `close`: everything of the trip has been decided.

    `scale_id`: what the containers stood on; None: the platform's standard scale.
    """

    actor: Actor
    trip_id: UUID
    decisions: tuple[Decision, ...]
    gross_g: int | None = None
    tare_g: int | None = None
    close: bool = True
    scale_id: UUID | None = None


def receive_trips(session: Session, *, receptions: Sequence[TripReception], now: datetime) -> list[Reception]:
    """Book the weigh-in of trips at their platforms; a trip may come in several parts.

    Raises NotFound, Conflict (trip.not_arrived, reception.container_not_expected,
    reception.containers_missing, reception.already_decided, storage.platform_full, permit.*), InvalidInput
    (mass.*, reason.*, reception.*, weighbridge.*, scale.unknown).
    Source: Order 23, Art. 12 (verify kind, mass, packaging, labels) and 18 (differences).
    """
    gate = _Gate(session, receptions, now)
    made = [gate.receive(order) for order in receptions]
    session.flush()
    for receipt in ledger.append(session, gate.events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


class _Gate:
    """Trips, containers, papers and limits of some receptions, read once."""

    def __init__(self, session: Session, orders: Sequence[TripReception], now: datetime) -> None:
        self.session, self.now, self.on = session, now, calendar.on_date(now)
        self.events: list[ledger.Event] = []
        trip_ids = list(dict.fromkeys(order.trip_id for order in orders))
        self.trips = round_rows.trips_by_id(session, trip_ids, lock=True)
        self.rounds = round_rows.rounds_by_id(session, list({t.round_id for t in self.trips.values()}))
        self.papers = manifest_rows.manifests_of_trips(session, trip_ids)
        self.aboard: dict[UUID, dict[UUID, Container]] = {key: {} for key in trip_ids}
        for container in batches.containers_of_trips(session, trip_ids):
            assert container.trip_id is not None
            self.aboard[container.trip_id][container.id] = container
        platforms = list({row.platform_id for row in self.rounds.values()})
        self.permits = permit_rows.permits_of(session, platforms)
        self.stock = batches.stock_g(session, platforms)
        self.limits = reference.legal_limits(session, self.on)
        self._read_earlier_parts(trip_ids)

    def _read_earlier_parts(self, trip_ids: Sequence[UUID]) -> None:
        """Receptions begun before, what they decided, and numbers for the new ones."""
        self.open_rows = reception_rows.receptions_of_trips(self.session, list(trip_ids))
        earlier = reception_rows.lines_of(self.session, [row.id for row in self.open_rows.values()])
        self.lines = {line.container_id: line for lines in earlier.values() for line in lines}
        series = f"JS/{self.on:%Y%m%d}"
        new = sum(1 for key in trip_ids if key not in self.open_rows)
        self.numbers = iter(take_numbers(self.session, {series: new})[series] if new else ())

    def receive(self, order: TripReception) -> Reception:
        """The reception of one trip, with its events."""
        order.actor.require("reception.record")
        trip, row = self._arrived_trip(order)
        self.scale = self._scale(order, row.platform)
        # On the vehicle everything was weighed: an estimate's wider band has done its work at the loading.
        self.rule = scales.tolerance(self.limits, scale_class=self.scale_class)
        reception = self._reception(order, trip, row.platform)
        decided = [
            (container, self._decide(order, row.platform, reception, container, decision, index))
            for index, decision in enumerate(order.decisions)
            for container in [self._expected(order, decision, index)]
        ]
        self._write_entries(order, row, reception, decided)
        self._settle_manifests(order, trip)
        if order.close:
            self._close(trip, reception)
        return reception

    def _arrived_trip(self, order: TripReception) -> tuple[Trip, Round]:
        trip = self.trips.get(order.trip_id)
        if trip is None:
            raise NotFound("object.not_found")
        row = self.rounds[trip.round_id]
        order.actor.require_own(row.platform_id)
        if trip.state != "arrived":
            raise Conflict("trip.not_arrived", state=trip.state)
        return trip, row

    def _scale(self, order: TripReception, platform: Organisation) -> Scale | None:
        found = scale_for(self.session, platform.id, order.scale_id)
        if found is None and order.scale_id is not None:
            raise InvalidInput("scale.unknown", field="scale_id")
        return found

    @property
    def scale_class(self) -> str:
        return self.scale.scale_class if self.scale is not None else scales.CLASSES[0]

    def _reception(self, order: TripReception, trip: Trip, platform: Organisation) -> Reception:
        reception = self.open_rows.get(order.trip_id)
        if reception is None:
            reception = Reception(
                id=new_id(self.session, self.now),
                reception_no=f"JS{self.on:%Y%m%d}{next(self.numbers):05d}",
                organisation_id=platform.id,
                trip_id=order.trip_id,
                state="open",
                arrived_at=trip.arrived_at or self.now,
                operator=order.actor.author,
            )
            self.session.add(reception)
            self.open_rows[order.trip_id] = reception
        if order.gross_g is not None:
            reception.gross_g = order.gross_g
        if order.tare_g is not None:
            reception.tare_g = order.tare_g
        receiving.require_weighbridge(reception.gross_g, reception.tare_g)
        return reception

    def _expected(self, order: TripReception, decision: Decision, index: int) -> Container:
        field = f"decisions.{index}.container_id"
        container = self.aboard[order.trip_id].get(decision.container_id)
        if container is not None and container.id in self.lines:
            raise Conflict("reception.already_decided", field=field, label_code=container.label_code)
        if container is None or container.state != "loaded":
            raise Conflict("reception.container_not_expected", field=field)
        return container

    def _decide(
        self,
        order: TripReception,
        platform: Organisation,
        reception: Reception,
        container: Container,
        decision: Decision,
        index: int,
    ) -> Judged:
        judged = receiving.judge(
            decision, expected_g=container.mass_g, rule=self.rule, field=f"decisions.{index}."
        )
        line = reception_rows.line_of(reception, container, judged, by=order.actor.author, at=self.now)
        if decision.weighed_g is not None and self.scale is not None:
            line.scale_id = self.scale.id
        self.session.add(line)
        self.lines[container.id] = line
        if judged.accepted:
            self._accept(platform, container, judged.weighed_g, f"decisions.{index}.decision")
        else:
            container.state = batch_lifecycle.next_state(container.state, "refuse_arrival")
        return judged

    def _accept(self, platform: Organisation, container: Container, weighed_g: int, field: str) -> None:
        held = self.permits.get(platform.id, [])
        permits.covering(held, waste_code=container.batch.waste_code, on=self.on)
        stock_g = self.stock.get(platform.id, 0)
        if platform.storage_capacity_g is not None and stock_g + weighed_g > platform.storage_capacity_g:
            raise Conflict(
                "storage.platform_full",
                field=field,
                stock_g=stock_g,
                add_g=weighed_g,
                limit_g=platform.storage_capacity_g,
            )
        self.stock[platform.id] = stock_g + weighed_g
        container.state = batch_lifecycle.next_state(container.state, "receive")
        container.mass_g = container.measured_g = weighed_g
        container.mass_before_load_g = None
        container.holder_id = platform.id
        container.stored_since_on = self.on

    def _write_entries(
        self, order: TripReception, row: Round, reception: Reception, decided: Decided
    ) -> None:
        """One entry per mover-out: what was taken in, with its masses; what was refused, with reasons."""
        facts = {
            "round": row.round_no,
            **scales.tolerance_facts(self.limits, scale_class=self.scale_class),
            "scale": self.scale.code if self.scale is not None else "",
            "case_due_on": (self.on + timedelta(days=receiving.CASE_DUE_DAYS)).isoformat(),
        }
        by_owner: dict[UUID, list[tuple[Container, Judged]]] = defaultdict(list)
        for container, judged in decided:
            by_owner[container.batch.enterprise_id].append((container, judged))
        vehicle = row.vehicle.site
        for parts in by_owner.values():
            taken = [
                _line(c, mass_g=j.weighed_g, basis="weighed", place=vehicle) for c, j in parts if j.accepted
            ]
            refused = [_line(c, reason=j.reason, place=vehicle) for c, j in parts if not j.accepted]
            if taken:
                self._log("container.received", order.actor, row.platform, reception, taken, facts)
            if refused:
                self._log(
                    "container.refused",
                    order.actor,
                    row.platform,
                    reception,
                    refused,
                    {"round": row.round_no},
                )

    def _log(
        self,
        kind: str,
        actor: Actor,
        platform: Organisation,
        reception: Reception,
        lines: Sequence[ledger.Line],
        facts: Mapping[str, Any],
    ) -> None:
        event = ledger.Event(
            type=kind,
            author=actor.author,
            site=platform.site,
            at=self.now,
            subject=reception.reception_no,
            lines=tuple(lines),
            facts=facts,
        )
        self.events.extend(ledger.in_parts(event))

    def _settle_manifests(self, order: TripReception, trip: Trip) -> None:
        """A manifest is decided when nothing of its stop is left on the vehicle undecided."""
        requests = {stop.id: stop.request_id for stop in trip.stops}
        # What another vehicle handed over on the way belongs to a stop of that one.
        relayed = [p.stop_id for p in self.papers.get(trip.id, []) if p.stop_id and p.stop_id not in requests]
        if relayed:
            found = round_rows.stops_by_id(self.session, relayed)
            requests |= {key: stop.request_id for key, stop in found.items()}
        for paper in self.papers.get(trip.id, []):
            if paper.state not in DECIDABLE or paper.stop_id is None or paper.opinion:
                continue
            mine = [
                c
                for c in self.aboard[trip.id].values()
                if c.request_id == requests[paper.stop_id] and (c.state == "loaded" or c.id in self.lines)
            ]
            if mine and all(c.id in self.lines for c in mine):
                self.events.append(self._settle(paper, mine, order.actor))

    def _settle(self, paper: Manifest, mine: Sequence[Container], actor: Actor) -> ledger.Event:
        lines = [(c, self.lines[c.id]) for c in mine]
        taken = [(c, line) for c, line in lines if line.decision == "accepted"]
        outside = sum(1 for _, line in lines if not line.within)
        differences = [k for _, line in lines for k in manifests.differences_of(line.within, line.reason)]
        accepted_g: dict[str, int] = defaultdict(int)
        for container, line in taken:
            accepted_g[container.batch.waste_code] += line.weighed_g
        kind = manifest_rows.settle(
            paper,
            accepted_g=accepted_g,
            accepted=len(taken),
            refused=len(lines) - len(taken),
            differences=differences,
            now=self.now,
        )
        return ledger.Event(
            type=kind,
            author=actor.author,
            site=paper.acceptor.site,
            at=self.now,
            subject=paper.provisional_no,
            facts={
                "opinion": paper.opinion,
                "accepted_g": sum(accepted_g.values()),
                "outside_tolerance": outside,
            },
        )

    def _close(self, trip: Trip, reception: Reception) -> None:
        missing = sorted(c.label_code for c in self.aboard[trip.id].values() if c.state == "loaded")
        if missing:
            raise Conflict("reception.containers_missing", labels=missing[:5], containers=len(missing))
        reception.state = "closed"
        reception.closed_at = self.now
        trip.state = "received"
        trip.received_at = self.now


def _line(container: Container, **more: Any) -> ledger.Line:
    batch = container.batch
    return ledger.Line(
        label=container.label_code, batch=batch_key(batch.enterprise, batch), code=batch.waste_code, **more
    )


def return_refused(
    session: Session, *, actor: Actor, container_ids: Sequence[UUID], now: datetime
) -> list[Container]:
    """Refused containers are back at their enterprise and may be asked for again (F78).

    Raises NotFound, InvalidInput("reception.nothing_to_return"), Conflict (container.act_not_allowed,
    reception.still_open: the rest of the trip is decided first).
    """
    actor.require("reception.record")
    wanted = list(dict.fromkeys(container_ids))
    if not wanted:
        raise InvalidInput("reception.nothing_to_return", field="container_ids")
    rows = batches.containers_by_id(session, wanted, lock=True)
    trips = round_rows.trips_by_id(session, [c.trip_id for c in rows.values() if c.trip_id])
    rounds = round_rows.rounds_by_id(session, list({t.round_id for t in trips.values()}))
    events = []
    for container_id in wanted:
        container = rows.get(container_id)
        if container is None or container.trip_id is None:
            raise NotFound("object.not_found")
        trip = trips[container.trip_id]
        row = rounds[trip.round_id]
        actor.require_own(row.platform_id)
        container.state = batch_lifecycle.next_state(container.state, "return_to_generator")
        if trip.state != "received":
            raise Conflict("reception.still_open", round_no=row.round_no, trip=trip.seq)
        events.append(_take_home(container, row, actor, now))
    session.flush()
    for receipt in ledger.append(session, events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return [rows[key] for key in wanted]


def _take_home(container: Container, row: Round, actor: Actor, now: datetime) -> ledger.Event:
    owner = container.batch.enterprise
    container.holder_id = owner.id
    container.stored_since_on = container.batch.produced_on
    container.request_id = container.trip_id = container.mass_before_load_g = None
    return ledger.Event(
        type="container.returned",
        author=actor.author,
        site=owner.site,
        at=now,
        subject=row.round_no,
        lines=(_line(container, place=row.vehicle.site, to_place=owner.site),),
        facts={"platform": row.platform.code},
    )


def refused_g(session: Session, *, platform_ids: Sequence[UUID]) -> int:
    """Grams that the gates of some platforms have refused, over all time."""
    query = (
        select(func.coalesce(func.sum(ReceptionLine.expected_g), 0))
        .join(Reception, Reception.id == ReceptionLine.reception_id)
        .where(ReceptionLine.decision == "refused", Reception.organisation_id.in_(platform_ids))
    )
    return int(session.scalar(query) or 0)
