"""Sizes and colours of the signs: what of HJ 1276 is not confirmed, set by an administrator from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import calendar, signs, texts
from ..domain.actors import Actor
from ..domain.errors import InvalidInput
from ..models import reference
from ..models.reference import DECIDED_HERE, LegalLimit

REASON_LONGEST = 300


def in_force(session: Session, *, on: date) -> dict[str, int]:
    """The template data of a day; what is not named there is drawn by the defaults of domain/signs."""
    return signs.template_of(reference.legal_limits(session, on))


def decisions(session: Session, *, actor: Actor) -> list[LegalLimit]:
    """What administrators of this installation have set, the newest first."""
    actor.require("reference.manage")
    query = select(LegalLimit).where(
        LegalLimit.key.startswith(signs.PREFIX, autoescape=True), LegalLimit.source.startswith(DECIDED_HERE)
    )
    return list(session.scalars(query.order_by(LegalLimit.effective_from_on.desc(), LegalLimit.key)))


def planned(session: Session, *, after: date) -> dict[str, LegalLimit]:
    """By key the next value that is to hold from a later day on."""
    query = select(LegalLimit).where(
        LegalLimit.key.startswith(signs.PREFIX, autoescape=True), LegalLimit.effective_from_on > after
    )
    found: dict[str, LegalLimit] = {}
    for row in session.scalars(query.order_by(LegalLimit.effective_from_on)):
        found.setdefault(row.key, row)
    return found


def decide(
    session: Session,
    *,
    actor: Actor,
    values: Mapping[str, str],
    seen: Mapping[str, str],
    valid_from: date,
    reason: str,
    now: datetime,
) -> list[LegalLimit]:
    """Set sizes (mm) and colours (#rrggbb) by key from a day on, today or later.

    `seen`: what the form showed when it was opened; what is still as it was shown is left alone.
    Raises Forbidden, InvalidInput: sign.past, sign.* of domain/signs, text.missing; Conflict:
    sign.changed_meanwhile.
    """
    actor.require("reference.manage")
    why = texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True)
    today = calendar.on_date(now)
    if valid_from < today:
        raise InvalidInput("sign.past", field="valid_from", given=valid_from, today=today)
    _one_at_a_time(session)
    template = in_force(session, on=valid_from)
    before = signs.current(template)
    after = signs.changes(values, seen, template)
    made = [
        _set(session, key, value, valid_from, f"{DECIDED_HERE} {today}: {why}")
        for key, value in after.items()
    ]
    session.flush()
    facts = {
        "what": "signs.template",
        "from": {key: before[key] for key in after},
        "to": after,
        "valid_from": valid_from.isoformat(),
        "reason": why,
    }
    event = ledger.Event("policy.changed", actor.author, "service", now, subject="signs", facts=facts)
    ledger.append(session, [event], now=now)
    return made


def _one_at_a_time(session: Session) -> None:
    """Of two administrators who save together, the second reads what the first has decided."""
    held = select(LegalLimit).where(LegalLimit.key.startswith(signs.PREFIX, autoescape=True))
    session.scalars(held.with_for_update().execution_options(populate_existing=True)).all()


def _set(session: Session, key: str, value: int, valid_from: date, source: str) -> LegalLimit:
    """The row of a key and day; a second decision for the same day takes the first one's place."""
    row = session.get(LegalLimit, (key, valid_from))
    if row is None:
        name_zh, name_en = _names(session, key)
        row = LegalLimit(
            key=key,
            effective_from_on=valid_from,
            effective_until_on=None,
            unit="rgb" if key.endswith("_rgb") else "mm",
            kind="configuration",
            name_zh=name_zh,
            name_en=name_en,
            certainty=signs.CERTAINTY,
        )
        session.add(row)
    row.value_int, row.source = value, source
    return row


def _names(session: Session, key: str) -> tuple[str, str]:
    """As the rows before it are called; a colour has its name from domain/signs."""
    for each in signs.COLOURS:
        if each.key == key:
            return each.name_zh, each.name_en
    earlier = select(LegalLimit).where(LegalLimit.key == key).order_by(LegalLimit.effective_from_on.desc())
    row = session.scalars(earlier).first()
    return (row.name_zh, row.name_en) if row else (key, key)
