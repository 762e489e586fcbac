"""Rest, relay, checks, changes read and the end of the day, as phones report them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ...domain.errors import InvalidInput
from ...domain.waybills import CHECKS, OUTCOMES
from .. import duty, waybills
from .acts import Act, Done, Handler

CONTAINERS_MAX = 200


def rest_begin(act: Act) -> Done | None:
    """{round_id}: the vehicle stands and the crew rests."""
    round_id = act.body.uuid("round_id")
    duty.begin_rest(act.session, actor=act.actor, round_id=round_id, at=act.at, now=act.now, rest_id=act.id)
    return None


def rest_end(act: Act) -> Done | None:
    """{round_id}: the crew goes on."""
    duty.end_rest(act.session, actor=act.actor, round_id=act.body.uuid("round_id"), at=act.at, now=act.now)
    return None


def relay_out(act: Act) -> Done | None:
    """{round_id, container_ids | all, to_plate, place?}: this crew gives to another vehicle."""
    out = duty.RelayOut(
        act.actor,
        act.body.uuid("round_id"),
        act.body.text("to_plate", longest=16, required=True),
        _containers(act),
        act.body.text("place", longest=200),
    )
    duty.give(act.session, out=out, at=act.at, now=act.now)
    return None


def relay_in(act: Act) -> Done | None:
    """{round_id, container_ids | all, from_plate, place?}: this crew takes from another vehicle."""
    into = duty.RelayIn(
        act.actor,
        act.body.uuid("round_id"),
        act.body.text("from_plate", longest=16, required=True),
        _containers(act),
        act.body.text("place", longest=200),
    )
    duty.take(act.session, into=into, at=act.at, now=act.now)
    return None


def _containers(act: Act) -> list[UUID] | None:
    """The named containers; None for all of them, which has to be said."""
    if act.body.truth("all", default=False):
        return None
    found = []
    for text in act.body.texts("container_ids", longest=36, most=CONTAINERS_MAX):
        try:
            found.append(UUID(text))
        except ValueError:
            raise InvalidInput("event.field_wrong", field="container_ids", expected="uuid") from None
    return found


def vehicle_check(act: Act) -> Done | None:
    """{round_id, checks, note}: the five checks alone, kept also when one has failed and nobody may leave."""
    round_id, said = act.body.uuid("round_id"), act.body.inner("checks")
    answers = {key: said.choice(key, ("", *OUTCOMES), default="") for key in CHECKS}
    note = act.body.text("note", longest=1000)
    trips = waybills.planned_trips(act.session, actor=act.actor, round_id=round_id)
    given = {key: outcome for key, outcome in answers.items() if outcome}
    walks = [waybills.Checking(act.actor, trip_id, given, note) for trip_id in trips]
    waybills.record_checks(act.session, checkings=walks, now=act.now, at=act.at)
    return None


def revision_seen(act: Act) -> Done | None:
    """{revision_id}: the crew has read what the dispatcher changed."""
    duty.see_revision(
        act.session, actor=act.actor, revision_id=act.body.uuid("revision_id"), at=act.at, now=act.now
    )
    return None


def day_close(act: Act) -> Done | None:
    """{round_id, head, unsent, refused}: the phone's day is over; `head` names the event before this one."""
    closing = duty.Closing(
        actor=act.actor,
        round_id=act.body.uuid("round_id"),
        closing_id=act.id,
        device=str(act.device_id),
        last_seq=act.seq - 1,
        head=act.body.sha256_or_none("head") or "",
        unsent=act.body.whole_or_none("unsent") or 0,
        refused=act.body.whole_or_none("refused") or 0,
    )
    duty.close_day(act.session, closing=closing, at=act.at, now=act.now)
    return None


HANDLERS: Mapping[str, Handler] = {
    "rest_begin": rest_begin,
    "rest_end": rest_end,
    "relay_out": relay_out,
    "relay_in": relay_in,
    "vehicle_check": vehicle_check,
    "revision_seen": revision_seen,
    "day_close": day_close,
}
