"""Contract and plan of a firm, and its own compliance check (F16, first form)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain import batch_lifecycle, calendar
from ...domain.actors import Actor
from ...models import organisations, reference
from ...models.batches import Batch, Container
from ...models.organisations import Contract, ManagementPlan, Organisation
from ...models.reference import WasteCode
from .conditions import StorageClock, count_if, kept_by, own_firm

CONTRACT_WARN_DAYS = 30


@dataclass(frozen=True)
class Check:
    """One point of the firm's own compliance check. `tone`: good, warn, bad."""

    key: str
    tone: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Papers:
    """The firm's contracts and its plan of a year with what has been generated against it."""

    firm: Organisation
    contracts: list[tuple[Contract, Organisation]]
    plan: ManagementPlan | None
    year: int
    names: Mapping[str, WasteCode]
    made_g: Mapping[str, int]
    sent_g: Mapping[str, int]
    checks: list[Check]


def papers(session: Session, *, actor: Actor, year: int, now: datetime) -> Papers:
    """Contracts and the management plan of a year. Raises Forbidden, NotFound."""
    firm = own_firm(session, actor)
    today = calendar.on_date(now)
    plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=year).get(firm.id)
    made = grams_by_code(session, firm.id, year, left=False)
    codes = {line.waste_code for line in plan.lines} | made.keys() if plan else set(made)
    found = session.scalars(select(WasteCode).where(WasteCode.code.in_(codes)))
    return Papers(
        firm=firm,
        contracts=organisations.contracts_of(session, firm.id),
        plan=plan,
        year=year,
        names={row.code: row for row in found},
        made_g=made,
        sent_g=grams_by_code(session, firm.id, year, left=True),
        checks=paper_checks(session, firm, today),
    )


def grams_by_code(session: Session, enterprise_id: UUID, year: int, *, left: bool) -> dict[str, int]:
    """Grams generated in a year by code, all of them or what has left the firm."""
    query = (
        select(Batch.waste_code, func.sum(Container.mass_g))
        .join(Container, Container.batch_id == Batch.id)
        .where(
            Batch.enterprise_id == enterprise_id,
            Batch.produced_on.between(date(year, 1, 1), date(year, 12, 31)),
            Container.state != "void",
        )
        .group_by(Batch.waste_code)
    )
    if left:
        query = query.where(Container.state.not_in(sorted(batch_lifecycle.AT_ENTERPRISE)))
    return {code: int(grams) for code, grams in session.execute(query)}


def compliance(session: Session, *, actor: Actor, now: datetime) -> tuple[Organisation, list[Check]]:
    """What is missing, late or odd, before an inspector sees it (F16, first form)."""
    firm = own_firm(session, actor)
    today = calendar.on_date(now)
    return firm, all_checks(session, firm, today, reference.legal_limits(session, today))


def all_checks(session: Session, firm: Organisation, today: date, limits: Mapping[str, int]) -> list[Check]:
    return [*paper_checks(session, firm, today), *_store_checks(session, firm, today, limits)]


def paper_checks(session: Session, firm: Organisation, today: date) -> list[Check]:
    """Contract and plan (Order 23, Art. 10 and 14; HJ 1259-2022)."""
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=today).get(firm.id, [])
    checks = []
    if not held:
        checks.append(Check("contract_missing", "bad"))
    else:
        until = max(contract.valid_until_on for contract in held)
        soon = until <= today + timedelta(days=CONTRACT_WARN_DAYS)
        key = "contract_ending" if soon else "contract_ok"
        checks.append(Check(key, "warn" if soon else "good", {"until_on": until}))
    plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=today.year).get(firm.id)
    if plan is None:
        checks.append(Check("plan_missing", "bad", {"year": today.year}))
        return checks
    checks.append(Check("plan_ok", "good", {"year": today.year, "filing_no": plan.filing_no}))
    planned = {line.waste_code: line.planned_g for line in plan.lines}
    in_store = select(Batch.waste_code).join(Container, Container.batch_id == Batch.id)
    unplanned = sorted(set(session.scalars(in_store.where(kept_by(firm.id)))) - planned.keys())
    if unplanned:
        checks.append(Check("codes_not_planned", "bad", {"codes": "、".join(unplanned)}))
    made = grams_by_code(session, firm.id, today.year, left=False)
    over = sorted(code for code, grams in made.items() if code in planned and grams > planned[code])
    if over:
        checks.append(Check("plan_exceeded", "warn", {"codes": "、".join(over)}))
    return checks


def _store_checks(
    session: Session, firm: Organisation, today: date, limits: Mapping[str, int]
) -> list[Check]:
    """The store (GB 18597-2023, 8.3.5; HJ 1276-2022 labels; storage clock)."""
    watch = StorageClock(limits, today)
    row = session.execute(
        select(
            func.coalesce(func.sum(Container.mass_g), 0),
            count_if(Container.state == "registered"),
            count_if(watch.warned()),
            count_if(watch.late()),
        )
        .select_from(Container)
        .where(kept_by(firm.id))
    ).one()
    stock_g, unlabelled, warned, late = (int(value) for value in row)
    checks = []
    if firm.storage_kind == "point":
        limit_g = limits["storage_point_max_g"]
        tone = "bad" if stock_g > limit_g else "warn" if stock_g * 10 >= limit_g * 8 else "good"
        checks.append(Check(f"point_{tone}", tone, {"stock_g": stock_g, "limit_g": limit_g}))
    days = {"warn_days": watch.warn_days, "limit_days": watch.limit_days}
    if late:
        checks.append(Check("storage_overdue", "bad", {"count": late, **days}))
    if warned:
        checks.append(Check("storage_warned", "warn", {"count": warned, **days}))
    if not late and not warned:
        checks.append(Check("storage_ok", "good", days))
    key, tone = ("unlabelled", "warn") if unlabelled else ("labels_ok", "good")
    checks.append(Check(key, tone, {"count": unlabelled}))
    return checks


def worst(checks: Sequence[Check]) -> str:
    """The tone of the worst point."""
    tones = {check.tone for check in checks}
    return next(tone for tone in ("bad", "warn", "good") if tone in tones or tone == "good")
