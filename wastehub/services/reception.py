"""The platform weighs in what a trip brought: accepted, partly accepted, refused, with tolerance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import batch_lifecycle, calendar, manifests, permits, reasons, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..domain.quantities import CONTAINER_MASS_MAX_G, Difference, ToleranceRule, weighing_difference
from ..models import batches, reference
from ..models import manifests as manifest_rows
from ..models import permits as permit_rows
from ..models import route_plans as round_rows
from ..models.batches import Container, batch_key
from ..models.manifests import Manifest
from ..models.numbers import take_numbers
from ..models.organisations import Organisation
from ..models.receptions import Reception, ReceptionLine
from ..models.route_plans import Round, Trip

CASE_DUE_DAYS = 10
NOTE_LONGEST = 300


@dataclass(frozen=True)
class Decision:
    """What the gate says of one container. `decision`: accepted, refused (then with a reason)."""

    container_id: UUID
    weighed_g: int
    decision: str = "accepted"
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class TripReception:
    """Weigh-in of a trip or a part of it. `close`: everything of the trip has been decided."""

    actor: Actor
    trip_id: UUID
    decisions: tuple[Decision, ...]
    gross_g: int | None = None
    tare_g: int | None = None
    close: bool = True


def receive_trips(session: Session, *, receptions: Sequence[TripReception], now: datetime) -> list[Reception]:
    """Book the weigh-in of trips at their platforms.

    Raises Conflict (trip.not_arrived, reception.container_not_expected, reception.containers_missing,
    container.act_not_allowed, storage.platform_full, permit.*), InvalidInput (mass.*, reason.*).
    Source: Order 23, Art. 12 (verify kind, mass, packaging, labels) and 18 (differences).
    """
    gate = _Gate(session, receptions, now)
    made = [gate.receive(reception) for reception in receptions]
    session.flush()
    for receipt in ledger.append(session, gate.events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


class _Gate:
    """Trips, containers, papers and limits of some receptions, read once."""

    def __init__(self, session: Session, receptions: Sequence[TripReception], now: datetime) -> None:
        self.session = session
        self.now = now
        self.on = calendar.on_date(now)
        self.events: list[ledger.Event] = []
        trip_ids = [r.trip_id for r in receptions]
        self.trips = round_rows.trips_by_id(session, trip_ids, lock=True)
        round_ids = list({t.round_id for t in self.trips.values()})
        self.rounds = round_rows.rounds_by_id(session, round_ids)
        self.papers = manifest_rows.manifests_of_trips(session, trip_ids)
        self.aboard: dict[UUID, dict[UUID, Container]] = {key: {} for key in trip_ids}
        for container in batches.containers_of_trips(session, trip_ids):
            assert container.trip_id is not None
            self.aboard[container.trip_id][container.id] = container
        platforms = {row.platform_id for row in self.rounds.values()}
        self.permits = permit_rows.permits_of(session, list(platforms))
        self.stock = batches.stock_g(session, list(platforms))
        self.limits = reference.legal_limits(session, self.on)
        self.open_rows = _open_receptions(session, trip_ids)
        self.numbers = iter(_numbers(session, self.on, len(receptions)))

    def receive(self, order: TripReception) -> Reception:
        """The reception of one trip, with its events."""
        order.actor.require("reception.record")
        trip, row = self._arrived_trip(order)
        reception = self._reception(order, row.platform)
        decided: dict[UUID, list[tuple[Container, Decision, Difference]]] = defaultdict(list)
        for index, decision in enumerate(order.decisions):
            container = self._expected(order, decision, index)
            difference = self._decide(order, row.platform, reception, container, decision, index)
            decided[container.batch.enterprise_id].append((container, decision, difference))
        self._write_entries(order, row, reception, decided)
        self._settle_manifests(order, trip, decided)
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

    def _reception(self, order: TripReception, platform: Organisation) -> Reception:
        number = next(self.numbers)
        reception = self.open_rows.get(order.trip_id)
        if reception is None:
            reception = Reception(
                id=new_id(self.session, self.now),
                reception_no=number,
                organisation_id=platform.id,
                trip_id=order.trip_id,
                state="open",
                arrived_at=self.now,
                operator=order.actor.author,
            )
            self.session.add(reception)
        if order.gross_g is not None and order.tare_g is not None:
            if order.tare_g >= order.gross_g:
                raise InvalidInput("weighbridge.tare_above_gross", field="tare_g")
            reception.gross_g, reception.tare_g = order.gross_g, order.tare_g
        return reception

    def _expected(self, order: TripReception, decision: Decision, index: int) -> Container:
        container = self.aboard[order.trip_id].get(decision.container_id)
        if container is None:
            raise Conflict("reception.container_not_expected", field=f"decisions.{index}.container_id")
        return container

    def _decide(
        self,
        order: TripReception,
        platform: Organisation,
        reception: Reception,
        container: Container,
        decision: Decision,
        index: int,
    ) -> Difference:
        rule = ToleranceRule(
            self.limits["tolerance_floor_g"], self.limits["tolerance_weighed_ppm"]
        )
        if not 0 < decision.weighed_g <= CONTAINER_MASS_MAX_G:
            raise InvalidInput(
                "mass.too_large" if decision.weighed_g > 0 else "mass.not_positive",
                field=f"decisions.{index}.weighed_g",
                max_g=CONTAINER_MASS_MAX_G,
            )
        difference = weighing_difference(container.mass_g, decision.weighed_g, rule)
        note = texts.clean(decision.note, field=f"decisions.{index}.note", longest=NOTE_LONGEST)
        self.session.add(
            ReceptionLine(
                reception_id=reception.id,
                container_id=container.id,
                expected_g=container.mass_g,
                weighed_g=decision.weighed_g,
                difference_g=difference.difference_g,
                allowed_g=difference.allowed_g,
                within=difference.within,
                decision=decision.decision,
                reason=decision.reason,
                note=note,
                decided_at=self.now,
                decided_by=order.actor.author,
            )
        )
        if decision.decision == "accepted":
            self._accept(platform, container, decision)
        elif decision.decision == "refused":
            reasons.require(
                "gate_refusal", decision.reason, note=note, photos=1, field=f"decisions.{index}.reason"
            )
            container.state = batch_lifecycle.next_state(container.state, "refuse_arrival")
        else:
            raise InvalidInput("reception.decision_unknown", field=f"decisions.{index}.decision")
        return difference

    def _accept(self, platform: Organisation, container: Container, decision: Decision) -> None:
        permits.covering(
            self.permits.get(platform.id, []), waste_code=container.batch.waste_code, on=self.on
        )
        stock_g = self.stock.get(platform.id, 0) + decision.weighed_g
        if platform.storage_capacity_g is not None and stock_g > platform.storage_capacity_g:
            raise Conflict(
                "storage.platform_full",
                stock_g=stock_g - decision.weighed_g,
                add_g=decision.weighed_g,
                limit_g=platform.storage_capacity_g,
            )
        self.stock[platform.id] = stock_g
        container.state = batch_lifecycle.next_state(container.state, "receive")
        container.mass_g = container.measured_g = decision.weighed_g
        container.mass_before_load_g = None
        container.holder_id = platform.id
        container.stored_since_on = self.on

    def _write_entries(
        self,
        order: TripReception,
        row: Round,
        reception: Reception,
        decided: Mapping[UUID, Sequence[tuple[Container, Decision, Difference]]],
    ) -> None:
        """One entry per mover-out: what was taken in, with its masses; what was refused, with reasons."""
        for parts in decided.values():
            taken = [(c, d) for c, d, _ in parts if d.decision == "accepted"]
            refused = [(c, d) for c, d, _ in parts if d.decision == "refused"]
            facts = {
                "round": row.round_no,
                "tolerance_floor_g": self.limits["tolerance_floor_g"],
                "tolerance_ppm": self.limits["tolerance_weighed_ppm"],
                "tolerance_estimated_ppm": self.limits["tolerance_estimated_ppm"],
                "case_due_on": (self.on + timedelta(days=CASE_DUE_DAYS)).isoformat(),
            }
            if taken:
                lines = [_line(c, mass_g=d.weighed_g, basis="weighed", place=row.vehicle.site) for c, d in taken]
                self._log("container.received", order.actor, row.platform, reception, lines, facts)
            if refused:
                lines = [_line(c, reason=d.reason, place=row.vehicle.site) for c, d in refused]
                self._log("container.refused", order.actor, row.platform, reception, lines, {"round": row.round_no})

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

    def _settle_manifests(
        self,
        order: TripReception,
        trip: Trip,
        decided: Mapping[UUID, Sequence[tuple[Container, Decision, Difference]]],
    ) -> None:
        """A manifest is decided when nothing of its mover-out is left on the vehicle undecided."""
        for paper in self.papers.get(trip.id, []):
            if paper.mover_out_id not in decided or paper.state not in ("arrived", "discrepancy"):
                continue
            mine = [
                c for c in self.aboard[trip.id].values() if c.batch.enterprise_id == paper.mover_out_id
            ]
            if any(c.state == "loaded" for c in mine):
                continue
            outside = [d for _, _, d in decided[paper.mover_out_id] if not d.within]
            self.events.append(_settle(paper, mine, outside, order.actor, self.now))

    def _close(self, trip: Trip, reception: Reception) -> None:
        missing = sorted(c.label_code for c in self.aboard[trip.id].values() if c.state == "loaded")
        if missing:
            raise Conflict("reception.containers_missing", labels=missing[:5], containers=len(missing))
        reception.state = "closed"
        reception.closed_at = self.now
        trip.state = "received"
        trip.received_at = self.now


def _settle(
    paper: Manifest, mine: Sequence[Container], outside: Sequence[Difference], actor: Actor, now: datetime
) -> ledger.Event:
    taken = [c for c in mine if c.state == "stored"]
    if outside and paper.state == "arrived":
        paper.state = manifests.next_state(paper.state, "report_discrepancy")
        paper.opinion_note = f"{len(outside)}"
    paper.state = manifests.next_state(paper.state, "accept" if taken else "reject")
    paper.opinion = "refused" if not taken else "accepted" if len(taken) == len(mine) else "partly"
    paper.decided_at = now
    for line in paper.lines:
        line.accepted_g = sum(c.mass_g for c in taken if c.batch.waste_code == line.waste_code)
    facts = {
        "opinion": paper.opinion,
        "accepted_g": sum(c.mass_g for c in taken),
        "outside_tolerance": len(outside),
    }
    kind = "manifest.accepted" if taken else "manifest.rejected"
    return ledger.Event(
        type=kind,
        author=actor.author,
        site=paper.acceptor.site,
        at=now,
        subject=paper.provisional_no,
        facts=facts,
    )


def _line(container: Container, **more: Any) -> ledger.Line:
    batch = container.batch
    return ledger.Line(
        label=container.label_code, batch=batch_key(batch.enterprise, batch), code=batch.waste_code, **more
    )


def _open_receptions(session: Session, trip_ids: Sequence[UUID]) -> dict[UUID, Reception]:
    query = select(Reception).where(Reception.trip_id.in_(trip_ids))
    return {row.trip_id: row for row in session.scalars(query) if row.trip_id}


def _numbers(session: Session, on: date, count: int) -> list[str]:
    taken = take_numbers(session, {f"JS/{on:%Y%m%d}": count})
    return [f"JS{on:%Y%m%d}{number:05d}" for number in next(iter(taken.values()))]


def return_refused(
    session: Session, *, actor: Actor, container_ids: Sequence[UUID], now: datetime
) -> list[Container]:
    """Refused containers are back at their enterprise and may be asked for again (F78).

    Raises NotFound, Conflict("container.act_not_allowed").
    """
    actor.require("reception.record")
    rows = batches.containers_by_id(session, list(container_ids), lock=True)
    trips = round_rows.trips_by_id(session, [c.trip_id for c in rows.values() if c.trip_id])
    rounds = round_rows.rounds_by_id(session, [t.round_id for t in trips.values()])
    events = []
    for container_id in container_ids:
        container = rows.get(container_id)
        if container is None or container.trip_id is None:
            raise NotFound("object.not_found")
        row = rounds[trips[container.trip_id].round_id]
        actor.require_own(row.platform_id)
        container.state = batch_lifecycle.next_state(container.state, "return_to_generator")
        owner = container.batch.enterprise
        container.holder_id = owner.id
        container.stored_since_on = container.batch.produced_on
        container.request_id = container.trip_id = container.mass_before_load_g = None
        events.append(
            ledger.Event(
                type="container.returned",
                author=actor.author,
                site=owner.site,
                at=now,
                subject=row.round_no,
                lines=(_line(container, place=row.vehicle.site, to_place=owner.site),),
                facts={"platform": row.platform.code},
            )
        )
    session.flush()
    for receipt in ledger.append(session, events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return [rows[key] for key in container_ids]


def refused_g(session: Session, *, platform_ids: Sequence[UUID]) -> int:
    """Grams that the gates of some platforms have refused, over all time."""
    query = (
        select(func.coalesce(func.sum(ReceptionLine.expected_g), 0))
        .join(Reception, Reception.id == ReceptionLine.reception_id)
        .where(ReceptionLine.decision == "refused", Reception.organisation_id.in_(platform_ids))
    )
    return int(session.scalar(query) or 0)
