"""Publish a plan: the moment at which requests, containers, crews and firms are bound by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, manifests, request_lifecycle
from ...domain.actors import Actor
from ...domain.errors import Conflict
from ...models import reference
from ...models.batches import Batch, Container, batch_key
from ...models.manifests import Manifest, ManifestLine
from ...models.numbers import take_numbers
from ...models.organisations import Organisation
from ...models.requests import PickupRequest
from ...models.route_plans import Round, RoutePlan, Stop, Trip, busy_on, full_plan, plans_on
from ...models.versioned import require_version
from .crew import require_crew, require_vehicle

Held = dict[UUID, list[tuple[Container, Batch]]]


def publish(
    session: Session, *, actor: Actor, plan_id: UUID, version: int | None, now: datetime
) -> RoutePlan:
    """Bind a draft: requests scheduled, containers tied to trips, one manifest per mover-out and trip.

    Other drafts of the same day are discarded: their vehicles and requests are gone.
    Source: Order 23, Art. 16 (several movers-out on one trip: each its own manifest).
    Raises NotFound, StaleVersion, Conflict: plan.not_draft, plan.day_over, plan.empty, plan.outdated and
    the codes of crew.require_crew and crew.require_vehicle. Nothing is published in part.
    """
    actor.require("plan.publish")
    plan = full_plan(session, plan_id)
    require_version(plan, version)
    if plan.state != "draft":
        raise Conflict("plan.not_draft", plan_no=plan.plan_no, state=plan.state)
    if plan.service_on < calendar.on_date(now):
        raise Conflict("plan.day_over", on=plan.service_on, today=calendar.on_date(now))
    visits = [_Visit(row, trip, stop) for row in plan.rounds for trip in row.trips for stop in trip.stops]
    if not visits:
        raise Conflict("plan.empty", plan_no=plan.plan_no)
    _require_fit(session, plan)
    held = _containers(session, [visit.request.id for visit in visits])
    for visit in visits:
        visit.bind(held.get(visit.request.id, []))
    opened = _open_manifests(session, plan, visits, held, now)
    _mark_published(session, plan, actor, now)
    session.flush()
    events = _published_events(plan, actor, now)
    events += [visit.opened_event(manifest, lines, held, actor, now) for visit, manifest, lines in opened]
    ledger.append(session, events, now=now)
    return plan


def discard(
    session: Session, *, actor: Actor, plan_id: UUID, version: int | None, now: datetime
) -> RoutePlan:
    """Put a draft aside; its requests were never taken out of the pool. Raises Conflict(plan.not_draft)."""
    actor.require("plan.publish")
    plan = full_plan(session, plan_id)
    require_version(plan, version)
    if plan.state != "draft":
        raise Conflict("plan.not_draft", plan_no=plan.plan_no, state=plan.state)
    plan.state, plan.decided_by, plan.decided_at = "discarded", actor.author, now
    session.flush()
    return plan


@dataclass(frozen=True, slots=True)
class _Visit:
    round: Round
    trip: Trip
    stop: Stop

    @property
    def request(self) -> PickupRequest:
        return self.stop.request

    @property
    def firm(self) -> Organisation:
        return self.stop.request.enterprise

    def bind(self, held: Sequence[tuple[Container, Batch]]) -> None:
        """Schedule the request with exactly what the plan counted on. Raises Conflict(plan.outdated)."""
        request, stop = self.request, self.stop
        found_g = sum(container.mass_g for container, _ in held)
        if (
            not request_lifecycle.may(request.state, "schedule")
            or len(held) != stop.containers_planned
            or found_g != stop.planned_g
        ):
            raise Conflict(
                "plan.outdated", request_no=request.request_no, firm=self.firm.short_name, state=request.state
            )
        request.state = request_lifecycle.next_state(request.state, "schedule")
        for container, _ in held:
            container.trip_id = self.trip.id

    def opened_event(
        self,
        manifest: Manifest,
        lines: Sequence[ManifestLine],
        held: Held,
        actor: Actor,
        now: datetime,
    ) -> ledger.Event:
        return ledger.Event(
            type="manifest.opened",
            author=actor.author,
            site=self.firm.site,
            at=now,
            subject=manifest.provisional_no,
            lines=tuple(
                ledger.Line(
                    label=container.label_code,
                    batch=batch_key(self.firm, batch),
                    code=batch.waste_code,
                    mass_g=container.mass_g,
                    basis="recorded",
                )
                for container, batch in held[self.request.id]
            ),
            facts={
                "leg": 1,
                "carrier": self.round.platform.site,
                "acceptor": self.round.platform.site,
                "vehicle": self.round.vehicle.site,
                "round_no": self.round.round_no,
                "trip": self.trip.seq,
                "request_no": self.request.request_no,
                "codes": {line.waste_code: line.declared_g for line in lines},
            },
        )


def _require_fit(session: Session, plan: RoutePlan) -> None:
    vehicles, people = busy_on(session, plan.service_on)
    for row in plan.rounds:
        require_vehicle(row, vehicles)
        require_crew(row, people)
        vehicles[row.vehicle_id] = row.round_no
        for person in (row.driver_id, row.escort_id):
            assert person is not None
            people[person] = row.round_no


def _containers(session: Session, request_ids: list[UUID]) -> Held:
    held: Held = {}
    for start in range(0, len(request_ids), 500):
        query = (
            select(Container, Batch)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.request_id.in_(request_ids[start : start + 500]), Container.state == "labelled")
            .order_by(Container.label_code)
        )
        for container, batch in session.execute(query):
            assert container.request_id is not None
            held.setdefault(container.request_id, []).append((container, batch))
    return held


def _open_manifests(
    session: Session, plan: RoutePlan, visits: Sequence[_Visit], held: Held, now: datetime
) -> list[tuple[_Visit, Manifest, list[ManifestLine]]]:
    stamp = f"{plan.service_on:%Y%m%d}"
    series = f"manifest/{stamp}"
    numbers = take_numbers(session, {series: len(visits)})[series]
    codes = reference.waste_codes(session, {b.waste_code for rows in held.values() for _, b in rows})
    kinds = reference.container_types(session, plan.service_on)
    opened: list[tuple[_Visit, Manifest, list[ManifestLine]]] = []
    for number, visit in zip(numbers, visits, strict=True):
        manifest = Manifest(
            id=new_id(session, now),
            provisional_no=f"WH{stamp}{number:06d}",
            leg=1,
            state=manifests.next_state("draft", "submit"),
            mover_out_id=visit.firm.id,
            carrier_id=visit.round.platform_id,
            acceptor_id=visit.round.platform_id,
            trip_id=visit.trip.id,
            stop_id=visit.stop.id,
            vehicle_id=visit.round.vehicle_id,
            driver_id=visit.round.driver_id,
            escort_id=visit.round.escort_id,
            opened_at=now,
        )
        lines = _lines(manifest.id, held[visit.request.id], codes, kinds)
        opened.append((visit, manifest, lines))
    session.add_all([manifest for _, manifest, _ in opened])
    session.add_all([line for _, _, lines in opened for line in lines])
    return opened


def _lines(
    manifest_id: UUID,
    held: Sequence[tuple[Container, Batch]],
    codes: dict[str, reference.WasteCode],
    kinds: dict[str, reference.ContainerType],
) -> list[ManifestLine]:
    """One line per waste code, in the order of the codes."""
    by_code: dict[str, list[tuple[Container, Batch]]] = {}
    for container, batch in held:
        by_code.setdefault(batch.waste_code, []).append((container, batch))
    lines: list[ManifestLine] = []
    for number, code in enumerate(sorted(by_code), 1):
        rows = by_code[code]
        packed: dict[str, int] = {}
        for container, _ in rows:
            name = kinds[container.container_type].name_zh
            packed[name] = packed.get(name, 0) + 1
        _, heaviest = max(rows, key=lambda row: row[0].mass_g)
        lines.append(
            ManifestLine(
                manifest_id=manifest_id,
                line_no=number,
                waste_code=code,
                waste_name=codes[code].name_zh,
                hazards=heaviest.hazards,
                form=heaviest.form,
                packaging="、".join(f"{name}×{count}" for name, count in packed.items())[:60],
                containers=len(rows),
                declared_g=sum(container.mass_g for container, _ in rows),
            )
        )
    return lines


def _mark_published(session: Session, plan: RoutePlan, actor: Actor, now: datetime) -> None:
    plan.state, plan.decided_by, plan.decided_at = "published", actor.author, now
    for row in plan.rounds:
        row.state = "published"
    for other in plans_on(session, plan.service_on):
        if other.id != plan.id and other.state == "draft":
            other.state, other.decided_by, other.decided_at = "discarded", actor.author, now


def _published_events(plan: RoutePlan, actor: Actor, now: datetime) -> list[ledger.Event]:
    """One entry per platform: which of its vehicles fetches which requests."""
    by_site: dict[str, list[Round]] = {}
    for row in plan.rounds:
        by_site.setdefault(row.platform.site, []).append(row)
    return [
        ledger.Event(
            type="plan.published",
            author=actor.author,
            site=site,
            at=now,
            subject=plan.plan_no,
            facts={
                "service_on": plan.service_on.isoformat(),
                "problem_digest": plan.problem_digest,
                "rounds": {
                    row.round_no: {
                        "vehicle": row.vehicle.site,
                        "requests": [s.request.request_no for trip in row.trips for s in trip.stops],
                    }
                    for row in rows
                },
            },
        )
        for site, rows in by_site.items()
    ]
