"""The dispatcher's pages and API: plan a day by hand, publish it, take it back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from routing.explain.changes import EFFORT
from tests import firms
from tests.services import planning_world as world
from tests.services.planning_world import DAY, NOW
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.batches import Container
from wastehub.models.organisations import Organisation
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun, RoutePlan, Stop, full_plan
from wastehub.models.vehicles import CrewMember
from wastehub.services import planning
from wastehub.web.left_out import remedies, sentence


@pytest.fixture
def queued(app: Flask) -> list[UUID]:
    """Run ids that would have gone to the worker."""
    ids: list[UUID] = []
    app.extensions["wastehub.enqueue_planning"] = ids.append
    return ids


@pytest.fixture
def client(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, "330411").id
    return sign_in("dispatcher", organisation_id=own)


def stops(database: Database, plan_id: UUID) -> list[dict[str, Any]]:
    with database.reading() as session:
        plan = full_plan(session, plan_id)
        return [
            {"stop": stop.id, "request": stop.request_id, "round": row.id, "version": row.version}
            for row in plan.rounds
            for trip in row.trips
            for stop in trip.stops
        ]


def state_of(database: Database, kind: Any, key: UUID) -> str:
    with database.reading() as session:
        return str(session.get_one(kind, key).state)


def test_home_says_what_waits_and_that_tomorrow_has_no_plan(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    page = client.get("/dispatcher").text
    assert "个申请等待收运" in page and "还没有计划" in page


def test_home_without_anything_teaches_the_next_step(client: FlaskClient) -> None:
    assert "没有等待收运的申请" in client.get("/dispatcher").text


def test_the_pool_shows_count_and_sum_and_is_exported_as_shown(
    client: FlaskClient, database: Database
) -> None:
    world.waiting(database, 3)
    page = client.get("/dispatcher/requests").text
    assert "450.0 kg" in page and "900-249-08" in page
    exported = client.get("/dispatcher/requests?export=csv").get_data(as_text=True)
    assert exported.count("\n") == 4
    assert "900-249-08" not in client.get("/dispatcher/requests?q=none-such").text


def test_another_platforms_pool_can_be_chosen_but_its_requests_not_opened(
    client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        row = world.firm_with_requests(session, 1, county="330402")
        request_id, number = row.id, row.request_no
    assert number not in client.get("/dispatcher/requests").text
    assert number in client.get("/dispatcher/requests?platform=all").text
    assert client.get(f"/dispatcher/requests/{request_id}").status_code == 404


def test_a_day_planned_by_hand_from_form_to_publication(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 3)
    assert "3 个申请" in client.get("/dispatcher/plans").text
    answer = client.post("/dispatcher/plans/runs", data={"service_on": DAY.isoformat(), "budget_s": "10"})
    [run_id] = queued
    assert answer.location == f"/dispatcher/runs/{run_id}"
    page = client.get(f"/dispatcher/runs/{run_id}").text
    assert "排队中" in page and "取消计算" in page
    fragment = client.get(f"/dispatcher/runs/{run_id}/progress")
    assert "<html" not in fragment.text and "HX-Refresh" not in fragment.headers
    with database.transaction() as session:
        session.execute(update(PlanningRun).values(budget_s=1, budget_iterations=2))
    plan_id = planning.execute_run(database, run_id=run_id, now=lambda: NOW)
    assert client.get(f"/dispatcher/runs/{run_id}/progress").headers["HX-Refresh"] == "true"
    assert client.get(f"/dispatcher/runs/{run_id}").location == f"/dispatcher/plans/{plan_id}"
    assert "发布计划" in client.get(f"/dispatcher/plans/{plan_id}").text
    assert "审核" in client.get("/dispatcher").text
    client.post(f"/dispatcher/plans/{plan_id}/publish", data={"version": "1"})
    assert plan_id is not None and state_of(database, RoutePlan, plan_id) == "published"
    page = client.get(f"/dispatcher/plans/{plan_id}").text
    assert "已发布" in page and "发布计划" not in page


def test_a_bad_day_or_budget_comes_back_with_the_form(client: FlaskClient, queued: list[UUID]) -> None:
    answer = client.post("/dispatcher/plans/runs", data={"service_on": "tomorrow", "budget_s": "10"})
    assert answer.status_code == 422 and "不是日期" in answer.text
    answer = client.post("/dispatcher/plans/runs", data={"service_on": DAY.isoformat(), "budget_s": "9999"})
    assert answer.status_code == 422 and "1800" in answer.text
    past = (firms.TODAY - timedelta(days=1)).isoformat()
    assert (
        client.post("/dispatcher/plans/runs", data={"service_on": past, "budget_s": "9"}).status_code == 422
    )
    assert queued == []


def test_a_double_click_orders_one_run(client: FlaskClient, database: Database, queued: list[UUID]) -> None:
    form = {"service_on": DAY.isoformat(), "budget_s": "10", "idempotency_key": "once"}
    first = client.post("/dispatcher/plans/runs", data=form)
    second = client.post("/dispatcher/plans/runs", data=form)
    assert first.location == second.location and len(queued) == 1


def test_a_run_can_be_cancelled_from_its_page(
    client: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    client.post("/dispatcher/plans/runs", data={"service_on": DAY.isoformat(), "budget_s": "10"})
    client.post(f"/dispatcher/runs/{queued[0]}/cancel")
    assert state_of(database, PlanningRun, queued[0]) == "cancelled"
    assert "重新计算" in client.get(f"/dispatcher/runs/{queued[0]}").text


def test_a_failed_run_says_why_in_words(client: FlaskClient, database: Database, queued: list[UUID]) -> None:
    client.post("/dispatcher/plans/runs", data={"service_on": DAY.isoformat(), "budget_s": "10"})
    planning.execute_run(database, run_id=queued[0], now=lambda: NOW)
    assert "没有可收运的申请" in client.get(f"/dispatcher/runs/{queued[0]}").text


def test_a_plan_shows_each_request_it_leaves_out_with_reason_and_remedy(
    client: FlaskClient, database: Database
) -> None:
    world.waiting(database, 2)
    with database.transaction() as session:
        session.execute(
            update(Organisation).where(Organisation.kind == "platform").values(storage_capacity_g=150_000)
        )
    page = client.get(f"/dispatcher/plans/{world.planned(database)}").text
    assert "贮存容量不足" in page and "150.0 kg" in page


def test_a_plan_that_is_out_of_date_is_not_published_and_says_so(
    client: FlaskClient, database: Database
) -> None:
    [request_id] = world.waiting(database, 1)
    plan_id = world.planned(database)
    with database.transaction() as session:
        session.get_one(PickupRequest, request_id).state = "cancelled"
    answer = client.post(f"/dispatcher/plans/{plan_id}/publish", data={"version": "1"})
    assert answer.status_code == 409 and "已经过时" in answer.text
    answer = client.post(f"/dispatcher/plans/{plan_id}/publish", data={"version": "7"})
    assert answer.status_code == 409
    assert state_of(database, RoutePlan, plan_id) == "draft"


def test_a_draft_can_be_put_aside(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    client.post(f"/dispatcher/plans/{plan_id}/discard", data={"version": "1"})
    assert state_of(database, RoutePlan, plan_id) == "discarded"


def test_a_round_can_be_read_printed_and_given_another_crew(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    [first, *_] = stops(database, world.published(database))
    round_id = first["round"]
    assert "打印任务单" in client.get(f"/dispatcher/rounds/{round_id}").text
    sheet = client.get(f"/dispatcher/rounds/{round_id}/sheet").text
    assert "危险废物收运任务单" in sheet and "WH20260317000001" in sheet
    assert f'href="/dispatcher/rounds/{round_id}"' in sheet, "the way back leads to the round"
    assert 'class="qr' in sheet
    assert str(round_id) in client.get(f"/dispatcher/rounds?service_on={DAY}").text
    exported = client.get(f"/dispatcher/rounds?service_on={DAY}&export=csv").get_data(as_text=True)
    assert re.search(r",[0-9]{2}:[0-9]{2}–[0-9]{2}:[0-9]{2},", exported), exported
    with database.reading() as session:
        own = firms.platform_for(session, "330411").id
        people = list(session.scalars(select(CrewMember).where(CrewMember.platform_id == own)))
        driver = next(str(p.id) for p in reversed(people) if p.kind == "driver")
        escort = next(str(p.id) for p in reversed(people) if p.kind == "escort")
    address = f"/dispatcher/rounds/{round_id}/crew"
    answer = client.post(address, data={"driver_id": "", "escort_id": escort})
    assert answer.status_code == 422 and "还没有选择人员" in answer.text
    answer = client.post(address, data={"driver_id": escort, "escort_id": escort})
    assert answer.status_code == 409 and "岗位不符" in answer.text
    assert client.post(address, data={"driver_id": driver, "escort_id": escort}).status_code == 302


def test_a_stop_is_sent_back_with_a_reason(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    [first, *_] = stops(database, world.published(database))
    page = f"/dispatcher/requests/{first['request']}"
    assert "退回待排" in client.get(page).text
    answer = client.post(f"{page}/send-back", data={"reason": "", "note": ""})
    assert answer.status_code == 422
    assert client.post(f"{page}/send-back", data={"reason": "weather", "note": ""}).status_code == 302
    assert state_of(database, PickupRequest, first["request"]) == "open"
    assert state_of(database, Stop, first["stop"]) == "cancelled"
    assert "已退回" in client.get(page).text


def test_a_round_is_cancelled_with_a_reason(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    plan_id = world.published(database)
    rows = stops(database, plan_id)
    for round_id in {row["round"] for row in rows}:
        answer = client.post(f"/dispatcher/rounds/{round_id}/cancel", data={"reason": "vehicle_out"})
        assert answer.status_code == 302
    assert {state_of(database, PickupRequest, row["request"]) for row in rows} == {"open"}


def test_english_pages_have_no_chinese_headings(sign_in: SignIn, database: Database) -> None:
    world.waiting(database, 1)
    plan_id = world.planned(database)
    client = sign_in("dispatcher", locale="en")
    assert "Publish" in client.get(f"/dispatcher/plans/{plan_id}").text


@pytest.mark.parametrize("role", ["enterprise", "driver", "plant", "regulator", "admin"])
def test_nobody_else_gets_the_dispatchers_pages(sign_in: SignIn, database: Database, role: str) -> None:
    organisation: dict[str, Any] = {}
    if role == "enterprise":
        with database.transaction() as session:
            organisation = {"organisation_id": firms.enrolled(session, 5).id}
    client = sign_in(role, **organisation)
    for path in ("", "/requests", "/plans", "/rounds"):
        assert client.get(f"/dispatcher{path}").status_code == 403
    assert client.post("/dispatcher/plans/runs", data={}).status_code == 403


# --- API -----------------------------------------------------------------------------------------


def json_of(answer: Any) -> Any:
    """What the API answered."""
    return answer.json


def test_the_api_plans_and_publishes(client: FlaskClient, database: Database, queued: list[UUID]) -> None:
    world.waiting(database, 2)
    order = {"service_on": DAY.isoformat(), "budget_s": 1, "seed": 3}
    made = client.post("/api/v1/planning-runs", json=order)
    assert made.status_code == 201 and [str(key) for key in queued] == [json_of(made)["id"]]
    planning.execute_run(database, run_id=queued[0], now=lambda: NOW)
    run = json_of(client.get(f"/api/v1/planning-runs/{queued[0]}"))
    assert run["state"] == "done" and run["progress_total"] == 2
    plan = json_of(client.get(f"/api/v1/route-plans/{run['plan_id']}"))
    assert plan["stops_planned"] == 2 and plan["seed"] == 3
    assert json_of(client.get("/api/v1/route-plans"))["count"] == 1
    address = f"/api/v1/route-plans/{plan['id']}/publish"
    assert client.post(address, json={}).status_code == 422
    assert client.post(address, json={"version": 9}).status_code == 409
    assert json_of(client.post(address, json={"version": plan["version"]}))["state"] == "published"


def test_the_api_tells_why_a_request_is_left_out(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 1)
    with database.transaction() as session:
        session.execute(update(Container).values(state="void"))
    plan_id = world.planned(database)
    [left] = json_of(client.get(f"/api/v1/route-plans/{plan_id}"))["unassigned"]
    assert left["reason"] == "no_containers" and "没有可装车的容器" in left["explanation"]


def test_the_api_rearranges_rounds(client: FlaskClient, database: Database) -> None:
    world.waiting(database, 2)
    [first, second] = stops(database, world.published(database))
    rounds = json_of(client.get(f"/api/v1/rounds?service_on={DAY}&platform=JX-P02"))
    assert str(first["round"]) in {row["id"] for row in rounds}
    row = json_of(client.get(f"/api/v1/rounds/{first['round']}"))
    assert row["driver"]["certificate_no"] and row["trips"][0]["stops"]
    body = {"reason": "weather", "note": ""}
    back = client.post(f"/api/v1/requests/{first['request']}/send-back", json=body)
    assert json_of(back)["state"] == "open"
    crew = {"driver_id": row["driver"]["id"], "escort_id": row["escort"]["id"], "version": 99}
    assert client.put(f"/api/v1/rounds/{second['round']}/crew", json=crew).status_code == 409
    current = json_of(client.get(f"/api/v1/rounds/{second['round']}"))["version"]
    done = client.put(f"/api/v1/rounds/{second['round']}/crew", json=crew | {"version": current})
    assert done.status_code == 200
    current = json_of(done)["version"]
    cancel = client.post(f"/api/v1/rounds/{second['round']}/cancel", json=body | {"version": current})
    assert json_of(cancel)["state"] == "cancelled"


def test_the_api_refuses_strangers_with_a_problem_document(sign_in: SignIn, database: Database) -> None:
    world.waiting(database, 1)
    [stop] = stops(database, world.published(database))
    client = sign_in("plant")
    answer = client.get(f"/api/v1/rounds/{stop['round']}")
    assert answer.status_code == 403 and answer.content_type == "application/problem+json"


# --- reasons in words ----------------------------------------------------------------------------


REASONS: dict[str, dict[str, Any]] = {
    "no_containers": {},
    "no_contract": {"on": "2026-03-17"},
    "code_not_on_plan": {"waste_code": "900-249-08", "year": 2026},
    "no_allowed_depot": {"allowed": "JX-P01"},
    "depot_not_accepting": {"load_class": "OIL:900-249-08:T/I", "depot": "JX-P01"},
    "no_licensed_vehicle": {"load_class": "OIL:900-249-08:T/I", "vehicle": "示"},
    "class_conflict": {"load_class": "OIL:900-249-08:T/I", "with": "A1:900-300-34:C/T"},
    "capacity_too_small": {"dimension": "gross_g", "load": 9_000_000, "max": 6_000_000, "over": 3_000_000},
    "storage_full": {"depot": "JX-P01", "load_class": "*", "over_g": 1},
    "quota_used_up": {"depot": "JX-P01", "load_class": "*", "over_g": 1},
    "time_window": {"vehicle": "示", "late_s": 900},
    "depot_closed": {"vehicle": "示", "over_s": 900},
    "distance_too_long": {"vehicle": "示", "over_m": 900},
    "shift_too_short": {"vehicle": "示", "over_s": 900},
    "rest_impossible": {"vehicle": "示", "driving_s": 15_000},
    "dearer_than_penalty": {"vehicle": "示", "extra_cost_fen": 12_300, "penalty_fen": 9_900},
    "fleet_exhausted": {
        "vehicles_used": 3,
        "vehicles": 3,
        "by": "capacity",
        "dimension": "gross_g",
        "over": 5,
    },
    "no_allowed_vehicle": {"allowed": "示011, 示012", "vehicle": "示011, 示012"},
    "pinned_elsewhere": {"allowed": "示011", "vehicle": "示011"},
    "too_many_trips": {"max": 3},
    "order_broken": {"vehicle": "示011"},
    "set_aside": {},
    "not_ready": {},
    "past_due": {},
    "no_service_day": {},
    "later": {"on": "2026-03-19"},
}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_a_whole_sentence_with_its_numbers(app: Flask, reason: str) -> None:
    for language in ("zh", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            text = sentence(reason, REASONS[reason])
            assert "—" not in text and ":900-" not in text and "%(" not in text
            assert text != sentence("none-such", {})


# --- remedies in words ---------------------------------------------------------------------------

CHANGES: dict[str, dict[str, Any]] = {
    "window_later": {"window": 0, "close_s": 57_600, "until_s": 63_000},
    "window_earlier": {"window": 0, "open_s": 30_600, "from_s": 28_800},
    "depot_allowed": {"depot": "JX-P02"},
    "vehicle_allowed": {"vehicle": "示A"},
    "unpinned": {"vehicle": "示A"},
    "shift_longer": {"over_s": 900, "end_s": 0, "until_s": 64_800, "max_s": 28_800, "shift_s": 29_700},
    "trip_more": {"max_trips": 2, "trips": 3},
    "distance_longer": {"max_m": 100_000, "over_m": 900},
    "depot_open_longer": {"close_s": 57_600, "until_s": 63_000},
    "storage": {"load_class": "OIL:900-249-08:T/I", "left_g": 0, "over_g": 300_000},
    "licence": {"load_classes": "OIL:900-249-08:T/I", "depot": "JX-P01"},
    "depot_accepts": {"load_classes": "OIL:900-249-08:T/I"},
    "capacity": {"dimension": "mass_g", "max": 1_000_000, "over": 300_000},
    "vehicle_more": {"depot": "JX-P01", "vehicle": "示B"},
}


def test_every_change_the_planner_can_propose_has_its_words() -> None:
    assert set(CHANGES) == set(EFFORT)


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_a_remedy_says_what_to_change_and_what_it_costs(app: Flask, code: str) -> None:
    remedy = {
        "changes": [{"code": code, "of": "示例", **CHANGES[code]}],
        "vehicle": "示A",
        "start_s": 61_200,
        "extra_m": 4_200,
        "extra_cost_fen": 1_250,
    }
    for language in ("zh", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            [text] = remedies({"remedies": [remedy]})
            assert "—" not in text and ":900-" not in text and "%(" not in text
            assert "17:00" in text and "4.2" in text and "12.50" in text
            assert ("：" in text) == (language == "zh")
