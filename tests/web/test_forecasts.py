"""The week ahead on the page and over JSON; the days a firm is offered; who could join a truck."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import firms
from tests.services import forecast_world
from tests.services import planning_world as world
from tests.services.planning_world import DAY, NOW, OIL
from tests.services.test_forecast_slots import firm_of
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.batches import Container
from wastehub.models.forecasts import ForecastTransfer
from wastehub.models.organisations import Organisation
from wastehub.models.requests import PickupRequest
from wastehub.models.route_plans import PlanningRun
from wastehub.services import planning


@pytest.fixture
def queued(app: Flask) -> list[UUID]:
    """Run ids that would have gone to the worker."""
    ids: list[UUID] = []
    app.extensions["wastehub.enqueue_planning"] = ids.append
    return ids


@pytest.fixture
def desk(sign_in: SignIn, database: Database) -> FlaskClient:
    with database.reading() as session:
        own = firms.platform_for(session, "330411").id
    return sign_in("dispatcher", organisation_id=own)


class Firm:
    """A firm with waste ready to go, and its user's browser."""

    def __init__(self, database: Database, sign_in: SignIn, serial: int = 4, **options: Any) -> None:
        with database.transaction() as session:
            row = firm_of(session, serial, **options)
            self.id, self.name = row.id, row.short_name
            mine = select(Container.id).where(Container.holder_id == row.id)
            self.containers = [str(key) for key in session.scalars(mine)]
        self.client = sign_in("enterprise", organisation_id=self.id)

    def days(self, **changes: str) -> str:
        query = {"container_ids": self.containers, "ready_on": DAY.isoformat()} | changes
        return self.client.get("/forecasts/days", query_string=query).text


# --- the dispatcher ---------------------------------------------------------------------------------


def test_the_page_teaches_the_first_forecast(desk: FlaskClient) -> None:
    page = desk.get("/forecasts").text
    assert "还没有预排" in page and "开始预排" in page


def test_a_forecast_from_the_button_to_the_table(
    desk: FlaskClient, database: Database, queued: list[UUID]
) -> None:
    world.waiting(database, 3)
    answer = desk.post("/forecasts/runs", data={"days": "3", "budget_s": "30"})
    [run_id] = queued
    assert answer.location == f"/dispatcher/runs/{run_id}"
    assert "预排正在计算" in desk.get("/forecasts").text
    assert "预排" in desk.get(f"/dispatcher/runs/{run_id}").text
    with database.transaction() as session:
        run = session.get_one(PlanningRun, run_id)
        run.budget_s, run.budget_iterations = 1, 20
    planning.execute_run(database, run_id=run_id, now=lambda: NOW)
    assert desk.get(f"/dispatcher/runs/{run_id}").location == "/forecasts"
    page = desk.get("/forecasts").text
    assert DAY.isoformat() in page and "秀洲平台" in page and "450.0 kg" in page
    assert "不需要为腾库转运" in page and "按预排计算" in page


def test_a_bad_number_of_days_comes_back_with_the_reason(desk: FlaskClient, queued: list[UUID]) -> None:
    answer = desk.post("/forecasts/runs", data={"days": "99", "budget_s": "30"})
    assert answer.status_code == 422 and "1 到 10" in answer.text and queued == []


def test_a_day_is_planned_by_the_forecast(desk: FlaskClient, database: Database, queued: list[UUID]) -> None:
    answer = desk.post("/forecasts/day-runs", data={"service_on": DAY.isoformat()})
    assert answer.status_code == 409 and "还没有有效的预排" in answer.text
    world.waiting(database, 2)
    forecast_id = forecast_world.made(database)
    desk.post("/forecasts/day-runs", data={"service_on": DAY.isoformat()})
    with database.reading() as session:
        run = session.get_one(PlanningRun, queued[0])
        assert (run.kind, run.options) == ("", {"forecast_id": str(forecast_id)})


