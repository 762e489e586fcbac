"""The state behind a firm's code 企业码, from its store, papers, the ledger's cases, open problems (S5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import batch_lifecycle, calendar, firm_states, problems, receiving
from ..domain.actors import Actor
from ..domain.errors import NotFound
from ..domain.firm_states import Colour, FirmFacts, Reason
from ..models import organisations, reference
from ..models.batches import Container
from ..models.organisations import Contract, Organisation, PlatformCounty
from ..models.problems import Problem


@dataclass(frozen=True, slots=True)
class FirmState:
    """A firm with its colour and everything that stands against green."""

    firm: Organisation
    colour: Colour
    reasons: list[Reason]


def known(session: Session, *, organisation_id: UUID) -> Organisation:
    """The firm that a code belongs to: all that a stranger may ask. Raises NotFound."""
    firm = session.get(Organisation, organisation_id)
    if firm is None or firm.kind != "enterprise":
        raise NotFound("object.not_found")
    return firm


def may_see(session: Session, *, actor: Actor, firm: Organisation) -> bool:
    """The firm itself, its county's office, the county's own platform or one it has a contract with."""
    if actor.role == "regulator":
        return actor.county_code in (None, firm.county_code)
    if actor.role == "enterprise":
        return actor.organisation_id == firm.id
    if actor.role != "dispatcher":
        return False
    own = select(PlatformCounty.platform_id).where(
        PlatformCounty.platform_id == actor.organisation_id,
        PlatformCounty.county_code == firm.county_code,
        PlatformCounty.rank == 0,
    )
    bound = select(Contract.id).where(
        Contract.platform_id == actor.organisation_id, Contract.enterprise_id == firm.id
    )
    return session.scalar(own) is not None or session.scalar(bound.limit(1)) is not None


def state_of(session: Session, *, actor: Actor, organisation_id: UUID, now: datetime) -> FirmState:
    """The firm's state now, with its reasons. Raises Forbidden, NotFound."""
    actor.require("firm_state.view")
    firm = known(session, organisation_id=organisation_id)
    if not may_see(session, actor=actor, firm=firm):
        raise NotFound("object.not_found")
    found = firm_states.reasons(_facts(session, firm, calendar.on_date(now)))
    return FirmState(firm, firm_states.colour_of(found), found)


def _facts(session: Session, firm: Organisation, on: date) -> FirmFacts:
    limits = reference.legal_limits(session, on)
    late, warned, unlabelled, stock_g = _store(session, firm, on, limits)
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=on).get(firm.id, [])
    plans = organisations.plans_of(session, enterprise_ids=[firm.id], year=on.year)
    open_cases, late_cases = _cases(session, firm, on)
    open_problems, late_problems = _problems(session, firm, on)
    return FirmFacts(
        on=on,
        active=firm.active,
        overdue_containers=late,
        warned_containers=warned,
        stock_g=stock_g,
        limit_g=limits["storage_point_max_g"] if firm.storage_kind == "point" else firm.storage_capacity_g,
        contract_until_on=max((each.valid_until_on for each in held), default=None),
        plan_registered=firm.id in plans,
        open_cases=open_cases,
        late_cases=late_cases,
        open_problems=open_problems,
        late_problems=late_problems,
        unlabelled=unlabelled,
    )


def _store(
    session: Session, firm: Organisation, on: date, limits: dict[str, int]
) -> tuple[int, int, int, int]:
    """Containers that are late, warned, without a label; grams in store."""
    since = Container.stored_since_on
    late = since < on - timedelta(days=limits["enterprise_storage_limit_days"])
    warned = since <= on - timedelta(days=limits["enterprise_storage_warn_days"])
    query = select(
        func.coalesce(func.sum(case((late, 1), else_=0)), 0),
        func.coalesce(func.sum(case((warned & ~late, 1), else_=0)), 0),
        func.coalesce(func.sum(case((Container.state == "registered", 1), else_=0)), 0),
        func.coalesce(func.sum(Container.mass_g), 0),
    ).where(Container.holder_id == firm.id, Container.state.in_(sorted(batch_lifecycle.AT_ENTERPRISE)))
    counts = session.execute(query).one()
    return int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3])


def _cases(session: Session, firm: Organisation, on: date) -> tuple[int, int]:
    """Open weighing differences at the firm's own gate, and those past their day."""
    found = ledger.open_cases(session, place=firm.site)
    opened = ledger.recorded_at(session, [each.opened_idx for each in found])
    late = 0
    for each in found:
        due_on = each.due_on or calendar.on_date(opened[each.opened_idx]) + timedelta(
            days=receiving.CASE_DUE_DAYS
        )
        late += due_on < on
    return len(found), late


def _problems(session: Session, firm: Organisation, on: date) -> tuple[int, int]:
    """Problems that the firm has to put right, and those past their day."""
    late = (Problem.due_on.is_not(None)) & (Problem.due_on < on)
    query = select(func.count(), func.coalesce(func.sum(case((late, 1), else_=0)), 0)).where(
        Problem.assigned_to_id == firm.id, Problem.state.in_(problems.OPEN)
    )
    count, past = session.execute(query).one()
    return int(count), int(past)
