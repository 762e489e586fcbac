"""Firms join, sign contracts and register plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tests import firms
from wastehub import ledger
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from wastehub.models import organisations
from wastehub.models.organisations import PlanLine
from wastehub.services import enrolment


def test_a_firm_joins_and_stands_in_the_ledger_without_its_people(session):
    [firm] = enrolment.enrol(session, actor=firms.admin(), firms=[firms.draft(1)], now=firms.NOW)
    assert firm.site == f"ent:{firm.credit_code}"
    [entry] = ledger.entries_for(session, site=firm.site)
    assert entry.event.type == "organisation.enrolled"
    assert firm.contact_name not in str(entry.event.facts)


def test_a_firm_joins_once(session):
    enrolment.enrol(session, actor=firms.admin(), firms=[firms.draft(1)], now=firms.NOW)
    with pytest.raises(Conflict) as refused:
        enrolment.enrol(session, actor=firms.admin(), firms=[firms.draft(1)], now=firms.NOW)
    assert refused.value.code == "organisation.already_enrolled"


def test_one_list_names_a_firm_once(session):
    with pytest.raises(Conflict) as refused:
        enrolment.enrol(session, actor=firms.admin(), firms=[firms.draft(1)] * 2, now=firms.NOW)
    assert refused.value.code == "organisation.already_enrolled"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"credit_code": "91330411DEM000001X"}, "credit_code.wrong"),
        ({"county_code": "999999"}, "area.unknown"),
        ({"town_code": "330402999"}, "area.unknown"),
        ({"name": "   "}, "text.missing"),
        ({"management_class": "huge"}, "organisation.management_class_unknown"),
        ({"storage_kind": "yard"}, "organisation.storage_kind_unknown"),
        ({"open_s": 3600, "close_s": 3600}, "window.empty"),
    ],
)
def test_a_wrong_firm_is_named_by_its_field(session, change, code):
    with pytest.raises(InvalidInput) as refused:
        enrolment.enrol(
            session, actor=firms.admin(), firms=[replace(firms.draft(1), **change)], now=firms.NOW
        )
    assert refused.value.code == code
    assert refused.value.field in {*change, "open_s"}


def test_only_administrators_enrol(session):
    with pytest.raises(Forbidden):
        enrolment.enrol(session, actor=firms.dispatcher(session), firms=[firms.draft(1)], now=firms.NOW)


def test_firm_and_platform_sign_a_contract(session):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    in_force = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=firms.TODAY)
    assert in_force == {firm.id: [contract]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"valid_until_on": date(2025, 12, 31)}, "contract.dates_reversed"),
        ({"number": " "}, "text.missing"),
    ],
)
def test_a_wrong_contract_is_refused(session, change, code):
    firm = firms.enrolled(session)
    with pytest.raises(InvalidInput) as refused:
        firms.sign(session, firm, **change)
    assert refused.value.code == code


def test_a_contract_number_is_used_once(session):
    firm = firms.enrolled(session)
    firms.sign(session, firm, number="HT-1")
    with pytest.raises(Conflict) as refused:
        firms.sign(session, firm, number="HT-1")
    assert refused.value.code == "contract.number_taken"


def test_a_platform_serves_only_counties_the_region_gives_it(session):
    firm = firms.enrolled(session, county_code="330411")
    served = enrolment._served_counties(session, {row.id for row in firms.platforms(session)})
    far = next(row for row in firms.platforms(session) if (row.id, "330411") not in served)
    with pytest.raises(Conflict) as refused:
        firms.sign(session, firm, platform=far)
    assert refused.value.code == "contract.platform_not_for_county"


def test_a_stranger_signs_for_nobody(session):
    firm, other = firms.enrolled(session, serial=1), firms.enrolled(session, serial=2)
    draft = firms.contract_draft(session, firm)
    with pytest.raises(NotFound):
        enrolment.sign_contracts(session, actor=firms.actor_of(other), drafts=[draft], now=firms.NOW)


def test_a_plan_is_registered_and_its_lines_can_grow(session):
    firm = firms.enrolled(session)
    firms.plan(session, firm, ("900-249-08", 1_000_000))
    firms.plan(session, firm, ("900-249-08", 2_000_000), ("900-041-49", 500_000))
    rows = {r.waste_code: r.planned_g for r in session.scalars(select(PlanLine))}
    assert rows == {"900-249-08": 2_000_000, "900-041-49": 500_000}
    types = [entry.event.type for entry in ledger.entries_for(session, site=firm.site)]
    assert types.count("plan.registered") == 2


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "plan_line.none"),
        ((("900-249-08", 1), ("900-249-08", 2)), "plan_line.code_twice"),
        ((("999-999-08", 1),), "waste_code.unknown"),
        ((("900-249-08", 0),), "mass.not_positive"),
    ],
)
def test_a_wrong_plan_is_refused(session, lines, code):
    firm = firms.enrolled(session)
    with pytest.raises(InvalidInput) as refused:
        firms.plan(session, firm, *lines)
    assert refused.value.code == code


def test_a_platform_registers_plans_of_its_own_customers_only(session):
    firm = firms.enrolled(session)
    draft = enrolment.PlanDraft(firm.id, 2026, "BA-1", (("900-249-08", 1_000, ""),))
    platform = firms.dispatcher(session)
    with pytest.raises(NotFound):
        enrolment.register_plans(session, actor=platform, drafts=[draft], now=firms.NOW)
    firms.sign(session, firm)
    enrolment.register_plans(session, actor=platform, drafts=[draft], now=firms.NOW)