def test_what_has_no_day_is_named_with_its_reason(desk: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        row = world.firm_with_requests(session, 1)
        row.ready_on, row.due_on, number = DAY + timedelta(days=4), DAY + timedelta(days=5), row.request_no
        world.firm_with_requests(session, 2)
    forecast_world.made(database, days=5)
    page = desk.get("/forecasts").text
    assert number in page and "没有收运日" in page


def test_a_proposed_transfer_of_the_own_platform_leads_to_the_lot(
    desk: FlaskClient, database: Database
) -> None:
    world.waiting(database, 1)
    forecast_id = forecast_world.made(database)
    with database.transaction() as session:
        for number, county in enumerate(("330411", "330402")):
            session.add(
                ForecastTransfer(
                    id=UUID(int=number + 1),
                    forecast_id=forecast_id,
                    service_on=DAY,
                    plate=f"浙F·示{number}",
                    run=0,
                    platform_id=firms.platform_for(session, county).id,
                    plant_id=firms.platform_for(session, county).id,
                    load={OIL: 8_000_000},
                    mass_g=8_000_000,
                    distance_m=20_000,
                    cost_fen=90_000,
                )
            )
    page = desk.get("/forecasts").text
    assert page.count(f"/lots/new?waste_code={OIL}") == 1, "the neighbour makes its own lots"
    assert page.count("8,000.0 kg") >= 2


def test_a_forecast_is_no_plan_in_the_making(desk: FlaskClient, database: Database) -> None:
    world.waiting(database, 1)
    forecast_world.ordered(database)
    assert "的计划正在计算" not in desk.get("/dispatcher/plans").text
    assert "计划正在计算" not in desk.get("/dispatcher").text


# --- the firm ---------------------------------------------------------------------------------------


def test_without_a_forecast_the_form_works_and_says_so(
    database: Database, sign_in: SignIn, desk: FlaskClient
) -> None:
    firm = Firm(database, sign_in)
    assert "/forecasts/days" in firm.client.get("/enterprise/requests/new").text
    assert "目前没有可用的预排" in firm.days()
    assert place(firm, ready_on=DAY.isoformat()).status_code == 302


def place(firm: Firm, **fields: str) -> Any:
    data = {"container_ids": firm.containers, "window_from": "08:00", "window_to": "17:00", **fields}
    return firm.client.post("/enterprise/requests", data=data)


def test_the_form_offers_days_without_cost_or_neighbours_names(database: Database, sign_in: SignIn) -> None:
    world.waiting(database, 3)
    forecast_world.made(database)
    firm = Firm(database, sign_in)
    part = firm.days()
    assert "<html" not in part and DAY.isoformat() in part
    assert "最早" in part and "拼车" in part
    assert "¥" not in part and "元" not in part
    with database.reading() as session:
        others = session.scalars(select(PickupRequest)).all()
        for row in others:
            assert session.get_one(Organisation, row.enterprise_id).short_name not in part


def test_the_chosen_day_becomes_the_ready_day_and_the_due_day_stays_lawful(
    database: Database, sign_in: SignIn
) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    firm = Firm(database, sign_in)
    later = DAY + timedelta(days=1)
    assert place(firm, ready_on=DAY.isoformat(), wish_on=later.isoformat()).status_code == 302
    with database.reading() as session:
        row = session.scalars(select(PickupRequest).where(PickupRequest.enterprise_id == firm.id)).one()
        assert row.ready_on == later and row.due_on > later


def test_no_choice_leaves_the_typed_day(database: Database, sign_in: SignIn) -> None:
    firm = Firm(database, sign_in)
    place(firm, ready_on=DAY.isoformat(), wish_on="")
    with database.reading() as session:
        row = session.scalars(select(PickupRequest).where(PickupRequest.enterprise_id == firm.id)).one()
        assert row.ready_on == DAY


def test_why_not_sooner_and_what_would_help_stand_in_words(database: Database, sign_in: SignIn) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    part = Firm(database, sign_in).days(window_from="06:00", window_to="07:00")
    assert "车辆赶不到所填的可收运时段" in part
    assert "如果可收运时段放宽到 06:00–18:00" in part


def test_a_half_typed_window_is_no_crash(database: Database, sign_in: SignIn) -> None:
    world.waiting(database, 1)
    forecast_world.made(database)
    firm = Firm(database, sign_in)
    for changes in ({"window_from": "8"}, {"ready_on": ""}, {"container_ids": "x"}):
        answer = firm.client.get("/forecasts/days", query_string={"container_ids": firm.containers} | changes)
        assert answer.status_code == 200 and "choice" not in answer.text


def test_an_open_request_is_moved_to_an_offered_day(database: Database, sign_in: SignIn) -> None:
    [request_id] = world.waiting(database, 1)
    forecast_world.made(database)
    with database.reading() as session:
        owner = session.get_one(PickupRequest, request_id).enterprise_id
    client = sign_in("enterprise", organisation_id=owner)
    assert f"/forecasts/requests/{request_id}/days" in client.get(f"/enterprise/requests/{request_id}").text
    part = client.get(f"/forecasts/requests/{request_id}/days").text
    assert "目前预排在" in part and "改到所选的日子" in part
    later = DAY + timedelta(days=1)
    moved = client.post(
        f"/enterprise/requests/{request_id}/reschedule",
        data={"version": "1", "ready_on": later.isoformat(), "window_from": "08:00", "window_to": "17:00"},
    )
    assert moved.status_code == 302
    with database.reading() as session:
        assert session.get_one(PickupRequest, request_id).ready_on == later


def test_a_strangers_request_has_no_days(database: Database, sign_in: SignIn) -> None:
    [request_id] = world.waiting(database, 1)
    forecast_world.made(database)
    assert Firm(database, sign_in).client.get(f"/forecasts/requests/{request_id}/days").status_code == 404


def test_a_truck_that_passes_is_told_on_the_home_page_and_on_the_desk(
    database: Database, sign_in: SignIn, desk: FlaskClient
) -> None:
    ids = world.waiting(database, 3)
    firm = Firm(database, sign_in)
    forecast_world.made(database)
    page = firm.client.get("/enterprise/").text
    assert "有车经过附近" in page and "可一起申请" in page
    with database.reading() as session:
        numbers = [session.get_one(PickupRequest, key).request_no for key in ids]
    assert not any(number in page for number in numbers)
    assert firm.name in desk.get("/forecasts").text
    form = firm.client.get(f"/enterprise/requests/new?on={DAY.isoformat()}").text
    assert f'value="{DAY.isoformat()}"' in form
    place(firm, ready_on=DAY.isoformat())
    assert "有车经过附近" not in firm.client.get("/enterprise/").text, "it waits for us already"


def test_the_parts_speak_english(database: Database, sign_in: SignIn) -> None:
    world.waiting(database, 3)
    forecast_world.made(database)
    with database.transaction() as session:
        row = firm_of(session, 4)
        mine = [
            str(key) for key in session.scalars(select(Container.id).where(Container.holder_id == row.id))
        ]
        key = row.id
    client = sign_in("enterprise", organisation_id=key, locale="en")
    later = (DAY + timedelta(days=1)).isoformat()
    part = client.get("/forecasts/days", query_string={"container_ids": mine, "ready_on": later}).text
    assert "soonest" in part and "Why not sooner?" in part and "Before the first day you named" in part
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in part)


