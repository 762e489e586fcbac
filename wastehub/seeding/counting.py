"""The evening's count of every store: one counts, another signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ..domain import calendar
from ..domain.actors import Actor
from ..services import counts
from ..services.counts import Mark
from .world import World

SIGNED_AFTER = timedelta(minutes=20)


def count_stores(world: World, *, at: datetime) -> int:
    """Count every place that holds something, find everything there, and sign. Returns how many counts."""
    made = 0
    for desk in [*(each.desk for each in world.platforms.values()), *(each.desk for each in world.plants)]:
        keeper = replace(desk, author=f"{desk.author}:keeper")
        with world.act() as session:
            board = counts.today_board(session, actor=keeper, today=calendar.on_date(at))
            places = [place.zone.id if place.zone else None for place in board.places if place.due]
        for zone_id in places:
            with world.act() as session:
                _count(session, keeper, desk, zone_id, at)
        made += len(places)
    return made


def _count(session: Session, keeper: Actor, signer: Actor, zone_id: UUID | None, at: datetime) -> None:
    row = counts.open_count(session, actor=keeper, zone_id=zone_id, now=at)
    marks = [Mark(line.label_code) for line in row.lines]
    counts.close(session, actor=keeper, count_id=row.id, version=None, marks=marks, now=at)
    counts.sign(session, actor=signer, count_id=row.id, version=None, now=at + SIGNED_AFTER)
