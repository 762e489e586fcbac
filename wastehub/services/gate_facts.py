"""What a phone must know to judge at the gate without a network: one round, as plain values.

frontend/src/gate_rules.js judges by them as domain/custody does; tests/domain/gate_cases.json holds both to
one answer. The phone's answer is provisional: what it reports is judged again when it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from ..domain import calendar, label_codes, reasons, scales, waste_codes
from ..domain.actors import Actor
from ..models import handing_over, reference, stores
from ..models import route_plans as round_rows
from ..models.batches import Batch, Container
from ..models.label_lives import RetiredLabel, RollLabel
from ..models.route_plans import Round, Stop, full_round
from ..models.vehicles import licensed_categories

# What a crew weighs with at the firm, as services/scans judges it.
CREW_SCALE = "portable"
DEAD_MAX = 500


def gate_facts(session: Session, *, actor: Actor, round_id: UUID, now: datetime) -> dict[str, Any]:
    """The facts of a round that the actor is on; ids as texts, masses in grams. Raises NotFound."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    round_rows.require_crew({row.id: row}, row.id, actor)
    stops = [stop for trip in row.trips if trip.state != "cancelled" for stop in trip.stops]
    stops = [stop for stop in stops if stop.state != "cancelled"]
    firms = {stop.request.enterprise_id for stop in stops}
    containers = _containers(session, row, stops)
    on = calendar.on_date(now)
    limits = reference.legal_limits(session, on)
    known = _described(session, containers)
    return {
        "made_at": now.isoformat(timespec="milliseconds"),
        "round_id": str(row.id),
        "vehicle": _vehicle(session, row),
        "started": row.state == "under_way",
        "trips": [{"id": str(trip.id), "state": trip.state} for trip in row.trips],
        "stops": {str(stop.id): each for stop, each in _stops(session, stops, now)},
        "containers": known,
        "codes": _codes(session, containers),
        "dead": _dead(session, firms),
        "matrix": _matrix(session, known.values()),
        "tolerance": {basis: _tolerance(limits, basis) for basis in scales.BASES},
        "types": _types(session, now),
        "reasons": [_reason(each) for each in reasons.PICKUP_REFUSAL.values()],
        "confirmation_required": bool(limits.get("hand_over_required", 0)),
    }


def _containers(session: Session, row: Round, stops: Sequence[Stop]) -> list[Container]:
    """What the round's requests ask to fetch, and what its vehicle carries."""
    asked = Container.request_id.in_([stop.request_id for stop in stops])
    aboard = Container.trip_id.in_([trip.id for trip in row.trips])
    query = select(Container).where(or_(asked, aboard)).options(joinedload(Container.batch))
    return list(session.scalars(query.order_by(Container.label_code)))


def _described(session: Session, containers: Sequence[Container]) -> dict[str, dict[str, Any]]:
    codes = reference.waste_codes(session, {each.batch.waste_code for each in containers})
    found = {}
    for each in containers:
        waste = codes[each.batch.waste_code]
        load = stores.load_of(each.batch, waste)
        found[each.label_code] = {
            "id": str(each.id),
            "state": each.state,
            "enterprise_id": str(each.batch.enterprise_id),
            "request_id": str(each.request_id) if each.request_id else None,
            "trip_id": str(each.trip_id) if each.trip_id else None,
            "declared_g": each.declared_g,
            "mass_g": each.mass_g,
            "basis": each.batch.basis,
            "form": each.batch.form,
            "type": each.container_type,
            "group": load.group,
            "category": waste_codes.category(each.batch.waste_code),
            "hazards": sorted(load.hazards),
            "waste_code": each.batch.waste_code,
            "name_zh": each.batch.internal_name or waste.name_zh,
            "name_en": waste.name_en,
        }
    return found


