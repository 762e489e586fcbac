"""The register of enrolled firms, as administrators, platforms and supervision see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, roles
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import organisations
from ...models.batches import Container
from ...models.organisations import Contract, ManagementPlan, Organisation, PlatformCounty
from ...models.paging import matching, page_of
from ...models.reference import Area, Industry, WasteCode
from ...models.users import User


@dataclass(frozen=True)
class EnterpriseRow:
    """A line of the register. `platforms`: those with a contract in force; `planned`: plan of the year."""

    firm: Organisation
    county: Area | None
    town: Area | None
    platforms: list[Organisation]
    planned: bool


@dataclass(frozen=True)
class EnterpriseView:
    """One firm with its papers. `users` only for who manages accounts."""

    firm: Organisation
    county: Area | None
    town: Area | None
    contracts: list[tuple[Contract, Organisation]]
    plan: ManagementPlan | None
    year: int
    names: Mapping[str, WasteCode]
    served_by: list[Organisation]
    containers_held: int
    held_g: int
    users: list[User]
    entries: list[ledger.Entry]


def enterprises(
    session: Session,
    *,
    actor: Actor,
    on: date,
    text: str = "",
    county: str = "",
    town: str = "",
    platform: str = "",
    state: str = "",
    **page: Any,
) -> tuple[list[EnterpriseRow], int, dict[str, int]]:
    """Firms that the actor may know. `platform`: code of one, or "none" for no contract in force.

    `state`: "active" or "inactive".
    """
    actor.require("contract.view")
    query = select(Organisation).where(Organisation.kind == "enterprise", _visible_to(actor))
    if text:
        query = query.where(matching(text, Organisation.name, Organisation.code, Organisation.address))
    if county:
        query = query.where(Organisation.county_code == county)
    if town:
        query = query.where(Organisation.town_code == town)
    if platform:
        query = query.where(_contracted(platform, on))
    if state in ("active", "inactive"):
        query = query.where(Organisation.active.is_(state == "active"))
    order = {
        "name": Organisation.name,
        "code": Organisation.code,
        "town": Organisation.town_code,
        "enrolled_at": Organisation.enrolled_at,
    }
    firms, count, sums = page_of(session, query, order=order, **page)
    return _rows(session, firms, on), count, sums


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    """A platform knows the firms of its own county and those that ever signed with it."""
    if actor.role == "admin":
        return true()
    if actor.role == "regulator":
        return Organisation.county_code == actor.county_code if actor.county_code else true()
    if actor.role == "enterprise":
        return Organisation.id == actor.organisation_id
    if actor.role != "dispatcher":
        return false()
    own_county = select(PlatformCounty.county_code).where(
        PlatformCounty.platform_id == actor.organisation_id, PlatformCounty.rank == 0
    )
    signed = select(Contract.enterprise_id).where(Contract.platform_id == actor.organisation_id)
    return or_(Organisation.county_code.in_(own_county), Organisation.id.in_(signed))


def _contracted(platform: str, on: date) -> ColumnElement[bool]:
    in_force = select(Contract.enterprise_id).where(organisations.in_force(on))
    if platform == "none":
        return Organisation.id.not_in(in_force)
    unit = select(Organisation.id).where(Organisation.code == platform, Organisation.kind == "platform")
    return Organisation.id.in_(in_force.where(Contract.platform_id.in_(unit)))


def _rows(session: Session, firms: Sequence[Organisation], on: date) -> list[EnterpriseRow]:
    ids = [firm.id for firm in firms]
    contracts = organisations.contracts_in_force(session, enterprise_ids=ids, on=on)
    planned = organisations.planned_codes(session, enterprise_ids=ids, year=on.year)
    platforms = {row.id: row for row in organisations.organisations_of(session, "platform")}
    areas = {row.code: row for row in session.scalars(select(Area))}
    return [
        EnterpriseRow(
            firm=firm,
            county=areas.get(firm.county_code or ""),
            town=areas.get(firm.town_code or ""),
            platforms=[
                platforms[each.platform_id]
                for each in contracts.get(firm.id, [])
                if each.platform_id in platforms
            ],
            planned=firm.id in planned,
        )
        for firm in firms
    ]


def enterprise(session: Session, *, actor: Actor, organisation_id: UUID) -> Organisation:
    """A firm that the actor may know. Raises Forbidden, NotFound for a firm of others."""
    actor.require("contract.view")
    query = select(Organisation).where(
        Organisation.id == organisation_id, Organisation.kind == "enterprise", _visible_to(actor)
    )
    firm = session.scalar(query)
    if firm is None:
        raise NotFound("object.not_found", field="organisation_id")
    return firm


def view(session: Session, *, actor: Actor, organisation_id: UUID, year: int) -> EnterpriseView:
    """One firm with its contracts, its plan of a year, its accounts and changes. Raises as `enterprise`."""
    firm = enterprise(session, actor=actor, organisation_id=organisation_id)
    plan = organisations.plans_of(session, enterprise_ids=[firm.id], year=year).get(firm.id)
    codes = [line.waste_code for line in plan.lines] if plan else []
    held, held_g = _held(session, firm.id)
    return EnterpriseView(
        firm=firm,
        county=session.get(Area, firm.county_code) if firm.county_code else None,
        town=session.get(Area, firm.town_code) if firm.town_code else None,
        contracts=organisations.contracts_of(session, firm.id),
        plan=plan,
        year=year,
        names={row.code: row for row in session.scalars(select(WasteCode).where(WasteCode.code.in_(codes)))},
        served_by=_may_sign(session, actor, firm),
        containers_held=held,
        held_g=held_g,
        users=_users(session, firm.id) if roles.may(actor.role, "user.manage") else [],
        entries=ledger.entries_for(session, subject=firm.code),
    )


def _held(session: Session, enterprise_id: UUID) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(Container.mass_g), 0)).where(
        Container.holder_id == enterprise_id, Container.state.in_(sorted(batch_lifecycle.AT_ENTERPRISE))
    )
    count, mass_g = session.execute(query).one()
    return int(count), int(mass_g)


def _may_sign(session: Session, actor: Actor, firm: Organisation) -> list[Organisation]:
    """The platforms with which the actor may enter a contract of the firm: its own, if it is one."""
    if not roles.may(actor.role, "contract.sign"):
        return []
    serving = organisations.platforms_serving(session, firm.county_code or "")
    if actor.role == "enterprise":
        return serving
    return [row for row in serving if row.id == actor.organisation_id]


def _users(session: Session, organisation_id: UUID) -> list[User]:
    return list(
        session.scalars(select(User).where(User.organisation_id == organisation_id).order_by(User.login))
    )


def places(session: Session) -> list[tuple[Area, list[Area]]]:
    """The counties of all regions, each with its towns, by code."""
    counties = session.scalars(select(Area).where(Area.level == "county").order_by(Area.code))
    found = {county.code: (county, list[Area]()) for county in counties}
    for town in session.scalars(select(Area).where(Area.level == "town").order_by(Area.code)):
        if town.parent_code in found:
            found[town.parent_code][1].append(town)
    return list(found.values())


def industries(session: Session) -> list[Industry]:
    """What small firms do, by code."""
    return list(session.scalars(select(Industry).order_by(Industry.code)))
