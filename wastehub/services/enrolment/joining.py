"""Firms are enrolled as generators 产废单位, one or a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import credit_codes
from ...domain.actors import Actor
from ...domain.errors import Conflict, RuleViolation
from ...models.organisations import Organisation
from .checking import FirmDraft, lists_for, particulars


@dataclass(frozen=True)
class Refusal:
    """Why the firm at `position` (from 0) of a list cannot be enrolled."""

    position: int
    violation: RuleViolation


def refusals(session: Session, *, actor: Actor, firms: Sequence[FirmDraft]) -> list[Refusal]:
    """What `enrol` would refuse, each firm with the first thing that is wrong with it. Changes nothing."""
    actor.require("organisation.manage")
    return [
        Refusal(position, verdict)
        for position, verdict in enumerate(_judged(session, firms))
        if isinstance(verdict, RuleViolation)
    ]


def enrol(session: Session, *, actor: Actor, firms: Sequence[FirmDraft], now: datetime) -> list[Organisation]:
    """Enrol firms as generators 产废单位, all of them or none.

    Raises InvalidInput (credit_code.*, text.*, area.unknown, window.empty, organisation.*), Conflict
    (organisation.already_enrolled); of a list the field says which firm ("firms.2.credit_code").
    """
    actor.require("organisation.manage")
    made = []
    for position, verdict in enumerate(_judged(session, firms)):
        if isinstance(verdict, RuleViolation):
            if len(firms) > 1:
                verdict.field = f"firms.{position}.{verdict.field}"
            raise verdict
        made.append(_organisation(session, firms[position], verdict, now))
    session.add_all(made)
    session.flush()
    ledger.append(session, [_enrolled_event(actor, row, now) for row in made], now=now)
    return made


def _judged(session: Session, firms: Sequence[FirmDraft]) -> list[dict[str, Any] | RuleViolation]:
    """The particulars of each firm, or what is wrong with it."""
    lists = lists_for(session, firms)
    verdicts: list[dict[str, Any] | RuleViolation] = []
    for firm in firms:
        try:
            verdicts.append(particulars(firm, lists))
        except RuleViolation as violation:
            verdicts.append(violation)
    taken = _taken(session, [each["credit_code"] for each in verdicts if isinstance(each, dict)])
    for position, verdict in enumerate(verdicts):
        if isinstance(verdict, dict):
            code = verdict["credit_code"]
            if code in taken:
                verdicts[position] = Conflict(
                    "organisation.already_enrolled", field="credit_code", credit_code=code
                )
            taken.add(code)
    return verdicts


def _taken(session: Session, codes: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(codes), 500):
        query = select(Organisation.code).where(Organisation.code.in_(codes[start : start + 500]))
        found.update(session.scalars(query))
    return found


def _organisation(session: Session, firm: FirmDraft, columns: dict[str, Any], now: datetime) -> Organisation:
    code = columns["credit_code"]
    return Organisation(
        id=new_id(session, now),
        kind="enterprise",
        code=code,
        demo=firm.demo or credit_codes.is_demo_code(code),
        enrolled_at=now,
        **columns,
    )


def _enrolled_event(actor: Actor, row: Organisation, now: datetime) -> ledger.Event:
    people = (("contact_name", row.contact_name), ("contact_phone", row.contact_phone))
    return ledger.Event(
        type="organisation.enrolled",
        author=actor.author,
        site=row.site,
        at=now,
        subject=row.code,
        facts={
            "kind": row.kind,
            "name": row.name,
            "county_code": row.county_code or "",
            "management_class": row.management_class,
        },
        personal={key: value for key, value in people if value},
    )
