"""Positions that phones on board tell: kept for some days, only of duty, never in the ledger (F51)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from ...domain import calendar, duty_settings
from ...domain import positions as rules
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...domain.positions import Fix
from ...models import duty as rows
from ...models import reference
from ...models import route_plans as round_rows
from ...models.duty import VehiclePosition
from ...models.route_plans import full_round
from .changes import unread


@dataclass(frozen=True)
class FixReport:
    """What a phone tells of one round. The fixes may come late and in any order."""

    actor: Actor
    round_id: UUID
    fixes: Sequence[Fix]


@dataclass(frozen=True, slots=True)
class Kept:
    """`dropped`: not kept, by reason; `on_duty`: whether to go on telling; `every_s`: how often.

    `unread`: changes of the round that this person has not confirmed, so that the phone can say so.
    """

    kept: int
    dropped: dict[str, int]
    on_duty: bool
    every_s: int
    unread: int = 0


def keep_positions(session: Session, *, report: FixReport, now: datetime) -> Kept:
    """Keep what can be true and lies within duty. Sending twice keeps once. Raises Forbidden, NotFound."""
    report.actor.require("position.report")
    found = round_rows.rounds_by_id(session, [report.round_id])
    row = round_rows.require_crew(found, report.round_id, report.actor)
    dropped: Counter[str] = Counter()
    wanted: dict[datetime, Fix] = {}
    for fix in report.fixes:
        why = rules.reason_to_drop(fix, started_at=row.started_at, finished_at=row.finished_at, now=now)
        if why is None:
            # Up to a clock's lead it is now: no vehicle is in the future.
            wanted[min(fix.at, now).replace(microsecond=0)] = fix
        else:
            dropped[why] += 1
    known = _known(session, report, wanted)
    for at in sorted(wanted.keys() - known):
        fix = wanted[at]
        session.add(
            VehiclePosition(
                round_id=row.id,
                author=report.actor.author,
                at=at,
                lon_e6=fix.lon_e6,
                lat_e6=fix.lat_e6,
                accuracy_m=fix.accuracy_m,
                received_at=now,
            )
        )
    session.flush()
    rate_s = position_rate(session, now=now)
    news = unread(session, actor=report.actor, row=row)
    return Kept(len(wanted.keys() - known), dict(dropped), row.state == "under_way", rate_s, news)


def _known(session: Session, report: FixReport, wanted: dict[datetime, Fix]) -> set[datetime]:
    if not wanted:
        return set()
    query = select(VehiclePosition.at).where(
        VehiclePosition.round_id == report.round_id,
        VehiclePosition.author == report.actor.author,
        VehiclePosition.at.between(min(wanted), max(wanted)),
    )
    return set(session.scalars(query))


def position_rate(session: Session, *, now: datetime) -> int:
    """Seconds between two positions, as the installation has it."""
    limits = reference.legal_limits(session, calendar.on_date(now))
    return duty_settings.settings(limits)["position_every_s"]


def track(session: Session, *, actor: Actor, round_id: UUID) -> list[VehiclePosition]:
    """Where a round of the actor's platform was. Raises Forbidden, NotFound."""
    actor.require("position.view")
    row = full_round(session, round_id)
    if actor.organisation_id != row.platform_id:
        raise NotFound("object.not_found")
    return rows.track_of(session, round_id)


def purge_positions(session: Session, *, now: datetime) -> int:
    """Delete what is older than the installation keeps; how many went."""
    limits = reference.legal_limits(session, calendar.on_date(now))
    days = duty_settings.settings(limits)["position_keep_days"]
    gone = session.execute(delete(VehiclePosition).where(VehiclePosition.at < now - timedelta(days=days)))
    assert isinstance(gone, CursorResult)
    return gone.rowcount