def _stops(session: Session, stops: Sequence[Stop], now: datetime) -> Iterable[tuple[Stop, dict[str, Any]]]:
    consents = handing_over.consents_of(session, [stop.request.enterprise_id for stop in stops])
    confirmed = handing_over.hand_overs_of(session, [stop.id for stop in stops])
    on = calendar.on_date(now)
    for stop in stops:
        firm = stop.request.enterprise
        held = next((row for row in consents.get(firm.id, []) if row.rule.holds_on(on)), None)
        yield (
            stop,
            {
                "state": stop.state,
                "trip_id": str(stop.trip_id),
                "enterprise_id": str(firm.id),
                "request_id": str(stop.request_id),
                "firm": firm.short_name,
                "code": firm.credit_code or "",
                "consent": _consent(held) if held else None,
                "confirmed": max((row.containers for row in confirmed.get(stop.id, [])), default=0),
            },
        )


def _consent(row: handing_over.StandingConsent) -> dict[str, str]:
    return {"name": row.person_name, "role": row.person_role, "until_on": row.valid_until_on.isoformat()}


def _vehicle(session: Session, row: Round) -> dict[str, Any]:
    return {
        "plate": row.vehicle.plate,
        "licensed_categories": sorted(licensed_categories(session, [row.vehicle_id])[row.vehicle_id]),
        "capacity_g": row.vehicle.capacity_g,
        "partitioned": row.vehicle.partitioned,
    }


def _codes(session: Session, containers: Sequence[Container]) -> dict[str, str]:
    """What else names a container: its short code, the number of a roll that was bound to it."""
    found = {label_codes.human_code(each.short_no): each.label_code for each in containers}
    by_id = {each.id: each.label_code for each in containers}
    query = select(RollLabel.code, RollLabel.container_id).where(RollLabel.container_id.in_(list(by_id)))
    for code, container_id in session.execute(query):
        if container_id is not None:
            found[code] = by_id[container_id]
    return found


def _dead(session: Session, firms: set[UUID]) -> dict[str, dict[str, str]]:
    """Codes of the round's firms that no container may carry any more: the latest of them."""
    own = (
        select(Container.id)
        .join(Batch, Batch.id == Container.batch_id)
        .where(Batch.enterprise_id.in_(sorted(firms, key=str)))
    )
    retired = (
        select(RetiredLabel.code, RetiredLabel.successor)
        .where(RetiredLabel.container_id.in_(own))
        .order_by(RetiredLabel.retired_at.desc())
        .limit(DEAD_MAX)
    )
    void = (
        select(Container.label_code)
        .join(Batch, Batch.id == Container.batch_id)
        .where(Batch.enterprise_id.in_(sorted(firms, key=str)), Container.state == "void")
        .order_by(Batch.registered_at.desc(), Container.label_code)
        .limit(DEAD_MAX)
    )
    found = {code: {"kind": "void", "code": code} for code in session.scalars(void)}
    for code, successor in session.execute(retired):
        found[code] = {"kind": "replaced", "code": code, "successor": successor}
    return found


def _matrix(session: Session, containers: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The relations between the groups that this round can meet."""
    groups = {each["group"] for each in containers if each["group"]}
    pairs = reference.matrix(session)
    return {f"{a}/{b}": relation for (a, b), relation in pairs.items() if a in groups and b in groups}


def _tolerance(limits: dict[str, int], basis: str) -> dict[str, int]:
    rule = scales.tolerance(limits, scale_class=CREW_SCALE, basis=basis)
    return {"floor_g": rule.floor_g, "ppm": rule.ppm}


def _types(session: Session, now: datetime) -> dict[str, dict[str, Any]]:
    return {
        code: {
            "name_zh": kind.name_zh,
            "name_en": kind.name_en,
            "tare_g": kind.tare_g,
            "payload_max_g": kind.payload_max_g,
            "takes_liquid": kind.takes_liquid,
        }
        for code, kind in reference.container_types(session, calendar.on_date(now)).items()
    }


def _reason(each: reasons.Reason) -> dict[str, Any]:
    return {
        "code": each.code,
        "name_zh": each.name_zh,
        "name_en": each.name_en,
        "needs_note": each.needs_note,
        "needs_photo": each.needs_photo,
    }
