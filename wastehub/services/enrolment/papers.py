"""The written contract that a pickup needs, and the registered management plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import calendar, quantities, texts, waste_codes
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models import organisations
from ...models.organisations import Contract, ManagementPlan, Organisation, PlanLine, PlatformCounty
from ...models.reference import WasteCode

PLANNED_MASS_MAX_G = 100_000_000_000  # 100,000 t of one code in a year is a slip of the pen


@dataclass(frozen=True)
class ContractDraft:
    enterprise_id: UUID
    platform_id: UUID
    number: str
    valid_from_on: date
    valid_until_on: date


@dataclass(frozen=True)
class PlanDraft:
    """`lines`: (waste code, planned grams of the year, internal name)."""

    enterprise_id: UUID
    year: int
    filing_no: str
    lines: tuple[tuple[str, int, str], ...]


def sign_contracts(
    session: Session, *, actor: Actor, drafts: Sequence[ContractDraft], now: datetime
) -> list[Contract]:
    """Record signed collection contracts 收集合同 between firms and platforms.

    Raises NotFound, InvalidInput (contract.dates_reversed), Conflict (contract.number_taken,
    contract.platform_not_for_county). Source: Order 23, Art. 10.
    """
    actor.require("contract.sign")
    for draft in drafts:
        actor.require_own(draft.enterprise_id, draft.platform_id)
    units = _units(session, [d.enterprise_id for d in drafts] + [d.platform_id for d in drafts])
    served = _served_counties(session, {draft.platform_id for draft in drafts})
    made = [_contract(session, draft, units, served, now) for draft in drafts]
    _require_free_numbers(session, [row.number for row in made])
    session.add_all(made)
    session.flush()
    ledger.append(
        session,
        [
            ledger.Event(
                type="contract.signed",
                author=actor.author,
                site=units[row.enterprise_id].site,
                at=now,
                subject=row.number,
                facts={
                    "platform": units[row.platform_id].site,
                    "valid_from_on": row.valid_from_on.isoformat(),
                    "valid_until_on": row.valid_until_on.isoformat(),
                },
            )
            for row in made
        ],
        now=now,
    )
    return made


def _units(session: Session, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    found = organisations.organisations_by_id(session, ids)
    if missing := set(ids) - found.keys():
        raise NotFound("object.not_found", missing=str(sorted(missing)[0]))
    return found


def _served_counties(session: Session, platform_ids: set[UUID]) -> set[tuple[UUID, str]]:
    query = select(PlatformCounty.platform_id, PlatformCounty.county_code).where(
        PlatformCounty.platform_id.in_(platform_ids)
    )
    return {(platform_id, county) for platform_id, county in session.execute(query)}


def _contract(
    session: Session,
    draft: ContractDraft,
    units: dict[UUID, Organisation],
    served: set[tuple[UUID, str]],
    now: datetime,
) -> Contract:
    firm, platform = units[draft.enterprise_id], units[draft.platform_id]
    if firm.kind != "enterprise" or platform.kind != "platform":
        raise NotFound("object.not_found")
    if draft.valid_from_on > draft.valid_until_on:
        raise InvalidInput(
            "contract.dates_reversed",
            field="valid_until_on",
            valid_from_on=draft.valid_from_on,
            valid_until_on=draft.valid_until_on,
        )
    if (platform.id, firm.county_code) not in served:
        raise Conflict("contract.platform_not_for_county", field="platform_id", platform=platform.short_name)
    return Contract(
        id=new_id(session, now),
        number=texts.clean(draft.number, field="number", longest=40, required=True),
        enterprise_id=firm.id,
        platform_id=platform.id,
        valid_from_on=draft.valid_from_on,
        valid_until_on=draft.valid_until_on,
        created_at=now,
    )


def _require_free_numbers(session: Session, numbers: list[str]) -> None:
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise Conflict("contract.number_taken", field="number", number=twice)
    for start in range(0, len(numbers), 500):
        query = select(Contract.number).where(Contract.number.in_(numbers[start : start + 500]))
        if taken := session.scalar(query.limit(1)):
            raise Conflict("contract.number_taken", field="number", number=taken)


def register_plans(
    session: Session, *, actor: Actor, drafts: Sequence[PlanDraft], now: datetime
) -> list[ManagementPlan]:
    """Record registered management plans; a second registration of a year adds or changes its lines.

    A platform may do it for firms that have a contract with it (HJ 1259-2022, clause 1).
    Raises NotFound, InvalidInput (plan_line.*, waste_code.*, mass.*). Source: Order 23, Art. 14.
    """
    actor.require("plan_line.register")
    _require_contract_partner(session, actor, drafts, now)
    units = _units(session, [draft.enterprise_id for draft in drafts])
    known = set(session.scalars(select(WasteCode.code)))
    plans = _plans_by_year(session, drafts)
    events = []
    made: list[ManagementPlan] = []
    for at, draft in enumerate(drafts):
        lines = _checked_lines(draft, known, f"drafts.{at}." if len(drafts) > 1 else "")
        plan = plans.get((draft.enterprise_id, draft.year))
        if plan is None:
            plan = ManagementPlan(
                id=new_id(session, now), enterprise_id=draft.enterprise_id, year=draft.year, lines=[]
            )
            session.add(plan)
            plans[draft.enterprise_id, draft.year] = plan
        plan.filing_no = texts.clean(draft.filing_no, field="filing_no", longest=40, required=True)
        plan.registered_at = now
        _merge_lines(session, plan, lines, now)
        made.append(plan)
        events.append(_plan_event(actor, units[draft.enterprise_id], plan, lines, now))
    session.flush()
    ledger.append(session, events, now=now)
    return made


def _require_contract_partner(
    session: Session, actor: Actor, drafts: Sequence[PlanDraft], now: datetime
) -> None:
    ids = [draft.enterprise_id for draft in drafts]
    if actor.role != "dispatcher":
        for enterprise_id in ids:
            actor.require_own(enterprise_id)
        return
    contracts = organisations.contracts_in_force(session, enterprise_ids=ids, on=calendar.on_date(now))
    for enterprise_id in ids:
        actor.require_own(*(contract.platform_id for contract in contracts.get(enterprise_id, [])))


def _plans_by_year(session: Session, drafts: Sequence[PlanDraft]) -> dict[tuple[UUID, int], ManagementPlan]:
    return {
        (plan.enterprise_id, plan.year): plan
        for year in {draft.year for draft in drafts}
        for plan in organisations.plans_of(
            session, enterprise_ids=[d.enterprise_id for d in drafts if d.year == year], year=year
        ).values()
    }


def _checked_lines(draft: PlanDraft, known: set[str], prefix: str) -> list[tuple[str, int, str]]:
    if not draft.lines:
        raise InvalidInput("plan_line.none", field=f"{prefix}lines")
    if not 2000 <= draft.year <= 2100:
        raise InvalidInput("plan_line.year_wrong", field=f"{prefix}year", year=draft.year)
    checked: list[tuple[str, int, str]] = []
    for number, (code, planned_g, internal_name) in enumerate(draft.lines):
        field = f"{prefix}lines.{number}"
        parsed = waste_codes.parse(code, field=f"{field}.waste_code")
        if parsed not in known:
            raise InvalidInput("waste_code.unknown", field=f"{field}.waste_code", given=parsed)
        if any(parsed == earlier for earlier, _, _ in checked):
            raise InvalidInput("plan_line.code_twice", field=f"{field}.waste_code", waste_code=parsed)
        quantities.require_mass_g(planned_g, field=f"{field}.planned_g", max_g=PLANNED_MASS_MAX_G)
        name = texts.clean(internal_name, field=f"{field}.internal_name", longest=60)
        checked.append((parsed, planned_g, name))
    return checked


def _merge_lines(
    session: Session, plan: ManagementPlan, lines: list[tuple[str, int, str]], now: datetime
) -> None:
    present = {line.waste_code: line for line in plan.lines}
    for code, planned_g, name in lines:
        if code in present:
            present[code].planned_g = planned_g
            present[code].internal_name = name
        else:
            plan.lines.append(
                PlanLine(id=new_id(session, now), waste_code=code, planned_g=planned_g, internal_name=name)
            )


def _plan_event(
    actor: Actor,
    firm: Organisation,
    plan: ManagementPlan,
    lines: list[tuple[str, int, str]],
    now: datetime,
) -> ledger.Event:
    return ledger.Event(
        type="plan.registered",
        author=actor.author,
        site=firm.site,
        at=now,
        subject=plan.filing_no,
        facts={
            "year": plan.year,
            "lines": [{"code": code, "planned_g": planned_g} for code, planned_g, _ in lines],
        },
    )
