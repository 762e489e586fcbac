"""The end of a crew member's day: what the phone still holds, what the server has, the chain closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput
from ...models import route_plans as round_rows
from ...models.batches import Container, containers_of_trips
from ...models.duty import DayClosing
from ...models.route_plans import Round, full_round
from ...models.scans import Scan


@dataclass(frozen=True)
class Closing:
    """What the phone says of itself: its newest event before this one, what was unsent, what refused."""

    actor: Actor
    round_id: UUID
    closing_id: UUID
    device: str
    last_seq: int
    head: str
    unsent: int
    refused: int


def close_day(session: Session, *, closing: Closing, at: datetime, now: datetime) -> DayClosing:
    """Keep the end of a day. Being accepted says that everything numbered before it has come.

    Raises NotFound, InvalidInput(day.counts_wrong), Conflict(day.round_open) while the round is on the road.
    """
    actor = closing.actor
    actor.require("round.drive")
    found = round_rows.rounds_by_id(session, [closing.round_id])
    row = round_rows.require_crew(found, closing.round_id, actor)
    if row.state == "under_way":
        raise Conflict("day.round_open", round_no=row.round_no)
    if min(closing.unsent, closing.refused, closing.last_seq) < 0:
        raise InvalidInput("day.counts_wrong", field="unsent")
    made = DayClosing(
        id=closing.closing_id,
        round_id=row.id,
        author=actor.author,
        device=closing.device,
        last_seq=closing.last_seq,
        head=closing.head,
        unsent=closing.unsent,
        refused=closing.refused,
        closed_at=at,
        received_at=now,
    )
    session.add(made)
    session.flush()
    facts = {"last_seq": made.last_seq, "head": made.head, "unsent": made.unsent, "refused": made.refused}
    event = ledger.Event(
        type="day.closed",
        author=actor.author,
        site=row.platform.site,
        at=at,
        subject=row.round_no,
        facts={"vehicle": row.vehicle.plate, **facts},
    )
    ledger.append(session, [event], now=now)
    return made


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What the server knows of a round at its end. `closings`: who has closed the day, the newest first."""

    round: Round
    done: int
    missed: int
    containers: int
    mass_g: int
    at_platform: int
    scans: int
    refused_scans: int
    closings: list[DayClosing]


def day_end(session: Session, *, actor: Actor, round_id: UUID) -> DayEnd:
    """Raises NotFound unless the actor is on the round."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    round_rows.require_crew({row.id: row}, row.id, actor)
    stops = [stop for trip in row.trips for stop in trip.stops if stop.state != "cancelled"]
    carried = [
        each
        for each in containers_of_trips(session, [trip.id for trip in row.trips])
        if each.state not in ("registered", "labelled", "void")
    ]
    by_outcome = dict(
        session.execute(
            select(Scan.outcome, func.count()).where(Scan.round_id == row.id).group_by(Scan.outcome)
        ).all()
    )
    closings = session.scalars(
        select(DayClosing).where(DayClosing.round_id == row.id).order_by(DayClosing.received_at.desc())
    )
    return DayEnd(
        round=row,
        done=sum(1 for stop in stops if stop.state in ("done", "partly_done")),
        missed=sum(1 for stop in stops if stop.state == "missed"),
        containers=len(carried),
        mass_g=sum(each.mass_g for each in carried),
        at_platform=sum(1 for each in carried if not _on_board(each)),
        scans=int(by_outcome.get("accepted", 0)),
        refused_scans=int(by_outcome.get("refused", 0)),
        closings=list(closings),
    )


def _on_board(container: Container) -> bool:
    return container.state == "loaded"
