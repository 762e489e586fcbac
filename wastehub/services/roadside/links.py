"""A link for half an hour, without sign-in: shown, renewed, withdrawn, opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import roadside, roles
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...domain.roadside import PassVerdict
from ...models.roadside import RoadsideOpening, RoadsidePass
from ...models.route_plans import Round
from .loads import OF_LOTS, OF_ROUNDS, Load, LoadPapers, load_of, own_lot, own_round, papers_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A link that opens now, and how often it was opened."""

    made: RoadsidePass
    openings: int


def show(session: Session, *, actor: Actor, round_id: UUID, now: datetime) -> RoadsidePass:
    """A new link to the papers of a round that is under way.

    Raises Forbidden, NotFound, Conflict (roadside.not_on_the_road, roadside.too_many).
    """
    return _show(session, actor, own_round(session, actor, round_id), now)


def show_lot(session: Session, *, actor: Actor, lot_id: UUID, now: datetime) -> RoadsidePass:
    """A new link to the papers of a lot on its way to its plant, by its platform or its crew.

    Raises Forbidden, NotFound, Conflict (roadside.lot_not_on_the_road, roadside.too_many).
    """
    return _show(session, actor, own_lot(session, actor, lot_id), now)


def _show(session: Session, actor: Actor, load: Load, now: datetime) -> RoadsidePass:
    _require_under_way(load)
    alive = [each for each in _passes(session, load) if _verdict(each, load, now) == "shown"]
    if len(alive) >= roadside.ALIVE_MAX:
        raise Conflict("roadside.too_many", most=roadside.ALIVE_MAX, number=load.number)
    made = RoadsidePass(
        id=new_id(session, now),
        round_id=load.round.id if load.round else None,
        lot_id=load.lot.id if load.lot else None,
        shown_by=actor.author,
        shown_at=now,
        expires_at=now + roadside.VALID_FOR,
    )
    session.add(made)
    session.flush()
    _log(session, "roadside.shown", actor, load, made, now)
    return made


def _require_under_way(load: Load) -> None:
    if load.under_way:
        return
    if load.round is not None:
        raise Conflict("roadside.not_on_the_road", round_no=load.number)
    waiting = load.lot is not None and load.lot.state == "open"
    code = "roadside.lot_not_shipped" if waiting else "roadside.lot_not_on_the_road"
    raise Conflict(code, lot_no=load.number)


def renew(
    session: Session, *, actor: Actor, pass_id: UUID, now: datetime, load_id: UUID | None = None
) -> RoadsidePass:
    """Half an hour more for a link that still opens: an officer goes on reading the same page.

    `load_id`: the round or lot that it has to be of. Raises Forbidden, NotFound, Conflict
    (roadside.not_renewable, and as `show`).
    """
    made, load = _own_pass(session, actor, pass_id, load_id)
    _require_under_way(load)
    verdict = _verdict(made, load, now)
    if verdict != "shown":
        raise Conflict("roadside.not_renewable", number=load.number)
    made.expires_at = now + roadside.VALID_FOR
    session.flush()
    _log(session, "roadside.renewed", actor, load, made, now)
    return made


def revoke(
    session: Session, *, actor: Actor, pass_id: UUID, now: datetime, load_id: UUID | None = None
) -> RoadsidePass:
    """Withdraw a link. Doing it again changes nothing. Raises Forbidden, NotFound."""
    made, load = _own_pass(session, actor, pass_id, load_id)
    if made.revoked_at is None:
        made.revoked_at, made.revoked_by = now, actor.author
        session.flush()
        _log(session, "roadside.revoked", actor, load, made, now)
    return made


def _log(session: Session, kind: str, actor: Actor, load: Load, made: RoadsidePass, now: datetime) -> None:
    facts = {
        "pass": str(made.id),
        "until": made.expires_at.isoformat(),
        "vehicle": load.vehicle.plate if load.vehicle else "",
    }
    event = ledger.Event(
        type=kind, author=actor.author, site=load.carrier.site, at=now, subject=load.number, facts=facts
    )
    ledger.append(session, [event], now=now)


def _own_pass(
    session: Session, actor: Actor, pass_id: UUID, load_id: UUID | None
) -> tuple[RoadsidePass, Load]:
    """A link with its load. Raises Forbidden, NotFound."""
    actor.require(OF_LOTS)  # whoever may show a round may show a lot
    made = session.get(RoadsidePass, pass_id, with_for_update=True)
    if made is None or load_id not in (None, made.round_id, made.lot_id):
        raise NotFound("object.not_found")
    if made.lot_id is not None:
        return made, own_lot(session, actor, made.lot_id)
    if made.round_id is None or not roles.may(actor.role, OF_ROUNDS):
        raise NotFound("object.not_found")
    return made, own_round(session, actor, made.round_id)


def _passes(session: Session, load: Load) -> list[RoadsidePass]:
    query = select(RoadsidePass).order_by(RoadsidePass.shown_at.desc())
    if load.round is not None:
        return list(session.scalars(query.where(RoadsidePass.round_id == load.round.id)))
    assert load.lot is not None
    return list(session.scalars(query.where(RoadsidePass.lot_id == load.lot.id)))


def _verdict(made: RoadsidePass, load: Load, now: datetime) -> PassVerdict:
    return roadside.verdict(
        expires_at=made.expires_at, revoked_at=made.revoked_at, now=now, under_way=load.under_way
    )


def alive(session: Session, *, actor: Actor, round_id: UUID, now: datetime) -> tuple[Round, list[Shown]]:
    """The links of a round that still open, the newest first. Raises Forbidden, NotFound."""
    load = own_round(session, actor, round_id)
    assert load.round is not None
    return load.round, _alive(session, load, now)


def alive_of_lot(session: Session, *, actor: Actor, lot_id: UUID, now: datetime) -> list[Shown]:
    """The links of a lot that still open, the newest first. Raises Forbidden, NotFound."""
    return _alive(session, own_lot(session, actor, lot_id), now)


def _alive(session: Session, load: Load, now: datetime) -> list[Shown]:
    found = [each for each in _passes(session, load) if _verdict(each, load, now) == "shown"]
    counts = dict(
        session.execute(
            select(RoadsideOpening.pass_id, func.count())
            .where(RoadsideOpening.pass_id.in_([each.id for each in found]))
            .group_by(RoadsideOpening.pass_id)
        ).all()
    )
    return [Shown(each, int(counts.get(each.id, 0))) for each in found]


def open_pass(
    session: Session, *, pass_id: UUID, now: datetime
) -> tuple[PassVerdict, RoadsidePass, LoadPapers | None]:
    """What a link shows now; that it was opened is written down. Raises NotFound for one never given."""
    made = session.get(RoadsidePass, pass_id)
    if made is None:
        raise NotFound("roadside.forged")
    load = load_of(session, made)
    verdict = _verdict(made, load, now)
    before = select(func.count()).select_from(RoadsideOpening).where(RoadsideOpening.pass_id == made.id)
    if (session.scalar(before) or 0) < roadside.OPENINGS_LOGGED_MAX:
        opening = RoadsideOpening(id=new_id(session, now), pass_id=made.id, opened_at=now, verdict=verdict)
        session.add(opening)
        session.flush()
    return verdict, made, papers_of(session, load) if verdict == "shown" else None
