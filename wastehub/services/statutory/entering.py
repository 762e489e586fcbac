"""What a unit adds once for all its forms, and who may declare for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, quantities, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...domain.statutory import tables
from ...models import organisations
from ...models.filings import FilingDelegation, PlanLineDetail, StatutoryProfile, delegation_in_force
from ...models.organisations import ManagementPlan, Organisation, PlanLine
from ...models.reference import MethodCode
from ...models.versioned import require_version
from . import access
from .facts import profile_of

# Field -> longest text, for what a person types; the columns are as long.
PROFILE_TEXTS: Mapping[str, int] = {
    "registered_address": 200,
    "industry_code": 20,
    "legal_representative": 40,
    "legal_phone": 30,
    "technical_lead": 40,
    "technical_phone": 30,
    "assessment_no": 80,
    "discharge_permit_no": 80,
    "generating_code": 20,
    "generating_name": 60,
    "storage_code": 20,
    "storage_type": 20,
    "treatment_code": 20,
    "generation_handler": 40,
    "transport_handler": 40,
    "storage_handler": 40,
    "reduction_plan": 500,
    "reduction_measures": 500,
}
LINE_TEXTS: Mapping[str, int] = {
    "process": 60,
    "harmful_components": 120,
    "transfer_kind": 10,
    "method_code": 4,
    "acceptor_kind": 40,
    "acceptor_name": 120,
    "acceptor_no": 60,
}
LINE_MASSES = ("generated_g", "stored_g", "treated_g")
MASS_MAX_G = 100_000_000_000


def save_profile(
    session: Session,
    *,
    actor: Actor,
    given: Mapping[str, str],
    capacity_g: int | None,
    version: int | None,
    now: datetime,
    organisation_id: UUID | None = None,
) -> StatutoryProfile:
    """Keep what the tables ask of the unit.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput(text.*, mass.*).
    """
    unit = access.unit(session, actor, "declaration.file", organisation_id)
    row = profile_of(session, unit)
    if row in session:
        require_version(row, version)
    for field, longest in PROFILE_TEXTS.items():
        if field in given:
            setattr(row, field, texts.clean(given[field], field=field, longest=longest))
    if capacity_g is not None:
        quantities.require_mass_g(capacity_g, field="treatment_capacity", max_g=MASS_MAX_G)
    row.treatment_capacity_g = capacity_g
    row.changed_by, row.changed_at = actor.author, now
    session.add(row)
    session.flush()
    return row


def save_plan_line(
    session: Session,
    *,
    actor: Actor,
    plan_line_id: UUID,
    given: Mapping[str, str],
    masses_g: Mapping[str, int | None],
    now: datetime,
) -> PlanLineDetail:
    """Add to a line of the plan what tables A.3, A.4 and A.7 ask beyond it.

    Raises Forbidden, NotFound, InvalidInput (text.*, plan_line.transfer_kind_unknown,
    plan_line.acceptor_kind_unknown, treatment.method_unknown).
    """
    line = session.get(PlanLine, plan_line_id)
    plan = session.get(ManagementPlan, line.plan_id) if line else None
    if line is None or plan is None:
        raise NotFound("object.not_found")
    access.unit(session, actor, "declaration.file", plan.enterprise_id)
    tidy = {
        field: texts.clean(given.get(field, ""), field=field, longest=longest)
        for field, longest in LINE_TEXTS.items()
    }
    if tidy["transfer_kind"] not in ("", *tables.TRANSFER_KINDS):
        raise InvalidInput("plan_line.transfer_kind_unknown", field="transfer_kind")
    if tidy["acceptor_kind"] not in ("", *tables.ACCEPTOR_KINDS):
        raise InvalidInput("plan_line.acceptor_kind_unknown", field="acceptor_kind")
    if tidy["method_code"] and session.get(MethodCode, tidy["method_code"]) is None:
        raise InvalidInput("treatment.method_unknown", field="method_code", given=tidy["method_code"])
    row = session.get(PlanLineDetail, plan_line_id) or PlanLineDetail(plan_line_id=plan_line_id)
    for field, text in tidy.items():
        setattr(row, field, text)
    for field in LINE_MASSES:
        setattr(row, field, masses_g.get(field))
    row.changed_by, row.changed_at = actor.author, now
    session.add(row)
    session.flush()
    return row


def delegate(session: Session, *, actor: Actor, platform_id: UUID, now: datetime) -> FilingDelegation:
    """Let a platform declare for the firm: the firm's recorded consent (HJ 1259-2022, 7.1.3).

    Raises Forbidden, NotFound, Conflict (declaration.no_contract, declaration.delegated).
    """
    firm = access.own_unit(session, actor, "declaration.delegate")
    session.get(Organisation, firm.id, with_for_update={"key_share": True}, populate_existing=True)
    today = calendar.on_date(now)
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=today).get(firm.id, [])
    if platform_id not in {contract.platform_id for contract in held}:
        raise Conflict("declaration.no_contract", field="platform_id")
    if delegation_in_force(session, enterprise_id=firm.id) is not None:
        raise Conflict("declaration.delegated", field="platform_id")
    row = FilingDelegation(
        id=new_id(session, now),
        enterprise_id=firm.id,
        platform_id=platform_id,
        consented_by=actor.author,
        consented_at=now,
    )
    session.add(row)
    session.flush()
    _log(session, actor, firm, row, "declaration.delegated", now)
    return row


def end_delegation(session: Session, *, actor: Actor, now: datetime) -> FilingDelegation:
    """The firm takes its consent back; what was filed stays.

    Raises Forbidden, NotFound, Conflict(declaration.not_delegated).
    """
    firm = access.own_unit(session, actor, "declaration.delegate")
    row = delegation_in_force(session, enterprise_id=firm.id)
    if row is None:
        raise Conflict("declaration.not_delegated")
    row.ended_by, row.ended_at = actor.author, now
    session.flush()
    _log(session, actor, firm, row, "declaration.delegation_ended", now)
    return row


def _log(
    session: Session, actor: Actor, firm: Organisation, row: FilingDelegation, kind: str, now: datetime
) -> None:
    platform = session.get_one(Organisation, row.platform_id)
    event = ledger.Event(
        type=kind,
        author=actor.author,
        site=firm.site,
        at=now,
        subject=f"delegation/{row.id}",
        facts={"platform": platform.site},
    )
    ledger.append(session, [event], now=now)


def delegation_of(
    session: Session, *, actor: Actor, now: datetime
) -> tuple[FilingDelegation | None, Organisation | None, list[Organisation]]:
    """Who declares for the firm now, and the platforms that it may ask. Raises Forbidden, NotFound."""
    firm = access.own_unit(session, actor, "declaration.delegate")
    row = delegation_in_force(session, enterprise_id=firm.id)
    platform = session.get(Organisation, row.platform_id) if row else None
    today = calendar.on_date(now)
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=today).get(firm.id, [])
    units = organisations.organisations_by_id(session, [contract.platform_id for contract in held])
    return row, platform, sorted(units.values(), key=lambda unit: unit.code)


def delegating_firms(session: Session, *, actor: Actor) -> list[tuple[Organisation, FilingDelegation]]:
    """The firms that let the actor's platform declare for them. Raises Forbidden, NotFound."""
    platform = access.own_unit(session, actor, "declaration.view")
    query = (
        select(Organisation, FilingDelegation)
        .join(FilingDelegation, FilingDelegation.enterprise_id == Organisation.id)
        .where(FilingDelegation.platform_id == platform.id, FilingDelegation.ended_at.is_(None))
        .order_by(Organisation.name, Organisation.code)
    )
    return [(firm, row) for firm, row in session.execute(query)]
