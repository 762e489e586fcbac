"""The generator's own desk: what to do now, what stands in store, where the rest has gone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests import firms
from wastehub.domain.errors import Forbidden, NotFound
from wastehub.services import batches, requests, stock


def days_ago(days: int) -> date:
    return firms.TODAY - timedelta(days=days)


def listed(session, firm, **asked):
    return stock.stock_list(session, actor=firms.actor_of(firm), now=firms.NOW, **asked)


def test_home_counts_what_has_to_be_done(session):
    firm = firms.ready_firm(session)
    firms.registered(session, firm, 10_000)
    firms.labelled(session, firm, 20_000, 30_000)
    firms.labelled(session, firm, 40_000, produced_on=days_ago(300))
    late = firms.labelled(session, firm, 50_000, produced_on=days_ago(366))
    firms.requested(session, firm, late)
    view = stock.overview(session, actor=firms.actor_of(firm), now=firms.NOW)
    assert (view.stock_containers, view.stock_g) == (5, 150_000)
    assert (view.to_print, view.to_request, view.to_request_g) == (1, 3, 90_000)
    assert (view.near_limit, view.overdue, view.open_requests) == (1, 1, 1)
    assert view.first_due_on == days_ago(1)
    assert view.limit_g == 3_000_000
    assert (view.visits, view.returned) == ([], 0)


@pytest.mark.parametrize(
    ("age", "clock"), [(269, "ok"), (270, "warning"), (365, "warning"), (366, "overdue")]
)
def test_the_list_and_the_counts_agree_on_the_clock(session, age, clock):
    firm = firms.enrolled(session)
    firms.labelled(session, firm, 1_000, produced_on=days_ago(age))
    [row] = listed(session, firm)[0]
    assert (row.clock, row.age_days) == (clock, age)
    for asked in ("ok", "warning", "overdue"):
        assert listed(session, firm, clock=asked)[1] == (1 if asked == clock else 0)


def test_the_list_sums_all_that_fits_not_only_the_page(session):
    firm = firms.enrolled(session)
    firms.labelled(session, firm, 3_000, 1_000, 2_000)
    rows, count, sums = listed(session, firm, sort="mass_g", descending=True, limit=2)
    assert [row.mass_g for row in rows] == [3_000, 2_000]
    assert (count, sums) == (3, {"mass_g": 6_000})


def test_the_list_is_searched_by_batch_code_and_name(session):
    firm = firms.ready_firm(session)
    [row] = firms.labelled(session, firm, 1_000, internal_name="废液压油")
    firms.registered(session, firm, 2_000, internal_name="含油抹布")
    for words in ("废液压", row.label_code, "249-08 液压"):
        assert listed(session, firm, q=words)[1] == 1, words
    assert listed(session, firm, q="%")[1] == 0
    firms.requested(session, firm, [row])
    assert [listed(session, firm, step=step)[1] for step in ("print", "request", "wait")] == [1, 0, 1]


def test_a_void_container_is_no_stock_and_has_no_fate(session):
    firm = firms.enrolled(session)
    one, two = firms.labelled(session, firm, 1_000, 2_000)
    batches.void_container(
        session,
        actor=firms.actor_of(firm),
        container_id=one.id,
        reason="错",
        version=None,
        now=firms.NOW,
    )
    assert listed(session, firm)[1] == 1
    [row], count, sums = stock.fate_list(session, actor=firms.actor_of(firm))
    assert (row.containers, row.declared_g, row.kept_g, row.difference_g) == (1, 2_000, 2_000, 0)
    assert (count, sums["kept_g"]) == (1, 2_000)
    view = stock.batch_view(session, actor=firms.actor_of(firm), batch_id=two.batch_id, now=firms.NOW)
    assert view.fate == [("STOCK", firm.site, 2_000)]
    assert view.places[firm.site] == firm.short_name


def test_fate_is_filtered_by_where_and_when(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 1_000)
    firms.labelled(session, firm, 2_000, produced_on=days_ago(40))
    row.state = "stored"
    session.flush()
    me = firms.actor_of(firm)
    assert stock.fate_list(session, actor=me, where="platform")[2]["platform_g"] == 1_000
    assert stock.fate_list(session, actor=me, where="kept")[1] == 1
    assert stock.fate_list(session, actor=me, from_on=days_ago(30).isoformat())[1] == 1
    assert stock.fate_list(session, actor=me, until_on=days_ago(30).isoformat())[1] == 1
    assert stock.fate_list(session, actor=me, from_on="yesterday")[1] == 2


def test_a_firm_sees_only_itself(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    [row] = firms.labelled(session, firm, 1_000)
    assert listed(session, other)[1] == 0
    assert stock.fate_list(session, actor=firms.actor_of(other))[1] == 0
    with pytest.raises(NotFound):
        stock.batch_view(session, actor=firms.actor_of(other), batch_id=row.batch_id, now=firms.NOW)
    with pytest.raises(Forbidden):
        stock.overview(session, actor=firms.dispatcher(session), now=firms.NOW)


def test_the_compliance_check_names_what_is_missing(session):
    firm = firms.enrolled(session)
    firms.registered(session, firm, 1_000)
    _, checks = stock.compliance(session, actor=firms.actor_of(firm), now=firms.NOW)
    keys = {check.key: check.tone for check in checks}
    assert keys["contract_missing"] == "bad"
    assert keys["plan_missing"] == "bad"
    assert keys["unlabelled"] == "warn"
    assert stock.worst(checks) == "bad"


def test_the_compliance_check_is_content_when_all_is_well(session):
    firm = firms.ready_firm(session)
    firms.labelled(session, firm, 1_000)
    _, checks = stock.compliance(session, actor=firms.actor_of(firm), now=firms.NOW)
    assert {check.tone for check in checks} == {"good"}
    assert stock.worst(checks) == "good"


def test_the_compliance_check_sees_codes_off_the_plan_and_amounts_above_it(session):
    firm = firms.enrolled(session)
    firms.plan(session, firm, (firms.CODE, 1_000))
    firms.sign(session, firm, valid_until_on=firms.TODAY + timedelta(days=30))
    firms.labelled(session, firm, 2_000)
    firms.labelled(session, firm, 1_000, waste_code="900-041-49")
    _, checks = stock.compliance(session, actor=firms.actor_of(firm), now=firms.NOW)
    keys = {check.key for check in checks}
    assert {"contract_ending", "codes_not_planned", "plan_exceeded"} <= keys


def test_papers_tell_planned_made_and_sent(session):
    firm = firms.ready_firm(session)
    one, _two = firms.labelled(session, firm, 1_000, 2_000)
    one.state = "stored"
    session.flush()
    view = stock.papers(session, actor=firms.actor_of(firm), year=2026, now=firms.NOW)
    assert view.made_g == {firms.CODE: 3_000}
    assert view.sent_g == {firms.CODE: 1_000}
    assert [contract.number for contract, _ in view.contracts] == [f"HT-{firm.code}"]


def test_requests_are_listed_to_those_they_concern(session):
    firm, other = firms.ready_firm(session, 1), firms.ready_firm(session, 2)
    request = firms.requested(session, firm, firms.labelled(session, firm, 1_000, 2_000))
    firms.requested(session, other, firms.labelled(session, other, 4_000))

    def seen(actor, **asked):
        return requests.list_requests(session, actor=actor, **asked)[1:]

    assert seen(firms.actor_of(firm)) == (1, {"mass_g": 3_000})
    assert seen(firms.dispatcher(session)) == (2, {"mass_g": 7_000})
    assert seen(firms.dispatcher(session, "330402")) == (0, {"mass_g": 0})
    assert seen(firms.admin()) == (2, {"mass_g": 7_000})
    assert seen(firms.admin(), q=request.request_no, state="waiting") == (1, {"mass_g": 3_000})
    assert seen(firms.admin(), state="collected") == (0, {"mass_g": 0})
    view = requests.view(session, actor=firms.actor_of(firm), request_id=request.id)
    assert sum(container.mass_g for container in view.containers) == 3_000
    with pytest.raises(NotFound):
        requests.view(session, actor=firms.actor_of(other), request_id=request.id)
