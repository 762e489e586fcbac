"""How things stand where a phone's act was refused: read only then, for domain/field_conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ...domain import labels
from ...domain.actors import Actor
from ...domain.errors import InvalidInput
from ...domain.field_conflicts import Standing
from ...domain.field_events import Body, FieldEvent
from ...ledger import transparency
from ...models import label_lives as label_rows
from ...models import route_plans as round_rows
from ...models.batches import Container
from ...models.corrections import Correction
from ...models.field import Device, DeviceEvent, DeviceUser, FieldConflict
from ...models.route_plans import Round, Stop, Trip
from ...models.scans import Scan


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about, as far as it exists: the rows themselves, for pages and rules alike."""

    round: Round | None = None
    trip: Trip | None = None
    stop: Stop | None = None
    container: Container | None = None
    loaded: Scan | None = None  # the accepted scan that has the container on board, or had
    taken_off: Scan | None = None  # the accepted scan that last took it off


def _named(body: Body, name: str) -> UUID | None:
    try:
        return body.uuid_or_none(name)
    except InvalidInput:
        return None


def about(session: Session, body: Body, container_id: UUID | None = None) -> About:
    """The round, trip, stop and container that an event names."""
    stop = _stop(session, _named(body, "stop_id"))
    trip = stop.trip if stop else _trip(session, _named(body, "trip_id"))
    round_id = _named(body, "round_id") or (trip.round_id if trip else None)
    row = round_rows.rounds_by_id(session, [round_id]).get(round_id) if round_id else None
    wanted = container_id or _named(body, "container_id") or _of_dead_label(session, body)
    container = session.get(Container, wanted) if wanted else None
    loaded, taken_off = (_last(session, container, kind) for kind in ("load", "unload_back"))
    return About(row, trip, stop, container, loaded, taken_off)


def round_of(session: Session, body: Body) -> UUID | None:
    """The round that an event belongs to, if there is one."""
    if (named := _named(body, "round_id")) is not None:
        return session.scalar(select(Round.id).where(Round.id == named))
    query = select(Trip.round_id)
    if (stop_id := _named(body, "stop_id")) is not None:
        return session.scalar(query.join(Stop, Stop.trip_id == Trip.id).where(Stop.id == stop_id))
    trip_id = _named(body, "trip_id")
    return session.scalar(query.where(Trip.id == trip_id)) if trip_id else None


def _of_dead_label(session: Session, body: Body) -> UUID | None:
    """The fill that goes on under another code than the one that was scanned."""
    code = _bare(body.values.get("label_code"))
    dead = label_rows.retired_labels(session, [code]).get(code) if code else None
    return dead.container_id if dead else None


def _stop(session: Session, stop_id: UUID | None) -> Stop | None:
    if stop_id is None:
        return None
    return session.scalar(select(Stop).where(Stop.id == stop_id).options(joinedload(Stop.trip)))


def _trip(session: Session, trip_id: UUID | None) -> Trip | None:
    return session.get(Trip, trip_id) if trip_id else None


def _last(session: Session, container: Container | None, kind: str) -> Scan | None:
    """The last accepted scan of that kind."""
    if container is None:
        return None
    query = select(Scan).where(
        Scan.container_id == container.id, Scan.kind == kind, Scan.outcome == "accepted"
    )
    return session.scalars(query.order_by(Scan.received_at.desc(), Scan.device_seq.desc()).limit(1)).first()


