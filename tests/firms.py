"""Firms for tests: enrolled, under contract, with a plan, with waste. Plain functions over services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from wastehub.domain import credit_codes
from wastehub.domain.actors import Actor
from wastehub.models.batches import Batch, Container
from wastehub.models.organisations import Contract, Organisation
from wastehub.models.requests import PickupRequest
from wastehub.services import batches, enrolment, labels, requests

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
TODAY = date(2026, 3, 16)
CODE = "900-249-08"


def admin() -> Actor:
    return Actor(author="user:admin", role="admin", user_id=UUID(int=1))


def actor_of(unit: Organisation) -> Actor:
    """Somebody who works at a unit."""
    role = {"enterprise": "enterprise", "platform": "dispatcher", "plant": "plant"}[unit.kind]
    return Actor(author=f"user:{unit.code}", role=role, organisation_id=unit.id)


def platforms(session: Session) -> list[Organisation]:
    query = select(Organisation).where(Organisation.kind == "platform").order_by(Organisation.code)
    return list(session.scalars(query))


def platform_for(session: Session, county_code: str) -> Organisation:
    return next(row for row in platforms(session) if row.county_code == county_code)


def dispatcher(session: Session, county_code: str = "330411") -> Actor:
    return actor_of(platform_for(session, county_code))


def draft(serial: int, county_code: str = "330411", **changes: Any) -> enrolment.FirmDraft:
    made = enrolment.FirmDraft(
        name=f"示例测试机械厂{serial}",
        credit_code=credit_codes.demo_code(county_code, serial),
        county_code=county_code,
        lon_e6=120_700_000,
        lat_e6=30_750_000,
        contact_name="示例联系人",
        contact_phone="0573-00000000",
        demo=True,
    )
    return replace(made, **changes)


def enrolled(session: Session, serial: int = 1, **changes: Any) -> Organisation:
    [firm] = enrolment.enrol(session, actor=admin(), firms=[draft(serial, **changes)], now=NOW)
    return firm


def contract_draft(
    session: Session, firm: Organisation, platform: Organisation | None = None, **changes: Any
) -> enrolment.ContractDraft:
    found = platform or platform_for(session, firm.county_code or "")
    made = enrolment.ContractDraft(
        enterprise_id=firm.id,
        platform_id=found.id,
        number=f"HT-{firm.code}",
        valid_from_on=date(2026, 1, 1),
        valid_until_on=date(2026, 12, 31),
    )
    return replace(made, **changes)


def sign(
    session: Session, firm: Organisation, platform: Organisation | None = None, **changes: Any
) -> list[Contract]:
    made = contract_draft(session, firm, platform, **changes)
    return enrolment.sign_contracts(session, actor=actor_of(firm), drafts=[made], now=NOW)


def plan(session: Session, firm: Organisation, *lines: tuple[str, int]) -> None:
    made = enrolment.PlanDraft(
        firm.id, TODAY.year, f"BA-{firm.code}", tuple((code, grams, "") for code, grams in lines)
    )
    enrolment.register_plans(session, actor=actor_of(firm), drafts=[made], now=NOW)


def ready_firm(session: Session, serial: int = 1, **changes: Any) -> Organisation:
    """A firm with contract and plan for `CODE`."""
    firm = enrolled(session, serial, **changes)
    sign(session, firm)
    plan(session, firm, (CODE, 20_000_000))
    return firm


def batch_draft(
    firm: Organisation, *masses_g: int, container_type: str = "STEEL200", **changes: Any
) -> batches.BatchDraft:
    made = batches.BatchDraft(
        actor=actor_of(firm),
        enterprise_id=firm.id,
        waste_code=CODE,
        form="solid",
        produced_on=TODAY,
        containers=tuple(batches.ContainerDraft(container_type, mass) for mass in masses_g or (150_000,)),
    )
    return replace(made, **changes)


def registered(session: Session, firm: Organisation, *masses_g: int, **changes: Any) -> Batch:
    [batch] = batches.register(session, drafts=[batch_draft(firm, *masses_g, **changes)], now=NOW)
    return batch


def labelled(session: Session, firm: Organisation, *masses_g: int, **changes: Any) -> list[Container]:
    batch = registered(session, firm, *masses_g, **changes)
    ids = [row.id for row in batch.containers]
    return labels.print_labels(session, jobs=[(actor_of(firm), ids)], now=NOW)


def order(firm: Organisation, containers: list[Container], **changes: Any) -> requests.RequestOrder:
    made = requests.RequestOrder(
        actor=actor_of(firm),
        enterprise_id=firm.id,
        container_ids=tuple(row.id for row in containers),
        ready_on=TODAY,
    )
    return replace(made, **changes)


def requested(
    session: Session, firm: Organisation, containers: list[Container], **changes: Any
) -> PickupRequest:
    [row] = requests.place(session, orders=[order(firm, containers, **changes)], now=NOW)
    return row
