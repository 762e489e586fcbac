"""Contradictions between a phone's record and ours: opened with both versions beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, lost_records
from ...domain.field_events import FieldEvent
from ...domain.field_intake import Outcome
from ...models.field import Device, DeviceEvent, FieldConflict
from ...models.organisations import Organisation
from ...models.scans import Scan
from .standing import About, about

# What of a body is shown; everything else stands in the signed text.
SHOWN = (
    "measured_g", "gross_g", "tare_g", "reason", "note", "outcome", "roll_code", "label_code",
    "first", "last",
)  # fmt: skip
TEXT_SHOWN = 300


def open_conflict(
    session: Session,
    conflict_id: UUID,
    row: DeviceEvent,
    event: FieldEvent,
    outcome: Outcome,
    device: Device,
    *,
    now: datetime,
) -> FieldConflict:
    """Put an event before the office of its platform; the driver is told that it decides.

    Its number is day, phone and the phone's own number: a counter would be one more lock beside the log's.
    """
    scan = session.get(Scan, event.id)
    found = about(session, event.body, scan.container_id if scan else None)
    if found.round is not None and found.round.platform_id != device.organisation_id:
        found = About()  # nobody learns of another unit's rounds
    made = FieldConflict(
        id=conflict_id,
        conflict_no=f"XC{calendar.on_date(now):%Y%m%d}-{device.key_id[:8].upper()}-{row.seq}",
        kind=outcome.kind,
        state="open",
        platform_id=device.organisation_id,
        event_id=row.id,
        code=outcome.code,
        params=row.verdict.get("params", {}),
        round_id=found.round.id if found.round else None,
        stop_id=found.stop.id if found.stop else scan.stop_id if scan else None,
        container_id=found.container.id if found.container else None,
        ours=_ours(found),
        theirs=_theirs(row, event, device),
        opened_at=now,
    )
    session.add(made)
    session.flush()
    facts = _lost(event) if outcome.kind == lost_records.KIND else {}
    log(session, made, "conflict.opened", row.author, now, device=row.device_id, found=found, facts=facts)
    return made


def _lost(event: FieldEvent) -> dict[str, Any]:
    """Which numbers of which phone are missing: an auditor reads it from the log alone."""
    lost = lost_records.read(event.body)
    return {"lost_by": str(lost.device), "first_seq": lost.first, "last_seq": lost.last}


def _theirs(row: DeviceEvent, event: FieldEvent, device: Device) -> dict[str, Any]:
    """What the phone says, in the names of the event."""
    said = {name: _text(event.body.values[name]) for name in SHOWN if name in event.body.values}
    made: dict[str, Any] = {
        "kind": row.kind,
        "author": row.author,
        "device": str(device.id),
        "device_name": device.name,
        "seq": row.seq,
        "acted_at": row.acted_at.isoformat(),
        "said_at": row.said_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "photo_sha256": row.photo_sha256,
        "said": said,
    }
    if event.place is not None:
        made["place"] = {"lon_e6": event.place.lon_e6, "lat_e6": event.place.lat_e6}
    return made


def _text(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)[:TEXT_SHOWN].replace("\x00", "")


def _ours(found: About) -> dict[str, Any]:
    """What the platform knew at that moment."""
    made: dict[str, Any] = {}
    if found.round is not None:
        made |= {"round_no": found.round.round_no, "round_state": found.round.state}
    if found.trip is not None:
        made |= {"trip": found.trip.seq, "trip_state": found.trip.state}
    if found.stop is not None:
        made |= {"stop": found.stop.seq, "stop_state": found.stop.state}
        if found.stop.closed_at is not None:
            made["closed_at"] = found.stop.closed_at.isoformat()
    if found.container is not None:
        made |= {
            "label_code": found.container.label_code,
            "container_state": found.container.state,
            "mass_g": found.container.mass_g,
        }
    if found.loaded is not None:
        made["loaded"] = _loaded(found.loaded)
    return made


def _loaded(scan: Scan) -> dict[str, Any]:
    made: dict[str, Any] = {
        "author": scan.author,
        "device": scan.device_id,
        "scanned_at": scan.scanned_at.isoformat(),
        "received_at": scan.received_at.isoformat(),
        "measured_g": scan.measured_g or 0,
        "photo_sha256": scan.photo_sha256 or "",
    }
    if scan.lon_e6 is not None and scan.lat_e6 is not None:
        made["place"] = {"lon_e6": scan.lon_e6, "lat_e6": scan.lat_e6}
    return made


def log(
    session: Session,
    row: FieldConflict,
    kind: str,
    author: str,
    now: datetime,
    *,
    device: UUID,
    found: About,
    facts: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """A contradiction and its end are facts, too. Reasons in words stay outside, behind a commitment."""
    site = session.get_one(Organisation, row.platform_id).site
    said: dict[str, Any] = {"conflict": row.kind, "device": str(device), "event": str(row.event_id)}
    if found.round is not None:
        said["round"] = found.round.round_no
    event = ledger.Event(
        type=kind,
        author=author,
        site=site,
        at=now,
        subject=row.conflict_no,
        lines=(ledger.Line(label=found.container.label_code),) if found.container else (),
        facts={**said, **(facts or {})},
        personal={"reason": reason} if reason else {},
    )
    ledger.append(session, [event], now=now)
