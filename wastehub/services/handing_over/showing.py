"""The firm's page shows a one-time code for the vehicle that stands at its gate."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...db import new_id
from ...domain import calendar
from ...domain import handing_over as rules
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import reference
from ...models import requests as request_rows
from ...models.handing_over import HandOverCode
from ...models.route_plans import Round, Stop, Trip
from ...models.users import User


def show_code(session: Session, *, actor: Actor, request_id: UUID, now: datetime) -> HandOverCode:
    """Draw a new code for the stop at which a request is being fetched; earlier ones hold to their end.

    Raises NotFound, Conflict("hand_over.not_on_the_way") while no vehicle is on the road for it.
    """
    actor.require("hand_over.show_code")
    request = request_rows.request_by_id(session, request_id)
    if request is None:
        raise NotFound("object.not_found")
    actor.require_own(request.enterprise_id)
    stop = session.scalar(
        select(Stop)
        .join(Trip, Trip.id == Stop.trip_id)
        .join(Round, Round.id == Trip.round_id)
        .where(Stop.request_id == request_id, Stop.state == "planned", Round.state == "under_way")
    )
    if stop is None:
        raise Conflict("hand_over.not_on_the_way", request_no=request.request_no)
    minutes = reference.legal_limit(session, "hand_over_code_minutes", calendar.on_date(now))
    user = session.get(User, actor.user_id) if actor.user_id else None
    key = new_id(session, now)
    row = HandOverCode(
        id=key,
        stop_id=stop.id,
        code=rules.code_of(new_id(session, now).int & ((1 << 62) - 1)),
        shown_by=actor.author,
        shown_name=user.display_name if user else "",
        shown_at=now,
        valid_until_at=now + timedelta(minutes=minutes),
    )
    session.add(row)
    session.flush()
    return row
