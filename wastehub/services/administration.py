"""What an administrator looks after: lists of law, groups of wastes, units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import texts
from ..domain.actors import Actor
from ..domain.errors import InvalidInput
from ..models import reference
from ..models.organisations import Organisation
from ..models.paging import matching, page_of
from ..models.reference import DECIDED_HERE, Area, LegalLimit, SegregationGroup, WasteCode
from ..models.users import User

REASON_LONGEST = 300


def overview(session: Session, *, actor: Actor, on: date) -> dict[str, int]:
    """What waits for an administrator: unverified catalogue rows, codes without a group, accounts."""
    actor.require("user.manage")

    def count(what: Any, *conditions: Any) -> int:
        return int(session.scalar(select(func.count()).select_from(what).where(*conditions)) or 0)

    return {
        "unverified": count(WasteCode, WasteCode.unverified_against_2025),
        "ungrouped": count(WasteCode, WasteCode.group_code.is_(None), reference.in_force(WasteCode, on)),
        "ungrouped_micro": count(WasteCode, WasteCode.group_code.is_(None), WasteCode.micro),
        "users": count(User, User.active),
        "organisations": count(Organisation, Organisation.active),
        "codes": count(WasteCode),
    }


def waste_codes(
    session: Session, *, actor: Actor, text: str = "", group: str = "", **page: Any
) -> tuple[list[WasteCode], int, dict[str, int]]:
    """The catalogue with its flags; `group` "none" shows what travels alone."""
    actor.require("reference.manage")
    query = select(WasteCode)
    if text:
        query = query.where(
            matching(text, WasteCode.code, WasteCode.name_zh, WasteCode.pinyin_initials, WasteCode.name_en)
        )
    if group == "none":
        query = query.where(WasteCode.group_code.is_(None))
    elif group:
        query = query.where(WasteCode.group_code == group)
    order = {"code": WasteCode.code, "name_zh": WasteCode.name_zh, "group_code": WasteCode.group_code}
    return page_of(session, query, order=order, **page)


def assign_group(
    session: Session, *, actor: Actor, code: str, group_code: str, reason: str, now: datetime
) -> WasteCode:
    """Give a waste code its segregation group, or take it away ("" travels alone).

    The reason and who decided stand in the ledger; loading the reference data keeps the decision.
    Raises NotFound(waste_code.unknown), InvalidInput(segregation.group_unknown, text.missing).
    """
    actor.require("reference.manage")
    row = reference.waste_code(session, code)
    if group_code and session.get(SegregationGroup, group_code) is None:
        raise InvalidInput("segregation.group_unknown", field="group_code", group_a=group_code)
    why = texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True)
    before = row.group_code
    row.group_code = group_code or None
    row.group_excludes_liquid = False
    row.group_reason_zh = row.group_reason_en = why
    row.group_source = f"{DECIDED_HERE} {now.date().isoformat()}"
    session.flush()
    event = ledger.Event(
        type="policy.changed",
        author=actor.author,
        site="service",
        at=now,
        subject=code,
        facts={"what": "waste_code.group", "from": before or "", "to": group_code, "reason": why},
    )
    ledger.append(session, [event], now=now)
    return row


def legal_limits(session: Session, *, actor: Actor) -> list[LegalLimit]:
    """Every limit with its effective dates, source and certainty."""
    actor.require("reference.manage")
    query = select(LegalLimit).order_by(LegalLimit.kind.desc(), LegalLimit.key, LegalLimit.effective_from_on)
    return list(session.scalars(query))


def organisations(
    session: Session, *, actor: Actor, text: str = "", kind: str = "", county: str = "", **page: Any
) -> tuple[list[Organisation], int, dict[str, int]]:
    """Units of all kinds: for administrators, and for regulators within their county."""
    actor.require("organisation.view")
    query = select(Organisation)
    if actor.role == "regulator" and actor.county_code:
        query = query.where(Organisation.county_code == actor.county_code)
    elif actor.role not in ("regulator", "admin"):
        query = query.where(Organisation.id == actor.organisation_id)
    if text:
        query = query.where(matching(text, Organisation.name, Organisation.code))
    if kind:
        query = query.where(Organisation.kind == kind)
    if county:
        query = query.where(Organisation.county_code == county)
    order = {"name": Organisation.name, "code": Organisation.code, "enrolled_at": Organisation.enrolled_at}
    return page_of(session, query, order=order, **page)


def counties(session: Session) -> list[Area]:
    """The county-level areas of all regions, by code."""
    query = select(Area).where(Area.level == "county").order_by(Area.code)
    return list(session.scalars(query))
