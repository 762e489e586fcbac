"""A firm lets its containers be fetched although nobody will be there to sign, and takes that back."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, texts
from ...domain import handing_over as rules
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import handing_over as rows
from ...models import reference
from ...models.handing_over import StandingConsent
from ...models.organisations import Organisation
from ...models.versioned import require_version


def consents(session: Session, *, actor: Actor) -> list[StandingConsent]:
    """Every consent that the actor's firm gave, the newest first."""
    actor.require("hand_over.consent")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    return rows.consents_of(session, [actor.organisation_id]).get(actor.organisation_id, [])


def give_consent(
    session: Session,
    *,
    actor: Actor,
    person_name: str,
    person_role: str,
    until_on: date,
    note: str = "",
    now: datetime,
) -> StandingConsent:
    """The actor's firm consents from today until a day, in the name of one of its people.

    Raises NotFound, InvalidInput (text.*, consent.*), Conflict("consent.in_force") while another holds.
    """
    actor.require("hand_over.consent")
    firm = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if firm is None:
        raise NotFound("object.not_found")
    today = calendar.on_date(now)
    days = reference.legal_limit(session, "standing_consent_max_days", today)
    rules.require_consent_days(today, until_on, today=today, days_max=days)
    for other in rows.consents_of(session, [firm.id]).get(firm.id, []):
        if other.rule.holds_on(today):
            raise Conflict("consent.in_force", field="until_on", until_on=other.valid_until_on)
    row = StandingConsent(
        id=new_id(session, now),
        enterprise_id=firm.id,
        person_name=texts.clean(person_name, field="person_name", longest=40, required=True),
        person_role=texts.clean(person_role, field="person_role", longest=40, required=True),
        note=texts.clean(note, field="note", longest=300),
        valid_from_on=today,
        valid_until_on=until_on,
        given_by=actor.author,
        given_at=now,
    )
    session.add(row)
    session.flush()
    ledger.append(session, [_event("consent.given", row, firm, actor, now)], now=now)
    return row


def withdraw_consent(
    session: Session, *, actor: Actor, consent_id: UUID, version: int | None, now: datetime
) -> StandingConsent:
    """Take a consent back: from today on it does not hold.

    Raises NotFound, StaleVersion, Conflict("consent.ended").
    """
    actor.require("hand_over.consent")
    row = session.get(StandingConsent, consent_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.enterprise_id)
    require_version(row, version)
    today = calendar.on_date(now)
    if row.withdrawn_on is not None or row.valid_until_on < today:
        raise Conflict("consent.ended")
    row.withdrawn_on, row.withdrawn_at, row.withdrawn_by = today, now, actor.author
    session.flush()
    firm = session.get_one(Organisation, row.enterprise_id)
    ledger.append(session, [_event("consent.withdrawn", row, firm, actor, now)], now=now)
    return row


def _event(kind: str, row: StandingConsent, firm: Organisation, actor: Actor, now: datetime) -> ledger.Event:
    return ledger.Event(
        type=kind,
        author=actor.author,
        site=firm.site,
        at=now,
        subject=str(row.id),
        facts={"from_on": row.valid_from_on.isoformat(), "until_on": row.valid_until_on.isoformat()},
        personal={"name": row.person_name, "role": row.person_role},
    )
