"""Driver and escort of a round, and whether they and the vehicle may go out that day.

Source: Order 29 of 2019, Art. 44 (an escort besides the driver); certificates of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models.manifests import Manifest
from ...models.route_plans import Round, Trip, busy_on, full_round
from ...models.vehicles import CrewMember
from ...models.versioned import require_version


def assign_crew(
    session: Session,
    *,
    actor: Actor,
    round_id: UUID,
    driver_id: UUID,
    escort_id: UUID,
    version: int | None,
    now: datetime,
) -> Round:
    """Name the two people of a round that has not started; its manifests follow.

    Raises NotFound, StaleVersion, Conflict: round.not_changeable, round.crew_unfit,
    round.certificate_expired, round.crew_busy.
    """
    actor.require("round.rearrange")
    row = full_round(session, round_id)
    actor.require_own(row.platform_id)
    require_version(row, version)
    if row.state not in ("planned", "published"):
        raise Conflict("round.not_changeable", round_no=row.round_no, state=row.state)
    _, busy = busy_on(session, row.service_on, besides=row.id)
    row.driver = _person(session, driver_id)
    row.escort = _person(session, escort_id)
    row.driver_id, row.escort_id = driver_id, escort_id
    require_crew(row, busy)
    query = select(Manifest).join(Trip, Trip.id == Manifest.trip_id)
    for manifest in session.scalars(query.where(Trip.round_id == row.id, Manifest.state == "submitted")):
        manifest.driver_id, manifest.escort_id = driver_id, escort_id
    session.flush()
    if row.state == "published":
        ledger.append(session, [_crewed(row, actor, now)], now=now)
    return row


def require_crew(row: Round, busy: Mapping[UUID, str]) -> None:
    """Whether driver and escort may drive this round; `busy`: person -> the other round they are on.

    Raises Conflict: round.crew_missing, round.crew_unfit, round.certificate_expired, round.crew_busy.
    """
    for kind, person in (("driver", row.driver), ("escort", row.escort)):
        if person is None:
            raise Conflict("round.crew_missing", field=f"{kind}_id", round_no=row.round_no, kind=kind)
        if person.kind != kind or person.platform_id != row.platform_id or not person.active:
            raise Conflict(
                "round.crew_unfit", field=f"{kind}_id", round_no=row.round_no, kind=kind, name=person.name
            )
        if person.certificate_valid_until_on < row.service_on:
            raise Conflict(
                "round.certificate_expired",
                field=f"{kind}_id",
                round_no=row.round_no,
                name=person.name,
                valid_until_on=person.certificate_valid_until_on,
            )
        if person.id in busy:
            raise Conflict(
                "round.crew_busy",
                field=f"{kind}_id",
                round_no=row.round_no,
                name=person.name,
                other=busy[person.id],
            )


def require_vehicle(row: Round, busy: Mapping[UUID, str]) -> None:
    """Whether the vehicle may go out. Raises Conflict: round.vehicle_unfit, round.vehicle_busy,
    round.vehicle_permit_expired.
    """
    vehicle = row.vehicle
    if not vehicle.active or vehicle.platform_id != row.platform_id:
        raise Conflict("round.vehicle_unfit", round_no=row.round_no, plate=vehicle.plate)
    if vehicle.permit_valid_until_on < row.service_on:
        raise Conflict(
            "round.vehicle_permit_expired",
            round_no=row.round_no,
            plate=vehicle.plate,
            valid_until_on=vehicle.permit_valid_until_on,
        )
    if vehicle.id in busy:
        raise Conflict(
            "round.vehicle_busy", round_no=row.round_no, plate=vehicle.plate, other=busy[vehicle.id]
        )


def _person(session: Session, person_id: UUID) -> CrewMember:
    person = session.get(CrewMember, person_id)
    if person is None:
        raise NotFound("object.not_found")
    return person


def _crewed(row: Round, actor: Actor, now: datetime) -> ledger.Event:
    assert row.driver is not None and row.escort is not None
    return ledger.Event(
        type="round.crewed",
        author=actor.author,
        site=row.platform.site,
        at=now,
        subject=row.round_no,
        facts={
            "vehicle": row.vehicle.site,
            "driver": row.driver.certificate_no,
            "escort": row.escort.certificate_no,
        },
    )