def standing(session: Session, event: FieldEvent, actor: Actor, found: About, acted_at: datetime) -> Standing:
    """What the rules ask. A round of another unit is as good as none: nobody learns that it exists."""
    row, trip, stop, container = found.round, found.trip, found.stop, found.container
    if row is None or row.platform_id != actor.organisation_id:
        return Standing()
    here = stop is not None and stop.trip_id in {each.id for each in row.trips}
    return Standing(
        round_state=row.state,
        crew=round_rows.on_crew(row, actor),
        trip_state=trip.state if trip else "",
        stop_state=stop.state if stop else "",
        stop_here=here,
        container_state=container.state if container else "",
        mass_g=_mass_g(found),
        by_this_phone=found.loaded is not None and found.loaded.device_id == str(event.device),
        changed_after=container is not None and _changed(session, container, event.body, acted_at),
        was_loaded=found.loaded is not None and found.loaded.round_id == row.id,
        same_outcome=stop is not None and _same_outcome(event.body, stop),
        more_to_come=_more_to_come(session, row, event.device),
        phone_knew=_knew(session, event, found.taken_off if event.kind == "load" else found.loaded),
    )


def _knew(session: Session, event: FieldEvent, scan: Scan | None) -> bool:
    """Whether the phone had been shown a log that holds the scan."""
    if event.seen is None or scan is None:
        return False
    idx = transparency.index_of(session, scan.id)
    return idx is not None and idx < event.seen.size


def _more_to_come(session: Session, row: Round, device_id: UUID) -> bool:
    """Whether the crew has another phone, or something of this round waits for a decision."""
    crew = [person.user_id for person in (row.driver, row.escort) if person is not None]
    others = (
        select(Device.id)
        .join(DeviceUser, DeviceUser.device_id == Device.id)
        .where(DeviceUser.user_id.in_(crew), Device.id != device_id, Device.revoked_at.is_(None))
    )
    if session.scalar(others.limit(1)) is not None:
        return True
    undecided = select(FieldConflict.id).where(
        FieldConflict.round_id == row.id, FieldConflict.state == "open"
    )
    return session.scalar(undecided.limit(1)) is not None


def undecided_labels(session: Session, device_id: UUID) -> list[tuple[str, int]]:
    """Labels about which an act of this phone waits for somebody, with the number of the act."""
    query = select(FieldConflict.theirs, DeviceEvent.seq)
    query = query.join(DeviceEvent, DeviceEvent.id == FieldConflict.event_id)
    query = query.where(DeviceEvent.device_id == device_id, FieldConflict.state == "open")
    found = session.execute(query)
    return [(_bare(theirs.get("said", {}).get("label_code")), seq) for theirs, seq in found]


def load_undecided(session: Session, stop_id: UUID) -> bool:
    """Whether somebody has yet to decide about something loaded at a stop: it must not be closed as empty."""
    query = select(FieldConflict.id).join(DeviceEvent, DeviceEvent.id == FieldConflict.event_id)
    query = query.where(
        FieldConflict.stop_id == stop_id, FieldConflict.state == "open", DeviceEvent.kind == "load"
    )
    return session.scalar(query.limit(1)) is not None


def _mass_g(found: About) -> int | None:
    if found.container is not None and found.container.measured_g is not None:
        return found.container.measured_g
    return found.loaded.measured_g if found.loaded is not None else None


def _changed(session: Session, container: Container, body: Body, acted_at: datetime) -> bool:
    """Whether mass or label were corrected after the act; the corrections' own clock is ours."""
    corrected = select(Correction.id).where(
        Correction.container_id == container.id,
        Correction.state == "agreed",
        Correction.decided_at > acted_at,
    )
    if session.scalar(corrected.limit(1)) is not None:
        return True
    dead = label_rows.former_codes(session, [container.id]).get(container.id, [])
    scanned = body.values.get("label_code")
    return any(each.retired_at > acted_at and each.code == _bare(scanned) for each in dead)


def _bare(scanned: Any) -> str:
    try:
        return labels.code_from_payload(scanned)
    except (InvalidInput, TypeError, AttributeError):
        return ""


def _same_outcome(body: Body, stop: Stop) -> bool:
    """Done agrees with done and partly done, missed with missed."""
    said = body.values.get("outcome")
    return said == ("missed" if stop.state == "missed" else "done") and stop.state != "planned"
