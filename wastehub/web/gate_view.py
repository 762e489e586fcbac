"""What the page of a gate shows beside the list: facts to judge by, lists of reasons, who confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ..domain import reasons
from ..models import reference
from ..models.handing_over import AgreedChange
from ..models.route_plans import Round
from ..services import gate_facts, handing_over
from ..services.cab import CabStop
from . import formatting, words
from .acting import Act
from .gate_words import gate_words
from .locale import select_locale

OPEN_TRIPS = ("planned", "under_way")


def gate_context(act: Act, gate: CabStop) -> dict[str, Any]:
    """Template values. `may_open`: the gate is to be visited, even if the round has not left by our books:
    the phone may know better."""
    row, stop = gate.round, gate.stop
    going = stop.state == "planned" and row.state in ("published", "under_way")
    return {
        "is_open": row.state == "under_way" and gate.trip.state == "under_way" and stop.state == "planned",
        "may_open": going and gate.trip.state in OPEN_TRIPS,
        "facts": gate_facts.gate_facts(act.session, actor=act.actor, round_id=row.id, now=act.now),
        "gate_words": gate_words(),
        "refusals": list(reasons.PICKUP_REFUSAL.values()),
        "absences": list(reasons.NOBODY_THERE.values()),
        "unconfirmed": list(reasons.UNCONFIRMED.values()),
        "changes": list(reasons.AGREED_CHANGE.values()),
        "reason_names": {**reasons.PICKUP_REFUSAL, **reasons.NOBODY_THERE, **reasons.UNCONFIRMED},
        "handover_words": _confirmed(act, gate),
    }


def confirmations_of(act: Act, row: Round) -> dict[UUID, str]:
    """Who confirmed at the gates of a round that were left with something on board."""
    stops = [stop for trip in row.trips for stop in trip.stops if stop.state in ("done", "partly_done")]
    known = handing_over.of_stops(act.session, actor=act.actor, stop_ids=[stop.id for stop in stops])
    return {stop.id: confirmation_words(known[stop.id]) for stop in stops if known[stop.id].said(stop)}


def _confirmed(act: Act, gate: CabStop) -> str:
    known = handing_over.of_stops(act.session, actor=act.actor, stop_ids=[gate.stop.id])[gate.stop.id]
    return confirmation_words(known) if known.said(gate.stop) else ""


def confirmation_words(known: handing_over.HandingOver) -> str:
    """Who confirmed what, and when, in one line."""
    row = known.last
    if row is None:
        return _("移出人没有确认交接")
    way = words.CONFIRMATIONS[row.way]
    who = f"{way} {row.person_name}".strip()
    return _(
        "%(who)s · %(at)s · %(count)s 件 %(mass)s",
        who=who,
        at=formatting.at(row.confirmed_at),
        count=row.containers,
        mass=formatting.mass(row.mass_g),
    )


def hand_over_of(session: Session, stop_id: UUID | None) -> dict[str, Any]:
    """What the manifest of a stop says of its hand-over; nothing for one without a stop."""
    found = handing_over.at_stops(session, [stop_id])[stop_id] if stop_id is not None else None
    return {"hand_over": found, "change_words": _teller(session)}


def change_teller(act: Act) -> Callable[[AgreedChange], str]:
    """Puts a change into words."""
    return _teller(act.session)


def _teller(session: Session) -> Callable[[AgreedChange], str]:
    names: dict[str, tuple[str, str]] = {}  # of packagings: read when they are first needed

    def tell(row: AgreedChange) -> str:
        if row.what == "packaging" and not names:
            names.update(reference.container_type_names(session))
        return _change_words(row, names)

    return tell


def _change_words(row: AgreedChange, names: Mapping[str, tuple[str, str]]) -> str:
    """What was changed at the gate, in one line. `names`: of container types, Chinese and English."""
    which = 1 if select_locale() == "en" else 0
    if row.what == "amount":
        return _(
            "登记重量 %(before)s → %(after)s",
            before=formatting.mass(row.before_g),
            after=formatting.mass(row.after_g),
        )
    before, after = (names[code or ""][which] for code in (row.before_type, row.after_type))
    return _("包装 %(before)s → %(after)s", before=before, after=after)
