"""What a crew's phone keeps of its day beside the facts of the gates (gate_facts): where to go, whom to call.

Plain data: the phone stores it as it is, and `digest` tells it what has changed. Masses are grams,
identifiers are texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..domain.actors import Actor
from ..ledger import integrating
from ..models.route_plans import Round, Stop, Trip
from ..models.scans import Scan
from ..models.vehicles import CrewMember

Facts = dict[str, Any]


def facts(session: Session, *, actor: Actor, rounds: Sequence[Round], fit: Collection[UUID]) -> Facts:
    """The given rounds of a crew, and the newest checkpoint of the log.

    `fit`: the trips that may leave as they are checked now.
    """
    actor.require("round.drive")
    return {"rounds": [_round(session, row, fit) for row in rounds], "checkpoint": _checkpoint(session)}


def digest(value: Any) -> str:
    """A short name for what some facts say, to tell whether they have changed."""
    said = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _checkpoint(session: Session) -> Facts | None:
    newest = integrating.latest(session)
    return {"size": newest.size, "root": newest.root.hex()} if newest else None


def _round(session: Session, row: Round, fit: Collection[UUID]) -> Facts:
    platform = row.platform
    return {
        "id": str(row.id),
        "round_no": row.round_no,
        "service_on": row.service_on.isoformat(),
        "state": row.state,
        "version": row.version,
        "start_s": row.start_s,
        "end_s": row.end_s,
        "scans": _scans(session, row),
        "plate": row.vehicle.plate,
        "platform": {"id": str(row.platform_id), "name": platform.name, "phone": platform.contact_phone},
        "crew": [_person(each) for each in (row.driver, row.escort) if each],
        "trips": [_trip(trip, trip.id in fit) for trip in row.trips if trip.state != "cancelled"],
    }


def _scans(session: Session, row: Round) -> dict[str, int]:
    """How many scans there are of each gate: a refusal changes the page, not the drum."""
    query = select(Scan.stop_id, func.count(Scan.id)).where(Scan.round_id == row.id).group_by(Scan.stop_id)
    return {str(stop_id): count for stop_id, count in session.execute(query) if stop_id is not None}


def _person(row: CrewMember) -> Facts:
    return {"name": row.name, "kind": row.kind, "phone": row.phone}


def _trip(trip: Trip, checked: bool) -> Facts:
    return {
        "id": str(trip.id),
        "seq": trip.seq,
        "state": trip.state,
        "checked": checked,
        "leave_s": trip.leave_s,
        "return_s": trip.return_s,
        "stops": [_stop(stop) for stop in trip.stops if stop.state != "cancelled"],
    }


def _stop(stop: Stop) -> Facts:
    firm = stop.request.enterprise
    return {
        "id": str(stop.id),
        "seq": stop.seq,
        "state": stop.state,
        "request_id": str(stop.request_id),
        "firm": firm.name,
        "address": firm.address,
        "contact_name": firm.contact_name,
        "contact_phone": firm.contact_phone,
        "note": stop.request.note,
        "lon_e6": firm.lon_e6,
        "lat_e6": firm.lat_e6,
        "arrive_s": stop.arrive_s,
        "planned_g": stop.planned_g,
        "containers_planned": stop.containers_planned,
    }
