"""Firms join, sign contracts and register plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tests import firms
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models import organisations
from wastehub.models.organisations import Organisation, PlanLine
from wastehub.services import enrolment
from wastehub.services.enrolment.papers import _served_counties


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
    served = _served_counties(session, {row.id for row in firms.platforms(session)})
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


# --- what is wrong with a firm, and with a list of them ---------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"lon_e6": 30_750_000, "lat_e6": 120_700_000}, "organisation.position_far", "lon_e6"),
        ({"lat_e6": 33_000_000}, "organisation.position_far", "lat_e6"),
        ({"industry": "piracy"}, "organisation.industry_unknown", "industry"),
        ({"county_code": ""}, "choice.missing", "county_code"),
    ],
)
def test_a_slip_in_the_particulars_is_refused(session, change, code, field):
    draft = replace(firms.draft(1), **change)
    with pytest.raises(InvalidInput) as refused:
        enrolment.enrol(session, actor=firms.admin(), firms=[draft], now=firms.NOW)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_firm_without_a_position_lies_in_the_middle_of_its_town(session):
    [county, towns] = next(each for each in enrolment.places(session) if each[0].code == "330411")
    firm = firms.enrolled(session, town_code=towns[0].code, lon_e6=0, lat_e6=0)
    assert (firm.lon_e6, firm.lat_e6) == (towns[0].lon_e6, towns[0].lat_e6)
    other = firms.enrolled(session, serial=2, lon_e6=0, lat_e6=0)
    assert (other.lon_e6, other.lat_e6) == (county.lon_e6, county.lat_e6)


def test_an_industry_is_named_by_the_list(session):
    industry = enrolment.industries(session)[0]
    firm = firms.enrolled(session, industry=industry.code, industry_zh="别的")
    assert firm.industry_zh == industry.name_zh


def test_a_list_is_judged_line_by_line_and_enrols_nobody(session):
    taken = firms.enrolled(session, serial=1)
    drafts = [
        firms.draft(1),
        firms.draft(2),
        firms.draft(3, name=" "),
        firms.draft(4, county_code="330411", town_code="330402999"),
        firms.draft(2),
    ]
    found = enrolment.refusals(session, actor=firms.admin(), firms=drafts)
    assert [(each.position, each.violation.code) for each in found] == [
        (0, "organisation.already_enrolled"),
        (2, "text.missing"),
        (3, "area.unknown"),
        (4, "organisation.already_enrolled"),
    ]
    assert list(session.scalars(select(Organisation.code).where(Organisation.kind == "enterprise"))) == [
        taken.code
    ]


def test_a_refused_list_names_the_firm_and_enrols_none(session):
    drafts = [firms.draft(1), firms.draft(2, name=" ")]
    with pytest.raises(InvalidInput) as refused:
        enrolment.enrol(session, actor=firms.admin(), firms=drafts, now=firms.NOW)
    assert refused.value.field == "firms.1.name"
    assert organisations.organisation_by_code(session, firms.draft(1).credit_code) is None


# --- changes ----------------------------------------------------------------------------------------


def amended(session, firm, actor=None, version=None, **changes):
    draft = replace(firms.draft(1), credit_code="whatever", **changes)
    return enrolment.amend(
        session,
        actor=actor or firms.admin(),
        organisation_id=firm.id,
        draft=draft,
        version=version,
        now=firms.NOW,
    )


def test_particulars_change_and_the_ledger_says_which_without_telling_people(session):
    firm = firms.enrolled(session)
    amended(session, firm, name="示例新名厂", contact_name="示例新联系人", management_class="key")
    assert (firm.name, firm.contact_name, firm.code) == (
        "示例新名厂",
        "示例新联系人",
        firms.draft(1).credit_code,
    )
    entry = ledger.entries_for(session, subject=firm.code)[-1]
    assert entry.event.type == "organisation.changed"
    assert entry.event.facts == {
        "changed": ["contact_name", "management_class", "name", "short_name"],
        "management_class": "key",
        "name": "示例新名厂",
    }
    assert "示例新联系人" not in str(entry.event)


def test_nothing_changed_leaves_no_entry(session):
    firm = firms.enrolled(session)
    amended(session, firm)
    assert [e.event.type for e in ledger.entries_for(session, subject=firm.code)] == ["organisation.enrolled"]


def test_an_outdated_form_changes_nothing(session):
    firm = firms.enrolled(session)
    seen = firm.version
    amended(session, firm, version=seen, address="示例路 2 号")
    with pytest.raises(StaleVersion):
        amended(session, firm, version=seen, address="示例路 3 号")
    assert firm.address == "示例路 2 号"


def test_a_firm_moves_to_another_county_only_before_its_first_waste(session):
    firm = firms.ready_firm(session)
    there = {"county_code": "330402", "lon_e6": 120_780_000, "lat_e6": 30_740_000}
    amended(session, firm, **there)
    assert firm.county_code == "330402"
    firms.registered(session, firm)
    with pytest.raises(Conflict) as refused:
        amended(session, firm)
    assert (refused.value.code, refused.value.field) == ("organisation.county_fixed", "county_code")


def test_only_administrators_change_a_firm(session):
    firm = firms.enrolled(session)
    for actor in (firms.dispatcher(session), firms.actor_of(firm)):
        with pytest.raises(Forbidden):
            amended(session, firm, actor=actor)


def test_only_firms_are_changed_here(session):
    platform = firms.platforms(session)[0]
    with pytest.raises(NotFound):
        amended(session, platform)


def switched(session, firm, *, active, version=None):
    return enrolment.set_active(
        session, actor=firms.admin(), organisation_id=firm.id, active=active, version=version, now=firms.NOW
    )


def test_a_firm_leaves_and_comes_back(session):
    firm = firms.ready_firm(session)
    switched(session, firm, active=False)
    with pytest.raises(Conflict) as refused:
        firms.registered(session, firm)
    assert refused.value.code == "organisation.inactive"
    switched(session, firm, active=True)
    firms.registered(session, firm)
    said = [e.event.facts.get("active") for e in ledger.entries_for(session, subject=firm.code)]
    assert said == [None, False, True]


def test_a_firm_with_waste_does_not_leave_it_behind(session):
    firm = firms.ready_firm(session)
    firms.registered(session, firm, 100_000, 50_000)
    with pytest.raises(Conflict) as refused:
        switched(session, firm, active=False)
    assert (refused.value.code, refused.value.params["count"]) == ("organisation.still_holds_waste", 2)


# --- who sees whom ----------------------------------------------------------------------------------


def listed(session, actor, **filters):
    page = {"sort": "code", "descending": False, "limit": 50, "offset": 0}
    rows, count, _sums = enrolment.enterprises(session, actor=actor, on=firms.TODAY, **page | filters)
    assert count == len(rows)
    return [row.firm for row in rows]


def test_a_platform_knows_the_firms_of_its_county_and_those_that_signed_with_it(session):
    here, there = firms.enrolled(session, 1), firms.enrolled(session, 2, county_code="330402")
    desk, other = firms.dispatcher(session), firms.dispatcher(session, "330402")
    assert (listed(session, desk), listed(session, other)) == ([here], [there])
    with pytest.raises(NotFound):
        enrolment.enterprise(session, actor=other, organisation_id=here.id)
    neighbour = next(
        row for row in organisations.platforms_serving(session, "330411") if row.county_code != "330411"
    )
    firms.sign(session, here, platform=neighbour)
    assert here in listed(session, firms.actor_of(neighbour))


def test_others_see_what_is_theirs(session):
    here, there = firms.enrolled(session, 1), firms.enrolled(session, 2, county_code="330402")
    assert listed(session, firms.admin()) == [there, here]
    assert listed(session, firms.actor_of(here)) == [here]
    assert listed(session, Actor("user:r", "regulator", county_code="330411")) == [here]
    assert listed(session, Actor("user:r", "regulator")) == [there, here]
    with pytest.raises(Forbidden):
        listed(session, Actor("user:d", "driver", organisation_id=firms.platforms(session)[0].id))


def test_the_list_is_narrowed_by_place_platform_state_and_text(session):
    ready, bare = firms.ready_firm(session, 1), firms.enrolled(session, 2, county_code="330402")
    town = next(towns[0].code for county, towns in enrolment.places(session) if county.code == "330402")
    amended(session, bare, county_code="330402", town_code=town, lon_e6=0, lat_e6=0, name="示例独一厂")
    admin = firms.admin()
    platform = firms.platform_for(session, "330411")
    assert listed(session, admin, county="330402") == [bare]
    assert listed(session, admin, town=town) == [bare]
    assert listed(session, admin, platform=platform.code) == [ready]
    assert listed(session, admin, platform="none") == [bare]
    assert listed(session, admin, text="独一") == [bare]
    switched(session, bare, active=False)
    assert listed(session, admin, state="inactive") == [bare]
    assert listed(session, admin, state="active") == [ready]


def test_the_page_of_a_firm_shows_its_papers_and_accounts_to_whom_they_concern(session):
    firm = firms.ready_firm(session)
    firms.registered(session, firm, 100_000)
    seen = enrolment.view(session, actor=firms.admin(), organisation_id=firm.id, year=2026)
    assert (seen.containers_held, seen.held_g) == (1, 100_000)
    assert [line.waste_code for line in seen.plan.lines] == [firms.CODE]
    assert seen.served_by == [], "an administrator signs for nobody"
    desk = enrolment.view(session, actor=firms.dispatcher(session), organisation_id=firm.id, year=2025)
    assert [row.id for row in desk.served_by] == [firms.platform_for(session, "330411").id]
    assert desk.plan is None and desk.users == []


# --- a contract ends early --------------------------------------------------------------------------


def ended(session, contract, actor, *, on=firms.TODAY, reason="单位迁出", version=None):
    return enrolment.end_contract(
        session,
        actor=actor,
        contract_id=contract.id,
        ended_on=on,
        reason=reason,
        version=contract.version if version is None else version,
        now=firms.NOW,
    )


def test_a_contract_ends_and_no_longer_holds_from_that_day(session):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    ended(session, contract, firms.actor_of(firm), on=date(2026, 4, 1))
    held = organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=date(2026, 3, 31))
    assert held == {firm.id: [contract]}
    assert organisations.contracts_in_force(session, enterprise_ids=[firm.id], on=date(2026, 4, 1)) == {}
    entry = ledger.entries_for(session, subject=contract.number)[-1]
    assert entry.event.type == "contract.ended"
    assert entry.event.facts == {"ended_on": "2026-04-01", "reason": "单位迁出"}


@pytest.mark.parametrize("on", [date(2026, 3, 15), date(2027, 1, 1)])
def test_a_contract_ends_neither_in_the_past_nor_after_its_last_day(session, on):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    with pytest.raises(InvalidInput) as refused:
        ended(session, contract, firms.actor_of(firm), on=on)
    assert (refused.value.code, refused.value.field) == ("contract.end_outside", "ended_on")


def test_a_contract_ends_for_a_reason(session):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    with pytest.raises(InvalidInput) as refused:
        ended(session, contract, firms.actor_of(firm), reason=" ")
    assert (refused.value.code, refused.value.field) == ("text.missing", "reason")
    assert contract.ended_on is None


def test_an_ended_contract_does_not_end_again(session):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    ended(session, contract, firms.actor_of(firm))
    with pytest.raises(Conflict) as refused:
        ended(session, contract, firms.actor_of(firm))
    assert refused.value.code == "contract.ended_already"


def test_what_was_promised_under_a_contract_comes_first(session):
    firm = firms.ready_firm(session)
    request = firms.requested(session, firm, firms.labelled(session, firm))
    contract = session.get(organisations.Contract, request.contract_id)
    desk = firms.dispatcher(session)
    with pytest.raises(Conflict) as refused:
        ended(session, contract, desk)
    assert refused.value.code == "contract.requests_undone"
    assert refused.value.params["requests"] == request.request_no


def test_a_stranger_ends_no_contract(session):
    firm, other = firms.enrolled(session, serial=1), firms.enrolled(session, serial=2)
    [contract] = firms.sign(session, firm)
    with pytest.raises(NotFound):
        ended(session, contract, firms.actor_of(other))


def test_an_outdated_page_ends_no_contract(session):
    firm = firms.enrolled(session)
    [contract] = firms.sign(session, firm)
    with pytest.raises(StaleVersion):
        ended(session, contract, firms.actor_of(firm), version=contract.version + 1)