# --- JSON -------------------------------------------------------------------------------------------


def test_a_forecast_over_json(desk: FlaskClient, database: Database, queued: list[UUID]) -> None:
    assert desk.get("/api/v1/forecasts/current").json["forecast"] is None
    world.waiting(database, 2)
    ordered = desk.post("/api/v1/forecasts", json={"days": 3})
    assert ordered.status_code == 201 and ordered.json["state"] == "queued"
    assert desk.post("/api/v1/forecasts", json={"days": 3}).status_code == 409
    assert desk.post("/api/v1/forecasts", json={"days": 11}).status_code == 422
    with database.transaction() as session:
        run = session.get_one(PlanningRun, queued[0])
        run.budget_s, run.budget_iterations = 1, 20
    planning.execute_run(database, run_id=queued[0], now=lambda: NOW)
    found = desk.get("/api/v1/forecasts/current").json
    assert found["forecast"]["requests_placed"] == 2 and len(found["days"]) == 3
    assert sum(day["requests"] for day in found["days"]) == 2
    assert len(found["days"][0]["platforms"]) == 7
    assert desk.post("/api/v1/forecasts/day-runs", json={"service_on": DAY.isoformat()}).status_code == 201


def test_slots_and_passings_over_json(database: Database, sign_in: SignIn) -> None:
    world.waiting(database, 3)
    firm = Firm(database, sign_in)
    order = {"container_ids": firm.containers, "ready_on": DAY.isoformat()}
    assert firm.client.post("/api/v1/slots", json=order).json["known"] is False
    forecast_world.made(database)
    found = firm.client.post("/api/v1/slots", json=order).json
    assert found["known"] and found["soonest_on"] == DAY.isoformat()
    assert {"service_on", "possible", "shared", "from_s", "until_s", "reason", "explanation"} == set(
        found["days"][0]
    )
    early = order | {"windows": [{"open_s": 6 * 3600, "close_s": 7 * 3600}]}
    found = firm.client.post("/api/v1/slots", json=early).json
    assert found["soonest_on"] is None and found["sooner"][0]["kind"] == "wider_window"
    assert "赶不到" in found["days"][0]["explanation"]
    [passing] = firm.client.get("/api/v1/passings").json["items"]
    assert passing["distance_m"] <= 3_000 and passing["enterprise_id"] == str(firm.id)
    assert firm.client.post("/api/v1/slots", json=order | {"container_ids": []}).status_code == 422


def test_an_open_requests_slots_over_json(database: Database, sign_in: SignIn, desk: FlaskClient) -> None:
    [request_id] = world.waiting(database, 1)
    forecast_world.made(database)
    found = desk.get(f"/api/v1/requests/{request_id}/slots").json
    assert found["planned_on"] is not None and found["soonest_on"] == DAY.isoformat()
