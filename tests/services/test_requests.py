"""No request without contract and plan; what is asked for can be withdrawn until a round is set."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests import firms
from wastehub import ledger
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.services import requests


def refused(session, firm, rows, **changes):
    with pytest.raises((Conflict, InvalidInput)) as caught:
        firms.requested(session, firm, rows, **changes)
    assert all(row.request_id is None for row in rows)
    return caught.value


def test_a_firm_asks_for_its_containers(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm, 100_000, 90_000)
    request = firms.requested(session, firm, rows, urgent=True, note="请走西门")
    assert request.request_no == "SQ2026031600001"
    assert request.state == "open"
    assert request.platform_id == firms.platform_for(session, firm.county_code).id
    assert request.due_on == firms.TODAY + timedelta(days=15)
    assert [(w.open_s, w.close_s) for w in request.windows] == [(firm.open_s, firm.close_s)]
    assert {row.request_id for row in rows} == {request.id}
    [entry] = ledger.entries_for(session, subject=request.request_no)
    assert {line.label for line in entry.event.lines} == {row.label_code for row in rows}


def test_old_waste_is_due_when_its_storage_limit_ends(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm, produced_on=firms.TODAY - timedelta(days=360))
    assert firms.requested(session, firm, rows).due_on == firms.TODAY + timedelta(days=5)


def test_no_request_without_a_contract(session):
    firm = firms.enrolled(session)
    firms.plan(session, firm, (firms.CODE, 1_000_000))
    assert refused(session, firm, firms.labelled(session, firm)).code == "request.no_contract"


def test_no_request_after_the_contract_has_ended(session):
    firm = firms.enrolled(session)
    firms.plan(session, firm, (firms.CODE, 1_000_000))
    firms.sign(session, firm, valid_until_on=firms.TODAY)
    rows = firms.labelled(session, firm)
    later = firms.TODAY + timedelta(days=1)
    assert refused(session, firm, rows, ready_on=later).code == "request.no_contract"
    firms.requested(session, firm, rows)


def test_no_request_for_a_code_that_is_not_on_the_plan(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm, waste_code="900-041-49")
    violation = refused(session, firm, rows)
    assert violation.code == "request.code_not_on_plan"
    assert violation.params["waste_codes"] == "900-041-49"


def test_no_request_for_what_no_platform_under_contract_is_licensed_for(session):
    firm = firms.ready_firm(session)
    firms.plan(session, firm, ("841-001-01", 1_000_000))
    rows = firms.labelled(session, firm, waste_code="841-001-01")
    assert refused(session, firm, rows).code == "permit.category_not_licensed"


def test_only_labelled_containers_are_asked_for(session):
    firm = firms.ready_firm(session)
    batch = firms.registered(session, firm)
    assert refused(session, firm, batch.containers).code == "container.not_labelled"


def test_a_container_is_asked_for_once(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm)
    firms.requested(session, firm, rows)
    with pytest.raises(Conflict) as caught:
        firms.requested(session, firm, rows)
    assert caught.value.code == "container.on_request"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"container_ids": ()}, "request.no_containers"),
        ({"ready_on": date(2026, 3, 15)}, "request.ready_on_past"),
        ({"ready_on": date(2026, 6, 15)}, "request.ready_on_far"),
        ({"windows": ((36_000, 36_000),)}, "window.empty"),
        ({"windows": ((36_000, 37_000),)}, "window.too_short"),
        ({"windows": ((36_000, 43_200), (40_000, 50_000))}, "window.overlap"),
        ({"windows": tuple((3_600 * n, 3_600 * n + 1_800) for n in range(8, 13))}, "window.too_many"),
        ({"note": "长" * 301}, "text.too_long"),
    ],
)
def test_a_wrong_order_is_refused(session, changes, code):
    firm = firms.ready_firm(session)
    assert refused(session, firm, firms.labelled(session, firm), **changes).code == code


def test_a_platform_orders_for_its_customers_only(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm)
    with pytest.raises(NotFound):
        firms.requested(session, firm, rows, actor=firms.dispatcher(session, "330402"))
    request = firms.requested(session, firm, rows, actor=firms.dispatcher(session))
    assert request.platform_id == firms.dispatcher(session).organisation_id


def test_strangers_and_regulators_order_nothing(session):
    firm, other = firms.ready_firm(session, 1), firms.ready_firm(session, 2)
    rows = firms.labelled(session, firm)
    with pytest.raises(NotFound):
        firms.requested(session, firm, rows, actor=firms.actor_of(other))
    with pytest.raises(NotFound):
        firms.requested(session, other, rows)
    with pytest.raises(Forbidden):
        firms.requested(session, firm, rows, actor=firms.admin())


def cancel(session, firm, request, **changes):
    asked = {
        "actor": firms.actor_of(firm),
        "request_id": request.id,
        "reason": "not_needed",
        "note": "",
        "version": request.version,
        "now": firms.NOW,
    }
    return requests.cancel(session, **(asked | changes))


def test_a_cancelled_request_sets_its_containers_free(session):
    firm = firms.ready_firm(session)
    rows = firms.labelled(session, firm)
    request = firms.requested(session, firm, rows)
    cancel(session, firm, request)
    assert (request.state, request.closed_reason) == ("cancelled", "not_needed")
    assert rows[0].request_id is None
    firms.requested(session, firm, rows)
    with pytest.raises(Conflict) as caught:
        cancel(session, firm, request)
    assert caught.value.code == "request.act_not_allowed"


def test_cancelling_needs_a_reason_the_newest_form_and_an_open_request(session):
    firm = firms.ready_firm(session)
    request = firms.requested(session, firm, firms.labelled(session, firm))
    with pytest.raises(InvalidInput) as caught:
        cancel(session, firm, request, reason="")
    assert caught.value.code == "reason.missing"
    with pytest.raises(StaleVersion):
        cancel(session, firm, request, version=request.version + 1)
    request.state = "scheduled"
    session.flush()
    with pytest.raises(Conflict) as scheduled:
        cancel(session, firm, request)
    assert scheduled.value.code == "request.already_scheduled"


def reschedule(session, firm, request, **changes):
    asked = {
        "actor": firms.actor_of(firm),
        "request_id": request.id,
        "ready_on": firms.TODAY + timedelta(days=3),
        "windows": ((32_400, 39_600), (46_800, 57_600)),
        "version": request.version,
        "now": firms.NOW,
    }
    return requests.reschedule(session, **(asked | changes))


def test_another_day_keeps_the_due_date(session):
    firm = firms.ready_firm(session)
    request = firms.requested(session, firm, firms.labelled(session, firm))
    due_on = request.due_on
    reschedule(session, firm, request)
    assert (request.ready_on, request.due_on) == (firms.TODAY + timedelta(days=3), due_on)
    session.expire(request)
    from wastehub.models.requests import request_by_id

    fresh = request_by_id(session, request.id)
    assert [(w.open_s, w.close_s) for w in fresh.windows] == [(32_400, 39_600), (46_800, 57_600)]


def test_what_a_round_left_behind_is_asked_for_anew_not_rescheduled(session):
    firm = firms.ready_firm(session)
    request = firms.requested(session, firm, firms.labelled(session, firm))
    request.state = "partly_collected"
    session.flush()
    with pytest.raises(Conflict) as refused:
        reschedule(session, firm, request)
    assert refused.value.code == "request.act_not_allowed"


def test_another_day_beyond_the_contract_is_refused(session):
    firm = firms.ready_firm(session)
    request = firms.requested(session, firm, firms.labelled(session, firm))
    with pytest.raises(NotFound):
        reschedule(session, firms.enrolled(session, 9), request)
    with pytest.raises(InvalidInput):
        reschedule(session, firm, request, ready_on=firms.TODAY - timedelta(days=1))
